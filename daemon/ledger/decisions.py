"""What a person decided about a track's sources, for ever: the one to take, and those never to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.ledger import events
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

    def pin(self, track_id: str, candidate: Candidate, by: str) -> None:
        """Takes this source and no other, in place of an earlier pin, and whether or not it was rejected before.
        Raises NotFound when there is no such track."""
        self._decide(track_id, candidate, "pinned", by)

    def reject(self, track_id: str, candidate: Candidate, by: str) -> None:
        """Never this source; if it was pinned, it no longer is. Raises NotFound when there is no such track."""
        self._decide(track_id, candidate, "rejected", by)

    def unpin(self, track_id: str) -> None:
        """The source is chosen as for any other track. Without a pin nothing happens."""
        with self._store.writing() as connection:
            pin = connection.execute(sa.select(decisions).where(*_pin_of(track_id))).first()
            if pin is not None:
                connection.execute(sa.delete(decisions).where(*_pin_of(track_id)))
                detail = {"verdict": "unpinned", "place": pin.place}
                events.note(connection, track_id, "decide", "told", detail, self._store.now())

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

    def _decide(self, track_id: str, candidate: Candidate, verdict: Decided, by: str) -> None:
        with self._store.writing() as connection:
            must_be_there(connection, track_id)
            key = {"track_id": track_id, "place": candidate.place}
            standing = sa.select(decisions.c.verdict).where(*matches(decisions, key))
            if connection.execute(standing).scalar() == verdict:
                return
            if verdict == "pinned":
                connection.execute(sa.delete(decisions).where(*_pin_of(track_id)))
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
