"""Tag values as plain text, whatever the container."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from daemon.models import Format, Tags

PROVENANCE_PREFIX = "CRATEKEEPER_"
COMMENT_MARK = "CRATEKEEPER_COMMENT"
"""Repeats our comment: while the two are equal, the comment is still ours to replace."""

_FASTEST_BPM = 1000
"""An M4A's atom holds 16 bits, and no program shows more than three digits."""
_DATE = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Comments:
    """What tells whose comment it is."""

    shown: str | None = None
    ours: str | None = None
    """As we last wrote it."""

    @property
    def are_ours(self) -> bool:
        """Nobody has written one, or changed or removed ours."""
        return self.shown == self.ours


def given(tags: Tags) -> frozenset[str]:
    """The fields that say something."""
    values = {field.name: getattr(tags, field.name) for field in fields(Tags)}
    return frozenset(name for name, value in values.items() if value not in (None, "", (), {}, b""))


def settled(tags: Tags, format: Format) -> Tags:
    """The tags as a file of that format can hold them, so that they read back equal: text without NUL and half
    characters, numbers as exact as they are written, provenance under lower-case names. Of a date that ends with the
    month ID3v2.3 keeps the year. What is no number, and a tempo that no music has, is left out."""
    return replace(
        tags,
        title=_text(tags.title) or "",
        artists=tuple(filter(None, map(_text, tags.artists))),
        remixer=_text(tags.remixer),
        album=_text(tags.album),
        date=_date(tags.date, format),
        genre=_text(tags.genre),
        bpm=_tempo(tags.bpm),
        initial_key=_text(tags.initial_key),
        isrc=_text(tags.isrc),
        comment=_text(tags.comment),
        replaygain_track_gain_db=_rounded(tags.replaygain_track_gain_db, 2),
        replaygain_track_peak=_rounded(tags.replaygain_track_peak, 6),
        provenance={name.lower(): text for name, value in tags.provenance.items() if (text := _text(value))},
    )


def _text(value: str | None) -> str | None:
    """Clean text; None where nothing is left."""
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip() or None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)


def _tempo(bpm: float | None) -> float | None:
    exact = _rounded(bpm, 2)
    return exact if exact is not None and 0 < exact < _FASTEST_BPM else None


def _date(value: str | None, format: Format) -> str | None:
    found = _DATE.match((value or "").strip())
    if found is None:
        return None
    date = found.group()
    return date[:4] if len(date) == len("2024-03") and format is not Format.M4A else date


# --- writing ---------------------------------------------------------------------------------------------------------


def joined(artists: Iterable[str]) -> str:
    """All artists in the one line that players show."""
    return ", ".join(artists)


def bpm_text(bpm: float) -> str:
    """`128` or `127.96`."""
    return f"{bpm:.2f}".rstrip("0").rstrip(".")


def freeform(tags: Tags) -> dict[str, tuple[str, ...]]:
    """What both containers keep under names of free choice."""
    named: dict[str, tuple[str, ...]] = {}
    if len(tags.artists) > 1:
        named["ARTISTS"] = tags.artists
    if tags.replaygain_track_gain_db is not None:
        named["REPLAYGAIN_TRACK_GAIN"] = (f"{tags.replaygain_track_gain_db:.2f} dB",)
    if tags.replaygain_track_peak is not None:
        named["REPLAYGAIN_TRACK_PEAK"] = (f"{tags.replaygain_track_peak:.6f}",)
    if tags.comment:
        named[COMMENT_MARK] = (tags.comment,)
    for name, value in tags.provenance.items():
        named[PROVENANCE_PREFIX + name.upper()] = (value,)
    return named


FREEFORM_FIELDS = {
    "ARTISTS": "artists",
    "REPLAYGAIN_TRACK_GAIN": "replaygain_track_gain_db",
    "REPLAYGAIN_TRACK_PEAK": "replaygain_track_peak",
    COMMENT_MARK: "comment",
}


def freeform_field(name: str) -> str | None:
    """The field of `Tags` that a free name (upper case) belongs to; None where it is not ours."""
    if name in FREEFORM_FIELDS:
        return FREEFORM_FIELDS[name]
    return "provenance" if name.startswith(PROVENANCE_PREFIX) else None


# --- reading ---------------------------------------------------------------------------------------------------------


def with_freeform(tags: Tags, named: Mapping[str, tuple[str, ...]], shown_artist: str) -> Tags:
    """`tags` and what stands under the free names (upper case). The separate artists count only while they are the ones
    shown: a person may have changed the line in another program since."""
    artists = tuple(named.get("ARTISTS", ()))
    if joined(artists) != shown_artist:
        artists = (shown_artist,) if shown_artist else ()
    return replace(
        tags,
        artists=artists,
        replaygain_track_gain_db=number(first(named.get("REPLAYGAIN_TRACK_GAIN"))),
        replaygain_track_peak=number(first(named.get("REPLAYGAIN_TRACK_PEAK"))),
        provenance={
            name.removeprefix(PROVENANCE_PREFIX).lower(): value[0]
            for name, value in named.items()
            if freeform_field(name) == "provenance" and value
        },
    )


def number(text: str | None) -> float | None:
    """The number that the text begins with: `-6.50 dB` is -6.5."""
    found = re.match(r"\s*([+-]?\d+(\.\d+)?)", text or "", re.ASCII)
    return float(found.group(1)) if found else None


def jpeg(picture: bytes | None) -> bytes | None:
    """The picture, if it is a JPEG."""
    return picture if picture is not None and picture[:2] == b"\xff\xd8" else None


def first(values: tuple[str, ...] | None) -> str | None:
    """The one that counts."""
    return values[0] if values else None
