"""Keeps the open questions true to what is the matter: raises what is new, changes what changed, closes the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict

from daemon.ledger import Ledger
from daemon.ledger.tasks import TaskRow
from daemon.models import Json
from daemon.tasks.asking import ANSWERED_AT, HEARD, STALE
from daemon.tasks.causes import Concern, values_of
from daemon.tasks.rows import (
    ABOUT,
    CHOICES,
    COMPLETE,
    DESCRIPTION,
    NAME,
    NOT_STARTED,
    PRIORITIES,
    PRIORITY,
    RESULT,
    STATUS,
)

_MEMO = "tasks/first seen/"
_GONE = "gone"
_OUR_TEXT = (NAME, PRIORITY, DESCRIPTION)
_STILL_SO_AFTER_S = 600.0
"""So long after an answer the matter should be over; else it is asked again."""


class Keeping:
    """One host's part of it: what concerns another host is that one's."""

    def __init__(self, ledger: Ledger, *, host_id: str, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._host_id = host_id
        self._clock = clock

    def keep(self, concerns: Iterable[Concern]) -> list[str]:
        """Answers the titles that are newly raised."""
        stands = {concern.key: concern for concern in concerns}
        seen_at = self._seen_at(stands)
        asked = {
            task.key: task for task in self._ledger.tasks.open_ones("question") if task.host_id in (None, self._host_id)
        }
        for key, task in asked.items():
            if key not in stands:
                self._ledger.tasks.close(key, {STATUS: COMPLETE, RESULT: _how_it_ended(task)})
        due = (one for one in stands.values() if self._clock() - seen_at[one.key] >= one.stands_for_s)
        return [concern.title for concern in due if self._raise(concern, asked.get(concern.key))]

    def _raise(self, concern: Concern, asked: TaskRow | None) -> bool:
        unseen = {CHOICES: [asdict(choice) for choice in concern.choices], ABOUT: list(concern.about)}
        shows, memory = {**values_of(concern), **unseen}, {"kind": concern.kind, _GONE: concern.gone}
        before = asked or self._ledger.tasks.get(concern.key)
        if before is not None:
            memory |= {name: before.memory[name] for name in (HEARD, STALE) if name in before.memory}
        if asked is None:
            shows |= {STATUS: NOT_STARTED, RESULT: ""}
            memory = _asked_anew(memory)
        else:
            again, kept = self._after_answer(asked)
            shows, memory = shows | again, memory | kept
            if {**asked.wanted, **shows} == asked.wanted and memory == asked.memory:
                return False
        return self._ledger.tasks.raise_(
            concern.key,
            kind="question",
            wanted=shows,
            memory=memory,
            host_id=concern.host_id,
            track_id=concern.track_id,
            in_new_row=asked is None and _has_notes(before),
            urgency=PRIORITIES.index(concern.severity),
        )

    def _after_answer(self, asked: TaskRow) -> tuple[Json, Json]:
        """What the row of a question that was answered shows beside the rest, and what is remembered of that."""
        answered_at = asked.memory.get(ANSWERED_AT)
        if answered_at is None:
            return {}, {}
        if self._clock() - answered_at < _STILL_SO_AFTER_S:
            return {}, {ANSWERED_AT: answered_at}
        shows = {STATUS: NOT_STARTED, RESULT: f"Still so. {asked.wanted.get(RESULT) or ''}".strip()}
        return shows, _asked_anew({HEARD: asked.memory.get(HEARD)})

    def _seen_at(self, stands: Iterable[str]) -> dict[str, float]:
        """By key, since when it has stood; kept over restarts."""
        memo, now = _MEMO + self._host_id, self._clock()
        before: dict[str, float] = json.loads(self._ledger.memos.recall(memo) or "{}")
        seen_at = {key: before.get(key, now) for key in stands}
        if seen_at != before:
            self._ledger.memos.remember(memo, json.dumps(seen_at))
        return seen_at


def _asked_anew(memory: Json) -> Json:
    """What was answered has been heard; it is no answer to what is asked now."""
    return {**memory, STALE: memory[HEARD]} if memory.get(HEARD) else memory


def _how_it_ended(task: TaskRow) -> str:
    """What came of the answer, where there was one."""
    answered = str(task.wanted.get(RESULT) or "") if ANSWERED_AT in task.memory else ""
    return answered or str(task.memory[_GONE])


def _has_notes(task: TaskRow | None) -> bool:
    """Whether the person has put something of theirs where our text stood: that stays, and the matter is asked anew."""
    if task is None:
        return False
    return any(column in task.wrote and task.seen.get(column) != task.wrote[column] for column in _OUR_TEXT)
