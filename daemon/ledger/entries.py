"""One entry for one recording. A track that ended as a duplicate keeps its row and its ids, but it reads as one with
its original. Nothing is copied, so all of that reverts by itself when the duplicate is queued again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from daemon.ledger.tables import aliases, tracks
from daemon.models import Alias, Service, Status

_AT_ONCE = 1000
"""Ids in one question: SQLite takes no more than 32,766 values."""


def followed(track_id: str, gave_way_to: Callable[[str], str | None]) -> str:
    """Where this track leads when each duplicate points at the next. A way that goes round in a circle has no original
    at its end, so whoever is on it stands for itself."""
    way = [track_id]
    while (onward := gave_way_to(way[-1])) is not None:
        if onward in way:
            return track_id
        way.append(onward)
    return way[-1]


def original_of(connection: sa.Connection, track_id: str) -> str:
    """The track that stands for the recording of this one: the track itself, unless it is a duplicate."""

    def gave_way_to(duplicate: str) -> str | None:
        query = sa.select(tracks.c.duplicate_of).where(tracks.c.id == duplicate, _is_duplicate())
        return connection.execute(query).scalar()

    return followed(track_id, gave_way_to)


def duplicates_of(connection: sa.Connection, originals: Iterable[str]) -> dict[str, list[str]]:
    """For each of these tracks that has any, its duplicates and theirs, oldest first. None of the tracks asked for may
    be a duplicate itself: what begins at an original has no circle."""
    original_at = {track_id: track_id for track_id in originals}
    found: dict[str, list[str]] = defaultdict(list)
    level = list(original_at)
    while level:
        rows = [row for some in _portions(level) for row in connection.execute(_pointing_at(some))]
        for row in rows:
            original_at[row.id] = original_at[row.duplicate_of]
            found[original_at[row.id]].append(row.id)
        level = [row.id for row in rows]
    return {original: sorted(ids) for original, ids in found.items()}


def aliases_of(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, tuple[Alias, ...]]:
    """Each track's own ids, by service and id."""
    found: dict[str, list[Alias]] = defaultdict(list)
    for some in _portions(list(track_ids)):
        theirs = sa.select(aliases).where(aliases.c.track_id.in_(some)).order_by(aliases.c.service, aliases.c.id)
        for row in connection.execute(theirs):
            found[row.track_id].append(Alias(service=Service(row.service), id=row.id))
    return {track_id: tuple(known) for track_id, known in found.items()}


def is_original(row: sa.Row[tuple[Any, ...]]) -> bool:
    """Whether a row of `tracks` stands for itself. A row that was adopted as a duplicate does: of whom is not known."""
    return bool(row.status != Status.DUPLICATE or row.duplicate_of is None)


def _is_duplicate() -> sa.ColumnElement[bool]:
    return tracks.c.status == Status.DUPLICATE.value


def _pointing_at(track_ids: list[str]) -> sa.Select[tuple[str, str]]:
    return sa.select(tracks.c.id, tracks.c.duplicate_of).where(tracks.c.duplicate_of.in_(track_ids), _is_duplicate())


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]
