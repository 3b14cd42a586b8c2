"""Which key: the pitch classes heard, set against what each of the 24 keys would be expected to hold.

The chroma (`chroma.py`) is summed over windows of 12 s, half overlapping, so that a long section in the home key is not
drowned by one loud passage. Each window is correlated with 24 profiles, the mean of four published sets, and the
correlations are added up over the track. The confidence grows with the winner's lead over the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.models import Key
from daemon.pipeline.listening import chroma
from daemon.pipeline.listening.framing import Sound

_Values = npt.NDArray[np.float64]

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""One spelling for each, in major and minor alike, as essentia and most taggers spell them."""

_WINDOW_FRAMES = int(12 * chroma.SAMPLE_RATE_HZ / chroma.HOP)
_STEP_FRAMES = _WINDOW_FRAMES // 2
_LEAST_CONTRAST = 0.2
"""Deviation over mean of a window's twelve sums, on average. Noise of any colour has 0.12 to 0.16, music over 0.3."""
_CONFIDENCE_AT_NO_LEAD, _CONFIDENCE_BY_LEAD = -0.6, 10.0
"""Log-odds, fitted on 192 synthesised grooves of known key: 0.35 without a lead, 0.6 at 10 %, 0.95 at 35 %."""

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


@dataclass(frozen=True, slots=True)
class Tonality:
    """What the notes tell."""

    key: Key
    tuning_cents: float
    """-50 to 50, against A = 440 Hz."""


def tonality(sound: Sound) -> Tonality | None:
    """The key of mono sound at 5,512.5 Hz; None for silence, for noise, and for less than 0.75 s of sound."""
    heard = chroma.chroma(sound)
    if heard is None:
        return None
    windows = _windows(heard.frames)
    if not len(windows) or _contrast(windows) < _LEAST_CONTRAST:
        return None
    strengths = (_standardised(windows) @ _profiles().T).sum(axis=0)
    return Tonality(key=_judged(strengths), tuning_cents=round(heard.tuning_cents, 1))


def spelled(key: int) -> str:
    """The musical name of a key from 0 (C) to 11 (B), and from 12 (Cm) to 23 (Bm)."""
    return TONICS[key % 12] + ("m" if key >= 12 else "")


def camelot(key: int) -> str:
    """The Camelot wheel: `8B` is C, `8A` is Am, and a fifth up is one more."""
    return f"{_open_hour(key, 7) + 1}{'A' if key >= 12 else 'B'}"


def open_key(key: int) -> str:
    """Open Key notation: `1d` is C, `1m` is Am, and a fifth up is one more."""
    return f"{_open_hour(key, 0) + 1}{'m' if key >= 12 else 'd'}"


def _open_hour(key: int, hour_of_c: int) -> int:
    relative_major = (key + 3) % 12 if key >= 12 else key
    return (relative_major * 7 + hour_of_c) % 12


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


def _windows(frames: _Values) -> _Values:
    """(windows, 12): the chroma summed over each window that holds any notes."""
    starts = range(0, max(1, len(frames) - _STEP_FRAMES), _STEP_FRAMES)
    sums = np.array([frames[start : start + _WINDOW_FRAMES].sum(axis=0) for start in starts])
    sounding: _Values = sums[sums.any(axis=1)]
    return sounding


def _contrast(windows: _Values) -> float:
    """How far the pitch classes differ: 0 if all are heard alike."""
    return float((windows.std(axis=1) / windows.mean(axis=1)).mean())


def _standardised(rows: _Values) -> _Values:
    standard: _Values = (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + 1e-12)
    return standard


@cache
def _profiles() -> _Values:
    """(24, 12): what each key is expected to hold, so that a dot product with a standardised row adds correlations."""
    keys = np.zeros((24, 12))
    for major, minor in _MAJOR_AND_MINOR_PROFILES:
        standard = _standardised(np.array([major, minor]))
        keys += [np.roll(standard[mode], tonic) for mode in (0, 1) for tonic in range(12)]
    return keys / 12
