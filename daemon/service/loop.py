"""`--mode daemon`: APScheduler decides when to look; the engine makes sure that what was begun is finished."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from daemon.errors import DaemonError
from daemon.service.rooms import TRACKS, Rooms
from daemon.service.taking import look, take_up, take_up_again

if TYPE_CHECKING:
    from daemon.engine import Engine

log = logging.getLogger(__name__)

_OUTBOX_INTERVAL_S = 5
_HEARTBEAT_INTERVAL_S = 60
_STOP_GRACE_S = 4.0
_LEFTOVERS = 100
EXIT_DONE = 0
EXIT_LATER = 75


def loop(rooms: Rooms, stop: threading.Event) -> int:
    """Runs until `stop` is set; answers the exit code. Says who runs when another process has this host."""
    if not rooms.lock.take("daemon"):
        holder = rooms.lock.holder()
        who = f"process {holder.pid} ({holder.mode})" if holder else "another process"
        log.error("%s works on this host already; there is one daemon to a host", who)
        return EXIT_LATER
    try:
        engine = rooms.make_engine()
        engine.start([TRACKS])
        try:
            _serve(rooms, engine, stop)
        finally:
            engine.stop(_STOP_GRACE_S, rooms.end_children)
    finally:
        rooms.lock.release()
    return EXIT_DONE


def _serve(rooms: Rooms, engine: Engine, stop: threading.Event) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    # A late run happens once, late: the default of one second would drop it without a word.
    scheduler = BackgroundScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    jobs = {
        "tick": (lambda: _tick(rooms, engine), rooms.interval_s),
        "outbox": (lambda: rooms.outbox.carry_due(stopping=stop.is_set), _OUTBOX_INTERVAL_S),
        "heartbeat": (lambda: rooms.ledger.hosts.beat(rooms.host_id, os.getpid(), "daemon"), _HEARTBEAT_INTERVAL_S),
    }
    for name, (job, interval_s) in jobs.items():
        scheduler.add_job(_safely(name, job), "interval", seconds=interval_s, id=name, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)


def _tick(rooms: Rooms, engine: Engine) -> None:
    """One walk down the chain, and whatever is due again."""
    again = take_up_again(rooms, engine, queue=TRACKS, limit=_LEFTOVERS)
    chosen = look(rooms, limit=rooms.batch)
    for ref in chosen.refs:
        take_up(rooms, engine, ref, queue=TRACKS)
    said = ", ".join(f"{answer.source} {answer.verdict}" for answer in chosen.answers)
    log.info("looked: %s; %d taken up, %d under way", said, len(chosen.refs), len(again))


def _safely(name: str, job: Callable[[], object]) -> Callable[[], None]:
    """A job that fails is logged, and runs again at its next time; the loop lives on."""

    def run() -> None:
        try:
            job()
        except DaemonError as error:
            log.warning("%s: %s", name, error)
        except Exception:
            log.exception("%s failed in a way that nobody foresaw", name)

    return run
