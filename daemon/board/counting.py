"""Long readings say how far they are."""

from __future__ import annotations

import logging
import time

_TOLD_EVERY_S = 5.0


class RowsRead:
    """Tells the log how many rows were read, but not too often."""

    def __init__(self, log: logging.Logger, reading: str) -> None:
        self._log = log
        self._reading = reading
        self._told_at = time.monotonic()

    def __call__(self, count: int) -> None:
        if time.monotonic() - self._told_at >= _TOLD_EVERY_S:
            self._told_at = time.monotonic()
            self._log.info("%s: %d rows so far", self._reading, count)
