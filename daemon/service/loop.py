"""`--mode daemon`: APScheduler decides when to look; the engine makes sure that what was begun is finished."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from daemon.chain import Answer
from daemon.errors import DaemonError
from daemon.service.discovering import discover
from daemon.service.line import begin_line
from daemon.service.rooms import TRACKS, Rooms
from daemon.service.systemd import Notifier
from daemon.service.taking import move_in

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from daemon.engine import Engine

log = logging.getLogger(__name__)

EXIT_DONE = 0
EXIT_LATER = 75

_HOUSEKEEPING_INTERVAL_S = 24 * 3600.0
_PULSE_INTERVAL_S = 20.0
_JITTER = 0.1
"""Of the interval: many houses on one clock must not ask a service in the same second."""
_HANGS_AFTER_S = 15 * 60.0
"""No job waits for audio; one that is still at it after this has lost its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that is done again and again."""

    name: str
    run: Callable[[], object]
    interval_s: float
    jitter: bool = False


class Pulse:
    """Which jobs run, since when. The watchdog is fed only while none of them hangs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[str, float] = {}
        self._told: set[str] = set()
        self._guard = threading.Condition()

    def wrap(self, job: Job) -> Callable[[], None]:
        """The job, watched. One that fails is logged, and runs again at its next time; the loop lives on."""

        def run() -> None:
            with self._guard:
                self._running[job.name] = self._clock()
            try:
                job.run()
            except DaemonError as error:
                log.warning("%s: %s", job.name, error)
            except Exception:
                log.exception("%s failed in a way that nobody foresaw", job.name)
            finally:
                with self._guard:
                    del self._running[job.name]
                    self._told.discard(job.name)
                    self._guard.notify_all()

        return run

    def wait_until_quiet(self, at_most_s: float) -> bool:
        """Waits until no job runs; answers whether that came about in time."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._running, timeout=at_most_s)

    def hanging(self) -> list[str]:
        """The jobs that have run for too long; each is told once."""
        with self._guard:
            late = [name for name, since in self._running.items() if self._clock() - since > _HANGS_AFTER_S]
            news = [name for name in late if name not in self._told]
            self._told.update(news)
        for name in news:
            log.error("%s has been at it for %.0f minutes; nothing else waits for it", name, _HANGS_AFTER_S / 60)
        return late


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
            notifier.stopping()
            engine.stop(rooms.pace.steps_grace_s, rooms.end_children)
    finally:
        rooms.lock.release()
    return EXIT_DONE


def tick(rooms: Rooms, engine: Engine) -> list[Answer]:
    """One walk down the whole chain: what is new goes into the ledger, and as much as fits is taken up, in turn.

    First contact with Notion comes before all: raises what that raises, and takes nothing up until it was made.
    """
    rooms.adopt()
    answers = [discover(rooms, link) for link in rooms.links]
    taken = begin_line(rooms, engine, queue=TRACKS, limit=rooms.batch)
    said = ", ".join(f"{answer.source} {answer.verdict}" for answer in answers)
    log.info("looked: %s; %d taken up", said, len(taken))
    for answer in answers:
        if answer.verdict in ("failed", "parked"):
            log.warning("%s %s: %s", answer.source, answer.verdict, answer.text)
    return answers


def _serve(rooms: Rooms, engine: Engine, stop: threading.Event, notifier: Notifier) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    log.info("started; %s", _found(rooms))
    pulse = Pulse()
    # A late run happens once, late: the default of one second would drop it without a word.
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in _jobs(rooms, engine, stop, notifier):
        _schedule(scheduler, job, pulse)
    _watch_playing(scheduler, rooms, engine, pulse)
    scheduler.start()
    notifier.ready(_found(rooms))
    pause_s = min(_PULSE_INTERVAL_S, (notifier.watchdog_s or _PULSE_INTERVAL_S) / 3)
    try:
        while not stop.wait(pause_s):
            if not pulse.hanging():
                notifier.alive()
    finally:
        scheduler.shutdown(wait=False)
        # A job that is in the middle of a slow answer must not keep anybody from leaving.
        pulse.wait_until_quiet(rooms.pace.jobs_grace_s)


def _jobs(rooms: Rooms, engine: Engine, stop: threading.Event, notifier: Notifier) -> list[Job]:
    def look() -> None:
        tick(rooms, engine)
        notifier.status(_found(rooms))

    return [
        Job(name="tick", run=look, interval_s=rooms.interval_s, jitter=True),
        Job(name="outbox", run=lambda: rooms.outbox.carry_due(stopping=stop.is_set), interval_s=rooms.pace.outbox_s),
        Job(name="heartbeat", run=lambda: _beat(rooms), interval_s=rooms.pace.heartbeat_s),
        Job(name="housekeeping", run=lambda: engine.forget_finished(), interval_s=_HOUSEKEEPING_INTERVAL_S),
    ]


def _schedule(scheduler: BackgroundScheduler, job: Job, pulse: Pulse) -> None:
    scheduler.add_job(
        pulse.wrap(job),
        "interval",
        seconds=job.interval_s,
        jitter=job.interval_s * _JITTER if job.jitter else None,
        id=job.name,
        next_run_time=datetime.now(UTC),
    )


def _watch_playing(scheduler: BackgroundScheduler, rooms: Rooms, engine: Engine, pulse: Pulse) -> None:
    """Between two ticks: the next look is timed to just after the track ends."""
    link = next((link for link in rooms.links if link.kind == "moment" and link.open is not None), None)
    if link is None:
        return

    def look() -> None:
        rooms.adopt()
        if discover(rooms, link).verdict == "found":
            begin_line(rooms, engine, queue=TRACKS, limit=1)
        again_s = rooms.look_again_in_s(link.name)
        scheduler.add_job(watch, "date", run_date=datetime.now(UTC) + timedelta(seconds=again_s), id="playing")

    watch = pulse.wrap(Job(name="playing", run=look, interval_s=0))
    first_s = rooms.look_again_in_s(link.name) * random.uniform(0.5, 1)  # noqa: S311 -- no secret depends on it
    scheduler.add_job(watch, "date", run_date=datetime.now(UTC) + timedelta(seconds=first_s), id="playing")


def _beat(rooms: Rooms) -> None:
    rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), "daemon")


def _found(rooms: Rooms) -> str:
    """What there is, in one line."""
    counts = rooms.ledger.tracks.count_by_status()
    tracks = ", ".join(f"{count} {status.value.lower()}" for status, count in counts.items()) or "no tracks yet"
    parked = ", ".join(f"{service.name} waits" for service in rooms.ledger.services.all())
    return f"{tracks}; {parked}" if parked else tracks
