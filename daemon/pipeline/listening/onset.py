"""Where something begins: how much louder each part of the spectrum gets from moment to moment.

The sound (mono, 22,050 Hz) is cut into frames of 46 ms, 11.6 ms apart. The power in 32 mel-spaced bands is compressed
by a logarithm, as the ear does, and what has risen over two frames is kept. The bands are gathered into four registers
(bass drum, low mids, snare and voice, hats), the local mean over about a second is taken away, and each register is
scaled to unit deviation, so that a loud bass drum does not drown quiet hats. A register in which nothing moves is left
at zero: else the ripple of a steady tone, which comes of how the frames fall on its wave, would be blown up to a pulse.

The sound may come in blocks: of what was heard only the registers' rises are kept, 5 MB an hour; the local mean and the
scale are taken at the end.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Framer, Sound, Spectrum, Tape, moving_mean, power

SAMPLE_RATE_HZ = 22_050
FRAME = 1024
HOP = 256
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP
REGISTERS_HZ = ((0.0, 160.0), (160.0, 800.0), (800.0, 3000.0), (3000.0, float("inf")))
"""Bass drum; low mids; snare, claps and voice; hats."""

_MEL_BANDS = 32
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 10_000.0
_FIRST_BIN, _END_BIN = int(_LOWEST_HZ * FRAME / SAMPLE_RATE_HZ), int(_HIGHEST_HZ * FRAME / SAMPLE_RATE_HZ) + 1
_COMPRESSION = 1000.0 / (FRAME * 0.25)
"""Quiet sounds count nearly in proportion, loud ones by their logarithm; the divisor undoes the window's gain."""
_RISE_FRAMES = 2
_LOCAL_MEAN_REACH = 43
"""Half a second to either side."""
_SLOW_REACH = 4
"""A tenth of a second in all: the beating of two notes in a chord is faster, and gone in the mean over it."""
_LEAST_MOVEMENT = 0.04
"""Slow deviation of the onsets, as a share of what they would rise by if the power grew e-fold, so that the level does
not matter. Rendered grooves have 0.06 and more, a plain beat 1, white noise 0.01 to 0.09, a steady tone or chord less
than 0.04."""
_LEAST_POWER = 1e-5
"""Of the strongest register's: below it is only what leaks from there. The hats of a groove have 30 times as much."""
_FRAMES_AT_ONCE = 2**16
"""Twelve minutes: what is done at the end takes the same memory for any length."""


class OnsetListener:
    """Hears where something begins, in mono sound at 22,050 Hz that comes in blocks."""

    def __init__(self) -> None:
        self._framer = Framer(_window(), HOP, _FIRST_BIN, _END_BIN)
        self._last_bands = np.zeros((0, _MEL_BANDS), np.float32)
        self._rises = Tape(len(REGISTERS_HZ))
        self._power = np.zeros(_MEL_BANDS)
        self._sensitivity = np.zeros(_MEL_BANDS)
        """By how much the loudness in each band would rise if the power grew e-fold, summed over the frames."""
        self._frames = 0

    def take(self, block: Sound) -> None:
        """The next block, of any length."""
        for spectrum in self._framer.take(block):
            self._hear(spectrum)

    def strength(self) -> npt.NDArray[np.float32]:
        """(registers, frames): how strongly something begins there. Empty for less than three frames of sound. To be
        asked once, when everything was taken."""
        for spectrum in self._framer.rest():
            self._hear(spectrum)
        onsets = _above_local_mean(self._rises.rows())
        if onsets.size:
            for register, moves in zip(onsets, self._moves(onsets), strict=True):
                register /= register.std() if moves else np.inf
        return onsets

    def _moves(self, onsets: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which registers hold more than the ripple of steady sound, or what leaks from another."""
        power, sensitivity = (sums @ _band_to_register() / self._frames for sums in (self._power, self._sensitivity))
        moves: npt.NDArray[np.bool_] = _slow_deviation(onsets) > _LEAST_MOVEMENT * sensitivity
        moves &= power > _LEAST_POWER * power.max()
        return moves

    def _hear(self, spectrum: Spectrum) -> None:
        powers = _powers_in_bands(spectrum)
        self._power += powers.sum(axis=0)
        self._sensitivity += (powers / (1 + powers)).sum(axis=0)
        self._frames += len(powers)
        bands = np.concatenate((self._last_bands, np.log1p(powers)))
        self._rises.add(np.maximum(bands[_RISE_FRAMES:] - bands[:-_RISE_FRAMES], 0) @ _band_to_register())
        self._last_bands = bands[-_RISE_FRAMES:]


def onset_strength(sound: Sound) -> npt.NDArray[np.float32]:
    """The same of a whole sound."""
    listener = OnsetListener()
    listener.take(sound)
    return listener.strength()


def _powers_in_bands(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    """Quiet ones below 1, loud ones above."""
    bands = power(spectrum) @ _mel_weights()[0]
    bands *= np.float32(_COMPRESSION)
    return bands


def _above_local_mean(rises: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turned over, (registers, frames); a piece at a time, each with its surroundings."""
    above = np.empty(rises.shape[::-1], np.float32)
    for start in range(0, len(rises), _FRAMES_AT_ONCE):
        piece = slice(start, start + _FRAMES_AT_ONCE)
        before = min(start, _LOCAL_MEAN_REACH)
        surrounded = rises[start - before : piece.stop + _LOCAL_MEAN_REACH].T
        mean = moving_mean(surrounded, _LOCAL_MEAN_REACH)[:, before : before + _FRAMES_AT_ONCE]
        np.maximum(rises[piece].T - mean, 0, out=above[:, piece])
    return above


def _slow_deviation(onsets: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Of each register, of the mean over a tenth of a second; a piece at a time."""
    sums, squares = np.zeros((2, len(onsets)))
    for start in range(0, onsets.shape[1], _FRAMES_AT_ONCE):
        slow = moving_mean(onsets[:, start : start + _FRAMES_AT_ONCE], _SLOW_REACH)
        sums += slow.sum(axis=1)
        squares += np.einsum("ij,ij->i", slow, slow)
    variance = squares / onsets.shape[1] - (sums / onsets.shape[1]) ** 2
    deviation: npt.NDArray[np.float64] = np.sqrt(np.maximum(variance, 0))
    return deviation


@cache
def _band_to_register() -> npt.NDArray[np.float32]:
    """(bands, registers): the mean of each register's bands."""
    centres_hz = _mel_weights()[1]
    inside = np.stack([(centres_hz >= low) & (centres_hz < high) for low, high in REGISTERS_HZ], axis=1)
    shares: npt.NDArray[np.float64] = inside / inside.sum(axis=0)
    return shares.astype(np.float32)


@cache
def _window() -> Sound:
    return np.hanning(FRAME + 1)[:-1].astype(np.float32)


@cache
def _mel_weights() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Triangular bands of unit weight, (bins, bands), and their centres in Hz. The mel scale is O'Shaughnessy's."""
    bins_hz = np.arange(_FIRST_BIN, _END_BIN) * SAMPLE_RATE_HZ / FRAME
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), _MEL_BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    weights = np.zeros((len(bins_hz), _MEL_BANDS), np.float32)
    for band, (low, centre, high) in enumerate(zip(edges_hz, edges_hz[1:], edges_hz[2:], strict=False)):
        triangle = np.maximum(0, np.minimum((bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)))
        if not triangle.any():  # the lowest bands are narrower than a bin
            triangle[np.argmin(np.abs(bins_hz - centre))] = 1
        weights[:, band] = triangle / triangle.sum()
    return weights, edges_hz[1:-1]


def _mel(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))
