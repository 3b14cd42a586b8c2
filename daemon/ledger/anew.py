"""A track begins anew, because the person has decided about its source, or is wanted no more, because they said so. All
that changes with it is one transaction."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger import events, files, lending, outbox, sounds
from daemon.ledger.tables import tracks
from daemon.models import Status

CLEARED = {"reason": None, "duplicate_of": None, "not_before": None, "progress": None}
"""What no longer holds of a track that begins anew."""

DISMISSED = (Status.REJECTED, Status.SKIP)
"""What only the person says, and only they take back."""


def begin_anew(connection: sa.Connection, track_id: str, now: float) -> None:
    """Takes back what was filed, gives its sound and its duplicates free, and queues it. Work that is under way goes on
    to its end, and then counts for nothing (`is_overtaken`): nobody can tell it from here."""
    row = connection.execute(sa.select(tracks.c.status, tracks.c.attempt).where(tracks.c.id == track_id)).one()
    files.withdraw(connection, track_id, now)
    lending.take_back(connection, track_id, now)
    values: dict[str, object] = {"decided_attempt": row.attempt, "updated_at": now}
    if row.status != Status.PROCESSING:
        sounds.release(connection, track_id, now)
        values |= {"status": Status.QUEUED.value, **CLEARED}
    connection.execute(sa.update(tracks).where(tracks.c.id == track_id).values(**values))


def was_decided_since(connection: sa.Connection, track_id: str, attempt: int) -> bool:
    """Whether the person has decided about the track since that attempt began."""
    decided = connection.execute(sa.select(tracks.c.decided_attempt).where(tracks.c.id == track_id)).scalar()
    return decided is not None and decided >= attempt


def is_overtaken(connection: sa.Connection, track_id: str) -> bool:
    """Whether the person has decided about the track since its attempt began."""
    query = sa.select(tracks.c.attempt, tracks.c.decided_attempt).where(tracks.c.id == track_id)
    row = connection.execute(query).one()
    return bool(row.attempt == row.decided_attempt)


def dismiss(connection: sa.Connection, track_id: str, status: Status, now: float) -> None:
    """The person does not want it. What it has in the library stays, with its sound; without that, its sound and its
    duplicates are free. Work that is under way goes on to its end, and then counts for nothing."""
    known = connection.execute(sa.select(tracks.c.status).where(tracks.c.id == track_id)).scalar_one()
    if known == status:
        return
    row = sa.update(tracks).where(tracks.c.id == track_id)
    connection.execute(row.values(status=status.value, **CLEARED, updated_at=now))
    give_way(connection, track_id, now)
    events.note(connection, track_id, "dismiss", "told", {"status": status.value, "before": known}, now)
    outbox.enqueue(connection, "notion", track_id, now)


def is_dismissed(connection: sa.Connection, track_id: str) -> bool:
    """Whether the person does not want it."""
    return connection.execute(sa.select(tracks.c.status).where(tracks.c.id == track_id)).scalar() in DISMISSED


def give_way(connection: sa.Connection, track_id: str, now: float) -> None:
    """A track that has ended, and has nothing in the library, gives its sound and its duplicates free."""
    if not files.has_library_file(connection, track_id):
        sounds.release(connection, track_id, now)
        lending.take_up_again(connection, track_id, now)
