"""What a process costs, measured from outside: seconds, and seconds of CPU with those of the children it waited for."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import Number, Role

ROOT = Path(__file__).parents[1]
_BYTECODE_OFF = "PYTHONDONTWRITEBYTECODE"
"""Where it is set, every start would compile the whole program again, which no installed one does."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run."""

    wall_s: float
    cpu_s: float


def environment() -> dict[str, str]:
    """Our environment as an ordinary user has it."""
    return {name: value for name, value in os.environ.items() if name != _BYTECODE_OFF}


def cost_of(command: Sequence[str], *, environ: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Cost:
    """Runs it to its end. Raises RuntimeError with what it said when that end is a failure."""
    with Stopwatch() as watch:
        ended = subprocess.run(
            command,
            env=dict(environ or environment()),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return watch.cost


def python(*words: str) -> Callable[[], Cost]:
    """A measurement to repeat: Python started with these words."""
    return lambda: cost_of([sys.executable, *words])


def repeated(times: int, measure: Callable[[], Cost]) -> list[Cost]:
    """Measures so often, after one run that does not count: it fills caches and compiles what is imported."""
    measure()
    return [measure() for _ in range(times)]


class Stopwatch:
    """Seconds that pass between its two ends, and CPU seconds of all child processes that ended there."""

    cost: Cost

    def __enter__(self) -> Stopwatch:
        self._cpu_s = _ended_children_cpu_s()
        self.begun_at = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.cost = Cost(time.monotonic() - self.begun_at, _ended_children_cpu_s() - self._cpu_s)


def cpu_of(what: str, costs: Sequence[Cost], role: Role = "ours") -> Number:
    """The CPU seconds of several runs."""
    return Number(what=what, unit="CPU s", runs=tuple(cost.cpu_s for cost in costs), role=role)


def wall_of(what: str, costs: Sequence[Cost], role: Role = "ours") -> Number:
    """The seconds of several runs."""
    return Number(what=what, unit="s", runs=tuple(cost.wall_s for cost in costs), role=role)


def _ended_children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
