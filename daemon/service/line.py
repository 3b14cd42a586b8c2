"""The line: tracks that the ledger knows and that nobody has finished, taken up in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.chain import in_turn
from daemon.pipeline.ingest import flow_id
from daemon.service.finding import waiting
from daemon.service.pausing import paused_since
from daemon.service.rooms import Rooms
from daemon.service.taking import Taken, begin, give_up_orphans

if TYPE_CHECKING:
    from daemon.engine import Engine


def begin_line(rooms: Rooms, engine: Engine, *, queue: str, limit: int) -> list[Taken]:
    """Begins up to `limit` tracks that wait for somebody: newly found ones, those whose wait is over, and what an
    upgrade or a dead host left. Newest first, one of each source in turn. None while there is a pause."""
    give_up_orphans(rooms, engine)
    if paused_since(rooms.ledger) is not None:
        return []
    under_way = engine.active()
    lines = {
        source: [row for row in line if flow_id(row.id, row.attempt) not in under_way]
        for source, line in waiting(rooms).items()
    }
    rows = in_turn(lines, [link.name for link in rooms.links], limit)
    return [taken for row in rows if (taken := begin(rooms, engine, row, queue=queue)) is not None]
