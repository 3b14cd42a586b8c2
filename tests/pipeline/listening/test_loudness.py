"""Reference cases from EBU Tech 3341 (loudness, true peak) and Tech 3342 (range)."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from daemon.pipeline.listening import weighting
from daemon.pipeline.listening.loudness import LoudnessMeter
from daemon.pipeline.listening.truepeak import TruePeakMeter
from tests.pipeline.listening.feeding import fed, piece_samples
from tests.pipeline.listening.synth import groove, noise, sine, stereo


def loudness(planar, rate):
    return fed(LoudnessMeter(len(planar), rate), planar, rate).loudness()


def true_peak_dbtp(planar, rate):
    return fed(TruePeakMeter(len(planar), rate), planar, rate).dbtp()


def staircase(rate, *steps):
    """A 1 kHz tone in stereo; each step is (dBFS, seconds)."""
    return stereo(np.concatenate([sine(1000, duration_s, rate, dbfs=dbfs) for dbfs, duration_s in steps]))


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_reference_tone_reads_its_level_at_any_rate(rate):
    assert loudness(staircase(rate, (-23, 5)), rate).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("steps", "lufs"),
    [
        pytest.param([(-23, 20)], -23.0, id="3341-1"),
        pytest.param([(-33, 20)], -33.0, id="3341-2"),
        pytest.param([(-36, 10), (-23, 60), (-36, 10)], -23.0, id="3341-3 relative gate"),
        pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0, id="3341-4 absolute gate"),
        pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], -23.0, id="3341-5 no gate"),
    ],
)
def test_integrated_loudness(steps, lufs):
    assert loudness(staircase(48_000, *steps), 48_000).integrated_lufs == pytest.approx(lufs, abs=0.1)


@pytest.mark.parametrize(
    ("steps", "range_lu"),
    [
        pytest.param([(-20, 20), (-30, 20)], 10, id="3342-1"),
        pytest.param([(-20, 20), (-15, 20)], 5, id="3342-2"),
        pytest.param([(-40, 20), (-20, 20)], 20, id="3342-3"),
        pytest.param([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15, id="3342-4"),
        pytest.param([(-20, 20)], 0, id="level"),
    ],
)
def test_loudness_range(steps, range_lu):
    assert loudness(staircase(44_100, *steps), 44_100).range_lu == pytest.approx(range_lu, abs=1)


def test_what_lies_beyond_full_scale_is_measured_as_it_will_be_in_the_files():
    tone = stereo(sine(997, 5, 48_000, dbfs=3.2))

    assert tone.max() > 1.4
    assert loudness(tone, 48_000) == loudness(tone.clip(-1, 1), 48_000)
    assert true_peak_dbtp(tone, 48_000) == pytest.approx(0.1, abs=0.15)
    assert loudness(tone, 48_000).integrated_lufs < 2


def test_one_channel_is_half_of_two():
    tone = sine(1000, 5, 48_000, dbfs=-20)

    assert loudness(tone[None], 48_000).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("reddened", [False, True])
def test_the_weighting_is_the_published_filter(reddened):
    """BS.1770-4, tables 1 and 2, run sample by sample over noise, with and without much bass."""
    sound = noise(10, 48_000).astype(np.float64)
    if reddened:
        sound = signal.lfilter([0.05], [1, -0.999], sound)
    shelved = signal.lfilter(
        [1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585], sound
    )
    weighted = signal.lfilter([1, -2, 1], [1, -1.99004745483398, 0.99007225036621], shelved)
    expected = -0.691 + 10 * np.log10(np.mean(weighted**2))

    heard = loudness(sound.astype(np.float32)[None], 48_000).integrated_lufs

    assert heard == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("samples", [0, 1, 100, 17_639])
def test_less_than_a_block_has_a_peak_but_no_loudness(samples):
    heard = loudness(np.full((2, samples), 0.5, np.float32), 44_100)

    assert heard.integrated_lufs is None
    assert heard.range_lu is None
    assert (heard.true_peak_dbtp is None) == (samples == 0)


def test_silence_has_neither():
    heard = loudness(np.zeros((2, 5 * 44_100), np.float32), 44_100)

    assert (heard.integrated_lufs, heard.range_lu, heard.true_peak_dbtp) == (None, None, None)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("phase_degrees", [0, 45, 67.5])
def test_finds_the_peak_between_the_samples(rate, phase_degrees):
    tone = stereo(sine(rate / 4, 0.5, rate, dbfs=-6, phase=np.radians(phase_degrees)))

    assert true_peak_dbtp(tone, rate) == pytest.approx(-6.0, abs=0.4)


def test_a_tone_at_a_quarter_of_the_rate_hides_three_decibels():
    tone = (sine(12_000, 1, 48_000, phase=np.pi / 4) * np.hanning(48_000).astype(np.float32))[None]

    sample_peak_db = 20 * np.log10(np.abs(tone).max())

    assert true_peak_dbtp(tone, 48_000) - sample_peak_db == pytest.approx(3.0, abs=0.1)


BORDER = piece_samples(44_100)


@pytest.mark.parametrize("at", [0, 5, 31, 32, *range(BORDER - 49, BORDER + 49), 2 * BORDER - 1, 299_999])
def test_a_lone_peak_is_found_wherever_it_lies(at):
    sound = np.zeros((1, 300_000), np.float32)
    sound[0, at : at + 2] = 0.5  # two equal neighbours: the wave rises above both

    assert true_peak_dbtp(sound, 44_100) == pytest.approx(-3.9 if at < 299_999 else -6.0, abs=0.25)


@pytest.mark.parametrize("end", [1, 31, 32, 33, 47, 48, 63, 64, 65, 95, 96, 97, 1000])
@pytest.mark.parametrize("before", [0, BORDER])
def test_a_peak_in_the_last_samples_is_found_however_few_they_are(before, end):
    sound = np.zeros((1, before + end + 2), np.float32)
    sound[0, -2:] = 0.5

    assert true_peak_dbtp(sound, 44_100) == pytest.approx(-3.9, abs=0.25)


LOUD = {
    "overdriven tone": np.clip(sine(997, 4, 44_100, dbfs=12), -1, 1),
    "overdriven noise": np.clip(noise(4, 44_100, level=1), -1, 1),
    "noise": noise(4, 44_100),
    "groove": groove(128, 4, 44_100, ["k...k...k...k...", "....s.......s...", "..h...h...h...h."]),
    "overdriven groove": np.clip(8 * groove(128, 4, 44_100, ["k...k...k...k...", "hhhhhhhhhhhhhhhh"]), -1, 1),
    "saturated groove": np.tanh(4 * groove(128, 4, 44_100, ["k...k...k...k...", "hhhhhhhhhhhhhhhh"])),
    "rising noise": noise(4, 44_100) * np.linspace(0, 1, 4 * 44_100) ** 2,
    "falling noise": noise(4, 44_100) * np.linspace(1, 0, 4 * 44_100) ** 2,
}


@pytest.mark.parametrize("name", LOUD)
def test_what_is_not_looked_at_holds_no_peak(name, monkeypatch):
    sound = LOUD[name].astype(np.float32)[None]
    found = true_peak_dbtp(sound, 44_100)

    monkeypatch.setattr(TruePeakMeter, "_threshold", 0.0)

    assert found == pytest.approx(true_peak_dbtp(sound, 44_100), abs=0.01)


@pytest.mark.parametrize("rate", [4_000, 8_000, 44_100, 192_000, 768_000])
@pytest.mark.parametrize("kind", ["noise", "hum", "offset", "loud, then quiet"])
def test_the_weighting_is_exact_over_any_pieces(rate, kind):
    """Against the same filter in double precision, sample by sample."""
    count = 2 * 17 * 32 * 16 + 5 * 32 + 7
    time = np.arange(count)
    hiss = noise(count / rate, rate).astype(np.float64)
    sound = {
        "noise": hiss,
        "hum": np.sin(2 * np.pi * 50 * time / rate) + 1e-3 * hiss,
        "offset": 1 + 1e-2 * hiss,
        "loud, then quiet": np.where(time < count / 2, 10, 1e-4) * hiss,
    }[kind].astype(np.float32)
    expected = sound.astype(np.float64)
    for numerator, denominator in (weighting._shelf(rate), weighting._high_pass(rate)):
        expected = signal.lfilter(np.array(numerator), np.array(denominator), expected)

    filtering = weighting.KWeighting(rate)
    cuts = [0, 32, 32 * 15, 32 * 16 * 17, 32 * 16 * 18 + 32, count]
    heard = np.concatenate([filtering.take(sound[a:b]).copy() for a, b in pairwise(cuts)])

    def power(samples):
        return np.mean(np.square(samples, dtype=np.float64))

    assert power(heard - expected) < 1e-9 * power(expected)
