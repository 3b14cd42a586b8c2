import numpy as np
import pytest
import soxr

from daemon.models import Tempo
from daemon.pipeline.listening import onset
from daemon.pipeline.listening.ears import listen
from daemon.pipeline.listening.tempo import tempo
from tests.pipeline.listening.synth import groove, noise, sine

RATE = onset.SAMPLE_RATE_HZ
HOUSE = ("k...k...k...k...", "....s.......s...", "..h...h...h...h.")
BREAKS = ("k.........k.....", "....s.......s...", "h.h.h.h.h.h.h.h.")
HALF_BARS = ("k.......k.......", "....s.......s...", "h.h.h.h.h.h.h.h.")
HIPHOP = ("k......k..k.....", "....s.......s...", "h.h.h.h.h.h.h.h.")


def pad(frequencies_hz, harmonics):
    """A steady chord of 90 s."""
    partials = [(hz * n, 1 / n) for hz in frequencies_hz for n in range(1, harmonics + 1)]
    return np.float32(0.08) * sum(np.float32(level) * sine(hz, 90, RATE) for hz, level in partials)


def certainly(heard: Tempo | None) -> Tempo:
    assert heard is not None, "no tempo was heard"
    return heard


@pytest.mark.parametrize(
    ("bpm", "pattern", "rate"),
    [
        (100.0, HOUSE, 44_100),
        (118.5, HOUSE, 48_000),
        (124.0, HOUSE, 44_100),
        (127.37, HOUSE, 48_000),
        (140.0, HOUSE, 96_000),
        (172.0, BREAKS, 44_100),
        (176.0, BREAKS, 48_000),
        (92.3, HIPHOP, 32_000),
    ],
)
def test_finds_the_tempo_at_any_rate(bpm, pattern, rate):
    heard = certainly(listen(groove(bpm, 50, rate, pattern)[None], rate).tempo)

    assert heard.bpm == pytest.approx(bpm, abs=0.03)
    assert heard.steady


@pytest.mark.parametrize("bpm", [70.0, 76.5, 85.0, 88.0, 160.0, 168.0, 174.0])
def test_an_octave_that_could_go_either_way_is_offered_as_the_alternative(bpm):
    heard = certainly(tempo(groove(bpm, 60, RATE, BREAKS)))

    assert any(candidate == pytest.approx(bpm, abs=0.03) for candidate in (heard.bpm, heard.alternative_bpm))


@pytest.mark.parametrize(
    ("bpm", "other_bpm"),
    [(70.0, 140.0), (92.0, 184.0), (100.0, 200.0), (110.0, 55.0), (124.0, 62.0), (140.0, 70.0), (174.0, 87.0)],
)
def test_half_or_double_is_offered_at_every_tempo(bpm, other_bpm):
    heard = certainly(tempo(groove(bpm, 60, RATE, BREAKS if bpm in (70.0, 174.0) else HOUSE)))

    assert heard.alternative_bpm is not None
    assert sorted((heard.bpm, heard.alternative_bpm)) == pytest.approx(sorted((bpm, other_bpm)), abs=0.06)


@pytest.mark.parametrize("bpm", [60.0, 196.0, 205.0])
def test_the_true_tempo_beyond_the_grid_is_offered(bpm):
    heard = certainly(tempo(groove(bpm, 60, RATE, HOUSE)))

    assert heard.alternative_bpm == pytest.approx(bpm, abs=0.06)


def test_a_plain_house_beat_is_believed_more_than_an_octave_that_could_go_either_way():
    assert certainly(tempo(groove(126, 60, RATE, HOUSE))).confidence > 0.9
    assert certainly(tempo(groove(88, 60, RATE, HALF_BARS))).confidence < 0.8


@pytest.mark.parametrize("bpm", [84.0, 87.0, 91.0, 168.0, 174.0])
def test_the_bass_drum_tells_the_bar_and_with_it_the_octave(bpm):
    """Once in four beats is a bar; the same in eight is two bars of half the tempo."""
    heard = certainly(tempo(groove(bpm, 60, RATE, BREAKS)))

    assert heard.bpm == pytest.approx(bpm, abs=0.03)


