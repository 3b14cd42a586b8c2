"""The line: tracks that the ledger knows and that nobody has finished, taken up in turn."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from daemon.chain import in_turn
from daemon.ledger.tracks import TrackRow
from daemon.pipeline.ingest import flow_id
from daemon.service.rooms import Rooms
from daemon.service.taking import DEAD_AFTER_S, Taken, ref_of, take_up

if TYPE_CHECKING:
    from daemon.engine import Engine


def begin_line(rooms: Rooms, engine: Engine, *, queue: str, limit: int) -> list[Taken]:
    """Begins up to `limit` tracks that wait for somebody: newly found ones, those whose wait is over, and what an
    upgrade or a dead host left. Newest first, one of each source in turn."""
    engine.left_by_older_versions()
    engine.left_by_hosts([host.host_id for host in rooms.ledger.hosts.dead(DEAD_AFTER_S)])
    rows = in_turn(_lines(rooms, engine.active()), [link.name for link in rooms.links], limit)
    return [take_up(rooms, engine, ref_of(row), queue=queue) for row in rows]


def _lines(rooms: Rooms, under_way: frozenset[str]) -> dict[str, list[TrackRow]]:
    now = rooms.clock()
    lines: dict[str, list[TrackRow]] = defaultdict(list)
    for row in reversed(rooms.ledger.tracks.unfinished()):
        waits = row.not_before is not None and row.not_before > now
        if not waits and flow_id(row.id, row.attempt) not in under_way:
            lines[row.found_in].append(row)
    return lines
