"""The disks of one house, and what is left free on them."""

from __future__ import annotations

import logging
from pathlib import Path

from daemon.pipeline.room import TooLittleRoom, keep_free
from daemon.pipeline.shelving.disk_errors import told_as_transient

log = logging.getLogger(__name__)

_WORK = "VAR_DIR"


class Disks:
    """Asked before anything large is written. The numbers change with every look, so they go into the log, once while
    it lasts."""

    def __init__(self, work_dir: Path, keep_bytes: int) -> None:
        self._work_dir = work_dir
        self._keep_bytes = keep_bytes
        self._told: set[Path] = set()

    def for_work(self, need_bytes: int) -> None:
        """Raises Transient when the work folder's disk cannot take so much more."""
        self._keep_free(self._made_work_dir(), need_bytes, _WORK)

    def for_shelf(self, setting: str, folder: Path, need_bytes: int) -> None:
        """Raises Transient when this one folder's disk cannot: the others are not held up by it. On the work folder's
        own disk the library's files only get a second name."""
        if folder.is_dir():
            is_linked = setting == "OUT_DIR" and folder.stat().st_dev == self._made_work_dir().stat().st_dev
            self._keep_free(folder, 0 if is_linked else need_bytes, setting)

    def _made_work_dir(self) -> Path:
        """Somebody may have cleared it away: then it is no other folder's disk that does not answer."""
        with told_as_transient(_WORK, self._work_dir):
            self._work_dir.mkdir(parents=True, exist_ok=True)
        return self._work_dir

    def _keep_free(self, folder: Path, need_bytes: int, setting: str) -> None:
        try:
            keep_free(folder, need_bytes, self._keep_bytes, setting)
        except TooLittleRoom as trouble:
            if folder not in self._told:
                log.info("%s (%s): %s", setting, folder, trouble.numbers)
            self._told.add(folder)
            raise
        self._told.discard(folder)