@pytest.mark.parametrize("bpm", [95.0, 160.0])
def test_dotted_figures_do_not_shake_the_belief_in_the_beat(bpm):
    dotted = ("k..k..k..k..k..k", "....s.......s...", "h..h..h..h..h...")

    heard = certainly(tempo(groove(bpm, 60, RATE, dotted)))

    assert heard.bpm == pytest.approx(bpm, abs=0.03)
    assert heard.confidence > 0.75


@pytest.mark.parametrize(
    ("course", "jitter_s", "steady"),
    [
        (lambda _: 124.0, 0.0, True),
        (lambda _: 124.0, 0.010, True),  # a drummer's hand, but no drift
        (lambda share: 124 * (1 + 0.005 * share), 0.0, True),
        (lambda share: 124 * (1 + 0.03 * share), 0.0, False),
        (lambda share: 118 * (1 + 0.10 * share), 0.0, False),
        (lambda share: 120.0 if share < 0.5 else 126.0, 0.0, False),
        (lambda share: 124 * (1 + 0.012 * np.sin(9 * share)), 0.006, False),
    ],
)
def test_tells_a_drifting_tempo_from_a_steady_one(course, jitter_s, steady):
    heard = certainly(tempo(groove(course, 110, RATE, HOUSE, jitter_s=jitter_s)))

    assert heard.steady is steady


def test_drift_lowers_the_confidence():
    steady = certainly(tempo(groove(124, 110, RATE, HOUSE)))
    drifting = certainly(tempo(groove(lambda share: 122 + 4 * share, 110, RATE, HOUSE)))

    assert drifting.confidence < 0.7 * steady.confidence


def test_a_break_without_drums_is_no_drift():
    sound = groove(124, 110, RATE, HOUSE)
    sound[40 * RATE : 60 * RATE] = sine(220, 20, RATE, dbfs=-20)

    heard = certainly(tempo(sound))

    assert heard.bpm == pytest.approx(124, abs=0.02)
    assert heard.steady


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(20 * RATE, np.float32), id="silence"),
        pytest.param(noise(20, RATE), id="noise"),
        pytest.param(np.zeros(0, np.float32), id="nothing"),
        pytest.param(groove(124, 2, RATE, HOUSE), id="two seconds"),
        pytest.param(np.full(20 * RATE, 0.5, np.float32), id="offset"),
        pytest.param(sine(440, 90, RATE, dbfs=-6), id="sine"),
        pytest.param(sine(440, 5, RATE), id="short sine"),
        pytest.param(sine(440, 90, RATE, dbfs=-50), id="quiet sine"),
        pytest.param((1.4 * sine(440, 90, RATE)).clip(-1, 1), id="clipped sine"),
        pytest.param(0.5 * np.sign(sine(440, 90, RATE)), id="square"),
        pytest.param(pad((220, 277.2, 329.6, 440), 1), id="pad"),
        pytest.param(pad((220, 261.63, 329.63), 18), id="bright pad"),
        pytest.param(pad((130.81, 155.56, 196), 7), id="low pad"),
        pytest.param(np.concatenate([np.zeros(RATE, np.float32), sine(440, 30, RATE, dbfs=-6)]), id="one beginning"),
    ],
)
def test_no_pulse_is_no_tempo(sound):
    assert tempo(sound) is None


def test_level_does_not_matter():
    sound = groove(131.3, 40, RATE, HOUSE)

    for dbfs in (-34, -50, -60):
        quiet = certainly(tempo(sound * np.float32(10 ** (dbfs / 20))))
        assert quiet.bpm == pytest.approx(131.3, abs=0.03)
        assert quiet.confidence > 0.9


def test_a_pad_under_the_drums_does_not_hide_them():
    heard = certainly(tempo(0.5 * groove(124, 90, RATE, HOUSE) + pad((220, 261.63, 329.63), 18)))

    assert heard.bpm == pytest.approx(124, abs=0.03)
    assert heard.confidence > 0.8


def test_varispeed_moves_the_tempo_with_it():
    faster = soxr.resample(groove(120, 60, RATE, HOUSE), 1.03, 1.0, "LQ")

    assert certainly(tempo(faster)).bpm == pytest.approx(123.6, abs=0.03)
