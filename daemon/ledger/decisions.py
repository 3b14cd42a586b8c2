"""What a person decided about a track's sources, for ever: the one to take, and those never to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.ledger import events, identity, quarantine
from daemon.ledger.anew import begin_anew
from daemon.ledger.rows import must_be_there
from daemon.ledger.store import Store, matches, put
from daemon.ledger.tables import decisions
from daemon.ledger.values import from_json, to_json
from daemon.models import Candidate

Decided = Literal["pinned", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One place, and what was decided about it."""

    track_id: str
    verdict: Decided
    candidate: Candidate
    at: float
    by: str
    """Where the person said so: `command line`, `notion`."""


class Decisions:
    """Per track at most one pin, any number of rejections, and one word about each place. A duplicate's decisions are
    its own, and none of its original's. Every change is written into the diary; repeating a decision that stands is
    none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pin(self, track_id: str, candidate: Candidate, by: str, *, anew: bool = False) -> None:
        """Takes this source and no other, in place of an earlier pin, and whether or not it was rejected before. With
        `anew` the track begins anew, in the same transaction (`daemon.ledger.anew`).
        Raises NotFound when there is no such track."""
        with self._store.writing() as connection:
            self._decide(connection, track_id, candidate, "pinned", by)
            self._begin_anew(connection, track_id, anew)

    def reject(self, track_id: str, candidate: Candidate, by: str, *, anew: bool = False) -> None:
        """Never this source; if it was pinned, it no longer is, and what was learnt of the track there is forgotten.
        `anew` as in `pin`. Raises NotFound when there is no such track."""
        with self._store.writing() as connection:
            self._decide(connection, track_id, candidate, "rejected", by)
            self._begin_anew(connection, track_id, anew)

    def unpin(self, track_id: str, *, anew: bool = False) -> None:
        """The source is chosen as for any other track. Without a pin nothing happens. `anew` as in `pin`."""
        with self._store.writing() as connection:
            pin = connection.execute(sa.select(decisions).where(*_pin_of(track_id))).first()
            if pin is not None:
                connection.execute(sa.delete(decisions).where(*_pin_of(track_id)))
                detail = {"verdict": "unpinned", "place": pin.place}
                events.note(connection, track_id, "decide", "told", detail, self._store.now())
                self._begin_anew(connection, track_id, anew)

    def release(self, kept_id: str, by: str) -> None:
        """The download in quarantine is good: its source is pinned, and the track begins anew. Raises NotFound, and
        Refused when it was thrown away."""
        with self._store.writing() as connection:
            kept = quarantine.decide(connection, kept_id, "released", self._store.now())
            if kept.candidate is not None:
                self._decide(connection, kept.track_id, kept.candidate, "pinned", by)
            self._begin_anew(connection, kept.track_id, True)

    def discard(self, kept_id: str, by: str, *, anew: bool = False) -> None:
        """The download in quarantine is not wanted: its source is rejected. `anew` as in `pin`. Raises NotFound."""
        with self._store.writing() as connection:
            kept = quarantine.decide(connection, kept_id, "discarded", self._store.now())
            if kept.candidate is not None:
                self._decide(connection, kept.track_id, kept.candidate, "rejected", by)
            self._begin_anew(connection, kept.track_id, anew)

    def pinned(self, track_id: str) -> Candidate | None:
        """The source that the person wants."""
        with self._store.reading() as connection:
            plain = connection.execute(sa.select(decisions.c.candidate).where(*_pin_of(track_id))).scalar()
            return from_json(Candidate, plain) if plain else None

    def rejected(self, track_id: str) -> frozenset[str]:
        """The places (`Candidate.place`) that the person never wants."""
        theirs = (decisions.c.track_id == track_id, decisions.c.verdict == "rejected")
        with self._store.reading() as connection:
            return frozenset(connection.execute(sa.select(decisions.c.place).where(*theirs)).scalars())

    def of(self, track_id: str) -> tuple[Decision, ...]:
        """Everything that stands decided about this track, oldest first."""
        query = sa.select(decisions).where(decisions.c.track_id == track_id)
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(decisions.c.at, decisions.c.place))
            return tuple(_decision(row) for row in rows)

    def _begin_anew(self, connection: sa.Connection, track_id: str, wanted: bool) -> None:
        if wanted:
            begin_anew(connection, track_id, self._store.now())

    def _decide(
        self, connection: sa.Connection, track_id: str, candidate: Candidate, verdict: Decided, by: str
    ) -> None:
        must_be_there(connection, track_id)
        key = {"track_id": track_id, "place": candidate.place}
        standing = sa.select(decisions.c.verdict).where(*matches(decisions, key))
        if connection.execute(standing).scalar() == verdict:
            return
        if verdict == "pinned":
            connection.execute(sa.delete(decisions).where(*_pin_of(track_id)))
        else:
            identity.forget_place(connection, track_id, candidate)
        now = self._store.now()
        row = {"verdict": verdict, "candidate": to_json(candidate), "at": now, "by": by}
        put(connection, decisions, key, row)
        detail = {"verdict": verdict, "place": candidate.place, "title": candidate.title, "by": by}
        events.note(connection, track_id, "decide", "told", detail, now)


def _pin_of(track_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return decisions.c.track_id == track_id, decisions.c.verdict == "pinned"


def _decision(row: sa.Row[tuple[Any, ...]]) -> Decision:
    candidate = from_json(Candidate, row.candidate)
    return Decision(track_id=row.track_id, verdict=row.verdict, candidate=candidate, at=row.at, by=row.by)
