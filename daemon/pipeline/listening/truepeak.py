"""The true peak (BS.1770-4, Annex 2): how high the wave rises between the samples.

The sound is looked at four times as finely (twice from 96 kHz on, as it is from 192 kHz on), by a windowed sinc of
the length and shape that FFmpeg's resampler has by default, so that both find the same peak in hard-clipped sound too.
A wave does not rise far above the samples around it, so only stretches that hold a sample near the highest one are
interpolated: many at once, as one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound

_NEIGHBOURS = 16
"""Samples to either side that a point between two is made from (swresample's `filter_size` of 32)."""
_KAISER_BETA = 9.0
_STRETCH = 32
_STRETCHES_AT_ONCE = 8192
_NEAR_THE_PEAK = 0.5
"""6 dB: a wave at a quarter of the rate, sampled at its worst, hides 3 dB; higher ones hide more, and are weak."""


def true_peak_dbtp(planar: Sound, sample_rate_hz: int) -> float | None:
    """In dB over full scale; None for silence. Never less than the highest sample."""
    if not planar.size:
        return None
    highest = float(max(planar.max(), -planar.min()))
    if highest == 0:
        return None
    factor = _oversampling(sample_rate_hz)
    if factor > 1:
        for stretches in _stretches(planar, _NEAR_THE_PEAK * highest):
            between = stretches @ _interpolator(factor)
            highest = max(highest, float(between.max()), -float(between.min()))
    return round(20 * float(np.log10(highest)), 2)


def _oversampling(sample_rate_hz: int) -> int:
    if sample_rate_hz < 96_000:
        return 4
    return 2 if sample_rate_hz < 192_000 else 1


def _stretches(planar: Sound, threshold: float) -> Iterator[Sound]:
    """The stretches of 32 samples that reach the threshold, with their neighbours to either side."""
    at_once = _STRETCH * _STRETCHES_AT_ONCE
    for channel in planar:
        for start in range(0, len(channel), at_once):
            piece = channel[max(0, start - _NEIGHBOURS) : start + at_once + _NEIGHBOURS]
            padded = np.zeros(at_once + 2 * _NEIGHBOURS, np.float32)
            padded[max(0, _NEIGHBOURS - start) :][: len(piece)] = piece
            inner = padded[_NEIGHBOURS:-_NEIGHBOURS].reshape(-1, _STRETCH)
            near = np.maximum(inner.max(axis=1), -inner.min(axis=1)) >= threshold
            if near.any():
                yield np.lib.stride_tricks.sliding_window_view(padded, _STRETCH + 2 * _NEIGHBOURS)[::_STRETCH][near]


@cache
def _interpolator(factor: int) -> npt.NDArray[np.float32]:
    """(samples of a stretch and its neighbours, points between them): a sinc under a Kaiser window.

    The points lie between a stretch's samples, and between its first sample and the one before."""
    points = (np.arange(_STRETCH)[:, None] - np.arange(1, factor) / factor).ravel()
    samples = np.arange(-_NEIGHBOURS, _STRETCH + _NEIGHBOURS)
    distance = points - samples[:, None]
    inside = 1 - (distance / _NEIGHBOURS) ** 2
    weights = np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(np.maximum(inside, 0))) * (inside > 0)
    weights /= weights.sum(axis=0)
    return np.asarray(weights, np.float32)
