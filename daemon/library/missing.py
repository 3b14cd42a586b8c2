"""Files that should be in the library and are not. A drive that is away hides its files; it does not lose them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon.models import Format, Shelved


def lost(files: Sequence[Shelved], library: Path, formats: Sequence[Format], *, is_there: bool) -> list[str]:
    """What a filed track should have and has not, while the library itself is there: the paths of files below `library`
    that are gone, and whatever else is wanted in `formats` by now. Files elsewhere count as there, for nobody can tell
    a missing file from a missing drive; a format that is not wanted any more is not missed."""
    return [what for format_ in formats for what in _lost(files, library, format_)] if is_there else []


def _lost(files: Sequence[Shelved], library: Path, format_: Format) -> Iterator[str]:
    theirs = [file for file in files if file.format is format_]
    ours = [Path(file.path) for file in theirs if file.role == "library"]
    if not theirs:
        # What was there before us (it has no sum) is as the person made it.
        if any(file.sha256 for file in files):
            yield f"{format_.upper()}, which was not made then"
    elif ours and all(path.is_relative_to(library) and not path.exists() for path in ours):
        yield from map(str, ours)
