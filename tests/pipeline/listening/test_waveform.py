import numpy as np
import pytest

from daemon.models import Loudness, Tempo
from daemon.pipeline.listening.balance import Balance
from daemon.pipeline.listening.picture import Painter
from daemon.pipeline.listening.pieces import pieces
from daemon.pipeline.listening.waveform import ClippingMeter, SilenceMeter, energy
from tests.pipeline.listening.feeding import fed, piece_samples
from tests.pipeline.listening.synth import sine, stereo

RATE = 8000
PIECE = piece_samples(RATE)


def picture(planar):
    return fed(Painter(), planar, RATE).picture()


def silence(planar, rate):
    return fed(SilenceMeter(rate), planar, rate).silence()


def clipped_samples(planar):
    return fed(ClippingMeter(), planar, RATE).clipped_samples()


def dc_offset(planar):
    return fed(Balance(len(planar)), planar, RATE).dc_offset


def test_the_picture_holds_the_extremes_of_every_thousandth():
    left = np.zeros(10_000, np.float32)
    right = left.copy()
    left[25], right[27], right[9_999] = 0.5, -0.25, 1.0

    drawn = picture(np.stack([left, right]))

    assert drawn.shape == (1000, 2)
    assert drawn.dtype == np.float32
    assert drawn[2].tolist() == [-0.25, 0.5]
    assert drawn[999].tolist() == [0.0, 1.0]
    assert not drawn[3:999].any()


@pytest.mark.parametrize("samples", [1, 3, 999, 1000, 1001, 12_345, PIECE, PIECE + 1, 4 * PIECE + 7])
def test_every_sample_is_in_the_picture(samples):
    sound = np.random.default_rng(samples).standard_normal((2, samples)).astype(np.float32)

    drawn = picture(sound)

    assert (drawn[:, 0].min(), drawn[:, 1].max()) == (sound.min(), sound.max())


@pytest.mark.parametrize("samples", [2 * PIECE, 3 * PIECE + 5, 70 * PIECE])
def test_the_points_of_a_long_picture_are_where_they_belong(samples):
    """To a quarter of a point in seconds of sound, closer in minutes."""
    sound = np.linspace(0, 1, samples, dtype=np.float32)[None]

    drawn = picture(sound)

    np.testing.assert_allclose(drawn[:, 0], np.arange(1000) / 1000, atol=0.0003)
    np.testing.assert_allclose(drawn[:, 1], np.arange(1, 1001) / 1000, atol=0.0003)


@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (2, 0), (0, 10)])
def test_nothing_is_drawn_flat(shape):
    assert not picture(np.zeros(shape, np.float32)).any()


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(0.0, 0.0), (1.5, 0.25), (40.0, 0.0), (0.0, 70.0), (PIECE / RATE - 0.001, PIECE / RATE)]
)
def test_silence_is_measured_at_both_ends_over_both_channels(start_s, end_s):
    tone = sine(440, 2, RATE, dbfs=-20, phase=np.pi / 2)
    left = np.concatenate([np.zeros(round(start_s * RATE)), tone, np.zeros(round(end_s * RATE))]).astype(np.float32)
    hiss = np.full_like(left, 0.0009)

    heard = silence(np.stack([left, hiss]), RATE)

    assert heard.start_s == pytest.approx(start_s, abs=0.001)
    assert heard.end_s == pytest.approx(end_s, abs=0.001)
    assert not heard.throughout


def test_silence_throughout():
    heard = silence(np.full((2, 3 * RATE), 0.0005, np.float32), RATE)

    assert (heard.start_s, heard.end_s, heard.throughout) == (3.0, 0.0, True)


@pytest.mark.parametrize(
    ("samples", "clipped"),
    [
        ([0.5, 1.0, 0.5], 0),
        ([0.5, 1.0, 1.0, 0.5], 0),
        ([0.5, 1.0, 1.0, 1.0, 0.5], 3),
        ([1.2, 1.3, 1.1, 0.5, -1.0, -1.0, -1.0, -1.0], 7),
        ([1.0, -1.0, 1.0, -1.0, 1.0], 0),
        ([], 0),
    ],
)
def test_a_plateau_at_full_scale_is_clipping_and_a_touch_is_not(samples, clipped):
    assert clipped_samples(np.array([samples], np.float32)) == clipped


