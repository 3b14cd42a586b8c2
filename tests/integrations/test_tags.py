"""Tags in all three formats: what is written reads back, in the frames that players look for."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen import id3, mp4
from mutagen.aiff import AIFF
from mutagen.wave import WAVE

from daemon.errors import BadMedia
from daemon.models import Format, Tags
from integrations.tags import atoms, frames, read, settled, write, write_verified
from integrations.tags import writing as tagging
from tests.integrations.tag_files import chunk, chunks_of, contained, order_of, sound_of, synchsafe, untagged

# Mutagen says that it is typed, and has no types.
ID3: Any = id3
MP4: Any = mp4

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 5 + b"\xff\xd9"
FORMATS = list(Format)

FULL = Tags(
    title="Kerala (Extended Mix)",
    artists=("Tyler, The Creator", "Björk"),
    remixer="Ada Reyes, Łąka",
    album="Migration",
    date="2017-01-13",
    genre="Downtempo",
    bpm=127.96,
    initial_key="8A",
    isrc="GBCFB1600333",
    comment="8A - 127.96",
    artwork_jpeg=JPEG,
    replaygain_track_gain_db=-6.5,
    replaygain_track_peak=0.988553,
    provenance={"source": "soundcloud", "url": "https://example.com/a?b=c", "lossless": "no", "codec": "opus 152"},
)


@pytest.fixture(params=FORMATS)
def path(request, tmp_path) -> Path:
    return untagged(tmp_path, request.param)


def format_of(path: Path) -> Format:
    return Format(path.suffix[1:])


def raw_tags(path: Path) -> Any:
    """The file's tags as mutagen reads them, not translated into another version."""
    if format_of(path) is Format.M4A:
        return MP4.MP4(path).tags
    return (WAVE if format_of(path) is Format.WAV else AIFF)(path, translate=False).tags


# --- round trips -----------------------------------------------------------------------------------------------------


def test_everything_reads_back_and_the_sound_is_untouched(path):
    before = sound_of(path)
    write_verified(path, FULL)
    assert read(path) == FULL
    assert sound_of(path) == before


def test_an_untagged_file_has_no_tags(path):
    assert read(path) == Tags(title="")


def test_a_title_alone_is_enough(path):
    write_verified(path, Tags(title="X"))
    assert read(path) == Tags(title="X")


def test_writing_twice_changes_nothing(path):
    write_verified(path, FULL)
    first = path.read_bytes()
    write_verified(path, FULL)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("given_tags", "kept"),
    [
        (Tags(title=" a\0b \ud800"), {"title": "ab ?"}),
        (Tags(title="T", artists=("", "A\0", " ")), {"artists": ("A",)}),
        (Tags(title="T", bpm=128.0), {"bpm": 128.0}),
        (Tags(title="T", bpm=100.456789), {"bpm": 100.46}),
        (Tags(title="T", bpm=99.5), {"bpm": 99.5}),
        (Tags(title="T", date="2017"), {"date": "2017"}),
        (Tags(title="T", date="2017-02-03T04:05:06Z"), {"date": "2017-02-03"}),
        (Tags(title="T", date="some time ago"), {"date": None}),
        (Tags(title="T", genre="(17)"), {"genre": "(17)"}),
        (Tags(title="T", genre="80"), {"genre": "80"}),
        (Tags(title="T", genre="", album=" "), {"genre": None, "album": None}),
        (Tags(title="T", replaygain_track_gain_db=3.14159), {"replaygain_track_gain_db": 3.14}),
        (Tags(title="T", provenance={"Tool": "1.0", "nothing": ""}), {"provenance": {"tool": "1.0"}}),
        (Tags(title="T", comment="two\nlines"), {"comment": "two\nlines"}),
    ],
)
def test_what_a_file_can_hold(path, given_tags, kept):
    write_verified(path, given_tags)
    found = read(path)
    assert {name: getattr(found, name) for name in kept} == kept


@pytest.mark.parametrize("bpm", [math.nan, math.inf, -math.inf, -128.0, 0.0, 0.004, 1000.0, 1e9, 1e300])
def test_what_is_no_tempo_is_left_out(path, bpm):
    write_verified(path, Tags(title="T", bpm=bpm))
    assert read(path) == Tags(title="T")


