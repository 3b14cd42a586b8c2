"""Tags into a file in the making, and out of any file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mutagen

from daemon.errors import BadMedia
from daemon.models import Format, Tags
from integrations.tags import atoms, frames
from integrations.tags.values import given, settled


def write(path: Path, tags: Tags) -> None:
    """Writes the tags in place. Raises BadMedia when the file is not what its name says, OSError as the disk does.

    For files of our own in the making: a kill half-way leaves half a file. What the person has is for `rewrite`."""
    format = _format(path)
    with _translated(path):
        _write(path, format, _writable(path, format, tags))


def read(path: Path) -> Tags:
    """What the file's tags say; the title is empty where there is none. Raises as `write` does."""
    format = _format(path)
    with _translated(path):
        return atoms.read(path) if format is Format.M4A else frames.read(path, format)


def write_verified(path: Path, tags: Tags) -> None:
    """Writes in place, reads back and compares. Raises BadMedia naming the frame that does not hold what it should, and
    as `write` does."""
    format = _format(path)
    with _translated(path):
        wanted = _writable(path, format, tags)
        _write(path, format, wanted)
    found = read(path)
    for field in sorted(given(wanted)):
        if getattr(found, field) != getattr(wanted, field):
            frame = (atoms.SHOWN_AS if format is Format.M4A else frames.SHOWN_AS)[field]
            raise BadMedia(
                f"{path.name}: {frame} ({field.replace('_', ' ')}) does not read back as it was written: "
                f"{_short(getattr(wanted, field))} became {_short(getattr(found, field))}. Make the file again."
            )


def _writable(path: Path, format: Format, tags: Tags) -> Tags:
    """What of the tags goes into that file: as the format can hold it, and without our comment where a person has
    written, changed or removed one."""
    wanted = settled(tags, format)
    if wanted.comment is None:
        return wanted
    there = atoms.comments(path) if format is Format.M4A else frames.comments(path, format)
    return wanted if there.are_ours else replace(wanted, comment=None)


def _write(path: Path, format: Format, tags: Tags) -> None:
    if format is Format.M4A:
        atoms.write(path, tags)
    else:
        frames.write(path, format, tags)


def _format(path: Path) -> Format:
    try:
        return Format(path.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise BadMedia(f"{path.name}: tags can be written to M4A, WAV and AIFF only.") from error


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Foreign errors as ours. Mutagen also wraps those of the disk, which are not the file's fault: they come out."""
    try:
        yield
    except mutagen.MutagenError as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, OSError):
            raise cause from error
        raise BadMedia(
            f"{path.name} is not the {path.suffix} file that its name says: {error}. Make it again."
        ) from error


def _short(value: object) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
