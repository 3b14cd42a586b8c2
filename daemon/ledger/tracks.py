"""Tracks under a key of our own: who they are, how they stand, what was chosen, fetched and heard for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from daemon.ledger import anew, endings, entries, files, identity
from daemon.ledger.anew import CLEARED, DISMISSED, is_dismissed, is_overtaken, was_decided_since
from daemon.ledger.describing import description_after
from daemon.ledger.identity import AliasTaken, HintKind
from daemon.ledger.rows import Progressing, TrackRow, must_be_there, no_track, rows_of
from daemon.ledger.store import Store
from daemon.ledger.tables import hints, tracks
from daemon.ledger.values import to_json
from daemon.models import (
    Alias,
    Fetched,
    Filed,
    Heard,
    Outcome,
    Postponed,
    Service,
    Source,
    Status,
    Track,
    TrackRef,
    Weighed,
)

__all__ = ["Opened", "Progressing", "TrackRow", "Tracks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The track that a reference leads to."""

    track_id: str
    is_new: bool


class Tracks:
    """All tracks ever seen. Nothing deletes one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- who is it ---

    def open(self, ref: TrackRef, told: Track | None = None) -> Opened:
        """The track of this reference; a new one, Queued, if no track has its id or an id that `told` proves to be the
        same recording's. An id of a duplicate leads to its original. What was told describes a new track only. Any
        number of callers may race: one makes it."""
        known = self.find(ref.service, ref.id)
        if known is not None:
            return Opened(track_id=known, is_new=False)
        told = told or ref.told or Track(title="")
        with self._store.writing() as connection:
            proofs = (ref.alias, *told.aliases)
            owners = [owner for alias in proofs if (owner := identity.owner_of(connection, alias))]
            if owners:
                identity.add_aliases(connection, owners[0], [ref.alias])
                return Opened(track_id=entries.original_of(connection, owners[0]), is_new=False)
            return Opened(track_id=self._make(connection, ref, told), is_new=True)

    def find(self, service: Service, service_id: str) -> str | None:
        """The track that stands for this id: the one that has it, or that one's original if it is a duplicate."""
        with self._store.reading() as connection:
            owner = identity.owner_of(connection, Alias(service=service, id=service_id))
            return None if owner is None else entries.original_of(connection, owner)

    def describe(self, track_id: str, track: Track) -> tuple[AliasTaken, ...]:
        """Stores what is known; what `track` leaves out stays as it was (`description_after` says how). Its aliases and
        hints are added; an alias that another track has stays there, and is answered, unless that is a duplicate of
        this one."""
        with self._store.writing() as connection:
            return self._describe(connection, track_id, track)

    def unlearn(self, track_id: str, alias: Alias) -> None:
        """That id is not this recording's after all. The last id that a track has stays: nobody could name it any
        more."""
        with self._store.writing() as connection:
            identity.forget_alias(connection, track_id, alias)

    def nominate(self, *, isrc: str | None = None, url: str | None = None) -> tuple[str, ...]:
        """The tracks that this ISRC or this address hints at, oldest first; for a duplicate its original. They are
        guesses: duration and sound decide."""
        named: list[tuple[HintKind, str]] = [("isrc", isrc)] if isrc else []
        if url:
            named.append(("url", url))
        wanted = [
            sa.and_(hints.c.kind == kind, hints.c.value == identity.hint_value(kind, value)) for kind, value in named
        ]
        query = sa.select(hints.c.track_id).where(sa.or_(sa.false(), *wanted)).distinct()
        with self._store.reading() as connection:
            hinted = connection.execute(query).scalars().all()
            return tuple(sorted({entries.original_of(connection, track_id) for track_id in hinted}))

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
        who restart the same track one does, and the others get its attempt. A track that the person has dismissed stays
        as it is."""
        with self._store.writing() as connection:
            row = _standing(connection, track_id)
            attempt: int = row.attempt
            if row.status not in DISMISSED and (after is None or attempt == after):
                attempt += 1
                self._process(connection, track_id, attempt)
            return attempt

    def requeue(self, track_id: str, *, attempt: int | None = None) -> None:
        """However it ended: somebody wants it once more. Its next attempt is a new one. A duplicate stands for itself
        again. With `attempt`, only while that one is put off."""
        with self._store.writing() as connection:
            row = _standing(connection, track_id)
            if attempt is None or (row.status == Status.QUEUED and row.attempt == attempt):
                _change(connection, track_id, status=Status.QUEUED.value, **CLEARED, updated_at=self._store.now())

    def dismiss(self, track_id: str, status: Status) -> None:
        """The person does not want it (Rejected, Skip), for ever: nothing begins it again but `requeue`, or a decision
        about its source that has it begin anew. An attempt that is under way ends for nothing. Of a track that was
        filed, files, sound and Eagle's item stay. Repeating it changes nothing. Raises NotFound; ValueError for another
        status."""
        if status not in DISMISSED:
            raise ValueError(f"nobody dismisses a track as {status.value}")
        with self._store.writing() as connection:
            must_be_there(connection, track_id)
            anew.dismiss(connection, track_id, status, self._store.now())

    def finish(self, track_id: str, outcome: Outcome) -> None:
        """Writes down how it ended: status, files, an event, the outbox. A track that ends unfiled gives its sound
        free, and the duplicates that gave way to it are queued again. A duplicate tells its original the addresses
        that this one does not have. A dismissed track stays dismissed. Repeating it changes nothing."""
        with self._store.writing() as connection:
            endings.finish(connection, track_id, outcome, self._store.now())

    def come_home(self, track_id: str, attempt: int, outcome: Filed | Postponed) -> None:
        """What became of an attempt that was put off with its files finished: filed by now, or put off for longer.
        What the person decided meanwhile, and a later attempt that is under way, come first. Repeating it changes
        nothing."""
        with self._store.writing() as connection:
            endings.come_home(connection, track_id, attempt, outcome, self._store.now())

    def was_decided_since(self, track_id: str, attempt: int) -> bool:
        """Whether the person has decided about its source since that attempt began."""
        with self._store.reading() as connection:
            return was_decided_since(connection, track_id, attempt)

    def is_overtaken(self, track_id: str) -> bool:
        """Whether the person has decided about its source since its attempt began, or does not want it any more: what
        that brings counts for nothing."""
        with self._store.reading() as connection:
            return is_overtaken(connection, track_id) or is_dismissed(connection, track_id)

    def is_synced(self, track_id: str) -> bool:
        """Whether it is Done and was filed in the library. Whether the file can be reached now plays no part: an
        unplugged drive never causes a download."""
        with self._store.reading() as connection:
            is_done = _standing(connection, track_id).status == Status.DONE
            return is_done and files.has_library_file(connection, track_id)

    # --- what was found on the way ---

    def remember_weighed(self, track_id: str, weighed: Sequence[Weighed]) -> None:
        """The candidates and how well they fit, in place of those that were weighed before."""
        self._remember(track_id, weighed=[to_json(one) for one in weighed])

    def remember_source(self, track_id: str, source: Source) -> None:
        """The download source that was chosen."""
        self._remember(track_id, source=to_json(source))

    def remember_fetched(self, track_id: str, fetched: Fetched) -> None:
        """What was downloaded."""
        self._remember(track_id, fetched=to_json(fetched))

    def remember_heard(self, track_id: str, heard: Heard) -> None:
        """What the decode told."""
        self._remember(track_id, heard=to_json(heard))

    # --- how far it is ---

    def progress(self, track_id: str, step: str, fraction: float | None, text: str) -> None:
        """How far this step has come; `updated_at` stays. Each call is written to disk: a few a minute are plenty."""
        told = Progressing(step=step, fraction=fraction, text=text, at=self._store.now())
        with self._store.writing() as connection:
            _change(connection, track_id, progress=to_json(told))

    def no_progress(self, track_id: str) -> None:
        """Nothing is under way any more; `updated_at` stays."""
        with self._store.writing() as connection:
            _change(connection, track_id, progress=None)

    # --- many of them ---

    def get(self, track_id: str) -> TrackRow:
        """Raises NotFound."""
        rows = self._rows(sa.select(tracks).where(tracks.c.id == track_id))
        if not rows:
            raise no_track(track_id)
        return rows[0]

    def due(self, limit: int) -> tuple[TrackRow, ...]:
        """Postponed tracks whose time has come, longest waiting first."""
        is_due = (tracks.c.status == Status.QUEUED.value, tracks.c.not_before <= self._store.now())
        return self._rows(sa.select(tracks).where(*is_due).order_by(tracks.c.not_before, tracks.c.id).limit(limit))

    def unfinished(self) -> tuple[TrackRow, ...]:
        """Every track that is Queued (postponed ones too) or Processing, oldest first."""
        open_ended = tracks.c.status.in_([Status.QUEUED.value, Status.PROCESSING.value])
        return self._rows(sa.select(tracks).where(open_ended).order_by(tracks.c.id))

    def changed_after(self, at: float, track_id: str, limit: int) -> tuple[TrackRow, ...]:
        """At most `limit` tracks that changed behind this one, which changed `at`; in the order of their changes."""
        later = sa.or_(tracks.c.updated_at > at, sa.and_(tracks.c.updated_at == at, tracks.c.id > track_id))
        in_order = (tracks.c.updated_at, tracks.c.id)
        return self._rows(sa.select(tracks).where(tracks.c.updated_at >= at, later).order_by(*in_order).limit(limit))

    def begun_and(self, status: Status, limit: int) -> tuple[tuple[str, float], ...]:
        """Of the tracks that stand so and that we have begun ourselves, at most `limit`: each with the time of its last
        change, oldest first."""
        these = (tracks.c.status == status.value, tracks.c.attempt > 0)
        query = sa.select(tracks.c.id, tracks.c.updated_at).where(*these).order_by(tracks.c.id).limit(limit)
        with self._store.reading() as connection:
            return tuple((row.id, row.updated_at) for row in connection.execute(query))

    def with_status(self, status: Status, limit: int) -> tuple[TrackRow, ...]:
        """At most `limit` tracks that stand so, the youngest first."""
        these = sa.select(tracks).where(tracks.c.status == status.value)
        return self._rows(these.order_by(tracks.c.id.desc()).limit(limit))

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
        known = connection.execute(sa.select(tracks).where(tracks.c.id == track_id)).first()
        if known is None:
            raise no_track(track_id)
        self._update(connection, track_id, **description_after(known._asdict(), track))
        identity.add_hints(connection, track_id, track)
        return identity.add_aliases(connection, track_id, track.aliases)

    def _process(self, connection: sa.Connection, track_id: str, attempt: int) -> None:
        self._update(connection, track_id, status=Status.PROCESSING.value, attempt=attempt, **CLEARED)

    def _remember(self, track_id: str, **values: object) -> None:
        with self._store.writing() as connection:
            self._update(connection, track_id, **values)

    def _update(self, connection: sa.Connection, track_id: str, **values: Any) -> None:
        _change(connection, track_id, **values, updated_at=self._store.now())

    def _rows(self, query: sa.Select[tuple[Any, ...]]) -> tuple[TrackRow, ...]:
        with self._store.reading() as connection:
            return rows_of(connection, query)


def _change(connection: sa.Connection, track_id: str, **values: Any) -> None:
    changed = sa.update(tracks).where(tracks.c.id == track_id).values(**values)
    if connection.execute(changed).rowcount == 0:
        raise no_track(track_id)


def _standing(connection: sa.Connection, track_id: str) -> sa.Row[*tuple[Any, ...]]:
    columns = (tracks.c.status, tracks.c.attempt)
    row = connection.execute(sa.select(*columns).where(tracks.c.id == track_id)).first()
    if row is None:
        raise no_track(track_id)
    return row
