"""What was ordered of us, and how far it is. Every order is done once, whoever hears of it: the row that it stands in
is its name. Turns are fair: the more urgent goes first, of equals whoever
has waited longest, and who waits long enough has its turn before whatever is urgent.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.ledger import tasks as rows
from daemon.ledger.patience import are_to_come
from daemon.ledger.store import Store
from daemon.ledger.tables import jobs, tasks
from daemon.models import Json

State = Literal["waiting", "running", "done", "blocked", "failed", "stopped"]
UNFINISHED: tuple[State, ...] = ("waiting", "running")

_LOOKED_BACK = 20
_AHEAD_S = 60.0
"""How far each step of priority comes before the next: the urgent goes first, and nobody waits for ever."""
_IN_TURN = (jobs.c.turn_at + jobs.c.priority * _AHEAD_S, jobs.c.created_at, jobs.c.id)
_TOLD_EVERY_S = 30.0
"""How often a row tells how far its job is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One order."""

    id: str
    task_key: str | None
    """The row that it stands in; None: it came from the command line."""
    verb: str
    input: str
    track_id: str | None
    priority: int
    """0 is the most urgent."""
    state: State
    asked: Json | None
    """The input as it was understood; None before anybody has read it."""
    memory: Json
    done: int
    of_all: int
    text: str
    """What it is at, or how it ended."""
    links: tuple[str, ...]
    turn_at: float | None
    """When something is to be done about it next; None when it is over."""
    tries: int
    """Portions that failed in a row."""
    worked_on_by: str | None
    begun_by: str | None
    """Who took it, in words."""
    created_at: float
    begun_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedIn:
    """The row of Agent-Tasks that somebody ordered it in."""

    row_id: str
    seen: Json

    @property
    def key(self) -> str:
        return f"order/{self.row_id}"


class Jobs:
    """The orders."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def order(
        self,
        verb: str,
        text: str,
        *,
        by: str,
        track_id: str | None = None,
        priority: int = 2,
        place: OrderedIn | None = None,
        after: str | None = None,
    ) -> JobRow | None:
        """Takes the order; one in that place that is not over is stopped by it. `after` is the last job that the caller
        knows of this place: None is answered, and nothing done, where there is another by now. `by`: who takes it, in
        words."""
        with self._store.writing() as connection:
            now = self._store.now()
            key = None if place is None else place.key
            last = None if place is None else _last_of(connection, place.key)
            if place is not None:
                if (last.id if last else None) != after:
                    return None
                _make_way(connection, last, now)
                rows.take_over(connection, place.key, place.row_id, place.seen, track_id, now)
            job_id = secrets.token_hex(16)
            what = {"id": job_id, "task_key": key, "verb": verb, "input": text, "track_id": track_id, "begun_by": by}
            when = {"created_at": _after(last, now), "turn_at": now}
            connection.execute(sa.insert(jobs).values(**what, **_fresh(), **when, priority=priority))
            return _must(connection, job_id)

    def answer(self, place: OrderedIn, text: str, *, by: str, after: str | None = None) -> bool:
        """An order in that row which is none: it says so, and is over. `after`, and what was there before, as in
        `order`."""
        with self._store.writing() as connection:
            now = self._store.now()
            last = _last_of(connection, place.key)
            if (last.id if last else None) != after:
                return False
            _make_way(connection, last, now)
            rows.take_over(connection, place.key, place.row_id, place.seen, None, now)
            over = {**_fresh(), "state": "blocked", "text": text, "ended_at": now, "turn_at": None}
            what = {"id": secrets.token_hex(16), "task_key": place.key, "verb": "", "input": "", "begun_by": by}
            values = {**what, **over, "priority": 2, "created_at": _after(last, now)}
            connection.execute(sa.insert(jobs).values(**values))
            return True

    # --- turns ---

    def claim(self, host: str, verbs: Collection[str]) -> JobRow | None:
        """The job of one of these verbs whose turn it is; it is in this host's hands until it says how it went."""
        with self._store.reading() as connection:
            if connection.execute(self._next(verbs)).first() is None:
                return None  # as nearly always: nobody need wait for the right to write
        with self._store.writing() as connection:
            row = connection.execute(self._next(verbs)).first()
            return None if row is None else _begun(connection, row, host, self._store.now())

    def understood(self, id: str, asked: Json) -> None:
        """What was asked, read once and for all."""
        with self._store.writing() as connection:
            _change(connection, id, asked=asked)

    def go_on(self, job: JobRow, *, memory: Json, done: int, of_all: int, text: str, wait_s: float = 0.0) -> None:
        """A portion of a claimed job is done, and there is more. What was stopped meanwhile stays so; what is in other
        hands by now is theirs."""
        how_far = {"memory": memory, "done": done, "of_all": of_all, "text": text, "tries": 0}
        self._again(job, wait_s, how_far, is_news=(job.done, job.of_all, job.text) != (done, of_all, text))

    def put_off(self, job: JobRow, wait_s: float, text: str) -> None:
        """A portion failed, and is tried again then."""
        self._again(job, wait_s, {"text": text, "tries": job.tries + 1}, is_news=True)

    def prefer(self, job: JobRow, priority: int) -> None:
        """It is as urgent as that from now on."""
        if job.priority != priority:
            with self._store.writing() as connection:
                _change(connection, job.id, priority=priority)

    def give_back(self, job: JobRow) -> None:
        """Nothing was done about it; its turn is still to come."""
        with self._store.writing() as connection:
            if _is_held(connection, job):
                _change(connection, job.id, worked_on_by=None)

    def end(
        self, job: JobRow, state: State, text: str, links: Collection[str] = (), *, memory: Json | None = None
    ) -> None:
        """A claimed job is over. What was over before stays as it was."""
        with self._store.writing() as connection:
            if _is_held(connection, job):
                self._end(connection, job, state, text, links, memory)

    def stop(self, job: JobRow, text: str, state: State = "stopped") -> None:
        """It is over, whoever works on it: the person has stopped it."""
        with self._store.writing() as connection:
            self._end(connection, job, state, text, (), None)

    def _end(
        self,
        connection: sa.Connection,
        job: JobRow,
        state: State,
        text: str,
        links: Collection[str],
        memory: Json | None,
    ) -> None:
        now, stands = self._store.now(), _must(connection, job.id)
        _change(connection, job.id, worked_on_by=None)
        if stands.state in UNFINISHED:
            _over(connection, job.id, state, text, links, now)
            if memory is not None:
                _change(connection, job.id, memory=memory)
            _tell(connection, job, now, at_once=True)

    def _again(self, job: JobRow, wait_s: float, values: Json, *, is_news: bool) -> None:
        with self._store.writing() as connection:
            if not _is_held(connection, job):
                return
            _change(connection, job.id, worked_on_by=None)
            if _must(connection, job.id).state in UNFINISHED:
                _change(connection, job.id, **values, turn_at=self._store.now() + wait_s)
                if is_news:
                    _tell(connection, job, self._store.now(), at_once=False)

    def take_back(self, host: str, verbs: Collection[str] | None = None) -> None:
        """What this host had in hand is free, of these verbs or of all: it begins again, or it has lost count."""
        mine = jobs.c.worked_on_by == host
        if verbs is not None:
            mine = sa.and_(mine, jobs.c.verb.in_(verbs))
        with self._store.writing() as connection:
            connection.execute(sa.update(jobs).where(mine).values(worked_on_by=None))

    def leave_by_hosts(self, hosts: Collection[str]) -> None:
        """What these, who are dead, had in hand is free."""
        theirs = jobs.c.worked_on_by.in_(hosts)
        with self._store.reading() as connection:
            left = hosts and connection.execute(sa.select(jobs.c.id).where(theirs).limit(1)).first()
        if left:
            with self._store.writing() as connection:
                connection.execute(sa.update(jobs).where(theirs).values(worked_on_by=None))

    def _next(self, verbs: Collection[str]) -> sa.Select[Any]:
        is_due = sa.and_(jobs.c.turn_at.is_not(None), sa.not_(are_to_come(jobs.c.turn_at, self._store.now())))
        free = jobs.c.worked_on_by.is_(None)
        return sa.select(jobs).where(is_due, free, jobs.c.verb.in_(verbs)).order_by(*_IN_TURN).limit(1)

    # --- what there is ---

    def get(self, id: str) -> JobRow:
        with self._store.reading() as connection:
            return _must(connection, id)

    def last_of(self, task_key: str) -> JobRow | None:
        """The newest order that stood in that row."""
        with self._store.reading() as connection:
            return _last_of(connection, task_key)

    def before(self, job: JobRow) -> JobRow | None:
        """The last order in its row before it that remembers something."""
        if job.task_key is None:
            return None
        older = (jobs.c.task_key == job.task_key, jobs.c.created_at < job.created_at, jobs.c.begun_at.is_not(None))
        query = sa.select(jobs).where(*older).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(_LOOKED_BACK)
        with self._store.reading() as connection:
            return next((_job(row) for row in connection.execute(query) if row.memory), None)

    def unfinished(self) -> tuple[JobRow, ...]:
        """Those that are not over, in the order of their turns."""
        query = sa.select(jobs).where(jobs.c.turn_at.is_not(None))
        with self._store.reading() as connection:
            return tuple(_job(row) for row in connection.execute(query.order_by(*_IN_TURN)))


