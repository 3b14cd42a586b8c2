"""How tracks stand at the targets: one mirror a track and target, with what we saw there and what we wrote.

A duplicate without a row of its own shares that of its twin. Its mirror says so, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.ledger.store import matches
from daemon.ledger.tables import mirrors
from daemon.models import Json

Target = Literal["notion", "eagle"]
Gone = Literal["trash", "deleted"]

TWIN = "twin"
"""Under this name the mirror of a duplicate keeps whose row it shares (`daemon.board.carrier`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A track as it stood at the target when we last looked or wrote."""

    target: Target
    track_id: str
    remote_id: str
    seen: Json
    """By column: what stood there when we last wrote it or took it over."""
    wrote: Json
    """By column: what we wanted when we last wrote it. Absent: we never wrote it."""
    theirs: frozenset[str]
    """The shared columns that are the person's from now on."""
    gone: str | None
    """`trash` or `deleted`: the person threw the row away."""
    carried_revision: int
    at: float


def mirror_of(row: sa.Row[tuple[Any, ...]]) -> Mirror:
    """A row of `mirrors`."""
    return Mirror(**{**row._mapping, "theirs": frozenset(row.theirs)})


def has_own_row() -> sa.ColumnElement[bool]:
    """Mirrors in Notion, but for those of duplicates that share their twin's row."""
    return sa.and_(mirrors.c.target == "notion", mirrors.c.seen[TWIN].as_string().is_(None))


def own_row(connection: sa.Connection, track_id: str) -> sa.Row[tuple[Any, ...]] | None:
    """The track's mirror in Notion, if it has a row of its own there."""
    return connection.execute(sa.select(mirrors).where(mirrors.c.track_id == track_id, has_own_row())).first()


def learn(
    connection: sa.Connection,
    target: Target,
    track_id: str,
    remote_id: str,
    seen: Json,
    wrote: Json,
    now: float,
    *,
    theirs: Iterable[str] = (),
    revision: int | None = None,
) -> None:
    """Adds to what is known of that row, column by column. Another row takes the place of the one that was known, and
    so does one of the track's own that of its twin. The row is there, whatever was said of it before."""
    key = {"target": target, "track_id": track_id}
    row = connection.execute(sa.select(mirrors).where(*matches(mirrors, key))).first()
    known: Mapping[Any, Any] = {"seen": {}, "wrote": {}, "theirs": [], "carried_revision": 0}
    if row is not None and row.remote_id == remote_id and (TWIN in row.seen) == (TWIN in seen):
        known = row._mapping
    values = {
        "remote_id": remote_id,
        "seen": seen if target == "eagle" else {**known["seen"], **seen},
        "wrote": {**known["wrote"], **wrote},
        "theirs": sorted({*known["theirs"], *theirs}),
        "gone": None,
        "carried_revision": known["carried_revision"] if revision is None else revision,
        "at": now,
    }
    if row is None:
        connection.execute(sa.insert(mirrors).values(**key, **values))
    else:
        connection.execute(sa.update(mirrors).where(*matches(mirrors, key)).values(**values))
