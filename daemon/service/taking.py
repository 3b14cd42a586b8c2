"""Taking up tracks: what the chain found becomes a workflow, once, whatever was there before."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from daemon.ledger.patience import is_to_come
from daemon.ledger.tracks import TrackRow
from daemon.models import Alias, Service, Status, TrackRef
from daemon.pipeline.ingest import WORKFLOW, flow_id
from daemon.pipeline.steps import Order
from daemon.service.rooms import Rooms

if TYPE_CHECKING:
    from daemon.engine import Engine, EngineClient

DEAD_AFTER_S = 15 * 60.0
"""A host that has not shown its heartbeat for this long is taken for dead."""
_UNFINISHED = (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True)
class Taken:
    """A track that is being worked on."""

    track_id: str
    flow_id: str


def take_up(rooms: Rooms, engine: Engine | EngineClient, ref: TrackRef, *, queue: str) -> Taken:
    """Begins work on a track, or finds the work that is under way, or that has just ended."""
    track_id = rooms.ledger.tracks.open(ref, ref.told).track_id
    return _begin(rooms, engine, track_id, ref, queue)


def begin(rooms: Rooms, engine: Engine | EngineClient, row: TrackRow, *, queue: str) -> Taken | None:
    """Begins work on a track of the ledger's, or finds the work that is under way; None when it has ended."""
    if row.status not in _UNFINISHED or waits(row, rooms.clock()):
        return None
    return _begin(rooms, engine, row.id, ref_of(row), queue)


def move_in(rooms: Rooms, mode: str) -> None:
    """Once the host's lock is held: says that this host lives, frees what a killed run had begun to carry, and
    clears up behind it."""
    rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), mode)
    rooms.ledger.outbox.take_back(rooms.host_id)
    for database, place in rooms.task_databases.items():
        rooms.ledger.tasks.move_to(database, place)
    rooms.ledger.tasks.take_back(rooms.host_id)
    rooms.ledger.jobs.take_back(rooms.host_id)
    rooms.clear_up()
    rooms.withdrawals.carry_out()
    for service, mark in rooms.login_marks.items():
        if rooms.ledger.memos.recall(f"login/{service}") != mark:  # another token than the one that was refused, say
            rooms.ledger.services.clear(service)
            rooms.ledger.outbox.hurry(service)
            rooms.ledger.memos.remember(f"login/{service}", mark)


def give_up_orphans(rooms: Rooms, engine: Engine) -> None:
    """Cancels the workflows that nobody will go on with: those of another version, and those of dead hosts. Who takes
    up a track afterwards begins it anew, and does not wait for one of them."""
    engine.left_by_other_versions()
    dead = [host.host_id for host in rooms.ledger.hosts.dead(DEAD_AFTER_S) if host.host_id != rooms.host_id]
    engine.left_by_hosts(dead)
    rooms.ledger.jobs.leave_by_hosts(dead)


def ref_of(row: TrackRow) -> TrackRef:
    """The reference by which a track can be taken up again: where it was found, if that place knows it by an id."""
    services = list(Service)

    def worth(alias: Alias) -> tuple[bool, bool, int]:
        return alias in row.borrowed, not row.found_in.startswith(alias.service.value), services.index(alias.service)

    alias = min(row.track.aliases, key=worth)
    return TrackRef(
        service=alias.service,
        id=alias.id,
        url=row.track.urls.get(alias.service, alias.id),
        found_in=row.found_in,
        playlist=row.playlist,
        told=row.track if row.track.title else None,
    )


def waits(row: TrackRow, now: float) -> bool:
    """Whether it was put off until later."""
    return row.not_before is not None and is_to_come(row.not_before, now)


def _begin(rooms: Rooms, engine: Engine | EngineClient, track_id: str, ref: TrackRef, queue: str) -> Taken:
    attempt = rooms.ledger.tracks.get(track_id).attempt
    flow = engine.flow(flow_id(track_id, attempt))
    if flow is not None and flow.active:
        return Taken(track_id, flow.id)
    # Looked at again behind the workflow: it writes its end into the ledger before it ends itself, and whoever chose
    # this track may have done so a moment before that.
    row = rooms.ledger.tracks.get(track_id)
    if row.status not in _UNFINISHED or waits(row, rooms.clock()):
        return Taken(track_id, flow_id(track_id, row.attempt))
    if flow is not None or row.status is Status.QUEUED:
        attempt = rooms.ledger.tracks.restart(track_id, after=attempt)
        if rooms.ledger.tracks.get(track_id).status not in _UNFINISHED:  # dismissed just now
            return Taken(track_id, flow_id(track_id, attempt))
    else:
        # Begun, and not handed to the engine yet: by somebody who was killed in between, or by a neighbour who is about
        # to. The same id from both is one workflow.
        attempt = row.attempt
    order = TypeAdapter(Order).dump_python(Order(track_id=track_id, attempt=attempt, ref=ref), mode="json")
    engine.submit(WORKFLOW, flow_id(track_id, attempt), order, queue=queue)
    return Taken(track_id, flow_id(track_id, attempt))
