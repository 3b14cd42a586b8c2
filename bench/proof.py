"""What the proof says to broken downloads of every kind, and to whole ones; and what it costs."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from bench.proof_files import Case, Verdict, bad, good, judge, music, wrong_recordings
from bench.report import Number, Report
from daemon.pipeline.listening import ears
from daemon.pipeline.listening.bandwidth import TrebleMeter
from daemon.pipeline.listening.holes import HoleFinder
from daemon.pipeline.listening.pieces import pieces

_RATE_HZ = 44_100
_TRACK_S = 240.0
_RUNS = 5


def measure() -> Report:
    """Judges every file as the program does, from its bytes on."""
    with tempfile.TemporaryDirectory() as folder:
        tables = [
            _table("bad", bad(), _surprise_of_bad, Path(folder)),
            _table("good", good(), _surprise_of_good, Path(folder)),
            _table("beyond it", wrong_recordings(), lambda _: False, Path(folder)),
        ]
    return Report(
        name="proof",
        about="Files made on the spot. A wrong recording of the right length passes: that is for AcoustID to catch. "
        "Costs are those of a piece of four minutes.",
        numbers=(*(number for table in tables for number in table), *_costs()),
    )


def _surprise_of_bad(verdict: Verdict) -> bool:
    return verdict == "passed"


def _surprise_of_good(verdict: Verdict) -> bool:
    return verdict == "refused"


def _table(
    word: str, cases: Iterable[Case], is_surprise: Callable[[Verdict], bool], folder: Path
) -> tuple[Number, ...]:
    """A line a kind, and one for all of them; what was judged wrongly stands beside its kind by name."""
    counts: dict[str, Counter[Verdict]] = {}
    surprises: dict[str, list[str]] = {}
    for case in cases:
        verdict, why = judge(case, folder)
        counts.setdefault(case.kind, Counter())[verdict] += 1
        if is_surprise(verdict):
            surprises.setdefault(case.kind, []).append(f"{case.name} ({why or verdict})")
    lines = [_line(f"{word}: {kind}", counted, surprises.get(kind, ())) for kind, counted in counts.items()]
    total: Counter[Verdict] = sum(counts.values(), Counter())
    wrong = sum(map(len, surprises.values()))
    return (*lines, _line(f"{word}: all", total, [f"{wrong} of {total.total()}"] if wrong else ()))


def _line(what: str, counted: Counter[Verdict], surprises: Iterable[str]) -> Number:
    words = f"{counted['refused']} refused, {counted['flagged']} flagged, {counted['passed']} passed"
    wrong = "; ".join(surprises)
    return Number(
        what=what, unit="files", runs=(float(counted.total()),), beside=f"{words}; WRONGLY: {wrong}" if wrong else words
    )


def _costs() -> tuple[Number, ...]:
    sound = music(0, _TRACK_S)
    listening = _seconds("all listening", lambda: ears.listen(sound, _RATE_HZ))
    cut = [replace(piece, samples=piece.samples.copy()) for piece in pieces(sound, _RATE_HZ)]

    def find_cutoff() -> None:
        meter = TrebleMeter(len(sound), _RATE_HZ)
        for piece in cut:
            meter.take(piece)
        meter.cutoff_hz()

    def find_holes() -> None:
        finder = HoleFinder(_RATE_HZ)
        for piece in cut:
            finder.take(piece)
        finder.silences()

    parts = {"cut-off": find_cutoff, "holes": find_holes}
    numbers = [_seconds(f"of which {name}", work) for name, work in parts.items()]
    return (
        listening,
        *(number.with_word(f"{number.median / listening.median:.1%} of the listening") for number in numbers),
    )


def _seconds(what: str, work: Callable[[], object]) -> Number:
    work()
    runs = []
    for _ in range(_RUNS):
        begun = time.process_time()
        work()
        runs.append(time.process_time() - begun)
    return Number(what=what, unit="CPU s", runs=tuple(runs), role="part" if what.startswith("of which") else "ours")
