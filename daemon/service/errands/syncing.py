"""`sync`: the tracks behind a link, or what was newly liked, seen to their ends."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.chain import Answer, Link
from daemon.errors import Refused, Transient
from daemon.jobs.verbs import Complete, Failed, GoOn, Portion, Verb, Wording
from daemon.ledger.tracks import TrackRow
from daemon.models import Json, Status, TrackRef
from daemon.references import known_row, known_track
from daemon.service.errands.desk import Desk, address_of
from daemon.service.errands.lines import SYNC
from daemon.service.errands.waiting import LOOK_AGAIN_S, how_it_ended, how_they_wait, links_of
from daemon.service.finding import TAKEN_BY_HAND, by_hand

LIKES = "likes"
_MANY = 500
_LOOK_AGAIN_AT_MANY_S = 60.0
"""Reading what is unfinished of five thousand tracks costs a third of a second."""
_FAILURES_SHOWN = 5
_WOULD_SHOW = 20
_PAGE = 100
_TROUBLE = ("failed", "parked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What is asked."""

    link: str
    """Or `likes`."""


def sync(desk: Desk) -> Verb[Sync]:
    """Listed in one portion, waited for in the others. Which tracks they are is kept once, beside the job: what is
    kept after each portion stays small, however long the list is."""
    work = _Work(desk)
    return SYNC.verb(input=Sync, read=lambda wording: _read(desk, wording), work=work, would=work.would)


def _read(desk: Desk, wording: Wording) -> Sync:
    text = wording.text.strip()
    if not text:
        raise Refused("What is to be taken up? Give a link, or the word “likes”.")
    if text.casefold() == LIKES:
        return Sync(link=LIKES)
    return Sync(link=address_of(desk.link_in(text)))


