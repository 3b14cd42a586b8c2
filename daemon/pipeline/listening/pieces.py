"""Sound of any length, cut into pieces of a few seconds that fit the processor's cache, with an outline of each.

Everything that looks for extremes (the picture, silence, holes, clipping, the peak) reads the outline first: the lowest
and the highest sample of every millisecond or so. It is drawn once, and a thirtieth of the sound's size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from daemon.pipeline.listening.framing import Sound

STRETCH = 32
"""Pieces are whole multiples of so many samples; only the last need not be."""
STEPS_PER_S = 10

_ABOUT_SAMPLES = 1 << 17
"""Half a megabyte a channel: smaller pieces fit the cache better, but then the calls for each cost more."""
_BINS_PER_S = 1000
LOUDEST_BELIEVABLE = 1e5
"""100 dB over full scale. Decoders may overshoot 1, but not so far: beyond this a sample is broken, not loud.
The decoding has the same number, so that we hear what the files will hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some seconds of sound. Whoever is given one reads it at once: the next one is written over it."""

    samples: Sound
    """(channels, samples), all of them finite and below 1e5; never empty, and at least one channel."""
    held: Sound
    """The same, held at full scale: so they are in the files that we make, and before Chromaprint hears them."""
    lowest: Sound
    """(channels, bins): of every `bin_samples` samples; the last bin of the last piece may hold fewer."""
    highest: Sound
    reach: Sound
    """(channels, bins): the greatest magnitude."""
    bin_samples: int
    """At most a millisecond and at most 32, and a divisor of 32."""
    broken: bool
    """Some samples were not, and became zeros."""


def step_samples(sample_rate_hz: int) -> int:
    """The samples of a hundred milliseconds: the step that loudness is measured in."""
    return round(sample_rate_hz / STEPS_PER_S)


class Pieces:
    """Cuts blocks of any length into pieces that depend on the sound alone, not on how it was cut before. They are
    whole multiples of 32 samples and of a hundred milliseconds."""

    size: int
    """How many samples every piece but the last one has."""

    def __init__(self, channels: int, sample_rate_hz: int) -> None:
        unit = math.lcm(STRETCH, max(1, step_samples(sample_rate_hz)))
        self.size = unit * max(1, round(_ABOUT_SAMPLES / unit))
        self._bin_samples = bin_samples(sample_rate_hz)
        # A sound without channels is heard as one that is silent.
        self._buffer = np.zeros((max(1, channels), self.size), np.float32)
        self._filled = 0

    def take(self, block: Sound) -> Iterator[Piece]:
        """The pieces that this block completes. It has been taken when the iterator is at its end, not before."""
        start = 0
        while start < block.shape[1]:
            part = block[:, start : start + self.size - self._filled]
            if len(part):
                with np.errstate(over="ignore", invalid="ignore"):  # from wider numbers; what overflows is mended
                    self._buffer[:, self._filled : self._filled + part.shape[1]] = part
            self._filled += part.shape[1]
            start += part.shape[1]
            if self._filled == self.size:
                yield self._piece(self._buffer)
                self._filled = 0

    def rest(self) -> Iterator[Piece]:
        """What is left when the sound has ended: one shorter piece, or none."""
        if self._filled:
            yield self._piece(np.ascontiguousarray(self._buffer[:, : self._filled]))
            self._filled = 0

    def _piece(self, samples: Sound) -> Piece:
        piece = _outlined(samples, self._bin_samples, broken=False)
        if float(piece.reach.max()) <= LOUDEST_BELIEVABLE:  # false for what is not a number, too
            return piece
        samples[~(np.abs(samples) <= LOUDEST_BELIEVABLE)] = 0
        return _outlined(samples, self._bin_samples, broken=True)


def pieces(planar: Sound, sample_rate_hz: int) -> Iterator[Piece]:
    """A whole sound in pieces."""
    cutter = Pieces(len(planar), sample_rate_hz)
    yield from cutter.take(planar)
    yield from cutter.rest()


def bin_samples(sample_rate_hz: int) -> int:
    """How many samples a bin of the outline holds: the greatest power of two within a millisecond, up to 32."""
    return min(STRETCH, 1 << max(0, int(math.log2(max(1, sample_rate_hz / _BINS_PER_S)))))


def _outlined(samples: Sound, size: int, *, broken: bool) -> Piece:
    channels, length = samples.shape
    whole = length // size * size
    lowest = np.empty((channels, -(-length // size)), np.float32)
    highest = np.empty_like(lowest)
    for channel in range(channels):
        _draw(samples[channel, :whole].reshape(-1, size), lowest[channel], highest[channel])
    if whole < length:
        lowest[:, -1], highest[:, -1] = samples[:, whole:].min(axis=1), samples[:, whole:].max(axis=1)
    reach = np.maximum(highest, -lowest)
    held = samples if reach.max() <= 1 else np.clip(samples, -1, 1)
    return Piece(samples, held, lowest, highest, reach, size, broken)


def _draw(bins: Sound, lowest: Sound, highest: Sound) -> None:
    """Turned over first: many short rows take three times as long as a few long ones."""
    turned = np.ascontiguousarray(bins.T)
    turned.min(axis=0, out=lowest[: len(bins)])
    turned.max(axis=0, out=highest[: len(bins)])
