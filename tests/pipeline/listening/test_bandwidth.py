import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from daemon.pipeline.listening.bandwidth import TrebleMeter, is_encoders
from tests.pipeline.listening.feeding import fed
from tests.pipeline.listening.synth import groove, noise, sine, stereo

RATE = 44_100
HOUSE = ("k...k...k...k...", "....s.......s...", "..h...h...h...h.")


def cutoff_hz(planar, rate):
    return fed(TrebleMeter(max(1, len(planar)), rate), planar, rate).cutoff_hz()


def shaped(sound, rate, gain):
    """`gain` is a function of the frequencies."""
    spectrum = scipy.fft.rfft(sound)
    return scipy.fft.irfft(spectrum * gain(np.arange(len(spectrum)) * rate / len(sound)), n=len(sound)).astype(
        np.float32
    )


def drums(rate=RATE):
    """Bright in the hats alone, falling off as music does."""
    return shaped(groove(124, 12, rate, HOUSE), rate, lambda f: 1 / np.maximum(f / 1000, 1))


def cut(at_hz, width_hz=400.0):
    """What an encoder's low-pass does."""
    return lambda f: np.clip((at_hz + width_hz - f) / width_hz, 0, 1) ** 3


def low_pass(at_hz, order):
    return lambda f: 1 / np.sqrt(1 + (f / at_hz) ** (2 * order))


def in_16_bits(sound):
    return (np.round(sound * 32767 + np.random.default_rng(1).uniform(-0.5, 0.5, sound.shape)) / 32767).astype(
        np.float32
    )


@pytest.mark.parametrize("at_hz", [11_000, 16_000, 17_200, 19_000, 20_000])
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_cliff_is_found_to_a_few_hundred_hertz(rate, at_hz):
    found = cutoff_hz(stereo(in_16_bits(shaped(drums(rate), rate, cut(at_hz)))), rate)

    assert found == pytest.approx(at_hz + 150, abs=300)
    assert is_encoders(found)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_bright_sound_has_none(rate):
    assert cutoff_hz(stereo(in_16_bits(drums(rate))), rate) is None


@pytest.mark.parametrize(
    ("at_hz", "order"), [(3_000, 2), (6_000, 4), (9_000, 4), (12_000, 6), (16_000, 8), (10_000, 12)]
)
def test_a_slope_is_no_cliff(at_hz, order):
    assert cutoff_hz(stereo(in_16_bits(shaped(drums(), RATE, low_pass(at_hz, order)))), RATE) is None


def test_what_a_lower_rate_left_is_told_and_is_no_encoders():
    found = cutoff_hz(shaped(drums(96_000), 96_000, cut(21_500))[None], 96_000)

    assert found == pytest.approx(21_650, abs=300)
    assert not is_encoders(found)


def test_the_rates_own_limit_is_not_told():
    assert cutoff_hz(shaped(drums(), RATE, cut(21_000))[None], RATE) is None


def test_a_whistle_above_hides_no_cliff():
    sound = shaped(drums(), RATE, cut(16_000)) + sine(19_000, 12, RATE, dbfs=-60)

    assert is_encoders(cutoff_hz(sound[None], RATE))


def test_clicks_hide_no_cliff():
    sound = shaped(drums(), RATE, cut(16_000))
    sound[:: RATE // 2] += 0.3

    assert is_encoders(cutoff_hz(sound[None], RATE))


@pytest.mark.parametrize(
    "sound",
    [sine(440, 5, RATE, dbfs=-6), np.zeros(5 * RATE, np.float32), noise(0.5, RATE), np.zeros(0, np.float32)],
    ids=["a tone", "silence", "half a second", "nothing"],
)
def test_without_treble_or_time_nothing_is_said(sound):
    assert cutoff_hz(sound[None], RATE) is None


@pytest.mark.parametrize("bright", [0, 1, 2])
def test_a_long_sound_is_looked_at_from_end_to_end(bright):
    """Four minutes, two thirds of them dull; what is bright is found wherever it lies."""
    thirds = [np.tile(shaped(noise(12, RATE), RATE, low_pass(500, 8)), 7)] * 3
    thirds[bright] = np.tile(shaped(drums(), RATE, cut(16_000)), 7)

    assert is_encoders(cutoff_hz(in_16_bits(np.concatenate(thirds))[None], RATE))


def test_a_low_rate_says_nothing():
    assert cutoff_hz(noise(5, 8000)[None], 8000) is None


@settings(max_examples=40, deadline=None)
@given(
    sound=st_numpy.arrays(
        np.float32, st.tuples(st.integers(0, 3), st.integers(0, 2000)), elements=st.floats(-2, 2, width=32)
    ),
    repeats=st.sampled_from([1, 60]),
    rate=st.integers(1, 768_000),
)
def test_whatever_comes_is_answered(sound, repeats, rate):
    found = cutoff_hz(np.tile(sound, repeats), rate)

    assert found is None or 9_000 <= found <= rate / 2
