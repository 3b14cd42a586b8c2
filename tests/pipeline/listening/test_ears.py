import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from daemon.pipeline.listening.ears import Ears, Sounds, listen
from tests.pipeline.listening.feeding import piece_samples
from tests.pipeline.listening.synth import groove, noise, progression, sine, stereo

HOUSE = ("k...k...k...k...", "....s.......s...", "..h...h...h...h.")
A_MINOR = [[57, 60, 64], [50, 53, 57], [52, 55, 59], [57, 60, 64]]


def song(rate, duration_s=24):
    bar_s = 240 / 125
    harmony = progression(A_MINOR, round(duration_s / bar_s) + 1, bar_s, rate)
    return (harmony[: duration_s * rate] + 0.5 * groove(125, duration_s, rate, HOUSE)).astype(np.float32)


def heard_as(heard: Sounds, bpm: float, key: str) -> bool:
    assert heard.tempo is not None, "no tempo was heard"
    assert heard.key is not None, "no key was heard"
    return abs(heard.tempo.bpm - bpm) < 0.1 and heard.key.name == key


def judged(heard: Sounds):
    """Everything small that was heard, for comparing."""
    return heard.tempo, heard.key, heard.tuning_cents, heard.loudness, heard.energy, heard.flags


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 192_000])
def test_hears_a_song_at_any_rate(rate):
    heard = listen(stereo(song(rate)), rate)

    assert heard_as(heard, 125, "Am")
    assert heard.loudness.integrated_lufs == pytest.approx(-20, abs=10)
    assert len(heard.fingerprint) == pytest.approx(24 / 0.1238, abs=25)
    assert heard.peaks.shape == (1000, 2)
    assert 0 < heard.energy < 1
    assert heard.flags == ()


def test_the_rate_hardly_shows_in_the_fingerprint():
    low, high = (listen(song(rate)[None], rate).fingerprint for rate in (44_100, 96_000))

    length = min(len(low), len(high))
    assert np.bitwise_count(low[:length] ^ high[:length]).mean() / 32 < 0.05


def test_eight_kilohertz_is_enough_for_a_tempo_and_a_key():
    heard = listen(song(8000)[None], 8000)

    assert heard_as(heard, 125, "Am")


def test_the_same_sound_is_heard_alike_twice_and_left_as_it_was():
    sound = stereo(song(44_100))
    before = sound.copy()

    assert judged(listen(sound, 44_100)) == judged(listen(sound, 44_100))
    np.testing.assert_array_equal(sound, before)


def test_one_ear_is_told_and_heard_like_both():
    channel = song(44_100)

    heard = listen(np.stack([channel, np.zeros_like(channel)]), 44_100)

    assert heard.flags == ("one ear",)
    assert heard_as(heard, 125, "Am")


def test_channels_that_cancel_each_other_are_told_and_heard_all_the_same():
    channel = song(44_100)

    heard = listen(np.stack([channel, -channel]), 44_100)

    assert heard.flags == ("out of phase",)
    assert heard_as(heard, 125, "Am")
    np.testing.assert_array_equal(heard.fingerprint, listen(channel[None], 44_100).fingerprint)


def test_channels_that_cancel_each_other_in_places_are_heard_all_the_same():
    rate = 8000
    channel = song(rate, 72)
    turned = channel.copy()
    turned[piece_samples(rate) : 2 * piece_samples(rate)] *= -1

    heard = listen(np.stack([channel, turned]), rate)

    assert heard.flags == ()
    assert heard_as(heard, 125, "Am")
    assert heard.tempo.steady


def test_broken_samples_are_told_and_count_as_silence():
    sound = stereo(song(44_100))
    sound[0, ::5000] = np.nan
    sound[1, 7::9000] = np.inf
    sound[1, 8::9000] = -1e30
    clean = np.where(np.abs(sound) < 1e4, sound, 0)

    heard = listen(sound, 44_100)

    assert heard.flags == ("broken samples",)
    assert judged(heard)[:-1] == judged(listen(clean, 44_100))[:-1]


