"""Who runs, and who has not been heard of for long. Before a host's work is adopted, it must be dead."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger.store import Store, put
from daemon.ledger.tables import hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One installation of this program."""

    host_id: str
    pid: int
    mode: str
    started_at: float
    heartbeat_at: float


class Hosts:
    """Heartbeats."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def beat(self, host_id: str, pid: int, mode: str) -> None:
        """The host lives. Another pid than at the last beat is a new start."""
        with self._store.writing() as connection:
            now = self._store.now()
            known = connection.execute(sa.select(hosts).where(hosts.c.host_id == host_id)).first()
            started_at = known.started_at if known and known.pid == pid else now
            row = {"pid": pid, "mode": mode, "started_at": started_at, "heartbeat_at": now}
            put(connection, hosts, {"host_id": host_id}, row)

    def dead(self, older_than_s: float) -> tuple[Host, ...]:
        """The hosts whose last beat is longer ago than that, by id."""
        silent = hosts.c.heartbeat_at < self._store.now() - older_than_s
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(hosts).where(silent).order_by(hosts.c.host_id))
            return tuple(Host(**row._mapping) for row in rows)
