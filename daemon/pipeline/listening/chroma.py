"""Which pitch classes sound, and how far the tuning is from A = 440 Hz.

The sound (mono, 5,512.5 Hz: nothing above 800 Hz is needed) is cut into frames of 0.74 s. In each, the spectral peaks
that stand out of their surroundings are located between the bins by a parabola through their logarithms. Dividing by
the surroundings whitens the spectrum, so that a bass does not outweigh a pad. The mean fractional part of the peaks'
pitches is the tuning; it is taken away. Every peak then votes for the notes of which it may be the first, second,
third or fourth harmonic, less for the higher ones and less the more it lies between two notes. A frame counts by how
loud it is, gently compressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound, frame_count, moving_mean, spectra

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


@dataclass(frozen=True, slots=True, eq=False)
class Chroma:
    """What was heard of the twelve pitch classes."""

    frames: npt.NDArray[np.float64]
    """(frames, 12), C first; a row's sum is the frame's weight."""
    tuning_cents: float
    """-50 to 50, against A = 440 Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class _Peaks:
    frame: npt.NDArray[np.intp]
    frequency_hz: npt.NDArray[np.float32]
    amplitude: npt.NDArray[np.float32]


def chroma(sound: Sound) -> Chroma | None:
    """The pitch classes frame by frame; None for silence, and for less than one frame of sound."""
    count = frame_count(len(sound), FRAME, HOP)
    loudness = np.zeros(count, np.float32)
    found = []
    for rows, spectrum in spectra(sound, _window(), HOP, _FIRST_BIN, _END_BIN):
        magnitude = np.abs(spectrum)
        loudness[rows] = magnitude.sum(axis=1)
        found.append(_peaks(magnitude, rows.start))
    peaks = _joined(found)
    if not peaks.amplitude.any():
        return None
    pitch = 12 * np.log2(peaks.frequency_hz / np.float32(_MIDDLE_C_HZ))
    tuning = float(np.angle(np.sum(peaks.amplitude * np.exp(2j * np.pi * pitch))) / (2 * np.pi))
    votes = _votes(peaks.frame, pitch - np.float32(tuning), peaks.amplitude**_COMPRESSION, count)
    weight = (loudness / (loudness.max() + _TINY)) ** _FRAME_LOUDNESS_EXPONENT
    return Chroma(
        frames=votes / (votes.sum(axis=1, keepdims=True) + _TINY) * weight[:, None],
        tuning_cents=100 * tuning,
    )


def _peaks(magnitude: Sound, first_frame: int) -> _Peaks:
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
        frame[inside] + first_frame, frequency_hz[inside].astype(np.float32), amplitude[inside].astype(np.float32)
    )


def _vertex(left: Sound, middle: Sound, right: Sound) -> Sound:
    """Where between -½ and ½ the parabola through three neighbours' logarithms is highest."""
    low, top, high = (np.log(value + _TINY) for value in (left, middle, right))
    curvature = low - 2 * top + high
    offset = np.where(curvature < 0, 0.5 * (low - high) / np.minimum(curvature, -_TINY), 0)
    return np.clip(offset, -0.5, 0.5)


def _joined(parts: list[_Peaks]) -> _Peaks:
    if not parts:
        return _Peaks(np.zeros(0, np.intp), np.zeros(0, np.float32), np.zeros(0, np.float32))
    return _Peaks(
        np.concatenate([part.frame for part in parts]),
        np.concatenate([part.frequency_hz for part in parts]),
        np.concatenate([part.amplitude for part in parts]),
    )


def _votes(
    frame: npt.NDArray[np.intp], pitch: npt.NDArray[np.float32], amplitude: npt.NDArray[np.float32], count: int
) -> npt.NDArray[np.float64]:
    """(frames, 12): every peak's votes for the notes it may be a harmonic of."""
    votes = np.zeros(count * 12)
    for harmonic in range(1, _HARMONICS + 1):
        fundamental = pitch - np.float32(12 * np.log2(harmonic))
        note = np.round(fundamental)
        weight = amplitude * _HARMONIC_DECAY ** (harmonic - 1) * np.cos(np.pi * (fundamental - note)) ** 2
        votes += np.bincount(frame * 12 + note.astype(np.intp) % 12, weight, minlength=count * 12)
    return votes.reshape(count, 12)


@cache
def _window() -> Sound:
    return np.hanning(FRAME).astype(np.float32)
