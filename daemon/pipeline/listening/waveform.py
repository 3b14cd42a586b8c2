"""What the samples themselves show: silence at the ends, clipping, drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.models import Loudness, Tempo
from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.pieces import Piece

_SILENCE = 10 ** (-60 / 20)
"""-60 dBFS, as FFmpeg's `silencedetect` has it."""
_FULL_SCALE = np.float32(32767 / 32768)
"""The highest value that 16 bits hold."""
_SHORTEST_PLATEAU = 3
"""Samples in a row at full scale: one or two are a peak that was normalised, three are a peak that was cut."""

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


class SilenceMeter:
    """How long it is silent before the first and after the last sound."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._samples = 0
        self._first: int | None = None
        self._last = 0

    def take(self, piece: Piece) -> None:
        audible = np.flatnonzero(piece.reach.max(axis=0) > _SILENCE)
        if len(audible):
            if self._first is None:
                self._first = self._samples + int(_audible_samples(piece, audible[0])[0])
            self._last = self._samples + int(_audible_samples(piece, audible[-1])[-1])
        self._samples += piece.samples.shape[1]

    def silence(self) -> Silence:
        """In everything that was taken."""
        if self._first is None:
            return Silence(self._samples / self._rate_hz, 0.0, throughout=True)
        behind = self._samples - 1 - self._last
        return Silence(self._first / self._rate_hz, behind / self._rate_hz, throughout=False)


class ClippingMeter:
    """How many samples lie in plateaus of three or more at or beyond full scale."""

    def __init__(self) -> None:
        self._clipped = 0
        self._unfinished: dict[tuple[int, int], int] = {}
        """By channel and side: how long a plateau is that the last piece ended in."""

    def take(self, piece: Piece) -> None:
        for channel, samples in enumerate(piece.samples):
            for side, peaks in ((1, piece.highest[channel]), (-1, -piece.lowest[channel])):
                bins = np.flatnonzero(peaks >= _FULL_SCALE)
                found = _at_full_scale(samples, side, bins, piece.bin_samples)
                before = self._unfinished.pop((channel, side), 0)
                self._count(found, len(samples), (channel, side), before)

    def clipped_samples(self) -> int:
        """In everything that was taken."""
        return self._clipped + sum(_long_enough(length) for length in self._unfinished.values())

    def _count(self, positions: npt.NDArray[np.intp], end: int, where: tuple[int, int], before: int) -> None:
        """Counts the rows of neighbours among ascending positions; the last one may go on in the next piece."""
        edges = np.flatnonzero(np.diff(positions) != 1) + 1
        lengths = np.diff(np.concatenate(([0], edges, [len(positions)])))
        if len(positions) and positions[0] == 0:
            lengths[0] += before
        else:
            self._clipped += _long_enough(before)
        if len(positions) and positions[-1] == end - 1:
            self._unfinished[where] = int(lengths[-1])
            lengths = lengths[:-1]
        self._clipped += int(lengths[lengths >= _SHORTEST_PLATEAU].sum())


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


def _audible_samples(piece: Piece, audible_bin: np.intp) -> npt.NDArray[np.intp]:
    """Where in the piece the samples of this bin are that can be heard."""
    start = int(audible_bin) * piece.bin_samples
    samples = np.abs(piece.samples[:, start : start + piece.bin_samples])
    return start + np.flatnonzero((samples > _SILENCE).any(axis=0))


def _at_full_scale(samples: Sound, side: int, bins: npt.NDArray[np.intp], bin_samples: int) -> npt.NDArray[np.intp]:
    """Where in these bins of a channel the samples are at or beyond full scale on that side of zero."""
    if not len(bins):
        return np.zeros(0, np.intp)
    positions = (bins[:, None] * bin_samples + np.arange(bin_samples)).ravel()
    positions = positions[: np.searchsorted(positions, len(samples))]  # the last bin may not be full
    found: npt.NDArray[np.intp] = positions[samples[positions] * np.float32(side) >= _FULL_SCALE]
    return found


def _long_enough(length: int) -> int:
    return length if length >= _SHORTEST_PLATEAU else 0
