"""What can go wrong with an answer, and which of our errors it has to become: the same for every port over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.errors import DaemonError, RateLimited, Unreachable
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault


@dataclass(frozen=True)
class Trouble:
    fault: Fault
    error: type[DaemonError]
    retry_after_s: float | None = None

    def __str__(self) -> str:
        what = f"{self.fault.kind}-{self.fault.status}"
        return what if self.retry_after_s is None else f"{what}-{self.retry_after_s:.0f}"


BROKEN = [
    Trouble(faults.server_error(500), Unreachable),
    Trouble(faults.server_error(503), Unreachable),
    Trouble(faults.html(502), Unreachable),
    Trouble(faults.html(200), Unreachable),
    Trouble(faults.answer(200, b"[]"), Unreachable),
    Trouble(faults.answer(200, b"{}"), Unreachable),
    Trouble(faults.reset(), Unreachable),
    Trouble(faults.lost(), Unreachable),
    Trouble(faults.cut(3), Unreachable),
    Trouble(faults.slow(30), Unreachable),
]
RATE_LIMITED = [
    Trouble(faults.rate_limited(5), RateLimited, 5),
    Trouble(faults.rate_limited(86400), RateLimited, 86400),
    Trouble(faults.rate_limited(), RateLimited),
]
