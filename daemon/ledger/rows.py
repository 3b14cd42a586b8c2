"""A track as it is read: one row, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from daemon.edits import heard_with_edits, with_edits
from daemon.errors import NotFound
from daemon.ledger import entries
from daemon.ledger.describing import DESCRIPTION
from daemon.ledger.tables import tracks
from daemon.ledger.values import from_json
from daemon.models import Alias, Fetched, Heard, Source, Status, Track, Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressing:
    """How far a step has come."""

    step: str
    fraction: float | None
    """0 to 1; None: nobody knows."""
    text: str
    """A few words: `2.1 of 5.2 MB`."""
    at: float
    """When that was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRow:
    """Everything the ledger knows of one track itself."""

    id: str
    track: Track
    """Who it is; its title is empty until it was described. Its aliases are its own, and behind them those of its
    duplicates."""
    found_in: str
    playlist: str | None
    status: Status
    reason: str | None
    """Why it stands so, for the person."""
    attempt: int
    """How often it was begun; 0: never."""
    duplicate_of: str | None
    source: Source | None
    fetched: Fetched | None
    heard: Heard | None
    not_before: float | None
    created_at: float
    updated_at: float
    weighed: tuple[Weighed, ...] = ()
    """The candidates as they were last weighed, in that order."""
    progress: Progressing | None = None
    """None: nothing is under way, or nobody tells how far it is."""
    borrowed: tuple[Alias, ...] = ()
    """Which of the aliases are only its duplicates'."""
    edits: Mapping[str, Any] = field(default_factory=dict)
    """What the person says of the track, over what we found (`daemon.edits`): `track` and `heard` have it in them."""


def rows_of(connection: sa.Connection, query: sa.Select[tuple[Any, ...]]) -> tuple[TrackRow, ...]:
    """What a query for whole rows of `tracks` finds, in its order."""
    rows = connection.execute(query).all()
    duplicates = entries.duplicates_of(connection, [row.id for row in rows if entries.is_original(row)])
    asked = dict.fromkeys([*(row.id for row in rows), *(one for some in duplicates.values() for one in some)])
    aliases = entries.aliases_of(connection, asked)

    def borrowed(track_id: str) -> tuple[Alias, ...]:
        return tuple(alias for one in duplicates.get(track_id, ()) for alias in aliases.get(one, ()))

    return tuple(_track_row(row, aliases.get(row.id, ()), borrowed(row.id)) for row in rows)


def must_be_there(connection: sa.Connection, track_id: str) -> None:
    """Raises NotFound."""
    if connection.execute(sa.select(tracks.c.id).where(tracks.c.id == track_id)).first() is None:
        raise no_track(track_id)


def no_track(track_id: str) -> NotFound:
    """What is said of an id that no track has."""
    return NotFound(f"The ledger has no track {track_id}; `cratekeeper status` lists those it has.")


def _track_row(row: sa.Row[tuple[Any, ...]], own: tuple[Alias, ...], borrowed: tuple[Alias, ...]) -> TrackRow:
    told = {name: getattr(row, name) for name in (*DESCRIPTION, "urls", "origins")}
    heard = from_json(Heard, row.heard) if row.heard else None
    return TrackRow(
        id=row.id,
        track=with_edits(from_json(Track, told | {"aliases": [*own, *borrowed]}), row.edits),
        found_in=row.found_in,
        playlist=row.playlist,
        status=Status(row.status),
        reason=row.reason,
        attempt=row.attempt,
        duplicate_of=row.duplicate_of,
        source=from_json(Source, row.source) if row.source else None,
        fetched=from_json(Fetched, row.fetched) if row.fetched else None,
        heard=heard_with_edits(heard, row.edits) if heard and row.edits else heard,
        not_before=row.not_before,
        created_at=row.created_at,
        updated_at=row.updated_at,
        weighed=tuple(from_json(Weighed, one) for one in row.weighed or ()),
        progress=from_json(Progressing, row.progress) if row.progress else None,
        borrowed=borrowed,
        edits=row.edits,
    )
