"""The disks of one house, and what is left free on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from daemon.pipeline.room import keep_free


class Disks:
    """Asked before anything large is written."""

    def __init__(self, work_dir: Path, shelves: Sequence[tuple[str, Path]], keep_bytes: int) -> None:
        """`shelves` are the folders that files go to, each with the setting that names it."""
        self._work_dir = work_dir
        self._shelves = tuple(shelves)
        self._keep_bytes = keep_bytes

    def for_work(self, need_bytes: int) -> None:
        """Raises Transient when the work folder's disk cannot take so much more."""
        self._work_dir.mkdir(parents=True, exist_ok=True)
        keep_free(self._work_dir, need_bytes, self._keep_bytes, "VAR_DIR")

    def for_shelves(self, need_bytes: int) -> None:
        """Raises Transient when a shelf's disk cannot. A shelf that is away has its own word to say, later; on the work
        folder's own disk files only get a second name."""
        for setting, folder in self._shelves:
            if folder.is_dir():
                same = folder.stat().st_dev == self._work_dir.stat().st_dev
                keep_free(folder, 0 if same else need_bytes, self._keep_bytes, setting)
