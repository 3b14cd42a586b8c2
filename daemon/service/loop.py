"""`--mode daemon`: the schedule says when to look; the engine makes sure that what was begun is finished."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from daemon.chain import Answer, Link
from daemon.service.line import begin_line
from daemon.service.lookout import LEAST_OFTEN_S, Lookout
from daemon.service.pausing import paused_since
from daemon.service.pulse import Job, Pulse
from daemon.service.rooms import TRACKS, Rooms
from daemon.service.schedule import Schedule
from daemon.service.systemd import Notifier
from daemon.service.taking import move_in
from daemon.service.taskroom import TaskRoom
from daemon.service.upkeep import Upkeep

if TYPE_CHECKING:
    from daemon.engine import Engine

log = logging.getLogger(__name__)

EXIT_DONE = 0
EXIT_LATER = 75

_DAY_S = 24 * 3600.0
_PLAYING = "playing"
_PULSE_INTERVAL_S = 20.0
_APART_S = 0.7
"""What begins all at once takes a thread each, and an idle daemon keeps them: a megabyte for each."""


def loop(rooms: Rooms, stop: threading.Event, notifier: Notifier) -> int:
    """Runs until `stop` is set; answers the exit code. Says who runs when another process has this host."""
    if not rooms.lock.take("daemon"):
        holder = rooms.lock.holder()
        who = f"process {holder.pid} ({holder.mode})" if holder else "another process"
        log.error("%s works on this host already; there is one daemon to a host", who)
        return EXIT_LATER
    try:
        move_in(rooms, "daemon")
        engine = rooms.make_engine()
        engine.start([TRACKS])
        try:
            _serve(rooms, engine, stop, notifier)
        finally:
            engine.stop(rooms.pace.steps_grace_s, rooms.end_children)
    finally:
        rooms.lock.release()
    return EXIT_DONE


def _serve(rooms: Rooms, engine: Engine, stop: threading.Event, notifier: Notifier) -> None:
    log.info("started; %s", _found(rooms))
    pulse = Pulse(rooms.pace.hangs_after_s)
    schedule = Schedule(pulse)
    pause_s = min(_PULSE_INTERVAL_S, (notifier.watchdog_s or _PULSE_INTERVAL_S) / 3)
    with _watching_out(rooms, engine, pulse, stop) as lookout:
        for job in _jobs(rooms, engine, stop):
            schedule.add(job)
        for number, job in enumerate(_task_jobs(rooms, stop), start=1):
            schedule.add(job, first_in_s=number * _APART_S)
        _add_looks(rooms, schedule, lookout, tell=lambda: notifier.status(_found(rooms)))
        notifier.ready(_found(rooms))  # before the first look, which tells its status
        schedule.start()
        try:
            while not stop.wait(pause_s):
                schedule.keep_time()
                if not pulse.hanging():
                    notifier.alive()
        finally:
            notifier.stopping()
            schedule.stop()
            # A job that is in the middle of a slow answer must not keep anybody from leaving.
            pulse.wait_until_quiet(rooms.pace.jobs_grace_s)


@contextmanager
def _watching_out(rooms: Rooms, engine: Engine, pulse: Pulse, stop: threading.Event) -> Iterator[Lookout]:
    def take_up(limit: int) -> int:
        return 0 if stop.is_set() else len(begin_line(rooms, engine, queue=TRACKS, limit=limit))

    lookout = Lookout(rooms, pulse, take_up)
    try:
        yield lookout
    finally:
        lookout.stop()


def _jobs(rooms: Rooms, engine: Engine, stop: threading.Event) -> list[Job]:
    upkeep = Upkeep(rooms)
    return [
        Job(name="outbox", run=lambda: _carry(rooms, upkeep, stop), interval_s=rooms.pace.outbox_s),
        Job(name="heartbeat", run=lambda: _beat(rooms), interval_s=rooms.pace.heartbeat_s),
        Job(name="owed", run=_Debts(rooms).pay, interval_s=rooms.interval_s),
        Job(name="log-in", run=lambda: _warn_of_consent(rooms), interval_s=_DAY_S),
        Job(name="board", run=upkeep.daily, interval_s=_DAY_S),
        Job(name="housekeeping", run=engine.forget_finished, interval_s=_DAY_S),
    ]


def _task_jobs(rooms: Rooms, stop: threading.Event) -> list[Job]:
    tasks, often_s = TaskRoom(rooms), rooms.pace.outbox_s
    return [
        Job(name="tasks", run=lambda: tasks.look(_a_while(stop)), interval_s=rooms.interval_s),
        Job(name="questions", run=lambda: tasks.ask(_a_while(stop)), interval_s=rooms.pace.questions_s),
        Job(name="errands", run=lambda: tasks.work(long=False, stopping=_a_while(stop)), interval_s=often_s),
        Job(name="long errands", run=lambda: tasks.work(long=True, stopping=_a_while(stop)), interval_s=often_s),
    ]


def _a_while(stop: threading.Event) -> Callable[[], bool]:
    """True once it is time to leave: to stop, or to show that nothing hangs."""
    until = time.monotonic() + _PULSE_INTERVAL_S
    return lambda: stop.is_set() or time.monotonic() > until


def _add_looks(rooms: Rooms, schedule: Schedule, lookout: Lookout, tell: Callable[[], None]) -> None:
    """The look at the whole chain, and between two of them the watch on what plays: whichever asks the player last
    says when it is worth asking again."""
    watched = next((link for link in rooms.links if link.kind == "moment" and link.open is not None), None)

    def time_the_watch(answer: Answer) -> None:
        if watched is not None and answer.source == watched.name:
            schedule.again_in(_PLAYING, lookout.again_in_s(answer))

    def look() -> None:
        lookout.look(time_the_watch)
        tell()

    def watch(link: Link) -> None:
        time_the_watch(lookout.look_at(link))

    if watched is not None:
        job = Job(name=_PLAYING, run=lambda: watch(watched), interval_s=LEAST_OFTEN_S)
        schedule.add(job, first_in_s=LEAST_OFTEN_S)
    schedule.add(Job(name="look", run=look, interval_s=rooms.interval_s, jitter=True))


class _Debts:
    """Copies for inboxes that were away, tags for files that were; each reason is told once, until it is another."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._told: list[str] = []

    def pay(self) -> None:
        reasons = [*self._rooms.owed.deliver(), *self._rooms.retagging.carry_out()]
        for reason in reasons:
            if reason not in self._told:
                log.warning("%s", reason)
        self._told = reasons


def _carry(rooms: Rooms, upkeep: Upkeep, stop: threading.Event) -> None:
    carried = rooms.outbox.carry_due(stopping=stop.is_set)
    if any(one.target == "notion" and one.error for one in carried):
        upkeep.after_carrying()


def _beat(rooms: Rooms) -> None:
    rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), "daemon")


def _warn_of_consent(rooms: Rooms) -> None:
    """Once a day: who reads the log hears of a log-in that ends before it has ended."""
    if (text := rooms.consent_warning()) is not None:
        log.warning("%s", text)


def _found(rooms: Rooms) -> str:
    """What there is, in one line."""
    counts = rooms.ledger.tracks.count_by_status()
    tracks = ", ".join(f"{count} {status.value.lower()}" for status, count in counts.items()) or "no tracks yet"
    parked = ", ".join(f"{service.name} waits" for service in rooms.ledger.services.all())
    paused = "paused" if paused_since(rooms.ledger) is not None else ""
    return "; ".join(filter(None, [tracks, parked, paused]))
