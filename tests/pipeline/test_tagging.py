"""What goes into the tags."""

import dataclasses
import hashlib
import importlib.metadata

import pytest

from daemon.models import Key, Loudness, Tempo, Track
from daemon.pipeline.tagging import fingerprint_id, provenance, tags_for
from daemon.spelling import comment_for
from tests.pipeline.test_proof import FETCHED, HEARD

KEY = Key(name="Am", camelot="8A", open_key="1m", confidence=0.9, runner_up="C")
FULL = dataclasses.replace(
    HEARD,
    tempo=Tempo(bpm=123.987, confidence=0.9),
    key=KEY,
    energy=0.68,
    loudness=Loudness(integrated_lufs=-8.004, range_lu=5.0, true_peak_dbtp=-0.1),
)
SILENT = dataclasses.replace(
    HEARD, tempo=None, key=None, energy=0.0, loudness=Loudness(integrated_lufs=None, range_lu=None, true_peak_dbtp=None)
)
OPUS = dataclasses.replace(FETCHED, bitrate_kbps=160.0)
TRACK = Track(
    title="Strobe (Club Mix)",
    artists=("Ada Reyes", "Kilo Nine"),
    album="Night",
    isrc="QZSBX2400099",
    genre="House",
    release_date="2024-03-01",
    remixers=("Kilo Nine", "Oskar Blom"),
)


def test_everything_that_is_known_is_written():
    tags = tags_for(TRACK, FULL, OPUS, b"\xff\xd8", fingerprint_id="f" * 32)
    assert (tags.title, tags.artists, tags.album) == ("Strobe (Club Mix)", ("Ada Reyes", "Kilo Nine"), "Night")
    assert (tags.date, tags.genre, tags.isrc) == ("2024-03-01", "House", "QZSBX2400099")
    assert (tags.bpm, tags.initial_key, tags.artwork_jpeg) == (123.987, "Am", b"\xff\xd8")
    assert (tags.replaygain_track_gain_db, tags.replaygain_track_peak) == (-10.0, 0.988553)
    assert tags.comment == "8A - Energy 7 - Am - 1m - lossy: opus 160k"
    assert tags.provenance["fingerprint"] == "f" * 32
    assert tags.remixer == "Kilo Nine, Oskar Blom"


@pytest.mark.parametrize(("notation", "spelt"), [("musical", "Am"), ("camelot", "8A"), ("open-key", "1m")])
def test_the_key_is_spelt_as_the_person_wants_and_found_in_every_spelling(notation, spelt):
    tags = tags_for(TRACK, FULL, OPUS, None, key_notation=notation)
    assert tags.initial_key == spelt
    assert tags.comment is not None
    assert all(spelling in tags.comment.split(" - ") for spelling in ("Am", "8A", "1m"))


def test_what_is_not_known_is_left_out():
    tags = tags_for(Track(title="t"), SILENT, OPUS, None)
    assert (tags.bpm, tags.initial_key, tags.replaygain_track_gain_db, tags.replaygain_track_peak) == (None,) * 4
    assert tags.comment == "Energy 1 - lossy: opus 160k"


def test_the_comment_is_plain_enough_for_old_players():
    assert comment_for(FULL, OPUS).isascii()


@pytest.mark.parametrize(
    ("title", "artists", "featured", "shown"),
    [
        ("Song", ("A",), ("Bea",), "Song (feat. Bea)"),
        ("Song (feat. BEA)", ("A",), ("Bea",), "Song (feat. BEA)"),
        ("Song (feat. Bea)", ("A",), ("Bea", "Cy"), "Song (feat. Bea) (feat. Cy)"),
        ("Song", ("A", "Bea"), ("Bea",), "Song"),
    ],
)
def test_every_guest_is_named_once(title, artists, featured, shown):
    assert tags_for(Track(title=title, artists=artists, featured=featured), FULL, OPUS, None).title == shown


def test_where_it_comes_from():
    assert provenance(FULL, OPUS, "ab12") == {
        "source": "youtube",
        "source_url": OPUS.url,
        "source_codec": "opus",
        "source_bitrate": "160",
        "source_lossless": "no",
        "source_quality": "lossy: opus 160k, 48 kHz",
        "fingerprint": "ab12",
        "tool": f"cratekeeper {importlib.metadata.version('cratekeeper')}",
    }


def test_of_a_lossless_file_the_bitrate_is_told_too():
    flac = dataclasses.replace(FULL, codec="flac", lossless=True, bitrate_kbps=912.4)
    told = provenance(flac, FETCHED)
    assert (told["source_codec"], told["source_bitrate"], told["source_lossless"]) == ("flac", "912", "yes")
    assert "fingerprint" not in told


def test_a_fingerprints_name_is_short_and_its_own():
    words = bytes(range(64))
    assert fingerprint_id(words) == hashlib.sha256(words).hexdigest()[:32]
    assert fingerprint_id(words[:-4]) != fingerprint_id(words)
