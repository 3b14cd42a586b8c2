"""What the samples themselves show: a picture of the wave, silence at the ends, clipping, an offset, drive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.models import Loudness, Tempo
from daemon.pipeline.listening.framing import Sound

PICTURE_POINTS = 1000

_SILENCE = 10 ** (-60 / 20)
"""-60 dBFS, as FFmpeg's `silencedetect` has it."""
_FULL_SCALE = np.float32(32767 / 32768)
"""The highest value that 16 bits hold."""
_SHORTEST_PLATEAU = 3
"""Samples in a row at full scale: one or two are a peak that was normalised, three are a peak that was cut."""
_SEARCHED_AT_ONCE = 1 << 18

_QUIET_LUFS, _LOUD_LUFS = -24.0, -6.0
_WIDE_RANGE_LU = 15.0
_SLOW_BPM, _FAST_BPM = 70.0, 170.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Below -60 dBFS in every channel."""

    start_s: float
    end_s: float
    throughout: bool
    """Nothing is heard at all; then `start_s` is the whole duration."""


def picture(planar: Sound) -> npt.NDArray[np.float32]:
    """(1000, 2): the lowest and the highest sample of any channel in each thousandth of the sound."""
    samples = planar.shape[1]
    if not planar.size:
        return np.zeros((PICTURE_POINTS, 2), np.float32)
    starts = np.arange(PICTURE_POINTS) * samples // PICTURE_POINTS
    lowest = np.minimum.reduceat(planar, starts, axis=1).min(axis=0)
    highest = np.maximum.reduceat(planar, starts, axis=1).max(axis=0)
    return np.stack([lowest, highest], axis=1)


def silence(planar: Sound, sample_rate_hz: int) -> Silence:
    """How long it is silent before the first and after the last sound."""
    samples = planar.shape[1]
    first = _first_audible(planar)
    if first == samples:
        return Silence(samples / sample_rate_hz, 0.0, throughout=True)
    return Silence(first / sample_rate_hz, _first_audible(planar[:, ::-1]) / sample_rate_hz, throughout=False)


def clipped_samples(planar: Sound) -> int:
    """How many samples lie in plateaus of three or more at or beyond full scale."""
    return sum(_on_plateaus(_at_full_scale(channel, sign)) for channel in planar for sign in (1, -1))


def dc_offset(planar: Sound) -> float:
    """The mean of the channel that is furthest off zero, with its sign."""
    if not planar.size:
        return 0.0
    means = planar.mean(axis=1)
    return float(means[np.argmax(np.abs(means))])


def energy(loudness: Loudness, tempo: Tempo | None) -> float:
    """0 to 1, for sorting a crate by drive: mostly how loud, then how evenly so, then how fast where there is a pulse.

    No measurement, but a fixed recipe, so that the same track always sorts to the same place.
    """
    if loudness.integrated_lufs is None:
        return 0.0
    level = _share(loudness.integrated_lufs, _QUIET_LUFS, _LOUD_LUFS)
    evenness = 1 - _share(loudness.range_lu or 0.0, 0, _WIDE_RANGE_LU)
    pace = _share(tempo.bpm, _SLOW_BPM, _FAST_BPM) if tempo else 0.0
    return round(level * (0.6 + 0.2 * evenness + 0.2 * pace), 3)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _first_audible(planar: Sound) -> int:
    """The index of the first sample above silence in any channel, or the number of samples."""
    for start, part in _parts(planar):
        audible = (np.abs(part) > _SILENCE).any(axis=0)
        if audible.any():
            return start + int(np.argmax(audible))
    return int(planar.shape[1])


def _at_full_scale(channel: Sound, sign: int) -> npt.NDArray[np.intp]:
    """Where the channel is at or beyond full scale on that side of zero."""
    found = [start + np.flatnonzero(part * np.float32(sign) >= _FULL_SCALE) for start, part in _parts(channel)]
    return np.concatenate([np.zeros(0, np.intp), *found])


def _on_plateaus(positions: npt.NDArray[np.intp]) -> int:
    """How many of these ascending positions lie in long enough rows of neighbours."""
    edges = np.flatnonzero(np.diff(positions) != 1) + 1
    lengths = np.diff(np.concatenate(([0], edges, [len(positions)])))
    return int(lengths[lengths >= _SHORTEST_PLATEAU].sum())


def _parts(sound: Sound) -> Iterator[tuple[int, Sound]]:
    """Pieces along the last axis that fit the cache, with where they begin."""
    for start in range(0, sound.shape[-1], _SEARCHED_AT_ONCE):
        yield start, sound[..., start : start + _SEARCHED_AT_ONCE]
