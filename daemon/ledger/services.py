"""Which outside services are to be left alone, until when, and why. Shared by all hosts, and kept over restarts.

What was the matter is remembered beyond the wait, until the service has answered again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from daemon.errors import Trouble
from daemon.ledger.patience import are_to_come, bounded
from daemon.ledger.store import Store, put
from daemon.ledger.tables import services

_WORST_FIRST: tuple[Trouble, ...] = ("login", "barred", "rate", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A service that is not to be asked."""

    name: str
    not_before: float | None
    """Unix seconds; None: until somebody clears it (a log-in that is over)."""
    reason: str
    since_at: float
    """When it was parked first."""
    kind: Trouble = "wait"
    times: int = 1
    """How often it was parked for that, without an answer in between."""


class Services:
    """One `not before` per service."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def park(self, name: str, until: float | None, reason: str, kind: Trouble = "wait") -> None:
        """Leaves the service alone until then (None: until cleared). A later end that stands already is kept: a short
        wait told by one answer does not shorten the ban told by another. No service is left alone for more than
        LONGEST_WAIT_S by one answer."""
        with self._store.writing() as connection:
            now = self._store.now()
            until = None if until is None else bounded(until, now)
            last, standing = _last(connection, name), _parked(connection, name, now)
            is_same = last is not None and last.kind == kind
            # Several tracks that meet one wait count once.
            times = last.times + (standing is None) if last is not None and is_same else 1
            why = {"reason": reason, "kind": kind, "times": times}
            if standing and _end(standing.not_before) > _end(until):
                if _WORST_FIRST.index(kind) < _WORST_FIRST.index(standing.kind):  # a wait must not hide a log-in
                    put(connection, services, {"name": name}, why)
                return
            since_at = last.since_at if last is not None and (is_same or standing) else now
            put(connection, services, {"name": name}, {**why, "not_before": until, "since_at": since_at})

    def parked(self, name: str) -> Parked | None:
        """How the service is parked; None when it may be asked."""
        with self._store.reading() as connection:
            return _parked(connection, name, self._store.now())

    def all(self) -> tuple[Parked, ...]:
        """Every service that is parked now, by name."""
        query = sa.select(services).where(_stands(self._store.now())).order_by(services.c.name)
        with self._store.reading() as connection:
            return tuple(Parked(**row._mapping) for row in connection.execute(query))

    def troubles(self) -> tuple[Parked, ...]:
        """Every service that was parked and has not answered since, by name; its wait may be over."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(services).order_by(services.c.name))
            return tuple(Parked(**row._mapping) for row in rows)

    def answered(self, name: str) -> None:
        """The service has answered as it should: what was the matter is over. A wait that stands goes on standing."""
        with self._store.reading() as connection:
            if _last(connection, name) is None or _parked(connection, name, self._store.now()):
                return
        with self._store.writing() as connection:
            over = sa.not_(_stands(self._store.now()))
            connection.execute(sa.delete(services).where(services.c.name == name, over))

    def clear(self, name: str) -> None:
        """The service may be asked again."""
        with self._store.writing() as connection:
            connection.execute(sa.delete(services).where(services.c.name == name))


def _end(until: float | None) -> float:
    return math.inf if until is None else until


def _stands(now: float) -> sa.ColumnElement[bool]:
    return sa.or_(services.c.not_before.is_(None), are_to_come(services.c.not_before, now))


def _last(connection: sa.Connection, name: str) -> sa.Row[tuple[Any, ...]] | None:
    return connection.execute(sa.select(services).where(services.c.name == name)).first()


def _parked(connection: sa.Connection, name: str, now: float) -> Parked | None:
    row = connection.execute(sa.select(services).where(services.c.name == name, _stands(now))).first()
    return Parked(**row._mapping) if row else None
