"""Writes our rows into Agent-Tasks and Issues+Questions, as the outbox does into Tracks: the newest state, one request
for a new row, a look and a write for a change, none where nothing differs. Nothing else writes there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from daemon.errors import AuthExpired, DaemonError, NotFound, Permanent, RowGone, Transient, trouble_of
from daemon.ledger import Ledger
from daemon.ledger.jobs import UNFINISHED, JobRow
from daemon.ledger.tasks import LEFT, WRITING, Claim, Database, TaskRow
from daemon.models import Json
from daemon.outbox import wait_s
from daemon.ports import TaskBoard
from daemon.tasks.asking import STALE
from daemon.tasks.intake import NotNowError, TaskIntake
from daemon.tasks.rows import (
    BLOCKED,
    DEDUPE_KEY,
    DESCRIPTION,
    FAILED,
    INPUT,
    NAME,
    RESULT,
    STATUS,
    TRACK,
    UNSEEN,
    dedupe_key,
    input_in,
    of_job,
    of_track,
)

log = logging.getLogger(__name__)

_LEASE_S = 300.0
SERVICES: dict[Database, str] = {"tasks": "agent-tasks", "issues": "issues"}
"""As what each of them is left alone when it is out of sight, or may not be written."""
_NOT_NOW_S = 60.0
_LOOKS_AGAIN_S = 600.0
_ROW_MAY_TAKE_S = 1800.0
"""So long a follow-up waits for the row of its track, to which it is to lead."""
_THROWN_AWAY = "Stopped: its row was thrown away. Set Status to Not Started to have it done."
_ALWAYS_OURS = (RESULT, DEDUPE_KEY, INPUT, *UNSEEN)


def may_ask(ledger: Ledger) -> bool:
    """Whether Notion answers. That it shuts us out of Tracks says nothing of other databases."""
    parked = ledger.services.parked("notion")
    return parked is None or parked.kind == "barred"


class TaskCarrier:
    """Carries what is due. Safe to repeat."""

    def __init__(
        self,
        ledger: Ledger,
        boards: Mapping[Database, Callable[[], TaskBoard]],
        intake: TaskIntake,
        *,
        host_id: str,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._boards = boards
        self._intake = intake
        self._host_id = host_id
        self._clock = clock

    def carry_due(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Carries everything that is due, until Notion asks for patience; answers how many rows were looked at."""
        count = 0
        while not stopping() and may_ask(self._ledger):
            open_ones = [name for name in self._boards if self._ledger.services.parked(SERVICES[name]) is None]
            claim = self._ledger.tasks.claim(self._host_id, _LEASE_S, open_ones) if open_ones else None
            if claim is None:
                break
            self._carry(claim)
            count += 1
        return count

    def _carry(self, claim: Claim) -> None:
        try:
            task = self._ledger.tasks.get(claim.key)
            if task is not None:
                self._bring(claim, task)
                self._ledger.services.answered(SERVICES[task.database])
        except RowGone:
            self._row_is_gone(claim)
        except DaemonError as error:
            until = self._clock() + wait_s(error, claim.attempts - 1)
            if isinstance(error, (Transient, AuthExpired, Permanent)) and error.service:
                self._ledger.services.park(error.service, until, str(error), trouble_of(error))
            self._ledger.tasks.postpone(claim, until, str(error))
            log.warning("%s: not written to Notion yet: %s", claim.key, error)
        except Exception:
            log.exception("writing %s to Notion failed in a way that nobody foresaw", claim.key)
            self._ledger.tasks.postpone(claim, self._clock() + 3600.0, "A defect of ours; the log has the details.")

    def _row_is_gone(self, claim: Claim) -> None:
        """Thrown away by the person; what came up again after that is asked in a new row."""
        task = self._ledger.tasks.get(claim.key)
        if task is not None and task.kind == "question" and task.raised_at > (task.carried_at or 0.0):
            self._ledger.tasks.begin_anew(claim)
            return
        self._stop_job(claim.key)
        self._ledger.tasks.thrown_away(claim)

    def _bring(self, claim: Claim, task: TaskRow) -> None:
        if task.remote_id is None:
            self._make(claim, task)
        elif task.kind == "handover":
            self._ledger.tasks.rest(claim)  # it is the other agent's from now on
        else:
            self._change(claim, task, task.remote_id)

    def _make(self, claim: Claim, task: TaskRow) -> None:
        if task.kind == "order":
            self._ledger.tasks.rest(claim)  # somebody else's to make
            return
        board = self._boards[task.database]()
        values = {**self._shown(task), DEDUPE_KEY: dedupe_key(task.key)}
        if task.sought:
            meant = task.wrote.get(WRITING) or board.as_read(values)
            left = task.wrote.get(LEFT, ())
            there = board.find(values[DEDUPE_KEY], str(meant.get(NAME) or ""), left)
            if there is not None and self._ledger.tasks.at(there.id) is None:
                self._ledger.tasks.found_again(claim, there.id, meant)
                return
        if task.state == "closed":
            self._ledger.tasks.rest(claim)  # it came and went while Notion was out of reach
            return
        is_early = self._clock() - task.raised_at < _ROW_MAY_TAKE_S
        if task.kind == "handover" and TRACK not in values and is_early:
            self._ledger.tasks.postpone(claim, self._clock() + _NOT_NOW_S, "Its track has no row in Notion yet.")
            return
        wrote = {**board.as_read(values), **_unseen_in(values)}
        self._ledger.tasks.seek(claim, wrote)
        row = board.create(values)
        self._remember(claim, row.id, wrote)

    def _change(self, claim: Claim, task: TaskRow, row_id: str) -> None:
        board = self._boards[task.database]()
        row = board.row(row_id)
        if row.in_trash:
            raise RowGone(f"The row {row_id} is in the trash.")
        is_heard = True
        try:
            self._intake.take_in(task, row)
        except NotNowError:
            is_heard = False  # what they answered stays as they wrote it, and is still to be done
            self._ledger.tasks.hurry(task.key, _NOT_NOW_S)
        task = self._ledger.tasks.get(task.key) or task
        wanted = {column: value for column, value in self._shown(task).items() if not _is_theirs(task, column)}
        if not is_heard:
            wanted = {RESULT: wanted[RESULT]}
        differing = _differing(board.as_read(wanted), row.values)
        if task.kind == "order" and self._is_under_way(task.key):
            self._ledger.tasks.look_again(claim, _LOOKS_AGAIN_S)  # that a row was thrown away, nobody tells
        unseen = _unseen_in(wanted) if DESCRIPTION in wanted else {}
        if not differing:
            if unseen == _unseen_in(task.wrote):
                self._ledger.tasks.rest(claim)
            else:
                self._remember(claim, row_id, unseen)
            return
        values = {column: value for column, value in wanted.items() if column in differing}
        self._ledger.tasks.writing(claim, {**board.as_read(values), **unseen})
        try:
            written = board.update(row_id, values)
        except NotFound as error:
            if isinstance(error, RowGone) or TRACK not in values:
                raise
            del values[TRACK]  # what it points to is gone
            written = board.update(row_id, values)
        self._remember(claim, written.id, {**board.as_read(values), **unseen})

    def _remember(self, claim: Claim, row_id: str, wrote: Json) -> None:
        """Of the answer to a write only what we wrote counts as seen: the rest of it may have come a moment ago, and
        is still to be heard."""
        self._ledger.tasks.carried(claim, row_id, wrote, wrote)

    def _shown(self, task: TaskRow) -> Json:
        """What the row is to show now."""
        values: Json = dict(task.wanted)
        if task.kind == "order":
            job = self._ledger.jobs.last_of(task.key)
            return self._of_job(task, job) if job else {}
        if _stands_there_still(task):
            values[INPUT] = ""  # it was heard; the next answer shows as such, be it the same
        if task.track_id is not None:
            if task.kind == "track":
                values = of_track(self._ledger.tracks.get(task.track_id))
            mirror = self._ledger.outbox.mirror("notion", task.track_id)
            if mirror is not None and not mirror.gone:
                values[TRACK] = [mirror.remote_id]
        return values

    def _of_job(self, task: TaskRow, job: JobRow) -> Json:
        """With the status in words where the person's column has none for it."""
        values = of_job(job)
        word = values.get(STATUS)
        if word in (BLOCKED, FAILED) and self._boards[task.database]().as_read({STATUS: word}).get(STATUS) != word:
            values[RESULT] = f"{word}: {values[RESULT]}"
        return values

    def _is_under_way(self, key: str) -> bool:
        job = self._ledger.jobs.last_of(key)
        return job is not None and job.state in UNFINISHED

    def _stop_job(self, key: str) -> None:
        job = self._ledger.jobs.last_of(key)
        if job is not None:
            self._ledger.jobs.stop(job, _THROWN_AWAY, "blocked")


def _stands_there_still(task: TaskRow) -> bool:
    """Whether Input still holds the answer to what was asked before."""
    said = input_in(task.seen)
    return task.kind == "question" and bool(said) and said == task.memory.get(STALE)


def _is_theirs(task: TaskRow, column: str) -> bool:
    """Whether the person has put something else where we had written."""
    if task.kind == "order" or column in _ALWAYS_OURS:
        return False
    if column == STATUS:
        return False  # of questions and defects it was heard, and `wanted` follows it; a track's task follows the track
    return column in task.wrote and task.seen.get(column) != task.wrote[column]


def _unseen_in(values: Mapping[str, Any]) -> Json:
    return {name: values[name] for name in UNSEEN if name in values}


def _differing(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> set[str]:
    return {column for column, value in wanted.items() if (there.get(column) or None) != (value or None)}
