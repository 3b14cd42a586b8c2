"""How fast: the beat's period, from how the onsets repeat.

1. The onset strengths of four registers (`onset.py`) are correlated with themselves. A pulse shows as peaks at its
   period and at multiples of it.
2. Every tempo from 62 to 195 BPM is scored by how well a binary hierarchy fits: peaks at 1, 2, 4 … 32 beats, at half
   and quarter beats; a bass drum on the beat and a back-beat on every second speak for it. Peaks at thirds (which
   belong to another tempo) speak against it, and so does a bass that repeats at eight beats, but less so at four:
   a bar has four, and that one would be two of half the tempo.
3. The score is multiplied by how usual such a tempo is, nearly level from 90 to 176 BPM, which settles most octaves.
4. The best period is refined at 1, 2, 4 … 64 beats, where an error shows 64 times larger.

The same is done in windows of 24 s near the tempo that was found: if they disagree, the tempo drifts. The confidence
says how far the winner is ahead of its nearest rival, and how clear the pulse is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from daemon.models import Tempo
from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.metre import (
    SLOWEST_BPM,
    Correlation,
    Values,
    judged,
    pulse_at_beats,
    tempo_grid,
    usualness,
)
from daemon.pipeline.listening.onset import FRAMES_PER_S, onset_strength

_REGISTER_WEIGHTS = (1.0, 0.8, 0.9, 0.8)
_BASS, _SNARE = 0, 2
_SHORTEST_FRAMES = 200
"""2.3 s. Below that there are not even two slow beats to compare."""
_LONGEST_LAG_BEATS = 66
_LONGEST_LAG_SHARE = 0.6
"""Beyond this share of the whole, too little overlaps."""
_PIECE_FRAMES = 2**16
"""Twelve minutes, so that ten hours need no more memory. A longer piece is no faster."""
_REFINED_AT_BEATS = (1, 2, 4, 8, 16, 32, 64)
_FAINTEST_PEAK = 0.03
_FAINTEST_PULSE, _CLEAR_PULSE = 0.08, 0.3
"""Correlation at the beats: noise and speech stay under the first, music with a beat is above the second."""
_SMOOTHING = (0.25, 0.5, 0.25)

_CONFIDENCE_AT_NO_LEAD, _CONFIDENCE_BY_LEAD = 0.2, 7.0
"""Log-odds, fitted on grooves of known tempo (seeds 1 to 5): 0.55 without a lead, 0.7 at 10 %, 0.95 at 40 %."""
_CONFIDENCE_WHEN_DRIFTING = 0.6
_RIVAL_DISTANCE = 0.04
_OCTAVES, _OCTAVES_WITHIN_BPM = (2.0, 0.5), (45.0, 210.0)
"""What else people may call it: wide enough that every tempo has its half or its double. Nearly all mistakes are
octaves; of 96 rendered grooves none comes near to 3:2."""

_WINDOW_FRAMES = round(24 * FRAMES_PER_S)
_FEWEST_WINDOWS = 3
_WINDOW_REACH = 0.12
"""How far from the whole track's tempo a window may be."""
_CLEAR_IN_WINDOW = 0.15
_DRIFT = 0.008
"""Spread of the windows' tempi that counts as drift: about one beat a minute."""


def tempo(sound: Sound) -> Tempo | None:
    """The tempo of mono sound at 22,050 Hz; None when there is no pulse, or less than 2.3 s of sound."""
    return tempo_of(onset_strength(sound))


def tempo_of(onsets: npt.NDArray[np.float32]) -> Tempo | None:
    """The same, of the onset strengths (registers, frames) that `onset.py` makes."""
    if onsets.shape[1] < _SHORTEST_FRAMES or not onsets.any():
        return None
    grid = tempo_grid()
    correlation = _correlated(onsets)
    verdict = judged(correlation, grid.bpm)
    best = int(np.argmax(verdict.score))
    pulse = float(verdict.at_beats[best])
    if pulse < _FAINTEST_PULSE:
        return None
    bpm = _bpm(_refined(correlation.overall, float(grid.period[best])))
    drifting = _drifts(onsets, bpm)
    certainty = min(1.0, pulse / _CLEAR_PULSE) * (_CONFIDENCE_WHEN_DRIFTING if drifting else 1.0)
    return Tempo(
        bpm=round(bpm, 2),
        confidence=round(certainty * _confidence(verdict.score, best), 3),
        alternative_bpm=_alternative(correlation, float(verdict.fit.min()), bpm),
        steady=not drifting,
    )


# --- how the onsets repeat -------------------------------------------------------------------------------------------


def _correlated(onsets: npt.NDArray[np.float32]) -> Correlation:
    frames = onsets.shape[1]
    longest = int(min(frames * _LONGEST_LAG_SHARE, FRAMES_PER_S * 60 / SLOWEST_BPM * _LONGEST_LAG_BEATS))
    registers = _autocorrelation(onsets, longest)
    weights = np.array(_REGISTER_WEIGHTS)
    overall = weights @ registers / weights.sum()
    return Correlation(
        *(np.convolve(row, _SMOOTHING, "same") for row in (overall, registers[_BASS], registers[_SNARE]))
    )


