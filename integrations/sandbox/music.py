"""Music made on the spot: pieces of known tempo and key for the twins to serve, and their encodings.

A piece is a loop of eight chords over kick, snare and hat, with a bass and a tune, arranged over its bars. Tempo and
key are plain to hear; its seed chooses progression, tune, rhythm and timbre, so that two seeds are two recordings.
Every sound is rendered once and then laid on the bars that play it: a minute takes far less than a second of CPU.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Literal

import av
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Planar sound, `(channels, samples)`, within -1 and 1."""

Encoding = Literal["opus", "m4a", "mp3", "flac", "wav"]

_TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)
_MAJOR_TRIAD = (0, 4, 7)
_MINOR_TRIAD = (0, 3, 7)

# Chords as semitones above the tonic. A piece goes away from home and back, to the dominant, and around again by
# another way; the dominant is major in minor keys too, so that nobody takes A minor for C major.
_Chord = tuple[int, tuple[int, ...]]
_DOMINANT: _Chord = (7, _MAJOR_TRIAD)
_AWAY_IN_MAJOR: tuple[_Chord, ...] = (
    (0, _MAJOR_TRIAD), (2, _MINOR_TRIAD), (5, _MAJOR_TRIAD), (9, _MINOR_TRIAD)
)  # fmt: skip
_AWAY_IN_MINOR: tuple[_Chord, ...] = (
    (0, _MINOR_TRIAD), (5, _MINOR_TRIAD), (8, _MAJOR_TRIAD), (10, _MAJOR_TRIAD)
)  # fmt: skip

_STEPS = 16
"""Sixteenths in a bar."""
_BASS_RHYTHMS = ((0, 2, 4, 6, 8, 10, 12, 14), (2, 6, 10, 14), (0, 3, 6, 8, 11, 14), (0, 6, 8, 14))
_CHORD_RHYTHMS = ((0,), (0, 6, 11), (2, 6, 10, 14), (0, 3, 8, 11))
_HAT_RHYTHMS = ((2, 6, 10, 14), (0, 2, 4, 6, 8, 10, 12, 14), tuple(range(_STEPS)))
_TABLE_SIZE = 8192
_BASS_OCTAVE = 36
_CHORD_OCTAVE = 48
_TUNE_OCTAVE = 72
_PEAK = 0.89
_FADE_OUT_S = 0.02


@dataclass(frozen=True, slots=True)
class Piece:
    """A recording that does not exist until it is played."""

    title: str
    artist: str
    bpm: float
    key_name: str
    """Musical: `Am`, `F#`, `Eb`."""
    duration_s: float
    seed: int


