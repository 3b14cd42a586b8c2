"""Rows of ours in Agent-Tasks and in Issues+Questions: what each is about, what it is to show, and what stands there.

One row a key. What is to be written waits as in the outbox: a revision, raised whenever there is something new; a
claim, which nobody else gets meanwhile. What an order's row shows follows from its job, and a track's from the track;
the others keep what they want to show.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.ledger.memos import memo_of, note_memo
from daemon.ledger.patience import are_to_come, is_to_come
from daemon.ledger.store import Store
from daemon.ledger.tables import tasks
from daemon.models import Json

WRITING = "(writing)"
"""No column: under it `wrote` holds what we set out to write, until the answer has come."""
LEFT = "(left)"
"""No column either: the rows that it stood in before, which are the person's own by now."""
BEHIND = "(behind)"
"""Nor this: by their ids, the rows that it stood in when another database was ours, with what was seen and written."""
BOOKMARK = "tasks/changed-from"
"""The memo of how far Agent-Tasks was read."""
_FREE: Json = {"claimed_by": None, "claimed_until": None}

Database = Literal["tasks", "issues"]
Kind = Literal["question", "order", "track", "handover", "defect"]
State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One row as we know it."""

    key: str
    database: Database
    kind: Kind
    host_id: str | None
    """The host that it is about; None: it is the same for all."""
    track_id: str | None
    state: State
    wanted: Json
    """By column, what it is to show; of orders and tracks nothing: that follows from them."""
    memory: Json
    """What its room keeps for itself."""
    raised_at: float
    closed_at: float | None
    remote_id: str | None
    """The row in Notion; None while there is none that we know of."""
    sought: bool
    """There may be one all the same: look before you make another."""
    gone: bool
    """The person threw it away."""
    seen: Json
    """What stood there when we last looked."""
    wrote: Json
    """What we wrote last, as it is read back."""
    carried_at: float | None
    revision: int
    due_at: float | None
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to write a row."""

    key: str
    revision: int
    attempts: int
    by: str
    until: float


