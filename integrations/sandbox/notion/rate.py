"""How many requests Notion bears."""

from __future__ import annotations

import math
from collections.abc import Callable

from integrations.sandbox.notion.refusals import rate_limited


class Bucket:
    """A token bucket; a request that finds it empty is refused."""

    def __init__(self, requests_per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._requests_per_s = requests_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self) -> None:
        """Raises Refusal (429) with the seconds until there is a token again."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._requests_per_s)
        self._filled_at = now
        if self._tokens < 1:
            raise rate_limited(max(1, math.ceil((1 - self._tokens) / self._requests_per_s)))
        self._tokens -= 1
