"""Tags in the frames that DJ programs read: MP4 atoms in M4A, ID3 in WAV and AIFF.

Only what `Tags` gives is written. A field that it leaves out stays in the file as it is, and so does every frame that
is not ours: a DJ program's cues and grids keep their bytes. Several artists are one line, `A, B`, in the frame that
players show (of several values most show the first alone), and beside it separate values in `ARTISTS`, as Picard does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import mutagen

from daemon.errors import BadMedia
from daemon.models import Format, Tags
from integrations.tags import atoms, frames
from integrations.tags.values import given, settled

__all__ = ["read", "settled", "write", "write_verified"]


def write(path: Path, tags: Tags) -> None:
    """Writes the tags in place. Raises BadMedia when the file is not what its name says, OSError as the disk does."""
    format = _format(path)
    with _translated(path):
        if format is Format.M4A:
            atoms.write(path, settled(tags, format))
        else:
            frames.write(path, format, settled(tags, format))


def read(path: Path) -> Tags:
    """What the file's tags say; the title is empty where there is none. Raises as `write` does."""
    format = _format(path)
    with _translated(path):
        return atoms.read(path) if format is Format.M4A else frames.read(path, format)


def write_verified(path: Path, tags: Tags) -> None:
    """Writes, reads back and compares. Raises BadMedia naming the frame that does not hold what it should, and as
    `write` does."""
    write(path, tags)
    format = _format(path)
    wanted, found = settled(tags, format), read(path)
    for field in sorted(given(wanted)):
        if getattr(found, field) != getattr(wanted, field):
            frame = (atoms.SHOWN_AS if format is Format.M4A else frames.SHOWN_AS)[field]
            raise BadMedia(
                f"{path.name}: {frame} ({field.replace('_', ' ')}) does not read back as it was written: "
                f"{_short(getattr(wanted, field))} became {_short(getattr(found, field))}. Make the file again."
            )


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
