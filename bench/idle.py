"""`--mode daemon` with everything configured and nothing new: what it takes from a laptop all day. Limits: 1 %, 140 MB.

Beside it, over the same seconds, stand an idle Python, an idle APScheduler, and an idle dbos on SQLite.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from bench.costs import ROOT, environment
from bench.floors import FLOORS
from bench.report import Number, Report, Role
from bench.settled import settled_home
from integrations.sandbox.server import Logged
from tests.house import Home

_LIMIT_CPU_PERCENT = 1.0
_LIMIT_MB = 140.0
_SLICES = 6
"""A number is the median over so many slices of the time."""
_SETTLING_S = 5.0
"""After the first walk down the chain, which is measured by `tick`."""
_START_S = 60.0
_MB = 1e6


def measure(seconds: float = 60.0) -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name, ExitStack() as running:
        home = running.enter_context(settled_home(Path(name)))
        processes = {floor: running.enter_context(_floor(floor, Path(name))) for floor in FLOORS}
        processes["daemon"] = running.enter_context(_daemon(home))
        time.sleep(_SETTLING_S)
        home.world.log.clear()
        watched = _watch(processes, seconds)
        requests = Counter(line.system for line in home.world.log.of())
        ticks = _ticks(home.world.log.of())
    return Report(
        name="idle",
        about=f"{seconds:.0f} s in {_SLICES} slices, all four processes at the same time; with their children.",
        numbers=tuple(_numbers(watched, requests, ticks, seconds)),
    )


class _Watched:
    """A process with its children, from now on, slice by slice."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._cpu_s = self._cpu_until_now_s()
        self.cpu_percent: list[float] = []
        self.rss_mb: list[float] = []
        self.unshared_mb: list[float] = []

    def look(self, slice_s: float) -> None:
        cpu_s = self._cpu_until_now_s()
        self.cpu_percent.append(100 * (cpu_s - self._cpu_s) / slice_s)
        self._cpu_s = cpu_s
        memory = [one.memory_full_info() for one in self._family()]
        self.rss_mb.append(sum(one.rss for one in memory) / _MB)
        self.unshared_mb.append(sum(one.uss for one in memory) / _MB)

    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _cpu_until_now_s(self) -> float:
        """With the children that have ended."""
        own = self._process.cpu_times()
        living = sum(sum(child.cpu_times()[:2]) for child in self._process.children(recursive=True))
        return float(own.user + own.system + own.children_user + own.children_system + living)


def _watch(processes: Mapping[str, psutil.Process], seconds: float) -> dict[str, _Watched]:
    watched = {name: _Watched(process) for name, process in processes.items()}
    begun_at = time.monotonic()
    for number in range(_SLICES):
        time.sleep(max(0.0, begun_at + (number + 1) * seconds / _SLICES - time.monotonic()))
        for one in watched.values():
            one.look(seconds / _SLICES)
    return watched


@contextmanager
def _daemon(home: Home) -> Iterator[psutil.Process]:
    """The daemon, after its first walk down the chain: asking Notion is the end of it."""
    # Nobody reads its pipes, so it had better say little.
    with home.start("--mode", "daemon", LOG_LEVEL="ERROR") as process, _ended(process):
        deadline = time.monotonic() + _START_S
        while not home.world.log.of("notion"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the daemon did not walk down the chain")
            time.sleep(0.05)
        yield psutil.Process(process.pid)


@contextmanager
def _floor(name: str, folder: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "bench.floors", name]
    environ = {**environment(), "TMPDIR": str(folder)}
    with (
        subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        _ended(process),
    ):
        assert process.stdout is not None
        process.stdout.readline()
        yield psutil.Process(process.pid)


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _ticks(lines: list[Logged]) -> int:
    """Every walk down the chain asks once for the liked tracks; what plays is asked in between, too."""
    return sum(line.path.endswith("/me/tracks") for line in lines)


def _numbers(
    watched: Mapping[str, _Watched], requests: Mapping[str, int], ticks: int, seconds: float
) -> Iterator[Number]:
    cpu = {name: _of(name, "% of a core", one.cpu_percent) for name, one in watched.items()}
    rss = {name: _of(name, "MB resident", one.rss_mb) for name, one in watched.items()}
    unshared = {name: _of(name, "MB its own", one.unshared_mb) for name, one in watched.items()}
    whole = sum(watched["daemon"].cpu_percent) / _SLICES
    walks = f"{ticks} walks down the chain in it, mean {whole:.2f} %"
    yield cpu["daemon"].over(cpu["engine"]).within(_LIMIT_CPU_PERCENT).with_word(walks)
    yield from (cpu[name] for name in FLOORS)
    yield rss["daemon"].over(rss["engine"]).within(_LIMIT_MB)
    yield from (rss[name] for name in FLOORS)
    yield unshared["daemon"].over(unshared["engine"])
    yield from (unshared[name] for name in FLOORS)
    asked = ", ".join(f"{system} {count}" for system, count in sorted(requests.items())) or "nobody"
    per_minute = 60 * sum(requests.values()) / seconds
    yield Number(what="daemon", unit="requests/min", runs=(per_minute,), beside=f"asked: {asked}")


def _of(name: str, unit: str, slices: list[float]) -> Number:
    role: Role = "ours" if name == "daemon" else "floor"
    return Number(what=name if name == "daemon" else f"idle {name}", unit=unit, runs=tuple(slices), role=role)
