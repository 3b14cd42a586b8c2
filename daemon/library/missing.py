"""Files that should be in the library and are not. A drive that is away hides its files; it does not lose them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from daemon.models import Shelved


def lost(files: Sequence[Shelved], library: Path, *, is_there: bool) -> list[str]:
    """The paths of the library's `files` below `library` that are not there, while the library itself is. Elsewhere
    nobody can tell a missing file from a missing drive."""
    if not is_there:
        return []
    ours = [Path(file.path) for file in files if file.role == "library"]
    return [str(path) for path in ours if path.is_relative_to(library) and not path.exists()]
