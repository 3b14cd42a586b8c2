"""`--mode single`: one track by the chain, all the way, and out.

Alone on the host it does the work itself. Beside a running daemon it hands its track over and waits; if that process
goes away meanwhile, it takes over.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from daemon.chain import Answer
from daemon.ledger.outbox import Target
from daemon.models import TrackRef
from daemon.outbox import Delivery
from daemon.service.rooms import SINGLE, TRACKS, Rooms
from daemon.service.taking import Taken, give_up_orphans, left_unfinished, look, move_in, take_up, take_up_again

if TYPE_CHECKING:
    from daemon.engine import Engine, EngineClient, Flow

log = logging.getLogger(__name__)

_LEFTOVERS = 20
_HANDED_OVER_POLL_S = 0.5
_DELIVERY_PATIENCE_S = 120.0
_UNTRIED = "not carried yet"


@dataclass(frozen=True, slots=True)
class SingleRun:
    """How it went."""

    answers: tuple[Answer, ...]
    """What every source said that was asked."""
    ref: TrackRef | None
    """What the chain chose; None when nothing was new."""
    tracks: tuple[str, ...] = ()
    """Our keys of the tracks that were worked on, the chosen one first; then what an earlier run had left."""
    deliveries: tuple[Delivery, ...] = ()
    handed_to: str | None = None
    """Who did the work, when it was not this process."""


def single(rooms: Rooms) -> SingleRun:
    """Takes up one track and sees it to its end. Returns also when that end is a wait or a failure: see the ledger."""
    if not rooms.lock.take("single"):
        return _beside(rooms)
    try:
        return _alone(rooms)
    finally:
        rooms.lock.release()


def _alone(rooms: Rooms) -> SingleRun:
    move_in(rooms, "single")
    chosen = look(rooms, limit=1)
    ref = chosen.refs[0] if chosen.refs else None
    if ref is None and not left_unfinished(rooms):
        return SingleRun(chosen.answers, None, deliveries=tuple(rooms.outbox.carry_due()))
    engine = rooms.make_engine()
    try:
        engine.start([SINGLE, TRACKS])
        taken = _take(rooms, engine, ref)
        for one in taken:
            _see_through(rooms, engine, one)
        rooms.outbox.carry_due()
    finally:
        engine.stop(rooms.pace.steps_grace_s, rooms.end_children)
    tracks = tuple(one.track_id for one in taken)
    return SingleRun(
        chosen.answers, ref, tracks, tuple(chain.from_iterable(_deliveries(rooms, track_id) for track_id in tracks))
    )


def _see_through(rooms: Rooms, engine: Engine, taken: Taken) -> None:
    """Waits for the end of the work, and shows meanwhile that this host lives."""
    while engine.wait(taken.flow_id, timeout_s=rooms.pace.heartbeat_s) is None:
        rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), "single")
        give_up_orphans(rooms, engine)  # perhaps it was another host's, and that has died


def _take(rooms: Rooms, engine: Engine, ref: TrackRef | None) -> list[Taken]:
    """The chosen track, and then what an earlier run left unfinished; each once."""
    give_up_orphans(rooms, engine)
    first = [take_up(rooms, engine, ref, queue=SINGLE)] if ref else []
    again = take_up_again(rooms, engine, queue=SINGLE, limit=_LEFTOVERS)
    return list(dict.fromkeys([*first, *again]))


def _beside(rooms: Rooms) -> SingleRun:
    holder = rooms.lock.holder()
    who = f"process {holder.pid} ({holder.mode})" if holder else "another process"
    chosen = look(rooms, limit=1)
    if not chosen.refs:
        return SingleRun(chosen.answers, None, handed_to=who)
    ref = chosen.refs[0]
    log.info("%s works on this host; it gets the track, and we wait", who)
    with rooms.make_client() as client:
        taken = take_up(rooms, client, ref, queue=TRACKS)
        flow = _wait_or_inherit(rooms, client, taken)
    if flow is None:
        try:
            return _alone(rooms)
        finally:
            rooms.lock.release()
    return SingleRun(chosen.answers, ref, (taken.track_id,), _wait_for_delivery(rooms, taken.track_id), who)


def _wait_or_inherit(rooms: Rooms, client: EngineClient, taken: Taken) -> Flow | None:
    """How the handed-over work ended; None when its worker went away and the lock is ours now."""
    while (flow := client.wait(taken.flow_id, timeout_s=_HANDED_OVER_POLL_S)) is None:
        if rooms.lock.take("single"):
            log.info("the process that worked on it is gone; going on with it here")
            return None
    return flow


def _wait_for_delivery(rooms: Rooms, track_id: str) -> tuple[Delivery, ...]:
    """Waits until the other process has carried the track out, or was told to wait with it."""
    deadline = rooms.clock() + _DELIVERY_PATIENCE_S
    pause = threading.Event()
    while True:
        deliveries = _deliveries(rooms, track_id)
        if all(one.error != _UNTRIED for one in deliveries) or rooms.clock() >= deadline:
            return deliveries
        pause.wait(_HANDED_OVER_POLL_S)


def _deliveries(rooms: Rooms, track_id: str) -> tuple[Delivery, ...]:
    """How a track stands with every target: there, or why not yet."""
    waiting = {entry.target: entry for entry in rooms.ledger.outbox.waiting(track_id)}

    def trouble(target: Target) -> str | None:
        if target not in waiting:
            return None
        parking = rooms.ledger.services.parked(target)
        return waiting[target].last_error or (parking.reason if parking else _UNTRIED)

    return tuple(Delivery(track_id, target, trouble(target)) for target in rooms.outbox.targets)
