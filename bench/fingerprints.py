"""Made-up Chromaprint words, thousands of them in a second: real ones would take an hour of listening."""

from __future__ import annotations

import numpy as np

from daemon.pipeline.twins import Words

_WORDS_A_SECOND = 8.08
_KEPT_SHARE = 0.35
"""How often a real word is the same as the one before it."""
_BITS_THAT_TURN = 4
"""How many bits change else, of 32."""
_RIP_BIT_ERROR = 0.02


def recording(rng: np.random.Generator, duration_s: float) -> Words:
    """A recording: like a real one it moves by a few bits from word to word."""
    count = round(duration_s * _WORDS_A_SECOND)
    turns = np.zeros(count, np.uint32)
    for _ in range(_BITS_THAT_TURN):
        turns ^= np.uint32(1) << rng.integers(0, 32, count, np.uint32)
    turns[rng.random(count) < _KEPT_SHARE] = 0
    turns[0] = rng.integers(0, 2**32, dtype=np.uint32)
    return np.bitwise_xor.accumulate(turns)


def another_rip(rng: np.random.Generator, words: Words) -> Words:
    """The same recording in another codec: some of its bits differ."""
    flips = (rng.random((len(words), 32)) < _RIP_BIT_ERROR) @ (np.uint64(1) << np.arange(32, dtype=np.uint64))
    return words ^ flips.astype(np.uint32)
