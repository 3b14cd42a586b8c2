"""What is not ours keeps its bytes: looked at in the file itself, not through the library that writes it."""

import os
from pathlib import Path

import numpy as np
import pytest

from daemon.errors import BadMedia
from daemon.models import Format, Tags
from integrations.ffmpeg import Pcm, render
from integrations.tags import read, write, write_verified
from tests.integrations.tag_files import (
    FOREIGN_ATOMS,
    FOREIGN_CHUNKS,
    FOREIGN_FRAMES,
    atom,
    atoms_of,
    chunk,
    chunks_of,
    contained,
    frames_of,
    id3_frame,
    id3_tag,
    in_version,
    is_tag,
    order_of,
    sound_first_or_last,
    sound_of,
    synchsafe,
    untagged,
    value_atom,
    with_atoms,
)

FIRST = Tags(
    title="Kerala (Extended Mix)",
    artists=("Bonobo", "Björk"),
    album="Migration",
    date="2017-01-13",
    genre="Downtempo",
    bpm=127.96,
    initial_key="Am",
    isrc="GBCFB1600333",
    comment="8A",
    artwork_jpeg=b"\xff\xd8\xff\0\xff\xe0" * 500 + b"\xff\xd9",
    replaygain_track_gain_db=-6.5,
    replaygain_track_peak=0.988553,
    provenance={"source": "soundcloud"},
)
SECOND = Tags(title="K" * 3000, bpm=64.0, artwork_jpeg=b"\xff\xd8" + b"b" * 50_000)
SHORT = Tags(title="K", artwork_jpeg=b"\xff\xd8")
CHUNKED = [Format.WAV, Format.AIFF]


def stays_the_same(path: Path, tags: Tags) -> None:
    """A second writing of the same tags changes nothing."""
    before = path.read_bytes()
    write_verified(path, tags)
    assert path.read_bytes() == before


# --- WAV and AIFF ----------------------------------------------------------------------------------------------------


def somebody_elses(folder: Path, format: Format, tag: bytes | None, place: str, behind: bytes = b"") -> Path:
    """A file with chunks of all sorts, and the tag between them."""
    path, order = untagged(folder, format), order_of(format)
    own = chunks_of(path.read_bytes(), order)
    before, after = ([chunk(name, body, order) for name, body in part] for part in FOREIGN_CHUNKS[format])
    tags = [] if tag is None else [chunk(b"ID3 " if place == "last" else b"id3 ", tag, order)]
    parts = {
        "first": [*tags, *before, *own, *after],
        "before the sound": [*before[:1], *own[:-1], *tags, *before[1:], own[-1], *after],
        "behind the sound": [*before, *own, *tags, *after],
        "last": [*before, *own, *after, *tags],
    }[place]
    path.write_bytes(contained(path.read_bytes()[8:12], parts, order) + behind)
    return path


def others(path: Path, format: Format) -> list[bytes]:
    return [one for one in chunks_of(path.read_bytes(), order_of(format)) if not is_tag(one)]


def behind_the_end(path: Path, format: Format) -> bytes:
    data = path.read_bytes()
    return data[8 + int.from_bytes(data[4:8], order_of(format)) :]


def tag_of(path: Path, format: Format) -> bytes:
    (found,) = (one for one in chunks_of(path.read_bytes(), order_of(format)) if is_tag(one))
    return found[8:]


