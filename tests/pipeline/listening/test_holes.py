import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from daemon.pipeline.listening.holes import HoleFinder, SuddenSilences
from tests.pipeline.listening.feeding import fed, piece_samples
from tests.pipeline.listening.synth import noise, stereo

RATE = 44_100
NONE = SuddenSilences(holes=(), stops=())


def sudden_silences(planar, rate):
    return fed(HoleFinder(rate), planar, rate).silences()


def music():
    return stereo(noise(8, RATE))


def silenced(sound, start_s, length_s, *, fall_s=0.0, rise_s=0.0):
    """Nothing for so long, reached and left exponentially, 60 dB in that time."""
    first, last = round(start_s * RATE), round((start_s + length_s) * RATE)
    fall, rise = round(fall_s * RATE), round(rise_s * RATE)
    gain = np.ones(sound.shape[1], np.float32)
    gain[first:last] = 0
    gain[first : first + fall] = 10 ** (-3 * np.arange(fall) / max(fall, 1))
    gain[last - rise : last] = 10 ** (-3 * np.arange(rise) / max(rise, 1))[::-1]
    return sound * gain


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("start_s", "length_s"), [(2.0, 2.0), (3.123, 0.55), (0.7, 6.0)])
def test_a_hole_is_found_to_a_few_milliseconds(rate, start_s, length_s):
    sound = stereo(noise(8, rate))
    sound[:, round(start_s * rate) : round((start_s + length_s) * rate)] = 0

    heard = sudden_silences(sound, rate)

    assert heard.stops == ()
    [hole] = heard.holes
    assert hole == pytest.approx((start_s, length_s), abs=0.003)


def test_every_hole_is_found():
    sound = silenced(silenced(music(), 1.0, 0.8), 4.0, 1.5)

    assert [start for start, _ in sudden_silences(sound, RATE).holes] == pytest.approx([1.0, 4.0], abs=0.003)


BORDER_S = piece_samples(8_000) / 8_000


@pytest.mark.parametrize("length_s", [0.6, 2.0, BORDER_S, 3 * BORDER_S])
@pytest.mark.parametrize("before_border_s", [0.0, 0.1, 0.3, 0.6, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("side", ["begins", "ends"])
def test_a_hole_is_found_wherever_the_sound_is_cut(side, before_border_s, length_s):
    start_s = (1 if side == "begins" else 4) * BORDER_S - before_border_s - (length_s if side == "ends" else 0)
    sound = noise(5 * BORDER_S, 8_000)
    sound[round(start_s * 8_000) : round((start_s + length_s) * 8_000)] = 0

    heard = sudden_silences(sound[None], 8_000)

    assert heard.stops == ()
    [hole] = heard.holes
    assert hole == pytest.approx((start_s, length_s), abs=0.002)


@pytest.mark.parametrize("between_s", [0.05, 0.1, 0.2, 0.3, 0.55])
def test_a_hole_after_a_long_one_is_measured_from_its_own_edge(between_s):
    """However long the first is, and however little sound lies between the two."""
    long_s = 2.5 * BORDER_S
    second_s = 3 + long_s + between_s
    sound = noise(second_s + 1.5 * BORDER_S + 3, 8_000)
    sound[3 * 8_000 : round((3 + long_s) * 8_000)] = 0
    sound[round(second_s * 8_000) : round((second_s + 1.5 * BORDER_S) * 8_000)] = 0

    heard = sudden_silences(sound[None], 8_000)

    if between_s > 0.125:  # a quarter of the half second beside an edge has to be loud
        assert heard.holes == (
            pytest.approx((3, long_s), abs=0.002),
            pytest.approx((second_s, 1.5 * BORDER_S), abs=0.002),
        )
    else:
        assert heard == NONE


@pytest.mark.parametrize("edges", [{"fall_s": 0.1}, {"rise_s": 0.06}, {"fall_s": 0.08, "rise_s": 0.05}])
def test_what_a_codec_has_smeared_is_a_sudden_stop(edges):
    heard = sudden_silences(silenced(music(), 3.0, 2.0, **edges), RATE)

    assert (len(heard.holes), len(heard.stops)) == (0, 1)


@pytest.mark.parametrize("edges", [{"fall_s": 0.4}, {"fall_s": 1.0, "rise_s": 0.5}, {"rise_s": 0.3}])
def test_a_pause_that_dies_away_or_swells_is_neither(edges):
    assert sudden_silences(silenced(music(), 3.0, 2.5, **edges), RATE) == NONE


@pytest.mark.parametrize(
    "sound",
    [
        music(),
        silenced(music(), 3.0, 0.4),
        silenced(music(), 0.0, 3.0),
        silenced(music(), 5.0, 3.0),
        0.005 * silenced(music(), 3.0, 2.0),
        silenced(music(), 3.0, 2.0) + 0.01 * music()[:, ::-1],
        np.stack([music()[0], silenced(music(), 3.0, 2.0)[1]]),
        np.zeros((2, 5 * RATE), np.float32),
        np.zeros((2, 0), np.float32),
    ],
    ids=[
        "none",
        "short",
        "at the beginning",
        "at the end",
        "in quiet",
        "with noise",
        "in one ear",
        "silence",
        "nothing",
    ],
)
def test_what_is_no_hole(sound):
    assert sudden_silences(sound, RATE) == NONE


@settings(max_examples=60, deadline=None)
@given(
    sound=st_numpy.arrays(
        np.float32, st.tuples(st.integers(0, 3), st.integers(0, 2000)), elements=st.floats(-2, 2, width=32)
    ),
    silence=st.integers(0, 50_000),
    rate=st.integers(1, 768_000),
)
def test_whatever_comes_is_answered(sound, silence, rate):
    gap = np.zeros((len(sound), silence), np.float32)
    heard = sudden_silences(np.concatenate([sound, gap, sound], axis=1), rate)

    for start_s, length_s in (*heard.holes, *heard.stops):
        assert start_s >= 0
        assert length_s >= 0.5
