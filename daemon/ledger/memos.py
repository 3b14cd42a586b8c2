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
            return memo_of(connection, name)

    def beginning(self, prefix: str) -> dict[str, str]:
        """Everything that is remembered under names that begin so."""
        query = sa.select(memos.c.name, memos.c.value).where(memos.c.name.startswith(prefix, autoescape=True))
        with self._store.reading() as connection:
            return {row.name: row.value for row in connection.execute(query.order_by(memos.c.name))}

    def forget(self, name: str, *, value: str | None = None) -> None:
        """It is no longer remembered. With `value`, only if that is still what is."""
        these = [memos.c.name == name] if value is None else [memos.c.name == name, memos.c.value == value]
        with self._store.writing() as connection:
            connection.execute(sa.delete(memos).where(*these))

    def remember(self, name: str, value: str) -> None:
        """Keeps the value; it survives a kill as soon as this returns."""
        with self._store.writing() as connection:
            put(connection, memos, {"name": name}, {"value": value})


def memo_of(connection: sa.Connection, name: str) -> str | None:
    """`Memos.recall` inside a transaction."""
    return connection.execute(sa.select(memos.c.value).where(memos.c.name == name)).scalar()


def note_memo(connection: sa.Connection, name: str, value: str | None) -> None:
    """`Memos.remember` inside a transaction; None: it is no longer remembered."""
    if value is None:
        connection.execute(sa.delete(memos).where(memos.c.name == name))
    else:
        put(connection, memos, {"name": name}, {"value": value})


def rename_memos(connection: sa.Connection, of: str, to: str) -> None:
    """What was remembered under names that begin with `of`, under names that begin with `to` instead."""
    renamed = sa.literal(to).concat(sa.func.substr(memos.c.name, len(of) + 1))
    connection.execute(sa.update(memos).where(memos.c.name.startswith(of, autoescape=True)).values(name=renamed))