@pytest.mark.parametrize("format", CHUNKED)
@pytest.mark.parametrize("place", ["first", "before the sound", "behind the sound", "last"])
@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("padding", [0, 1, 100_000])
def test_frames_chunks_and_sound_keep_their_bytes(tmp_path, format, place, version, padding):
    old = [id3_frame(b"TIT2", b"\0old title\0"), *FOREIGN_FRAMES, id3_frame(b"TYER", b"\x001999")]
    path = somebody_elses(tmp_path, format, id3_tag(old, version, padding=padding), place, b"TAG behind the end")
    chunks, sound = others(path, format), sound_of(path)
    wanted = [in_version(frame, version) for frame in FOREIGN_FRAMES]
    for tags in (FIRST, SECOND, SHORT):
        write_verified(path, tags)
        found = frames_of(tag_of(path, format))
        assert [frame for frame in found if frame in wanted] == wanted
        assert others(path, format) == chunks
        assert behind_the_end(path, format) == b"TAG behind the end"
        assert not any(b"old title" in frame for frame in found)
        stays_the_same(path, tags)
    assert sound_of(path) == sound
    assert (read(path).artists, read(path).bpm, read(path).date) == (FIRST.artists, 64.0, FIRST.date)


@pytest.mark.parametrize("format", CHUNKED)
def test_chunks_of_a_file_without_a_tag_keep_their_bytes(tmp_path, format):
    path = somebody_elses(tmp_path, format, None, "last", b"behind")
    chunks = others(path, format)
    write_verified(path, FIRST)
    assert others(path, format) == chunks
    assert behind_the_end(path, format) == b"behind"


@pytest.mark.parametrize("format", CHUNKED)
@pytest.mark.parametrize("tag", [None, id3_tag([id3_frame(b"TIT2", b"\0odd")])])
def test_an_odd_chunk_at_the_end_may_lack_its_last_byte(tmp_path, format, tag):
    path = somebody_elses(tmp_path, format, tag, "first")
    data, order = path.read_bytes(), order_of(format)
    chunks = [*chunks_of(data, order), chunk(b"odd ", b"odd", order)]
    path.write_bytes(contained(data[8:12], [*chunks[:-1], chunks[-1][:-1]], order))
    write_verified(path, FIRST)
    assert others(path, format) == [one for one in chunks if not is_tag(one)]


@pytest.mark.parametrize("format", CHUNKED)
def test_an_odd_number_of_bytes_of_sound(tmp_path, format):
    path = tmp_path / f"track.{format}"
    render(Pcm(samples=np.arange(501, dtype=np.int32).reshape(1, -1), sample_rate_hz=44_100, bits=24), format, path)
    sound = sound_of(path)
    write_verified(path, FIRST)
    assert sound_of(path) == sound
    assert read(path).title == FIRST.title
    stays_the_same(path, FIRST)


@pytest.mark.parametrize("format", CHUNKED)
def test_much_sound_behind_the_tag_is_moved_whole(tmp_path, format):
    path = somebody_elses(tmp_path, format, id3_tag(FOREIGN_FRAMES, padding=100_000), "first")
    data, order = path.read_bytes(), order_of(format)
    much = [*chunks_of(data, order), chunk(b"much", np.arange(700_001, dtype="<u4").tobytes()[:-1], order)]
    path.write_bytes(contained(data[8:12], much, order))
    chunks = others(path, format)
    for tags in (SHORT, SECOND):  # backwards and forwards, by less than a block
        write(path, tags)
        assert others(path, format) == chunks


@pytest.mark.parametrize("format", CHUNKED)
def test_our_own_file_gets_its_tag_behind_the_sound(tmp_path, format):
    path = untagged(tmp_path, format)
    before = path.read_bytes()
    write_verified(path, FIRST)
    assert path.read_bytes()[8 : len(before)] == before[8:]
    assert is_tag(chunks_of(path.read_bytes(), order_of(format))[-1])


@pytest.mark.parametrize("format", CHUNKED)
def test_a_tag_that_stays_the_same_is_not_written(tmp_path, format):
    path = untagged(tmp_path, format)
    write(path, FIRST)
    os.utime(path, ns=(1, 1))
    write(path, FIRST)
    assert path.stat().st_mtime_ns == 1


def tagged(folder: Path, format: Format, tag: bytes) -> Path:
    return somebody_elses(folder, format, tag, "behind the sound")


UNSAFE = b"\0application/x\0\0Serato Overview\0\xff\0\xff\xe5\xff"
"""Bytes that an unsynchronised tag has to write apart."""


