"""What happened to each track, when, and why: only ever added to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from daemon.ledger.store import Store
from daemon.ledger.tables import events
from daemon.models import Json

What = Literal["begun", "done", "failed", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    id: int
    """Rises; never used again."""
    track_id: str | None
    """None: it concerns the whole program."""
    at: float
    step: str
    what: What
    detail: Json


class Events:
    """The diary."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, track_id: str | None, step: str, what: What, detail: Json | None = None) -> int:
        """Writes it down; answers the event's id."""
        with self._store.writing() as connection:
            return note(connection, track_id, step, what, detail or {}, self._store.now())

    def of(self, track_id: str) -> tuple[Event, ...]:
        """Everything that happened to this track, oldest first."""
        return self._read(sa.select(events).where(events.c.track_id == track_id))

    def since(self, event_id: int, limit: int = 1000) -> tuple[Event, ...]:
        """The next events after that one, oldest first. Whoever goes on from the last one misses none."""
        return self._read(sa.select(events).where(events.c.id > event_id).limit(limit))

    def _read(self, query: sa.Select[tuple[object, ...]]) -> tuple[Event, ...]:
        with self._store.reading() as connection:
            rows: Iterable[sa.Row[tuple[object, ...]]] = connection.execute(query.order_by(events.c.id))
            return tuple(Event(**row._mapping) for row in rows)


def note(connection: sa.Connection, track_id: str | None, step: str, what: What, detail: Json, now: float) -> int:
    """`Events.note` inside a transaction."""
    row = {"track_id": track_id, "at": now, "step": step, "what": what, "detail": detail}
    key = connection.execute(sa.insert(events).values(row)).inserted_primary_key
    return int(key[0]) if key else 0