@pytest.mark.parametrize(
    ("start", "length"),
    [(-3, 3), (-2, 3), (-1, 3), (-2, 4), (0, 3), (-1, 1), (-1, 2), (0, 2), (-5, PIECE + 9), (-PIECE, 3 * PIECE)],
)
@pytest.mark.parametrize("side", [1, -1])
def test_a_plateau_may_straddle_pieces(start, length, side):
    sound = np.zeros((2, 3 * PIECE), np.float32)
    sound[1, PIECE + start : PIECE + start + length] = side

    assert clipped_samples(sound) == (length if length >= 3 else 0)


def test_plateaus_on_both_sides_of_a_border_in_different_channels_are_two():
    sound = np.zeros((2, 2 * PIECE), np.float32)
    sound[0, PIECE - 2 : PIECE] = 1
    sound[1, PIECE : PIECE + 2] = 1

    assert clipped_samples(sound) == 0


def test_an_overdriven_tone_is_clipped_and_a_loud_one_is_not():
    assert clipped_samples(stereo(np.clip(sine(100, 1, RATE, dbfs=6), -1, 1))) > 1000
    assert clipped_samples(stereo(sine(100, 1, RATE))) == 0


def test_the_offset_of_the_worse_channel_is_told_with_its_sign():
    tone = sine(100, 1, RATE, dbfs=-6)

    assert dc_offset(np.stack([tone + 0.01, tone - 0.03])) == pytest.approx(-0.03, abs=1e-4)


def mono(planar):
    """What is left of a sound in mono, and how its channels stand to each other."""
    balance = Balance(len(planar))
    return np.concatenate([balance.take(piece).copy() for piece in pieces(planar, RATE)]), balance


def test_mono_is_the_mean():
    left, right = np.random.default_rng(1).uniform(-1, 1, (2, PIECE + 99)).astype(np.float32)

    heard, balance = mono(np.stack([left, right]))

    np.testing.assert_allclose(heard, (left + right) / 2, atol=1e-6)
    assert not balance.out_of_phase


def test_what_lies_beyond_full_scale_is_heard_as_it_will_be_in_the_files():
    left = np.array([0.5, 3.0, -3.0, 0.5], np.float32)

    heard, _ = mono(np.stack([left, np.zeros(4, np.float32)]))

    np.testing.assert_allclose(heard, [0.25, 0.5, -0.5, 0.25])


def test_where_the_channels_cancel_each_other_the_stronger_is_heard():
    """In that piece; as a whole the channels may be sound."""
    tone = sine(440, 4 * PIECE / RATE, RATE, dbfs=-12)
    turned = np.where(np.arange(len(tone)) // PIECE == 1, -0.9, 1).astype(np.float32) * tone

    heard, balance = mono(np.stack([turned, tone]))

    np.testing.assert_array_equal(heard[PIECE : 2 * PIECE], tone[PIECE : 2 * PIECE])
    assert np.abs(np.diff(heard)).max() < 0.2
    assert not balance.out_of_phase
    assert mono(np.stack([-0.9 * tone, tone]))[1].out_of_phase


def test_one_ear_is_no_matter_of_level():
    tone = sine(440, 1, RATE, dbfs=-40)

    assert mono(np.stack([tone, 0.0005 * tone]))[1].one_ear
    assert not mono(np.stack([tone, 0.005 * tone]))[1].one_ear
    assert not mono(np.stack([tone, tone, 0 * tone]))[1].one_ear


def level(lufs, range_lu=5.0):
    return Loudness(integrated_lufs=lufs, range_lu=range_lu, true_peak_dbtp=0.0)


def test_energy_sorts_by_drive():
    fast, slow = (Tempo(bpm=bpm, confidence=1) for bpm in (150, 80))
    ascending = [
        energy(level(None), fast),
        energy(level(-22), None),
        energy(level(-12, 12), slow),
        energy(level(-9, 12), slow),
        energy(level(-9, 4), slow),
        energy(level(-9, 4), fast),
    ]

    assert ascending == sorted(set(ascending))
    assert ascending[0] == 0.0
    assert ascending[-1] <= 1.0
