"""From float to integers, once for every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Bits = Literal[16, 24]
Integers = npt.NDArray[np.int16] | npt.NDArray[np.int32]
"""Planar, `(channels, samples)`: int16 at 16 bits, int32 within the 24-bit range at 24."""

_BLOCK: Final = 1 << 15
"""Samples of a channel that are worked on at a time: small enough for the processor's cache. Whether sound fits the
integers is asked a block, so that this number is part of what comes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcm:
    """Sound as integers, ready to be written."""

    samples: Integers
    sample_rate_hz: int
    bits: Bits
    limited: int = 0
    """How many samples lay beyond full scale and were held at it."""


def quantise(samples: npt.NDArray[np.float32], sample_rate_hz: int, bits: Bits, seed: int) -> Pcm:
    """Sound that is all in memory, as `Quantiser` makes it of its pieces."""
    quantiser = Quantiser(samples.shape[0], bits, seed)
    integers: Integers = np.concatenate([*quantiser.take(samples), quantiser.rest()], axis=1)
    return Pcm(samples=integers, sample_rate_hz=sample_rate_hz, bits=bits, limited=quantiser.limited)


class Quantiser:
    """Turns sound into integers piece by piece; how it is cut into pieces makes no difference.

    Wherever a block does not fit the integers exactly, it gets dither (triangular, high-passed, repeatable by `seed`);
    a block that fits is left bit for bit: a 16-bit source at 16 bits, digital silence. Values beyond full scale are
    held at it, never wrapped, and counted. The samples must be finite.
    """

    def __init__(self, channels: int, bits: Bits, seed: int) -> None:
        self.limited = 0
        """How many samples lay beyond full scale, of those that were given out."""
        self._rng = np.random.Generator(np.random.SFC64(seed))
        self._scale = np.float32(1 << (bits - 1))
        self._type: type[np.int16] | type[np.int32] = np.int16 if bits == 16 else np.int32
        self._waiting = np.empty((channels, 0), np.float32)

    def take(self, samples: npt.NDArray[np.float32]) -> Iterator[Integers]:
        """The next samples, planar; gives out every block that is full."""
        if self._waiting.shape[1]:
            samples = np.concatenate([self._waiting, samples], axis=1)
        full = samples.shape[1] - samples.shape[1] % _BLOCK
        self._waiting = samples[:, full:].copy()
        for start in range(0, full, _BLOCK):
            yield self._quantised(samples[:, start : start + _BLOCK])

    def rest(self) -> Integers:
        """What does not fill a block; nothing may be taken after it."""
        return self._quantised(self._waiting)

    def _quantised(self, block: npt.NDArray[np.float32]) -> Integers:
        scaled = block * self._scale
        rounded = np.rint(scaled)
        self._count_limited(rounded)
        if not np.array_equal(rounded, scaled):
            scaled += _dither(self._rng, scaled.shape)
            np.rint(scaled, out=rounded)
        np.clip(rounded, -self._scale, self._scale - 1, out=rounded)
        integers: Integers = rounded.astype(self._type)
        return integers

    def _count_limited(self, rounded: npt.NDArray[np.float32]) -> None:
        # Most blocks stay within: the two extremes tell of those at a fraction of the cost.
        if rounded.size and (rounded.max() >= self._scale or rounded.min() < -self._scale):
            self.limited += int(np.count_nonzero((rounded >= self._scale) | (rounded < -self._scale)))


def _dither(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Triangular noise of two steps' width: each value the difference of two neighbours in one uniform sequence, which
    costs half the random numbers and moves the noise up to where the ear is dull."""
    channels, length = shape
    uniform = rng.random((channels, length + 1), np.float32)
    return uniform[:, 1:] - uniform[:, :-1]
