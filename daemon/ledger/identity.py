"""Whose id is whose. Aliases prove, and the database allows each one once; hints (ISRCs, addresses) only nominate."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from daemon.ledger.entries import original_of
from daemon.ledger.tables import aliases, hints, tracks
from daemon.models import Alias, Candidate, Track

HintKind = Literal["isrc", "url"]

_HINT_CHARACTERS = 500
"""PostgreSQL indexes no value over 2.7 kB; a hint that is cut still nominates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTaken:
    """An id that describes this track but belongs to another: two entries for one recording, or a service's mistake."""

    alias: Alias
    track_id: str
    """Whose it is, and stays; for a duplicate its original."""


def new_track_id(now: float) -> str:
    """32 hexadecimal digits that sort by time: milliseconds, then chance."""
    return f"{int(now * 1000):012x}{secrets.token_hex(10)}"


def owner_of(connection: sa.Connection, alias: Alias) -> str | None:
    """The track that has this alias, be it a duplicate or not."""
    query = sa.select(aliases.c.track_id).where(aliases.c.service == alias.service.value, aliases.c.id == alias.id)
    return connection.execute(query).scalar()


def add_aliases(connection: sa.Connection, track_id: str, new: Iterable[Alias]) -> tuple[AliasTaken, ...]:
    """Gives the track these aliases; answers those that another track has. What this track's own duplicates have is as
    good as its own."""
    taken = []
    for alias in new:
        owner = owner_of(connection, alias)
        if owner is None:
            row = {"service": alias.service.value, "id": alias.id, "track_id": track_id}
            connection.execute(sa.insert(aliases).values(row))
        elif owner != track_id and (original := original_of(connection, owner)) != track_id:
            taken.append(AliasTaken(alias=alias, track_id=original))
    return tuple(taken)


def forget_place(connection: sa.Connection, track_id: str, place: Candidate) -> None:
    """What was fetched there is not this recording: the id and the address found with it are not the track's. The id
    by which it was found in the first place stays, or nobody could name it any more."""
    theirs = connection.execute(sa.select(aliases).where(aliases.c.track_id == track_id)).all()
    if all(row.service == place.service.value for row in theirs):
        return
    mine = (aliases.c.track_id == track_id, aliases.c.service == place.service.value, aliases.c.id == place.id)
    connection.execute(sa.delete(aliases).where(*mine))
    hinted = (hints.c.track_id == track_id, hints.c.kind == "url", hints.c.value == hint_value("url", place.url))
    connection.execute(sa.delete(hints).where(*hinted))
    urls = connection.execute(sa.select(tracks.c.urls).where(tracks.c.id == track_id)).scalar_one()
    if urls.get(place.service.value) == place.url:
        left = {service: url for service, url in urls.items() if service != place.service.value}
        connection.execute(sa.update(tracks).where(tracks.c.id == track_id).values(urls=left))


def forget_alias(connection: sa.Connection, track_id: str, alias: Alias) -> None:
    """The id is not the track's, unless it is its only one."""
    theirs = aliases.c.track_id == track_id
    count = connection.execute(sa.select(sa.func.count()).select_from(aliases).where(theirs)).scalar_one()
    if count > 1:
        this = (theirs, aliases.c.service == alias.service.value, aliases.c.id == alias.id)
        connection.execute(sa.delete(aliases).where(*this))


def add_hints(connection: sa.Connection, track_id: str, track: Track) -> None:
    """Remembers everything of `track` that may nominate it later."""
    for kind, value in _hints_of(track):
        row = {"kind": kind, "value": value, "track_id": track_id}
        known = sa.select(hints.c.kind).where(*(hints.c[name] == part for name, part in row.items()))
        if connection.execute(known).first() is None:
            connection.execute(sa.insert(hints).values(row))


def _hints_of(track: Track) -> Iterator[tuple[HintKind, str]]:
    if track.isrc:
        yield "isrc", hint_value("isrc", track.isrc)
    for url in set(track.urls.values()):
        yield "url", hint_value("url", url)


def hint_value(kind: HintKind, value: str) -> str:
    """As stored and looked up: an ISRC without the dashes that some write, an address cut to what an index takes."""
    return re.sub(r"[^A-Z0-9]", "", value.upper()) if kind == "isrc" else value[:_HINT_CHARACTERS]