@pytest.mark.parametrize("format", CHUNKED)
def test_an_unsynchronised_tag_of_version_3_is_read_and_put_in_order(tmp_path, format):
    frame = id3_frame(b"GEOB", UNSAFE)
    body = frame.replace(b"\xff", b"\xff\0")
    path = tagged(tmp_path, format, b"ID3\x03\0\x80" + synchsafe(len(body)) + body)
    write_verified(path, FIRST)
    assert frame in frames_of(tag_of(path, format))


@pytest.mark.parametrize("format", CHUNKED)
def test_an_unsynchronised_tag_of_version_4_says_so_at_each_frame(tmp_path, format):
    body = id3_frame(b"GEOB", UNSAFE.replace(b"\xff", b"\xff\0"), version=4)
    path = tagged(tmp_path, format, b"ID3\x04\0\x80" + synchsafe(len(body)) + body)
    write_verified(path, FIRST)
    marked = body[:9] + b"\x02" + body[10:]
    assert marked in frames_of(tag_of(path, format))
    assert tag_of(path, format)[5] == 0
    stays_the_same(path, FIRST)


@pytest.mark.parametrize("format", CHUNKED)
def test_plain_sizes_in_version_4_are_understood(tmp_path, format):
    """iTunes once counted in this way; beside our frames it would be ambiguous."""
    overview, label = (b"\0x/y\0\0Serato Overview\0" + bytes(range(200)), b"\0Ninja Tune")
    body = id3_frame(b"GEOB", overview) + id3_frame(b"TPUB", label)
    path = tagged(tmp_path, format, b"ID3\x04\0\0" + synchsafe(len(body)) + body)
    write_verified(path, FIRST)
    found = frames_of(tag_of(path, format))
    assert id3_frame(b"GEOB", overview, version=4) in found
    assert id3_frame(b"TPUB", label, version=4) in found


@pytest.mark.parametrize("format", CHUNKED)
@pytest.mark.parametrize(("version", "extended"), [(3, b"\0\0\0\x06\0\0\0\0\0\0"), (4, b"\0\0\0\x06\x01\0"), (3, b"")])
def test_an_extended_header_is_stepped_over(tmp_path, format, version, extended):
    """Its checksum would no longer be right. Some programs announce one that is not there."""
    frame = id3_frame(b"TPUB", b"\0Ninja Tune", version=version)
    body = extended + frame
    path = tagged(tmp_path, format, b"ID3" + bytes([version, 0, 0x40]) + synchsafe(len(body)) + body)
    write_verified(path, FIRST)
    assert frame in frames_of(tag_of(path, format))


@pytest.mark.parametrize("format", CHUNKED)
@pytest.mark.parametrize(
    "body",
    [
        id3_frame(b"TIT2", b"\0title") + b"GEOB\0\0\xff\0\0\0cut off",
        id3_frame(b"TIT2", b"\0title") + b"\x80jun\0\0\0\x02\0\0ab",
    ],
)
def test_a_damaged_tag_is_left_as_it_is(tmp_path, format, body):
    path = tagged(tmp_path, format, b"ID3\x03\0\0" + synchsafe(len(body)) + body)
    before = path.read_bytes()
    with pytest.raises(BadMedia, match="left as it is"):
        write(path, FIRST)
    assert path.read_bytes() == before


@pytest.mark.parametrize("format", CHUNKED)
def test_a_file_that_is_cut_off_is_left_as_it_is(tmp_path, format):
    path = untagged(tmp_path, format)
    path.write_bytes(path.read_bytes()[:-100])
    before = path.read_bytes()
    with pytest.raises(BadMedia, match="cut off"):
        write(path, FIRST)
    assert path.read_bytes() == before


# --- M4A -------------------------------------------------------------------------------------------------------------


CHAPTERS = atom(b"chpl", b"\x01\0\0\0\0\0\0\0\x01" + bytes(8) + b"\x05Intro")
UNKNOWN = atom(b"Xtra", b"\0\0\0\x10WM/Something") + atom(b"uuid", bytes(range(30)))