@pytest.mark.parametrize("bpm", [0.01, 999.99])
def test_every_tempo_reads_back(path, bpm):
    write_verified(path, Tags(title="T", bpm=bpm))
    assert read(path).bpm == bpm


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(path, value):
    write_verified(path, Tags(title="T", replaygain_track_gain_db=value, replaygain_track_peak=value))
    assert read(path) == Tags(title="T")


@pytest.mark.parametrize(("format", "date"), [("m4a", "2017-02"), ("wav", "2017"), ("aiff", "2017")])
def test_a_date_that_ends_with_the_month(tmp_path, format, date):
    path = untagged(tmp_path, Format(format))
    write_verified(path, Tags(title="T", date="2017-02"))
    assert read(path).date == date


TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "🎧 ремикс 👩‍👩‍👧",
        "שיר של אהבה",
        "أغنية",
        "東京",
        "\ufeffmark",
        "AC/DC; A\\B",
        "ﬀ Ǆ ß İ",
        "e\u0301",
        "\u202eabc",
        "a" * 3000,
    ]
)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.builds(
        Tags,
        title=TEXT,
        artists=st.lists(TEXT, max_size=3).map(tuple),
        album=st.none() | TEXT,
        genre=st.none() | TEXT,
        comment=st.none() | TEXT,
        initial_key=st.none() | TEXT,
        bpm=st.none() | st.floats(20, 400),
        replaygain_track_gain_db=st.none() | st.floats(-60, 60),
        replaygain_track_peak=st.none() | st.floats(0, 8),
        provenance=st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True), TEXT, max_size=3),
    )
)
def test_any_text_reads_back(format, written, tmp_path_factory):
    path = untagged(tmp_path_factory.mktemp("tags"), format)
    write_verified(path, written)
    found, wanted = read(path), settled(written, format)
    for field in dataclasses.fields(Tags):
        assert getattr(found, field.name) == getattr(wanted, field.name), field.name


# --- the frames that players read ------------------------------------------------------------------------------------


def test_the_atoms_are_those_that_players_read(tmp_path):
    path = untagged(tmp_path, Format.M4A)
    write(path, FULL)
    found = raw_tags(path)
    assert found["©nam"] == [FULL.title]
    assert found["©ART"] == ["Tyler, The Creator, Björk"]
    assert (found["©alb"], found["©day"], found["©gen"]) == (["Migration"], ["2017-01-13"], ["Downtempo"])
    assert found["tmpo"] == [128]
    assert found["covr"][0].imageformat == MP4.MP4Cover.FORMAT_JPEG
    free = {key: [bytes(value) for value in found[key]] for key in found if key.startswith("----:com.apple.iTunes:")}
    assert free["----:com.apple.iTunes:BPM"] == [b"127.96"]
    assert free["----:com.apple.iTunes:initialkey"] == [b"8A"]
    assert free["----:com.apple.iTunes:ISRC"] == [b"GBCFB1600333"]
    assert free["----:com.apple.iTunes:REMIXER"] == ["Ada Reyes, Łąka".encode()]
    assert free["----:com.apple.iTunes:ARTISTS"] == [b"Tyler, The Creator", "Björk".encode()]
    assert free["----:com.apple.iTunes:CRATEKEEPER_SOURCE"] == [b"soundcloud"]


@pytest.mark.parametrize("format", [Format.WAV, Format.AIFF])
def test_the_frames_are_those_that_players_read(tmp_path, format):
    path = untagged(tmp_path, format)
    write(path, FULL)
    found = raw_tags(path)
    assert found.version == (2, 3, 0)
    texts = {
        key: found[key].text[0]
        for key in ("TIT2", "TPE1", "TPE4", "TALB", "TYER", "TDAT", "TCON", "TBPM", "TKEY", "TSRC")
    }
    assert texts == {
        "TIT2": FULL.title,
        "TPE1": "Tyler, The Creator, Björk",
        "TPE4": "Ada Reyes, Łąka",
        "TALB": "Migration",
        "TYER": "2017",
        "TDAT": "1301",
        "TCON": "Downtempo",
        "TBPM": "127.96",
        "TKEY": "8A",
        "TSRC": "GBCFB1600333",
    }
    assert found["COMM::eng"].text == ["8A - 127.96"]
    assert (found["APIC:"].type, found["APIC:"].mime, found["APIC:"].data) == (3, "image/jpeg", JPEG)
    assert found["TXXX:REPLAYGAIN_TRACK_GAIN"].text == ["-6.50 dB"]
    assert found["TXXX:REPLAYGAIN_TRACK_PEAK"].text == ["0.988553"]
    assert found["TXXX:CRATEKEEPER_LOSSLESS"].text == ["no"]


