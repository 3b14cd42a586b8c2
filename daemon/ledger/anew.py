"""A track begins anew, because the person has decided about its source. All that changes with it is one transaction."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger import files, lending, sounds
from daemon.ledger.tables import tracks
from daemon.models import Status

CLEARED = {"reason": None, "duplicate_of": None, "not_before": None, "progress": None}
"""What no longer holds of a track that begins anew."""


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