def play(piece: Piece, sample_rate_hz: int = 48_000) -> Samples:
    """The piece in stereo; the same piece always gives the same samples. Raises ValueError for a key it cannot read."""
    band = _Band(piece, sample_rate_hz)
    bar_s = 4 * 60 / piece.bpm
    length = round(piece.duration_s * sample_rate_hz)
    bars = math.ceil(piece.duration_s / bar_s)
    sound = np.zeros((2, length), np.float32)
    for name, loop in band.layers().items():
        for bar in range(bars):
            if _plays(name, bar, bars):
                _lay(sound, loop[bar % len(loop)], round(bar * bar_s * sample_rate_hz))
    sound *= _PEAK / max(float(np.abs(sound).max(initial=0.0)), 1e-9)
    fade = min(length, round(_FADE_OUT_S * sample_rate_hz))
    sound[:, length - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


_Layer = Literal["kick", "snare", "hat", "bass", "chords", "tune"]


def _plays(layer: _Layer, bar: int, bars: int) -> bool:
    """The arrangement: an eighth of the piece without bass and tune at each end, and a break without the kick. A piece
    of fewer than eight bars has no room for that: everybody plays."""
    eighth = bars // 8
    if layer in ("hat", "chords") or eighth == 0:
        return True
    if layer in ("kick", "snare"):
        return not 5 * eighth <= bar < 6 * eighth
    return eighth <= bar < bars - eighth


def _lay(onto: Samples, sound: Samples, start: int) -> None:
    """Mixes `sound` in at `start`; what would stand past the end is left out."""
    room = max(0, min(sound.shape[1], onto.shape[1] - start))
    onto[:, start : start + room] += sound[:, :room]


class _Band:
    """The players of one piece: what its seed chose, and one bar of each layer for each chord."""

    def __init__(self, piece: Piece, sample_rate_hz: int) -> None:
        self._rng = np.random.default_rng(piece.seed)
        self._rate_hz = sample_rate_hz
        self._step_s = 60 / piece.bpm / 4
        self._tonic, minor = _read_key(piece.key_name)
        self._scale = _MINOR_SCALE if minor else _MAJOR_SCALE
        self._chords = self._progression(minor)
        self._bass_steps = _BASS_RHYTHMS[self._rng.integers(len(_BASS_RHYTHMS))]
        self._chord_steps = _CHORD_RHYTHMS[self._rng.integers(len(_CHORD_RHYTHMS))]
        self._hat_steps = _HAT_RHYTHMS[self._rng.integers(len(_HAT_RHYTHMS))]
        self._bass_wave = self._wave(brightness=2.5)
        self._chord_wave = self._wave(brightness=1.6)
        self._tune_wave = self._wave(brightness=1.2)

    def _progression(self, minor: bool) -> list[_Chord]:
        home = (0, _MINOR_TRIAD if minor else _MAJOR_TRIAD)
        ways = _AWAY_IN_MINOR if minor else _AWAY_IN_MAJOR
        away = [ways[choice] for choice in self._rng.integers(len(ways), size=4)]
        return [home, away[0], home, _DOMINANT, home, *away[1:]]

    def layers(self) -> dict[_Layer, list[Samples]]:
        """For each layer its bars, one for each chord (drums need only one)."""
        return {
            "kick": [self._bar({step: self._kick() for step in (0, 4, 8, 12)}, pan=0.0)],
            "snare": [self._bar({step: self._snare() for step in (4, 12)}, pan=0.1)],
            "hat": [self._bar({step: self._hat() for step in self._hat_steps}, pan=-0.3)],
            "bass": [self._bass_bar(root) for root, _ in self._chords],
            "chords": [self._chord_bar(root, triad) for root, triad in self._chords],
            "tune": [self._tune_bar(root, triad) for root, triad in self._chords],
        }

    # --- one bar of each -------------------------------------------------------------------------------------------

    def _bass_bar(self, root: int) -> Samples:
        note = 0.34 * self._note(self._bass_wave, _BASS_OCTAVE + (self._tonic + root) % 12, 1.7)
        return self._bar(dict.fromkeys(self._bass_steps, note), pan=0.0)

    def _chord_bar(self, root: int, triad: tuple[int, ...]) -> Samples:
        steps = _STEPS / len(self._chord_steps)
        first = _CHORD_OCTAVE + (self._tonic + root) % 12
        chord = 0.13 * np.sum([self._note(self._chord_wave, first + tone, steps) for tone in triad], axis=0)
        return self._bar(dict.fromkeys(self._chord_steps, chord), pan=-0.15)

    def _tune_bar(self, root: int, triad: tuple[int, ...]) -> Samples:
        """Chord tones on the beats, notes of the scale between them."""
        notes = {}
        for step in sorted(self._rng.choice(np.arange(0, _STEPS, 2), size=5, replace=False)):
            tone = root + triad[self._rng.integers(len(triad))]
            if step % 4:
                tone = self._scale[self._rng.integers(len(self._scale))]
            midi = _TUNE_OCTAVE + (self._tonic + tone) % 12
            notes[int(step)] = 0.26 * self._note(self._tune_wave, midi, self._rng.choice([2.0, 4.0]))
        return self._bar(notes, pan=0.3)

    def _bar(self, hits: dict[int, Samples], pan: float) -> Samples:
        """One bar with a sound on each of these sixteenths, its tail included; `pan` is -1 (left) to 1."""
        starts = {step: round(step * self._step_s * self._rate_hz) for step in hits}
        bar = np.zeros((1, max(starts[step] + sound.size for step, sound in hits.items())), np.float32)
        for step, sound in hits.items():
            _lay(bar, sound[np.newaxis], starts[step])
        return np.concatenate([bar * (1 - max(pan, 0.0)), bar * (1 + min(pan, 0.0))])

    # --- sounds ------------------------------------------------------------------------------------------------------

    def _wave(self, brightness: float) -> Samples:
        """One cycle of a timbre; harmonics fall off by `brightness`, unevenly, as the seed will have it."""
        phase = np.arange(_TABLE_SIZE) * (2 * np.pi / _TABLE_SIZE)
        strengths = self._rng.uniform(0.2, 1.0, 8) / np.arange(1, 9) ** brightness
        strengths[0] = 1.0
        cycle = sum(strength * np.sin(phase * (n + 1)) for n, strength in enumerate(strengths))
        return np.asarray(cycle / strengths.sum(), np.float32)

    def _note(self, wave: Samples, midi: int, steps: float) -> Samples:
        """A note of that many sixteenths, with a soft attack and a decay that ends in silence."""
        frequency_hz = 440 * 2 ** ((midi - 69) / 12)
        time_s = self._times(steps * self._step_s)
        cycle = wave[(time_s * (frequency_hz * _TABLE_SIZE)).astype(np.int64) % _TABLE_SIZE]
        left = 1 - time_s / (steps * self._step_s)
        return np.asarray(cycle * np.minimum(time_s / 0.004, 1) * left, np.float32)

    def _kick(self) -> Samples:
        time_s = self._times(0.22)
        swoop = 48 * time_s + 110 * 0.03 * (1 - np.exp(-time_s / 0.03))
        return np.asarray(0.8 * np.sin(2 * np.pi * swoop) * np.exp(-time_s / 0.07), np.float32)

    def _snare(self) -> Samples:
        time_s = self._times(0.16)
        body = 0.4 * np.sin(2 * np.pi * 185 * time_s) + 0.6 * self._noise(time_s.size)
        return np.asarray(0.4 * body * np.exp(-time_s / 0.04), np.float32)

    def _hat(self) -> Samples:
        time_s = self._times(0.05)
        hiss = np.diff(self._noise(time_s.size), prepend=0.0)
        return np.asarray(0.16 * hiss * np.exp(-time_s / 0.012), np.float32)

    def _times(self, duration_s: float) -> npt.NDArray[np.float64]:
        return np.arange(round(duration_s * self._rate_hz)) / self._rate_hz

    def _noise(self, size: int) -> npt.NDArray[np.float64]:
        return self._rng.uniform(-1, 1, size)


def _read_key(name: str) -> tuple[int, bool]:
    """`Bbm` -> (10, True): the tonic's pitch class, and whether it is minor."""
    minor = name.endswith("m")
    letter, accidental = name[:1], name[1:].removesuffix("m")
    if letter not in _TONICS or accidental not in _ACCIDENTALS:
        raise ValueError(f"{name!r} is not a key: write it like Am, F# or Eb.")
    return (_TONICS[letter] + _ACCIDENTALS[accidental]) % 12, minor


# --- encodings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Recipe:
    container: str
    codec: Literal["libopus", "aac", "libmp3lame", "flac", "pcm_s16le"]
    options: dict[str, str]


# `bitexact` leaves out random ids and the time of day: the same piece is the same file.
_RECIPES: dict[Encoding, _Recipe] = {
    "opus": _Recipe("webm", "libopus", {"compression_level": "5"}),
    "m4a": _Recipe("mp4", "aac", {"aac_coder": "fast"}),
    "mp3": _Recipe("mp3", "libmp3lame", {"compression_level": "7"}),
    "flac": _Recipe("flac", "flac", {}),
    "wav": _Recipe("wav", "pcm_s16le", {}),
}
_OPUS_RATE_HZ = 48_000


def encode(samples: Samples, sample_rate_hz: int, encoding: Encoding, bitrate_kbps: int = 128) -> bytes:
    """The sound as a file: Opus in WebM, AAC in MP4, MP3, FLAC or 16-bit WAV. The lossless two have no use for a
    bitrate; Opus is always at 48 kHz."""
    recipe = _RECIPES[encoding]
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    file = io.BytesIO()
    with av.open(file, "w", format=recipe.container, options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(
            recipe.codec, rate=_OPUS_RATE_HZ if encoding == "opus" else sample_rate_hz, options=recipe.options
        )
        stream.layout = layout
        if encoding in ("opus", "m4a", "mp3"):
            stream.bit_rate = bitrate_kbps * 1000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate = sample_rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()