class Tasks:
    """The rows, by their keys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- what is asked ---

    def raise_(
        self,
        key: str,
        *,
        kind: Kind,
        wanted: Json,
        database: Database = "tasks",
        memory: Json | None = None,
        host_id: str | None = None,
        track_id: str | None = None,
        urgency: int = 2,
        in_new_row: bool = False,
    ) -> bool:
        """There is such a row from now on, and it shows this. What is open already is changed, and due only where that
        makes a difference; what was closed is opened again, in a new row if the person threw the old one away, or
        `in_new_row`. Answers whether it was opened. The lower its `urgency`, the sooner it is written."""
        with self._store.writing() as connection:
            now = self._store.now()
            row = _row(connection, key)
            about = {"kind": kind, "database": database, "host_id": host_id, "track_id": track_id, "urgency": urgency}
            if row is None:
                fresh = {"key": key, **about, "wanted": wanted, "memory": memory or {}}
                connection.execute(sa.insert(tasks).values(**fresh, **_unwritten(), raised_at=now, due_at=now))
                return True
            kept = row.memory if memory is None else memory
            if row.state == "closed":
                anew = {**_unwritten(), **_left(row)} if row.gone or in_new_row else {"state": "open"}
                changed = {**about, **anew, "wanted": {**row.wanted, **wanted}, "memory": kept}
                _change(connection, key, **{**changed, "raised_at": now, "closed_at": None})
                enqueue(connection, key, now)
                return True
            if row.wanted != {**row.wanted, **wanted}:
                _change(connection, key, wanted={**row.wanted, **wanted})
                enqueue(connection, key, now)
            if kept != row.memory or urgency != row.urgency:
                _change(connection, key, memory=kept, urgency=urgency)
            return False

    def close(self, key: str, wanted: Json) -> bool:
        """It is over; the row shows this as its last. Answers whether it was open."""
        with self._store.writing() as connection:
            row = _row(connection, key)
            if row is None or row.state == "closed":
                return False
            now = self._store.now()
            _change(connection, key, state="closed", closed_at=now, wanted={**row.wanted, **wanted})
            enqueue(connection, key, now)
            return True

    def want(self, key: str, wanted: Json) -> None:
        """The row shows this too, open or not."""
        with self._store.writing() as connection:
            row = _row(connection, key)
            if row is not None and row.wanted != {**row.wanted, **wanted}:
                _change(connection, key, wanted={**row.wanted, **wanted})
                enqueue(connection, key, self._store.now())

    def remember(self, key: str, memory: Json) -> None:
        """What its room keeps for itself, instead of what it kept."""
        with self._store.writing() as connection:
            _change(connection, key, memory=memory)

    # --- what there is ---

    def get(self, key: str) -> TaskRow | None:
        with self._store.reading() as connection:
            row = _row(connection, key)
            return None if row is None else _task(row)

    def at(self, remote_id: str) -> TaskRow | None:
        """Ours that stands there."""
        query = sa.select(tasks).where(tasks.c.remote_id == remote_id).order_by(tasks.c.key).limit(1)
        with self._store.reading() as connection:
            row = connection.execute(query).first()
            return None if row is None else _task(row)

    def open_ones(self, kind: Kind) -> tuple[TaskRow, ...]:
        """Those of this kind that are not closed, oldest first."""
        query = sa.select(tasks).where(tasks.c.kind == kind, tasks.c.state == "open")
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(tasks.c.raised_at, tasks.c.key))
            return tuple(_task(row) for row in rows)

    def pending(self) -> int:
        """How many rows are still to be written."""
        with self._store.reading() as connection:
            due = sa.select(sa.func.count()).where(tasks.c.due_at.is_not(None))
            return int(connection.execute(due).scalar_one())

    # --- writing them ---

    def hurry(self, key: str, in_s: float = 0.0) -> None:
        """The row is to be looked at and written now, or in a while."""
        with self._store.writing() as connection:
            due_at = self._store.now() + in_s
            enqueue(connection, key, due_at)
            row = _row(connection, key)
            if in_s and row is not None and not row.gone:
                _change(connection, key, due_at=due_at)

    def look_again(self, claim: Claim, in_s: float) -> None:
        """Nothing is to be shown, but the row is to be looked at in a while. What is new since the claim stays due."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is not None and row.revision == claim.revision and not row.gone:
                due_at = self._store.now() + in_s
                _change(connection, claim.key, revision=row.revision + 1, due_at=due_at)

    def claim(self, host: str, lease_s: float, databases: Collection[Database]) -> Claim | None:
        """Of the rows that are due the most urgent, and of these the one that is due for longest; for `lease_s` seconds
        it is nobody else's."""
        with self._store.reading() as connection:
            if connection.execute(self._next(databases)).first() is None:
                return None
        with self._store.writing() as connection:
            row = connection.execute(self._next(databases)).first()
            return None if row is None else _claimed(connection, row, host, self._store.now() + lease_s)

    def _next(self, databases: Collection[Database]) -> sa.Select[Any]:
        now = self._store.now()
        is_due = sa.and_(tasks.c.due_at.is_not(None), sa.not_(are_to_come(tasks.c.due_at, now)))
        is_free = sa.not_(are_to_come(tasks.c.claimed_until, now))
        query = sa.select(tasks).where(is_due, is_free, tasks.c.database.in_(databases))
        return query.order_by(tasks.c.urgency, tasks.c.due_at, tasks.c.key).limit(1)

    def claim_one(self, key: str, host: str, lease_s: float) -> Claim | None:
        """That row, due or not; None while it is in other hands."""
        with self._store.writing() as connection:
            now = self._store.now()
            row = _row(connection, key)
            if row is None or (row.claimed_until is not None and is_to_come(row.claimed_until, now)):
                return None
            return _claimed(connection, row, host, now + lease_s)

    def seek(self, claim: Claim, wrote: Json) -> None:
        """A row is about to be made that shows this: from now on there may be one."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is not None and _is_held(connection, claim):
                _change(connection, claim.key, sought=True, wrote={**row.wrote, WRITING: wrote})

    def writing(self, claim: Claim, wrote: Json) -> None:
        """We set out to write this. Whether it was done, only the row tells, if the answer is lost."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is not None and _is_held(connection, claim):
                _change(connection, claim.key, wrote={**row.wrote, WRITING: wrote})

    def was_written(self, key: str, came: Json) -> None:
        """Of what we had set out to write this stands there."""
        with self._store.writing() as connection:
            row = _row(connection, key)
            if row is not None:
                wrote = {**_without_writing(row.wrote), **came}
                _change(connection, key, wrote=wrote, seen={**row.seen, **came})

    def carried(self, claim: Claim, remote_id: str, seen: Json, wrote: Json) -> None:
        """So it stands there now, and of it we wrote that, added to what is known. It rests, unless something newer
        waits. Who took longer than the claim holds is believed only about the row that it still is."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is None:
                return
            is_held = _is_held(connection, claim)
            if not is_held and row.remote_id != remote_id and not row.sought:
                return
            known = {"seen": {**row.seen, **seen}, "wrote": {**_without_writing(row.wrote), **wrote}}
            at = {"remote_id": remote_id, "sought": False, "gone": False, "carried_at": self._store.now()}
            _change(connection, claim.key, **known, **at)
            if is_held:
                self._rest(connection, claim, row)
            else:
                enqueue(connection, claim.key, self._store.now())

    def found_again(self, claim: Claim, remote_id: str, meant: Json) -> None:
        """It stands there: where we had made it though the answer was lost, or before another database was ours. What
        has changed there since is looked at as anything of the person's."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is None or not _is_held(connection, claim):
                return
            known = row.wrote.get(BEHIND, {}).get(remote_id, {"seen": {}, "wrote": meant})
            known = {"seen": known["seen"], "wrote": {**_without_writing(row.wrote), **known["wrote"]}}
            _change(connection, claim.key, **known, remote_id=remote_id, sought=False, gone=False, attempts=0, **_FREE)
            enqueue(connection, claim.key, self._store.now())

    def rest(self, claim: Claim) -> None:
        """There was nothing to write."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is not None and _is_held(connection, claim):
                self._rest(connection, claim, row)

    def release(self, claim: Claim) -> None:
        """As if it had not been claimed; what is due stays due."""
        with self._store.writing() as connection:
            if _is_held(connection, claim):
                attempts = max(0, claim.attempts - 1)
                _change(connection, claim.key, attempts=attempts, **_FREE)

    def postpone(self, claim: Claim, until: float, error: str) -> None:
        """It could not be written; try again then."""
        with self._store.writing() as connection:
            if _is_held(connection, claim):
                _change(connection, claim.key, due_at=until, last_error=error, **_FREE)

    def thrown_away(self, claim: Claim) -> None:
        """The person threw the row away: it is never written again, unless its cause comes again."""
        with self._store.writing() as connection:
            if _is_held(connection, claim):
                _change(connection, claim.key, gone=True, due_at=None, attempts=0, **_FREE)

    def begin_anew(self, claim: Claim) -> None:
        """Its row is gone, and it is written into a new one."""
        with self._store.writing() as connection:
            row = _row(connection, claim.key)
            if row is not None and _is_held(connection, claim):
                kept = {"state": row.state, "closed_at": row.closed_at, "revision": row.revision + 1, **_left(row)}
                _change(connection, claim.key, **{**_unwritten(), **kept, "due_at": self._store.now()})

    def saw(self, key: str, seen: Json) -> None:
        """What was read from the row."""
        with self._store.writing() as connection:
            row = _row(connection, key)
            if row is not None:
                _change(connection, key, seen={**row.seen, **seen}, gone=False)

    def move_to(self, database: Database, place: str) -> None:
        """What these rows stand in is another database from now on, if it is: none of them stands there. Who waits for
        an answer is asked anew; whoever ordered something does so there."""
        memo = f"tasks/database/{database}"
        theirs = tasks.c.database == database
        with self._store.writing() as connection:
            before = memo_of(connection, memo)
            if before == place:
                return
            note_memo(connection, memo, place)
            if before is None:
                return
            if database == "tasks":
                note_memo(connection, BOOKMARK, None)
            kept = ("state", "closed_at", "revision")
            nowhere = {name: value for name, value in _unwritten().items() if name not in kept}
            for row in connection.execute(sa.select(tasks).where(theirs, tasks.c.kind != "order")).all():
                # It may have been ours before: a row of ours in it is looked for, and known again.
                _change(connection, row.key, **{**nowhere, "wrote": _left_behind(row), "sought": True, "due_at": None})
            # The row of an order is its name: what comes of it is told there, should that database be ours again.
            is_order = (theirs, tasks.c.kind == "order")
            connection.execute(sa.update(tasks).where(*is_order).values(gone=True, due_at=None, **_FREE))
            is_asked = (theirs, tasks.c.kind.in_(("question", "track", "defect")), tasks.c.state == "open")
            connection.execute(sa.update(tasks).where(*is_asked).values(due_at=self._store.now()))

    def take_back(self, host: str) -> None:
        """What this host had claimed is free again."""
        with self._store.writing() as connection:
            mine = tasks.c.claimed_by == host
            connection.execute(sa.update(tasks).where(mine, tasks.c.attempts > 0).values(attempts=tasks.c.attempts - 1))
            connection.execute(sa.update(tasks).where(mine).values(**_FREE))

    def _rest(self, connection: sa.Connection, claim: Claim, row: sa.Row[tuple[Any, ...]]) -> None:
        due_at = None if row.revision == claim.revision else row.due_at
        _change(connection, claim.key, due_at=due_at, attempts=0, last_error=None, **_FREE)


# --- inside transactions ---------------------------------------------------------------------------------------------


def take_over(
    connection: sa.Connection, key: str, remote_id: str, seen: Json, track_id: str | None, now: float
) -> None:
    """A row that somebody else has made is ours to answer from now on, and shows by `now` that it is."""
    row = _row(connection, key)
    if row is None:
        about = {"database": "tasks", "kind": "order", "track_id": track_id, "raised_at": now, "due_at": now}
        about["urgency"] = 0  # somebody waits to see that it was taken
        there = {**_unwritten(), "remote_id": remote_id, "seen": seen}
        connection.execute(sa.insert(tasks).values(key=key, wanted={}, memory={}, **about, **there))
    else:
        again = {"state": "open", "closed_at": None, "track_id": track_id, "raised_at": now, "gone": False}
        _change(connection, key, **again, remote_id=remote_id, sought=False, seen={**row.seen, **seen})
        enqueue(connection, key, now)


def enqueue(connection: sa.Connection, key: str, due_at: float) -> None:
    """There is something new to show by then. Who is due earlier stays so; a row that was thrown away is not due."""
    row = _row(connection, key)
    if row is None or row.gone:
        return
    earlier = due_at if row.due_at is None else min(row.due_at, due_at)
    _change(connection, key, revision=row.revision + 1, due_at=earlier)


def _without_writing(wrote: Json) -> Json:
    return {name: value for name, value in wrote.items() if name != WRITING}


def _unwritten() -> Json:
    """An open row that does not stand anywhere yet."""
    nothing_known: Json = {
        "remote_id": None,
        "sought": False,
        "gone": False,
        "seen": {},
        "wrote": {},
        "carried_at": None,
    }
    unclaimed = {"attempts": 0, "last_error": None, **_FREE}
    return {"state": "open", "closed_at": None, "revision": 1, **nothing_known, **unclaimed}


def _left(row: sa.Row[tuple[Any, ...]]) -> Json:
    """What is still known of the rows before, for a new one."""
    left = [*row.wrote.get(LEFT, ()), *filter(None, [row.remote_id])]
    behind = {BEHIND: row.wrote[BEHIND]} if BEHIND in row.wrote else {}
    return {"wrote": {LEFT: left, **behind}} if left else {}


def _left_behind(row: sa.Row[tuple[Any, ...]]) -> Json:
    """What is known of its rows in databases that are not ours any more."""
    kept = {name: row.wrote[name] for name in (LEFT, BEHIND) if name in row.wrote}
    if row.remote_id is None:
        return kept
    known = {"seen": row.seen, "wrote": {name: row.wrote[name] for name in row.wrote if name not in (*kept, WRITING)}}
    return {**kept, BEHIND: {**kept.get(BEHIND, {}), row.remote_id: known}}


def _claimed(connection: sa.Connection, row: sa.Row[tuple[Any, ...]], host: str, until: float) -> Claim:
    claim = Claim(key=row.key, revision=row.revision, attempts=row.attempts + 1, by=host, until=until)
    _change(connection, row.key, attempts=claim.attempts, claimed_by=host, claimed_until=until)
    return claim


def _is_held(connection: sa.Connection, claim: Claim) -> bool:
    row = _row(connection, claim.key)
    return row is not None and bool(row.claimed_by == claim.by and row.claimed_until == claim.until)


def _row(connection: sa.Connection, key: str) -> sa.Row[tuple[Any, ...]] | None:
    return connection.execute(sa.select(tasks).where(tasks.c.key == key)).first()


def _change(connection: sa.Connection, key: str, **values: Any) -> None:
    connection.execute(sa.update(tasks).where(tasks.c.key == key).values(**values))


def _task(row: sa.Row[tuple[Any, ...]]) -> TaskRow:
    return TaskRow(**{name: row._mapping[name] for name in TaskRow.__slots__})
