"""`--mode daemon` from its start to its first request, and from SIGTERM in the middle of a download to its end.

Limits: 3 s and 5 s. Beside them stands the same process stopped while it waits.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Number, Report
from integrations.sandbox import faults
from integrations.sandbox.music import Piece
from integrations.sandbox.world import World
from tests.house import Home, a_home

_TIMES = 5
_LIMIT_START_S = 3.0
_LIMIT_STOP_S = 5.0
_LOOK_S = 0.002
_PATIENCE_S = 60.0
_AUDIO = "/*.128.mp3"
_PIECE = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 10.0, seed=81)
_HALF_BYTES = 40_000


def measure() -> Report:
    started, idle, busy = zip(*(_once() for _ in range(_TIMES)), strict=True)
    waiting = Number(what="SIGTERM while it waits", unit="s", runs=idle, role="peer")
    return Report(
        name="stop",
        about="the daemon against the sandbox, a fresh home each time; a download that has stopped half-way.",
        numbers=(
            Number(what="start to first request", unit="s", runs=started).within(_LIMIT_START_S),
            Number(what="SIGTERM in a download", unit="s", runs=busy).over(waiting).within(_LIMIT_STOP_S),
            waiting,
        ),
    )


def _once() -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name, a_home(Path(name)) as home:
        begun_at = time.monotonic()
        with _daemon(home) as process:
            _until(process, home.world.log.of)
            start_s = home.world.log.of()[0].at - begun_at
            _until(process, lambda: home.world.log.of("notion", path="/v1/data_sources"))
            idle_s = _stop(process)
        _likes(home.world)
        with _daemon(home) as process:
            _until(process, lambda: _half_downloads(home))
            return start_s, idle_s, _stop(process)


def _daemon(home: Home) -> subprocess.Popen[str]:
    # Nobody reads its pipes, so it had better say little.
    return home.start("--mode", "daemon", LOG_LEVEL="ERROR")


def _likes(world: World) -> None:
    world.person.likes_on_soundcloud(_PIECE)
    world.faults.add("soundcloud", faults.cut(_HALF_BYTES), route=_AUDIO)
    world.faults.add("soundcloud", faults.slow(_PATIENCE_S), route=_AUDIO)


def _half_downloads(home: Home) -> list[Path]:
    parts = (home.folder / "var" / "work").glob("*/*/*.part")
    return [part for part in parts if part.stat().st_size]


def _stop(process: subprocess.Popen[str]) -> float:
    begun_at = time.monotonic()
    process.send_signal(signal.SIGTERM)
    if process.wait(_PATIENCE_S) != 0:
        raise RuntimeError(process.communicate()[1])
    return time.monotonic() - begun_at


def _until(process: subprocess.Popen[str], happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not happened():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(process.communicate()[1])
        time.sleep(_LOOK_S)
