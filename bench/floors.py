"""Processes that do nothing, as `idle` compares with: `python -m bench.floors python|scheduler|engine`. They run until
they are killed. Their intervals are those of `daemon.service.loop` and `daemon.wiring.house`.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from pathlib import Path

_JOBS_S = (5, 60, 300)
"""Outbox, heartbeat, tick."""
_QUEUE_POLL_S = 2.0
_LISTENER_POLL_S = 0.5


def python() -> None:
    """The interpreter, waiting."""


def scheduler() -> None:
    """APScheduler with as many jobs as the loop has, each doing nothing."""
    from apscheduler.schedulers.background import BackgroundScheduler

    background = BackgroundScheduler()
    for seconds in _JOBS_S:
        background.add_job(lambda: None, "interval", seconds=seconds)
    background.start()


def engine() -> None:
    """dbos on SQLite with as many queues as we have, none of which ever gets anything."""
    from dbos import DBOS

    logging.getLogger("dbos").addHandler(logging.NullHandler())
    folder = Path(tempfile.mkdtemp(prefix="cratekeeper-bench-"))
    DBOS(
        config={
            "name": "floor",
            "system_database_url": f"sqlite:///{folder}/engine.db",
            "log_level": "WARNING",
            "notification_listener_polling_interval_sec": _LISTENER_POLL_S,
        }
    )
    DBOS.listen_queues(["floor"])
    DBOS.launch()
    DBOS.register_queue("floor", polling_interval_sec=_QUEUE_POLL_S, on_conflict="always_update")


FLOORS = {"python": python, "scheduler": scheduler, "engine": engine}


if __name__ == "__main__":
    FLOORS[sys.argv[1]]()
    print("idle", flush=True)
    threading.Event().wait()
