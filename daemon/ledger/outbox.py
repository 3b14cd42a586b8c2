"""What is to be carried to Notion and Eagle: one row per track and target, always meaning "make it as the ledger says
now".

A row has a revision, raised at every enqueue. A carrier claims the row for a while, carries what the ledger says, and
reports back. Was the revision raised meanwhile, the row stays due: something newer waits. A carrier that takes longer
than its claim may find the row in other hands; what it wrote outside may then have covered something newer, so its
report raises the revision, and the newest is carried once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from daemon.ledger.patience import are_to_come
from daemon.ledger.store import Store, matches, put
from daemon.ledger.tables import mirrors, outbox
from daemon.models import Json

Target = Literal["notion", "eagle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A claimed row: carry this track, then say `done` or `postpone`."""

    target: Target
    track_id: str
    revision: int
    attempts: int
    """How often it was claimed since it last succeeded, this time included."""
    claimed_by: str
    claimed_until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A row that is still to be carried."""

    target: Target
    track_id: str
    due_at: float
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A track as it stood at the target when we last looked or wrote."""

    target: Target
    track_id: str
    remote_id: str
    seen: Json
    carried_revision: int
    at: float


class Outbox:
    """The rows that wait, and what stands at the targets."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enqueue(self, target: Target, track_id: str) -> None:
        """The track changed: the target is to show it, now."""
        with self._store.writing() as connection:
            enqueue(connection, target, track_id, self._store.now())

    def claim(self, target: Target, host: str, limit: int, lease_s: float) -> tuple[Entry, ...]:
        """At most `limit` due rows, longest due first, which nobody else gets for `lease_s` seconds."""
        now = self._store.now()
        is_free = sa.not_(are_to_come(outbox.c.claimed_until, now))
        is_due = sa.and_(outbox.c.due_at.is_not(None), sa.not_(are_to_come(outbox.c.due_at, now)))
        due = sa.select(outbox).where(outbox.c.target == target, is_due, is_free)
        with self._store.writing() as connection:
            rows = connection.execute(due.order_by(outbox.c.due_at, outbox.c.track_id).limit(limit)).all()
            entries = tuple(
                Entry(
                    target=target,
                    track_id=row.track_id,
                    revision=row.revision,
                    attempts=row.attempts + 1,
                    claimed_by=host,
                    claimed_until=now + lease_s,
                )
                for row in rows
            )
            for entry in entries:
                _change(
                    connection,
                    entry,
                    attempts=entry.attempts,
                    claimed_by=entry.claimed_by,
                    claimed_until=entry.claimed_until,
                )
            return entries

    def done(self, entry: Entry, remote_id: str, seen: Json) -> None:
        """It was carried: `seen` is what stands there now. The row rests, unless something newer waits (see above)."""
        with self._store.writing() as connection:
            now = self._store.now()
            key = {"target": entry.target, "track_id": entry.track_id}
            mirror = {"remote_id": remote_id, "seen": seen, "carried_revision": entry.revision, "at": now}
            put(connection, mirrors, key, mirror)
            row = _row(connection, entry)
            if not _is_held(row, entry):
                enqueue(connection, entry.target, entry.track_id, now)
                return
            due_at = None if row.revision == entry.revision else row.due_at
            _change(connection, entry, due_at=due_at, attempts=0, last_error=None, claimed_by=None, claimed_until=None)

    def postpone(self, entry: Entry, until: float, error: str) -> None:
        """It could not be carried; try again then. Ignored when the row is in other hands by now."""
        with self._store.writing() as connection:
            if _is_held(_row(connection, entry), entry):
                _change(connection, entry, due_at=until, last_error=error, claimed_by=None, claimed_until=None)

    def take_back(self, host: str) -> None:
        """What this host had claimed is free again, as if it had not been. For a host that begins: the claims of a
        killed run would else stand until they run out."""
        mine = outbox.c.claimed_by == host
        with self._store.writing() as connection:
            freed = sa.update(outbox).where(mine, outbox.c.attempts > 0)
            connection.execute(freed.values(attempts=outbox.c.attempts - 1))
            connection.execute(sa.update(outbox).where(mine).values(claimed_by=None, claimed_until=None))

    def hurry(self, target: str) -> None:
        """What waits for this target need not wait any longer: the reason why it was put off may be gone."""
        with self._store.writing() as connection:
            now = self._store.now()
            later = sa.update(outbox).where(outbox.c.target == target, outbox.c.due_at > now)
            connection.execute(later.values(due_at=now))

    def pending(self, target: Target) -> int:
        """How many rows are still to be carried, claimed and postponed ones included."""
        query = sa.select(sa.func.count()).where(outbox.c.target == target, outbox.c.due_at.is_not(None))
        with self._store.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def waiting(self, track_id: str) -> tuple[Waiting, ...]:
        """What is still to be carried of one track, and why it has not been."""
        columns = (outbox.c[name] for name in ("target", "track_id", "due_at", "attempts", "last_error"))
        query = sa.select(*columns).where(outbox.c.track_id == track_id, outbox.c.due_at.is_not(None))
        with self._store.reading() as connection:
            return tuple(Waiting(**row._mapping) for row in connection.execute(query.order_by(outbox.c.target)))

    def mirror(self, target: Target, track_id: str) -> Mirror | None:
        """What we last knew of the track at the target; None before the first carry."""
        query = sa.select(mirrors).where(*matches(mirrors, {"target": target, "track_id": track_id}))
        with self._store.reading() as connection:
            row = connection.execute(query).first()
            return Mirror(**row._mapping) if row else None

    def tracks_at(self, target: Target, remote_id: str) -> frozenset[str]:
        """The tracks that were carried there: one, and its duplicates."""
        theirs = sa.select(mirrors.c.track_id).where(mirrors.c.target == target, mirrors.c.remote_id == remote_id)
        with self._store.reading() as connection:
            return frozenset(connection.execute(theirs).scalars())


def enqueue(connection: sa.Connection, target: Target, track_id: str, now: float) -> None:
    """`Outbox.enqueue` inside a transaction. A claim that stands goes on standing."""
    key = {"target": target, "track_id": track_id}
    row = connection.execute(sa.select(outbox).where(*matches(outbox, key))).first()
    if row is None:
        connection.execute(sa.insert(outbox).values(**key, revision=1, due_at=now, attempts=0))
    else:
        due_at = now if row.due_at is None else min(row.due_at, now)  # who waits already keeps the place in the queue
        changed = sa.update(outbox).where(*matches(outbox, key))
        connection.execute(changed.values(revision=row.revision + 1, due_at=due_at))


def _row(connection: sa.Connection, entry: Entry) -> sa.Row[tuple[object, ...]]:
    return connection.execute(sa.select(outbox).where(*_key(entry))).one()


def _change(connection: sa.Connection, entry: Entry, **values: object) -> None:
    connection.execute(sa.update(outbox).where(*_key(entry)).values(**values))


def _key(entry: Entry) -> list[sa.ColumnElement[bool]]:
    return matches(outbox, {"target": entry.target, "track_id": entry.track_id})


def _is_held(row: sa.Row[tuple[object, ...]], entry: Entry) -> bool:
    """Whether the row is still this claim's. A claim that ran out but was taken by nobody still counts; two claims of
    one host differ in their end."""
    return bool(row.claimed_by == entry.claimed_by and row.claimed_until == entry.claimed_until)
