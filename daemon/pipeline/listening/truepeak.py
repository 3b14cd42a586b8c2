"""The true peak (BS.1770-4, Annex 2): how high the wave rises between the samples.

The sound is looked at four times as finely (twice from 96 kHz on, as it is from 192 kHz on), by a short sinc
interpolator. A wave does not rise far above the samples around it, so only stretches that hold a sample near the
highest one are interpolated: all of them at once, as one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound

_NEIGHBOURS = 6
"""Samples to either side that a point between two is made from."""
_KAISER_BETA = 5.0
_STRETCH = 32
_STRETCHES_AT_ONCE = 8192
_NEAR_THE_PEAK = 0.7
"""3 dB: a wave at a quarter of the rate, sampled at its worst, hides that much."""


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
    """(samples of a stretch and its neighbours, points between them): a sinc under a Kaiser window."""
    offsets = (np.arange(factor) + 0.5) / factor - 0.5
    points = (np.arange(_STRETCH)[:, None] + offsets).ravel()
    samples = np.arange(-_NEIGHBOURS, _STRETCH + _NEIGHBOURS)
    distance = points - samples[:, None]
    reach = _NEIGHBOURS - 0.5 / factor
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    weights = np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(inside)) * (np.abs(distance) < _NEIGHBOURS)
    weights /= weights.sum(axis=0)
    return np.asarray(weights, np.float32)
