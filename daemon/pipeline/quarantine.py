"""Downloads that the proof refused: kept, until the person has listened and decided. None of them reaches the shelf by
itself.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
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
        kept = self._folder / f"{track_id}-{attempt}-{came.parent.name}{came.suffix}"
        _second_name(came, kept)
        return self._ledger.quarantine.keep(
            track_id, str(kept), fetched.size, why, fetched=fetched, heard=heard, candidate=source.candidate
        )

    def released_for(self, track_id: str, source: Source) -> Kept | None:
        """The download that the person heard and found good, if this source is about it."""
        kept = self._ledger.quarantine.released(track_id)
        is_it = kept is not None and kept.candidate is not None and kept.candidate.place == source.candidate.place
        return kept if is_it else None

    def take_back(self, kept: Kept, into: Path) -> Fetched:
        """The kept download as if it had just been fetched. Raises NotFound when somebody took it away."""
        came = Path(kept.path)
        if not came.is_file():
            raise NotFound(f"{came} is gone from the quarantine; `cratekeeper unpin` lets it be searched again.")
        here = into / f"source{came.suffix}"
        _second_name(came, here)
        return replace(kept.fetched, path=str(here))

    @staticmethod
    def throw_away(kept: Kept) -> None:
        """The person does not want it. Its file is the only thing of theirs that we ever delete, and on their word."""
        Path(kept.path).unlink(missing_ok=True)


def _second_name(file: Path, name: Path) -> None:
    """Another name for the same bytes; a copy where the file system knows no second names."""
    with suppress(FileExistsError):
        try:
            os.link(file, name)
        except FileExistsError:
            raise
        except OSError:
            part = name.with_name(f".{name.name}.part")
            shutil.copyfile(file, part)
            part.replace(name)
