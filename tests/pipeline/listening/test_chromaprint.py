import numpy as np
import pytest
import soxr

from daemon.pipeline.listening.chromaprint import SAMPLE_RATE_HZ, fingerprint
from tests.pipeline.listening.synth import groove, noise, progression

DRUMS = ("k...k...k...k...", "....s.......s...", "..h...h...h...h.")


def song(seed, duration_s=60):
    """Chords drawn by lot, over drums."""
    random = np.random.default_rng(seed)
    chords = [(48 + random.integers(12) + np.array([0, random.integers(3, 5), 7])).tolist() for _ in range(8)]
    bar_s = float(random.uniform(1.5, 2.2))
    harmony = progression(chords, round(duration_s / bar_s) + 1, bar_s, SAMPLE_RATE_HZ)
    return harmony[: duration_s * SAMPLE_RATE_HZ] + groove(240 / bar_s, duration_s, SAMPLE_RATE_HZ, DRUMS)


def bit_error(one, other):
    length = min(len(one), len(other))
    return np.bitwise_count(one[:length] ^ other[:length]).mean() / 32


def test_the_same_sound_gives_the_same_words():
    words = fingerprint(song(1))

    assert words.dtype == np.uint32
    assert len(words) == (60 * SAMPLE_RATE_HZ - 4096) // 1365 + 1 - 4 - 15
    np.testing.assert_array_equal(words, fingerprint(song(1)))


def test_words_of_a_known_sound_stay_as_they_are():
    """Pinned, so that fingerprints kept in the ledger can always be compared with new ones."""
    pinned = """
        f445ff7e bd5cf7ef 97d5657d 947ff70d b176d3d5 f447c7df bd5df65d b5547d6d 95fde16d b1f5e5dd
        f4c6f7cf bd5ed65c b55f75cd 97fdf1f7 b1f4f5ed d545e1ff bd57f74c b74e45cd 96dfc0de b175f55f
    """

    assert [f"{word:08x}" for word in fingerprint(song(1))[::24]] == pinned.split()


@pytest.mark.parametrize("gain", [0.3, 0.7, 1.4])
def test_gain_hardly_matters(gain):
    sound = song(2)

    assert bit_error(fingerprint(sound), fingerprint(sound * np.float32(gain))) < 0.01


def test_noise_and_another_rate_hardly_matter():
    sound = song(3)
    there_and_back = soxr.resample(soxr.resample(sound, SAMPLE_RATE_HZ, 8000), 8000, SAMPLE_RATE_HZ)
    rough = there_and_back[: len(sound)] + noise(60, SAMPLE_RATE_HZ, level=0.002)[: len(there_and_back)]

    assert bit_error(fingerprint(sound), fingerprint(rough)) < 0.05


def test_a_shift_by_whole_steps_shifts_the_words():
    sound = song(4)

    np.testing.assert_array_equal(fingerprint(sound)[7:], fingerprint(sound[7 * 1365 :]))


def test_a_shift_by_part_of_a_step_hardly_matters():
    sound = song(5)

    assert bit_error(fingerprint(sound), fingerprint(sound[600:])) < 0.1


def test_another_song_is_far_away():
    prints = [fingerprint(song(seed)) for seed in range(6, 11)]

    errors = [bit_error(one, other) for i, one in enumerate(prints) for other in prints[:i]]

    assert min(errors) > 0.2


@pytest.mark.parametrize("samples", [0, 1, 4095, 4096, 4096 + 18 * 1365])
def test_too_short_gives_no_words(samples):
    assert len(fingerprint(np.ones(samples, np.float32))) == 0


def test_silence_gives_one_word_over_and_over():
    words = fingerprint(np.zeros(20 * SAMPLE_RATE_HZ, np.float32))

    assert len(words) > 100
    assert len(set(words.tolist())) == 1