@pytest.fixture(params=[True, False], ids=["sound first", "sound last"])
def m4a(request, tmp_path) -> Path:
    """A file that iTunes, a podcast's editor and several DJ programs have had in hand."""
    path = tmp_path / "track.m4a"
    sound_first_or_last(untagged(tmp_path, Format.M4A), tmp_path / "other.m4a", sound_first=request.param)
    (tmp_path / "other.m4a").rename(path)
    write(path, Tags(title="old title"))
    data = with_atoms(path.read_bytes(), [b"moov", b"udta", b"meta", b"ilst"], b"".join(FOREIGN_ATOMS))
    data = with_atoms(data, [b"moov", b"udta"], CHAPTERS + UNKNOWN)
    path.write_bytes(data + atom(b"free", b"some room") + atom(b"uuid", b"sixteen bytes id and what it says"))
    return path


def ours(way: str) -> bool:
    return way.startswith("/moov/udta/meta/") and way != "/moov/udta/meta/hdlr"


def test_atoms_and_sound_keep_their_bytes(m4a):
    sound, before = sound_of(m4a), list(atoms_of(m4a.read_bytes()))
    kept = [(way, data) for way, _, data in before if not ours(way) and not way.endswith("/stco")]
    assert {"/moov/udta/chpl", "/moov/udta/Xtra", "/moov/udta/uuid", "/mdat", "/free"} <= {way for way, _ in kept}
    for tags in (FIRST, SECOND, SHORT):
        write_verified(m4a, tags)
        after = list(atoms_of(m4a.read_bytes()))
        assert [(way, data) for way, _, data in after if not ours(way) and not way.endswith("/stco")] == kept
        listed = [data for way, _, data in after if way.startswith("/moov/udta/meta/ilst")]
        assert [data for data in listed if data in FOREIGN_ATOMS] == FOREIGN_ATOMS
        assert not any(b"old title" in data for data in listed)
        assert sound_of(m4a) == sound
        stays_the_same(m4a, tags)
    assert (read(m4a).artists, read(m4a).bpm, read(m4a).date) == (FIRST.artists, 64.0, FIRST.date)


# --- the comment -----------------------------------------------------------------------------------------------------

ALL = list(Format)


def commented(path: Path, comment: str) -> None:
    """As a person writes it, in another program."""
    if path.suffix == ".m4a":
        data = path.read_bytes()
        path.write_bytes(
            with_atoms(data, [b"moov", b"udta", b"meta", b"ilst"], atom(b"\xa9cmt", value_atom(comment.encode())))
        )
    else:
        tag = id3_tag([id3_frame(b"COMM", b"\0deu\0" + comment.encode())])
        order = order_of(Format(path.suffix[1:]))
        data = path.read_bytes()
        path.write_bytes(contained(data[8:12], [*chunks_of(data, order), chunk(b"id3 ", tag, order)], order))


@pytest.mark.parametrize("format", ALL)
def test_a_persons_comment_is_never_overwritten(tmp_path, format):
    path = untagged(tmp_path, format)
    if format is Format.M4A:
        write(path, Tags(title="T"))
    commented(path, "from the person")
    write_verified(path, FIRST)
    assert read(path).comment == "from the person"


@pytest.mark.parametrize("format", ALL)
def test_our_comment_is_ours_until_a_person_changes_it(tmp_path, format):
    path = untagged(tmp_path, format)
    write_verified(path, Tags(title="T", comment="8A"))
    write_verified(path, Tags(title="T", comment="9A"))
    assert read(path).comment == "9A"
    data = path.read_bytes()
    assert data.count(b"9A") == 2  # the comment, and our mark
    at = data.index(b"9A", data.index(b"\xa9cmt" if format is Format.M4A else b"COMM"))
    path.write_bytes(data[:at] + b"!!" + data[at + 2 :])
    write_verified(path, Tags(title="T", comment="10A"))
    assert read(path).comment == "!!"
