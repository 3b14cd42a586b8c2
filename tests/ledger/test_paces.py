"""Turns at a service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.ledger import Ledger
from daemon.ledger.paces import LONGEST_LINE_S, next_turn
from tests.ledger.given import NOON, Clock

HOUR_S = 3600.0
YEARS_S = 9 * 365 * 24 * HOUR_S


def test_the_first_need_not_wait_and_the_next_ones_come_a_gap_apart(ledger: Ledger) -> None:
    assert [ledger.paces.book("youtube", 5.0) for _ in range(4)] == [0.0, 5.0, 10.0, 15.0]


def test_time_that_has_passed_is_not_waited_for_again(ledger: Ledger, clock: Clock) -> None:
    ledger.paces.book("youtube", 5.0)
    clock.forward(3)
    assert ledger.paces.book("youtube", 5.0) == 2.0
    clock.forward(60)
    assert ledger.paces.book("youtube", 5.0) == 0.0


def test_each_service_has_its_own_line(ledger: Ledger) -> None:
    ledger.paces.book("youtube", 5.0)

    assert ledger.paces.book("soundcloud", 5.0) == 0.0


def test_a_gap_is_kept_by_whoever_comes_next_whatever_gap_that_one_asks_for(ledger: Ledger) -> None:
    ledger.paces.book("youtube", 30.0)

    assert [ledger.paces.book("youtube", 0.0) for _ in range(2)] == [30.0, 30.0]


def test_a_turn_is_kept_over_a_restart(url: str, clock: Clock) -> None:
    with Ledger.open(url, clock) as ledger:
        ledger.paces.book("youtube", 5.0)
    with Ledger.open(url, clock) as ledger:
        assert ledger.paces.book("youtube", 5.0) == 5.0


@pytest.mark.parametrize(("set_back_s", "waits_s"), [(60.0, 65.0), (2 * HOUR_S, 0.0), (YEARS_S, 0.0)])
def test_a_turn_that_was_booked_under_another_clock(
    ledger: Ledger, clock: Clock, set_back_s: float, waits_s: float
) -> None:
    ledger.paces.book("youtube", 5.0)
    clock.forward(-set_back_s)

    assert ledger.paces.book("youtube", 5.0) == waits_s
    assert ledger.paces.book("youtube", 5.0) == waits_s + 5.0, "from then on the line is as long as it should be"


moments = st.floats(-YEARS_S, YEARS_S).map(lambda in_s: NOON + in_s)


@given(st.none() | moments, moments)
def test_nobody_is_called_up_in_the_past_or_waits_for_longer_than_the_longest_line(
    booked_until: float | None, now: float
) -> None:
    turn = next_turn(booked_until, now)

    assert now <= turn <= now + LONGEST_LINE_S
    assert turn in (now, booked_until)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=30))
def test_two_turns_are_never_closer_than_the_gap_of_the_first(bookings: list[tuple[int, int]]) -> None:
    """Whoever comes at any time, with any gap."""
    now, booked_until = NOON, None
    for passed_s, gap_s in bookings:
        now += passed_s
        turn = next_turn(booked_until, now)
        assert booked_until is None or turn >= booked_until
        booked_until = turn + gap_s
