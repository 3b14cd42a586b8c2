"""The true peak (BS.1770-4, Annex 2): how high the wave rises between the samples.

The sound is looked at four times as finely (twice from 96 kHz on, as it is from 192 kHz on), by a windowed sinc of
the length and shape that FFmpeg's resampler has by default, so that both find the same peak in hard-clipped sound too.
A wave does not rise far above the samples around it, so only stretches that hold a sample near the highest point so far
are interpolated: many at once, as one matrix product, and those with the highest samples first.

Samples beyond full scale are held at it first, as they are in the files that we make.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.pieces import STRETCH, Piece

_NEIGHBOURS = 16
"""Samples to either side that a point between two is made from (swresample's `filter_size` of 32)."""
_KAISER_BETA = 9.0
_WINDOW = STRETCH + 2 * _NEIGHBOURS
_MARGIN = STRETCH + _NEIGHBOURS
"""Of a piece's beginning and end: so much is needed to look across the border between two."""
_AT_ONCE = 512
_NEAR_THE_PEAK = 0.5
"""6 dB below the highest sample: a wave at a quarter of the rate, sampled at its worst, hides 3 dB; higher ones hide
more, and are weak."""


class TruePeakMeter:
    """The true peak of a sound that comes in pieces."""

    def __init__(self, channels: int, sample_rate_hz: int) -> None:
        self._factor = _oversampling(sample_rate_hz)
        self._highest_sample = 0.0
        self._highest = 0.0
        self._border = np.zeros((channels, 2 * _MARGIN), np.float32)
        """The end of the last piece, and the beginning of this one."""
        self._begun = False

    def take(self, piece: Piece) -> None:
        self._highest_sample = max(self._highest_sample, min(1.0, float(piece.reach.max())))
        self._highest = max(self._highest, self._highest_sample)
        if self._factor == 1:
            return
        samples, peaks = _in_whole_stretches(piece)
        self._look_across(samples[:, :_MARGIN])
        if peaks.shape[1] > 2:
            self._look_into(samples[:, STRETCH - _NEIGHBOURS :], peaks[:, 1:-1])
        self._border[:, :_MARGIN] = np.concatenate([self._border[:, :_MARGIN], samples[:, -_MARGIN:]], axis=1)[
            :, -_MARGIN:
        ]

    def dbtp(self) -> float | None:
        """In dB over full scale; None for silence. Never less than the highest sample."""
        if self._begun:
            self._border[:, _MARGIN:] = 0
            self._interpolate(self._border[:, :_WINDOW])
        return round(20 * float(np.log10(self._highest)), 2) if self._highest else None

    def _look_across(self, begin: Sound) -> None:
        """Into the last stretch of the piece before, and the first of this one."""
        self._border[:, _MARGIN : _MARGIN + begin.shape[1]] = begin
        self._border[:, _MARGIN + begin.shape[1] :] = 0
        if self._begun:
            self._interpolate(self._border[:, :_WINDOW])
        self._interpolate(self._border[:, STRETCH:])
        self._begun = True

    def _look_into(self, samples: Sound, peaks: Sound) -> None:
        """Into the stretches whose highest samples are `peaks`; the first begins after the neighbours."""
        channels, stretches = np.nonzero(peaks >= self._threshold)
        heights = peaks[channels, stretches]
        order = np.argsort(heights)[::-1]
        windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW, axis=1)[:, ::STRETCH]
        for start in range(0, len(order), _AT_ONCE):
            rows = order[start : start + _AT_ONCE]
            rows = rows[heights[rows] >= self._threshold]
            if not len(rows):
                return
            self._interpolate(windows[channels[rows], stretches[rows]])

    @property
    def _threshold(self) -> float:
        """A stretch that stays below is not looked into: it does not come near the peak, or cannot get beyond the
        highest point so far, even where all its samples add up."""
        return max(_NEAR_THE_PEAK * self._highest_sample, self._highest / _gain(self._factor))

    def _interpolate(self, windows: Sound) -> None:
        """Looks between the samples of the windows' inner stretches."""
        between = windows @ _interpolator(self._factor)
        self._highest = max(self._highest, float(between.max()), -float(between.min()))


def _oversampling(sample_rate_hz: int) -> int:
    if sample_rate_hz < 96_000:
        return 4
    return 2 if sample_rate_hz < 192_000 else 1


def _in_whole_stretches(piece: Piece) -> tuple[Sound, Sound]:
    """The samples, with silence behind where the last stretch is not whole; and every stretch's highest magnitude."""
    samples, reach = piece.held, np.minimum(piece.reach, 1)
    missing = -samples.shape[1] % STRETCH
    if missing:
        samples = np.pad(samples, ((0, 0), (0, missing)))
    bins = STRETCH // piece.bin_samples
    if bins > 1:
        reach = np.pad(reach, ((0, 0), (0, -reach.shape[1] % bins))).reshape(len(reach), -1, bins).max(axis=2)
    return samples, reach


@cache
def _interpolator(factor: int) -> npt.NDArray[np.float32]:
    """(samples of a stretch and its neighbours, points between them): a sinc under a Kaiser window.

    The points lie between a stretch's samples, and between its first sample and the one before."""
    points = (np.arange(STRETCH)[:, None] - np.arange(1, factor) / factor).ravel()
    samples = np.arange(-_NEIGHBOURS, STRETCH + _NEIGHBOURS)
    distance = points - samples[:, None]
    inside = 1 - (distance / _NEIGHBOURS) ** 2
    weights = np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(np.maximum(inside, 0))) * (inside > 0)
    weights /= weights.sum(axis=0)
    return np.asarray(weights, np.float32)


@cache
def _gain(factor: int) -> float:
    """How high a point between samples may lie when none of them is beyond 1: 2.5 or so, for the worst of signs."""
    return float(np.abs(_interpolator(factor)).sum(axis=0).max())
