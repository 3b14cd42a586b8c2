"""Every way in which Notion can fail, at every request of a week with it: does the same stand there afterwards?

The week is that of `tests/board/week.py`.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from bench.report import Number, Report
from tests.board.week import KINDS, a_week


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """How one kind of error went."""

    kind: str
    requests: int
    differences: tuple[str, ...]


def measure() -> Report:
    begun_at = time.monotonic()
    tried = list(_try_all())
    wall_s = time.monotonic() - begun_at
    differences = [f"\n{one}" for kind in tried for one in kind.differences]
    return Report(
        name="board_faults",
        about=f"{len(KINDS)} kinds of error, one at a time, on {os.cpu_count()} cores.{''.join(differences)}",
        numbers=tuple(_numbers(tried, wall_s)),
    )


def _try_all() -> Iterator[_Tried]:
    # Started anew and not forked: a child has nothing of ours but what it imports.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for tried in pool.map(_try, KINDS):
            print(f"{tried.kind}: {tried.requests} requests, {len(tried.differences)} bad", file=sys.stderr, flush=True)
            yield tried


def _try(kind: str) -> _Tried:
    logging.disable(logging.CRITICAL)  # what goes wrong is meant to
    with a_week() as weeks:
        troubles = weeks.troubles(kind)
        differences = [f"{trouble}: {one}" for trouble in troubles for one in weeks.differences(trouble)]
    return _Tried(kind=kind, requests=len(troubles), differences=tuple(differences))


def _numbers(tried: list[_Tried], wall_s: float) -> Iterator[Number]:
    days = float(sum(one.requests for one in tried))
    yield Number(what="days with an error in them", unit="days", runs=(days,))
    ended_otherwise = float(sum(len(one.differences) for one in tried))
    yield Number(what="what stands otherwise afterwards", unit="rows", runs=(ended_otherwise,)).within(0)
    yield Number(what="all of it", unit="s", runs=(wall_s,)).with_word(f"{days / wall_s:.1f} days a second")
