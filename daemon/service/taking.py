"""Taking up tracks: what the chain found becomes a workflow, once, whatever was there before."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from daemon.chain import Chosen, Standing, walk
from daemon.ledger.tracks import TrackRow
from daemon.models import Alias, Service, Status, TrackRef
from daemon.pipeline.ingest import WORKFLOW, flow_id
from daemon.pipeline.steps import Order
from daemon.service.rooms import Rooms

if TYPE_CHECKING:
    from daemon.engine import Engine, EngineClient

DEAD_AFTER_S = 15 * 60.0
"""A host that has not shown its heartbeat for this long is taken for dead."""
_DEFAULT_PARKING_S = 15 * 60.0
_UNFINISHED = (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True)
class Taken:
    """A track that is being worked on."""

    track_id: str
    flow_id: str


def look(rooms: Rooms, *, limit: int, keep: bool = True) -> Chosen:
    """Walks the chain. With `keep`, what services asked of us (patience, a log-in) goes into the ledger."""
    chosen = walk(rooms.links, standing_in(rooms), _parked_in(rooms), limit=limit, lookback=rooms.lookback)
    for answer in chosen.answers if keep else ():
        if answer.park is not None:
            wait_s = answer.park.for_s if answer.park.for_s is not None else _DEFAULT_PARKING_S
            rooms.ledger.services.park(answer.park.service, rooms.clock() + wait_s, answer.park.reason)
    return chosen


def standing_in(rooms: Rooms) -> Callable[[TrackRef], Standing]:
    """How the ledger knows a track."""

    def standing(ref: TrackRef) -> Standing:
        track_id = rooms.ledger.tracks.find(ref.service, ref.id)
        if track_id is None:
            return "new"
        row = rooms.ledger.tracks.get(track_id)
        if row.status not in _UNFINISHED:
            return "settled"
        return "waiting" if waits(row, rooms.clock()) else "incomplete"

    return standing


def _parked_in(rooms: Rooms) -> Callable[[str], str | None]:
    def parked(source: str) -> str | None:
        for service in rooms.services_of(source):
            if (parking := rooms.ledger.services.parked(service)) is not None:
                return parking.reason
        return None

    return parked


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
    """Once the host's lock is held: says that this host lives, and frees what a killed run had begun to carry."""
    rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), mode)
    rooms.ledger.outbox.take_back(rooms.host_id)


def take_up_again(rooms: Rooms, engine: Engine, *, queue: str, limit: int) -> list[Taken]:
    """What is unfinished and nobody else works on: work that this host left and resumes, and what has to be begun anew.

    Anew: after a kill between the ledger and the engine, an upgrade in the middle of a run, the death of a host, or
    when a wait is over.
    """
    give_up_orphans(rooms, engine)
    taken: list[Taken] = []
    for row in rooms.ledger.tracks.unfinished():
        flow = engine.flow(flow_id(row.id, row.attempt))
        theirs = flow is not None and flow.active and flow.executor_id not in (None, rooms.host_id)
        if waits(row, rooms.clock()) or theirs:
            continue
        taken.append(_begin(rooms, engine, row.id, ref_of(row), queue))
        if len(taken) >= limit:
            break
    return taken


def give_up_orphans(rooms: Rooms, engine: Engine) -> None:
    """Cancels the workflows that nobody will go on with: those of an older version, and those of dead hosts. Who takes
    up a track afterwards begins it anew, and does not wait for one of them."""
    engine.left_by_older_versions()
    engine.left_by_hosts([host.host_id for host in rooms.ledger.hosts.dead(DEAD_AFTER_S)])


def left_unfinished(rooms: Rooms) -> bool:
    """Whether `take_up_again` may find something: then an engine is worth its start."""
    return any(not waits(row, rooms.clock()) for row in rooms.ledger.tracks.unfinished())


def ref_of(row: TrackRow) -> TrackRef:
    """The reference by which a track can be taken up again: where it was found, if that place knows it by an id."""
    services = list(Service)

    def worth(alias: Alias) -> tuple[bool, int]:
        return not row.found_in.startswith(alias.service.value), services.index(alias.service)

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
    return row.not_before is not None and row.not_before > now


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
    else:
        # Begun, and not handed to the engine yet: by somebody who was killed in between, or by a neighbour who is about
        # to. The same id from both is one workflow.
        attempt = row.attempt
    order = TypeAdapter(Order).dump_python(Order(track_id=track_id, attempt=attempt, ref=ref), mode="json")
    engine.submit(WORKFLOW, flow_id(track_id, attempt), order, queue=queue)
    return Taken(track_id, flow_id(track_id, attempt))
