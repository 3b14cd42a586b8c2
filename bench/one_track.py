"""The whole job on a track of 240 s, Opus and M4A: CPU, memory, and what a second worker brings.

In the daemon's own worker processes. The floor is what nobody gets below: one decode, and the three files; its parts
show where the rest goes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.report import Number, Report, Role
from daemon.children import Children
from daemon.models import Json
from integrations.sandbox.music import Encoding, Piece, encode, play
from integrations.sandbox.world import cover

_PIECE = Piece("Four Minutes", "Nobody", 124.0, "Am", 240.0, seed=21)
_RATE_HZ = 48_000
_ENCODINGS: tuple[Encoding, ...] = ("opus", "m4a")
_TIMES = 5
_TRACKS = 6
"""What one worker and two workers have to do."""
_TIMEOUT_S = 300.0
_WHOLE, _FLOOR = "bench.track_jobs:whole", "bench.track_jobs:floor"


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        studio = _Studio(Path(name))
        numbers = [number for encoding in _ENCODINGS for number in _costs(studio, encoding)]
        numbers += _workers(studio)
    return Report(
        name="one_track",
        about=f"one thread a worker; the first job, which imports, stands apart; {_TIMES} jobs after it.",
        numbers=tuple(numbers),
    )


class _Studio:
    """The sounds, and jobs on them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        sound = play(_PIECE, _RATE_HZ)
        for encoding in _ENCODINGS:
            (folder / f"track.{encoding}").write_bytes(encode(sound, _RATE_HZ, encoding))
        (folder / "cover.jpg").write_bytes(cover(_PIECE))

    def run(self, children: Children, job: str, encoding: Encoding) -> Json:
        with tempfile.TemporaryDirectory(dir=self._folder) as work:
            arguments = {
                "audio": str(self._folder / f"track.{encoding}"),
                "work": work,
                "artwork": str(self._folder / "cover.jpg"),
            }
            answer: Json = children.run(job, arguments, lambda _fraction, _text: None, timeout_s=_TIMEOUT_S)
            return answer


def _costs(studio: _Studio, encoding: Encoding) -> Iterator[Number]:
    with _workers_at_once(1) as one:
        first, *jobs = [studio.run(one, _WHOLE, encoding) for _ in range(1 + _TIMES)]
    with _workers_at_once(1) as one:
        _, *floors = [studio.run(one, _FLOOR, encoding) for _ in range(1 + _TIMES)]
    floor = _cpu(f"{encoding}: decode, ALAC, WAV, AIFF", floors, ("decode", "alac", "pcm"), "floor")
    peak_floor = _peak(f"{encoding}: peak of the floor", floors, "floor")
    yield _cpu(f"{encoding}: the whole job", jobs, ("listen", "render")).over(floor)
    yield _cpu(f"{encoding}: decode and listen", jobs, ("listen",), "part")
    yield _cpu(f"{encoding}: decode, render, tag, verify", jobs, ("render",), "part")
    yield floor
    for part in ("decode", "alac", "pcm"):
        yield _cpu(f"{encoding}: {part}", floors, (part,), "part")
    yield _cpu(f"{encoding}: a new worker and its first job", [first], ("since_start",))
    yield _peak(f"{encoding}: peak of the worker", jobs).over(peak_floor)
    yield peak_floor


def _workers(studio: _Studio) -> Iterator[Number]:
    """Seconds a track, imports not counted."""
    single = Number(what="one worker", unit="s a track", runs=_seconds_a_track(studio, 1), role="peer")
    yield Number(what="two workers", unit="s a track", runs=_seconds_a_track(studio, 2)).over(single)
    yield single


def _seconds_a_track(studio: _Studio, at_once: int) -> tuple[float, ...]:
    with _workers_at_once(at_once) as workers, ThreadPoolExecutor(at_once) as threads:

        def work(tracks: int) -> float:
            begun_at = time.monotonic()
            list(threads.map(lambda _: studio.run(workers, _WHOLE, "opus"), range(tracks)))
            return (time.monotonic() - begun_at) / tracks

        work(at_once)
        return tuple(work(_TRACKS) for _ in range(3))


@contextmanager
def _workers_at_once(at_once: int) -> Iterator[Children]:
    children = Children(at_once=at_once, reuse=True)
    try:
        yield children
    finally:
        children.stop()


def _cpu(what: str, answers: list[Json], parts: tuple[str, ...], role: Role = "ours") -> Number:
    return Number(
        what=what, unit="CPU s", runs=tuple(sum(answer[part] for part in parts) for answer in answers), role=role
    )


def _peak(what: str, answers: list[Json], role: Role = "ours") -> Number:
    return Number(what=what, unit="MB", runs=tuple(answer["peak_mb"] for answer in answers), role=role)
