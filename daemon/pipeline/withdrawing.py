"""Files that were taken back, because their track has another sound now: moved aside, never deleted.

The ledger marks them first, in the transaction that takes them back; moving them may be repeated at any time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from daemon.ledger import Ledger
from daemon.models import Shelved
from daemon.pipeline.shelving.placing import is_file_of


class Withdrawals:
    """What one library is to be rid of."""

    def __init__(self, ledger: Ledger, library: Path, is_there: Callable[[], bool], folder: Path) -> None:
        """`is_there`: whether the library's disk is. The files go into `folder`."""
        self._ledger = ledger
        self._library = library
        self._is_there = is_there
        self._folder = folder

    def carry_out(self, track_id: str | None = None) -> list[str]:
        """Moves what is to be moved, of one track or of all; answers what became of each file, in words. What cannot be
        moved now is tried again with the next call."""
        return [self._set_aside(owner, file) for owner, file in self._ledger.files.to_set_aside(track_id)]

    def _set_aside(self, track_id: str, file: Shelved) -> str:
        path = Path(file.path)
        if path.is_relative_to(self._library) and not self._is_there():
            return f"{path} is on a disk that is away (OUT_DIR); it is moved aside once that is back."
        try:
            what = self._moved(track_id, file, path)
        except OSError as error:
            return f"{path} could not be moved aside ({error.strerror or error}); it is tried again."
        self._ledger.files.settle(file.path, what)
        return what

    def _moved(self, track_id: str, file: Shelved, path: Path) -> str:
        if not file.sha256:
            return f"{path} was there before us; it is left where it is."
        if not path.is_file():
            return f"{path} is not there any more."
        if not is_file_of(path, file.size, file.sha256):
            return f"{path} was changed since it was filed; it is left where it is."
        aside = self._folder / track_id
        aside.mkdir(parents=True, exist_ok=True)
        target = aside / f"{file.sha256[:8]} {path.name}"
        shutil.move(path, target)
        return f"{path} was moved to {target}."
