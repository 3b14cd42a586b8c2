"""The whole job on a track of 240 s, Opus and M4A: CPU, memory, and what a second worker brings.

In the daemon's own worker processes. The floor is what nobody gets below: one decode, and the three files; its parts
show where the rest goes. The naive sequence is `bench.naive`. CPU seconds are compared, never seconds, wherever that
can be; a ratio is the median over pairs that ran one after the other, so that a machine that gets slower meanwhile
slows both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench import kept
from bench.naive import Naive, Step
from bench.report import Number, Report, Role
from daemon.children import Children
from daemon.models import Json
from integrations.sandbox.music import Encoding, Piece, encode, play
from integrations.sandbox.world import cover

_PIECE = Piece("Four Minutes", "Nobody", 124.0, "Am", 240.0, seed=21)
_RATE_HZ = 48_000
_ENCODINGS: tuple[Encoding, ...] = ("opus", "m4a")
_TIMES = 5
_NAIVE_TIMES = 2
"""It takes a quarter of a minute."""
_SHORT_S = 5
"""Next to nothing to do: what the naive sequence costs on it is starts and imports."""
_TRACKS = 4
"""What one worker and two workers have to do in turn."""
_TIMEOUT_S = 600.0
_IDLE_S = 3600.0
"""No worker goes while the others are measured: the next job would pay for its imports."""
_WHOLE, _FLOOR = "bench.track_jobs:whole", "bench.track_jobs:floor"

_FLOOR_LIMIT = 1.5
_NAIVE_LIMIT = 1 / 3
_MEMORY_LIMIT_MB = 450
_SPEED_UP_LIMIT = 1.7


def measure() -> Report:
    with kept.empty_folder() as name:
        studio = _Studio(Path(name))
        numbers = [number for encoding in _ENCODINGS for number in _costs(studio, encoding)]
        numbers += _workers(studio)
    return Report(
        name="one_track",
        about=f"one thread a worker; the first job, which imports, stands apart; {_TIMES} jobs after it. The naive "
        "sequence is every process of it, with its start and its imports, as a script pays them for each track; beside "
        f"it the same with all of that taken out, reckoned by what {_PIECE.duration_s - _SHORT_S:.0f} s more cost.",
        numbers=tuple(numbers),
    )


class _Studio:
    """The sounds, and jobs on them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        sound = play(_PIECE, _RATE_HZ)
        for encoding in _ENCODINGS:
            (folder / f"track.{encoding}").write_bytes(encode(sound, _RATE_HZ, encoding))
            (folder / f"short.{encoding}").write_bytes(encode(sound[:, : _SHORT_S * _RATE_HZ], _RATE_HZ, encoding))
        (folder / "cover.jpg").write_bytes(cover(_PIECE))
        self.no_naive = Naive.why_not()
        if not self.no_naive:
            self._naive = Naive(folder, folder / "cover.jpg")
            self._naive.run(folder / "short.opus")  # the first time librosa compiles itself, and keeps that

    def run(self, children: Children, job: str, encoding: Encoding) -> Json:
        with kept.empty_folder() as work:
            arguments = {
                "audio": str(self._folder / f"track.{encoding}"),
                "work": work,
                "artwork": str(self._folder / "cover.jpg"),
            }
            answer: Json = children.run(job, arguments, lambda _fraction, _text: None, timeout_s=_TIMEOUT_S)
            return answer

    def run_naively(self, which: str, encoding: Encoding) -> list[Step]:
        return self._naive.run(self._folder / f"{which}.{encoding}")


# --- CPU and memory --------------------------------------------------------------------------------------------------


def _costs(studio: _Studio, encoding: Encoding) -> Iterator[Number]:
    with _workers_at_once(1) as ours, _workers_at_once(1) as bare:
        first = studio.run(ours, _WHOLE, encoding)
        studio.run(bare, _FLOOR, encoding)
        pairs = [(studio.run(ours, _WHOLE, encoding), studio.run(bare, _FLOOR, encoding)) for _ in range(_TIMES)]
    jobs, floors = (list(answers) for answers in zip(*pairs, strict=True))
    floor = _cpu(f"{encoding}: decode, ALAC, WAV, AIFF", floors, ("decode", "alac", "pcm"), "floor")
    peak_floor = _peak(f"{encoding}: peak of the floor", floors, "floor")
    whole = _cpu(f"{encoding}: the whole job", jobs, ("listen", "render"))
    anew = _cpu(f"{encoding}: a new worker and its first job", [first], ("since_start",))
    yield whole
    yield _ratios(f"{encoding}: the whole job, of the floor", whole.runs, floor.runs).within(_FLOOR_LIMIT)
    yield _cpu(f"{encoding}: decode and listen", jobs, ("listen",), "part")
    yield _cpu(f"{encoding}: render, tag, verify", jobs, ("render",), "part")
    yield floor
    for part in ("decode", "alac", "pcm"):
        yield _cpu(f"{encoding}: {part}", floors, (part,), "part")
    yield anew
    yield _peak(f"{encoding}: peak of the worker", jobs).within(_MEMORY_LIMIT_MB).over(peak_floor)
    yield peak_floor
    yield from _beside_naive(studio, encoding, whole, anew)


