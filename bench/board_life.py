"""The board, lived with for long: the lives of `tests/board/living.py`, thousands of them, on every core.

Each portion of lives begins at a seed of its own. What fails is made as short as may be, and stands in the report.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.report import Number, Report
from integrations.sandbox.server import RequestLog
from tests.board.living import BoardLife, ledgers

_LIVES = 5000
_STEPS = 25
_AT_ONCE = 100
"""Lives in a portion: few enough that all cores end at about the same time."""
_FRAMES = -5
"""Of a failure, where it happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lived:
    """How one portion went."""

    seed: int
    lives: int
    requests: int
    failure: str
    """Empty when every life ended well."""


def measure(lives: int = _LIVES) -> Report:
    begun_at = time.monotonic()
    lived = list(_live(lives))
    wall_s = time.monotonic() - begun_at
    failures = [f"\nseed {one.seed}:\n{one.failure}" for one in lived if one.failure]
    return Report(
        name="board_life",
        about=f"{_STEPS} steps each, at most {_AT_ONCE} to a seed, on {os.cpu_count()} cores.{''.join(failures)}",
        numbers=tuple(_numbers(lived, wall_s)),
    )


def _live(lives: int) -> Iterator[_Lived]:
    """All portions, each when it is over; a failure is told at once."""
    portions = [min(_AT_ONCE, lives - start) for start in range(0, lives, _AT_ONCE)]
    # Started anew and not forked: a child has nothing of ours but what it imports.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        begun = [pool.submit(_portion, random.SystemRandom().getrandbits(32), portion) for portion in portions]
        for future in as_completed(begun):
            lived = future.result()
            if lived.failure:
                print(f"seed {lived.seed}:\n{lived.failure}", file=sys.stderr, flush=True)
            yield lived


class _CountedLife(BoardLife):
    """One that tells how many there were, and what all of them asked."""

    lives = 0
    requests = 0

    def __init__(self) -> None:
        self._logs: list[RequestLog] = []
        _CountedLife.lives += 1
        super().__init__()

    def starts(self, host: str) -> None:
        super().starts(host)
        self._logs.append(self.transports[host]._log)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            _CountedLife.requests += sum(len(log.of()) for log in self._logs)


def _portion(number: int, lives: int) -> _Lived:
    """So many lives, beginning at this seed; a failure ends it. Only then they are lived again, to make it shorter."""
    logging.disable(logging.CRITICAL)  # what goes wrong is meant to
    _CountedLife.lives = _CountedLife.requests = 0
    with ledgers():
        failure = _failure(number, lives, (Phase.generate,))
        lived, requests = _CountedLife.lives, _CountedLife.requests
        if failure:
            failure = _failure(number, lives, (Phase.generate, Phase.shrink)) or f"Only once:\n{failure}"
    return _Lived(seed=number, lives=lived, requests=requests, failure=failure)


def _failure(number: int, lives: int, phases: Sequence[Phase]) -> str:
    plan = settings(
        max_examples=lives,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(_CountedLife), settings=plan)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is what we are here for
        return "".join(traceback.format_exception(error, limit=_FRAMES))
    return ""


def _numbers(lived: Sequence[_Lived], wall_s: float) -> Iterator[Number]:
    lives = float(sum(one.lives for one in lived))
    yield Number(what="lived", unit="lives", runs=(lives,))
    yield Number(what="ended badly", unit="lives", runs=(float(sum(bool(one.failure) for one in lived)),)).within(0)
    yield Number(what="asked of Notion", unit="requests", runs=(float(sum(one.requests for one in lived)),))
    yield Number(what="all of it", unit="s", runs=(wall_s,)).with_word(f"{lives / wall_s:.1f} lives a second")
