"""MP4 atoms in an M4A."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mutagen import mp4

from daemon.models import Tags
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

_mp4: Any = mp4
"""Mutagen says that it is typed, and has no types: what it makes is not checked."""

_FREEFORM = "----:com.apple.iTunes:"

_FIELDS = {
    "©nam": "title",
    "©ART": "artists",
    "©alb": "album",
    "©day": "date",
    "©gen": "genre",
    "gnre": "genre",
    "tmpo": "bpm",
    "©cmt": "comment",
    "covr": "artwork_jpeg",
}
_FREEFORM_FIELDS = {"BPM": "bpm", "INITIALKEY": "initial_key", "ISRC": "isrc", "REMIXER": "remixer"}

SHOWN_AS = {
    "title": "©nam",
    "artists": "©ART",
    "remixer": f"{_FREEFORM}REMIXER",
    "album": "©alb",
    "date": "©day",
    "genre": "©gen",
    "bpm": "tmpo",
    "comment": "©cmt",
    "artwork_jpeg": "covr",
    "initial_key": f"{_FREEFORM}initialkey",
    "isrc": f"{_FREEFORM}ISRC",
    "replaygain_track_gain_db": f"{_FREEFORM}REPLAYGAIN_TRACK_GAIN",
    "replaygain_track_peak": f"{_FREEFORM}REPLAYGAIN_TRACK_PEAK",
    "provenance": f"{_FREEFORM}CRATEKEEPER_…",
}
"""Each field's atom, as an error names it."""


def write(path: Path, tags: Tags) -> None:
    """Replaces the atoms of the fields that are given; the others keep their bytes."""
    file: Any = _RawMp4(path)  # type: ignore[no-untyped-call]
    if file.tags is None:
        file.add_tags()
    file.tags.drop(given(tags))
    for key, value in _atoms(tags).items():
        file.tags[key] = value
    file.save()


def read(path: Path) -> Tags:
    """What the atoms say."""
    tags = _stored(path)
    named = _named(tags)

    def text(key: str) -> str | None:
        return next(iter(tags.get(key) or ()), None)

    def free(name: str) -> str | None:
        return first(named.get(name))

    plain = Tags(
        title=text("©nam") or "",
        remixer=free("REMIXER"),
        album=text("©alb"),
        date=text("©day"),
        genre=text("©gen"),
        bpm=_bpm(next(iter(tags.get("tmpo") or ()), None), number(free("BPM"))),
        initial_key=free("INITIALKEY"),
        isrc=free("ISRC"),
        comment=text("©cmt"),
        artwork_jpeg=jpeg(next((bytes(picture) for picture in tags.get("covr") or ()), None)),
    )
    return with_freeform(plain, named, text("©ART") or "")


def comments(path: Path) -> Comments:
    """The comment that stands there, and the one that we wrote."""
    tags = _stored(path)
    return Comments(next(iter(tags.get("©cmt") or ()), None), first(_named(tags).get(COMMENT_MARK)))


def _stored(path: Path) -> dict[str, Any]:
    return dict(_mp4.MP4(path).tags or {})


def _named(tags: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        key.removeprefix(_FREEFORM).upper(): tuple(bytes(value).decode("utf-8", "replace") for value in values)
        for key, values in tags.items()
        if key.startswith(_FREEFORM)
    }


def _bpm(whole: int | None, exact: float | None) -> float | None:
    """The exact tempo, unless another program has changed the whole number since."""
    if exact is not None and whole in (None, 0, round(exact)):
        return exact
    return float(whole) if whole else None


def _atoms(tags: Tags) -> dict[str, Any]:
    texts = {
        "©nam": tags.title,
        "©ART": joined(tags.artists),
        "©alb": tags.album,
        "©day": tags.date,
        "©gen": tags.genre,
        "©cmt": tags.comment,
    }
    atoms: dict[str, Any] = {key: [text] for key, text in texts.items() if text}
    named = freeform(tags)
    if tags.bpm is not None:
        atoms["tmpo"] = [round(tags.bpm)]  # the atom holds whole numbers; the exact tempo stands beside it
        named["BPM"] = (bpm_text(tags.bpm),)
    if tags.initial_key:
        named["initialkey"] = (tags.initial_key,)
    if tags.remixer:
        named["REMIXER"] = (tags.remixer,)
    if tags.isrc:
        named["ISRC"] = (tags.isrc,)
    if tags.artwork_jpeg:
        atoms["covr"] = [_mp4.MP4Cover(tags.artwork_jpeg, imageformat=_mp4.MP4Cover.FORMAT_JPEG)]
    for name, values in named.items():
        atoms[_FREEFORM + name] = [_mp4.MP4FreeForm(value.encode()) for value in values]
    return atoms


class _InOrder(list[tuple[str, bytes]]):
    """Atoms as they stand in the file, where mutagen has a dictionary that would group them by name."""

    def items(self) -> list[tuple[str, list[bytes]]]:
        return [(name, [data]) for name, data in self]


class _RawAtoms(mp4.MP4Tags):
    """Tags that keep every atom's bytes. Mutagen would write back what it understood of an atom, not what was there;
    it has a drawer for those it did not understand, and here they all go into it."""

    _failed_atoms: Any

    def load(self, atoms: Any, fileobj: Any) -> None:
        super().load(atoms, fileobj)  # type: ignore[no-untyped-call]
        self.clear()  # type: ignore[no-untyped-call]
        listed = atoms.path(b"moov", b"udta", b"meta", b"ilst")[-1].children
        self._failed_atoms = _InOrder((atom.name.decode("latin-1"), atom.read(fileobj)[1]) for atom in listed)

    def drop(self, fields: frozenset[str]) -> None:
        """Forgets the atoms of these fields."""
        self._failed_atoms = _InOrder(
            (name, data) for name, data in _InOrder(self._failed_atoms) if _field_of(name, data) not in fields
        )


class _RawMp4(mp4.MP4):
    MP4Tags = _RawAtoms


def _field_of(key: str, data: bytes) -> str | None:
    """The field of `Tags` that an atom belongs to; None where it is not ours."""
    if key != "----":
        return _FIELDS.get(key)
    mean_size = int.from_bytes(data[:4], "big")
    name_size = int.from_bytes(data[mean_size : mean_size + 4], "big")
    if data[12:mean_size] != b"com.apple.iTunes":
        return None
    name = data[mean_size + 12 : mean_size + name_size].decode("utf-8", "replace").upper()
    return _FREEFORM_FIELDS.get(name) or freeform_field(name)
