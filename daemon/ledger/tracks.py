"""Tracks under a key of our own: who they are, how they stand, what was chosen, fetched and heard for them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from daemon.errors import NotFound
from daemon.ledger import endings, files, identity
from daemon.ledger.identity import AliasTaken, HintKind
from daemon.ledger.store import Store
from daemon.ledger.tables import aliases, hints, tracks
from daemon.ledger.values import from_json, to_json
from daemon.models import Alias, Fetched, Heard, Outcome, Service, Source, Status, Track, TrackRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The track that a reference leads to."""

    track_id: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRow:
    """Everything the ledger knows of one track itself."""

    id: str
    track: Track
    """Who it is; its title is empty until it was described."""
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


class Tracks:
    """All tracks ever seen. Nothing deletes one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- who is it ---

    def open(self, ref: TrackRef, told: Track | None = None) -> Opened:
        """The track of this reference; a new one, Queued, if no track has its id or an id that `told` proves to be the
        same recording's. What was told describes a new track only. Any number of callers may race: one makes it."""
        known = self.find(ref.service, ref.id)
        if known is not None:
            return Opened(track_id=known, is_new=False)
        told = told or ref.told or Track(title="")
        with self._store.writing() as connection:
            proofs = (ref.alias, *told.aliases)
            owners = [owner for alias in proofs if (owner := identity.owner_of(connection, alias))]
            if owners:
                identity.add_aliases(connection, owners[0], [ref.alias])
                return Opened(track_id=owners[0], is_new=False)
            return Opened(track_id=self._make(connection, ref, told), is_new=True)

    def find(self, service: Service, service_id: str) -> str | None:
        """The track that has this id."""
        with self._store.reading() as connection:
            return identity.owner_of(connection, Alias(service=service, id=service_id))

    def describe(self, track_id: str, track: Track) -> tuple[AliasTaken, ...]:
        """Stores what is known; what `track` leaves out stays as it was. Its aliases and hints are added; an alias that
        another track has stays there, and is answered."""
        with self._store.writing() as connection:
            return self._describe(connection, track_id, track)

    def nominate(self, *, isrc: str | None = None, url: str | None = None) -> tuple[str, ...]:
        """The tracks that this ISRC or this address hints at, oldest first. They are guesses: duration and sound
        decide."""
        named: list[tuple[HintKind, str]] = [("isrc", isrc)] if isrc else []
        if url:
            named.append(("url", url))
        wanted = [
            sa.and_(hints.c.kind == kind, hints.c.value == identity.hint_value(kind, value)) for kind, value in named
        ]
        query = sa.select(hints.c.track_id).where(sa.or_(sa.false(), *wanted)).distinct().order_by(hints.c.track_id)
        with self._store.reading() as connection:
            return tuple(connection.execute(query).scalars())

    # --- how it stands ---

    def begin(self, track_id: str) -> int:
        """A queued track is Processing from now on; answers its attempt, from 1. Beginning twice is one attempt, and a
        track that has ended is left as it is: that is what `restart` is for."""
        with self._store.writing() as connection:
            row = _standing(connection, track_id)
            attempt: int = max(row.attempt, 1)
            if row.status == Status.QUEUED:
                self._process(connection, track_id, attempt)
            return attempt

    def restart(self, track_id: str, *, after: int | None = None) -> int:
        """Processing under a new attempt, which is answered. With `after`, the attempt that the caller saw, of several
        who restart the same track one does, and the others get its attempt."""
        with self._store.writing() as connection:
            attempt: int = _standing(connection, track_id).attempt
            if after is None or attempt == after:
                attempt += 1
                self._process(connection, track_id, attempt)
            return attempt

    def requeue(self, track_id: str) -> None:
        """However it ended: somebody wants it once more. Its next attempt is a new one."""
        cleared = {"reason": None, "duplicate_of": None, "not_before": None}
        self._remember(track_id, status=Status.QUEUED.value, **cleared)

    def finish(self, track_id: str, outcome: Outcome) -> None:
        """Writes down how it ended: status, files, an event, the outbox. A track that ends unfiled gives its sound
        free, and the duplicates that gave way to it are queued again. Repeating it changes nothing."""
        with self._store.writing() as connection:
            endings.finish(connection, track_id, outcome, self._store.now())

    def is_synced(self, track_id: str) -> bool:
        """Whether it is Done and was filed in the library. Whether the file can be reached now plays no part: an
        unplugged drive never causes a download."""
        with self._store.reading() as connection:
            is_done = _standing(connection, track_id).status == Status.DONE
            return is_done and files.has_library_file(connection, track_id)

    # --- what was found on the way ---

    def remember_source(self, track_id: str, source: Source) -> None:
        """The download source that was chosen."""
        self._remember(track_id, source=to_json(source))

    def remember_fetched(self, track_id: str, fetched: Fetched) -> None:
        """What was downloaded."""
        self._remember(track_id, fetched=to_json(fetched))

    def remember_heard(self, track_id: str, heard: Heard) -> None:
        """What the decode told."""
        self._remember(track_id, heard=to_json(heard))

    # --- many of them ---

    def get(self, track_id: str) -> TrackRow:
        """Raises NotFound."""
        rows = self._rows(sa.select(tracks).where(tracks.c.id == track_id))
        if not rows:
            raise _no_track(track_id)
        return rows[0]

    def due(self, limit: int) -> tuple[TrackRow, ...]:
        """Postponed tracks whose time has come, longest waiting first."""
        is_due = (tracks.c.status == Status.QUEUED.value, tracks.c.not_before <= self._store.now())
        return self._rows(sa.select(tracks).where(*is_due).order_by(tracks.c.not_before, tracks.c.id).limit(limit))

    def unfinished(self) -> tuple[TrackRow, ...]:
        """Every track that is Queued (postponed ones too) or Processing, oldest first."""
        open_ended = tracks.c.status.in_([Status.QUEUED.value, Status.PROCESSING.value])
        return self._rows(sa.select(tracks).where(open_ended).order_by(tracks.c.id))

    def newest(self, limit: int) -> tuple[TrackRow, ...]:
        """The tracks that were opened last, newest first."""
        return self._rows(sa.select(tracks).order_by(tracks.c.id.desc()).limit(limit))

    def count_by_status(self) -> dict[Status, int]:
        """How many tracks stand how; a status that none has is left out."""
        query = sa.select(tracks.c.status, sa.func.count()).group_by(tracks.c.status)
        with self._store.reading() as connection:
            return {Status(status): count for status, count in connection.execute(query)}

    # --- inside transactions ---

    def _make(self, connection: sa.Connection, ref: TrackRef, told: Track) -> str:
        now = self._store.now()
        track_id = identity.new_track_id(now)
        row: dict[str, Any] = {
            "id": track_id,
            "title": "",
            "artists": [],
            "urls": {ref.service.value: ref.url},
            "found_in": ref.found_in,
            "playlist": ref.playlist,
            "status": Status.QUEUED.value,
            "attempt": 0,
            "created_at": now,
            "updated_at": now,
        }
        connection.execute(sa.insert(tracks).values(row))
        identity.add_aliases(connection, track_id, [ref.alias])
        identity.add_hints(connection, track_id, Track(title="", urls={ref.service: ref.url}))
        self._describe(connection, track_id, told)
        return track_id

    def _describe(self, connection: sa.Connection, track_id: str, track: Track) -> tuple[AliasTaken, ...]:
        told = to_json(track)
        known_urls = _standing(connection, track_id).urls
        values = {name: told[name] for name in _DESCRIPTION if told[name]}
        self._update(connection, track_id, **values, urls=known_urls | told["urls"])
        identity.add_hints(connection, track_id, track)
        return identity.add_aliases(connection, track_id, track.aliases)

    def _process(self, connection: sa.Connection, track_id: str, attempt: int) -> None:
        cleared = {"reason": None, "duplicate_of": None, "not_before": None}
        self._update(connection, track_id, status=Status.PROCESSING.value, attempt=attempt, **cleared)

    def _remember(self, track_id: str, **values: object) -> None:
        with self._store.writing() as connection:
            self._update(connection, track_id, **values)

    def _update(self, connection: sa.Connection, track_id: str, **values: Any) -> None:
        changed = sa.update(tracks).where(tracks.c.id == track_id).values(**values, updated_at=self._store.now())
        if connection.execute(changed).rowcount == 0:
            raise _no_track(track_id)

    def _rows(self, query: sa.Select[tuple[Any, ...]]) -> tuple[TrackRow, ...]:
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
            aliases_of: dict[str, list[Alias]] = defaultdict(list)
            for first in range(0, len(rows), _AT_ONCE):
                ids = [row.id for row in rows[first : first + _AT_ONCE]]
                theirs = sa.select(aliases).where(aliases.c.track_id.in_(ids))
                for alias in connection.execute(theirs.order_by(aliases.c.service, aliases.c.id)):
                    aliases_of[alias.track_id].append(Alias(service=Service(alias.service), id=alias.id))
        return tuple(_track_row(row, aliases_of[row.id]) for row in rows)


