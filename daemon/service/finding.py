"""What a run is to work on: by the chain, by hand, everything, or once more. Each opens its tracks in the ledger."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from daemon.chain import Answer, in_turn, trouble
from daemon.errors import DaemonError
from daemon.ledger.tracks import TrackRow
from daemon.models import Gone, Status, Track, TrackRef
from daemon.ports import HistoryPage
from daemon.references import known_row, open_in_ledger
from daemon.service.discovering import discover, keep_parking
from daemon.service.rooms import Rooms
from daemon.service.taking import ref_of, waits

log = logging.getLogger(__name__)

TAKEN_BY_HAND = frozenset({Status.QUEUED, Status.PROCESSING, Status.FAILED})
"""Where a track stands that is worked on when somebody gives its link."""
_WHOLE = "whole"
_EVERY_TRACK = 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """The tracks of a run, in the order in which they are worked on, and what the sources said on the way."""

    track_ids: tuple[str, ...]
    answers: tuple[Answer, ...] = ()
    is_whole: bool = True
    """False: there is more, which could not be listed now."""


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


def preview_history(rooms: Rooms) -> Iterator[TrackRef]:
    """What `everything` would find beyond that, in what is not walked yet. Raises what the sources raise."""
    for name, walk in rooms.histories.items():
        after = rooms.ledger.memos.recall(_history_memo(name))
        for page, _bookmark in walk(after) if after != _WHOLE else ():
            refs = (one for one in page if isinstance(one, TrackRef))
            yield from (ref for ref in refs if known_row(rooms.ledger, ref) is None)


def again(limit: int) -> Find:
    """Tracks that failed, and tracks that have not the files they should have in a library that is there: once more.
    Those come first that have waited longest."""

    def find(rooms: Rooms) -> Found:
        rooms.adopt()
        chosen: list[str] = []
        for row, lost in islice(once_more(rooms), limit):
            rooms.ledger.files.mark_missing(lost)
            rooms.ledger.tracks.requeue(row.id)
            chosen.append(row.id)
        return Found(tuple(chosen))

    return find


def once_more(rooms: Rooms) -> Iterator[tuple[TrackRow, list[str]]]:
    """The tracks that `again` is about, each with the files that it has lost. What was just tried goes to the end, so
    that a few that cannot be mended keep no others from their turn."""
    for row in sorted(rooms.ledger.tracks.newest(_EVERY_TRACK), key=lambda row: row.updated_at):
        lost = rooms.lost_files(row.id) if row.status is Status.DONE else []
        if lost or row.status is Status.FAILED:
            yield row, lost


def by_hand(refs: Iterable[TrackRef]) -> Find:
    """Just these, in their order, each once; those that are done already too, so that they can be shown."""

    def find(rooms: Rooms) -> Found:
        rooms.adopt()
        return Found(tuple(dict.fromkeys(_open_by_hand(rooms, ref) for ref in refs)))

    return find


def _open_by_hand(rooms: Rooms, ref: TrackRef) -> str:
    """What failed is tried once more: who gives it again may have mended it, or found it in another place."""
    track_id = open_in_ledger(rooms.ledger, ref)
    if rooms.ledger.tracks.get(track_id).status is Status.FAILED:
        rooms.ledger.tracks.describe(track_id, Track(title="", urls={ref.service: ref.url}))
        rooms.ledger.tracks.requeue(track_id)
    return track_id


def everything(rooms: Rooms) -> Found:
    """The whole history of every source of likes, and all that waits. Goes on where an earlier walk was killed. A
    source that is off, or does not answer now, keeps nobody from the others."""
    rooms.adopt()
    answers = [_with_history(rooms, discover(rooms, link)) for link in rooms.links]
    rows = in_turn(waiting(rooms), [link.name for link in rooms.links], limit=_EVERY_TRACK)
    is_whole = all(answer.verdict not in ("failed", "parked") for answer in answers)
    return Found(tuple(row.id for row in rows), tuple(answers), is_whole=is_whole)


def waiting(rooms: Rooms, but: Collection[str] = ()) -> dict[str, list[TrackRow]]:
    """The tracks that nobody has finished and that may be begun now, newest first, by the source they were found in.
    `but` leaves out those."""
    lines: dict[str, list[TrackRow]] = defaultdict(list)
    for row in reversed(rooms.ledger.tracks.unfinished()):
        if not waits(row, rooms.clock()) and row.id not in but:
            lines[row.found_in].append(row)
    return lines


def _with_history(rooms: Rooms, answer: Answer) -> Answer:
    """What the source says when its whole history is asked for too."""
    walk = rooms.histories.get(answer.source)
    if walk is None or answer.verdict not in ("found", "nothing new"):
        return answer
    try:
        _walk_history(rooms, answer.source, walk)
    except DaemonError as error:
        said = trouble(answer.source, error)
        keep_parking(rooms, said)
        return said
    return answer


def _walk_history(rooms: Rooms, name: str, walk: Callable[[str | None], Iterable[HistoryPage]]) -> None:
    """Opens page after page; the bookmark is kept behind each, so that a kill repeats one page at most. What
    is deleted or private is noted, and left."""
    memo = _history_memo(name)
    after = rooms.ledger.memos.recall(memo)
    if after == _WHOLE:
        return
    count = 0
    for page, bookmark in walk(after):
        gone = [one.id for one in page if isinstance(one, Gone)]
        for ref in page:
            if isinstance(ref, TrackRef):
                open_in_ledger(rooms.ledger, ref)
        if gone:
            rooms.ledger.events.note(None, name, "told", {"gone or private": len(gone), "ids": [*filter(None, gone)]})
            log.info("%s: %d of them are deleted or private, and left", name, len(gone))
        count += len(page) - len(gone)
        rooms.ledger.memos.remember(memo, bookmark)
        log.info("%s: %d listed", name, count)
    rooms.ledger.memos.remember(memo, _WHOLE)


def _history_memo(source: str) -> str:
    return f"chain/{source}/history"
