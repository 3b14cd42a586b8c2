"""Where something begins: how much louder each part of the spectrum gets from moment to moment.

The sound (mono, 22,050 Hz) is cut into frames of 46 ms, 11.6 ms apart. The power in 32 mel-spaced bands is compressed
by a logarithm, as the ear does, and what has risen over two frames is kept. The bands are gathered into four registers
(bass drum, low mids, snare and voice, hats), the local mean over about a second is taken away, and each register is
scaled to unit deviation, so that a loud bass drum does not drown quiet hats.

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
_FRAMES_AT_ONCE = 2**16
"""Twelve minutes: what is done at the end takes the same memory for any length."""


class OnsetListener:
    """Hears where something begins, in mono sound at 22,050 Hz that comes in blocks."""

    def __init__(self) -> None:
        self._framer = Framer(_window(), HOP, _FIRST_BIN, _END_BIN)
        self._last_bands = np.zeros((0, _MEL_BANDS), np.float32)
        self._rises = Tape(len(REGISTERS_HZ))

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
        for register in onsets if onsets.size else ():
            register /= register.std() + np.float32(1e-6)
        return onsets

    def _hear(self, spectrum: Spectrum) -> None:
        bands = np.concatenate((self._last_bands, _loudness_in_bands(spectrum)))
        self._rises.add(np.maximum(bands[_RISE_FRAMES:] - bands[:-_RISE_FRAMES], 0) @ _band_to_register())
        self._last_bands = bands[-_RISE_FRAMES:]


def onset_strength(sound: Sound) -> npt.NDArray[np.float32]:
    """The same of a whole sound."""
    listener = OnsetListener()
    listener.take(sound)
    return listener.strength()


def _loudness_in_bands(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    bands = power(spectrum) @ _mel_weights()[0]
    bands *= np.float32(_COMPRESSION)
    np.log1p(bands, out=bands)
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
