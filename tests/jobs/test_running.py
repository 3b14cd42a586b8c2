"""Jobs are worked off a portion at a time. What a verb answers or raises is in the ledger then; what is killed is done
again."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.errors import (
    AuthExpired,
    BadMedia,
    ConfigError,
    DaemonError,
    NeedsPerson,
    NotFound,
    Problem,
    RateLimited,
    Refused,
    Unreachable,
)
from daemon.jobs.running import Running
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Later, Portion, Table, Verb, Wording
from daemon.ledger import Ledger
from daemon.ledger.jobs import JobRow
from daemon.models import Choice, Json
from tests.ledger.given import NOON, Clock, a_track


class Service(StrEnum):
    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An input with one of each kind of plain value."""

    words: tuple[str, ...]
    track_id: str | None = None
    service: Service = Service.NEAR
    since: date | None = None


class Works:
    """A table of small verbs, and what they were asked."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.read: list[Wording] = []
        self.asked: list[tuple[str, Asked, Json]] = []
        self.answers: list[Portion | BaseException] = []
        """What the next portions answer or raise; then each is complete."""
        self.meanwhile: Callable[[], None] = lambda: None
        self.table = Table([self._verb("sync"), self._verb("redo"), self._verb("verify", is_long=True)])

    def _verb(self, name: str, *, is_long: bool = False) -> Verb[Asked]:
        def work(asked: Asked, memory: Json) -> Portion:
            self.asked.append((name, asked, memory))
            self.meanwhile()
            answer = self.answers.pop(0) if self.answers else Complete(text="done")
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return Verb(
            name=name, takes="<words>", help="Does it.", input=Asked, read=self._read, work=work, is_long=is_long
        )

    def _read(self, wording: Wording) -> Asked:
        self.read.append(wording)
        if wording.text == "nonsense":
            raise Refused("“nonsense” is no link.")
        if wording.text == "nowhere":
            raise NotFound("Nothing is there.")
        if wording.text == "either":
            raise NeedsPerson("Which one?", [Choice(label="This", value="1")])
        if wording.text == "later":
            raise Unreachable("Nobody answers.")
        words = tuple(wording.text.split())
        return Asked(words=words, track_id=wording.track_id, service=Service.FAR, since=date(2026, 7, 1))

    @property
    def inputs(self) -> list[str]:
        """Whose turns there were."""
        return [" ".join(asked.words) for _, asked, _ in self.asked]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(address: Path, clock: Clock):
    with Ledger.open(f"sqlite:///{address}", clock) as ledger:
        yield ledger


@pytest.fixture
def works(ledger: Ledger) -> Works:
    return Works(ledger)


@pytest.fixture
def running(ledger: Ledger, works: Works) -> Running:
    return Running(ledger, works.table, host_id="studio")


def order(ledger: Ledger, text: str = "a b", verb: str = "sync", **more) -> str:
    return ledger.jobs.order(verb, text, by="studio", **more).id


def one_turn(ledger: Ledger, running: Running) -> tuple[Portion, JobRow]:
    """What the next portion answers, and how its job stands then."""
    job = ledger.jobs.claim("studio", ["sync", "redo", "verify", "dance"])
    assert job is not None
    return running.turn(job), ledger.jobs.get(job.id)


PORTIONS = [
    (GoOn(memory={"at": 1}, done=3, of=9, text="at it"), ("running", "at it"), {"at": 1}, (3, 9), NOON),
    (GoOn(wait_s=20.0, tracks=("t",)), ("running", ""), {}, (0, 0), NOON + 20),
    (Complete(text="All of it.", links=("/music", "https://n.example/")), ("done", "All of it."), {}, (0, 0), None),
    (Blocked(question="Which one?"), ("blocked", "Which one?"), {}, (0, 0), None),
    (Failed(reason="It is not so."), ("failed", "It is not so."), {}, (0, 0), None),
    (Later(why="It rains.", wait_s=60.0), ("running", "Waits: It rains."), {}, (0, 0), NOON + 60),
]


@pytest.mark.parametrize(("answer", "state", "memory", "count", "turn_at"), PORTIONS)
def test_what_a_portion_answers_is_in_the_ledger(ledger, works, running, answer, state, memory, count, turn_at):
    order(ledger)
    works.answers = [answer]
    portion, job = one_turn(ledger, running)
    assert portion == answer
    assert (job.state, job.text) == state
    assert (job.memory, (job.done, job.of_all), job.turn_at) == (memory, count, turn_at)
    assert job.links == (answer.links if isinstance(answer, Complete) else ())
    assert (job.tries, job.worked_on_by) == (1 if isinstance(answer, Later) else 0, None)


def test_what_it_must_know_comes_back_the_next_time(ledger, works, running):
    order(ledger)
    works.answers = [GoOn(memory={"at": 1, "ids": ["x"]}), GoOn(memory={"at": 2})]
    assert running.work(long=False) == 3
    assert [memory for _, _, memory in works.asked] == [{}, {"at": 1, "ids": ["x"]}, {"at": 2}]


# --- the input -------------------------------------------------------------------------------------------------------


def test_the_input_is_read_once_and_kept(ledger, works, running):
    track_id = a_track(ledger)
    job_id = order(ledger, track_id=track_id)
    works.answers = [GoOn()]
    running.work(long=False)

    meant = Asked(words=("a", "b"), track_id=track_id, service=Service.FAR, since=date(2026, 7, 1))
    assert works.read == [Wording(text="a b", track_id=track_id, lines=("a b",))]
    assert [asked for _, asked, _ in works.asked] == [meant, meant]
    assert ledger.jobs.get(job_id).asked == {
        "words": ["a", "b"], "track_id": track_id, "service": "far", "since": "2026-07-01",
    }  # fmt: skip


def test_another_process_goes_on_with_what_was_understood(ledger, works, running):
    order(ledger)
    works.answers = [GoOn()]
    one_turn(ledger, running)
    another = Works(ledger)
    job = ledger.jobs.claim("laptop", ["sync"])
    assert job is not None
    Running(ledger, another.table, host_id="laptop").turn(job)
    assert another.read == []
    assert another.inputs == ["a b"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1)).map(tuple))
def test_any_input_comes_back_as_it_was_understood(ledger, works, running, words):
    order(ledger, " ".join(words))
    works.asked.clear()
    works.answers = [GoOn()]
    running.work(long=False)
    [first, second] = [asked for _, asked, _ in works.asked]
    assert first == second
    assert first.words == words


def test_an_input_is_the_verbs_own_until_it_is_understood(ledger, works, running, clock):
    order(ledger, "later")
    portion, job = one_turn(ledger, running)
    assert isinstance(portion, Later)
    assert (job.asked, job.tries) == (None, 1)
    clock.forward(3600)
    running.work(long=False)
    assert len(works.read) == 2


@pytest.mark.parametrize(("text", "said"), [("nonsense", "“nonsense” is no link."), ("nowhere", "Nothing is there.")])
def test_a_wrong_input_gets_a_sentence_and_the_list(ledger, works, running, text, said):
    order(ledger, text)
    portion, job = one_turn(ledger, running)
    assert isinstance(portion, Blocked)
    assert (job.state, job.asked, works.asked) == ("blocked", None, [])
    assert job.text.startswith(said)
    assert job.text.endswith("obs: sync <words>; redo <words>; verify <words>.")


def test_a_verb_that_this_version_does_not_know_fails_with_the_list(ledger, running):
    order(ledger, verb="dance")
    assert running.work(long=False) == running.work(long=True) == 0, "another version may know it"
    _, job = one_turn(ledger, running)
    assert job.state == "failed"
    assert "“dance” is none of our jobs." in job.text
    assert "redo <words>" in job.text


# --- what is raised --------------------------------------------------------------------------------------------------

CHOICES = [Choice(label="Night Ferry (Extended Mix)", value="a", why="8 s longer"), Choice(label="Another", value="b")]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NeedsPerson("Which one?", CHOICES), "Which one?\n1. Night Ferry (Extended Mix) 8 s longer\n2. Another"),
        (NeedsPerson("Is the drive there?"), "Is the drive there?"),
    ],
)
def test_what_only_the_person_knows_is_asked_with_numbers(ledger, works, running, error, text):
    order(ledger)
    works.answers = [error]
    portion, job = one_turn(ledger, running)
    assert isinstance(portion, Blocked)
    assert (job.state, job.text) == ("blocked", text)


def test_choices_between_readings_have_numbers_too(ledger, works, running):
    order(ledger, "either")
    _, job = one_turn(ledger, running)
    assert (job.state, job.text) == ("blocked", "Which one?\n1. This")


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (Unreachable("Nobody answers.", service="notion"), None),
        (RateLimited("Later.", service="notion", retry_after_s=90.0), 90.0),
        (AuthExpired("Log in again.", service="spotify"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_may_work_later_is_put_off(ledger, works, running, error, wait_s):
    order(ledger)
    works.answers = [error]
    portion, job = one_turn(ledger, running)
    assert isinstance(portion, Later)
    assert (job.state, job.text, job.tries, job.worked_on_by) == ("running", f"Waits: {error}", 1, None)
    assert job.turn_at == NOON + (wait_s or portion.wait_s)
    assert job.turn_at > NOON


def test_the_waits_grow_until_a_portion_is_done(ledger, works, running, clock):
    job_id = order(ledger)
    works.answers = [Unreachable("Nobody answers.")] * 4 + [GoOn(), Unreachable("Nobody answers.")]
    waits = []
    for _ in range(6):
        portion, job = one_turn(ledger, running)
        if isinstance(portion, Later):
            waits.append(job.turn_at - clock.at)
            clock.at = job.turn_at
        else:
            assert job.tries == 0
    assert waits[:4] == sorted({*waits[:4]}), "each is longer than the one before"
    assert waits[4] == waits[0]
    assert ledger.jobs.get(job_id).tries == 1


@pytest.mark.parametrize(
    "error",
    [NotFound("It is gone."), BadMedia("It is no sound."), ConfigError([Problem("OUT_DIR", "is not there")])],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_fails_with_its_reason(ledger, works, running, error: DaemonError):
    order(ledger)
    works.answers = [error]
    portion, job = one_turn(ledger, running)
    assert isinstance(portion, Failed)
    assert (job.state, job.text) == ("failed", str(error))


def test_what_nobody_foresaw_fails_and_stands_in_the_log(ledger, works, running, caplog):
    first_id, second_id = order(ledger, "first"), order(ledger, "second")
    works.answers = [ZeroDivisionError("secret details")]
    with caplog.at_level(logging.ERROR, logger="daemon.jobs.running"):
        assert running.work(long=False) == 2, "and the others have their turns"
    [record] = caplog.records
    assert record.exc_info[0] is ZeroDivisionError
    first, second = ledger.jobs.get(first_id), ledger.jobs.get(second_id)
    failed, done = sorted((first, second), key=lambda job: job.state, reverse=True)
    assert (failed.state, done.state) == ("failed", "done")
    assert "log" in failed.text
    assert "secret" not in failed.text


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit])
def test_what_is_interrupted_is_given_back(ledger, works, running, leaving):
    job_id = order(ledger)
    works.answers = [GoOn(memory={"at": 1}), leaving()]
    with pytest.raises(leaving):
        running.work(long=False)
    job = ledger.jobs.get(job_id)
    assert (job.state, job.worked_on_by, job.memory, job.turn_at) == ("running", None, {"at": 1}, NOON)
    running.work(long=False)
    assert [memory for _, _, memory in works.asked] == [{}, {"at": 1}, {"at": 1}]


# --- the ledger, the person, and others meanwhile --------------------------------------------------------------------


@pytest.mark.parametrize("answer", [GoOn(done=3, of=9), Complete(text="done"), Unreachable("Nobody answers.")])
def test_what_is_stopped_in_the_middle_stays_stopped(ledger, works, running, answer):
    job_id = order(ledger)
    works.answers = [answer]
    works.meanwhile = lambda: ledger.jobs.stop(ledger.jobs.get(job_id), "Stopped by you.")
    assert running.work(long=False) == 1
    job = ledger.jobs.get(job_id)
    assert (job.state, job.text, job.turn_at, job.done) == ("stopped", "Stopped by you.", None, 0)


@pytest.mark.parametrize("answer", [GoOn(done=3, of=9), Complete(text="done"), KeyboardInterrupt()])
def test_who_slept_through_its_turn_leaves_it_to_who_has_it_now(ledger, works, running, answer):
    job_id = order(ledger)
    works.answers = [answer]

    def taken_over():
        ledger.jobs.leave_by_hosts(["studio"])
        ledger.jobs.claim("laptop", ["sync"])

    works.meanwhile = taken_over
    with contextlib.suppress(KeyboardInterrupt):
        running.work(long=False)
    job = ledger.jobs.get(job_id)
    assert (job.state, job.worked_on_by, job.done) == ("running", "laptop", 0)


def test_what_the_ledger_did_not_hear_of_is_done_again(ledger, works, running, address):
    """It did not answer when a portion was over: that must not stay in our hands until the next start."""
    lost, kept = order(ledger, "lost"), order(ledger, "kept", "verify")
    held = ledger.jobs.claim("studio", ["verify"])
    works.answers = [GoOn(memory={"at": 1})]

    def away():
        _rename(address, "jobs", "away")
        works.meanwhile = lambda: None

    works.meanwhile = away
    with pytest.raises(Unreachable):
        running.work(long=False)
    _rename(address, "away", "jobs")
    assert ledger.jobs.get(lost).worked_on_by == "studio"

    assert running.work(long=False) == 1
    assert ledger.jobs.get(lost).state == "done"
    assert ledger.jobs.get(kept).worked_on_by == held.worked_on_by, "what the other lane is at is left to it"


def _rename(address: Path, one: str, other: str) -> None:
    with sqlite3.connect(address) as connection:
        connection.execute(f"ALTER TABLE {one} RENAME TO {other}")
    connection.close()


# --- turns -----------------------------------------------------------------------------------------------------------


def test_long_verbs_have_a_lane_of_their_own(ledger, works, running):
    for text, verb in (("long", "verify"), ("short", "sync"), ("shorter", "redo")):
        order(ledger, text, verb)
    assert running.work(long=False) == 2
    assert sorted(works.inputs) == ["short", "shorter"]
    assert running.work(long=True) == 1
    assert works.inputs[-1] == "long"


def test_equals_take_turns_and_the_urgent_does_not_wait(ledger, works, running, clock):
    works.meanwhile = lambda: clock.forward(1)
    for text in ("a", "b"):
        order(ledger, text)
        clock.forward(1)
    order(ledger, "urgent", "redo", priority=0)
    works.answers = [GoOn(), Complete(text=""), GoOn(), GoOn(), GoOn()]
    running.work(long=False)
    assert works.inputs == ["urgent", "urgent", "a", "b", "a", "b", "a"]


def test_no_turn_is_begun_once_it_is_time_to_leave(ledger, works, running):
    for text in "abc":
        order(ledger, text)
    assert running.work(long=False, stopping=lambda: len(works.asked) == 2) == 2
    assert running.work(long=False, stopping=lambda: True) == 0
    assert len(ledger.jobs.unfinished()) == 1


def test_what_waits_for_somebody_else_keeps_nobody(ledger, works, running, clock):
    order(ledger)
    works.answers = [GoOn(wait_s=20.0)]
    assert running.work(long=False) == 1
    clock.forward(19)
    assert running.work(long=False) == 0
    clock.forward(1)
    assert running.work(long=False) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(portions=st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_nobody_is_more_than_a_round_behind(ledger, works, running, clock, portions):
    """Equals with so many portions each: at any moment, of two that are not over, neither had two turns more."""
    works.meanwhile = lambda: clock.forward(1)
    works.asked.clear()
    ids = {}
    for number, _ in enumerate(portions):
        ids[str(number)] = order(ledger, str(number))
        clock.forward(1)
    had = dict.fromkeys(ids, 0)
    for _ in range(sum(portions)):
        job = ledger.jobs.claim("studio", ["sync"])
        had[job.input] += 1
        works.answers = [GoOn() if had[job.input] < portions[int(job.input)] else Complete(text="")]
        running.turn(job)
        waiting = [had[job.input] for job in ledger.jobs.unfinished()]
        assert max(waiting, default=0) - min(waiting, default=0) <= 1
    assert [had[str(number)] for number in range(len(portions))] == portions
    assert ledger.jobs.unfinished() == ()
