"""Short notes that a room keeps for itself: how far it listed, how a folder was known."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger.store import Store, put
from daemon.ledger.tables import memos


class Memos:
    """One text per name. A name begins with the room that it belongs to: `chain/spotify-liked`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def recall(self, name: str) -> str | None:
        """What was last remembered under this name."""
        with self._store.reading() as connection:
            value: str | None = connection.execute(sa.select(memos.c.value).where(memos.c.name == name)).scalar()
            return value

    def remember(self, name: str, value: str) -> None:
        """Keeps the value; it survives a kill as soon as this returns."""
        with self._store.writing() as connection:
            put(connection, memos, {"name": name}, {"value": value})
