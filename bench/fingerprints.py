"""Made-up Chromaprint words, thousands of recordings in a few seconds: real ones would take an hour of listening.

They are like real ones in what makes searching hard. From word to word as many bits turn, in as many cases; and music
prefers some words: that a word of one recording is in another is a hundred times likelier than by chance, as measured
on rendered songs. Each begins and ends with a second of silence.
"""

from __future__ import annotations

import numpy as np

from daemon.pipeline.twins import SILENCE, Words, in_sample

_WORDS_A_SECOND = 8.08
_DRAWN_ANEW = 0.31
"""The chance of a bit to be drawn anew for the next word: with the one below, 4.1 of 32 bits turn."""
_RARE_BIT = 0.299
"""Whether bits are set or not, one of the two is rarer. Then two words are equal 100 times as often as by chance."""
_OFTEN_SET = np.uint32(0xA5C3_1E87)
"""The bits that are rarely clear; the others are rarely set."""
_EVERY_OTHER = np.uint32(0x5555_5555)
_SILENT_WORDS = 8
_RIP_NOISE = 0.005
_SAMPLED = 120
"""The index words of four minutes."""


def recording(rng: np.random.Generator, duration_s: float) -> Words:
    """A recording: like a real one it moves by a few bits from word to word."""
    count = round(duration_s * _WORDS_A_SECOND)
    drawn = rng.random((count, 32), np.float32) < _DRAWN_ANEW
    drawn[0] = True
    last_drawn = np.maximum.accumulate(np.where(drawn, np.arange(count)[:, np.newaxis], 0), axis=0)
    bits = rng.random((count, 32), np.float32) < _RARE_BIT
    words = _packed(np.take_along_axis(bits, last_drawn, axis=0)) ^ _OFTEN_SET
    words[:_SILENT_WORDS] = words[-_SILENT_WORDS:] = SILENCE
    return words


def another_rip(rng: np.random.Generator, words: Words) -> Words:
    """The same recording from elsewhere, half a step later: some of the bits that turn until the next word have turned
    already. And a poor codec turned a few more."""
    turning = words ^ np.append(words[1:], words[-1])
    noise = _packed(rng.random((len(words), 32), np.float32) < _RIP_NOISE)
    rip: Words = words ^ (turning & rng.integers(0, 2**32, len(words), np.uint32)) ^ noise
    return rip


def drone(rng: np.random.Generator, duration_s: float) -> Words:
    """The hardest to search for: all its words are among the commonest."""
    count = round(duration_s * _WORDS_A_SECOND)
    return _packed(rng.random((count, 32), np.float32) < _RARE_BIT / 4) ^ _OFTEN_SET


def index_words_of_strangers(rng: np.random.Generator, tracks: int) -> Words:
    """What `tracks` other recordings are found by, 120 words each, without the recordings: (tracks, 120)."""
    found: list[Words] = []
    missing = tracks * _SAMPLED
    while missing > 0:
        words = _likely_words(rng, 1 << 20)
        found.append(words[in_sample(words)][:missing])
        missing -= len(found[-1])
    return np.concatenate(found).reshape(tracks, _SAMPLED)


def _likely_words(rng: np.random.Generator, count: int) -> Words:
    """Words as in `recording`, each by itself. Five random bits make a rare one: 0.3125 and 0.28125 in turns."""
    one, two, three, four, five = rng.integers(0, 2**32, (5, count), np.uint32)
    words: Words = (one & (two | (three & four & (five | _EVERY_OTHER)))) ^ _OFTEN_SET
    return words


def _packed(bits: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Words:
    packed: Words = np.packbits(bits, axis=1).view(np.uint32).ravel()
    return packed