def _autocorrelation(rows: npt.NDArray[np.float32], longest: int) -> npt.NDArray[np.float32]:
    """By the power spectrum, a piece at a time; every lag divided by how many frames overlap there, and by the value at
    lag 0."""
    frames = rows.shape[1]
    mean = rows.mean(axis=1, keepdims=True)
    raw: npt.NDArray[np.float32] = np.zeros((len(rows), longest), np.float32)
    for start in range(0, frames, _PIECE_FRAMES):
        size = scipy.fft.next_fast_len(min(frames - start, _PIECE_FRAMES) + longest, real=True)
        onwards = rows[:, start : start + _PIECE_FRAMES + longest] - mean
        spectrum = scipy.fft.rfft(onwards, size, axis=1)
        last = onwards.shape[1] <= _PIECE_FRAMES
        piece = spectrum if last else scipy.fft.rfft(onwards[:, :_PIECE_FRAMES], size, axis=1)
        raw += scipy.fft.irfft(piece.conj() * spectrum, size, axis=1)[:, :longest]
    raw /= np.arange(frames, frames - longest, -1, dtype=np.float32)
    raw /= raw[:, :1] + np.float32(1e-12)
    return raw


def _refined(correlation: Values, period: float) -> float:
    """The period to a fraction of a frame: the peaks at 1, 2, 4 … 64 beats, each looked for where the last points."""
    last = len(correlation) - 2
    for beats in _REFINED_AT_BEATS:
        expected = beats * period
        if beats > 1 and expected * 1.01 > last - 1:
            break
        reach = max(1.5, 0.02 * expected) if beats == 1 else 2.5
        low, high = max(1, int(np.floor(expected - reach))), min(last, int(np.ceil(expected + reach)))
        if high <= low:
            break
        peak = low + int(np.argmax(correlation[low : high + 1]))
        left, top, right = correlation[peak - 1 : peak + 2]
        curvature = left - 2 * top + right
        if curvature < 0 and top > _FAINTEST_PEAK:
            offset = 0.5 * (left - right) / curvature
            if abs(offset) <= 1:
                period = float((peak + offset) / beats)
    return period


def _bpm(period: float) -> float:
    return 60 * FRAMES_PER_S / period


# --- how sure --------------------------------------------------------------------------------------------------------


def _confidence(score: Values, best: int) -> float:
    """0 to 1, from the lead over the best score that belongs to another tempo."""
    grid = tempo_grid()
    rivals = np.abs(grid.bpm / grid.bpm[best] - 1) > _RIVAL_DISTANCE
    lead = 1 - float(score[rivals].max() / score[best])
    return 1 / (1 + float(np.exp(-_CONFIDENCE_AT_NO_LEAD - _CONFIDENCE_BY_LEAD * lead)))


def _alternative(correlation: Correlation, worst_fit: float, bpm: float) -> float:
    """Half or double, also beyond the grid: the one with the higher score, or where neither has any, the more usual."""
    slowest, fastest = _OCTAVES_WITHIN_BPM
    others = np.array([bpm * ratio for ratio in _OCTAVES if slowest <= bpm * ratio <= fastest])
    scores = judged(correlation, others, worst_fit).score
    _, _, likeliest = max(zip(scores, usualness(others), others, strict=True))
    return round(float(likeliest), 2)


def _drifts(onsets: npt.NDArray[np.float32], bpm: float) -> bool:
    """Whether windows through the track disagree about the tempo by more than about one beat a minute."""
    starts = range(0, onsets.shape[1] - _WINDOW_FRAMES + 1, _WINDOW_FRAMES // 2)
    heard = [_bpm_near(onsets[:, start : start + _WINDOW_FRAMES], bpm) for start in starts]
    clear = [window_bpm for window_bpm in heard if window_bpm is not None]
    if len(clear) < _FEWEST_WINDOWS:
        return False
    low, high = np.quantile(clear, (0.1, 0.9))
    return bool((high - low) / bpm > _DRIFT)


def _bpm_near(onsets: npt.NDArray[np.float32], bpm: float) -> float | None:
    """The window's own tempo in the neighbourhood of the whole track's; None where its pulse is not clear."""
    if not onsets.any():
        return None
    grid = tempo_grid()
    periods = grid.period[np.abs(grid.bpm / bpm - 1) < _WINDOW_REACH]
    correlation = _correlated(onsets)
    at_beats = pulse_at_beats(correlation, periods)
    best = int(np.argmax(at_beats))
    if at_beats[best] < _CLEAR_IN_WINDOW:
        return None
    return _bpm(_refined(correlation.overall, float(periods[best])))