_AT_ONCE = 1000
"""Ids in one question: SQLite takes no more than 32,766 values."""
_DESCRIPTION = ("title", "artists", "album", "duration_s", "isrc", "genre", "release_date", "artwork_url")
"""The columns that are fields of Track."""


def _standing(connection: sa.Connection, track_id: str) -> sa.Row[*tuple[Any, ...]]:
    columns = (tracks.c.status, tracks.c.attempt, tracks.c.urls)
    row = connection.execute(sa.select(*columns).where(tracks.c.id == track_id)).first()
    if row is None:
        raise _no_track(track_id)
    return row


def _no_track(track_id: str) -> NotFound:
    return NotFound(f"The ledger has no track {track_id}; `cratekeeper status` lists those it has.")


def _track_row(row: sa.Row[*tuple[Any, ...]], known_as: list[Alias]) -> TrackRow:
    told = {name: getattr(row, name) for name in (*_DESCRIPTION, "urls")}
    return TrackRow(
        id=row.id,
        track=from_json(Track, told | {"aliases": known_as}),
        found_in=row.found_in,
        playlist=row.playlist,
        status=Status(row.status),
        reason=row.reason,
        attempt=row.attempt,
        duplicate_of=row.duplicate_of,
        source=from_json(Source, row.source) if row.source else None,
        fetched=from_json(Fetched, row.fetched) if row.fetched else None,
        heard=from_json(Heard, row.heard) if row.heard else None,
        not_before=row.not_before,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
