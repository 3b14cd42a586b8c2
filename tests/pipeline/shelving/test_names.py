"""Names that four file systems take, whatever the services call things."""

import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daemon.models import Format, Track, collision_key
from daemon.pipeline.shelving.names import (
    NameFields,
    fields_of,
    file_name,
    folder_with_suffix,
    safe_part,
    shortened,
    with_suffix,
)
from tests.pipeline.shelving.hostile import FAMILY, hostile

FORBIDDEN = set('/\\:*?"<>|') | {chr(code) for code in (*range(32), *range(127, 160))}
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{d}{n}" for d in ("com", "lpt") for n in "0123456789¹²³"
}


def assert_safe(name: str) -> None:
    assert 0 < len(name.encode()) <= 255
    assert not FORBIDDEN & set(name)
    assert name not in (".", "..")
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert name.split(".")[0].rstrip().casefold() not in DEVICES
    assert unicodedata.is_normalized("NFC", name)


@settings(max_examples=500)
@given(hostile, hostile, hostile, st.sampled_from(Format), st.integers(1, 10**6))
@example("CON", "", "NUL", Format.AIFF, 2)
@example("..", "../../etc/passwd", "..", Format.M4A, 3)
def test_every_name_is_safe_and_below_the_root(artist, title, playlist, format, number):
    """`make torture` tries ten thousand."""
    assert_named_safely(artist, title, playlist, format, number)


def assert_named_safely(artist: str, title: str, playlist: str, format: Format, number: int) -> None:
    fields = NameFields(artist=artist, title=title, playlist=playlist)
    path = file_name(fields, format)
    assert not path.is_absolute()
    assert len(path.parts) == 2
    for part in path.parts:
        assert_safe(part)
    assert path.name.endswith(f".{format}")
    numbered = with_suffix(path.name, number)
    assert_safe(numbered)
    assert numbered.endswith(f".{format}")
    assert path.stem == file_name(fields, Format.WAV).stem
    assert path == file_name(fields, format), "the same again"
    assert_safe(folder_with_suffix(path.parts[0], number))


@settings(max_examples=400)
@given(hostile, st.integers(8, 255))
def test_a_part_keeps_within_its_bytes_and_is_stable(text, max_bytes):
    part = safe_part(text, max_bytes)
    assert_safe(part)
    assert len(part.encode()) <= max_bytes
    assert safe_part(part, max_bytes) == part


@settings(max_examples=300)
@given(hostile)
def test_a_collision_key_does_not_depend_on_case_or_spelling(text):
    key = collision_key(text)
    assert key == collision_key(unicodedata.normalize("NFD", text))
    assert key == collision_key(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (NameFields(artist="Floating Points", title="LesAlpx", playlist="Peak"), "Peak/Floating Points - LesAlpx.m4a"),
        (NameFields(artist="AC/DC", title="What?"), "Unassigned/AC-DC - What_.m4a"),
        (NameFields(), "Unassigned/Unknown artist - Untitled.m4a"),
        (NameFields(artist="...", title=" . ", playlist=".."), "Unassigned/Unknown artist - Untitled.m4a"),
        (
            NameFields(artist="A", title="B", playlist="../../etc"),
            "-..-etc/A - B.m4a",
        ),
        (NameFields(artist="A", title="B", playlist="aux"), "_aux/A - B.m4a"),
        (NameFields(artist="A", title="B", playlist="con.mix"), "_con.mix/A - B.m4a"),
        (NameFields(artist="A", title="B", playlist="Vol. 1. "), "Vol. 1/A - B.m4a"),
        (NameFields(artist="A\tB\n", title="C\x00D"), "Unassigned/A B - C D.m4a"),
        (NameFields(artist="Beyonce\u0301", title="Half\ud83d"), "Unassigned/Beyoncé - Half_.m4a"),
        (NameFields(artist="{title}", title="{0.__class__}"), "Unassigned/{title} - {0.__class__}.m4a"),
    ],
)
def test_names_people_meet(fields, expected):
    assert file_name(fields, Format.M4A) == PurePosixPath(expected)


