"""When each job of the loop runs. APScheduler decides; here it is kept from being misled by the clock.

It plans by the clock of the wall. A late run happens once, late: after a laptop's sleep, and however far the clock was
set forward. When the clock is set back, what was planned by the old one moves with it.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from daemon.service.pulse import Job, Pulse

log = logging.getLogger(__name__)
# That a job is still at it when its next time comes is nothing: who hangs is told by the pulse.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

_JITTER = 0.1
"""Of the interval: many houses on one clock must not ask a service in the same second."""
_SET_BACK_S = 2.0
"""Less than that is how a clock is corrected all the time."""


class Schedule:
    """The jobs, each on a thread of its own, and never twice at the same time."""

    def __init__(
        self,
        pulse: Pulse,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pulse = pulse
        self._wall, self._steady = wall, steady
        self._offset_s = wall() - steady()
        # The default of one second would drop a late run without a word.
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def add(self, job: Job, *, first_in_s: float = 0.0) -> None:
        """Runs it at its interval, for the first time so soon after `start`."""
        every = _Every(job.interval_s, job.interval_s * _JITTER if job.jitter else 0.0)
        self._scheduler.add_job(
            self._pulse.wrap(job), every, id=job.name, name=job.name, next_run_time=self._moment(first_in_s)
        )

    def again_in(self, name: str, seconds: float) -> None:
        """The next run of this job is then, in place of when it was planned. Once stopped, nothing is planned: a look
        may end later than that."""
        with contextlib.suppress(JobLookupError):
            self._scheduler.modify_job(name, next_run_time=self._moment(seconds))

    def planned(self) -> dict[str, datetime]:
        """The next run of each job."""
        return {job.id: job.next_run_time for job in self._scheduler.get_jobs()}

    def start(self) -> None:
        self._scheduler.start()

    def keep_time(self) -> None:
        """Moves the plan when the clock was set back since this was last called: every job would else stand still for
        as long as it was set back."""
        offset_s = self._wall() - self._steady()
        back_s, self._offset_s = self._offset_s - offset_s, offset_s
        if back_s < _SET_BACK_S:
            return
        log.warning("the clock was set back by %.0f s; the plan moves with it", back_s)
        for name, moment in self.planned().items():
            self._scheduler.modify_job(name, next_run_time=moment - timedelta(seconds=back_s))

    def stop(self) -> None:
        """Begins no job any more. What runs is not waited for."""
        self._scheduler.shutdown(wait=False)

    def _moment(self, in_s: float) -> datetime:
        return datetime.fromtimestamp(self._wall() + in_s, UTC)


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """An interval, counted from the run itself. APScheduler's own lists every run that was missed before it joins them
    into one: a machine without a battery for its clock, which wakes in 1970, would be listing for hours."""

    def __init__(self, interval_s: float, jitter_s: float) -> None:
        self._interval_s = interval_s
        self._jitter_s = jitter_s

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        early_s = random.uniform(0.0, self._jitter_s)  # noqa: S311 -- no secret depends on it
        return now + timedelta(seconds=self._interval_s - early_s)
