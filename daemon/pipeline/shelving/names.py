"""Names that are safe on ext4, APFS, exFAT and NTFS at once. Pure: nothing here looks at a disk.

A name is made from a template (`daemon.file_template`). It is split into folders before the
values go in, so that no value can add a folder or leave one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from daemon import file_template
from daemon.models import Format, Track

MAX_NAME_BYTES = 255
"""ext4 counts bytes, NTFS and exFAT UTF-16 units; a name of 255 UTF-8 bytes is within all of them."""

_EXTENSION_BYTES = max(len(f".{format_}") for format_ in Format)
"""Left free behind every stem, so that all formats of a track get the same stem."""

_LEAST_FIELD_BYTES = 8
_LOOKALIKES = str.maketrans({"/": "-", "\\": "-", "|": "-", ":": "-", '"': "'", "<": "(", ">": ")", "?": "_", "*": "_"})
"""What Windows forbids in a name, and what each system takes for a separator."""

_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Direction marks and the byte order mark: unseen, and able to make `gpj.m4a` look like `a4m.jpg`."""

_NO_CHARACTER = frozenset({"Cs", "Cn", "Co"})
"""Lone surrogates (not UTF-8), unassigned (APFS refuses them), private use (SMB hides forbidden characters there)."""

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
"""Names of devices on Windows, with any extension."""

_ZERO_WIDTH_JOINER = "\u200d"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFields:
    """What a name can be made of. None, or nothing that can be written: a word such as `Unassigned` stands there."""

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    playlist: str | None = None
    bpm: str | None = None
    key: str | None = None
    year: str | None = None
    camelot: str | None = None
    genre: str | None = None
    remixer: str | None = None
    version: str | None = None


def fields_of(
    track: Track,
    *,
    playlist: str | None = None,
    bpm: float | None = None,
    key: str | None = None,
    camelot: str | None = None,
) -> NameFields:
    """The fields of a track, as a name spells them: the tempo rounded, the year alone."""
    return NameFields(
        artist=track.artist,
        title=track.title,
        album=track.album,
        playlist=playlist,
        bpm=None if bpm is None else f"{bpm:.0f}",
        key=key,
        year=track.release_date and track.release_date[:4],
        camelot=camelot,
        genre=track.genre,
        remixer=", ".join(track.remixers),
        version=", ".join(track.version),
    )


def file_name(fields: NameFields, format: Format, template: str = file_template.DEFAULT) -> PurePosixPath:
    """Where the file goes, below the library's root. The stem does not depend on the format.
    Raises ValueError, in a sentence for the person, when the template cannot be used."""
    parts = file_template.parts_of(template)
    values = {name: _value(value) or file_template.FIELDS[name] for name, value in asdict(fields).items()}
    folders = [_filled(part, values, MAX_NAME_BYTES) for part in parts[:-1]]
    stem = _filled(parts[-1], values, MAX_NAME_BYTES - _EXTENSION_BYTES)
    return PurePosixPath(*folders, f"{stem}.{format}")


def safe_part(text: str, max_bytes: int = MAX_NAME_BYTES, *, fallback: str = "_") -> str:
    """One folder or file name made of `text`, at most `max_bytes` long in UTF-8, never `.` or `..`, never empty."""
    kept = shortened(_cleaned(text).strip().lstrip(". "), max_bytes) or fallback
    return shortened(f"_{kept}", max_bytes) if _RESERVED.match(kept) else kept


def shortened(text: str, max_bytes: int) -> str:
    """The beginning of `text` that fits, cut between characters as people see them, with no dot or blank at its end."""
    if _size(text) > max_bytes:
        text = _beginning(text, max_bytes)
    return text.rstrip(". ")


def with_suffix(name: str, number: int) -> str:
    """The name of the `number`th file that wanted this name: `Artist - Title (2).m4a`. The first keeps it as it is."""
    stem, dot, extension = name.rpartition(".")
    return _numbered(stem, number, dot + extension)


def folder_with_suffix(name: str, number: int) -> str:
    """The same for a folder, whose name may hold a dot but has no extension."""
    return _numbered(name, number, "")


def _numbered(stem: str, number: int, ending: str) -> str:
    if number < 2:
        return stem + ending
    suffix = f" ({number})"
    room = MAX_NAME_BYTES - max(_size(ending), _EXTENSION_BYTES) - len(suffix)
    return shortened(stem, room) + suffix + ending


def _filled(part: str, values: Mapping[str, str], max_bytes: int) -> str:
    names = file_template.fields_in(part)
    literal_bytes = file_template.literal_bytes(part)
    if literal_bytes + sum(_size(values[name]) for name in names) > max_bytes:
        values = _shared_out({name: values[name] for name in names}, max_bytes - literal_bytes)
    return safe_part(part.format_map(values), max_bytes)


def _shared_out(values: Mapping[str, str], max_bytes: int) -> dict[str, str]:
    """Shortens the longest values only: thirty artists must not push the title out of the name."""
    fitting = {}
    shortest_first = sorted(values, key=lambda name: _size(values[name]))
    for position, name in enumerate(shortest_first):
        share = max(max_bytes // (len(values) - position), _LEAST_FIELD_BYTES)
        fitting[name] = shortened(values[name], share)
        max_bytes -= _size(fitting[name])
    return fitting


def _value(text: str | None) -> str:
    cleaned = _cleaned(text or "")
    return "" if cleaned.strip(" .") == "" else cleaned


def _cleaned(text: str) -> str:
    visible = _INVISIBLE.sub("", text.translate(_LOOKALIKES))
    written = "".join(_writable(character) for character in unicodedata.normalize("NFC", visible))
    return " ".join(written.split())


def _writable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    return "_" if category in _NO_CHARACTER else character


def _size(text: str) -> int:
    """In bytes, also for text that is not cleaned yet and may hold half a surrogate pair."""
    return len(text.encode(errors="surrogatepass"))


def _beginning(text: str, max_bytes: int) -> str:
    kept = ""
    for cluster in _clusters(text):
        if _size(kept + cluster) > max_bytes:
            break
        kept += cluster
    # One letter under two hundred accents fits nowhere as a whole.
    return kept or text.encode(errors="surrogatepass")[:max_bytes].decode(errors="ignore")


def _clusters(text: str) -> Iterator[str]:
    """Characters as people see them, nearly: a letter with its accents, an emoji with what is joined to it, a flag."""
    cluster = ""
    for character in text:
        if cluster and not _belongs_to(cluster, character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _belongs_to(cluster: str, character: str) -> bool:
    if unicodedata.category(character).startswith("M") or character == _ZERO_WIDTH_JOINER:
        return True
    if cluster[-1] == _ZERO_WIDTH_JOINER or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return _is_flag_letter(character) and len(cluster) == 1 and _is_flag_letter(cluster)


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
