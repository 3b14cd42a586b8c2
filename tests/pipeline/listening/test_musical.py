import tracemalloc
from functools import cache

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.pipeline.listening import chroma, chromaprint, key, onset, tempo
from daemon.pipeline.listening.framing import Framer, Tape, frame_count, spectra
from daemon.pipeline.listening.musical import MusicalEar
from tests.pipeline.listening.synth import groove, noise, progression

DRUMS = ("k...k...k...k...", "....s.......s...", "..h...h...h...h.")
A_MINOR = [[57, 60, 64], [53, 57, 60], [50, 53, 57], [52, 56, 59]]

BLOCKS = st.lists(st.sampled_from([0, 1, 2]) | st.integers(0, 150_000), min_size=1, max_size=12)


@cache
def song(rate, duration_s=40):
    """Am at 120 BPM: chords of two seconds over drums."""
    drums = groove(120, duration_s, rate, DRUMS)
    return (progression(A_MINOR, duration_s // 2 + 1, 2, rate)[: len(drums)] + drums).astype(np.float32)


def cut(sound, lengths):
    """The sound in blocks of these lengths, over and over where they are not enough; never without end."""
    at, turn = 0, 0
    while at < len(sound):
        length = lengths[turn % len(lengths)] if turn < 60 else 50_000
        yield sound[at : at + length]
        at, turn = at + length, turn + 1


def heard(sound, rate, lengths=(65_536,)):
    ear = MusicalEar(rate)
    for block in cut(sound, lengths):
        ear.take(block)
    return ear.heard()


# --- cut anyhow, heard alike -----------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(BLOCKS)
def test_what_is_heard_does_not_depend_on_the_blocks(lengths):
    sound = song(22_050)[: 39 * 22_050 + 17]
    onsets, notes, words = onset.OnsetListener(), chroma.ChromaListener(), chromaprint.Fingerprinter()

    for block in cut(sound, lengths):
        onsets.take(block)
        notes.take(block)
        words.take(block)

    np.testing.assert_allclose(onsets.strength(), onset.onset_strength(sound), rtol=0, atol=1e-5)
    one, other = notes.chroma(), chroma.chroma(sound)
    np.testing.assert_allclose(one.frames, other.frames, rtol=0, atol=1e-5)
    assert one.tuning_cents == pytest.approx(other.tuning_cents, abs=1e-5)
    np.testing.assert_array_equal(words.words(), chromaprint.fingerprint(sound))


@settings(max_examples=10)
@given(BLOCKS)
def test_the_ear_resamples_blocks_as_it_would_the_whole(lengths):
    sound = song(44_100)
    for_tempo = soxr.resample(sound, 44_100, 22_050, "LQ")
    for_fingerprint = soxr.resample(for_tempo, 22_050, 11_025, "LQ")
    for_key = soxr.resample(for_fingerprint, 11_025, 5512.5, "LQ")

    musical = heard(sound, 44_100, lengths)

    assert musical.tempo == tempo.tempo(for_tempo)
    assert musical.tonality == key.tonality(for_key)
    np.testing.assert_array_equal(musical.fingerprint, chromaprint.fingerprint(for_fingerprint))


@pytest.mark.parametrize(("frame", "hop"), [(1024, 256), (4096, 1365), (4096, 4096), (4096, 5000)])
@pytest.mark.parametrize("samples", [0, 511, 4096, 700_001])
def test_a_framer_gives_every_whole_frame_once(frame, hop, samples):
    sound, window = noise(samples, 1), np.hanning(frame).astype(np.float32)
    expected = [spectrum for _, spectrum in spectra(sound, window, hop, 3, 200)]

    framer = Framer(window, hop, 3, 200)
    found = [spectrum for block in cut(sound, (1, 9_999)) for spectrum in framer.take(block)]
    found += framer.rest()

    assert sum(map(len, found)) == frame_count(samples, frame, hop)
    if expected:
        np.testing.assert_allclose(np.concatenate(found), np.concatenate(expected), rtol=0, atol=1e-4)


def test_a_tape_gives_back_what_was_added():
    tape, rows = Tape(3), noise(30, 1).reshape(10, 3)

    for part in (rows[:1], rows[1:1], rows[1:].astype(np.float64)):
        tape.add(part)

    np.testing.assert_array_equal(tape.rows(), rows)
    assert Tape(3).rows().shape == (0, 3)


# --- what is heard ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000])
def test_tempo_key_and_fingerprint_at_any_rate(rate):
    musical = heard(song(rate), rate)

    assert musical.tempo.bpm == pytest.approx(120, rel=0.002)
    assert musical.tonality.key.name == "Am"
    assert len(musical.fingerprint) == (40 * 11_025 - 4096) // 1365 + 1 - 4 - 15


def test_below_four_kilohertz_nothing_is_heard():
    musical = heard(song(4_000), 3_999)

    assert (musical.tempo, musical.tonality, len(musical.fingerprint)) == (None, None, 0)
    assert heard(song(4_000), 4_000).tempo.bpm == pytest.approx(120, rel=0.002)


@pytest.mark.parametrize("samples", [0, 1, 4_000])
def test_too_short_for_anything(samples):
    musical = heard(song(44_100)[:samples], 44_100)

    assert (musical.tempo, musical.tonality, len(musical.fingerprint)) == (None, None, 0)


def test_silence_has_neither_tempo_nor_key():
    musical = heard(np.zeros(44_100 * 20, np.float32), 44_100)

    assert (musical.tempo, musical.tonality) == (None, None)
    assert len(set(musical.fingerprint.tolist())) == 1


def test_a_block_is_neither_kept_nor_changed():
    block = np.empty(50_000, np.float32)
    ear = MusicalEar(44_100)
    for part in cut(song(44_100), (50_000,)):
        block[: len(part)] = part
        ear.take(block[: len(part)])
        np.testing.assert_array_equal(block[: len(part)], part)
    block[:] = np.nan

    np.testing.assert_array_equal(ear.heard().fingerprint, heard(song(44_100), 44_100).fingerprint)


# --- long sounds: what is done in pieces shows no seams --------------------------------------------------------------


def test_onsets_of_a_bar_are_the_same_all_through_a_quarter_of_an_hour():
    bar_frames, bars = 172, 450  # two seconds
    bar = groove(120, 2, 22_050, DRUMS)[: bar_frames * onset.HOP]
    listener = onset.OnsetListener()
    for _ in range(bars):
        listener.take(bar)

    onsets = listener.strength()

    assert onsets.shape[1] > 2**16 + 5 * bar_frames  # beyond one of the pieces that the local mean is taken in
    whole = onsets[:, bar_frames : (bars - 1) * bar_frames].reshape(4, bars - 2, bar_frames)
    assert whole.max() > 3
    np.testing.assert_allclose(whole, np.broadcast_to(whole[:, :1], whole.shape), rtol=0, atol=1e-4)


def test_notes_that_voted_early_are_as_those_that_voted_at_the_end():
    phrase = progression(A_MINOR, 4, 64 * chroma.HOP / 4 / chroma.SAMPLE_RATE_HZ, chroma.SAMPLE_RATE_HZ, cents=30)
    phrase = phrase[: 64 * chroma.HOP] + noise(len(phrase) / 5512.5, 5512.5, level=0.1)[: 64 * chroma.HOP]
    listener = chroma.ChromaListener()
    for _ in range(160):  # an hour, with more than a million peaks
        listener.take(phrase)

    notes = listener.chroma()

    once = chroma.chroma(np.concatenate([phrase] * 3))
    assert len(notes.frames) == 160 * 64 - 1
    assert notes.tuning_cents == pytest.approx(once.tuning_cents, abs=0.5)
    periods = notes.frames[: 159 * 64].reshape(159, 64, 12)
    np.testing.assert_allclose(periods, np.broadcast_to(once.frames[:64], periods.shape), rtol=0, atol=0.003)
    np.testing.assert_allclose(periods[1:], np.broadcast_to(periods[:1], periods[1:].shape), rtol=0, atol=1e-5)


def test_a_fingerprint_of_half_an_hour_has_no_seams():
    sound = np.concatenate([song(11_025)] * 45)
    words, later = chromaprint.fingerprint(sound), chromaprint.fingerprint(sound[1365 * 3200 :])

    assert len(words) > 14_000
    np.testing.assert_array_equal(words[3200:], later)


def test_half_an_hour_is_heard_in_the_memory_of_two_minutes():
    block = song(8_000)
    ear = MusicalEar(8_000)
    tracemalloc.start()
    try:
        for _ in range(45):
            ear.take(block)
        heard_in = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert heard_in < 16e6  # at 22,050 Hz, in one piece, it would be 159 MB
