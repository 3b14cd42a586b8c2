"""How loud: BS.1770-4 integrated loudness and EBU Tech 3342 loudness range.

The sound is K-weighted (a shelf for the head, a high-pass for the ear's deafness to bass) and its power taken in steps
of 100 ms. Blocks of 400 ms that are silent, or 10 LU below the mean of the others, are left out of the integrated
loudness. The range is the distance between the 10th and the 95th percentile of blocks of 3 s.

The weighting filter is applied in the frequency domain, overlap-save: its impulse response has died away within the
50 ms of context that each stretch is given, and this is faster than running the recursion sample by sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from daemon.models import Loudness
from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.truepeak import true_peak_dbtp

LOWEST_RATE_HZ = 4000
"""The shelf's corner lies at 1,682 Hz: below this rate there is no room for it."""

_Powers = npt.NDArray[np.float64]

_STEPS_PER_S = 10
_STEPS_PER_BLOCK = 4
_STEPS_PER_SHORT_TERM = 30
_CONTEXT_S = 0.05
_STRETCH_STEPS = 4
_STRETCHES_AT_ONCE = 16

_OFFSET_LUFS = -0.691
"""BS.1770: makes up for the shelf's gain at 1 kHz."""
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0
_RANGE_PERCENTILES = (0.10, 0.95)
_CHANNEL_WEIGHTS = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}
"""5.0 and 5.1 in FFmpeg's order: the surround channels count more, the effects channel not at all."""

# The weighting's analogue prototype, as libebur128 derives it from the coefficients that BS.1770 gives at 48 kHz.
_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_SLOPE = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def loudness(planar: Sound, sample_rate_hz: int) -> Loudness:
    """The loudness of (channels, samples). Integrated is None when the gate leaves nothing or the rate is too low, the
    range when there are less than 3 s, the peak for silence."""
    powers = _step_powers(planar, sample_rate_hz) if sample_rate_hz >= LOWEST_RATE_HZ else np.zeros(0)
    return Loudness(
        integrated_lufs=_integrated_lufs(powers),
        range_lu=_range_lu(powers),
        true_peak_dbtp=true_peak_dbtp(planar, sample_rate_hz),
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


def _step_powers(planar: Sound, sample_rate_hz: int) -> _Powers:
    """The K-weighted power of every 100 ms, summed over the channels."""
    weights = _CHANNEL_WEIGHTS.get(len(planar), (1,) * len(planar))
    step = round(sample_rate_hz / _STEPS_PER_S)
    total = np.zeros(planar.shape[1] // step)
    for weight, channel in zip(weights, planar, strict=True):
        for first, energies in _weighted_energies(channel, sample_rate_hz, step):
            total[first : first + len(energies)] += weight * energies[: len(total) - first] / step
    return total


def _weighted_energies(channel: Sound, sample_rate_hz: int, step: int) -> Iterator[tuple[int, _Powers]]:
    """(the first step, the energies of it and the following ones), until the channel has ended."""
    response, size = _k_weighting(sample_rate_hz, step)
    stretch = _STRETCH_STEPS * step
    context = size - stretch
    at_once = _STRETCHES_AT_ONCE * stretch
    for start in range(0, len(channel), at_once):
        piece = channel[max(0, start - context) : start + at_once]
        missing_before = max(0, context - start)
        padded = np.zeros(context + at_once, np.float32)
        padded[missing_before : missing_before + len(piece)] = piece
        spectrum = scipy.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::stretch], axis=1)
        spectrum *= response
        weighted = scipy.fft.irfft(spectrum, size, axis=1, overwrite_x=True)[:, context:]
        steps = weighted.reshape(_STRETCHES_AT_ONCE, _STRETCH_STEPS, step)
        yield start // step, np.einsum("ijk,ijk->ij", steps, steps).ravel().astype(np.float64)


@cache
def _k_weighting(sample_rate_hz: int, step: int) -> tuple[npt.NDArray[np.complex64], int]:
    """The filter's frequency response, and the length of the transform that it belongs to."""
    size = scipy.fft.next_fast_len(_STRETCH_STEPS * step + round(_CONTEXT_S * sample_rate_hz), real=True)
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    shelf_b, shelf_a = _shelf(sample_rate_hz)
    pass_b, pass_a = _high_pass(sample_rate_hz)
    response = _polynomial(shelf_b, delay) / _polynomial(shelf_a, delay)
    response *= _polynomial(pass_b, delay) / _polynomial(pass_a, delay)
    return response.astype(np.complex64), size


_Coefficients = tuple[float, float, float]


def _polynomial(coefficients: _Coefficients, delay: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    first, second, third = coefficients
    return first + second * delay + third * delay**2


def _shelf(sample_rate_hz: int) -> tuple[_Coefficients, _Coefficients]:
    k = float(np.tan(np.pi * _SHELF_HZ / sample_rate_hz))
    high = 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_SLOPE
    scale = 1 + k / _SHELF_Q + k * k
    numerator = (high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k)
    denominator = (scale, 2 * (k * k - 1), 1 - k / _SHELF_Q + k * k)
    return numerator, denominator


def _high_pass(sample_rate_hz: int) -> tuple[_Coefficients, _Coefficients]:
    """The numerator is not scaled: so BS.1770 gives it."""
    k = float(np.tan(np.pi * _HIGH_PASS_HZ / sample_rate_hz))
    scale = 1 + k / _HIGH_PASS_Q + k * k
    return (1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / scale, (1 - k / _HIGH_PASS_Q + k * k) / scale)
