"""Where something begins: how much louder each part of the spectrum gets from moment to moment.

The sound (mono, 22,050 Hz) is cut into frames of 46 ms, 11.6 ms apart. The power in 32 mel-spaced bands is compressed
by a logarithm, as the ear does, and what has risen over two frames is kept. The bands are gathered into four registers
(bass drum, low mids, snare and voice, hats), the local mean over about a second is taken away, and each register is
scaled to unit deviation, so that a loud bass drum does not drown quiet hats.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound, frame_count, moving_mean, power, spectra

SAMPLE_RATE_HZ = 22_050
FRAME = 1024
HOP = 256
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP
REGISTERS_HZ = ((0.0, 160.0), (160.0, 800.0), (800.0, 3000.0), (3000.0, float("inf")))
"""Bass drum; low mids; snare, claps and voice; hats."""

_MEL_BANDS = 32
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 10_000.0
_COMPRESSION = 1000.0 / (FRAME * 0.25)
"""Quiet sounds count nearly in proportion, loud ones by their logarithm; the divisor undoes the window's gain."""
_RISE_FRAMES = 2
_LOCAL_MEAN_REACH = 43
"""Half a second to either side."""


def onset_strength(sound: Sound) -> npt.NDArray[np.float32]:
    """(registers, frames): how strongly something begins there. Empty for less than three frames of sound."""
    count = frame_count(len(sound), FRAME, HOP)
    if count <= _RISE_FRAMES:
        return np.zeros((len(REGISTERS_HZ), 0), np.float32)
    rises = _rises(_loudness_in_bands(sound, count))
    onsets: npt.NDArray[np.float32] = np.maximum(rises - moving_mean(rises, _LOCAL_MEAN_REACH), 0)
    onsets /= onsets.std(axis=1, keepdims=True) + np.float32(1e-6)
    return onsets


def _loudness_in_bands(sound: Sound, count: int) -> npt.NDArray[np.float32]:
    weights = _mel_weights()[0]
    bands = np.empty((count, _MEL_BANDS), np.float32)
    for rows, spectrum in spectra(sound, _window(), HOP):
        bands[rows] = power(spectrum) @ weights
    bands *= np.float32(_COMPRESSION)
    np.log1p(bands, out=bands)
    return bands


def _rises(bands: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What has become louder over two frames, averaged within each register."""
    centres_hz = _mel_weights()[1]
    rise = np.maximum(bands[_RISE_FRAMES:] - bands[:-_RISE_FRAMES], 0)
    return np.stack([rise[:, (centres_hz >= low) & (centres_hz < high)].mean(axis=1) for low, high in REGISTERS_HZ])


@cache
def _window() -> Sound:
    return np.hanning(FRAME + 1)[:-1].astype(np.float32)


@cache
def _mel_weights() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Triangular bands of unit weight, (bins, bands), and their centres in Hz. The mel scale is O'Shaughnessy's."""
    bins_hz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE_HZ)
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
