from __future__ import annotations

import pytest

from daemon.ledger import Ledger
from tests.ledger.given import NOON, Clock


def test_a_parked_service_is_free_when_its_time_has_passed(ledger: Ledger, clock: Clock) -> None:
    ledger.services.park("spotify", NOON + 60, "429")

    parked = ledger.services.parked("spotify")
    assert parked is not None
    assert (parked.not_before, parked.reason, parked.since_at) == (NOON + 60, "429", NOON)
    assert ledger.services.parked("soundcloud") is None

    clock.forward(60)
    assert ledger.services.parked("spotify") is None
    assert ledger.services.all() == ()


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (NOON + 60, NOON + 90, "second"),
        (NOON + 90, NOON + 60, "first"),
        (NOON + 60, NOON + 60, "second"),
        (None, NOON + 60, "first"),
        (NOON + 60, None, "second"),
        (None, None, "second"),
        (NOON - 1, NOON + 60, "second"),
    ],
)
def test_the_later_end_is_kept(ledger: Ledger, first: float | None, second: float | None, kept: str) -> None:
    ledger.services.park("spotify", first, "first")
    ledger.services.park("spotify", second, "second")

    parked = ledger.services.parked("spotify")
    assert parked is not None
    assert parked.reason == kept
    assert parked.not_before == (first if kept == "first" else second)


def test_the_day_it_began_is_kept_while_it_lasts(ledger: Ledger, clock: Clock) -> None:
    ledger.services.park("spotify", NOON + 60, "429")
    clock.forward(30)
    ledger.services.park("spotify", NOON + 90, "429 again")
    assert [parked.since_at for parked in ledger.services.all()] == [NOON]

    clock.forward(90)
    ledger.services.park("spotify", NOON + 500, "still, though nobody waited any more")
    assert [(parked.since_at, parked.times) for parked in ledger.services.all()] == [(NOON, 2)]

    clock.forward(500)
    ledger.services.answered("spotify")
    ledger.services.park("spotify", NOON + 900, "a new one")
    assert [(parked.since_at, parked.times) for parked in ledger.services.all()] == [(NOON + 620, 1)]


def test_what_was_the_matter_is_known_until_the_service_has_answered(ledger: Ledger, clock: Clock) -> None:
    ledger.services.park("spotify", NOON + 60, "log in again", "login")
    ledger.services.answered("spotify")
    assert ledger.services.parked("spotify") is not None, "a wait that stands goes on standing"

    clock.forward(90)
    assert ledger.services.parked("spotify") is None
    assert [(one.kind, one.reason) for one in ledger.services.troubles()] == [("login", "log in again")]

    ledger.services.answered("spotify")
    assert ledger.services.troubles() == ()


def test_a_wait_does_not_hide_a_login(ledger: Ledger) -> None:
    ledger.services.park("spotify", NOON + 60, "wait", "wait")
    ledger.services.park("spotify", NOON + 30, "log in again", "login")
    ledger.services.park("spotify", NOON + 20, "slow down", "rate")
    [standing] = ledger.services.all()
    assert (standing.kind, standing.reason, standing.not_before) == ("login", "log in again", NOON + 60)


def test_clearing_ends_any_parking(ledger: Ledger) -> None:
    ledger.services.park("spotify", None, "log in again")
    ledger.services.park("notion", None, "token refused")

    ledger.services.clear("spotify")
    ledger.services.clear("never parked")

    assert [parked.name for parked in ledger.services.all()] == ["notion"]
