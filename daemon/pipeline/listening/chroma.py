"""Which pitch classes sound, and how far the tuning is from A = 440 Hz.

The sound (mono, 5,512.5 Hz: nothing above 800 Hz is needed) is cut into frames of 0.74 s. In each, the spectral peaks
that stand out of their surroundings are located between the bins by a parabola through their logarithms. Dividing by
the surroundings whitens the spectrum, so that a bass does not outweigh a pad. The mean fractional part of the peaks'
pitches is the tuning; it is taken away. Every peak then votes for the notes of which it may be the first, second,
third or fourth harmonic, less for the higher ones and less the more it lies between two notes. A frame counts by how
loud it is, gently compressed.

The sound may come in blocks. The peaks wait, without their votes, until the tuning is known, which is at the end; but
no more than a million of them, an hour and a half of music: then the tuning is taken to be that of all that was heard
until then, they vote, and the next million is gathered. Of a frame only its twelve sums are kept, half a megabyte an
hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Framer, Sound, Spectrum, Tape, moving_mean

SAMPLE_RATE_HZ = 5512.5
FRAME = 4096
HOP = 2048

_LOWEST_HZ, _HIGHEST_HZ = 80.0, 800.0
_FIRST_BIN = int(_LOWEST_HZ * FRAME / SAMPLE_RATE_HZ) - 2
_END_BIN = int(_HIGHEST_HZ * FRAME / SAMPLE_RATE_HZ) + 2
_MIDDLE_C_HZ = 261.6255653

_SURROUNDINGS_BINS = 60
_STANDS_OUT = 0.8
"""A peak is kept when it reaches this share of its surroundings' mean."""
_WHITENING = 0.3
"""Exponent: 0 leaves the spectrum alone, 1 flattens it."""
_COMPRESSION = 0.8
_HARMONICS = 4
_HARMONIC_DECAY = 0.75
_FRAME_LOUDNESS_EXPONENT = 0.6
_TINY = np.float32(1e-9)
_MOST_WAITING = 2**20
"""12 MB of peaks. Noise has 130 a frame, music some 75."""


@dataclass(frozen=True, slots=True, eq=False)
class Chroma:
    """What was heard of the twelve pitch classes."""

    frames: npt.NDArray[np.float64]
    """(frames, 12), C first; a row's sum is the frame's weight."""
    tuning_cents: float
    """-50 to 50, against A = 440 Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class _Peaks:
    """Of a few frames that were heard together."""

    frames: int
    frame: npt.NDArray[np.int32]
    """Counted from the first of these."""
    pitch: npt.NDArray[np.float32]
    """In semitones above middle C."""
    amplitude: npt.NDArray[np.float32]


class ChromaListener:
    """Hears the pitch classes of mono sound at 5,512.5 Hz that comes in blocks."""

    def __init__(self) -> None:
        self._framer = Framer(_window(), HOP, _FIRST_BIN, _END_BIN)
        self._loudness = Tape(1)
        self._votes = Tape(12)
        self._tuning = 0j
        """Every peak's amplitude, turned by the fractional part of its pitch, summed."""
        self._waiting: list[_Peaks] = []
        self._peaks_waiting = 0

    def take(self, block: Sound) -> None:
        """The next block, of any length."""
        for spectrum in self._framer.take(block):
            self._hear(spectrum)

    def chroma(self) -> Chroma | None:
        """The pitch classes frame by frame; None for silence, and for less than one frame of sound. To be asked once,
        when everything was taken."""
        for spectrum in self._framer.rest():
            self._hear(spectrum)
        self._vote()
        votes, loudness = self._votes.rows(), self._loudness.rows()
        if not votes.any():
            return None
        weight = (loudness / (loudness.max() + _TINY)) ** _FRAME_LOUDNESS_EXPONENT
        return Chroma(frames=votes * weight.astype(np.float64), tuning_cents=100 * self._tuning_semitones())

    def _hear(self, spectrum: Spectrum) -> None:
        magnitude = np.abs(spectrum)
        self._loudness.add(magnitude.sum(axis=1))
        peaks = _peaks(magnitude)
        turned = np.float32(2 * np.pi) * (peaks.pitch - np.round(peaks.pitch))
        self._tuning += complex(peaks.amplitude @ np.cos(turned), peaks.amplitude @ np.sin(turned))
        self._waiting.append(peaks)
        self._peaks_waiting += len(peaks.pitch)
        if self._peaks_waiting >= _MOST_WAITING:
            self._vote()

    def _vote(self) -> None:
        for peaks in self._waiting:
            votes = _votes(peaks, self._tuning_semitones())
            self._votes.add(votes / (votes.sum(axis=1, keepdims=True) + _TINY))
        self._waiting, self._peaks_waiting = [], 0

    def _tuning_semitones(self) -> float:
        return float(np.angle(self._tuning) / (2 * np.pi))


def chroma(sound: Sound) -> Chroma | None:
    """The same of a whole sound."""
    listener = ChromaListener()
    listener.take(sound)
    return listener.chroma()


def _peaks(magnitude: Sound) -> _Peaks:
    surroundings = moving_mean(magnitude, _SURROUNDINGS_BINS)[:, 1:-1]
    left, middle, right = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    is_peak = (middle > left) & (middle >= right) & (middle > _STANDS_OUT * surroundings)
    frame, column = np.nonzero(is_peak)
    height = middle[is_peak]
    offset = _vertex(left[is_peak], height, right[is_peak])
    frequency_hz = (column + (1 + _FIRST_BIN) + offset) * (SAMPLE_RATE_HZ / FRAME)
    inside = (frequency_hz >= _LOWEST_HZ) & (frequency_hz <= _HIGHEST_HZ)
    amplitude = height / (surroundings[is_peak] + _TINY) ** _WHITENING
    return _Peaks(
        frames=len(magnitude),
        frame=frame[inside].astype(np.int32),
        pitch=12 * np.log2(frequency_hz[inside].astype(np.float32) / np.float32(_MIDDLE_C_HZ)),
        amplitude=amplitude[inside],
    )


def _vertex(left: Sound, middle: Sound, right: Sound) -> Sound:
    """Where between -½ and ½ the parabola through three neighbours' logarithms is highest."""
    low, top, high = (np.log(value + _TINY) for value in (left, middle, right))
    curvature = low - 2 * top + high
    offset = np.where(curvature < 0, 0.5 * (low - high) / np.minimum(curvature, -_TINY), 0)
    return np.clip(offset, -0.5, 0.5)


def _votes(peaks: _Peaks, tuning_semitones: float) -> npt.NDArray[np.float64]:
    """(frames, 12): every peak's votes for the notes it may be a harmonic of."""
    pitch = peaks.pitch - np.float32(tuning_semitones)
    strength = peaks.amplitude**_COMPRESSION
    votes = np.zeros(peaks.frames * 12)
    for harmonic in range(1, _HARMONICS + 1):
        fundamental = pitch - np.float32(12 * np.log2(harmonic))
        note = np.round(fundamental)
        weight = strength * _HARMONIC_DECAY ** (harmonic - 1) * np.cos(np.pi * (fundamental - note)) ** 2
        votes += np.bincount(peaks.frame * 12 + note.astype(np.intp) % 12, weight, minlength=peaks.frames * 12)
    return votes.reshape(peaks.frames, 12)


@cache
def _window() -> Sound:
    return np.hanning(FRAME).astype(np.float32)