def _fresh() -> Json:
    nothing_done = {"memory": {}, "done": 0, "of_all": 0, "text": "", "links": [], "tries": 0}
    return {"state": "waiting", "asked": None, "worked_on_by": None, "begun_at": None, "ended_at": None, **nothing_done}


def _after(last: JobRow | None, now: float) -> float:
    """When an order was given: behind the last in that row, whatever the clock says."""
    return now if last is None else max(now, last.created_at + 0.001)


def _make_way(connection: sa.Connection, last: JobRow | None, now: float) -> None:
    """For another order in the same row, in one transaction with it: a kill in between would leave none."""
    if last is not None and last.state in UNFINISHED:
        _change(connection, last.id, worked_on_by=None)
        _over(connection, last.id, "stopped", "Ordered in other words.", (), now)


def _over(connection: sa.Connection, id: str, state: State, text: str, links: Collection[str], now: float) -> None:
    how = {"state": state, "text": text, "links": list(links), "turn_at": None, "ended_at": now}
    _change(connection, id, **how)


def _begun(connection: sa.Connection, row: sa.Row[tuple[Any, ...]], host: str, now: float) -> JobRow:
    begun_at = now if row.begun_at is None else row.begun_at
    _change(connection, row.id, state="running", worked_on_by=host, begun_at=begun_at)
    return _must(connection, row.id)


