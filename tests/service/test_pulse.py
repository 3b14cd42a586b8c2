"""The loop's pulse: what fails does not stop it, what hangs is seen."""

from __future__ import annotations

import threading

from daemon.errors import Unreachable
from daemon.service.pulse import Job, Pulse


def job(run, name="look"):
    return Job(name=name, run=run, interval_s=1)


def test_a_job_that_fails_is_told_and_runs_again(caplog):
    pulse, ran = Pulse(900), []

    def fail():
        ran.append(1)
        raise (Unreachable("Spotify does not answer") if len(ran) == 1 else ZeroDivisionError)

    watched = pulse.wrap(job(fail))
    watched()
    watched()
    assert len(ran) == 2
    first, second = caplog.records
    assert "Spotify does not answer" in first.getMessage()
    assert first.exc_info is None
    assert second.exc_info is not None, "a bug keeps its traceback"
    assert pulse.hanging() == []


def test_a_job_that_hangs_is_seen_told_once_and_forgotten_when_it_ends(caplog):
    now, started, go = [0.0], threading.Event(), threading.Event()
    pulse = Pulse(900, clock=lambda: now[0])

    def hang():
        started.set()
        go.wait(10)

    thread = threading.Thread(target=pulse.wrap(job(hang, "outbox")))
    thread.start()
    assert started.wait(10)
    assert pulse.hanging() == []
    now[0] = 3600
    pulse.wrap(job(lambda: None, "heartbeat"))()
    assert pulse.hanging() == ["outbox"]
    assert pulse.hanging() == ["outbox"]
    assert len(caplog.records) == 1
    assert pulse.wait_until_quiet(0.01) is False
    go.set()
    assert pulse.wait_until_quiet(10) is True
    thread.join()
    assert pulse.hanging() == []


def test_a_schedule_that_stands_still_is_seen_too(caplog):
    now = [0.0]
    pulse = Pulse(60, clock=lambda: now[0])
    assert pulse.hanging() == []
    now[0] = 61
    assert pulse.hanging() == ["schedule"]
    pulse.wrap(job(lambda: None))()
    assert pulse.hanging() == []
    assert "schedule hangs" in caplog.text
