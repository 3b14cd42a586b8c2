"""What is to be carried to Notion and Eagle: one row per track and target, always meaning "make it as the ledger says
now".

A row has a revision, raised at every enqueue. A carrier claims the row for a while, carries what the ledger says, and
reports back. Was the revision raised meanwhile, the row stays due: something newer waits. A carrier that takes longer
than its claim may find the row in other hands; what it wrote outside may then have covered something newer, so its
report raises the revision, and the newest is carried once more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from daemon.ledger import standing
from daemon.ledger.patience import are_to_come, is_to_come
from daemon.ledger.rows import must_be_there
from daemon.ledger.standing import Mirror, Target
from daemon.ledger.store import Store, among, matches
from daemon.ledger.tables import mirrors, outbox
from daemon.models import Json

__all__ = ["Entry", "Mirror", "Outbox", "Target", "Waiting"]


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


class Outbox:
    """The rows that wait, and what stands at the targets."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enqueue(self, target: Target, track_id: str, delay_s: float = 0.0) -> None:
        """The track changed: the target is to show it, now or in a while. Who is due earlier stays so."""
        with self._store.writing() as connection:
            enqueue(connection, target, track_id, self._store.now() + delay_s)

    def claim(self, target: Target, host: str, limit: int, lease_s: float) -> tuple[Entry, ...]:
        """At most `limit` due rows, longest due first, which nobody else gets for `lease_s` seconds."""
        now = self._store.now()
        is_free = sa.not_(are_to_come(outbox.c.claimed_until, now))
        is_due = sa.and_(outbox.c.due_at.is_not(None), sa.not_(are_to_come(outbox.c.due_at, now)))
        due = sa.select(outbox).where(outbox.c.target == target, is_due, is_free)
        with self._store.writing() as connection:
            rows = connection.execute(due.order_by(outbox.c.due_at, outbox.c.track_id).limit(limit)).all()
            return tuple(_claimed(connection, row, host, now + lease_s) for row in rows)

    def claim_one(self, target: Target, track_id: str, host: str, lease_s: float) -> Entry | None:
        """That one row, due or not: nobody else gets it for `lease_s` seconds. None while it is in other hands, be it
        of another thread. A track without a row gets one, which is not due. Raises NotFound."""
        key = {"target": target, "track_id": track_id}
        query = sa.select(outbox).where(*matches(outbox, key))
        with self._store.writing() as connection:
            now = self._store.now()
            row = connection.execute(query).first()
            if row is None:
                must_be_there(connection, track_id)
                connection.execute(sa.insert(outbox).values(**key, revision=0, due_at=None, attempts=0))
                row = connection.execute(query).one()
            if row.claimed_until is not None and is_to_come(row.claimed_until, now):
                return None
            return _claimed(connection, row, host, now + lease_s)

    def release(self, entry: Entry) -> None:
        """The claim is over, as if it had not been: what is due stays due. Ignored when the row is in other hands by
        now."""
        with self._store.writing() as connection:
            row = _row(connection, entry)
            if _is_held(row, entry):
                attempts = max(0, min(row.attempts, entry.attempts - 1))
                _change(connection, entry, attempts=attempts, claimed_by=None, claimed_until=None)

    def done(self, entry: Entry, remote_id: str, seen: Json, wrote: Json | None = None) -> None:
        """It was carried: of the columns in `seen` this stands there now, and this is what we `wrote`, both of it added
        to what is known of them; another `remote_id` is another row, of which nothing is known. What was taken for gone
        is there. At Eagle, `seen` takes the place of what was. The row rests, unless something newer waits."""
        with self._store.writing() as connection:
            now = self._store.now()
            standing.learn(
                connection, entry.target, entry.track_id, remote_id, seen, wrote or {}, now, revision=entry.revision
            )
            self._rest(connection, entry, now)

    def rest(self, entry: Entry) -> None:
        """There was nothing to carry, and nothing is known that was not before. The row rests as after `done`."""
        with self._store.writing() as connection:
            self._rest(connection, entry, self._store.now())

    def remember_first(self, track_id: str, row_id: str, seen: Json, wrote: Json) -> None:
        """We have made this row in Notion for the track, in place of any that it had."""
        with self._store.writing() as connection:
            must_be_there(connection, track_id)
            standing.learn(connection, "notion", track_id, row_id, seen, wrote, self._store.now())

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
            return None if row is None else standing.mirror_of(row)

    def tracks_at(self, target: Target, remote_id: str) -> frozenset[str]:
        """The tracks that were carried there: one, and its duplicates."""
        theirs = sa.select(mirrors.c.track_id).where(mirrors.c.target == target, mirrors.c.remote_id == remote_id)
        with self._store.reading() as connection:
            return frozenset(connection.execute(theirs).scalars())

    def _rest(self, connection: sa.Connection, entry: Entry, now: float) -> None:
        row = _row(connection, entry)
        if not _is_held(row, entry):
            enqueue(connection, entry.target, entry.track_id, now)
            return
        due_at = None if row.revision == entry.revision else row.due_at
        _change(connection, entry, due_at=due_at, attempts=0, last_error=None, claimed_by=None, claimed_until=None)


def enqueue(connection: sa.Connection, target: Target, track_id: str, due_at: float) -> None:
    """`Outbox.enqueue` inside a transaction. A claim that stands goes on standing."""
    key = {"target": target, "track_id": track_id}
    row = connection.execute(sa.select(outbox).where(*matches(outbox, key))).first()
    if row is None:
        connection.execute(sa.insert(outbox).values(**key, revision=1, due_at=due_at, attempts=0))
    else:
        earlier = due_at if row.due_at is None else min(row.due_at, due_at)  # who waits keeps the place in the queue
        changed = sa.update(outbox).where(*matches(outbox, key))
        connection.execute(changed.values(revision=row.revision + 1, due_at=earlier))


def enqueue_all(connection: sa.Connection, target: Target, track_ids: Collection[str], due_at: float) -> None:
    """`enqueue` for many: one at least, and a thousand at most."""
    these = (outbox.c.target == target, among(outbox.c.track_id, track_ids))
    known = set(connection.execute(sa.select(outbox.c.track_id).where(*these)).scalars())
    earlier = sa.case((outbox.c.due_at <= due_at, outbox.c.due_at), else_=due_at)  # of an empty field: due_at
    if known:
        connection.execute(sa.update(outbox).where(*these).values(revision=outbox.c.revision + 1, due_at=earlier))
    new = [{"target": target, "track_id": track_id} for track_id in track_ids if track_id not in known]
    if new:
        connection.execute(sa.insert(outbox).values(revision=1, due_at=due_at, attempts=0), new)


def _claimed(connection: sa.Connection, row: sa.Row[tuple[Any, ...]], host: str, until: float) -> Entry:
    entry = Entry(
        target=row.target,
        track_id=row.track_id,
        revision=row.revision,
        attempts=row.attempts + 1,
        claimed_by=host,
        claimed_until=until,
    )
    _change(connection, entry, attempts=entry.attempts, claimed_by=host, claimed_until=until)
    return entry


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
