"""What is found out about tracks that are in the crate already: tempo, key, an address. Only where nothing stood, and
with the row in Notion due in the same moment."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from daemon.ledger import identity, outbox
from daemon.ledger.memos import memo_of, note_memo
from daemon.ledger.rows import TrackRow, no_track, rows_of
from daemon.ledger.store import Store
from daemon.ledger.tables import tracks
from daemon.ledger.values import from_json, to_json
from daemon.models import Heard, Service, Status, Track

TEMPO, KEY, ADDRESSES = "tempo", "key", "addresses"

_IN_THE_CRATE = (Status.DONE.value, Status.METADATA_ONLY.value)
_FOUND = "found-later/"
"""Under this name, and a track's key: which kinds were filled in."""
_IN_VAIN = "looked-for/"
"""The same: which kinds were looked for in vain, and when."""


class HeardLater:
    """Fills gaps. `updated_at` stays: nobody has worked on the track itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, after: str, limit: int) -> tuple[TrackRow, ...]:
        """Tracks that are Done or Metadata only, behind that key, oldest first. Read along the primary key."""
        these = (tracks.c.status.in_(_IN_THE_CRATE), tracks.c.id > after)
        with self._store.reading() as connection:
            return rows_of(connection, sa.select(tracks).where(*these).order_by(tracks.c.id).limit(limit))

    def hear(self, track_id: str, heard: Heard, kinds: Collection[str]) -> frozenset[str]:
        """Keeps what was heard of these kinds (tempo, key), as far as nothing of the kind is known; answers of which
        that was so. Of a track that was never heard the rest of it is kept with them. Raises NotFound."""
        with self._store.writing() as connection:
            row = _standing(connection, track_id)
            known = from_json(Heard, row.heard) if row.heard else replace(heard, tempo=None, key=None)
            filled = {kind for kind in kinds if getattr(known, kind) is None and getattr(heard, kind) is not None}
            if filled:
                now_known = replace(known, **{kind: getattr(heard, kind) for kind in filled})
                self._change(connection, track_id, filled, heard=to_json(now_known))
            return frozenset(filled)

    def address(self, track_id: str, service: Service, url: str) -> bool:
        """The recording's page there; answers whether none was known. It nominates, and is no id: that two ids are one
        recording only their sound can prove. Raises NotFound."""
        with self._store.writing() as connection:
            urls = _standing(connection, track_id).urls
            if urls.get(service.value):
                return False
            self._change(connection, track_id, {ADDRESSES}, urls={**urls, service.value: url})
            identity.add_hints(connection, track_id, Track(title="", urls={service: url}))
            return True

    def found(self, track_id: str) -> tuple[str, ...]:
        """Which kinds were filled in here."""
        with self._store.reading() as connection:
            return tuple(json.loads(memo_of(connection, _FOUND + track_id) or "[]"))

    def in_vain(self, track_id: str) -> dict[str, float]:
        """When each kind was last looked for in vain, in unix seconds."""
        with self._store.reading() as connection:
            looked: dict[str, float] = json.loads(memo_of(connection, _IN_VAIN + track_id) or "{}")
            return looked

    def looked_in_vain(self, track_id: str, kinds: Iterable[str]) -> None:
        """These were looked for now, and there is nothing to be had."""
        with self._store.writing() as connection:
            looked = json.loads(memo_of(connection, _IN_VAIN + track_id) or "{}")
            looked |= dict.fromkeys(kinds, self._store.now())
            note_memo(connection, _IN_VAIN + track_id, json.dumps(looked, sort_keys=True))

    def _change(self, connection: sa.Connection, track_id: str, kinds: Iterable[str], **values: Any) -> None:
        connection.execute(sa.update(tracks).where(tracks.c.id == track_id).values(**values))
        known = json.loads(memo_of(connection, _FOUND + track_id) or "[]")
        note_memo(connection, _FOUND + track_id, json.dumps(sorted({*known, *kinds})))
        outbox.enqueue(connection, "notion", track_id, self._store.now())


def _standing(connection: sa.Connection, track_id: str) -> sa.Row[*tuple[Any, ...]]:
    row = connection.execute(sa.select(tracks.c.heard, tracks.c.urls).where(tracks.c.id == track_id)).first()
    if row is None:
        raise no_track(track_id)
    return row
