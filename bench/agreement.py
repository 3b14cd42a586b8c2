"""Loudness, true peak and fingerprints of fifty-five varied files, beside those of ffmpeg and fpcalc.

Every number is a difference between two programs that heard the same file, each through a decoder of its own. We tell
the levels of the files that we make, where samples beyond full scale are held at it; so ffmpeg is given the sound as
integers of 32 bits before it measures, which hold them too and leave all others as they are. What ffmpeg does its own
way, by an older version of its source (5.1, `f_ebur128.c`): it counts a mono file once (`dualmono=false`), and so do
we; it looks for the true peak at 192 kHz whatever the rate, so at 4.35 times 44.1 kHz where BS.1770 and we take four,
and not between the samples of what has 192 kHz already; it sorts blocks into steps of 0.01 LU. For its peaks every file
is given silence at both ends (`bench.peers` says why). fpcalc hears integers of 16 bits, cut off at full scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench import peers
from bench.report import Number, Report
from bench.varied_files import FILES, File, path_of
from daemon.children import Children
from daemon.models import Json

_LOUDNESS_LIMIT_LU = 0.1
_TRUE_PEAK_LIMIT_DB = 0.2
_BIT_ERROR_LIMIT = 0.001
_WORD_BITS = 32
_SHOWN = 3
"""So many of the files that differ most are named."""
_AT_ONCE = 2
_TIMEOUT_S = 600.0
_HEARD = "bench.agreement_jobs:heard"

Words = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one file's two answers lie apart."""

    name: str
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Everybody's, about one file; None from a program that is not here."""

    file: File
    ours: Json
    levels: peers.Levels | None
    words: Words | None


def measure() -> Report:
    answers = _ask()
    return Report(
        name="agreement",
        about=f"{len(FILES)} files, made here; ours through PyAV, ffmpeg and fpcalc through their own decoders. "
        "Largest and median difference; the files that differ most stand beside it.",
        numbers=(
            *_or_why_not("ffmpeg", lambda: _levels(answers)),
            *_or_why_not("fpcalc", lambda: _fingerprints(answers)),
        ),
    )


def _ask() -> list[Answers]:
    ask_ffmpeg, ask_fpcalc = (not peers.missing(program) for program in ("ffmpeg", "fpcalc"))
    workers = Children(at_once=_AT_ONCE, reuse=True)

    def ask(file: File) -> Answers:
        path = path_of(file)
        return Answers(
            file=file,
            ours=workers.run(_HEARD, {"audio": str(path)}, lambda _fraction, _text: None, timeout_s=_TIMEOUT_S),
            levels=peers.levels(path) if ask_ffmpeg else None,
            words=peers.words(path) if ask_fpcalc else None,
        )

    try:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(ask, FILES))
    finally:
        workers.stop()


def _or_why_not(program: str, numbers: Callable[[], Iterator[Number]]) -> Iterator[Number]:
    if reason := peers.missing(program):
        yield Number(what=f"beside {program}", unit="files", runs=(0,), beside=reason)
    else:
        yield from numbers()


# --- levels ----------------------------------------------------------------------------------------------------------


def _levels(answers: Sequence[Answers]) -> Iterator[Number]:
    told = [(answer.file.name, answer.ours, answer.levels) for answer in answers if answer.levels]
    loudness = [(name, ours["integrated_lufs"], theirs.integrated_lufs) for name, ours, theirs in told]
    peaks = [(name, ours["true_peak_dbtp"], theirs.true_peak_dbtp) for name, ours, theirs in told]
    yield from _summed("loudness", "LU", _both(loudness), _LOUDNESS_LIMIT_LU)
    yield from _summed("true peak", "dB", _both(peaks), _TRUE_PEAK_LIMIT_DB)
    one_sided = [name for name, ours, theirs in (*loudness, *peaks) if (ours is None) != (theirs is None)]
    yield Number(
        what="only one of the two hears anything", unit="files", runs=(len(one_sided),), beside="; ".join(one_sided)
    )


def _both(levels: Sequence[tuple[str, float | None, float | None]]) -> list[Difference]:
    return [
        Difference(name, abs(ours - theirs)) for name, ours, theirs in levels if ours is not None and theirs is not None
    ]


# --- fingerprints ----------------------------------------------------------------------------------------------------


def _fingerprints(answers: Sequence[Answers]) -> Iterator[Number]:
    told = [
        (answer.file, np.array(answer.ours["fingerprint"], np.uint32), answer.words)
        for answer in answers
        if answer.words is not None
    ]
    compared = [(file, *turned_bits(ours, theirs)) for file, ours, theirs in told]
    errors = {
        is_test_signal: [
            Difference(file.name, turned / max(bits, 1))
            for file, turned, bits in compared
            if file.is_test_signal == is_test_signal
        ]
        for is_test_signal in (False, True)
    }
    yield from _summed("fingerprint", "of the bits", errors[False], _BIT_ERROR_LIMIT)
    turned, bits = (sum(counts) for counts in list(zip(*compared, strict=True))[1:])
    yield Number(what="fingerprint: everything as one", unit="of the bits", runs=(turned / bits,), role="part")
    yield Number(
        what="fingerprint: signals that hold nothing to know again",
        unit="of the bits",
        runs=tuple(error.size for error in errors[True]),
        role="part",
        beside=_named(errors[True]),
    )
    lengths = [Difference(file.name, abs(len(ours) - len(theirs))) for file, ours, theirs in told]
    yield from _summed("fingerprint's length", "words", lengths, 1)


def turned_bits(one: Words, other: Words) -> tuple[int, int]:
    """How many bits differ, and of how many, as far as both go."""
    common = min(len(one), len(other))
    differing = one[:common] ^ other[:common]
    return int(np.bitwise_count(differing).sum()), common * _WORD_BITS


# --- both ------------------------------------------------------------------------------------------------------------


def _summed(what: str, unit: str, differences: Sequence[Difference], limit: float) -> Iterator[Number]:
    largest = max(difference.size for difference in differences)
    beyond = sum(difference.size > limit for difference in differences)
    number = Number(what=f"{what}: largest difference", unit=unit, runs=(largest,)).within(limit)
    yield number.with_word(f"{beyond} of {len(differences)} files beyond").with_word(_named(differences))
    yield Number(
        what=f"{what}: half of the files differ less than", unit=unit, runs=(_median(differences),), role="part"
    )


def _named(differences: Sequence[Difference]) -> str:
    worst = sorted(differences, key=lambda difference: -difference.size)[:_SHOWN]
    return "; ".join(f"{difference.size:.2g} {difference.name}" for difference in worst if difference.size)


def _median(differences: Sequence[Difference]) -> float:
    return float(np.median([difference.size for difference in differences]))