def test_nothing_but_broken_samples_is_silence():
    heard = listen(np.full((2, 100_000), np.nan, np.float32), 44_100)

    assert heard.flags == ("broken samples", "silent")


def test_silence_has_no_opinions():
    heard = listen(np.zeros((2, 10 * 44_100), np.float32), 44_100)

    assert (heard.tempo, heard.key, heard.energy) == (None, None, 0.0)
    assert heard.loudness.integrated_lufs is None
    assert heard.silence_start_s == 10.0
    assert heard.flags == ("silent",)


def test_an_offset_is_told():
    assert "dc offset" in listen(stereo(song(22_050) + np.float32(0.05)), 22_050).flags


def test_clipping_is_told():
    heard = listen(stereo(np.clip(4 * song(22_050), -1, 1)), 22_050)

    assert heard.clipped_samples > 100
    assert heard.flags == ("clipped",)


def test_a_cut_off_and_a_hole_are_told():
    sound = np.fft.irfft(np.fft.rfft(song(44_100))[: 12 * 16_000], n=24 * 44_100)  # nothing above 8,000 Hz
    sound += np.fft.irfft(np.fft.rfft(noise(24, 44_100, level=0.01))[: 24 * 16_000], n=24 * 44_100)
    sound[10 * 44_100 : 11 * 44_100] = 0

    heard = listen(stereo(sound.astype(np.float32)), 44_100)

    assert heard.cutoff_hz == pytest.approx(16_000, abs=200)
    [hole] = heard.silences.holes
    assert hole == pytest.approx((10.0, 1.0), abs=0.01)


def test_drift_is_told():
    sound = groove(lambda share: 120 + 6 * share, 80, 22_050, HOUSE)

    assert listen(sound[None], 22_050).flags == ("drifting tempo",)


@pytest.mark.parametrize("duration_s", [0.0001, 0.01, 0.3, 0.5, 0.99])
def test_less_than_a_second_is_answered_as_far_as_it_goes(duration_s):
    heard = listen(stereo(sine(440, duration_s, 44_100, dbfs=-6, phase=1)), 44_100)

    assert heard.tempo is None
    assert len(heard.fingerprint) == 0
    assert heard.loudness.true_peak_dbtp == pytest.approx(-6, abs=2)


def test_a_rate_too_low_for_music_leaves_only_the_samples():
    heard = listen(noise(20, 1000)[None], 1000)

    assert (heard.tempo, heard.key, heard.loudness.integrated_lufs) == (None, None, None)
    assert heard.loudness.true_peak_dbtp is not None
    assert heard.flags == ("low rate",)


def test_more_channels_than_two_are_heard_too():
    channel = song(44_100, 12)

    heard = listen(np.stack([channel] * 6), 44_100)

    assert heard_as(heard, 125, "Am")


sounds = st_numpy.arrays(
    np.float32,
    st.tuples(st.integers(0, 3), st.integers(0, 3000)),
    elements=st.floats(width=32),
    fill=st.floats(width=32),
)


@settings(max_examples=150, deadline=None)
@given(sound=sounds, repeats=st.sampled_from([1, 1, 40]), rate=st.integers(1, 768_000))
def test_whatever_comes_is_answered(sound, repeats, rate):
    heard = listen(np.tile(sound, repeats), rate)

    assert np.isfinite(heard.peaks).all()
    assert 0 <= heard.energy <= 1
    assert np.isfinite(heard.dc_offset)


