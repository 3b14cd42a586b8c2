"""The loop's look at the chain: who is slow delays nobody, and what is found is taken up in measure."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.chain import Answer, Link
from daemon.errors import Unreachable
from daemon.ledger import Ledger
from daemon.models import Service, TrackRef
from daemon.service.lookout import Lookout
from daemon.service.pulse import Job, Pulse
from tests.house import until

PATIENCE_S = 20.0
SHORT_S = 1.0
"""For those who have to wait for who never answers; the others answer within it, also on a machine that stalls."""


class Source:
    """A source whose list a test sets; it hangs while `go` is not set."""

    def __init__(self, name, kind="rows"):
        self.name, self.kind = name, kind
        self.likes: list[str] = []
        self.error: Exception | None = None
        self.asked = 0
        self.go = threading.Event()
        self.go.set()

    def newest_first(self):
        self.asked += 1
        self.go.wait(20)
        if self.error:
            raise self.error
        for like in self.likes:
            yield TrackRef(service=Service.SPOTIFY, id=like, url=f"https://example.invalid/{like}", found_in=self.name)

    @property
    def link(self):
        source: Any = self
        return Link(self.name, lambda: source, kind=self.kind)


class Stage:
    def __init__(self, folder):
        self.ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", lambda: 1_800_000_000.0)
        self.playing, self.quick, self.slow = Source("playing", "moment"), Source("quick"), Source("slow")
        self.links = tuple(source.link for source in (self.playing, self.slow, self.quick))
        self.adoption_error: Exception | None = None
        self.again_in_s = 17.0
        self.taken: list[int] = []
        self.taking = threading.Semaphore(0)
        rooms: Any = SimpleNamespace(
            ledger=self.ledger,
            links=self.links,
            services_of=lambda name: (name,),
            clock=lambda: 1_800_000_000.0,
            lookback=5,
            batch=5,
            source_timeout_s=PATIENCE_S,
            adopt=self.adopt,
            look_again_in_s=lambda _name: self.again_in_s,
        )
        self.rooms, self.pulse = rooms, Pulse(900)
        self.lookout = Lookout(rooms, self.pulse, self.take_up)

    def slow_hangs(self):
        self.slow.go.clear()
        self.rooms.source_timeout_s = SHORT_S

    def adopt(self):
        if self.adoption_error:
            raise self.adoption_error
        return 0

    def take_up(self, limit):
        self.taken.append(limit)
        self.taking.release()
        return min(limit, 2)

    def close(self):
        for source in (self.playing, self.quick, self.slow):
            source.go.set()
        assert self.pulse.wait_until_quiet(20)
        self.lookout.stop()
        self.ledger.close()


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def verdicts(answers):
    return {answer.source: answer.verdict for answer in answers}


def test_what_one_source_has_is_taken_up_while_another_hangs(stage):
    stage.slow_hangs()
    stage.quick.likes = ["a"]
    thread = threading.Thread(target=stage.lookout.look)
    thread.start()
    assert stage.taking.acquire(timeout=20)
    thread.join(20)
    assert not thread.is_alive(), "the look itself does not wait for ever"
    assert stage.ledger.tracks.find(Service.SPOTIFY, "a")


def test_a_source_that_hangs_is_not_asked_again_before_it_has_answered(stage):
    stage.slow_hangs()
    stage.slow.likes = ["late"]
    for _ in range(2):
        answers = stage.lookout.look()
        assert verdicts(answers) == {"playing": "nothing new", "slow": "failed", "quick": "nothing new"}
    assert (stage.slow.asked, stage.quick.asked) == (1, 2)
    assert "has not answered yet" in next(answer.text for answer in answers if answer.source == "slow")
    stage.slow.go.set()
    stage.rooms.source_timeout_s = PATIENCE_S
    # A look that comes just before its late answer gets that one, and it is a failure.
    until(lambda: verdicts(stage.lookout.look())["slow"] == "found", "a look behind its answer")
    assert stage.slow.asked == 2


def test_a_look_takes_up_no_more_than_a_batch_and_what_is_due_without_news(stage):
    stage.lookout.look()
    assert stage.taken == [5], "retries that are due need no news"
    stage.taken.clear()
    stage.quick.likes, stage.slow.likes, stage.playing.likes = ["a"], ["b"], ["c"]
    stage.lookout.look()
    assert stage.taken == [5, 3, 1], "as the answers come, two taken up each time"


def test_a_defect_in_one_source_is_its_answer_and_nobody_elses(stage, caplog):
    stage.slow.error = ZeroDivisionError()
    stage.quick.likes = ["a"]
    answers = stage.lookout.look()
    assert verdicts(answers) == {"playing": "nothing new", "slow": "failed", "quick": "found"}
    assert any(record.exc_info for record in caplog.records), "the log has the traceback"


def test_nobody_is_asked_before_first_contact_with_notion(stage):
    stage.adoption_error = Unreachable("Notion does not answer")
    with pytest.raises(Unreachable):
        stage.lookout.look()
    with pytest.raises(Unreachable):
        stage.lookout.look_at(stage.links[0])
    assert stage.playing.asked == stage.quick.asked == 0
    stage.adoption_error = None
    assert stage.lookout.look()


def test_between_two_looks_one_source_is_asked_and_one_track_taken_up(stage):
    assert stage.lookout.look_at(stage.links[0]).verdict == "nothing new"
    assert stage.taken == []
    stage.playing.likes = ["now"]
    assert stage.lookout.look_at(stage.links[0]).verdict == "found"
    assert (stage.taken, stage.quick.asked) == ([1], 0)


@pytest.mark.parametrize(
    ("verdict", "again_in_s"),
    [("found", 17.0), ("nothing new", 17.0), ("failed", 60.0), ("parked", 60.0)],
)
def test_a_player_that_cannot_be_asked_is_not_asked_by_its_own_time(stage, verdict, again_in_s):
    assert stage.lookout.again_in_s(Answer("playing", verdict)) == again_in_s


def test_the_player_is_asked_now_and_then_also_in_silence(stage):
    stage.again_in_s = 300.0
    assert stage.lookout.again_in_s(Answer("playing", "nothing new")) == 120.0


def test_a_look_that_begins_after_the_stop_asks_nobody_and_is_no_defect(stage, caplog):
    stage.lookout.stop()
    stage.pulse.wrap(Job(name="look", run=stage.lookout.look, interval_s=300))()
    [line] = caplog.records
    assert (line.levelname, line.getMessage()) == (
        "WARNING",
        "look: The program is stopping; playing is asked at the next start.",
    )
    assert stage.taken == []
