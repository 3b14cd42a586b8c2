"""When jobs run: missed runs, clocks that are set, and what is moved."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from daemon.service.pulse import Job, Pulse
from daemon.service.schedule import Schedule

NOON = datetime(2099, 11, 20, 12, tzinfo=UTC)
"""Far away: nothing that is planned by it runs while a test looks on."""
YEARS_BACK = datetime(1970, 1, 2, tzinfo=UTC).timestamp()


class Clock:
    def __init__(self):
        self.steady = 1000.0
        self.wall = NOON.timestamp()

    def pass_(self, seconds):
        self.steady += seconds
        self.wall += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def schedule(clock):
    schedule = Schedule(Pulse(900), wall=lambda: clock.wall, steady=lambda: clock.steady)
    schedule.add(Job(name="outbox", run=lambda: None, interval_s=5), first_in_s=5)
    schedule.add(Job(name="look", run=lambda: None, interval_s=300), first_in_s=300)
    return schedule


@contextmanager
def running(schedule):
    schedule.start()
    try:
        yield
    finally:
        schedule.stop()


def from_noon(schedule):
    return {name: (moment - NOON).total_seconds() for name, moment in schedule.planned().items()}


@pytest.mark.parametrize("slept_s", [60.0, 56 * 365 * 24 * 3600.0])
def test_what_was_missed_runs_once_late(slept_s):
    """Whether a laptop slept for a minute, or woke in 1970: listing every missed run would take hours and gigabytes."""
    ran, runs = threading.Semaphore(0), []

    def run():
        runs.append(1)
        ran.release()

    schedule = Schedule(Pulse(900), wall=lambda: time.time() - slept_s)
    schedule.add(Job(name="outbox", run=run, interval_s=5))
    before = datetime.now(UTC)
    with running(schedule):
        assert ran.acquire(timeout=20)
        moment = schedule.planned()["outbox"]
    assert runs == [1]
    assert timedelta(seconds=5) <= moment - before < timedelta(seconds=20), "an interval after the late run"


def test_a_clock_that_is_set_back_takes_the_plan_with_it(schedule, clock, caplog):
    with running(schedule):
        clock.wall -= 3600
        schedule.keep_time()
        assert from_noon(schedule) == {"outbox": 5 - 3600, "look": 300 - 3600}
        assert "set back by 3600 s" in caplog.text
        schedule.keep_time()
        assert from_noon(schedule) == {"outbox": 5 - 3600, "look": 300 - 3600}, "once"


@pytest.mark.parametrize("step_s", [+3600.0, -0.5])
def test_a_clock_that_is_set_forward_or_corrected_a_little_changes_no_plan(schedule, clock, step_s):
    with running(schedule):
        clock.pass_(2)
        clock.wall += step_s
        schedule.keep_time()
        assert from_noon(schedule) == {"outbox": 5, "look": 300}


def test_the_next_run_can_be_moved(schedule, clock):
    with running(schedule):
        clock.pass_(1)
        schedule.again_in("look", 30)
        assert from_noon(schedule) == {"outbox": 5, "look": 31}


def test_a_job_never_runs_beside_itself_and_waits_for_no_other():
    hangs, go, ran = threading.Event(), threading.Event(), threading.Semaphore(0)
    runs = []

    def hang():
        runs.append(1)
        hangs.set()
        go.wait(20)

    pulse = Pulse(900)
    schedule = Schedule(pulse)
    schedule.add(Job(name="hangs", run=hang, interval_s=0.05))
    schedule.add(Job(name="works", run=ran.release, interval_s=0.05))
    with running(schedule):
        assert hangs.wait(20)
        for _ in range(4):
            assert ran.acquire(timeout=20)
        assert runs == [1]
        go.set()
    assert pulse.wait_until_quiet(20)


def test_who_ends_after_the_stop_plans_nothing_and_fails_at_nothing(schedule):
    with running(schedule):
        pass
    schedule.again_in("look", 30)
    assert schedule.planned() == {}
