"""Are two recordings the same? A verdict over their fingerprints: 32-bit Chromaprint words, about eight a second.

The same recording in another codec, at another level or offset keeps most bits. So do versions over one backing track:
a verse that another sings turns no more of all bits than a poor codec does. But a codec turns those bits that were
about to turn anyway, a little everywhere; another version turns steady ones, all in one place. So what decides is the
worst section, judged by its steady bits. docs/decisions/0009 has the measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

MOST_BIT_ERROR = 0.15
"""Of all bits, over the whole length."""

MOST_STEADY_ERROR = 0.05
"""Of the steady bits, in the worst section. Rips were measured up to 4.5 %, versions from 5.8 %."""

CLOSE_STEADY_ERROR = 0.03
"""The same, where the titles name two versions: then the sound must be no further away than a codec takes it."""

MOST_DURATION_DIFFERENCE_S = 5.0
MOST_DURATION_DIFFERENCE = 0.02
"""Twins may differ in length by this share of the longer one, and always by the seconds above: silence at the ends."""

LEAST_OVERLAP = 0.8
"""The share of the longer fingerprint that must be compared, so that a common beginning makes no twins."""

_SECTION_WORDS = 40
"""Five seconds: shorter ones are too noisy in a poor codec, longer ones bury a phrase that differs."""
_FEWEST_STEADY_BITS = 200
"""With fewer of its 1,280 bits steady, a section tells nothing."""
SILENCE = np.uint32(627_964_279)
"""The word of digital silence, and of all that is quieter than about -72 dBFS."""
_LONGEST_SILENT_END_WORDS = 80
"""Ten seconds: a fade-out reaches silence sooner in a quieter rip. What is silent for longer is compared."""

_ALIGNMENTS = 3
"""How many of the likeliest offsets are tried."""

_SPREAD = np.uint32(0x9E3779B1)
"""2**32 over the golden ratio: multiplying by it (it is odd) shuffles all 32-bit words, each to a place of its own."""

_ONE_WORD_IN = 16
_SAMPLED_BELOW = np.uint32(2**32 // _ONE_WORD_IN)
_FEWEST_WORDS, _MOST_WORDS = 16, 1024
_MOST_SEARCHED = 4 * _MOST_WORDS
_MOST_TURNS = 4
"""Between two neighbours that differ in more bits there are too many words to look for them all."""


def words_of(fingerprint: bytes) -> Words:
    """The words as they stand in the work folder and in the ledger: little-endian."""
    return np.frombuffer(fingerprint, dtype="<u4").astype(np.uint32, copy=False)


def in_sample(words: Words) -> npt.NDArray[np.bool_]:
    """Which of the words are among the one in 16 that recordings are found by."""
    chosen: npt.NDArray[np.bool_] = words * _SPREAD < _SAMPLED_BELOW
    return chosen


def sample_words(words: Words) -> tuple[int, ...]:
    """The words to find a recording by: about one in 16. The choice depends on the words alone, so every rip of a
    recording keeps the same ones, whatever its offset. Short recordings keep a few more, hours keep no more than
    1,024. Silence, which many recordings begin and end with, is never among them."""
    distinct = np.unique(words)
    distinct = distinct[distinct != SILENCE]
    wanted = int(np.clip(np.count_nonzero(in_sample(distinct)), _FEWEST_WORDS, _MOST_WORDS))
    return tuple(distinct[np.argsort(distinct * _SPREAD)[:wanted]].tolist())


def search_words(words: Words) -> tuple[int, ...]:
    """The words to search with: those of `sample_words`, and those that another rip may have in between. A rip that
    begins half a step later hears other moments: of the bits that turn from one of our words to the next, some have
    turned in its word already. So every such word is searched for too, as far as it would have been sampled."""
    between = np.concatenate([word[in_sample(word)] for word in _words_between(words)])
    between = np.unique(between[between != SILENCE])
    likeliest = between[np.argsort(between * _SPREAD)[:_MOST_SEARCHED]]
    return tuple(dict.fromkeys((*sample_words(words), *likeliest.tolist())))


def bit_error(ours: Words, theirs: Words) -> float:
    """The share of differing bits, 0 to 1, at the best alignment that overlaps enough; 1 where there is none."""
    return _best_alignment(ours, theirs)[0]


def same_recording(
    ours: Words, our_duration_s: float, theirs: Words, their_duration_s: float, *, closely: bool = False
) -> float | None:
    """The bit error if this is one recording, None if it is not. `closely`: something speaks against it already (the
    titles name two versions), so only what a codec does is forgiven."""
    longer_s = max(our_duration_s, their_duration_s)
    allowed_s = max(MOST_DURATION_DIFFERENCE_S, MOST_DURATION_DIFFERENCE * longer_s)
    if abs(our_duration_s - their_duration_s) > allowed_s:
        return None
    error, offset = _best_alignment(ours, theirs)
    if error > MOST_BIT_ERROR:
        return None
    most = CLOSE_STEADY_ERROR if closely else MOST_STEADY_ERROR
    return error if worst_section(offset, ours, theirs) <= most else None


def worst_section(offset: int, ours: Words, theirs: Words) -> float:
    """The share of differing bits, 0 to 1, in those five seconds where most differ, when theirs begins at `offset` in
    ours. Only bits count that are steady in both: that are the same in the word before and in the one after. So a bit
    that a codec turned for a moment does not count, and one that differs for a while does. Silence at the ends is left
    out."""
    begin, end = _span(offset, ours, theirs)
    our_part, their_part = slice(begin, end), slice(begin - offset, end - offset)
    steady = _steady_bits(ours)[our_part] & _steady_bits(theirs)[their_part]
    ours, theirs = ours[our_part], theirs[their_part]
    sounding = _without_silent_ends((ours == SILENCE) | (theirs == SILENCE))
    differing = _sums(np.bitwise_count((ours ^ theirs) & steady)[sounding])
    counted = _sums(np.bitwise_count(steady)[sounding])
    telling = counted >= min(_FEWEST_STEADY_BITS, int(counted.max(initial=1)))
    return float((differing[telling] / counted[telling]).max(initial=0.0))


def _steady_bits(words: Words) -> Words:
    turned = words[1:] ^ words[:-1]
    unsteady = np.zeros_like(words)
    unsteady[1:] |= turned
    unsteady[:-1] |= turned
    return ~unsteady


def _without_silent_ends(silent: npt.NDArray[np.bool_]) -> slice:
    """What is left of it without the silence at either end, as far as that is short."""
    sounding = np.flatnonzero(~silent)
    if not len(sounding):
        return slice(0, len(silent))
    begin, end = int(sounding[0]), int(sounding[-1]) + 1
    return slice(
        begin if begin <= _LONGEST_SILENT_END_WORDS else 0,
        end if len(silent) - end <= _LONGEST_SILENT_END_WORDS else len(silent),
    )


def _sums(counts: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The sum over every section, wherever it begins; over all of it where it is shorter than one."""
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    length = min(_SECTION_WORDS, len(counts))
    sections: npt.NDArray[np.int64] = sums[length:] - sums[: len(sums) - length]
    return sections


