"""First contact with a workspace: the rows that are there already become tracks that we know.

An adopted row counts as it stands: its ids become aliases, its values the base of later comparison; nothing of it is
carried back, and nothing is downloaded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger import identity
from daemon.ledger.describing import DESCRIPTION
from daemon.ledger.store import Store, matches
from daemon.ledger.tables import files, mirrors, tracks
from daemon.ledger.values import to_json
from daemon.models import Format, Json, Status, Track, TrackRef, collision_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A row as it was found."""

    row_id: str
    ref: TrackRef
    track: Track
    """Who it is, with every id and address that the row names."""
    status: Status
    values: Json
    eagle_id: str | None = None
    paths: tuple[tuple[Format, str], ...] = ()
    """Where the row says that its files are. Nobody has looked."""


class Adoption:
    """Takes rows over, many in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def adopt(self, rows: Sequence[Adopted]) -> int:
        """Makes every row known; answers how many tracks are new. A row whose id a track has already is joined to that
        track, which stays as it is. Repeating it changes nothing."""
        with self._store.writing() as connection:
            return sum(_adopt(connection, row, self._store.now()) for row in rows)


def _adopt(connection: sa.Connection, row: Adopted, now: float) -> bool:
    proofs = (row.ref.alias, *row.track.aliases)
    track_id = next((owner for alias in proofs if (owner := identity.owner_of(connection, alias))), None)
    is_new = track_id is None
    if track_id is None:
        track_id = _make(connection, row, now)
    identity.add_aliases(connection, track_id, proofs)
    identity.add_hints(connection, track_id, row.track)
    _mirror(connection, "notion", track_id, row.row_id, row.values, now)
    if row.eagle_id:
        _mirror(connection, "eagle", track_id, row.eagle_id, {}, now)
    return is_new


def _make(connection: sa.Connection, row: Adopted, now: float) -> str:
    track_id = identity.new_track_id(now)
    told = to_json(row.track)
    standing = {"found_in": row.ref.found_in, "status": row.status.value, "attempt": 0}
    times = {"created_at": now, "updated_at": now}
    values = {name: told[name] for name in (*DESCRIPTION, "urls", "origins")} | standing | times
    connection.execute(sa.insert(tracks).values(id=track_id, **values))
    for format_, path in row.paths:
        _file(connection, track_id, format_, path, now)
    return track_id


def _file(connection: sa.Connection, track_id: str, format_: Format, path: str, now: float) -> None:
    """A path that another row claims too is left with the first."""
    if connection.execute(sa.select(files.c.id).where(files.c.path == path)).first() is None:
        unseen = {"size": 0, "mtime_ns": 0, "sha256": ""}
        place = {"role": "library", "format": format_.value, "path": path, "name_key": collision_key(path)}
        connection.execute(sa.insert(files).values(track_id=track_id, filed_at=now, **place, **unseen))


def _mirror(connection: sa.Connection, target: str, track_id: str, remote_id: str, seen: Json, now: float) -> None:
    key = {"target": target, "track_id": track_id}
    if connection.execute(sa.select(mirrors.c.at).where(*matches(mirrors, key))).first() is None:
        row = {"remote_id": remote_id, "seen": seen, "carried_revision": 0, "at": now}
        connection.execute(sa.insert(mirrors).values(**key, **row))
