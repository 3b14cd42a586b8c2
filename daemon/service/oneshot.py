"""The one-shot modes: find tracks, see each through to its end, and out.

Alone on the host this process does the work itself. Beside a running daemon it hands its tracks over and waits; if that
process goes away meanwhile, it takes over.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daemon.chain import Answer
from daemon.ledger.outbox import Target
from daemon.outbox import Delivery
from daemon.pipeline.ingest import flow_id
from daemon.service.finding import Find, Found, by_chain, waiting
from daemon.service.rooms import SINGLE, TRACKS, Rooms
from daemon.service.taking import Taken, begin, give_up_orphans, move_in
from daemon.service.taskroom import see_to_tasks

if TYPE_CHECKING:
    from daemon.engine import Engine, EngineClient, Flow

log = logging.getLogger(__name__)

_UNDER_WAY = 20
"""How many tracks of a long list are in the engine at a time; the rest waits in the ledger."""
_HANDED_OVER_POLL_S = 0.5
_DELIVERY_PATIENCE_S = 120.0
_UNTRIED = "not carried yet"

Told = Callable[[int, int], None]
"""How many of how many are done."""


def _unheard(_done: int, _of_all: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Run:
    """How it went."""

    answers: tuple[Answer, ...] = ()
    """What every source said that was asked."""
    tracks: tuple[str, ...] = ()
    """Our keys of the tracks that were worked on, those that were asked for first; then what an earlier run left."""
    deliveries: tuple[Delivery, ...] = ()
    handed_to: str | None = None
    """Who did the work, when it was not this process."""
    is_whole: bool = True
    """False: there is more to do, which could not even be listed now."""
    owed: tuple[str, ...] = ()
    """Why copies for other programs' folders still wait."""


@dataclass(slots=True)
class _List:
    """The tracks of a run, and how far it is."""

    found: tuple[str, ...]
    tell: Told
    done: list[str] = field(default_factory=list)

    @property
    def tracks(self) -> tuple[str, ...]:
        """Those that are done: first what was asked for, in that order."""
        done = set(self.done)
        asked_for = [track_id for track_id in self.found if track_id in done]
        return tuple(dict.fromkeys([*asked_for, *self.done]))

    def tick_off(self, track_id: str) -> None:
        self.done.append(track_id)
        self.tell(len(self.done), max(len(self.found), len(self.done)))


def single(rooms: Rooms) -> Run:
    """`--mode single`: one track by the chain."""
    return one_shot(rooms, "single", by_chain(1))


def one_shot(rooms: Rooms, mode: str, find: Find, tell: Told = _unheard, stop: threading.Event | None = None) -> Run:
    """Works on what `find` finds. Returns also when an end is a wait or a failure: see the ledger. Raises what `find`
    raises; KeyboardInterrupt soon after `stop` is set, and what was begun goes on at the next start."""
    stop = stop or threading.Event()
    if not rooms.lock.take(mode):
        return _beside(rooms, mode, find, tell, stop)
    try:
        return _alone(rooms, mode, find, tell, stop)
    finally:
        rooms.lock.release()


def _go_on(stop: threading.Event) -> None:
    """Where nothing is half done, and an end is welcome."""
    if stop.is_set():
        raise KeyboardInterrupt


def _alone(rooms: Rooms, mode: str, find: Find, tell: Told, stop: threading.Event) -> Run:
    move_in(rooms, mode)
    rooms.owed.deliver()  # what is finished comes home before anything is begun
    _go_on(stop)
    found = find(rooms)
    _go_on(stop)
    left = [row.id for line in waiting(rooms, found.track_ids).values() for row in line if row.attempt]
    if not found.track_ids and not left:
        owed, deliveries = _carry_out(rooms, stop)
        return Run(found.answers, deliveries=deliveries, is_whole=found.is_whole, owed=owed)
    todo = _List(found.track_ids, tell)
    engine = rooms.make_engine()
    try:
        engine.start([SINGLE, TRACKS])
        give_up_orphans(rooms, engine)
        _work_off(rooms, engine, todo, found.track_ids, stop)
        # What an earlier run began here goes on by itself now that an engine runs; it is not left half-way again.
        _work_off(rooms, engine, todo, [one for one in left if not _is_theirs(rooms, engine, one)], stop)
        owed, _ = _carry_out(rooms, stop)
    finally:
        engine.stop(rooms.pace.steps_grace_s, rooms.end_children)
    deliveries = _all_deliveries(rooms, todo.done)
    return Run(found.answers, todo.tracks, deliveries, is_whole=found.is_whole, owed=owed)


def _carry_out(rooms: Rooms, stop: threading.Event) -> tuple[tuple[str, ...], tuple[Delivery, ...]]:
    """What is finished goes to whom it is for. Answers what is still owed to other programs' folders, and what was
    carried to whom."""
    owed = (*rooms.owed.deliver(), *rooms.retagging.carry_out())
    deliveries = tuple(rooms.outbox.carry_due(stopping=stop.is_set))
    see_to_tasks(rooms, stop)
    _go_on(stop)
    return owed, deliveries


