"""How often Notion is asked: a token bucket that also obeys what Notion answers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

LOWEST_PER_S = 0.2
"""However often Notion complains, it is asked this often."""
_STEPS_UP = 50
"""So many answers without a complaint lead from nothing back to the full rate."""
_HAIR_S = 1e-6
"""A sum of fractions may stay a hair below one for ever."""


class Pace:
    """A bucket of `burst` tokens into which `requests_per_s` new ones fall; each request takes one. Whoever finds it
    empty waits, and is served in turn. In no span of time are there more than `burst + requests_per_s * span_s`.

    Thread-safe. `sleep` has to wait at least as long as it is told; the clock need not see it.
    """

    def __init__(
        self,
        requests_per_s: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._full_per_s = requests_per_s
        self._per_s = requests_per_s
        self._burst = max(1, burst)
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(self._burst)
        self._settled_at = clock()
        self._state = threading.Lock()
        self._turn = threading.Condition()
        self._waiting: deque[object] = deque()

    @property
    def per_s(self) -> float:
        """Requests a second, as things stand."""
        with self._state:
            return self._per_s

    @property
    def waiting(self) -> int:
        """How many want to send one, and may not yet."""
        with self._turn:
            return len(self._waiting)

    def take(self) -> None:
        """Answers when the request may be sent."""
        ticket = object()
        with self._turn:
            self._waiting.append(ticket)
        try:
            with self._turn:
                self._turn.wait_for(lambda: self._waiting[0] is ticket)
            # Only the first in the queue is ever here, so nobody can be overtaken.
            while (until := self._token_at()) is not None:
                self._wait(until)
        finally:
            with self._turn:
                self._waiting.remove(ticket)
                self._turn.notify_all()

    def complained(self) -> None:
        """Notion asks us to slow down: half as fast from now on."""
        with self._state:
            self._settle(self._clock())
            self._per_s = max(self._per_s / 2, min(LOWEST_PER_S, self._full_per_s))

    def answered(self) -> None:
        """Notion has answered without a complaint: a little faster, up to the full rate."""
        with self._state:
            self._settle(self._clock())
            self._per_s = min(self._full_per_s, self._per_s + self._full_per_s / _STEPS_UP)

    def _token_at(self) -> float | None:
        """Takes a token and answers None, or else the moment when there will be one."""
        with self._state:
            self._settle(self._clock())
            if self._tokens >= 1:
                self._tokens -= 1
                return None
            return self._settled_at + max((1 - self._tokens) / self._per_s, _HAIR_S)

    def _wait(self, until: float) -> None:
        with self._state:
            wait_s = until - self._settled_at
        self._sleep(max(wait_s, 0.0))
        # So much time has surely passed, whatever the clock says.
        with self._state:
            self._settle(until)

    def _settle(self, now: float) -> None:
        """Lets fall in what has become due up to `now`."""
        passed_s = max(0.0, now - self._settled_at)
        self._tokens = min(float(self._burst), self._tokens + passed_s * self._per_s)
        self._settled_at += passed_s
