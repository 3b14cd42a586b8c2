import numpy as np
import pytest
import soxr

from daemon.keys import camelot, open_key, spelled
from daemon.pipeline.listening import chroma
from daemon.pipeline.listening.ears import listen
from daemon.pipeline.listening.key import Tonality, tonality
from tests.pipeline.listening.synth import chord, noise, progression, sine

RATE = 11_025
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def cadence(tonic, *, minor):
    """Tonic, subdominant, dominant, tonic; the minor one on its natural scale."""
    steps = (
        ((0, MINOR), (5, MINOR), (7, MINOR), (0, MINOR)) if minor else ((0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR))
    )
    return [[48 + (tonic + root) % 12 + note for note in triad] for root, triad in steps]


def heard_in(sound) -> Tonality:
    heard = tonality(soxr.resample(sound, RATE, chroma.SAMPLE_RATE_HZ, "LQ"))
    assert heard is not None, "nothing tuned was heard"
    return heard


@pytest.mark.parametrize("key", range(24))
def test_finds_every_key(key):
    sound = progression(cadence(key % 12, minor=key >= 12), 12, 2.0, RATE)

    heard = heard_in(sound).key

    assert (heard.name, heard.camelot, heard.open_key) == (spelled(key), camelot(key), open_key(key))
    assert heard.runner_up != heard.name


@pytest.mark.parametrize("cents", [-45, -20, 0, 8, 33, 45])
def test_hears_through_a_detuning_and_tells_it(cents):
    sound = progression(cadence(9, minor=True), 12, 2.0, RATE, cents=cents)

    heard = heard_in(sound)

    assert heard.key.name == "Am"
    assert heard.tuning_cents == pytest.approx(cents, abs=3)


@pytest.mark.parametrize("cents", [-45, -30, 45])
def test_a_detuned_chord_shows_the_same_pitch_classes(cents):
    def shares(cents):
        sound = soxr.resample(chord([48, 52, 55], 8, RATE, cents=cents), RATE, chroma.SAMPLE_RATE_HZ, "LQ")
        heard = chroma.chroma(sound)
        assert heard is not None
        return heard.frames.sum(axis=0) / heard.frames.sum()

    np.testing.assert_allclose(shares(cents), shares(0), atol=0.05)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
def test_finds_the_key_at_any_rate(rate):
    sound = progression(cadence(6, minor=True), 8, 2.0, rate)

    heard = listen(np.stack([sound, sound]), rate).key

    assert heard is not None
    assert heard.name == "F#m"


@pytest.mark.parametrize(
    ("key", "name", "on_the_wheel", "open_name"),
    [
        (0, "C", "8B", "1d"),
        (21, "Am", "8A", "1m"),
        (7, "G", "9B", "2d"),
        (16, "Em", "9A", "2m"),
        (6, "F#", "2B", "7d"),
        (3, "Eb", "5B", "10d"),
        (15, "Ebm", "2A", "7m"),
        (14, "Dm", "7A", "12m"),
        (5, "F", "7B", "12d"),
        (20, "Abm", "1A", "6m"),
        (11, "B", "1B", "6d"),
        (13, "C#m", "12A", "5m"),
        (4, "E", "12B", "5d"),
    ],
)
def test_spells_a_key_in_three_ways(key, name, on_the_wheel, open_name):
    assert (spelled(key), camelot(key), open_key(key)) == (name, on_the_wheel, open_name)


@pytest.mark.parametrize("tonic", [0, 4, 9])
def test_the_tonic_is_the_chord_that_sounds_most(tonic):
    """The same four chords, all of one scale: what the piece dwells on tells the minor key from its relative major."""
    minor, sixth, third, seventh = (
        [48 + (tonic + note) % 12 for note in chord_notes]
        for chord_notes in ((0, 3, 7), (8, 0, 3), (3, 7, 10), (10, 2, 5))
    )
    relative_major = spelled((tonic + 3) % 12)

    in_minor = heard_in(progression([minor, sixth, minor, seventh], 12, 2.0, RATE))
    in_major = heard_in(progression([third, seventh, third, sixth], 12, 2.0, RATE))

    assert (in_minor.key.name, in_major.key.name) == (spelled(tonic + 12), relative_major)


def test_a_clear_cadence_is_believed_more_than_a_bare_fifth():
    clear = heard_in(progression(cadence(0, minor=False), 12, 2.0, RATE))
    bare = heard_in(progression([[48, 55]], 12, 2.0, RATE))

    assert bare.key.confidence < clear.key.confidence


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(60_000, np.float32), id="silence"),
        pytest.param(noise(30, 5512.5), id="noise"),
        pytest.param(np.cumsum(noise(30, 5512.5, level=0.001)), id="brown noise"),
        pytest.param(sine(440, 0.7, 5512.5), id="too short"),
        pytest.param(np.zeros(0, np.float32), id="nothing"),
    ],
)
def test_nothing_tuned_is_no_key(sound):
    assert tonality(sound) is None