def _tell(connection: sa.Connection, job: JobRow, now: float, *, at_once: bool) -> None:
    """Its row is due: now, or when it has told nothing for a while."""
    if job.task_key is None:
        return
    told_at = connection.execute(sa.select(tasks.c.carried_at).where(tasks.c.key == job.task_key)).scalar()
    due_at = now if at_once or told_at is None else max(now, told_at + _TOLD_EVERY_S)
    rows.enqueue(connection, job.task_key, due_at)


def _is_held(connection: sa.Connection, job: JobRow) -> bool:
    """Whether it is still in the hands that claimed it."""
    query = sa.select(jobs.c.worked_on_by).where(jobs.c.id == job.id)
    return job.worked_on_by is not None and connection.execute(query).scalar() == job.worked_on_by


def _last_of(connection: sa.Connection, task_key: str) -> JobRow | None:
    query = sa.select(jobs).where(jobs.c.task_key == task_key)
    row = connection.execute(query.order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(1)).first()
    return None if row is None else _job(row)


def _must(connection: sa.Connection, id: str) -> JobRow:
    return _job(connection.execute(sa.select(jobs).where(jobs.c.id == id)).one())


def _change(connection: sa.Connection, id: str, **values: Any) -> None:
    connection.execute(sa.update(jobs).where(jobs.c.id == id).values(**values))


def _job(row: sa.Row[tuple[Any, ...]]) -> JobRow:
    values = {name: row._mapping[name] for name in JobRow.__slots__}
    return JobRow(**{**values, "links": tuple(values["links"])})
