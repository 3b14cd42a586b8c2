"""ID3 frames in a WAV or an AIFF: version 2.3, which more players read, unless the file has 2.4 already."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutagen import id3

from daemon.errors import BadMedia
from daemon.models import Format, Tags
from integrations.tags import chunks, raw_id3
from integrations.tags.raw_id3 import HEADER_BYTES, RawTag, Unreadable
from integrations.tags.values import (
    COMMENT_MARK,
    Comments,
    bpm_text,
    first,
    freeform,
    freeform_field,
    given,
    joined,
    jpeg,
    number,
    with_freeform,
)

_id3: Any = id3
"""Mutagen says that it is typed, and has no types: what it makes is not checked."""

_NEW_VERSION = 3
_FRONT_COVER = 3
_COMMENT_LANGUAGE = "eng"
_WIDE_ENCODINGS = (1, 2)
"""UTF-16, with and without a mark of its byte order: a text ends with two zero bytes."""

_FIELDS = {
    "TIT2": "title",
    "TPE1": "artists",
    "TPE4": "remixer",
    "TALB": "album",
    "TYER": "date",
    "TDAT": "date",
    "TIME": "date",
    "TDRC": "date",
    "TCON": "genre",
    "TBPM": "bpm",
    "TKEY": "initial_key",
    "TSRC": "isrc",
}

SHOWN_AS = {
    "title": "TIT2",
    "artists": "TPE1",
    "remixer": "TPE4",
    "album": "TALB",
    "date": "TYER",
    "genre": "TCON",
    "bpm": "TBPM",
    "initial_key": "TKEY",
    "isrc": "TSRC",
    "comment": "COMM",
    "artwork_jpeg": "APIC",
    "replaygain_track_gain_db": "TXXX:REPLAYGAIN_TRACK_GAIN",
    "replaygain_track_peak": "TXXX:REPLAYGAIN_TRACK_PEAK",
    "provenance": "TXXX:CRATEKEEPER_…",
}
"""Each field's frame, as an error names it."""


def write(path: Path, format: Format, tags: Tags) -> None:
    """Replaces the frames of the fields that are given; the others keep their bytes. A tag that would stay the same is
    not written."""
    old = chunks.read_tag(path, format)
    fields = given(tags)
    with _refused(path):
        there = raw_id3.split(old) if old else RawTag(_NEW_VERSION, ())
        kept = [frame for frame in there.frames if _field_of(frame) not in fields]
        ours = raw_id3.rendered(_frames(tags, there.version), there.version)
        new = raw_id3.join(RawTag(there.version, (*ours, *kept)), len(old or b""))
    if new != old:
        chunks.write_tag(path, format, new)


def read(path: Path, format: Format) -> Tags:
    """What the frames say."""
    tags = _open(path, format)
    if tags is None:
        return Tags(title="")

    def text(key: str) -> str | None:
        values = tags[key].text if key in tags else ()
        return str(values[0]) if values else None

    cover = next((frame.data for frame in tags.getall("APIC") if frame.type == _FRONT_COVER), None)
    plain = Tags(
        title=text("TIT2") or "",
        remixer=text("TPE4"),
        album=text("TALB"),
        date=text("TDRC") or _date(text("TYER"), text("TDAT")),
        genre=text("TCON"),
        bpm=number(text("TBPM")),
        initial_key=text("TKEY"),
        isrc=text("TSRC"),
        comment=_comment(tags),
        artwork_jpeg=jpeg(cover),
    )
    return with_freeform(plain, _named(tags), text("TPE1") or "")


def comments(path: Path, format: Format) -> Comments:
    """The comment that stands there, in whatever language, and the one that we wrote."""
    tags = _open(path, format)
    return Comments() if tags is None else Comments(_comment(tags), first(_named(tags).get(COMMENT_MARK)))


def _comment(tags: Any) -> str | None:
    """Ours before one in another language; those with a description hold a program's numbers."""
    plain = sorted((frame for frame in tags.getall("COMM") if not frame.desc), key=lambda frame: _is_ours(frame.lang))
    return str(plain[-1].text[0]) if plain and plain[-1].text else None


