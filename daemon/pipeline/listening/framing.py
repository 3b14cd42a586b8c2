"""Sound cut into overlapping frames, and their spectra: a few frames at a time, so that they stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.fft

Sound = npt.NDArray[np.float32]
"""Samples of one channel, or (channels, samples), full scale being 1."""

_FRAMES_AT_ONCE = 64
"""64 frames of 4,096 samples are 1 MB; the transform works across frames, so that fewer are slower."""


def frame_count(samples: int, frame: int, hop: int) -> int:
    """How many whole frames of `frame` samples, `hop` apart, fit into so many samples."""
    return max(0, 1 + (samples - frame) // hop)


def spectra(
    sound: Sound, window: Sound, hop: int, first_bin: int = 0, end_bin: int | None = None
) -> Iterator[tuple[slice, npt.NDArray[np.complex64]]]:
    """The windowed spectra of every whole frame, as (which frames, their bins from `first_bin` up to `end_bin`)."""
    count = frame_count(len(sound), len(window), hop)
    if not count:
        return
    frames = np.lib.stride_tricks.sliding_window_view(sound, len(window))[::hop]
    for start in range(0, count, _FRAMES_AT_ONCE):
        rows = slice(start, min(start + _FRAMES_AT_ONCE, count))
        yield rows, scipy.fft.rfft(frames[rows] * window, axis=1)[:, first_bin:end_bin]


def power(spectrum: npt.NDArray[np.complex64]) -> Sound:
    """The squared magnitude, without the square root that `abs` would take."""
    return spectrum.real**2 + spectrum.imag**2


def moving_mean(rows: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """The mean over `reach` columns to either side; the outermost columns are repeated beyond the edges."""
    padded = np.pad(rows, ((0, 0), (reach + 1, reach)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * reach + 1
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32)
