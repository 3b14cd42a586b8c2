"""What the person's cells say of a track, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.board.corrections import edits_from
from daemon.edits import heard_with_edits, octave_of, with_edits
from daemon.keys import key_named
from daemon.models import Heard, Key, Loudness, Tempo, Track

TRACK = Track(
    title="Night Ferry",
    artists=("Ada Reyes", "Kilo Nine"),
    featured=("Mira Vale",),
    version=("extended",),
    album="Crossings",
    genre="House",
    release_date="2024",
    artwork_url="https://example.org/a.jpg",
)
HEARD = Heard(
    duration_s=215.0,
    sample_rate_hz=48_000,
    channels=2,
    codec="opus",
    lossless=False,
    tempo=Tempo(bpm=87.02, confidence=0.6, alternative_bpm=174.04, steady=False),
    key=Key(name="C", camelot="8B", open_key="1d", confidence=0.4, runner_up="Am"),
    tuning_cents=0.0,
    loudness=Loudness(integrated_lufs=-9.0, range_lu=6.0, true_peak_dbtp=-0.5),
    silence_start_s=0.0,
    silence_end_s=0.0,
    clipped_samples=0,
    dc_offset=0.0,
    energy=0.7,
    fingerprint_path="f",
    peaks_path="p",
)


@pytest.mark.parametrize(
    ("columns", "edits"),
    [
        ({}, {}),
        (
            {"Title": " Night Ferry ", "Artist Name": "A, B ,", "BPM": 174, "Key": "8A"},
            {"title": "Night Ferry", "artists": ["A", "B"], "bpm": 174, "key": "Am"},
        ),
        ({"Album": "Crossings", "Genre": "House"}, {"album": "Crossings", "genre": "House"}),
        ({"Genre": ["House", "Techno"]}, {"genre": "House, Techno"}),
        (
            {"Release Date": "2024-03-01", "Image URL": "https://a.b/c"},
            {"release_date": "2024-03-01"} | {"artwork_url": "https://a.b/c"},
        ),
        ({"Release Date": "2024-03-01T10:00:00+00:00"}, {"release_date": "2024-03-01"}),
        # emptied
        (
            dict.fromkeys(("Title", "Artist Name", "Album", "Genre", "Release Date", "Image URL", "BPM", "Key")),
            dict.fromkeys(("title", "artists", "album", "genre", "release_date", "artwork_url", "bpm", "key")),
        ),
        ({"Title": "  ", "Genre": []}, {"title": None, "genre": None}),
        # not understood
        ({"Key": "dunno", "BPM": -3}, {}),
        ({"BPM": 9999, "Camelot": "14A"}, {}),
        ({"BPM": True}, {}),
        ({"Image URL": "cover.jpg", "Release Date": "soon"}, {}),
        ({"Title": "https://youtu.be/nightferry1", "Artist Name": " , "}, {}),
        # two columns for one thing
        ({"Camelot": "8A"}, {"key": "Am"}),
        ({"Camelot": "8A", "Key": "D"}, {"key": "D"}),
        ({"Key": "D", "Camelot": "8A"}, {"key": "D"}),
        ({"Camelot": "8A", "Key": "dunno"}, {"key": "Am"}),
        ({"Camelot": "8A", "Key": None}, {"key": "Am"}),
        ({"Camelot": None, "Key": "D"}, {"key": "D"}),
        ({"Camelot": None}, {"key": None}),
        # nothing that we keep
        ({"ISRC": "QZSBX2400021", "Duration (s)": 3, "Artist": ["id"], "My own": 1}, {}),
    ],
)
def test_cells_become_edits(columns, edits):
    assert edits_from(columns) == edits


@pytest.mark.parametrize(
    ("bpm", "measured", "edits"),
    [
        (174, 87.02, {"bpm": 174, "bpm_measured": 87.02}),
        (174, None, {"bpm": 174}),
        (None, 87.02, {"bpm": None}),
        (-1, 87.02, {}),
    ],
)
def test_what_was_measured_is_remembered_with_the_correction(bpm, measured, edits):
    assert edits_from({"BPM": bpm}, measured_bpm=measured) == edits


@pytest.mark.parametrize(
    ("typed", "measured", "octave"),
    [
        (174, 87.02, 2.0),
        (87, 174.2, 0.5),
        (177, 87.02, 2.0),
        (178, 87.02, None),
        (171, 87.02, 2.0),
        (170, 87.02, None),
        (87, 87.02, None),
        (130, 87.02, None),
    ],
)
def test_an_octave_is_half_or_double_within_two_per_cent(typed, measured, octave):
    assert octave_of(typed, measured) == octave


def test_the_persons_word_is_over_what_was_found():
    edits = {"title": "Nachtfähre", "artists": ["Ada"], "album": "X", "genre": "Y", "release_date": "2020-01-01"}

    edited = with_edits(TRACK, edits | {"artwork_url": "https://a.b/c", "bpm": 1, "key": "D"})

    assert edited == replace(
        TRACK,
        title="Nachtfähre",
        artists=("Ada",),
        album="X",
        genre="Y",
        release_date="2020-01-01",
        artwork_url="https://a.b/c",
    )


@pytest.mark.parametrize("edits", [{}, {"title": None, "artists": None, "album": None}, {"artists": []}])
def test_where_nothing_is_said_the_track_stays(edits):
    assert with_edits(TRACK, edits) == TRACK


@pytest.mark.parametrize("edits", [{}, {"bpm": None, "bpm_measured": 87.02, "key": None}, {"key": "dunno"}])
def test_where_nothing_is_said_what_was_heard_stays(edits):
    assert heard_with_edits(HEARD, edits) == HEARD


@pytest.mark.parametrize(
    ("measured", "then", "typed", "bpm", "alternative"),
    [
        (87.02, 87.02, 174, 174, 87.02),  # corrected
        (89.0, 87.02, 174, 174, None),  # the same recording, measured a little otherwise
        (64.0, 87.02, 174, 128.0, 64.0),  # another recording: double again
        (70.333, 87.02, 174, 140.67, 70.333),
        (140.0, 174.0, 87, 70.0, 140.0),  # and half
        (173.2, 87.02, 174, 174, None),  # measured in the person's octave already
        (66.0, 87.02, 126, 126, None),  # no octave: the number stands
        (64.0, None, 128, 128, 64.0),  # nothing had been measured yet
        (None, 87.02, 174, 174, None),
    ],
)
def test_a_tempo_that_was_corrected(measured, then, typed, bpm, alternative):
    heard = replace(HEARD, tempo=Tempo(bpm=measured, confidence=0.6, steady=False) if measured else None)

    tempo = heard_with_edits(heard, {"bpm": typed, "bpm_measured": then}).tempo

    assert (tempo.bpm, tempo.alternative_bpm, tempo.confidence) == (bpm, alternative, 1.0)
    assert tempo.steady is (measured is None)


def test_a_key_that_was_corrected():
    assert heard_with_edits(HEARD, {"key": "F#m"}) == replace(HEARD, key=key_named("F#m"))
    assert heard_with_edits(replace(HEARD, key=None), {"key": "Am"}).key.camelot == "8A"