class _Work:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rooms = desk.rooms
        self._ledger = desk.rooms.ledger

    def __call__(self, asked: Sync, memory: Json) -> Portion:
        if "ended" in memory:
            self._ledger.memos.forget(memory["list"])
            return _as_it_ended(memory["ended"])
        if "list" not in memory:
            newest = next(iter(self._ledger.tracks.newest(1)), None)
            begun = {"list": f"jobs/sync/{secrets.token_hex(8)}", "after": newest.id if newest else ""}
            return GoOn(memory=begun, text=f"listing {asked.link}")
        kept = self._ledger.memos.recall(memory["list"]) if "of" in memory else None
        if kept is None:
            return self._look(memory) if asked.link == LIKES else self._list(asked, memory)
        return self._wait(kept.split(), memory)

    def would(self, asked: Sync) -> str:
        """What it would take up; nothing of it is kept."""
        if asked.link == LIKES:
            names = ", ".join(link.name for link in self._likes())
            return f"Would look into {names or 'no source of likes: none is set up'}, and take up what is new."
        named = [self._would_take(ref) for ref in self._desk.refs_of(asked.link)]
        more = [f"… and {len(named) - _WOULD_SHOW} more"] if len(named) > _WOULD_SHOW else []
        return "\n".join([*named[:_WOULD_SHOW], *more])

    def _would_take(self, ref: TrackRef) -> str:
        row = known_row(self._ledger, ref)
        if row is not None and row.status not in TAKEN_BY_HAND:
            return f"Would leave as it is: {how_it_ended(self._rooms, row)}"
        name = f"{ref.told.artist} - {ref.told.title} ({ref.url})" if ref.told and ref.told.title else ref.url
        return f"Would take up: {name}"

    # --- finding them ---

    def _list(self, asked: Sync, memory: Json) -> Portion:
        return self._found(by_hand(self._desk.refs_of(asked.link))(self._rooms).track_ids, memory)

    def _look(self, memory: Json) -> Portion:
        """Everything that came out of these sources since the job was begun counts, whoever found it: then neither a
        kill nor a daemon that looks at the same moment takes any away."""
        self._rooms.adopt()
        answers = [self._desk.look_into(link) for link in self._likes()]
        troubles = [f"{one.source} could not be asked ({one.verdict}): {one.text}" for one in answers if _is_off(one)]
        if len(troubles) == len(answers):
            missing = [link.missing for link in self._rooms.links if link.kind == "likes" and link.missing]
            _nobody_answered(troubles, missing)
        names = {answer.source for answer in answers}
        found = [known_track(self._ledger, ref) for answer in answers for ref in answer.refs]
        found += [row.id for row in self._newer_than(memory["after"]) if row.found_in in names]
        return self._found(filter(None, found), {**memory, "said": troubles})

    def _likes(self) -> list[Link]:
        return [link for link in self._rooms.links if link.kind == "likes" and link.open is not None]

    def _newer_than(self, track_id: str) -> list[TrackRow]:
        limit = _PAGE
        while True:
            rows = self._ledger.tracks.newest(limit)
            newer = [row for row in rows if row.id > track_id]
            if len(newer) < limit:
                return newer
            limit *= 4

    def _found(self, track_ids: Iterable[str], memory: Json) -> Portion:
        found = list(dict.fromkeys(track_ids))
        if not found:
            return Complete(text="\n".join(["Nothing new.", *memory.get("said", ())]))
        self._ledger.memos.remember(memory["list"], "\n".join(found))
        return GoOn(memory={**memory, "of": len(found)}, of=len(found), text=f"{_tracks(len(found))} listed")

    # --- waiting for them ---

    def _wait(self, track_ids: Sequence[str], memory: Json) -> Portion:
        wanted = frozenset(track_ids)
        left = {row.id: row for row in self._ledger.tracks.unfinished() if row.id in wanted}
        if not left:
            # Two portions: who is killed after the list was forgotten would list again, and begin anew what failed.
            ended = self._ended(track_ids, memory.get("said", ()))
            return GoOn(memory={**memory, "ended": ended}, done=len(track_ids), of=len(track_ids), text=ended["text"])
        done, of = len(track_ids) - len(left), len(track_ids)
        return GoOn(
            memory=memory,
            done=done,
            of=of,
            text=f"{done} of {of} have ended; {how_they_wait(self._rooms, list(left.values()))}",
            wait_s=LOOK_AGAIN_S if of <= _MANY else _LOOK_AGAIN_AT_MANY_S,
            tracks=tuple(track_id for track_id in track_ids if track_id in left),
        )

    def _ended(self, track_ids: Sequence[str], said: Iterable[str]) -> Json:
        counts: Counter[Status] = Counter()
        failed: list[str] = []
        shown: list[str] = []
        for track_id in track_ids:  # one at a time: what is known of thousands is never held at once
            row = self._ledger.tracks.get(track_id)
            counts[row.status] += 1
            if row.status is Status.FAILED and len(failed) < _FAILURES_SHOWN:
                failed.append(how_it_ended(self._rooms, row))
            elif row.status is not Status.FAILED and len(shown) < _WOULD_SHOW:
                shown += [link for link in links_of(self._rooms, [row]) if link not in shown]
        if len(track_ids) == 1:
            text = how_it_ended(self._rooms, self._ledger.tracks.get(track_ids[0]))
        else:
            text = "\n".join([_in_short(counts), *failed, *_and_more(counts[Status.FAILED] - len(failed))])
        has_failed = counts[Status.FAILED] == len(track_ids)
        return {"text": "\n".join([text, *said]), "links": shown, "has_failed": has_failed}


def _as_it_ended(ended: Json) -> Portion:
    if ended["has_failed"]:
        return Failed(reason=ended["text"])
    return Complete(text=ended["text"], links=tuple(ended["links"]))


def _is_off(answer: Answer) -> bool:
    """Whether that source did not say what it has."""
    return answer.verdict in _TROUBLE


def _in_short(counts: Counter[Status]) -> str:
    """How many ended how: `12 tracks: 9 filed, 2 duplicates, 1 failed`."""
    words = {
        Status.DONE: "filed",
        Status.DUPLICATE: "there already under another name",
        Status.NEEDS_REVIEW: "need you",
        Status.METADATA_ONLY: "without sound that can be had",
        Status.FAILED: "failed",
    }
    told = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    told += [f"{count} {status.value.lower()}" for status, count in counts.items() if status not in words]
    return f"{_tracks(counts.total())}: {', '.join(told)}."


def _nobody_answered(troubles: Sequence[str], missing: Sequence[str]) -> None:
    """Raises what is to be done about it."""
    if troubles:
        raise Transient(" ".join(troubles))
    raise Refused(f"There is no source of likes: {'; '.join(missing) or 'name one in SOURCES'}.")


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"


def _and_more(count: int) -> list[str]:
    return [f"… and {count} more that failed"] if count > 0 else []
