from __future__ import annotations

from daemon.ledger import Ledger
from tests.ledger.given import NOON, Clock, a_track


def test_the_diary_tells_everything_in_order(ledger: Ledger, clock: Clock) -> None:
    track_id, other = a_track(ledger), a_track(ledger)
    ledger.events.note(track_id, "fetch", "begun")
    ledger.events.note(other, "fetch", "begun")
    clock.forward(3)
    ledger.events.note(track_id, "fetch", "failed", {"why": "404", "bytes": 12})

    first, second = ledger.events.of(track_id)
    assert (first.step, first.what, first.at, first.detail) == ("fetch", "begun", NOON, {})
    assert (second.what, second.at, second.detail) == ("failed", NOON + 3, {"why": "404", "bytes": 12})


def test_whoever_goes_on_from_the_last_one_misses_none(ledger: Ledger) -> None:
    noted = [ledger.events.note(None, "tick", "done", {"number": number}) for number in range(5)]

    first = ledger.events.since(0, limit=2)
    rest = ledger.events.since(first[-1].id)

    assert [event.id for event in (*first, *rest)] == noted
    assert ledger.events.since(noted[-1]) == ()
    assert rest[0].track_id is None