def test_thirty_artists_leave_room_for_the_title():
    name = file_name(NameFields(artist=", ".join(["Somebody Else"] * 30), title="The Title"), Format.M4A).name
    assert name.endswith(" - The Title.m4a")
    assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("text", "max_bytes", "expected"),
    [
        ("abc", 3, "abc"),
        ("ab cd", 3, "ab"),
        ("日本語", 8, "日本"),
        ("e\u0302\u0323" * 2, 6, "e\u0302\u0323"),
        (f"a{FAMILY}", 12, "a"),
        ("👍🏽👍🏽", 15, "👍🏽"),
        ("🇩🇪🇫🇷", 12, "🇩🇪"),
        ("x" + "\u0301" * 100, 8, "x\u0301\u0301\u0301"),
    ],
)
def test_cuts_are_made_between_characters(text, max_bytes, expected):
    assert shortened(text, max_bytes) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A - B.m4a", "a - b.M4A", True),
        ("Beyonce\u0301", "BEYONCÉ", True),
        ("Straße", "STRASSE", True),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ", True),
        ("A - B.m4a", "A - B (2).m4a", False),
        ("e", "é", False),
    ],
)
def test_collisions(one, other, same):
    assert (collision_key(one) == collision_key(other)) is same


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("A - B.m4a", 1, "A - B.m4a"),
        ("A - B.m4a", 2, "A - B (2).m4a"),
        ("A - B. Remix.aiff", 12, "A - B. Remix (12).aiff"),
    ],
)
def test_suffixes(name, number, expected):
    assert with_suffix(name, number) == expected


def test_a_suffix_fits_behind_a_full_name_and_keeps_the_extension():
    full = file_name(NameFields(artist="é" * 300, title="日" * 300), Format.AIFF).name
    assert len(full.encode()) > 245
    assert with_suffix(full, 1000).endswith(" (1000).aiff")
    assert len(with_suffix(full, 1000).encode()) <= 255


def test_a_template_of_the_persons_own():
    track = Track(title="B", artists=("A", "C"), album="D", release_date="2024-03-01")
    fields = fields_of(track, playlist="P", bpm=127.98, key="F#m")
    path = file_name(fields, Format.WAV, "{year}/{album}/{bpm} {key} - {artist} - {title} ({playlist})")
    assert path == PurePosixPath("2024/D/128 F#m - A, C - B (P).wav")


def test_more_that_a_name_can_be_made_of():
    track = Track(title="B", artists=("A",), remixers=("R", "S"), version=("extended", "remix"), genre="House/Techno")
    template = "{genre}/{camelot} {title} ({remixer} {version})"
    fields = fields_of(track, camelot="8A")
    assert file_name(fields, Format.WAV, template) == PurePosixPath("House-Techno/8A B (R, S extended, remix).wav")
    bare = file_name(fields_of(Track(title="B")), Format.WAV, template)
    assert bare == PurePosixPath("No genre/No key B (No remixer Original).wav")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{artist} - {titel}", "may hold {artist}, {title}"),
        ("{title!r}", "just so"),
        ("{title:>10}", "just so"),
        ("{title.__class__}", "just so"),
        ("{}{title}", "just so"),
        ("{title", "check its braces"),
        ("{artist}", "needs {title}"),
        ("{title}/{artist}", "needs {title}"),
        ("/{title}", "begins with a slash"),
        ("/home/me/Music/{title}", "begins with a slash"),
        ("../{title}", "no name leaves OUT_DIR"),
        ("{playlist}/./{title}", "no name leaves OUT_DIR"),
        ("{playlist}\\{title}", "folders are parted with /"),
        ("{title}" + "Mix " * 40, "no title fits"),
        ("{playlist}//{title}", "empty folder"),
        ("", "empty folder"),
    ],
)
def test_a_template_that_cannot_be_used_is_told(template, words):
    with pytest.raises(ValueError) as told:
        file_name(NameFields(title="T"), Format.M4A, template)
    assert words in str(told.value)


def test_a_template_cannot_leave_the_root():
    path = file_name(NameFields(title="T", playlist="."), Format.M4A, "..{playlist}/.{playlist}./{title}")
    assert ".." not in path.parts
    assert not path.is_absolute()