def test_every_field_has_a_name_for_errors():
    names = {field.name for field in dataclasses.fields(Tags)}
    assert set(atoms.SHOWN_AS) == set(frames.SHOWN_AS) == names


# --- what is not ours ------------------------------------------------------------------------------------------------


def with_chunk(folder: Path, format: Format, tag: bytes) -> Path:
    path, order = untagged(folder, format), order_of(format)
    data = path.read_bytes()
    path.write_bytes(contained(data[8:12], [*chunks_of(data, order), chunk(b"ID3 ", tag, order)], order))
    return path


@pytest.mark.parametrize("format", [Format.WAV, Format.AIFF])
def test_a_tag_of_an_older_version_is_brought_forward(tmp_path, format):
    body = b"TT2\0\0\x04\0old" + b"TP1\0\0\x05\0them" + b"TCM\0\0\x05\0comp"
    path = with_chunk(tmp_path, format, b"ID3\x02\0\0" + synchsafe(len(body)) + body)
    write_verified(path, Tags(title="new"))
    found = raw_tags(path)
    assert (found["TIT2"].text, found["TPE1"].text, found["TCOM"].text) == (["new"], ["them"], ["comp"])


def test_fields_that_are_not_given_stay(path):
    write(path, FULL)
    write_verified(path, Tags(title="New title", bpm=128.0))
    assert read(path) == dataclasses.replace(FULL, title="New title", bpm=128.0)


def test_provenance_is_replaced_as_a_whole(path):
    write(path, FULL)
    write_verified(path, Tags(title="T", provenance={"source": "youtube"}))
    assert read(path).provenance == {"source": "youtube"}


def test_one_artist_after_two_leaves_no_list_behind(path):
    write(path, FULL)
    write_verified(path, Tags(title="T", artists=("Alone",)))
    assert read(path).artists == ("Alone",)
    assert not any("ARTISTS" in key for key in raw_tags(path))


def test_what_another_program_changed_counts(path):
    write(path, FULL)
    tags = raw_tags(path)
    if format_of(path) is Format.M4A:
        tags["©ART"], tags["tmpo"] = ["Somebody"], [64]
        tags.save(path)
    else:
        tags["TPE1"], tags["TBPM"] = ID3.TPE1(encoding=1, text=["Somebody"]), ID3.TBPM(encoding=0, text=["64"])
        tags.save(path, v2_version=3)
    assert (read(path).artists, read(path).bpm) == (("Somebody",), 64.0)


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"nonsense" * 100, b"RIFF\x04\0\0\0AVI ", b"\0\0\0\x08ftyp"])
def test_a_file_that_is_not_what_its_name_says(tmp_path, content):
    for format in FORMATS:
        path = tmp_path / f"track.{format}"
        path.write_bytes(content)
        with pytest.raises(BadMedia, match=path.name):
            write(path, FULL)
        with pytest.raises(BadMedia, match=path.name):
            read(path)


def test_another_format_is_refused(tmp_path):
    with pytest.raises(BadMedia, match="M4A, WAV and AIFF"):
        write(tmp_path / "track.ogg", FULL)


@pytest.mark.parametrize("format", FORMATS)
def test_errors_of_the_disk_are_not_the_files_fault(tmp_path, format):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / f"nowhere.{format}", FULL)


@pytest.mark.parametrize(("format", "frame"), [("m4a", "tmpo"), ("wav", "TBPM"), ("aiff", "TBPM")])
def test_a_mismatch_names_frame_and_file(tmp_path, monkeypatch, format, frame):
    path = untagged(tmp_path, Format(format))
    honest = tagging.read
    monkeypatch.setattr(tagging, "read", lambda path: dataclasses.replace(honest(path), bpm=64.0))
    with pytest.raises(BadMedia, match=rf"{path.name}: {frame} \(bpm\).*127\.96 became 64\.0"):
        write_verified(path, FULL)
