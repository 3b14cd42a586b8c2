import numpy as np
import pytest

from daemon.models import Loudness, Tempo
from daemon.pipeline.listening.waveform import clipped_samples, dc_offset, energy, picture, silence
from tests.pipeline.listening.synth import sine, stereo

RATE = 8000


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


@pytest.mark.parametrize("samples", [1, 3, 999, 1000, 1001, 12_345])
def test_every_sample_is_in_the_picture(samples):
    sound = np.random.default_rng(samples).standard_normal((2, samples)).astype(np.float32)

    drawn = picture(sound)

    assert (drawn[:, 0].min(), drawn[:, 1].max()) == (sound.min(), sound.max())


@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (2, 0), (0, 10)])
def test_nothing_is_drawn_flat(shape):
    assert not picture(np.zeros(shape, np.float32)).any()


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 0.0), (1.5, 0.25), (40.0, 0.0), (0.0, 70.0)])
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


def test_a_plateau_may_straddle_two_pieces():
    sound = np.zeros((1, 600_000), np.float32)
    sound[0, 262_142:262_147] = 1

    assert clipped_samples(sound) == 5


def test_an_overdriven_tone_is_clipped_and_a_loud_one_is_not():
    assert clipped_samples(stereo(np.clip(sine(100, 1, RATE, dbfs=6), -1, 1))) > 1000
    assert clipped_samples(stereo(sine(100, 1, RATE))) == 0


def test_the_offset_of_the_worse_channel_is_told_with_its_sign():
    tone = sine(100, 1, RATE, dbfs=-6)

    assert dc_offset(np.stack([tone + 0.01, tone - 0.03])) == pytest.approx(-0.03, abs=1e-4)


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