def _is_ours(language: str) -> bool:
    return language == _COMMENT_LANGUAGE


def _named(tags: Any) -> dict[str, tuple[str, ...]]:
    return {frame.desc.upper(): tuple(map(str, frame.text)) for frame in tags.getall("TXXX")}


def _open(path: Path, format: Format) -> Any:
    tag = chunks.read_tag(path, format)
    if tag is None:
        return None
    with _refused(path):
        raw_id3.split(tag)  # mutagen would read half of a damaged one
    # Translated, a genre `80` would become `Folk`.
    return _id3.ID3(io.BytesIO(tag), translate=False, load_v1=False)


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise BadMedia(
            f"{path.name}: its ID3 tag cannot be read ({error}); it was left as it is. Save it anew in a tag editor."
        ) from error


def _frames(tags: Tags, version: int) -> list[Any]:
    texts = {
        "TIT2": tags.title,
        "TPE1": joined(tags.artists),
        "TPE4": tags.remixer,
        "TALB": tags.album,
        "TCON": tags.genre,
        "TBPM": None if tags.bpm is None else bpm_text(tags.bpm),
        "TKEY": tags.initial_key,
        "TSRC": tags.isrc,
        **_date_texts(tags.date, version),
    }
    frames = [getattr(_id3, name)(encoding=_encoding(text), text=[text]) for name, text in texts.items() if text]
    for name, values in freeform(tags).items():
        frames.append(_id3.TXXX(encoding=_encoding("".join(values)), desc=name, text=list(values)))
    if tags.comment:
        frames.append(_id3.COMM(encoding=_encoding(tags.comment), lang=_COMMENT_LANGUAGE, desc="", text=[tags.comment]))
    if tags.artwork_jpeg:
        frames.append(_id3.APIC(encoding=0, mime="image/jpeg", type=_FRONT_COVER, desc="", data=tags.artwork_jpeg))
    return frames


def _date_texts(date: str | None, version: int) -> dict[str, str | None]:
    """Version 2.3 has the year, and day and month (`DDMM`) apart from it."""
    if date is None or version == 4:
        return {"TDRC": date}
    return {"TYER": date[:4], "TDAT": f"{date[8:10]}{date[5:7]}" if len(date) == len("2024-03-01") else None}


def _date(year: str | None, day_and_month: str | None) -> str | None:
    if year and day_and_month and len(day_and_month) == len("DDMM"):
        return f"{year}-{day_and_month[2:]}-{day_and_month[:2]}"
    return year


def _encoding(text: str) -> int:
    """Plain ASCII where that is enough: players take bytes above it for the code page of their country."""
    return 0 if text.isascii() else 1


def _field_of(raw: bytes) -> str | None:
    """The field of `Tags` that a raw frame belongs to; None where it is not ours."""
    frame_id, payload = raw[:4].decode("ascii"), raw[HEADER_BYTES:]
    if frame_id == "TXXX":
        return freeform_field(_description(payload[:1], payload[1:]).upper())
    if frame_id == "COMM":
        ours = payload[1:4] == _COMMENT_LANGUAGE.encode() and not _description(payload[:1], payload[4:])
        return "comment" if ours else None
    if frame_id == "APIC":
        _, _, after_mime = payload[1:].partition(b"\0")
        return "artwork_jpeg" if after_mime[:1] == bytes([_FRONT_COVER]) else None
    return _FIELDS.get(frame_id)


def _description(encoding: bytes, text: bytes) -> str:
    """The first text in a frame's payload, up to its end mark."""
    if encoding and encoding[0] in _WIDE_ENCODINGS:
        end = next((i for i in range(0, len(text) - 1, 2) if text[i : i + 2] == b"\0\0"), len(text))
        return text[:end].decode("utf-16" if encoding[0] == 1 else "utf-16-be", "replace")
    return text.partition(b"\0")[0].decode("latin-1")
