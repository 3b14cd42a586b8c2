"""What the shelf remembers: `daemon.pipeline.shelving.Memory`, kept in the ledger."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger.files import has_no_name, path_told
from daemon.ledger.memos import Memos
from daemon.ledger.store import Store
from daemon.ledger.tables import files
from daemon.models import Format, ShelfRole, collision_key


class ShelfMemory:
    """Files as they were recorded, and short notes under names that the shelf chooses."""

    def __init__(self, store: Store, memos: Memos) -> None:
        self._store = store
        self._memos = memos

    def was_delivered(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        return self.path_of(track_id, role, format) is not None

    def was_taken_back(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        rows = sa.select(files.c.withdrawn_at).where(
            files.c.track_id == track_id, files.c.role == role, files.c.format == format.value
        )
        with self._store.reading() as connection:
            withdrawn = connection.execute(rows).scalars().all()
            return bool(withdrawn) and None not in withdrawn

    def path_of(self, track_id: str, role: ShelfRole, format: Format) -> str | None:
        query = sa.select(files.c.path).where(
            files.c.track_id == track_id,
            files.c.role == role,
            files.c.format == format.value,
            files.c.missing_since.is_(None),
        )
        with self._store.reading() as connection:
            path: str | None = connection.execute(query.order_by(files.c.id.desc()).limit(1)).scalar()
            return None if path is None else path_told(path)

    def owner_of(self, path: str) -> str | None:
        theirs = (files.c.name_key == collision_key(path), sa.not_(has_no_name()))
        query = sa.select(files.c.track_id).where(*theirs).order_by(files.c.id.desc())
        with self._store.reading() as connection:
            owner: str | None = connection.execute(query.limit(1)).scalar()
            return owner

    def recall(self, name: str) -> str | None:
        return self._memos.recall(name)

    def remember(self, name: str, value: str) -> None:
        self._memos.remember(name, value)
