"""Downloads that the proof refused: kept, until the person has listened and decided. None of them reaches the shelf by
itself.
"""

from __future__ import annotations

import filecmp
import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.quarantine import Kept
from daemon.models import Fetched, Heard, Source


class Quarantine:
    """The folder of one house, and what the ledger knows of it."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self._folder = folder

    def put(self, track_id: str, attempt: int, fetched: Fetched, heard: Heard | None, source: Source, why: str) -> str:
        """Keeps the download out of the way of the work folder, which is cleared. Repeating it changes nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        came = Path(fetched.path)
        kept = _second_name(came, self._folder / f"{track_id}-{attempt}-{came.parent.name}{came.suffix}")
        return self._ledger.quarantine.keep(
            track_id, str(kept), fetched.size, why, fetched=fetched, heard=heard, candidate=source.candidate
        )

    def released_for(self, track_id: str, source: Source) -> Kept | None:
        """The download that the person heard and found good, if it is from this source, and is still what they want."""
        return self._ledger.quarantine.released(track_id, source.candidate.place) if source.trusted else None

    def take_back(self, kept: Kept, into: Path) -> Fetched:
        """The kept download as if it had just been fetched. Raises NotFound when somebody took it away."""
        came = Path(kept.path)
        if not came.is_file():
            raise NotFound(f"{came} is gone from the quarantine.")
        return replace(kept.fetched, path=str(_second_name(came, into / f"released-{kept.id}{came.suffix}")))

    @staticmethod
    def throw_away(kept: Kept) -> None:
        """The person does not want it. Its file is the only thing of theirs that we ever delete, and on their word."""
        Path(kept.path).unlink(missing_ok=True)


def _second_name(file: Path, name: Path) -> Path:
    """Another name for the same bytes; a copy where the file system knows no second names. What is there under that
    name already is taken for it only if it is the same, byte for byte; anything else keeps its name, and this gets
    another."""
    try:
        os.link(file, name)
    except FileExistsError:
        if not filecmp.cmp(file, name, shallow=False):
            return _second_name(file, name.with_stem(f"{name.stem}-{secrets.token_hex(4)}"))
    except OSError:
        part = name.with_name(f".{name.name}.part")
        shutil.copyfile(file, part)
        part.replace(name)
    return name
