"""`python -m tests.program CHANGES …`: the real program, with what only a programmer can change in it.

CHANGES is JSON, every part of it optional: `version` (of the pipeline), `pace` (fields of `Pace`), `stuck` (the name of
a step that begins and never ends), `stumbles` (one with a defect).
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from typing import Any

from daemon import engine
from daemon.cli import main
from daemon.pipeline.steps import Order, Steps
from daemon.pipeline.telling import telling
from daemon.service.rooms import Pace
from daemon.wiring import house


def changed(**changes: Any) -> tuple[str, ...]:
    """The words for `Home.start(…, program=…)`."""
    return ("-m", "tests.program", json.dumps(changes))


def change(
    *, version: str = engine.PIPELINE_VERSION, pace: dict[str, float] | None = None, stuck: str = "", stumbles: str = ""
) -> None:
    engine.PIPELINE_VERSION = version
    house.PACE = Pace(**(pace or {}))
    if stuck:
        setattr(Steps, stuck, never_ending(getattr(Steps, stuck)))
    if stumbles:
        setattr(Steps, stumbles, stumbling(getattr(Steps, stumbles)))


def never_ending(step: Any) -> Any:
    @functools.wraps(step)
    def hang(self: Steps, order: Order, *_: object) -> Any:
        with telling(self._parts.tell, order.track_id, step.__name__):
            threading.Event().wait()

    return hang


def stumbling(step: Any) -> Any:
    @functools.wraps(step)
    def stumble(self: Steps, order: Order, *_: object) -> Any:
        with telling(self._parts.tell, order.track_id, step.__name__):
            return len(order.track_id) // 0

    return stumble


if __name__ == "__main__":
    change(**json.loads(sys.argv.pop(1)))
    main.main()