@settings(max_examples=60, deadline=None)
@given(
    level=st.floats(-30, 5),
    seed=st.integers(0, 2**32 - 1),
    density=st.floats(0, 1),
    duration_s=st.floats(0.5, 8),
    rate=st.sampled_from([4000, 8000, 11_025, 22_050, 44_100]),
)
def test_any_few_seconds_are_answered(level, seed, density, duration_s, rate):
    random = np.random.default_rng(seed)
    sound = (10.0**level * random.standard_normal((1, round(duration_s * rate)))).astype(np.float32)
    sound[random.random(sound.shape) > density] = 0

    heard = listen(sound, rate)

    assert heard.tempo is None or 0 <= heard.tempo.confidence <= 1
    assert heard.key is None or 0 <= heard.key.confidence <= 1


def eventful(rate):
    """Half a minute of everything that is looked for, at the ends of pieces and across them."""
    sound = stereo(np.concatenate([np.zeros(rate), song(rate, 30), np.zeros(rate // 3)]).astype(np.float32))
    border = piece_samples(rate)
    sound[:, border - 2 : border + 2] = 1
    sound[:, 2 * border - rate : 2 * border + rate // 10] = 0
    sound[0, border - 100] = np.nan
    sound[1] *= 0.7
    return sound


def everything(heard: Sounds):
    return (
        *judged(heard),
        heard.clipped_samples,
        heard.dc_offset,
        heard.cutoff_hz,
        heard.silences,
        (
            heard.silence_start_s,
            heard.silence_end_s,
        ),
    )


EVENTFUL_RATE = 22_050
EVENTFUL = eventful(EVENTFUL_RATE)
AS_ONE = listen(EVENTFUL, EVENTFUL_RATE)


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.lists(st.integers(0, EVENTFUL.shape[1]), max_size=12),
    blocks=st.sampled_from([None, 1021, 4608, piece_samples(EVENTFUL_RATE)]),
)
def test_it_is_all_one_how_the_sound_was_cut_into_blocks(cuts, blocks):
    cuts = sorted({0, EVENTFUL.shape[1], *cuts, *range(0, EVENTFUL.shape[1] if blocks else 0, blocks or 1)})
    before = EVENTFUL.copy()

    ears = Ears(2, EVENTFUL_RATE)
    ears.hear(EVENTFUL[:, :0])
    for start, end in pairwise(cuts):
        ears.hear(EVENTFUL[:, start:end])
    heard = ears.sounds()

    assert everything(heard) == everything(AS_ONE)
    np.testing.assert_array_equal(heard.fingerprint, AS_ONE.fingerprint)
    np.testing.assert_array_equal(heard.peaks, AS_ONE.peaks)
    np.testing.assert_array_equal(EVENTFUL, before)


def test_everything_that_was_hidden_in_the_eventful_sound_was_heard():
    border_s = piece_samples(EVENTFUL_RATE) / EVENTFUL_RATE

    assert heard_as(AS_ONE, 125, "Am")
    assert AS_ONE.flags == ("broken samples", "clipped")
    assert AS_ONE.clipped_samples == 4
    assert AS_ONE.silence_start_s == pytest.approx(1, abs=0.01)
    [hole] = AS_ONE.silences.holes
    assert hole == pytest.approx((2 * border_s - 1, 1.1), abs=0.01)


def test_the_memory_hardly_grows_with_the_sound():
    """A quarter of an hour would take 29 MB in one piece. What grows is what tempo and fingerprint are told of."""
    rate = 8_000
    minute = song(rate, 60)[None]
    ears, needed = Ears(1, rate), {}
    tracemalloc.start()
    try:
        for heard_min in range(20):
            ears.hear(minute)
            needed[heard_min] = tracemalloc.get_traced_memory()[1]
        ears.sounds()
        at_the_end = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert needed[19] - needed[4] < 6e6
    assert at_the_end < 20e6


@pytest.mark.parametrize("rate", [1, 31, 640, 999, 4001, 7993, 44_101, 767_993])
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
def test_odd_rates_and_many_channels_are_answered(rate, channels):
    sound = np.tile(noise(0.05, 44_100), (channels, 1))

    assert listen(sound, rate).loudness.true_peak_dbtp is not None
