"""Taking up tracks, with a real engine and a real ledger; the work itself is whatever a test says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.engine import Engine, Queue
from daemon.ledger import Ledger
from daemon.models import Alias, Failed, Filed, Outcome, Postponed, Service, Status, Track
from daemon.pipeline.ingest import WORKFLOW, flow_id
from daemon.pipeline.steps import Order
from daemon.service.finding import waiting
from daemon.service.line import begin_line
from daemon.service.taking import (
    DEAD_AFTER_S,
    give_up_orphans,
    ref_of,
    take_up,
)
from tests.board.test_rows import DONE
from tests.ledger.given import NOON, Clock, a_file, a_ref

LINE = Queue("line", at_once=4, poll_s=0.02)


class House:
    """One installation whose engine is opened and closed, as a program starts and ends."""

    def __init__(self, folder, ledger, clock):
        self.url = f"sqlite:///{folder / 'engine.db'}"
        self.ledger, self.clock = ledger, clock
        self.engine: Any = None
        self.rooms: Any = None
        self.begun: list[tuple[str, int]] = []
        self._begins = threading.Semaphore(0)
        self._stops = threading.Event()

    def open(self, work=None, *, version="1", host="here"):
        """`work` is the one step of every track; without it nothing that is submitted is begun."""
        self.engine = Engine(self.url, host_id=host, queues=[LINE], version=version)
        step = self.engine.step("work", work or self.hang)

        def ingest(order: Order) -> Outcome:
            outcome = step(order)
            self.ledger.tracks.finish(order.track_id, outcome)
            return outcome

        self.engine.workflow(WORKFLOW, ingest)
        self.engine.start([LINE.name] if work else [])
        self.rooms = SimpleNamespace(ledger=self.ledger, clock=self.clock, host_id=host, links=())
        self._stops.clear()
        return self.engine

    def close(self):
        if self.engine:
            engine, self.engine = self.engine, None
            assert engine.stop(10, self._stops.set)

    def file(self, order: Order) -> Outcome:
        self.begun.append((order.track_id, order.attempt))
        return Filed(files=(a_file(),))

    def put_off(self, order: Order) -> Outcome:
        return Postponed(reason="later", not_before=NOON + 60)

    def hang(self, order: Order) -> Outcome:
        self.begun.append((order.track_id, order.attempt))
        self._begins.release()
        self._stops.wait(20)
        raise OSError("a child was killed under it")

    def wait_until_one_hangs(self):
        assert self._begins.acquire(timeout=20)

    def take(self, ref):
        return take_up(self.rooms, self.engine, ref, queue=LINE.name)

    def take_again(self):
        return begin_line(self.rooms, self.engine, queue=LINE.name, limit=100)

    def ends(self, taken):
        return self.engine.wait(taken.flow_id, timeout_s=20).status

    def row(self, taken):
        return self.ledger.tracks.get(taken.track_id)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as ledger:
        yield ledger


@pytest.fixture
def house(tmp_path, ledger, clock):
    house = House(tmp_path, ledger, clock)
    yield house
    house.close()


# --- how a track stands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "stands_in_line"),
    [
        (None, True),
        (Filed(files=()), False),
        (Failed(reason="no", step="fetch"), False),
        (Postponed(reason="later", not_before=NOON + 1), False),
        (Postponed(reason="now", not_before=NOON), True),
    ],
)
def test_who_stands_in_line(ledger, clock, outcome, stands_in_line):
    rooms: Any = SimpleNamespace(ledger=ledger, clock=clock)
    ref = a_ref()
    track = ledger.tracks.open(ref).track_id
    assert [row.id for row in waiting(rooms)[ref.found_in]] == [track]
    ledger.tracks.begin(track)
    if outcome:
        ledger.tracks.finish(track, outcome)
    assert bool(waiting(rooms)[ref.found_in]) is stands_in_line


SPOTIFY = Alias(service=Service.SPOTIFY, id="4uLU6hMCjMI75M1A2tKUQC")
SOUNDCLOUD = Alias(service=Service.SOUNDCLOUD, id="1003")
VIDEO = Alias(service=Service.YOUTUBE, id="nightferry1")


@pytest.mark.parametrize(
    ("found_in", "aliases", "expected"),
    [
        ("spotify-liked", (SOUNDCLOUD, SPOTIFY), SPOTIFY),
        ("soundcloud-likes", (SPOTIFY, SOUNDCLOUD), SOUNDCLOUD),
        ("notion", (SOUNDCLOUD, SPOTIFY, VIDEO), SPOTIFY),
        ("notion", (VIDEO, SOUNDCLOUD), SOUNDCLOUD),
        ("soundcloud-likes", (VIDEO,), VIDEO),
    ],
)
def test_a_track_is_taken_up_again_where_it_was_found(found_in, aliases, expected):
    urls = {Service.SPOTIFY: "https://open.spotify.com/track/x"}
    ref = ref_of(replace(DONE, found_in=found_in, track=Track(title="A", aliases=aliases, urls=urls)))
    assert ref.alias == expected
    assert ref.url == urls.get(expected.service, expected.id)
    assert (ref.found_in, ref.told.title) == (found_in, "A")


def test_a_track_that_nobody_has_described_is_told_nothing_of():
    assert ref_of(replace(DONE, track=Track(title="", aliases=(SPOTIFY,)))).told is None


# --- each once -------------------------------------------------------------------------------------------------------


def test_a_track_becomes_one_workflow_however_often_it_is_found(house):
    house.open(house.file)
    ref = a_ref()
    taken = house.take(ref)
    assert taken == house.take(ref)
    assert house.ends(taken) == "SUCCESS"
    assert house.take(ref).flow_id == taken.flow_id, "what is done is not begun again"
    assert (house.row(taken).status, house.row(taken).attempt) == (Status.DONE, 1)
    assert house.begun == [(taken.track_id, 1)]


@pytest.mark.parametrize("was", ["unknown", "put off"])
def test_of_two_who_take_up_the_same_track_at_the_same_time_one_begins_it(house, was):
    house.open()
    refs = [a_ref() for _ in range(12)]
    if was == "put off":
        for ref in refs:
            taken = house.take(ref)
            house.ledger.tracks.finish(taken.track_id, Postponed(reason="later", not_before=NOON + 60))
        house.close()
        house.open(version="2")
        give_up_orphans(house.rooms, house.engine)
        house.clock.forward(61)

    start = threading.Barrier(2)

    def take(ref):
        start.wait(20)
        return house.take(ref)

    with ThreadPoolExecutor(2) as pool:
        for ref in refs:
            one, other = pool.map(take, [ref, ref])
            assert one == other
    active = house.engine.active()
    assert active == {flow_id(row.id, row.attempt) for row in house.ledger.tracks.unfinished()}
    assert len(active) == len(refs)


def test_what_a_neighbour_is_about_to_submit_is_submitted_under_the_same_id(house):
    """Killed between the ledger and the engine, or only slow: nobody can tell."""
    house.open()
    ref = a_ref()
    track = house.ledger.tracks.open(ref).track_id
    attempt = house.ledger.tracks.begin(track)
    assert house.take(ref).flow_id == flow_id(track, attempt)
    assert house.take_again() == [], "it is under way"
    assert len(house.engine.active()) == 1


def test_a_wait_is_kept_and_then_ended_by_a_new_attempt(house):
    house.open(house.put_off)
    ref = a_ref()
    first = house.take(ref)
    house.ends(first)
    assert house.take_again() == []
    assert house.take(ref) == first
    house.clock.forward(60)
    [second] = house.take_again()
    house.ends(second)
    assert second.flow_id == flow_id(first.track_id, 2)


# --- what others left ------------------------------------------------------------------------------------------------


def test_what_a_dead_host_left_is_begun_anew_and_not_a_moment_sooner(house):
    house.ledger.hosts.beat("there", 1, "daemon")
    house.open(house.hang, host="there")
    taken = house.take(a_ref())
    house.wait_until_one_hangs()
    house.close()

    house.open(house.file, host="here")
    assert house.take_again() == [], "it may come back"
    assert house.engine.flow(taken.flow_id).active
    house.clock.forward(DEAD_AFTER_S + 1)
    [anew] = house.take_again()
    assert anew.flow_id == flow_id(taken.track_id, 2)
    assert house.ends(anew) == "SUCCESS"
    assert house.engine.flow(taken.flow_id).status == "CANCELLED"
    assert house.row(taken).status is Status.DONE


def test_what_this_host_left_is_resumed_however_long_it_was_away(house):
    house.ledger.hosts.beat("here", 1, "daemon")
    house.open(house.hang)
    taken = house.take(a_ref())
    house.wait_until_one_hangs()
    house.close()

    house.clock.forward(30 * 24 * 3600)
    house.open(house.file)
    assert house.take_again() in ([taken], [])
    assert house.ends(taken) == "SUCCESS"
    assert house.begun == [(taken.track_id, 1)] * 2
    assert house.row(taken).status is Status.DONE


def test_an_upgrade_leaves_nothing_hanging(house):
    house.open(house.hang, version="1")
    running = house.take(a_ref())
    house.wait_until_one_hangs()
    house.close()
    house.clock.forward(1)
    house.open(version="1")  # submitted, and never begun
    queued = house.take(a_ref())
    house.close()

    house.open(house.file, version="2")
    again = house.take_again()
    assert [taken.flow_id for taken in again] == [flow_id(taken.track_id, 2) for taken in (queued, running)], (
        "newest first"
    )
    assert [house.ends(taken) for taken in again] == ["SUCCESS", "SUCCESS"]
    assert house.engine.active() == frozenset()
    assert house.ledger.tracks.unfinished() == ()
    assert {house.engine.flow(taken.flow_id).status for taken in (running, queued)} == {"CANCELLED"}


def test_a_track_that_was_chosen_is_not_waited_for_in_the_hands_of_an_older_version(house):
    house.open(version="1")
    ref = a_ref()
    old = house.take(ref)
    house.close()
    house.open(house.file, version="2")
    give_up_orphans(house.rooms, house.engine)
    new = house.take(ref)
    assert new.flow_id != old.flow_id
    assert house.ends(new) == "SUCCESS"
