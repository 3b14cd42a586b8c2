"""How loud: BS.1770-4 integrated loudness and EBU Tech 3342 loudness range.

The sound is K-weighted and its power taken in steps of 100 ms. Blocks of 400 ms that are silent, or 10 LU below the
mean of the others, are left out of the integrated loudness. The range is the distance between the 10th and the 95th
percentile of blocks of 3 s.

What lies beyond full scale is held at it, as it is in the files that we make and write these numbers into.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daemon.models import Loudness
from daemon.pipeline.listening.pieces import Piece, step_samples
from daemon.pipeline.listening.truepeak import TruePeakMeter
from daemon.pipeline.listening.weighting import LOWEST_RATE_HZ, KWeighting

_Powers = npt.NDArray[np.float64]

_STEPS_PER_BLOCK = 4
_STEPS_PER_SHORT_TERM = 30

_OFFSET_LUFS = -0.691
"""BS.1770: makes up for the shelf's gain at 1 kHz."""
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0
_RANGE_PERCENTILES = (0.10, 0.95)


class LoudnessMeter:
    """The loudness of a sound that comes in pieces, every channel counting alike: of wider sound than stereo there is
    only the mix-down. Of each tenth of a second one number is kept: 80 bytes a second."""

    def __init__(self, channels: int, sample_rate_hz: int) -> None:
        fast_enough = sample_rate_hz >= LOWEST_RATE_HZ
        self._weighting = [KWeighting(sample_rate_hz) for _ in range(channels)] if fast_enough else []
        self._step = step_samples(sample_rate_hz)
        self._step_powers: list[_Powers] = [np.zeros(0)]
        self._true_peak = TruePeakMeter(channels, sample_rate_hz)

    def take(self, piece: Piece) -> None:
        self._true_peak.take(piece)
        if self._weighting:
            steps = piece.samples.shape[1] // self._step  # what is left over of the last piece is no whole step
            powers = np.zeros(steps)
            for weighting, channel in zip(self._weighting, piece.held, strict=True):
                weighted = weighting.take(channel)[: steps * self._step].reshape(steps, self._step)
                powers += np.einsum("ij,ij->i", weighted, weighted) / self._step
            self._step_powers.append(powers)

    def loudness(self) -> Loudness:
        """Of everything that was taken. Integrated is None when the gate leaves nothing or the rate is too low, the
        range when there are less than 3 s, the peak for silence."""
        powers = np.concatenate(self._step_powers)
        return Loudness(
            integrated_lufs=_integrated_lufs(powers),
            range_lu=_range_lu(powers),
            true_peak_dbtp=self._true_peak.dbtp(),
        )


def _integrated_lufs(step_powers: _Powers) -> float | None:
    blocks = _above(_block_powers(step_powers, _STEPS_PER_BLOCK), _power(_ABSOLUTE_GATE_LUFS))
    if not len(blocks):
        return None
    gated = _above(blocks, float(blocks.mean()) * 10 ** (_RELATIVE_GATE_LU / 10))
    return round(_lufs(float(gated.mean())), 2)


def _range_lu(step_powers: _Powers) -> float | None:
    blocks = _above(_block_powers(step_powers, _STEPS_PER_SHORT_TERM), _power(_ABSOLUTE_GATE_LUFS))
    if not len(blocks):
        return None
    gated = _above(blocks, float(blocks.mean()) * 10 ** (_RANGE_GATE_LU / 10))
    quiet, loud = np.quantile(gated, _RANGE_PERCENTILES)
    return round(_lufs(float(loud)) - _lufs(float(quiet)), 2)


def _above(powers: _Powers, threshold: float) -> _Powers:
    above: _Powers = powers[powers > threshold]
    return above


def _lufs(power: float) -> float:
    return _OFFSET_LUFS + 10 * float(np.log10(power))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LUFS) / 10))


def _block_powers(step_powers: _Powers, steps: int) -> _Powers:
    """The mean power of every block of so many steps, one step apart."""
    sums = np.concatenate(([0.0], np.cumsum(step_powers)))
    powers: _Powers = np.maximum(sums[steps:] - sums[:-steps], 0) / steps
    return powers