def _words_between(words: Words) -> Iterator[Words]:
    """Every word that has some, but not all, of the bits turned that turn from one of these words to the next."""
    before, turning = words[:-1], words[1:] ^ words[:-1]
    counts = np.bitwise_count(turning)
    for turns in range(2, _MOST_TURNS + 1):
        these = counts == turns
        bits = _single_bits(turning[these], turns)
        for some in range(1, 2**turns - 1):
            word = before[these]
            for number, bit in enumerate(bits):
                if some >> number & 1:
                    word = word ^ bit
            yield word


def _single_bits(words: Words, count: int) -> list[Words]:
    """The first `count` set bits of each word, one after the other."""
    bits = []
    for _ in range(count):
        bits.append(words & (~words + np.uint32(1)))
        words = words ^ bits[-1]
    return bits


def _best_alignment(ours: Words, theirs: Words) -> tuple[float, int]:
    """The least bit error among the likely offsets that overlap enough, and that offset; 1 where there is none."""
    least = LEAST_OVERLAP * max(len(ours), len(theirs))
    likely = (o for o in _likely_offsets(ours, theirs) if _overlap(o, ours, theirs) >= least)
    return min(((_bit_error_at(offset, ours, theirs), offset) for offset in likely), default=(1.0, 0))


def verifier(ours: Words, our_duration_s: float, *, closely: bool = False) -> Callable[[bytes, float], float | None]:
    """`same_recording` with ours, to be asked about others as they stand in the ledger."""

    def verify(theirs: bytes, their_duration_s: float) -> float | None:
        return same_recording(ours, our_duration_s, words_of(theirs), their_duration_s, closely=closely)

    return verify


def _likely_offsets(ours: Words, theirs: Words) -> list[int]:
    """Where in ours theirs begins: the offsets at which most words are equal. A word that ours has more than once
    counts where it comes first."""
    if not len(ours) or not len(theirs):
        return []
    distinct, first_at = _first_places(ours.tobytes())
    found = np.minimum(np.searchsorted(distinct, theirs), len(distinct) - 1)
    equal = distinct[found] == theirs
    offsets, votes = np.unique(first_at[found[equal]] - np.flatnonzero(equal), return_counts=True)
    return [int(offset) for offset in offsets[np.argsort(-votes, kind="stable")[:_ALIGNMENTS]]]


@lru_cache(maxsize=4)
def _first_places(fingerprint: bytes) -> tuple[Words, npt.NDArray[np.intp]]:
    """Every word in order, and where it comes first. Kept, because one recording is compared with many."""
    return np.unique(np.frombuffer(fingerprint, np.uint32), return_index=True)


def _span(offset: int, ours: Words, theirs: Words) -> tuple[int, int]:
    return max(0, offset), min(len(ours), len(theirs) + offset)


def _overlap(offset: int, ours: Words, theirs: Words) -> int:
    begin, end = _span(offset, ours, theirs)
    return end - begin


def _bit_error_at(offset: int, ours: Words, theirs: Words) -> float:
    begin, end = _span(offset, ours, theirs)
    differing = np.bitwise_count(ours[begin:end] ^ theirs[begin - offset : end - offset])
    return float(differing.mean()) / 32
