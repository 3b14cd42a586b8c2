"""Are two recordings the same? A verdict over their fingerprints: 32-bit Chromaprint words, about eight a second.

The same recording in another codec, at another level or offset keeps most bits: at most 4.7 % differed where it was
measured, and at least 22.7 % between different recordings.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

MOST_BIT_ERROR = 0.15
"""Between the measured 4.7 % and 22.7 %."""

MOST_DURATION_DIFFERENCE_S = 5.0
MOST_DURATION_DIFFERENCE = 0.02
"""Twins may differ in length by this share of the longer one, and always by the seconds above: silence at the ends."""

LEAST_OVERLAP = 0.8
"""The share of the longer fingerprint that must be compared, so that a common beginning makes no twins."""

_ALIGNMENTS = 3
"""How many of the likeliest offsets are tried."""

_SPREAD = np.uint32(0x9E3779B1)
"""2**32 over the golden ratio: multiplying by it (it is odd) shuffles all 32-bit words, each to a place of its own."""

_ONE_WORD_IN = 16
_FEWEST_WORDS, _MOST_WORDS = 16, 1024


def words_of(fingerprint: bytes) -> Words:
    """The words as they stand in the work folder and in the ledger: little-endian."""
    return np.frombuffer(fingerprint, dtype="<u4").astype(np.uint32, copy=False)


def sample_words(words: Words) -> tuple[int, ...]:
    """The words to find a recording by: about one in 16. The choice depends on the words alone, so every rip of a
    recording keeps the same ones, whatever its offset. Short recordings keep a few more, hours keep no more than
    1,024."""
    distinct = np.unique(words)
    place = distinct * _SPREAD
    wanted = np.count_nonzero(place < np.uint32(2**32 // _ONE_WORD_IN))
    first = np.argsort(place)[: int(np.clip(wanted, _FEWEST_WORDS, _MOST_WORDS))]
    return tuple(int(word) for word in distinct[first])


def bit_error(ours: Words, theirs: Words) -> float:
    """The share of differing bits, 0 to 1, at the best alignment that overlaps enough; 1 where there is none."""
    least = LEAST_OVERLAP * max(len(ours), len(theirs))
    errors = (
        _bit_error_at(offset, ours, theirs)
        for offset in _likely_offsets(ours, theirs)
        if _overlap(offset, ours, theirs) >= least
    )
    return min(errors, default=1.0)


def same_recording(ours: Words, our_duration_s: float, theirs: Words, their_duration_s: float) -> float | None:
    """The bit error if this is one recording, None if it is not."""
    longer_s = max(our_duration_s, their_duration_s)
    allowed_s = max(MOST_DURATION_DIFFERENCE_S, MOST_DURATION_DIFFERENCE * longer_s)
    if abs(our_duration_s - their_duration_s) > allowed_s:
        return None
    error = bit_error(ours, theirs)
    return error if error <= MOST_BIT_ERROR else None


def _likely_offsets(ours: Words, theirs: Words) -> list[int]:
    """Where in ours theirs begins: the offsets at which most words are equal. A word that ours has more than once
    counts where it comes first."""
    if not len(ours) or not len(theirs):
        return []
    distinct, first_at = np.unique(ours, return_index=True)
    found = np.minimum(np.searchsorted(distinct, theirs), len(distinct) - 1)
    equal = distinct[found] == theirs
    offsets, votes = np.unique(first_at[found[equal]] - np.flatnonzero(equal), return_counts=True)
    return [int(offset) for offset in offsets[np.argsort(-votes, kind="stable")[:_ALIGNMENTS]]]


def _span(offset: int, ours: Words, theirs: Words) -> tuple[int, int]:
    return max(0, offset), min(len(ours), len(theirs) + offset)


def _overlap(offset: int, ours: Words, theirs: Words) -> int:
    begin, end = _span(offset, ours, theirs)
    return end - begin


def _bit_error_at(offset: int, ours: Words, theirs: Words) -> float:
    begin, end = _span(offset, ours, theirs)
    differing = np.bitwise_count(ours[begin:end] ^ theirs[begin - offset : end - offset])
    return float(differing.mean()) / 32
