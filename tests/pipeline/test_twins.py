from __future__ import annotations

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.pipeline.listening.ears import listen
from daemon.pipeline.twins import (
    MOST_BIT_ERROR,
    SILENCE,
    Words,
    bit_error,
    same_recording,
    sample_words,
    search_words,
    words_of,
)
from integrations.sandbox.music import Encoding, Piece, Samples, encode, play

WORDS_PER_S = 11025 / 1365


def a_recording(seed: int, duration_s: float = 240.0) -> Words:
    return np.random.default_rng(seed).integers(0, 2**32, int(duration_s * WORDS_PER_S), dtype=np.uint32)


def with_noise(words: Words, share: float, seed: int = 0) -> Words:
    """The same words with this share of all their bits flipped."""
    flips = np.random.default_rng(seed).random((len(words), 32)) < share
    return words ^ np.packbits(flips, axis=1).view(np.uint32).ravel()


def a_song(seed: int, duration_s: float = 240.0) -> Words:
    """Like real words: from one to the next, each bit turns in one of eight cases."""
    draws = np.random.default_rng(seed).integers(0, 2**32, (3, int(duration_s * WORDS_PER_S)), dtype=np.uint32)
    return np.bitwise_xor.accumulate(np.bitwise_and.reduce(draws, axis=0))


def half_a_step_later(words: Words, seed: int = 0) -> Words:
    """What another rip hears: of the bits that turn from word to word, some have turned already."""
    turning = words[1:] ^ words[:-1]
    return words[:-1] ^ (turning & np.random.default_rng(seed).integers(0, 2**32, len(turning), dtype=np.uint32))


def seconds(count: float) -> int:
    return int(count * WORDS_PER_S)


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


class TestVersions:
    """What a poor codec does is a little everywhere; what another version does is in one place."""

    def test_a_rip_that_begins_half_a_step_later_is_the_same(self) -> None:
        song = a_song(1)

        error = same_recording(song, 240.0, half_a_step_later(song), 240.0)

        assert error is not None
        assert error > 0.05

    def test_another_verse_makes_another_recording_though_few_of_all_bits_differ(self) -> None:
        song, featured = a_song(1), a_song(1)
        featured[seconds(150) : seconds(158)] = a_song(2)[: seconds(158) - seconds(150)]

        assert bit_error(song, featured) < 0.03
        assert same_recording(song, 240.0, featured, 240.0) is None

    @pytest.mark.parametrize("at_s", [20, 120, 230])
    def test_two_bars_cut_out_make_an_edit(self, at_s: float) -> None:
        song = a_song(1)
        edit = np.delete(song, slice(seconds(at_s - 4), seconds(at_s)))

        assert same_recording(song, 240.0, edit, 236.0) is None
        assert same_recording(edit, 236.0, song, 240.0) is None

    def test_what_is_cut_away_at_an_end_is_no_edit(self) -> None:
        song = a_song(1)

        assert same_recording(song, 240.0, song[seconds(3.7) :], 236.3) == 0.0
        assert same_recording(song, 240.0, song[: -seconds(3.7)], 236.3) == 0.0

    def test_a_fade_out_reaches_silence_sooner_in_a_quieter_rip(self) -> None:
        song, quieter = a_song(1), a_song(1)
        quieter[-seconds(6) :] = SILENCE

        assert same_recording(song, 240.0, quieter, 240.0) is not None

    @pytest.mark.parametrize(("begin_s", "end_s"), [(100, 106), (225, 240)])
    def test_a_verse_that_is_silent_makes_another_recording(self, begin_s: float, end_s: float) -> None:
        song, silenced = a_song(1), a_song(1)
        silenced[seconds(begin_s) : seconds(end_s)] = SILENCE

        assert same_recording(song, 240.0, silenced, 240.0) is None

    def test_where_titles_name_two_versions_the_sound_must_be_closer(self) -> None:
        song, codec = a_song(1), with_noise(a_song(1), 0.03)
        mixed_anew = song ^ np.uint32(1 << 12)

        assert same_recording(song, 240.0, mixed_anew, 240.0) is not None
        assert same_recording(song, 240.0, mixed_anew, 240.0, closely=True) is None
        assert same_recording(song, 240.0, codec, 240.0, closely=True) is not None

    def test_a_sound_of_seconds_is_judged_as_a_whole(self) -> None:
        assert same_recording(a_song(1, 4), 4.0, a_song(1, 4), 4.0) == 0.0
        assert same_recording(a_song(1, 4), 4.0, a_song(1, 4) ^ np.uint32(0b111), 4.0) is None


class TestRealSound:
    RATE_HZ = 44_100

    def piece(self, seed: int) -> Samples:
        return play(Piece(title="", artist="", bpm=120, key_name="Am", duration_s=40, seed=seed), self.RATE_HZ)

    def words(self, sound: Samples, rate_hz: int = RATE_HZ) -> Words:
        return listen(sound, rate_hz).fingerprint

    def encoded(self, sound: Samples, encoding: Encoding, bitrate_kbps: int) -> Words:
        with av.open(io.BytesIO(encode(sound, self.RATE_HZ, encoding, bitrate_kbps))) as file:
            frames = list(file.decode(audio=0))
        return self.words(np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].sample_rate)

    def test_codecs_levels_and_offsets_leave_it_the_same_and_another_tune_over_it_does_not(self) -> None:
        sound = self.piece(1)
        song = self.words(sound)
        later = sound[:, int(1.3 * self.RATE_HZ) :]
        rips = {
            "mp3": self.encoded(sound, "mp3", 64),
            "m4a": self.encoded(sound, "m4a", 96),
            "quieter": self.words(sound * np.float32(0.1)),
            "clipped": self.words(np.clip(sound * np.float32(2), -1, 1)),
            "later": self.encoded(later, "mp3", 128),
        }
        featured = sound.copy()
        verse = slice(15 * self.RATE_HZ, 25 * self.RATE_HZ)
        featured[:, verse] += self.piece(2)[:, verse] * np.float32(0.5)

        assert {name for name, rip in rips.items() if same_recording(song, 40.0, rip, 40.0) is None} == set()
        assert same_recording(song, 40.0, self.words(featured), 40.0) is None


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

    def test_silence_is_no_word_to_find_anything_by(self) -> None:
        assert sample_words(np.full(100, SILENCE)) == search_words(np.full(100, SILENCE)) == ()
        assert SILENCE not in sample_words(np.append(a_recording(1, 1), SILENCE))


class TestSearchWords:
    def test_they_begin_with_those_of_the_sample(self) -> None:
        sampled = sample_words(a_song(1))

        assert search_words(a_song(1))[: len(sampled)] == sampled

    def test_they_find_a_rip_that_begins_half_a_step_later(self) -> None:
        filed = set(sample_words(a_song(1)))
        rip = half_a_step_later(a_song(1))

        assert len(filed & set(search_words(rip))) > 2 * len(filed & set(sample_words(rip)))

    def test_they_are_a_few_times_as_many_and_hours_stay_small(self) -> None:
        assert len(search_words(a_song(1))) < 8 * len(sample_words(a_song(1)))
        assert len(search_words(a_song(1, 36_000))) <= 1024 + 4096
        assert search_words(np.zeros(0, np.uint32)) == ()