def _work_off(rooms: Rooms, engine: Engine, todo: _List, track_ids: Sequence[str], stop: threading.Event) -> None:
    """Keeps a few in the engine and waits for them in order; what they bring is carried out on the way."""
    under_way: list[Taken] = []
    for track_id in track_ids:
        taken = begin(rooms, engine, rooms.ledger.tracks.get(track_id), queue=SINGLE)
        if taken is None:
            todo.tick_off(track_id)
        else:
            under_way.append(taken)
        if len(under_way) >= _UNDER_WAY:
            _see_through(rooms, engine, under_way.pop(0), todo, stop)
    for taken in under_way:
        _see_through(rooms, engine, taken, todo, stop)


def _see_through(rooms: Rooms, engine: Engine, taken: Taken, todo: _List, stop: threading.Event) -> None:
    """Waits for the end of the work, and shows meanwhile that this host lives."""
    while engine.wait(taken.flow_id, timeout_s=rooms.pace.heartbeat_s, stop=stop) is None:
        _go_on(stop)
        rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), "one-shot")
        give_up_orphans(rooms, engine)  # perhaps it was another host's, and that has died
    todo.tick_off(taken.track_id)
    if len(todo.done) % _UNDER_WAY == 0:
        rooms.outbox.carry_due(stopping=stop.is_set)


def _is_theirs(rooms: Rooms, engine: Engine, track_id: str) -> bool:
    """Whether another host works on it."""
    flow = engine.flow(flow_id(track_id, rooms.ledger.tracks.get(track_id).attempt))
    return flow is not None and flow.active and flow.executor_id not in (None, rooms.host_id)


def _beside(rooms: Rooms, mode: str, find: Find, tell: Told, stop: threading.Event) -> Run:
    holder = rooms.lock.holder()
    who = f"process {holder.pid} ({holder.mode})" if holder else "another process"
    found = find(rooms)
    if not found.track_ids:
        return Run(found.answers, handed_to=who, is_whole=found.is_whole)
    log.info("%s works on this host; it gets the work, and we wait", who)
    todo = _List(found.track_ids, tell)
    with rooms.make_client() as client:
        for track_id in found.track_ids:
            taken = begin(rooms, client, rooms.ledger.tracks.get(track_id), queue=TRACKS)
            if taken is not None and _wait_or_inherit(rooms, client, taken, mode, stop) is None:
                break
            todo.tick_off(track_id)
    if len(todo.done) < len(found.track_ids):
        return _inherited(rooms, mode, found, tell, stop)
    deliveries = [one for track_id in todo.done for one in _wait_for_delivery(rooms, track_id, stop)]
    return Run(found.answers, todo.tracks, tuple(deliveries), who, found.is_whole)


def _inherited(rooms: Rooms, mode: str, found: Found, tell: Told, stop: threading.Event) -> Run:
    """The process that worked on it is gone, and the lock is ours."""
    try:
        return _alone(rooms, mode, lambda _rooms: found, tell, stop)
    finally:
        rooms.lock.release()


def _wait_or_inherit(rooms: Rooms, client: EngineClient, taken: Taken, mode: str, stop: threading.Event) -> Flow | None:
    """How the handed-over work ended; None when its worker went away and the lock is ours now."""
    while (flow := client.wait(taken.flow_id, timeout_s=_HANDED_OVER_POLL_S, stop=stop)) is None:
        _go_on(stop)
        if rooms.lock.take(mode):
            log.info("the process that worked on it is gone; going on with it here")
            return None
    return flow


def _wait_for_delivery(rooms: Rooms, track_id: str, stop: threading.Event) -> tuple[Delivery, ...]:
    """Waits until the other process has carried the track out, or was told to wait with it."""
    deadline = rooms.clock() + _DELIVERY_PATIENCE_S
    while True:
        deliveries = _deliveries(rooms, track_id)
        if all(one.error != _UNTRIED for one in deliveries) or rooms.clock() >= deadline:
            return deliveries
        stop.wait(_HANDED_OVER_POLL_S)
        _go_on(stop)


def _all_deliveries(rooms: Rooms, track_ids: Sequence[str]) -> tuple[Delivery, ...]:
    return tuple(one for track_id in track_ids for one in _deliveries(rooms, track_id))


def _deliveries(rooms: Rooms, track_id: str) -> tuple[Delivery, ...]:
    """How a track stands with every target: there, or why not yet."""
    waits = {entry.target: entry for entry in rooms.ledger.outbox.waiting(track_id)}

    def trouble(target: Target) -> str | None:
        if target not in waits:
            return None
        parking = rooms.ledger.services.parked(target)
        return waits[target].last_error or (parking.reason if parking else _UNTRIED)

    return tuple(Delivery(track_id, target, trouble(target)) for target in rooms.outbox.targets)
