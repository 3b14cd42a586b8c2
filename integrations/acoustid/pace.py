"""No more questions a second than a service allows, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Pace:
    """Hands out turns at even distances. Use from any thread."""

    def __init__(self, per_s: float, clock: Callable[[], float], pause: Callable[[float], None]) -> None:
        self._gap_s = 1 / per_s
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._next_at: float | None = None

    def wait(self) -> None:
        """Returns when it is our turn; at once after a while without questions."""
        with self._lock:
            now = self._clock()
            turn_at = now if self._next_at is None else max(now, self._next_at)
            self._next_at = turn_at + self._gap_s
        if turn_at > now:
            self._pause(turn_at - now)
