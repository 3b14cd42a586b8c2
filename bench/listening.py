"""Tempo and key of rendered grooves whose truth is known, beside essentia and librosa; what our confidence is worth.

Within 1 % is right for a tempo; half and double are counted apart. MIREX gives a key that is a fifth off half a point,
the relative one 0.3, the parallel one 0.2.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soxr

from bench import kept
from bench.report import Number, Report, Role
from bench.truth import sound
from bench.truth.rendering import Piece, copied, rendered
from bench.truth.sound import Coding
from daemon.keys import spelled
from daemon.models import Key, Tempo
from daemon.pipeline.listening import chroma, chromaprint, onset
from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.key import tonality
from daemon.pipeline.listening.tempo import tempo

_SEEDS = (7, 99)
_COPIES = (sound.MP3_128, sound.OPUS_96)
_LEAST_TEMPO, _LEAST_KEY, _MOST_LOST_BY_CODEC = 0.88, 0.65, 0.03
_MOST_FALSE_DRIFT, _LARGEST_ERROR_BPM = 0.02, 0.05

_TEMPO_REACH = 0.01
_OCTAVES = (0.5, 1.0, 2.0)
_CONFIDENCE_BINS = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0))
_KEYS = [spelled(key) for key in range(24)]
_FIFTHS, _FIFTH_POINTS, _RELATIVE_POINTS, _PARALLEL_POINTS = (5, 7), 0.5, 0.3, 0.2

_PEERS = {"essentia": ("essentia==2.1b6.dev1389",), "librosa": ("librosa==0.11.0",)}
_PEER_SCRIPT = Path(__file__).with_name("listening_peers.py")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Heard:
    """What we say about one file, and the CPU time it took."""

    piece: Piece
    tempo: Tempo | None
    key: Key | None
    duration_s: float
    tempo_cpu_s: float
    key_cpu_s: float

    @property
    def bpm(self) -> float:
        return self.tempo.bpm if self.tempo else 0.0

    @property
    def tempo_is_right(self) -> bool:
        return _is_near(self.bpm, self.piece.groove.bpm)

    @property
    def key_index(self) -> int | None:
        return _KEYS.index(self.key.name) if self.key else None

    @property
    def key_is_right(self) -> bool:
        return self.key_index == self.piece.groove.key


def measure() -> Report:
    seeds = {seed: rendered(seed, kept.folder(f"grooves-{seed}")) for seed in _SEEDS}
    ours = {seed: [_listen(piece) for piece in pieces] for seed, pieces in seeds.items()}
    everything = [heard for seed in _SEEDS for heard in ours[seed]]
    numbers = [number for seed, heard in ours.items() for number in _accuracy(f"seed {seed}", heard)]
    for coding in _COPIES:
        for seed, pieces in seeds.items():
            numbers += _copies(seed, coding, ours[seed], [_listen(copied(piece, coding)) for piece in pieces])
    numbers += [*_confidence(everything), *_exactness(everything), *_speed(everything)]
    remarks = []
    for peer, packages in _PEERS.items():
        try:
            numbers += _peer(peer, packages, seeds)
        except subprocess.CalledProcessError as error:
            remarks.append(f"{peer} is left out, its packages could not be had ({error}).")
    about = (
        "48 rendered grooves of 150 s to a seed, every key twice, sixteen styles three times. Seeds 7 and 99 are for "
    )
    about += "development. Speeds are from mono sound at 44.1 kHz in memory, of CPU time in one thread."
    return Report(name="listening", about=" ".join((about, *remarks)), numbers=tuple(numbers))


# --- ours ------------------------------------------------------------------------------------------------------------


def _listen(piece: Piece) -> Heard:
    planar, rate_hz = sound.read(piece.path)
    mono = planar.mean(axis=0)
    begun = time.process_time()
    for_tempo = _resampled(mono, rate_hz, onset.SAMPLE_RATE_HZ)
    heard_tempo = tempo(for_tempo)
    between = time.process_time()
    for_fingerprint = _resampled(for_tempo, onset.SAMPLE_RATE_HZ, chromaprint.SAMPLE_RATE_HZ)
    heard_key = tonality(_resampled(for_fingerprint, chromaprint.SAMPLE_RATE_HZ, chroma.SAMPLE_RATE_HZ))
    return Heard(
        piece=piece,
        tempo=heard_tempo,
        key=heard_key.key if heard_key else None,
        duration_s=len(mono) / rate_hz,
        tempo_cpu_s=between - begun,
        key_cpu_s=time.process_time() - between,
    )


def _resampled(mono: Sound, from_hz: float, to_hz: float) -> Sound:
    resampled: Sound = soxr.resample(mono, from_hz, to_hz, "LQ")
    return resampled


def _accuracy(where: str, heard: Sequence[Heard]) -> Iterator[Number]:
    tempi = [(each.bpm, each.piece.groove.bpm) for each in heard]
    keys = [(each.key_index, each.piece.groove.key) for each in heard]
    yield _at_least(_tempo_number(f"{where}: tempo, ours", tempi, "ours"), _LEAST_TEMPO)
    yield _at_least(_key_number(f"{where}: key, ours", keys, "ours"), _LEAST_KEY)


def _copies(seed: int, coding: Coding, originals: Sequence[Heard], copies: Sequence[Heard]) -> Iterator[Number]:
    questions: tuple[tuple[str, Callable[[Heard], bool]], ...] = (
        ("tempo", lambda heard: heard.tempo_is_right),
        ("key", lambda heard: heard.key_is_right),
    )
    for what, is_right in questions:
        share, before = (statistics.fmean(map(is_right, heard)) for heard in (copies, originals))
        verdict = "kept" if before - share <= _MOST_LOST_BY_CODEC else "BROKEN"
        word = f"{share - before:+.3f} against FLAC, limit -{_MOST_LOST_BY_CODEC}: {verdict}"
        yield Number(what=f"seed {seed}, {coding.name}: {what}, ours", unit="right", runs=(share,), beside=word)


def _confidence(heard: Sequence[Heard]) -> Iterator[Number]:
    tempi = [(each.tempo.confidence, each.tempo_is_right) for each in heard if each.tempo]
    keys = [(each.key.confidence, each.key_is_right) for each in heard if each.key]
    for what, answers in (("tempo", tempi), ("key", keys)):
        for low, high in _CONFIDENCE_BINS:
            inside = [answer for answer in answers if low <= answer[0] < high or answer[0] == high == 1]
            if inside:
                stated, right = (statistics.fmean(column) for column in zip(*inside, strict=True))
                yield Number(
                    what=f"{what}, where the confidence is {low} to {high}",
                    unit="right",
                    runs=(right,),
                    role="part",
                    beside=f"{len(inside)} of them; the confidence says {stated:.2f}",
                )


def _exactness(heard: Sequence[Heard]) -> Iterator[Number]:
    errors = [abs(each.bpm - each.piece.groove.bpm) for each in heard if each.tempo_is_right]
    drifting = statistics.fmean(each.tempo is not None and not each.tempo.steady for each in heard)
    error = Number(what="error of a right tempo", unit="BPM", runs=tuple(errors)).within(_LARGEST_ERROR_BPM)
    yield error.with_word(f"at most {max(errors):.3f}")
    yield Number(what="steady ones called drifting", unit="share", runs=(drifting,)).within(_MOST_FALSE_DRIFT)


def _speed(heard: Sequence[Heard]) -> Iterator[Number]:
    yield _realtime("tempo, ours", [each.duration_s / each.tempo_cpu_s for each in heard], "ours")
    yield _realtime("key, ours", [each.duration_s / each.key_cpu_s for each in heard], "ours")


# --- peers -----------------------------------------------------------------------------------------------------------


class _Peer:
    """A process in an environment of its own, started when it is first needed."""

    def __init__(self, name: str, packages: Sequence[str]) -> None:
        self._name, self._packages = name, packages
        self._process: subprocess.Popen[str] | None = None

    def hear(self, path: Path) -> dict[str, dict[str, float]]:
        question = ("listening", _PEER_SCRIPT.read_text(), self._name, *self._packages)
        answer: dict[str, dict[str, float]] = kept.answer(question, path, lambda: self._ask(path))
        return answer

    def _ask(self, path: Path) -> Any:
        if self._process is None:
            python = kept.environment(f"listening-{self._name}", self._packages)
            command = [str(python), str(_PEER_SCRIPT), self._name]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | _ONE_THREAD,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(path, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise subprocess.CalledProcessError(self._process.wait(), self._process.args)
        return json.loads(line)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()


def _peer(name: str, packages: Sequence[str], seeds: dict[int, list[Piece]]) -> Iterator[Number]:
    numbers: list[Number] = []
    speeds: dict[str, list[float]] = {}
    with closing(_Peer(name, packages)) as peer:
        for seed, pieces in seeds.items():
            print(f"asking {name} about seed {seed} …", file=sys.stderr)
            answers = [peer.hear(piece.path) for piece in pieces]
            for what in answers[0]:
                values = [answer[what]["value"] for answer in answers]
                numbers.append(_peer_number(f"seed {seed}: {what}, {name}", what, values, pieces))
                durations = [sound.duration_s(piece.path) for piece in pieces]
                cpu_s = [answer[what]["cpu_s"] for answer in answers]
                speeds.setdefault(what, []).extend(d / c for d, c in zip(durations, cpu_s, strict=True))
    yield from numbers
    for what, runs in speeds.items():
        yield _realtime(f"{what}, {name}", runs, "peer")


def _peer_number(label: str, what: str, values: Sequence[float], pieces: Sequence[Piece]) -> Number:
    if what.startswith("key"):
        return _key_number(label, [(int(v), p.groove.key) for v, p in zip(values, pieces, strict=True)], "peer")
    return _tempo_number(label, [(v, p.groove.bpm) for v, p in zip(values, pieces, strict=True)], "peer")


# --- what is right ---------------------------------------------------------------------------------------------------


def _is_near(bpm: float, true_bpm: float) -> bool:
    return abs(bpm / true_bpm - 1) <= _TEMPO_REACH


def _mirex_points(heard: int | None, true: int) -> float:
    if heard is None:
        return 0.0
    if heard == true:
        return 1.0
    if (heard < 12) == (true < 12):
        return _FIFTH_POINTS if (heard - true) % 12 in _FIFTHS else 0.0
    if heard % 12 == true % 12:
        return _PARALLEL_POINTS
    minor, major = max(heard, true), min(heard, true)
    return _RELATIVE_POINTS if (minor + 3) % 12 == major else 0.0


def _tempo_number(what: str, tempi: Sequence[tuple[float, float]], role: Role) -> Number:
    """Of pairs of what was heard and what is true."""
    right = statistics.fmean(_is_near(heard, true) for heard, true in tempi)
    but_for_octaves = statistics.fmean(any(_is_near(heard, true * by) for by in _OCTAVES) for heard, true in tempi)
    return Number(what=what, unit="right", runs=(right,), role=role, beside=f"octave allowed {but_for_octaves:.3f}")


def _key_number(what: str, keys: Sequence[tuple[int | None, int]], role: Role) -> Number:
    right = statistics.fmean(heard == true for heard, true in keys)
    points = statistics.fmean(_mirex_points(heard, true) for heard, true in keys)
    return Number(what=what, unit="right", runs=(right,), role=role, beside=f"MIREX {points:.3f}")


def _at_least(number: Number, limit: float) -> Number:
    return number.with_word(f"at least {limit}: {'kept' if number.median >= limit else 'BROKEN'}")


def _realtime(what: str, runs: Sequence[float], role: Role) -> Number:
    return Number(what=f"speed: {what}", unit="x realtime", runs=tuple(runs), role=role)
