"""What each track's wave looks like, for pictures: a thousand pairs of signed bytes, the lowest and the highest sample
of each thousandth of the sound, full scale being 127."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger.store import Store, put
from daemon.ledger.tables import waveforms


class Waveforms:
    """One picture a track: that of the sound that was heard last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, track_id: str, peaks: bytes) -> None:
        """The picture from now on."""
        with self._store.writing() as connection:
            put(connection, waveforms, {"track_id": track_id}, {"peaks": peaks})

    def of(self, track_id: str) -> bytes | None:
        """The picture; None where nothing was heard yet."""
        query = sa.select(waveforms.c.peaks).where(waveforms.c.track_id == track_id)
        with self._store.reading() as connection:
            peaks: bytes | None = connection.execute(query).scalar()
            return peaks
