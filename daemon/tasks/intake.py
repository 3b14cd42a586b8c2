"""What people and other agents do in Agent-Tasks: orders are taken, answers are heard, jobs are stopped. Rows that are
neither addressed to us nor written by us are never touched.

Notion tells the time of an edit to the minute, and its answers lag behind its writes: rows that come again are
compared by value, and one that we have just written is read once more by itself before anything is believed of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

from daemon.board.bookmark import Bookmark
from daemon.errors import DaemonError, Permanent, RowGone, Transient
from daemon.jobs.verbs import Table
from daemon.ledger import Ledger
from daemon.ledger.jobs import UNFINISHED, JobRow, OrderedIn
from daemon.ledger.tasks import BOOKMARK, WRITING, TaskRow
from daemon.models import BoardRow
from daemon.ports import TaskBoard
from daemon.tasks.asking import ANSWERED_AT, HEARD, STALE
from daemon.tasks.rows import (
    COMPLETE,
    DESCRIPTION,
    IN_PROGRESS,
    INPUT,
    JOB,
    NAME,
    NOT_STARTED,
    OVER,
    RESULT,
    STATUS,
    TRACK,
    UNSEEN,
    Ordered,
    input_in,
    of_job,
    order_in,
    priority_of,
)

log = logging.getLogger(__name__)

_LEASE_S = 300.0
_NOT_LISTENED_TO = ("track", "handover")
_WORDS = (NAME, JOB, INPUT, TRACK)
"""In which an order is given."""
_STALE_S = 120.0
"""What was carried less than this before we asked may not be in the answer yet."""


class NotNowError(Exception):
    """Somebody who has to be asked about it does not answer."""


Hear = Callable[[TaskRow, str], str]
"""Does what the person answered to a question (the text, empty: they say that it is done) and says what was done.
Raises what `daemon.errors` draws, with a sentence for them."""


class TaskIntake:
    """Reads what changed. Safe to repeat, and to be asked by several at once."""

    def __init__(
        self,
        ledger: Ledger,
        board: Callable[[], TaskBoard],
        verbs: Table,
        hear: Hear,
        *,
        host_id: str,
        who: str,
        clock: Callable[[], float],
    ) -> None:
        """`who`: how this installation signs what it takes."""
        self._ledger = ledger
        self._board = board
        self._verbs = verbs
        self._hear = hear
        self._host_id = host_id
        self._who = who
        self._clock = clock

    def catch_up(self) -> int:
        """Takes in everything that was edited since the last time; answers how many orders are new. Raises what the
        board raises; then nothing is lost, and the next reading begins where this one did."""
        now = self._clock()
        bookmark = Bookmark(self._ledger.memos.recall(BOOKMARK) or _FROM_THE_BEGINNING, now)
        orders = 0
        for row in self._board().changed(bookmark.since):
            taken = self._settle(row, now)
            bookmark.saw(row.edited_at, settled=taken is not None)
            orders += bool(taken)
        if (since := bookmark.next_since()) != bookmark.since:
            self._ledger.memos.remember(BOOKMARK, since)
        return orders

    def take_in(self, task: TaskRow, row: BoardRow) -> None:
        """What the person did in a row of ours. The caller holds the claim on it, and has just read the row. Raises
        NotNowError where what they answered cannot be done yet; then it is as if it had not been read."""
        task = self._with_what_was_lost(task, row)
        if task.gone:
            self._ledger.tasks.saw(task.key, {})  # taken back out of the trash
            self._ledger.tasks.hurry(task.key)  # what came of it meanwhile was not written
        unheard: Collection[str] = ()
        if task.kind == "order":
            unheard = self._follow_order(task, row)
        elif task.kind == "question" and task.state == "open":
            self._listen(task, row)
        elif task.kind == "question":
            self._comes_too_late(task, row)
        elif task.kind == "defect" and row.values.get(STATUS) != task.seen.get(STATUS):
            has_come_again = float(task.memory.get("last_at", 0.0)) > (task.carried_at or 0.0)
            is_over = row.values.get(STATUS) in OVER
            status = NOT_STARTED if is_over and has_come_again else row.values.get(STATUS)
            self._ledger.tasks.want(task.key, {STATUS: status})
        self._ledger.tasks.saw(task.key, {name: value for name, value in row.values.items() if name not in unheard})

    def _with_what_was_lost(self, task: TaskRow, row: BoardRow) -> TaskRow:
        """A write of ours whose answer never came: what stands there of it is ours, and nobody's edit."""
        meant = task.wrote.get(WRITING)
        if meant is None:
            return task
        came = {column: value for column, value in meant.items() if row.values.get(column) == value}
        if DESCRIPTION in came:
            came |= {name: meant[name] for name in UNSEEN if name in meant}
        self._ledger.tasks.was_written(task.key, came)
        return self._ledger.tasks.get(task.key) or task

    # --- one row ---

    def _settle(self, row: BoardRow, asked_at: float) -> bool | None:
        """Whether it is a new order; None where it cannot be taken in now. What nobody foresaw in one row keeps no
        other from its turn."""
        try:
            task = self._ledger.tasks.at(row.id)
            if task is None:
                return self._new_row(row)
            if task.kind in _NOT_LISTENED_TO or not (task.gone or _differs(task.seen, row.values)):
                return False
            claim = self._ledger.tasks.claim_one(task.key, self._host_id, _LEASE_S)
            if claim is None:
                return None
            try:
                return self._take_again(task.key, row, asked_at)
            except NotNowError:
                return None
            finally:
                self._ledger.tasks.release(claim)
        except DaemonError:
            raise
        except Exception:
            log.exception("taking in the task %s of Notion failed in a way that nobody foresaw", row.id)
            return False

    def _take_again(self, key: str, row: BoardRow, asked_at: float) -> bool:
        task = self._ledger.tasks.get(key)
        if task is None:
            return False
        if task.carried_at is not None and task.carried_at > asked_at - _STALE_S:
            try:
                row = self._board().row(row.id)
            except RowGone:
                return False
        if row.in_trash:
            return False
        before = self._ledger.jobs.last_of(key)
        self.take_in(task, row)
        after = self._ledger.jobs.last_of(key)
        return (after and after.id) != (before and before.id)

    def _new_row(self, row: BoardRow) -> bool:
        order = order_in(row.values, self._verbs)
        if order is None or row.in_trash or row.values.get(STATUS) not in (None, NOT_STARTED):
            return False
        last = self._ledger.jobs.last_of(OrderedIn(row_id=row.id, seen={}).key)  # of when it was our database before
        return (last is None or last.state not in UNFINISHED) and self._take(order, row, after=last)

    def _take(self, order: Ordered, row: BoardRow, *, after: JobRow | None) -> bool:
        place = OrderedIn(row_id=row.id, seen=row.values)
        last = after.id if after else None
        if question := self._why_not(order, row):
            return self._ledger.jobs.answer(place, question, by=self._who, after=last)
        track_id = self._track_of(row)
        job = self._ledger.jobs.order(
            order.verb,
            order.text,
            by=self._who,
            track_id=track_id,
            priority=priority_of(row.values),
            place=place,
            after=last,
        )
        return job is not None

    def _follow_order(self, task: TaskRow, row: BoardRow) -> Collection[str]:
        """A job that nobody has begun, or that came to nothing, begins anew in other words; one that is at work is
        done first, and then what was written meanwhile. Answers the columns that are still to be heard."""
        job = self._ledger.jobs.last_of(task.key)
        if job is None:
            return ()
        status, seen = row.values.get(STATUS), task.seen.get(STATUS)
        order = order_in(row.values, self._verbs)
        before = order_in(task.seen, self._verbs), task.seen.get(TRACK)
        is_reworded = order is not None and (order, row.values.get(TRACK)) != before
        if job.state in UNFINISHED and status in OVER and status != seen:
            self._ledger.jobs.stop(job, f"Stopped by you; it was at: {job.text or 'nothing yet'}")
            return ()
        if job.state in UNFINISHED:
            self._ledger.jobs.prefer(job, priority_of(row.values))
            if status != seen:
                self._ledger.tasks.hurry(task.key)  # it shows how it stands
            if job.asked is not None:
                return _WORDS if is_reworded else ()
        is_anew = job.state not in UNFINISHED and _is_set_back(task, row)
        has_stopped_it = status in OVER and status != seen
        is_to_follow = job.state == "done" and not _is_told(task, job) and not _is_less(order, before[0])
        is_open = job.state not in ("done", "stopped") or is_to_follow
        if order is not None and (is_anew or (is_reworded and is_open and not has_stopped_it)):
            self._take(order, row, after=job)
        return ()

    def _comes_too_late(self, task: TaskRow, row: BoardRow) -> None:
        """It is heard as the answer to what was asked: should the same be asked anew, it is none to that."""
        said = input_in(row.values)
        if not said or said == input_in(task.seen) or task.memory.get(HEARD) == said:
            return
        self._ledger.tasks.remember(task.key, {**task.memory, HEARD: said})
        self._ledger.tasks.want(task.key, {RESULT: f"{task.wanted.get(RESULT)} That was before your answer came."})

    def _listen(self, task: TaskRow, row: BoardRow) -> None:
        said = input_in(row.values)
        is_new = bool(said) and said != input_in(task.seen)
        status = row.values.get(STATUS)
        is_done = status == COMPLETE != task.seen.get(STATUS)
        if not (is_new or is_done):
            if status != task.seen.get(STATUS):
                self._ledger.tasks.want(task.key, {STATUS: status})  # they are at it, say: that stays
            return
        memory = task.memory
        if is_new:
            memory = {**{name: kept for name, kept in memory.items() if name != STALE}, HEARD: said}
            self._ledger.tasks.remember(task.key, memory)
        try:
            done = self._heard(task, said, is_new=is_new)
        except Transient as error:
            self._ledger.tasks.want(task.key, {RESULT: f"Waits: {error}"})
            raise NotNowError from error
        except DaemonError as error:
            self._ledger.tasks.want(task.key, {RESULT: str(error)})
            self._ledger.tasks.hurry(task.key)  # its status too, where they had called it done
            return
        shows = {RESULT: done, STATUS: status if is_done else IN_PROGRESS}
        self._ledger.tasks.remember(task.key, {**memory, ANSWERED_AT: self._clock()})
        self._ledger.tasks.want(task.key, shows)

    def _heard(self, task: TaskRow, said: str, *, is_new: bool) -> str:
        """What stands in `Input` counts once more where they say that it is done, but not what was said before it was
        asked anew: then it may have been about other choices."""
        if not is_new and said == task.memory.get(STALE):
            return self._hear(task, "")
        if said and not is_new:
            try:
                return self._hear(task, said)
            except Permanent:
                return self._hear(task, "")
        return self._hear(task, said)

    def _why_not(self, order: Ordered, row: BoardRow) -> str | None:
        """What is to be put right before it can be done."""
        verb, pages = self._verbs.get(order.verb), row.values.get(TRACK) or []
        if verb is None:
            said = f"“{order.verb}” is none of our jobs." if order.verb else "No job is named."
            return f"{said} Write one behind `cratekeeper:`. There are: {self._verbs.in_words()}."
        if verb.takes_track and len(pages) > 1:
            return f"Track leads to {len(pages)} rows, and `{verb.name}` does one: leave one there."
        if verb.takes_track and pages and self._track_of(row) is None:
            return "The row that Track leads to is not known here. If it is new, set Status to Not Started in a while."
        return None

    def _track_of(self, row: BoardRow) -> str | None:
        pages = row.values.get(TRACK) or []
        return next(filter(None, (self._ledger.board.track_at(page_id) for page_id in pages)), None)


_FROM_THE_BEGINNING = "2000-01-01T00:00:00+00:00"
"""At first contact everything that is addressed to us and not begun yet is taken."""


def _is_set_back(task: TaskRow, row: BoardRow) -> bool:
    begin = (None, NOT_STARTED)
    return row.values.get(STATUS) in begin and task.seen.get(STATUS) not in begin


def _is_told(task: TaskRow, job: JobRow) -> bool:
    """Whether its end stands in its row: then what is done is done. What was changed before that came while it was at
    work, and is still to be done."""
    shows = of_job(job)
    return any(task.wrote.get(column) == shows[column] for column in (STATUS, RESULT))


def _is_less(order: Ordered | None, before: Ordered | None) -> bool:
    """Whether words were only taken away, as from `Input` once it was heard."""
    if order is None or before is None or order.verb != before.verb:
        return False
    return {*order.text.splitlines()} < {*before.text.splitlines()}


def _differs(seen: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return any(seen.get(column) != value for column, value in now.items())
