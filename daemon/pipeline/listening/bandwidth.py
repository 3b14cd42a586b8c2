"""Up to where the sound goes: the frequency at which it breaks off as if cut with a knife.

Lossy encoders leave out the highest treble altogether: MP3 above 16 to 20 kHz by its bitrate, Opus always above 20.
Instruments, microphones and a producer's filters fade instead, over an octave or more. So a cliff of tens of decibels
within a few hundred hertz is an encoder's mark, which stays when the sound is unpacked into a lossless file.

A few hundred windows from all over the sound are looked at, and of these the quarter with the most treble: the others
have nothing to cut. Their median is taken, so that a click or a clipped peak, which sounds at all frequencies at once,
does not fill the gap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound, power, spectra
from daemon.pipeline.listening.pieces import Piece

_Levels = npt.NDArray[np.float64]
"""In dB, one for each hundred hertz."""

LOSSY_BELOW_HZ = 20_600
"""Encoders cut below this; converters and resamplers that keep to 44.1 kHz do so above."""
_OWN_LIMIT = 0.935
"""Of half the sample rate: a cliff beyond is the rate's own doing, and tells nothing."""

_WINDOW_S = 4096 / 44_100
_MOST_WINDOWS = 512
"""Of which at least half are there in the end."""
_MOST_KEPT_SAMPLES = 1 << 24
"""64 MB, which only high rates with many channels come near."""
_FEWEST_WINDOWS = 8
_TREBLE_FROM_HZ = 8_000
_TREBLE_SHARE = 0.25

_STEP_HZ = 100
_LOWEST_CLIFF_HZ = 9_000
_PLATEAU_STEPS = 10
"""1 kHz on either side of a cliff is compared."""
_FALL_STEPS = 6
"""Within 600 Hz it is over: no natural slope is so steep."""
_FEWEST_STEPS_ABOVE = 4
_LEAST_DROP_DB = 18.0
_STEEPER = 3.0
"""So many times steeper than what leads up to it: a filter's slope steepens little by little."""
_LEAST_DISTANCE_DB = 12.0
"""Nothing further up may come so near to the plateau again: else it is a notch, not an end."""
_EDGE_DB = 10.0
"""The cut-off is where the sound has fallen so far."""
_NOTHING = 1e-20


