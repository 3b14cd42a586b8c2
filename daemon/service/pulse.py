"""What the loop does again and again, and whether any of it hangs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daemon.errors import DaemonError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that is done again and again."""

    name: str
    run: Callable[[], object]
    interval_s: float
    jitter: bool = False


class Pulse:
    """What runs, since when. The watchdog is fed only while nothing hangs."""

    def __init__(self, hangs_after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._hangs_after_s = hangs_after_s
        self._clock = clock
        self._running: dict[str, float] = {}
        self._told: set[str] = set()
        self._beat_at = clock()
        self._guard = threading.Condition()

    def wrap(self, job: Job) -> Callable[[], None]:
        """The job, watched. One that fails is logged, and runs again at its next time; the loop lives on."""

        def run() -> None:
            with self.watching(job.name):
                try:
                    job.run()
                except DaemonError as error:
                    log.warning("%s: %s", job.name, error)
                except Exception:
                    log.exception("%s failed in a way that nobody foresaw", job.name)

        return run

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """Inside it, `name` is seen to run. One at a time under a name."""
        with self._guard:
            self._running[name] = self._clock()
        try:
            yield
        finally:
            with self._guard:
                del self._running[name]
                self._told.discard(name)
                self._beat_at = self._clock()
                self._guard.notify_all()

    def wait_until_quiet(self, at_most_s: float) -> bool:
        """Waits until nothing runs; answers whether that came about in time."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._running, timeout=at_most_s)

    def hanging(self) -> list[str]:
        """What has run for too long, and `schedule` when nothing has ended for as long; each is told once."""
        with self._guard:
            latest = self._clock() - self._hangs_after_s
            late = [name for name, since in self._running.items() if since < latest]
            if self._beat_at < latest:
                late.append("schedule")
            news = [name for name in late if name not in self._told]
            self._told = {*late}
        for name in news:
            log.error("%s hangs: not a sound for %s; nothing else waits for it", name, _words(self._hangs_after_s))
        return late


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
