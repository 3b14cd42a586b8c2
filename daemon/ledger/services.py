"""Which outside services are to be left alone, until when, and why. Shared by all hosts, and kept over restarts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger.patience import are_to_come, bounded
from daemon.ledger.store import Store, put
from daemon.ledger.tables import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A service that is not to be asked."""

    name: str
    not_before: float | None
    """Unix seconds; None: until somebody clears it (a log-in that is over)."""
    reason: str
    since_at: float
    """When it was parked first."""


class Services:
    """One `not before` per service."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def park(self, name: str, until: float | None, reason: str) -> None:
        """Leaves the service alone until then (None: until cleared). A later end that stands already is kept: a short
        wait told by one answer does not shorten the ban told by another. No service is left alone for more than
        LONGEST_WAIT_S by one answer."""
        with self._store.writing() as connection:
            now = self._store.now()
            until = None if until is None else bounded(until, now)
            standing = _parked(connection, name, now)
            if standing and _end(standing.not_before) > _end(until):
                return
            row = {"not_before": until, "reason": reason, "since_at": standing.since_at if standing else now}
            put(connection, services, {"name": name}, row)

    def parked(self, name: str) -> Parked | None:
        """How the service is parked; None when it may be asked."""
        with self._store.reading() as connection:
            return _parked(connection, name, self._store.now())

    def all(self) -> tuple[Parked, ...]:
        """Every service that is parked now, by name."""
        query = sa.select(services).where(_stands(self._store.now())).order_by(services.c.name)
        with self._store.reading() as connection:
            return tuple(Parked(**row._mapping) for row in connection.execute(query))

    def clear(self, name: str) -> None:
        """The service may be asked again."""
        with self._store.writing() as connection:
            connection.execute(sa.delete(services).where(services.c.name == name))


def _end(until: float | None) -> float:
    return math.inf if until is None else until


def _stands(now: float) -> sa.ColumnElement[bool]:
    return sa.or_(services.c.not_before.is_(None), are_to_come(services.c.not_before, now))


def _parked(connection: sa.Connection, name: str, now: float) -> Parked | None:
    row = connection.execute(sa.select(services).where(services.c.name == name, _stands(now))).first()
    return Parked(**row._mapping) if row else None
