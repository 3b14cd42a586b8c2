"""Sound cut into overlapping frames, and their spectra: a few frames at a time, so that they stay in the cache.

A whole sound is cut by `spectra`. A sound that comes in blocks is cut by `Framer`, which carries over what the next
block is needed for. It always transforms the same frames together, however the blocks fall, so that what is heard does
not depend on them, not even in the last bit. What has to be kept until the end is kept on a `Tape`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.fft

Sound = npt.NDArray[np.float32]
"""Samples of one channel, or (channels, samples), full scale being 1."""
Spectrum = npt.NDArray[np.complex64]
"""(frames, bins)."""

_SAMPLES_AT_ONCE = 2**17
"""Half a megabyte: 32 frames of 4,096 samples. The transform works across frames, so that fewer are slower."""


def frame_count(samples: int, frame: int, hop: int) -> int:
    """How many whole frames of `frame` samples, `hop` apart, fit into so many samples."""
    return max(0, 1 + (samples - frame) // hop)


def spectra(
    sound: Sound, window: Sound, hop: int, first_bin: int = 0, end_bin: int | None = None
) -> Iterator[tuple[slice, Spectrum]]:
    """The windowed spectra of every whole frame, as (which frames, their bins from `first_bin` up to `end_bin`)."""
    count = frame_count(len(sound), len(window), hop)
    if not count:
        return
    frames = np.lib.stride_tricks.sliding_window_view(sound, len(window))[::hop]
    at_once = _frames_at_once(window)
    for start in range(0, count, at_once):
        rows = slice(start, min(start + at_once, count))
        yield rows, scipy.fft.rfft(frames[rows] * window, axis=1)[:, first_bin:end_bin]


class Framer:
    """The windowed spectra of every whole frame of a sound that comes in blocks; the bins from `first_bin` up to
    `end_bin`. Together they are what `spectra` gives of the whole."""

    def __init__(self, window: Sound, hop: int, first_bin: int = 0, end_bin: int | None = None) -> None:
        self._window = window
        self._bins = slice(first_bin, end_bin)
        frames, overlap = _frames_at_once(window), max(0, len(window) - hop)
        self._samples = np.empty(frames * hop + overlap, np.float32)
        self._filled = 0
        self._overlap = overlap
        self._frames = np.lib.stride_tricks.sliding_window_view(self._samples, len(window))[::hop][:frames]
        self._windowed = np.empty((frames, len(window)), np.float32)
        self._hop = hop

    def take(self, block: Sound) -> Iterator[Spectrum]:
        """The spectra that this block completes. It has been taken when the iterator is at its end, not before."""
        start = 0
        while start < len(block):
            part = block[start : start + len(self._samples) - self._filled]
            self._samples[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            start += len(part)
            if self._filled == len(self._samples):
                yield self._transformed(len(self._frames))
                self._samples[: self._overlap] = self._samples[len(self._samples) - self._overlap :]
                self._filled = self._overlap

    def rest(self) -> Iterator[Spectrum]:
        """The spectra of the whole frames that were still waiting for company."""
        count = frame_count(self._filled, len(self._window), self._hop)
        if count:
            yield self._transformed(count)

    def _transformed(self, count: int) -> Spectrum:
        windowed = np.multiply(self._frames[:count], self._window, out=self._windowed[:count])
        spectrum: Spectrum = scipy.fft.rfft(windowed, axis=1)[:, self._bins]
        return spectrum


class Tape:
    """Rows of so many numbers, one after another, in one piece of memory. Growing it moves pages, not their content."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._bytes = bytearray()

    def add(self, rows: npt.NDArray[np.float32]) -> None:
        """Not while somebody looks at `rows()`."""
        self._bytes += rows.astype(np.float32, copy=False).tobytes()

    def rows(self) -> npt.NDArray[np.float32]:
        """(rows, width): the tape itself, not a copy."""
        return np.frombuffer(self._bytes, np.float32).reshape(-1, self._width)


def power(spectrum: Spectrum) -> Sound:
    """The squared magnitude, without the square root that `abs` would take."""
    squares = np.square(spectrum.view(np.float32))  # in one go: reading every other number is what takes the time
    return squares[:, ::2] + squares[:, 1::2]


def moving_mean(rows: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """The mean over `reach` columns to either side; the outermost columns are repeated beyond the edges."""
    padded = np.pad(rows, ((0, 0), (reach + 1, reach)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * reach + 1
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32)


def _frames_at_once(window: Sound) -> int:
    return max(1, _SAMPLES_AT_ONCE // len(window))
