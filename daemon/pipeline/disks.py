"""The disks of one house, and what is left free on them."""

from __future__ import annotations

from pathlib import Path

from daemon.pipeline.room import keep_free


class Disks:
    """Asked before anything large is written."""

    def __init__(self, work_dir: Path, keep_bytes: int) -> None:
        self._work_dir = work_dir
        self._keep_bytes = keep_bytes

    def for_work(self, need_bytes: int) -> None:
        """Raises Transient when the work folder's disk cannot take so much more."""
        self._work_dir.mkdir(parents=True, exist_ok=True)
        keep_free(self._work_dir, need_bytes, self._keep_bytes, "VAR_DIR")

    def for_shelf(self, setting: str, folder: Path, need_bytes: int) -> None:
        """Raises Transient when this one folder's disk cannot: the others are not held up by it. On the work folder's
        own disk the library's files only get a second name."""
        if folder.is_dir():
            is_linked = setting == "OUT_DIR" and folder.stat().st_dev == self._work_dir.stat().st_dev
            keep_free(folder, 0 if is_linked else need_bytes, self._keep_bytes, setting)