class TrebleMeter:
    """Keeps windows from all over a sound that comes in pieces, and says at the end where it breaks off.

    How far apart they lie is known only when the sound has ended. So every window is kept at first; when there are too
    many, every second one is let go, and from then on only every second one is taken.
    """

    def __init__(self, channels: int, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._size = 2 ** round(np.log2(max(_WINDOW_S * sample_rate_hz, 2)))
        most = min(_MOST_WINDOWS, _MOST_KEPT_SAMPLES // (channels * self._size))
        self._most = max(_FEWEST_WINDOWS, most // 2) * 2
        too_low = sample_rate_hz < 2 * (_LOWEST_CLIFF_HZ + 1000)
        self._windows = np.empty((channels, 0 if too_low else self._most, self._size), np.float32)
        self._hop = self._size
        self._kept = 0
        """How many windows were begun; all but the last are whole."""
        self._samples = 0

    def take(self, piece: Piece) -> None:
        if not self._windows.size:
            return
        length = piece.samples.shape[1]
        end = self._samples + length
        if self._kept:
            self._fill(self._kept - 1, piece.samples)
        while self._kept * self._hop < end:
            if self._kept == self._most:
                self._thin()
            else:
                self._kept += 1
                self._fill(self._kept - 1, piece.samples)
        self._samples = end

    def cutoff_hz(self) -> float | None:
        """Where the sound breaks off, to a hundred hertz; None where there is no cliff below the sample rate's own
        limit, or too little sound or treble to tell."""
        levels = self._treble_levels()
        if levels is None:
            return None
        end = int(_OWN_LIMIT * self._rate_hz / 2 / _STEP_HZ)
        at = _cliff(levels, end)
        edge = None if at is None else _edge(levels, at)
        return None if edge is None or edge > end else edge * float(_STEP_HZ)

    def _fill(self, number: int, samples: Sound) -> None:
        """Puts what these samples hold of a window into its place."""
        begin = number * self._hop - self._samples
        first, last = max(0, begin), min(samples.shape[1], begin + self._size)
        if first < last:
            self._windows[:, number, first - begin : last - begin] = samples[:, first:last]

    def _thin(self) -> None:
        kept = self._windows[:, : self._kept : 2]
        self._kept = kept.shape[1]
        self._windows[:, : self._kept] = kept
        self._hop *= 2

    def _treble_levels(self) -> _Levels | None:
        """The median spectrum of the windows that have the most treble; None where there are too few, or no treble."""
        whole = min(self._kept, (self._samples - self._size) // self._hop + 1)
        if self._samples < _FEWEST_WINDOWS * self._size or not self._windows.size:
            return None
        window = np.hanning(self._size).astype(np.float32)
        first_bin = int(_TREBLE_FROM_HZ * self._size / self._rate_hz)
        powers = np.zeros((whole, self._size // 2 + 1 - first_bin), np.float32)
        for channel in self._windows:
            for rows, treble in spectra(channel[:whole].reshape(-1), window, self._size, first_bin):
                powers[rows] += power(treble)
        loudness = powers.sum(axis=1)
        loudest = np.argsort(loudness)[-max(_FEWEST_WINDOWS // 2, int(_TREBLE_SHARE * whole)) :]
        decibels = 10 * np.log10(np.median(powers[loudest], axis=0).astype(np.float64) + _NOTHING)
        return _by_hundred_hertz(decibels, first_bin, self._rate_hz / self._size)


def is_encoders(cutoff_hz: float | None) -> bool:
    """Whether a cliff at that frequency is one that lossy encoders leave."""
    return cutoff_hz is not None and cutoff_hz <= LOSSY_BELOW_HZ


def _cliff(levels: _Levels, end: int) -> int | None:
    """The step before which the steepest fall has hardly begun, if that is a cliff."""
    first = _LOWEST_CLIFF_HZ // _STEP_HZ
    last = min(end, len(levels) - _FALL_STEPS - _FEWEST_STEPS_ABOVE)
    drops = {at: _drop_db(levels, at) for at in range(first, last)}
    if not drops:
        return None
    at = max(drops, key=drops.__getitem__)
    least_db = max(_LEAST_DROP_DB, _STEEPER * _slope_db(levels, at))
    return at if drops[at] >= least_db and _stays_down(levels, at) else None


def _drop_db(levels: _Levels, at: int) -> float:
    above = levels[at + _FALL_STEPS : at + _FALL_STEPS + _PLATEAU_STEPS]
    return float(_plateau_db(levels, at) - np.median(above))


def _plateau_db(levels: _Levels, at: int) -> float:
    return float(np.median(levels[at - _PLATEAU_STEPS : at]))


def _slope_db(levels: _Levels, at: int) -> float:
    """How much the sound has been falling before, in a kilohertz. Right before the cliff it may be rounded."""
    return float(np.median(levels[at - 20 : at - 15]) - np.median(levels[at - 10 : at - 5]))


def _stays_down(levels: _Levels, at: int) -> bool:
    """A few whistling tones may stand above a cliff, but no music."""
    return float(np.percentile(levels[at + _FALL_STEPS :], 80)) <= _plateau_db(levels, at) - _LEAST_DISTANCE_DB


def _edge(levels: _Levels, at: int) -> int:
    """The first step that has fallen far enough, and behind which the fall does not rise so far again."""
    first = at - _PLATEAU_STEPS
    still_up = np.flatnonzero(levels[first : at + _FALL_STEPS] >= _plateau_db(levels, at) - _EDGE_DB)
    return first + int(still_up[-1]) + 1


def _by_hundred_hertz(decibels: npt.NDArray[np.float64], first_bin: int, bin_hz: float) -> _Levels:
    """The mean of the bins of each hundred hertz from 0 on; below the treble there is nothing."""
    steps = ((first_bin + np.arange(len(decibels))) * bin_hz / _STEP_HZ).astype(np.intp)
    counts = np.bincount(steps)
    # The last hundred hertz may hold a single bin, half the rate itself, which is no measure of anything.
    return (np.bincount(steps, decibels) / np.maximum(counts, 1))[:-1]
