"""What a run is to work on: by the chain, by hand, everything, or once more. Each opens its tracks in the ledger."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from daemon.chain import Answer, in_turn
from daemon.ledger.tracks import TrackRow
from daemon.models import Status, TrackRef
from daemon.service.discovering import discover, open_in_ledger
from daemon.service.rooms import Rooms
from daemon.service.taking import ref_of, waits

log = logging.getLogger(__name__)

_WHOLE = "whole"
_EVERY_TRACK = 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """The tracks of a run, in the order in which they are worked on, and what the sources said on the way."""

    track_ids: tuple[str, ...]
    answers: tuple[Answer, ...] = ()


Find = Callable[[Rooms], Found]


def by_chain(limit: int) -> Find:
    """The first `limit` tracks by the chain. Asks no further than it has to. Raises what first contact raises."""

    def find(rooms: Rooms) -> Found:
        rooms.adopt()
        answers: list[Answer] = []
        for link in rooms.links:
            answers.append(discover(rooms, link))
            lines = waiting(rooms)
            if sum(len(lines[answer.source]) for answer in answers) >= limit:
                break
        rows = in_turn(waiting(rooms), [link.name for link in rooms.links], limit)
        return Found(tuple(row.id for row in rows), tuple(answers))

    return find


def preview(rooms: Rooms, limit: int) -> tuple[tuple[TrackRef, ...], tuple[Answer, ...]]:
    """What `by_chain` would take up, found without keeping anything."""
    answers: list[Answer] = []
    lines = {source: [ref_of(row) for row in line] for source, line in waiting(rooms).items()}
    for link in rooms.links:
        answer = discover(rooms, link, keep=False)
        answers.append(answer)
        lines[link.name] = [*answer.refs, *lines.get(link.name, [])]
        if sum(len(lines[answer.source]) for answer in answers) >= limit:
            break
    return tuple(in_turn(lines, [link.name for link in rooms.links], limit)), tuple(answers)


def again(limit: int) -> Find:
    """Tracks that failed, and tracks whose files are missing from a library that is there: once more."""

    def find(rooms: Rooms) -> Found:
        chosen: list[str] = []
        for row, lost in islice(once_more(rooms), limit):
            rooms.ledger.files.mark_missing(lost)
            rooms.ledger.tracks.requeue(row.id)
            chosen.append(row.id)
        return Found(tuple(chosen))

    return find


def once_more(rooms: Rooms) -> Iterator[tuple[TrackRow, list[str]]]:
    """The tracks that `again` is about, newest first, each with the files that it has lost."""
    for row in rooms.ledger.tracks.newest(_EVERY_TRACK):
        lost = rooms.lost_files(row.id) if row.status is Status.DONE else []
        if lost or row.status is Status.FAILED:
            yield row, lost


def by_hand(refs: Iterable[TrackRef]) -> Find:
    """Just these, in their order, each once; those that are done already too, so that they can be shown."""

    def find(rooms: Rooms) -> Found:
        rooms.adopt()
        return Found(tuple(dict.fromkeys(open_in_ledger(rooms.ledger, ref) for ref in refs)))

    return find


def everything(rooms: Rooms) -> Found:
    """The whole history of every source of likes, and all that waits. Goes on where an earlier walk was killed."""
    rooms.adopt()
    answers = [discover(rooms, link) for link in rooms.links]
    for name, walk in rooms.histories.items():
        _walk_history(rooms, name, walk)
    rows = in_turn(waiting(rooms), [link.name for link in rooms.links], limit=_EVERY_TRACK)
    return Found(tuple(row.id for row in rows), tuple(answers))


def waiting(rooms: Rooms, but: Collection[str] = ()) -> dict[str, list[TrackRow]]:
    """The tracks that nobody has finished and that may be begun now, newest first, by the source they were found in.
    `but` leaves out those."""
    lines: dict[str, list[TrackRow]] = defaultdict(list)
    for row in reversed(rooms.ledger.tracks.unfinished()):
        if not waits(row, rooms.clock()) and row.id not in but:
            lines[row.found_in].append(row)
    return lines


def _walk_history(
    rooms: Rooms, name: str, walk: Callable[[str | None], Iterable[tuple[Sequence[TrackRef], str]]]
) -> None:
    """Opens page after page; the bookmark is kept behind each, so that a kill repeats one page at most."""
    memo = f"chain/{name}/history"
    after = rooms.ledger.memos.recall(memo)
    if after == _WHOLE:
        return
    count = 0
    for refs, bookmark in walk(after):
        for ref in refs:
            open_in_ledger(rooms.ledger, ref)
        count += len(refs)
        rooms.ledger.memos.remember(memo, bookmark)
        log.info("%s: %d listed", name, count)
    rooms.ledger.memos.remember(memo, _WHOLE)
