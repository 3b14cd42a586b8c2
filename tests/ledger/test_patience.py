"""Waits, and clocks that are put right: nothing is put off for years."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.ledger import Ledger
from daemon.ledger.patience import LONGEST_WAIT_S, is_to_come
from daemon.service.taking import waits
from tests.board.test_rows import DONE
from tests.ledger.given import NOON, Clock, a_ref

HOUR_S = 3600.0
YEARS_S = 9 * 365 * 24 * HOUR_S


@pytest.mark.parametrize(
    ("in_s", "to_come"),
    [(-YEARS_S, False), (0, False), (1, True), (HOUR_S, True), (LONGEST_WAIT_S + HOUR_S, True), (YEARS_S, False)],
)
def test_what_is_still_to_be_waited_for(in_s: float, to_come: bool) -> None:
    assert is_to_come(NOON + in_s, NOON) is to_come
    assert waits(replace(DONE, not_before=NOON + in_s), NOON) is to_come


@pytest.mark.parametrize(("set_back_s", "still_parked"), [(HOUR_S, True), (YEARS_S, False)])
def test_a_service_that_was_parked_under_another_clock(
    ledger: Ledger, clock: Clock, set_back_s: float, still_parked: bool
) -> None:
    ledger.services.park("spotify", NOON + 60, "429")
    clock.forward(-set_back_s)
    assert bool(ledger.services.parked("spotify")) is still_parked
    assert bool(ledger.services.all()) is still_parked
    clock.forward(HOUR_S + 60)
    assert ledger.services.parked("spotify") is None, "an hour is made up for within an hour"


def test_an_answer_that_asks_for_years_is_believed_for_a_week(ledger: Ledger, clock: Clock) -> None:
    ledger.services.park("soundcloud", NOON + YEARS_S, "Retry-After: 283824000")
    assert ledger.services.parked("soundcloud").not_before == NOON + LONGEST_WAIT_S
    clock.forward(LONGEST_WAIT_S)
    assert ledger.services.parked("soundcloud") is None


@pytest.mark.parametrize(("set_back_s", "is_due"), [(HOUR_S, False), (YEARS_S, True)])
def test_what_was_put_off_or_claimed_under_another_clock_is_carried(
    ledger: Ledger, clock: Clock, set_back_s: float, is_due: bool
) -> None:
    track_id = ledger.tracks.open(a_ref()).track_id
    ledger.outbox.enqueue("notion", track_id)
    [entry] = ledger.outbox.claim("notion", "here", 1, 300)
    ledger.outbox.postpone(entry, NOON + 60, "no answer")
    clock.forward(-set_back_s)
    claimed = ledger.outbox.claim("notion", "here", 1, 300)
    assert bool(claimed) is is_due
