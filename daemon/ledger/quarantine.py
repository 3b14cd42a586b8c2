"""Files that were refused: kept until a person has looked, then released or thrown away. The rows are kept for ever;
the files themselves are somebody else's business."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from daemon.errors import NotFound, Refused
from daemon.ledger.store import Store, matches
from daemon.ledger.tables import quarantine
from daemon.ledger.values import from_json, to_json
from daemon.models import Candidate, Fetched, Heard

State = Literal["held", "released", "discarded"]

SHORTEST_PREFIX = 4
"""Characters of an id that a person may leave it at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that was refused."""

    id: str
    track_id: str
    path: str
    """Where it is kept, absolute."""
    size: int
    reason: str
    """Why it was refused, for the person."""
    step: str
    """Who refused it: a step of the pipeline."""
    fetched: Fetched
    heard: Heard | None
    """None where it could not even be listened to."""
    candidate: Candidate | None
    state: State
    at: float
    decided_at: float | None
    """When the person released it or threw it away."""


class Quarantine:
    """What was refused, and what became of it. Wherever an id is asked for, its beginning will do."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(
        self,
        track_id: str,
        path: str,
        size: int,
        reason: str,
        fetched: Fetched,
        heard: Heard | None = None,
        candidate: Candidate | None = None,
        *,
        step: str = "listen",
    ) -> str:
        """The file is held from now on; answers its id. Repeating it while this track's file of that path is held
        changes nothing, and answers the same id."""
        place = {"track_id": track_id, "path": path, "state": "held"}
        with self._store.writing() as connection:
            known: str | None = connection.execute(
                sa.select(quarantine.c.id).where(*matches(quarantine, place))
            ).scalar()
            if known is not None:
                return known
            new_id = secrets.token_hex(16)  # chance alone: ids that begin with the time have their beginnings in common
            why = {"size": size, "reason": reason, "step": step, "at": self._store.now()}
            what = {"fetched": to_json(fetched), "heard": heard and to_json(heard)}
            source = {"candidate": candidate and to_json(candidate)}
            connection.execute(sa.insert(quarantine).values(id=new_id, **place, **why, **what, **source))
            return new_id

    def held(self) -> tuple[Kept, ...]:
        """Everything that nobody has decided about, oldest first."""
        return self._read(quarantine.c.state == "held")

    def of(self, track_id: str) -> tuple[Kept, ...]:
        """Everything that was ever refused for this track, oldest first."""
        return self._read(quarantine.c.track_id == track_id)

    def released(self, track_id: str, place: str) -> Kept | None:
        """The file from that place (`Candidate.place`) that a person released last for this track."""
        rows = self._read(quarantine.c.track_id == track_id, quarantine.c.state == "released")
        theirs = [kept for kept in rows if kept.candidate is not None and kept.candidate.place == place]
        return max(theirs, key=lambda kept: kept.decided_at or 0.0, default=None)

    def get(self, id: str) -> Kept:
        """By the id, or by a beginning of it that no other has. Raises NotFound."""
        with self._store.reading() as connection:
            return _get(connection, id)

    def _read(self, *conditions: sa.ColumnElement[bool]) -> tuple[Kept, ...]:
        query = sa.select(quarantine).where(*conditions).order_by(quarantine.c.at, quarantine.c.id)
        with self._store.reading() as connection:
            return tuple(_kept(row) for row in connection.execute(query))


def decide(connection: sa.Connection, id: str, state: State, now: float) -> Kept:
    """What the person said of it (`daemon.ledger.decisions`); answers how it stands now. Saying it again changes
    nothing, and what was released may still be thrown away. Raises NotFound, and Refused for the reverse."""
    kept = _get(connection, id)
    if kept.state == state:
        return kept
    if kept.state == "discarded":
        raise Refused(f"{kept.path} was thrown away; `cratekeeper --mode reprocess` fetches the track again.")
    row = sa.update(quarantine).where(quarantine.c.id == kept.id)
    connection.execute(row.values(state=state, decided_at=now))
    return _get(connection, kept.id)


def _get(connection: sa.Connection, beginning: str) -> Kept:
    beginning = beginning.strip().lower()
    if len(beginning) < SHORTEST_PREFIX:
        raise _not_found(f"{beginning!r} is too short for an id of the quarantine ({SHORTEST_PREFIX} characters)")
    query = sa.select(quarantine).where(quarantine.c.id.startswith(beginning, autoescape=True)).limit(2)
    rows = connection.execute(query).all()
    if not rows:
        raise _not_found(f"The quarantine has nothing under {beginning}")
    if len(rows) > 1:
        raise _not_found(f"The quarantine has more than one id that begins with {beginning}")
    return _kept(rows[0])


def _not_found(what: str) -> NotFound:
    return NotFound(f"{what}; `cratekeeper quarantine` lists what it has.")


def _kept(row: sa.Row[tuple[Any, ...]]) -> Kept:
    return Kept(
        id=row.id,
        track_id=row.track_id,
        path=row.path,
        size=row.size,
        reason=row.reason,
        step=row.step,
        fetched=from_json(Fetched, row.fetched),
        heard=from_json(Heard, row.heard) if row.heard else None,
        candidate=from_json(Candidate, row.candidate) if row.candidate else None,
        state=row.state,
        at=row.at,
        decided_at=row.decided_at,
    )