def _beside_naive(studio: _Studio, encoding: Encoding, whole: Number, anew: Number) -> Iterator[Number]:
    if studio.no_naive:
        yield Number(what=f"{encoding}: the naive sequence", unit="runs", runs=(0,), beside=studio.no_naive)
        return
    short = studio.run_naively("short", encoding)
    runs = [studio.run_naively("track", encoding) for _ in range(_NAIVE_TIMES)]
    sums = tuple(sum(step.cpu_s for step in steps) for steps in runs)
    naive = Number(what=f"{encoding}: the naive sequence", unit="CPU s", runs=sums, role="naive")
    starts_s = sum(step.cpu_s for step in short)
    working = Number(
        what=f"{encoding}: … its starts and imports taken out",
        unit="CPU s",
        # The short piece is work, too: of so much that much is missing.
        runs=tuple((seconds - starts_s) / (1 - _SHORT_S / _PIECE.duration_s) for seconds in sums),
        role="naive",
    )
    yield _share(f"{encoding}: the whole job, of the naive", whole, naive).within(_NAIVE_LIMIT)
    yield _share(f"{encoding}: …, starts and imports in neither", whole, working).within(_NAIVE_LIMIT)
    yield _share(f"{encoding}: …, starts and imports in both", anew, naive).within(_NAIVE_LIMIT)
    yield naive
    yield working
    for steps in zip(*runs, strict=True):
        cpu = tuple(step.cpu_s for step in steps)
        yield Number(what=f"{encoding}: … {steps[0].name}", unit="CPU s", runs=cpu, role="part")


# --- two workers -----------------------------------------------------------------------------------------------------


def _workers(studio: _Studio) -> Iterator[Number]:
    """One and two in turn, on the same tracks: which of them begins changes from pair to pair. All three are warm."""
    with _workers_at_once(1) as one, _workers_at_once(2) as two, ThreadPoolExecutor(2) as threads:
        alone, together = _Shift(studio, one, threads, 1), _Shift(studio, two, threads, 2)
        alone.work(1)
        together.work(2)
        for number in range(_TIMES):
            for shift in (alone, together) if number % 2 else (together, alone):
                shift.work(_TRACKS)
    singles, doubles = alone.seconds[1:], together.seconds[1:]
    speed_up = _ratios("two workers do, of what one does", singles, doubles)
    yield speed_up.with_word(f"at least {_SPEED_UP_LIMIT}: {_verdict(speed_up.median >= _SPEED_UP_LIMIT)}")
    yield Number(what="one worker", unit="s a track", runs=tuple(singles), role="peer")
    yield Number(what="two workers", unit="s a track", runs=tuple(doubles))
    slower = _ratios("CPU of a track with two at work, of that with one", together.cpu_s[1:], alone.cpu_s[1:], "part")
    yield slower.with_word(f"so two cores with nobody else could give {2 / slower.median:.3g} times the work")


class _Shift:
    """So many workers at their tracks."""

    def __init__(self, studio: _Studio, workers: Children, threads: ThreadPoolExecutor, at_once: int) -> None:
        self._studio = studio
        self._workers = workers
        self._threads = threads
        self._at_once = at_once
        self.seconds: list[float] = []
        """A track, shift by shift."""
        self.cpu_s: list[float] = []
        """A track, within the workers."""

    def work(self, tracks: int) -> None:
        begun_at = time.monotonic()
        answers = [
            answer for each in self._threads.map(self._one_after_another, self._shares(tracks)) for answer in each
        ]
        self.seconds.append((time.monotonic() - begun_at) / tracks)
        self.cpu_s.append(sum(answer["listen"] + answer["render"] for answer in answers) / tracks)

    def _shares(self, tracks: int) -> list[int]:
        return [tracks // self._at_once] * self._at_once

    def _one_after_another(self, tracks: int) -> list[Json]:
        return [self._studio.run(self._workers, _WHOLE, "opus") for _ in range(tracks)]


@contextmanager
def _workers_at_once(at_once: int) -> Iterator[Children]:
    children = Children(at_once=at_once, reuse=True, idle_s=_IDLE_S)
    try:
        yield children
    finally:
        children.stop()


# --- figures ---------------------------------------------------------------------------------------------------------


def _cpu(what: str, answers: list[Json], parts: tuple[str, ...], role: Role = "ours") -> Number:
    return Number(
        what=what, unit="CPU s", runs=tuple(sum(answer[part] for part in parts) for answer in answers), role=role
    )


def _peak(what: str, answers: list[Json], role: Role = "ours") -> Number:
    """The most that it ever held."""
    return Number(what=what, unit="MB", runs=(max(answer["peak_mb"] for answer in answers),), role=role)


def _ratios(what: str, ours: Sequence[float], theirs: Sequence[float], role: Role = "ours") -> Number:
    """Pair by pair."""
    return Number(what=what, unit="×", runs=tuple(a / b for a, b in zip(ours, theirs, strict=True)), role=role)


def _share(what: str, ours: Number, theirs: Number) -> Number:
    return Number(what=what, unit="×", runs=(ours.median / theirs.median,))


def _verdict(kept_to: bool) -> str:
    return "kept" if kept_to else "BROKEN"
