"""From float to integers, once for every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Bits = Literal[16, 24]
Integers = npt.NDArray[np.int16] | npt.NDArray[np.int32]
"""Planar, `(channels, samples)`: int16 at 16 bits, int32 within the 24-bit range at 24."""

_BLOCK = 1 << 15
"""Samples of a channel that are worked on at a time: small enough for the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcm:
    """Sound as integers, ready to be written."""

    samples: Integers
    sample_rate_hz: int
    bits: Bits
    limited: int = 0
    """How many samples lay beyond full scale and were held at it."""


def quantise(samples: npt.NDArray[np.float32], sample_rate_hz: int, bits: Bits, seed: int) -> Pcm:
    """The sound in `bits`. Wherever a block does not fit the integers exactly, it gets dither (triangular, high-passed,
    repeatable by `seed`); a block that fits is left bit for bit: a 16-bit source at 16 bits, digital silence. Values
    beyond full scale are held at it, never wrapped, and counted. The samples must be finite."""
    rng = np.random.Generator(np.random.SFC64(seed))
    scale = np.float32(1 << (bits - 1))
    integers: Integers = np.empty(samples.shape, np.int16 if bits == 16 else np.int32)
    limited = 0
    for start in range(0, samples.shape[1], _BLOCK):
        scaled = samples[:, start : start + _BLOCK] * scale
        rounded = np.rint(scaled)
        limited += int(np.count_nonzero((rounded >= scale) | (rounded < -scale)))
        if not np.array_equal(rounded, scaled):
            rounded = np.rint(scaled + _dither(rng, scaled.shape))
        integers[:, start : start + _BLOCK] = np.clip(rounded, -scale, scale - 1)
    return Pcm(samples=integers, sample_rate_hz=sample_rate_hz, bits=bits, limited=limited)


def _dither(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Triangular noise of two steps' width: each value the difference of two neighbours in one uniform sequence, which
    costs half the random numbers and moves the noise up to where the ear is dull."""
    channels, length = shape
    return np.diff(rng.random((channels, length + 1), np.float32), axis=1)
