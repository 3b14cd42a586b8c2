from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.pipeline.twins import (
    MOST_BIT_ERROR,
    Words,
    bit_error,
    same_recording,
    sample_words,
    words_of,
)

WORDS_PER_S = 11025 / 1365


def a_recording(seed: int, duration_s: float = 240.0) -> Words:
    return np.random.default_rng(seed).integers(0, 2**32, int(duration_s * WORDS_PER_S), dtype=np.uint32)


def with_noise(words: Words, share: float, seed: int = 0) -> Words:
    """The same words with this share of all their bits flipped."""
    flips = np.random.default_rng(seed).random((len(words), 32)) < share
    return words ^ np.packbits(flips, axis=1).view(np.uint32).ravel()


def test_words_are_little_endian() -> None:
    assert words_of(b"\x01\x00\x00\x80").tolist() == [0x80000001]


class TestBitError:
    def test_a_recording_is_itself(self) -> None:
        assert bit_error(a_recording(1), a_recording(1)) == 0.0

    @pytest.mark.parametrize("share", [0.01, 0.047, 0.1])
    def test_it_is_the_share_of_differing_bits(self, share: float) -> None:
        assert bit_error(a_recording(1), with_noise(a_recording(1), share)) == pytest.approx(share, rel=0.1)

    def test_different_recordings_differ_in_half_their_bits_or_are_never_aligned(self) -> None:
        assert bit_error(a_recording(1), a_recording(2)) > 0.4

    @given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 3))
    def test_it_does_not_matter_where_they_begin_nor_who_is_asked(self, ours: int, theirs: int, seed: int) -> None:
        recording = a_recording(seed, 60)

        assert bit_error(recording[ours:], recording[theirs:]) == 0.0
        assert bit_error(recording[theirs:], recording[ours:]) == 0.0

    def test_a_common_beginning_is_not_compared_alone(self) -> None:
        assert bit_error(a_recording(1), a_recording(1)[:1000]) == 1.0

    def test_nothing_is_like_nothing(self) -> None:
        nothing = np.zeros(0, np.uint32)
        assert (
            bit_error(nothing, nothing) == bit_error(nothing, a_recording(1)) == bit_error(a_recording(1), nothing) == 1
        )


class TestSameRecording:
    @pytest.mark.parametrize(
        ("share", "ours_s", "theirs_s", "is_same"),
        [
            (0.0, 240.0, 240.0, True),
            (0.047, 240.0, 240.0, True),
            (0.047, 240.0, 236.3, True),
            (0.047, 240.0, 245.0, True),
            (0.0, 240.0, 245.1, False),
            (0.0, 600.0, 611.0, True),
            (0.0, 600.0, 613.0, False),
            (0.227, 240.0, 240.0, False),
        ],
    )
    def test_sound_and_duration_decide_together(
        self, share: float, ours_s: float, theirs_s: float, is_same: bool
    ) -> None:
        ours, theirs = a_recording(1), with_noise(a_recording(1), share)

        error = same_recording(ours, ours_s, theirs, theirs_s)

        assert (error is not None) is is_same
        assert error is None or error == pytest.approx(share, rel=0.1)

    def test_the_edge_is_where_it_was_measured_to_be(self) -> None:
        recording = a_recording(1)
        near, far = with_noise(recording, MOST_BIT_ERROR - 0.01), with_noise(recording, MOST_BIT_ERROR + 0.01)

        assert same_recording(recording, 240.0, near, 240.0) is not None
        assert same_recording(recording, 240.0, far, 240.0) is None


class TestSampleWords:
    def test_one_word_in_sixteen(self) -> None:
        assert 80 < len(sample_words(a_recording(1))) < 165

    def test_rips_keep_the_same_ones_whatever_their_offset(self) -> None:
        recording = a_recording(1)
        sampled, later = set(sample_words(recording)), set(sample_words(recording[40:]))

        assert len(sampled & later) > 0.95 * len(later)

    def test_a_noisy_rip_shares_enough_to_be_found(self) -> None:
        shared = set(sample_words(a_recording(1))) & set(sample_words(with_noise(a_recording(1), 0.047)))

        assert len(shared) > 10

    def test_a_short_sound_can_be_found_too_and_hours_stay_small(self) -> None:
        assert len(sample_words(a_recording(1, 5))) == 16
        assert len(sample_words(a_recording(1, 1))) == int(WORDS_PER_S)
        assert len(sample_words(a_recording(1, 36_000))) == 1024
        assert sample_words(np.zeros(0, np.uint32)) == ()

    def test_every_word_is_a_word_of_the_recording(self) -> None:
        recording = a_recording(1)
        assert set(sample_words(recording)) <= set(recording.tolist())
