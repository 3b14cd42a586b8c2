"""Which key: the pitch classes heard, set against what each of the 24 keys would be expected to hold.

The chroma (`chroma.py`) is summed over windows of 12 s, half overlapping, so that a long section in the home key is not
drowned by one loud passage. Each window is correlated with 24 profiles, the mean of four published sets, and the mean
of that is taken over the track. The profiles confuse a key with its neighbours, which share most of its notes; but the
chord on the tonic sounds more often than any other. So windows of 1.5 s are shared out among the 24 triads that they
may be, and every key is raised by the share of the track that its own triad has. The confidence grows with the winner's
lead over the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.keys import camelot, open_key, spelled
from daemon.models import Key
from daemon.pipeline.listening import chroma
from daemon.pipeline.listening.framing import Sound

_Values = npt.NDArray[np.float64]

_WINDOW_FRAMES = int(12 * chroma.SAMPLE_RATE_HZ / chroma.HOP)
_STEP_FRAMES = _WINDOW_FRAMES // 2
_CHORD_FRAMES = 4
"""1.5 s: a bar at 160 BPM, and seldom more than one chord."""
_CHORD_WEIGHT = 0.6
"""Fitted on rendered grooves (seeds 1 to 3, 7 and 99) and on chroma made from scores; 0.4 to 0.8 are as good."""
_CHORD_SHARPNESS = 25.0
"""A triad whose correlation is 0.1 lower gets a twelfth of the share: a fifth alone is major and minor alike."""
_LEAST_CONTRAST = 0.2
"""Deviation over mean of a window's twelve sums, on average. Noise of any colour has 0.12 to 0.16, music over 0.3."""
_CONFIDENCE_AT_NO_LEAD, _CONFIDENCE_BY_LEAD = -0.25, 6.5
"""Log-odds, fitted on 239 rendered grooves of known key: 0.44 without a lead, 0.6 at 10 %, 0.95 at 50 %."""

_MAJOR_AND_MINOR_PROFILES = (
    # Faraldo and others, "Key estimation in electronic dance music", ECIR 2016, `bgate` (small values cut to nothing)
    (
        (1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30),
        (1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23),
    ),
    # Temperley, "What's key for key?", Music Perception 17, 1999
    (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
    # Sha'ath, "Estimation of key in digital music recordings", 2011 (KeyFinder)
    (
        (6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4),
        (6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2),
    ),
    # Faraldo and others as above, `edma` (averaged over dance music by machine)
    (
        (
            *(0.16519551, 0.04749026, 0.08293076, 0.06687112, 0.09994645, 0.09274123),
            *(0.05294487, 0.13159476, 0.05218986, 0.07443653, 0.06940723, 0.0642515),
        ),
        (
            *(0.17235348, 0.05336489, 0.0761009, 0.10043649, 0.05621498, 0.08527853),
            *(0.0497915, 0.13451001, 0.07458916, 0.05003023, 0.09187879, 0.05545106),
        ),
    ),
)
_MAJOR_AND_MINOR_TRIADS = ((0, 4, 7), (0, 3, 7))


@dataclass(frozen=True, slots=True)
class Tonality:
    """What the notes tell."""

    key: Key
    tuning_cents: float
    """-50 to 50, against A = 440 Hz."""


def tonality(sound: Sound) -> Tonality | None:
    """The key of mono sound at 5,512.5 Hz; None for silence, for noise, and for less than 0.75 s of sound."""
    return tonality_of(chroma.chroma(sound))


def tonality_of(heard: chroma.Chroma | None) -> Tonality | None:
    """The same, of the chroma that `chroma.py` makes."""
    if heard is None:
        return None
    windows = _windows(heard.frames, _WINDOW_FRAMES, _STEP_FRAMES)
    if not len(windows) or _contrast(windows) < _LEAST_CONTRAST:
        return None
    alike = (_standardised(windows) @ _profiles().T).mean(axis=0)
    strengths = alike + _CHORD_WEIGHT * _shares_of_chords(heard.frames)
    return Tonality(key=_judged(strengths), tuning_cents=round(heard.tuning_cents, 1))


def _judged(strengths: _Values) -> Key:
    second, best = (int(key) for key in np.argsort(strengths, kind="stable")[-2:])
    lead = float((strengths[best] - strengths[second]) / (abs(strengths[best]) + 1e-9))
    return Key(
        name=spelled(best),
        camelot=camelot(best),
        open_key=open_key(best),
        confidence=round(1 / (1 + float(np.exp(-_CONFIDENCE_AT_NO_LEAD - _CONFIDENCE_BY_LEAD * lead))), 3),
        runner_up=spelled(second),
    )


def _windows(frames: _Values, length: int, step: int) -> _Values:
    """(windows, 12): the chroma summed over each window that holds any notes."""
    starts = range(0, max(1, len(frames) - step), step)
    sums = np.array([frames[start : start + length].sum(axis=0) for start in starts])
    sounding: _Values = sums[sums.any(axis=1)]
    return sounding


def _shares_of_chords(frames: _Values) -> _Values:
    """How much of the track belongs to each of the 24 triads, in the order of the keys."""
    alike = _standardised(_windows(frames, _CHORD_FRAMES, _CHORD_FRAMES)) @ _triads().T
    likely = np.exp(_CHORD_SHARPNESS * (alike - alike.max(axis=1, keepdims=True)))
    shares: _Values = (likely / likely.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def _contrast(windows: _Values) -> float:
    """How far the pitch classes differ: 0 if all are heard alike."""
    return float((windows.std(axis=1) / windows.mean(axis=1)).mean())


def _standardised(rows: _Values) -> _Values:
    standard: _Values = (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + 1e-12)
    return standard


@cache
def _profiles() -> _Values:
    """(24, 12): what each key is expected to hold, so that a dot product with a standardised row adds correlations."""
    standards = [_standardised(np.array(profiles)) for profiles in _MAJOR_AND_MINOR_PROFILES]
    return _on_every_tonic(np.mean(standards, axis=0)) / 12


@cache
def _triads() -> _Values:
    """(24, 12): the major and the minor triads in the same order, standardised."""
    triads = np.zeros((2, 12))
    for row, notes in zip(triads, _MAJOR_AND_MINOR_TRIADS, strict=True):
        row[list(notes)] = 1
    return _on_every_tonic(_standardised(triads)) / 12


def _on_every_tonic(major_and_minor: _Values) -> _Values:
    return np.array([np.roll(row, tonic) for row in major_and_minor for tonic in range(12)])
