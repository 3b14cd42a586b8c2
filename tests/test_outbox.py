"""The outbox on a real ledger, with small carriers that do as they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import (
    AuthExpired,
    NeedsPerson,
    NotFound,
    Permanent,
    RateLimited,
    Refused,
    Transient,
    Unreachable,
)
from daemon.ledger import Ledger
from daemon.ledger.outbox import Target
from daemon.outbox import Carried, Carrier, Delivery, Outbox, wait_s
from tests.ledger.given import NOON, Clock, a_track

HOUR_S, DAY_S = 3600.0, 24 * 3600.0


class Porter:
    """Carries everything to its target, unless it was told to fail; `on_the_way` happens meanwhile."""

    def __init__(self, target, order):
        self.target = target
        self.order = order
        self.troubles = []
        self.on_the_way = lambda track_id: None

    def carry(self, track_id):
        self.order.append((self.target, track_id))
        self.on_the_way(track_id)
        if self.troubles and (trouble := self.troubles.pop(0)):
            raise trouble
        return Carried(f"{self.target}:{track_id}", {"carried": len(self.order)})


class Office:
    """An outbox with two targets, Eagle before Notion."""

    def __init__(self, ledger, clock):
        self.ledger, self.clock = ledger, clock
        self.order: list[tuple[str, str]] = []
        """Who was asked to carry what: the target and the track."""
        self.opened = 0
        self.eagle, self.notion = Porter("eagle", self.order), Porter("notion", self.order)
        self.outbox = self.of_host("here")

    def of_host(self, host_id):
        carriers: dict[Target, Carrier] = {"eagle": self.eagle, "notion": self.notion}
        return Outbox(self.ledger, carriers, host_id=host_id, clock=self.clock)

    def track(self, *targets):
        """A track to be carried there. Keys sort by time, and time stands still: so one is opened after the other."""
        self.opened += 1
        now, self.clock.at = self.clock.at, NOON - HOUR_S + self.opened
        track_id = a_track(self.ledger)
        self.clock.at = now
        for target in targets:
            self.ledger.outbox.enqueue(target, track_id)
        return track_id

    def waiting(self, track_id):
        return {entry.target: entry for entry in self.ledger.outbox.waiting(track_id)}


@pytest.fixture
def office(tmp_path):
    clock = Clock()
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as ledger:
        yield Office(ledger, clock)


# --- what is carried -------------------------------------------------------------------------------------------------


def test_everything_due_is_carried_target_by_target_and_is_then_at_rest(office):
    one, two = office.track("notion", "eagle"), office.track("notion", "eagle")
    assert office.outbox.targets == ("eagle", "notion")
    delivered = office.outbox.carry_due()
    assert office.order == [("eagle", one), ("eagle", two), ("notion", one), ("notion", two)]
    assert delivered == [Delivery(track_id, target) for target, track_id in office.order]
    assert office.ledger.outbox.mirror("notion", two).remote_id == f"notion:{two}"
    assert office.outbox.carry_due() == []


def test_what_one_target_changes_for_the_next_goes_along_in_the_same_round(office):
    track = office.track("eagle")
    office.eagle.on_the_way = lambda track_id: office.ledger.outbox.enqueue("notion", track_id)
    office.outbox.carry_due()
    assert office.order == [("eagle", track), ("notion", track)]


def test_only_the_newest_state_is_carried_however_often_it_changed(office):
    track = office.track("notion", "notion", "notion")
    office.outbox.carry_due()
    assert office.order == [("notion", track)]


def test_what_changes_on_the_way_is_carried_once_more(office):
    track = office.track("notion")
    changes = iter([track])
    office.notion.on_the_way = lambda _: [office.ledger.outbox.enqueue("notion", one) for one in changes]
    office.outbox.carry_due()
    assert office.order == [("notion", track)] * 2
    assert office.waiting(track) == {}
    assert office.ledger.outbox.mirror("notion", track).seen == {"carried": 2}


# --- what is put off -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "until"),
    [
        (RateLimited("slow down", service="notion", retry_after_s=90), NOON + 90),
        (Unreachable("no answer", service="notion"), NOON + 30),
        (AuthExpired("log in", service="notion"), NOON + HOUR_S),
    ],
)
def test_a_service_in_trouble_is_parked_and_no_more_is_asked_of_it(office, trouble, until):
    first, second = office.track("notion"), office.track("notion", "eagle")
    office.notion.troubles = [trouble]
    delivered = office.outbox.carry_due()
    assert office.order == [("eagle", second), ("notion", first)], "the other target goes on"
    assert delivered[-1] == Delivery(first, "notion", str(trouble))
    parking = office.ledger.services.parked("notion")
    assert (parking.not_before, parking.reason) == (until, str(trouble))

    office.clock.at = until - 1
    assert office.outbox.carry_due() == []
    office.clock.at = until
    assert [one.error for one in office.outbox.carry_due()] == [None, None]


def test_trouble_that_is_the_entrys_own_postpones_it_alone(office):
    first, second = office.track("eagle"), office.track("eagle")
    office.eagle.troubles = [Unreachable("not imported yet")]
    office.outbox.carry_due()
    assert office.order == [("eagle", first), ("eagle", second)]
    assert office.ledger.services.all() == ()
    assert office.waiting(first)["eagle"].due_at == NOON + 30
    assert office.waiting(first)["eagle"].last_error == "not imported yet"
    assert office.waiting(second) == {}


def test_the_waits_of_an_entry_grow_until_it_is_carried(office):
    track = office.track("eagle")
    office.eagle.troubles = [Unreachable("no")] * 3 + [None, Unreachable("no")]
    waits = []
    for _ in range(3):
        office.outbox.carry_due()
        waits.append(office.waiting(track)["eagle"].due_at - office.clock.at)
        office.clock.at = office.waiting(track)["eagle"].due_at
    assert waits == [30, 60, 120]
    office.outbox.carry_due()
    assert office.waiting(track) == {}
    office.ledger.outbox.enqueue("eagle", track)
    office.outbox.carry_due()
    assert office.waiting(track)["eagle"].due_at - office.clock.at == 30


@pytest.mark.parametrize("trouble", [Refused("no such column"), NotFound("no file"), NeedsPerson("which?")])
def test_what_was_refused_is_looked_at_again_within_the_hour(office, trouble):
    track, neighbour = office.track("notion"), office.track("notion")
    office.notion.troubles = [trouble]
    office.outbox.carry_due()
    assert office.waiting(track)["notion"].due_at == NOON + HOUR_S
    assert office.waiting(neighbour) == {}
    assert office.ledger.services.parked("notion") is None
    office.clock.forward(HOUR_S)
    assert office.outbox.carry_due() == [Delivery(track, "notion")]


def test_a_bug_in_a_carrier_is_logged_once_and_stops_nobody(office, caplog):
    track, neighbour = office.track("notion"), office.track("notion")
    office.notion.troubles = [ZeroDivisionError("nobody thought of this")]
    delivered = office.outbox.carry_due()
    assert [one.track_id for one in delivered if one.error] == [track]
    assert "defect of ours" in office.waiting(track)["notion"].last_error
    assert office.waiting(neighbour) == {}
    [record] = [one for one in caplog.records if one.exc_info]
    assert record.exc_info[0] is ZeroDivisionError


def test_a_retry_after_of_nothing_does_not_make_us_ask_without_a_pause(office):
    office.track("notion")
    office.notion.troubles = [RateLimited("now, if you like", service="notion", retry_after_s=0)] * 9
    assert len(office.outbox.carry_due()) == 1


# --- who carries -----------------------------------------------------------------------------------------------------


def test_whoever_is_told_to_stop_claims_no_more(office):
    first, second = office.track("notion"), office.track("notion")
    office.outbox.carry_due(stopping=lambda: bool(office.order))
    assert office.order == [("notion", first)]
    assert office.of_host("there").carry_due() == [Delivery(second, "notion")], "what was not begun is free"


def test_what_a_host_has_in_hand_is_nobody_elses_until_its_claim_runs_out(office):
    track = office.track("notion")
    there = office.of_host("there")
    seen_by_another = []

    def die(_track_id):
        office.notion.on_the_way = lambda _: None
        seen_by_another.extend(there.carry_due())
        raise KeyboardInterrupt  # as a kill: nothing is reported back

    office.notion.on_the_way = die
    with pytest.raises(KeyboardInterrupt):
        office.outbox.carry_due()
    assert seen_by_another == []
    assert there.carry_due() == []
    office.clock.forward(10 * 60)
    assert there.carry_due() == [Delivery(track, "notion")]


# --- how long --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "attempts", "expected_s"),
    [
        (Transient("t"), 0, 30),
        (Transient("t"), 1, 60),
        (Transient("t"), 99, HOUR_S),
        (RateLimited("r", retry_after_s=7), 99, 7),
        (RateLimited("r", retry_after_s=DAY_S), 0, DAY_S),
        (RateLimited("r", retry_after_s=-5), 0, 1),
        (RateLimited("r", retry_after_s=float("inf")), 0, 7 * DAY_S),
        (RateLimited("r", retry_after_s=float("nan")), 0, 1),
        (AuthExpired("a", service="notion"), 0, HOUR_S),
        (Permanent("p"), 0, HOUR_S),
    ],
)
def test_how_long_an_entry_is_left_alone(error, attempts, expected_s):
    assert wait_s(error, attempts) == expected_s


@given(attempts=st.integers(0, 100_000), asked_s=st.none() | st.floats())
def test_every_wait_is_a_time_that_comes(attempts, asked_s):
    assert 1 <= wait_s(Transient("t", retry_after_s=asked_s), attempts) <= 7 * DAY_S
    assert wait_s(Transient("t"), attempts) <= wait_s(Transient("t"), attempts + 1)
