"""The engine, and every trap of its design page that can be sprung inside one process."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass

import pytest

from daemon.engine import Defect, Engine, EngineClient, Queue
from daemon.errors import NotFound, RateLimited

QUICK = Queue("quick", at_once=2, poll_s=0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    sizes: tuple[int, ...] = ()


class House:
    """Engines on one SQLite database, started and stopped one after another, as a program is."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:///{folder}/engine.db"
        self.engine: Engine | None = None

    def open(self, *, host="here", version="1", register=None, listen=True):
        self.close()
        self.engine = Engine(self.url, host_id=host, queues=[QUICK], version=version)
        if register:
            register(self.engine)
        self.engine.start(["quick"] if listen else [])
        return self.engine

    def close(self, **how):
        if self.engine:
            engine, self.engine = self.engine, None
            assert engine.stop(10, **how)

    def rows(self, query):
        with sqlite3.connect(self.folder / "engine.db") as db:
            found = db.execute(query).fetchall()
        db.close()
        return found


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.close()


def flow_of(*steps, result=None):
    """Registers steps that run one after another, each given the job."""

    def register(engine):
        wrapped = [engine.step(step.__name__, step) for step in steps]

        def work(job: Job) -> str:
            return " ".join(step(job) for step in wrapped)

        engine.workflow("work", work)

    return register


def test_steps_run_once_in_order_and_values_keep_their_types(house):
    ran = []

    def measure(job: Job) -> tuple[int, ...]:
        ran.append("measure")
        return job.sizes

    def register(engine):
        step = engine.step("measure", measure)

        def work(job: Job) -> Job:
            sizes = step(job)
            assert isinstance(sizes, tuple)
            return Job(name=job.name, sizes=sizes)

        engine.workflow("work", work)

    engine = house.open(register=register)
    engine.submit("work", "a", {"name": "x", "sizes": [1, 2]}, queue="quick")
    assert engine.wait("a", timeout_s=20).status == "SUCCESS"
    engine.submit("work", "a", {"name": "x", "sizes": [1, 2]}, queue="quick")
    engine.submit("work", "b", {"name": "x", "sizes": [1, 2]}, queue="quick")
    engine.wait("b", timeout_s=20)
    assert ran == ["measure", "measure"], "the same id is never run again; a new id is"


def test_what_is_recorded_is_json_that_people_can_read(house):
    def greet(job: Job) -> str:
        return f"hello {job.name}"

    engine = house.open(register=flow_of(greet))
    engine.submit("work", "a", {"name": "Zoë"}, queue="quick")
    engine.wait("a", timeout_s=20)
    house.close()
    [(inputs,)] = house.rows("select inputs from workflow_input")
    assert json.loads(inputs)["args"] == [{"name": "Zoë"}]
    [(output,)] = house.rows("select output from workflow_output")
    assert json.loads(output) == "hello Zoë"
    [(step_output,)] = house.rows("select output from operation_outputs where function_name = 'greet'")
    assert json.loads(step_output) == {"ok": "hello Zoë"}


def test_the_rollback_journal_is_left_alone(house):
    house.open(register=flow_of())
    house.close()
    assert house.rows("pragma journal_mode") == [("delete",)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotFound("it is gone"), NotFound),
        (RateLimited("later", service="spotify", retry_after_s=7), RateLimited),
        (ZeroDivisionError("oops"), Defect),
    ],
)
def test_what_a_step_raises_is_recorded_and_raised_again_after_a_restart(house, error, expected, caplog):
    runs, seen, gate = [], [], threading.Event()

    def fail(job: Job) -> str:
        runs.append(1)
        raise error

    def pause(job: Job) -> str:
        if not gate.is_set():
            gate.set()
            stopping.wait(20)
            house_engine[0].check_stopping()
        return "done"

    def register(engine):
        failing, pausing = engine.step("fail", fail), engine.step("pause", pause)
        house_engine[:] = [engine]

        def work(job: Job) -> str:
            try:
                failing(job)
            except expected as caught:
                seen.append((caught.step, getattr(caught, "retry_after_s", None)))
            return pausing(job)

        engine.workflow("work", work)

    house_engine: list[Engine] = []
    stopping = threading.Event()
    engine = house.open(register=register)
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    house.close(interrupt=stopping.set)
    engine = house.open(register=register)
    assert engine.wait("a", timeout_s=20).status == "SUCCESS"
    assert runs == [1], "a recorded failure is not tried again by itself"
    assert seen == [("fail", getattr(error, "retry_after_s", None))] * 2


def test_a_bug_is_logged_once_with_its_traceback(house, caplog):
    def fail(job: Job) -> str:
        raise ZeroDivisionError("oops")

    engine = house.open(register=flow_of(fail))
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert engine.wait("a", timeout_s=20).status == "ERROR"
    ours = [record for record in caplog.records if record.name == "daemon.engine"]
    assert len(ours) == 1
    assert "oops" in ours[0].exc_text or "ZeroDivisionError" in str(ours[0].exc_info)


