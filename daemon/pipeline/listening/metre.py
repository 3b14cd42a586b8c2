"""Which tempo fits: how well a binary hierarchy of beats explains how the onsets repeat, and how usual that tempo is.

`tempo.py` says how the parts play together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.onset import FRAMES_PER_S

Values = npt.NDArray[np.float64]

# The grid of tempi, and the weights below, were fitted on rendered grooves of known tempo (development seeds).
SLOWEST_BPM, FASTEST_BPM = 62.0, 195.0
_GRID_STEP = 0.0015
"""Ratio between neighbouring tempi of the grid, less one."""
_USUAL_BPM = (90.0, 176.0)
_SLOWER_IS_RARE, _FASTER_IS_RARE = 0.24, 0.33
"""Width in octaves of the slopes outside the usual tempi."""
_TYPICAL_BPM, _TYPICAL_WIDTH = 136.0, 0.74
"""Centre, and width in octaves, of a wide bell over everything."""

_BEATS = ((1, 1.0), (2, 1.0), (4, 1.0), (8, 1.0), (16, 0.7), (32, 0.5))
_SUBDIVISION_WEIGHT = 0.43
_TRIPLET_WEIGHT = 0.73
_BASS_DRUM_WEIGHT = 0.1
_BACK_BEAT_WEIGHT = 0.13
_LONGER_BAR_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Correlation:
    """How alike the onsets are to themselves, by lag in frames; 1 at lag 0."""

    overall: Values
    bass: Values
    snare: Values

    def reaches(self, lag: Values) -> npt.NDArray[np.bool_]:
        return lag < len(self.overall) - 2


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The tempi that are tried."""

    bpm: Values
    period: Values
    """In frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """How each of some tempi does."""

    at_beats: Values
    fit: Values
    """How well its beats explain the correlation."""
    score: Values
    """By how much better than the worst of the grid, and how usual it is."""


@cache
def tempo_grid() -> Grid:
    """From the slowest to the fastest, evenly by ratio."""
    bpm = np.exp(np.arange(np.log(SLOWEST_BPM), np.log(FASTEST_BPM), _GRID_STEP))
    return Grid(bpm=bpm, period=FRAMES_PER_S * 60 / bpm)


def judged(correlation: Correlation, bpm: Values, worst_fit: float | None = None) -> Verdict:
    """Any tempi, also beyond the grid; then the grid's worst fit has to be given."""
    period = FRAMES_PER_S * 60 / bpm
    at_beats = pulse_at_beats(correlation, period)
    fit = _metrical_fit(correlation, period, at_beats)
    advantage = fit - (fit.min() if worst_fit is None else worst_fit)
    longer_bar = _LONGER_BAR_WEIGHT * _longer_bar(correlation, period)
    return Verdict(at_beats, fit, np.maximum(advantage - longer_bar, 0) * usualness(bpm))


def usualness(bpm: Values) -> Values:
    """Up to 1."""
    slowest, fastest = _USUAL_BPM
    slow_slope = _bell(np.minimum(bpm, slowest), slowest, _SLOWER_IS_RARE)
    fast_slope = _bell(np.maximum(bpm, fastest), fastest, _FASTER_IS_RARE)
    return slow_slope * fast_slope * _bell(bpm, _TYPICAL_BPM, _TYPICAL_WIDTH)


def _bell(bpm: Values, centre_bpm: float, width_octaves: float) -> Values:
    return np.exp(-0.5 * (np.log2(bpm / centre_bpm) / width_octaves) ** 2)


def pulse_at_beats(correlation: Correlation, period: Values) -> Values:
    """The weighted mean correlation at 1, 2, 4 … beats, as far as the correlation reaches: how clear that pulse is."""
    total, weights = np.zeros_like(period), np.zeros_like(period)
    last = len(correlation.overall) - 3
    for beats, weight in _BEATS:
        inside = correlation.reaches(period * beats)
        total += weight * inside * _near(correlation.overall, np.minimum(period * beats, last))
        weights += weight * inside
    return total / weights


def _metrical_fit(correlation: Correlation, period: Values, at_beats: Values) -> Values:
    """How well a beat of that period explains the correlation."""

    def overall(beats: float) -> Values:
        return _near(correlation.overall, period * beats)

    subdivision = (overall(1 / 2) + overall(1 / 4)) / 2
    triplets = (overall(2 / 3) + overall(1 / 3) + overall(4 / 3)) / 3
    dotted = (overall(3 / 8) + overall(3 / 16)) / 2
    bass_drum = _near(correlation.bass, period) - _near(correlation.bass, period / 2)
    two_beats = np.minimum(2 * period, len(correlation.snare) - 3)
    back_beat = correlation.reaches(2 * period) * _near(correlation.snare, two_beats)
    return (
        at_beats
        + _SUBDIVISION_WEIGHT * subdivision
        - _TRIPLET_WEIGHT * (triplets + dotted) / 2
        + _BASS_DRUM_WEIGHT * bass_drum
        + _BACK_BEAT_WEIGHT * (back_beat - _near(correlation.snare, period))
    )


def _longer_bar(correlation: Correlation, period: Values) -> Values:
    """How much more the bass repeats at eight such beats than at four; 0 where it does not, or cannot be told."""
    four_beats, eight_beats = (np.minimum(beats * period, len(correlation.bass) - 3) for beats in (4, 8))
    more = _near(correlation.bass, eight_beats) - _near(correlation.bass, four_beats)
    return np.where(correlation.reaches(8 * period), np.maximum(more, 0.0), 0.0)


def _between(values: Values, lag: Values) -> Values:
    """Linear interpolation; lags beyond the end give the last value."""
    whole = np.clip(np.floor(lag).astype(np.intp), 0, len(values) - 2)
    part = lag - np.floor(lag)
    return values[whole] * (1 - part) + values[whole + 1] * part


def _near(values: Values, lag: Values) -> Values:
    """The highest value around each lag: at long lags the grid of tempi is too coarse to hit a peak exactly."""
    reach = np.maximum(0.7, 0.004 * lag)
    return np.maximum(np.maximum(_between(values, lag - reach), _between(values, lag + reach)), _between(values, lag))