def test_stopping_in_the_middle_of_a_step_resumes_behind_the_last_recorded_one(house):
    ran, gate, stop = [], threading.Event(), threading.Event()

    def first(job: Job) -> str:
        ran.append("first")
        return "1"

    def second(job: Job) -> str:
        ran.append("second")
        gate.set()
        stop.wait(20)
        raise OSError("a child was killed under it")  # what an interrupted step looks like

    def second_again(job: Job) -> str:
        ran.append("second")
        return "2"

    second_again.__name__ = "second"
    engine = house.open(register=flow_of(first, second))
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    house.close(interrupt=stop.set)
    engine = house.open(register=flow_of(first, second_again))
    assert engine.wait("a", timeout_s=20).status == "SUCCESS"
    assert ran == ["first", "second", "second"]


def test_a_step_that_does_not_end_in_time_is_said(house):
    gate, stuck = threading.Event(), threading.Event()

    def hang(job: Job) -> str:
        gate.set()
        stuck.wait(20)
        return "late"

    engine = house.open(register=flow_of(hang))
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    house.engine = None
    assert engine.stop(0.05) is False
    stuck.set()


def test_work_of_an_older_version_is_cancelled_and_told_and_runs_under_a_new_id(house):
    gate, stop = threading.Event(), threading.Event()

    def hang(job: Job) -> str:
        gate.set()
        stop.wait(20)
        raise OSError("interrupted")

    def quick(job: Job) -> str:
        return "done"

    engine = house.open(version="1", register=flow_of(hang))
    engine.submit("work", "track:1:1", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    house.close(interrupt=stop.set)

    engine = house.open(version="2", register=flow_of(quick))
    assert engine.left_by_other_versions() == ["track:1:1"]
    assert engine.flow("track:1:1").status == "CANCELLED"
    assert engine.left_by_other_versions() == []
    engine.submit("work", "track:1:2", {"name": "x"}, queue="quick")
    assert engine.wait("track:1:2", timeout_s=20).status == "SUCCESS"


def test_work_that_another_host_runs_is_left_to_it_until_it_is_dead(house):
    gate, stop = threading.Event(), threading.Event()

    def hang(job: Job) -> str:
        gate.set()
        stop.wait(20)
        raise OSError("interrupted")

    engine = house.open(host="other", version="1", register=flow_of(hang))
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    house.close(interrupt=stop.set)

    engine = house.open(host="here", version="2", register=flow_of(hang))
    assert engine.left_by_other_versions() == []
    assert engine.flow("a").executor_id == "other"
    assert engine.left_by_hosts(["somebody else"]) == []
    assert engine.left_by_hosts(["other"]) == ["a"]
    assert engine.flow("a").status == "CANCELLED"


def test_who_asks_for_the_work_of_the_dead_keeps_its_own(house):
    gate, stop = threading.Event(), threading.Event()

    def hang(job: Job) -> str:
        gate.set()
        stop.wait(20)
        raise OSError("interrupted")

    engine = house.open(host="here", register=flow_of(hang))
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    assert gate.wait(20)
    assert engine.left_by_hosts(["here"]) == [], "after a day switched off its own heartbeat is old, too"
    assert engine.flow("a").active
    house.close(interrupt=stop.set)


def test_a_client_hands_work_over_and_sees_how_it_ends(house):
    def quick(job: Job) -> str:
        return "done"

    house.open(register=flow_of(quick))
    with EngineClient(house.url, version="1") as client:
        assert client.flow("a") is None
        client.submit("work", "a", {"name": "x"}, queue="quick")
        assert client.wait("a", poll_s=0.02, timeout_s=20).status == "SUCCESS"


def test_a_client_does_not_wait_for_ever(house):
    house.open(register=flow_of(), listen=False)
    with EngineClient(house.url, version="1") as client:
        client.submit("work", "a", {"name": "x"}, queue="quick")
        assert client.wait("a", poll_s=0.02, timeout_s=0.1) is None
        assert client.flow("a").active


def test_work_of_a_newer_version_is_left_to_those_who_have_it(house):
    def quick(job: Job) -> str:
        return "done"

    engine = house.open(version="2", register=flow_of(quick), listen=False)
    engine.submit("work", "a", {"name": "x"}, queue="quick")
    house.close()
    engine = house.open(version="1", register=flow_of(quick), listen=False)
    assert engine.left_by_other_versions() == []
    assert engine.flow("a").active
    house.close()
    engine = house.open(version="10", register=flow_of(quick), listen=False)
    assert engine.left_by_other_versions() == ["a"], "versions are numbers, not words"
