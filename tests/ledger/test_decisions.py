from __future__ import annotations

import pytest

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.decisions import Decision
from daemon.models import Candidate, Duplicate, Service
from tests.ledger.given import NOON, Clock, a_track


def at(id: str, service: Service = Service.YOUTUBE) -> Candidate:
    return Candidate(service=service, id=id, url=f"https://{service}.example/{id}", title=f"Song {id}", views=12)


def told(ledger: Ledger, track_id: str) -> list[tuple[str, str]]:
    events = ledger.events.of(track_id)
    assert {(event.step, event.what) for event in events} <= {("decide", "told")}
    return [(event.detail["verdict"], event.detail["place"]) for event in events]


def test_a_pin_returns_as_it_was_given(ledger: Ledger) -> None:
    track_id, other = a_track(ledger), a_track(ledger)

    ledger.decisions.pin(track_id, at("a"), "command line")

    assert ledger.decisions.pinned(track_id) == at("a")
    assert ledger.decisions.of(track_id) == (
        Decision(track_id=track_id, verdict="pinned", candidate=at("a"), at=NOON, by="command line"),
    )
    assert (ledger.decisions.pinned(other), ledger.decisions.rejected(other), ledger.decisions.of(other)) == (
        None,
        frozenset(),
        (),
    )


def test_a_new_pin_takes_the_place_of_the_old_one_which_is_not_rejected_by_that(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    ledger.decisions.pin(track_id, at("a"), "notion")
    ledger.decisions.pin(track_id, at("b"), "notion")

    assert ledger.decisions.pinned(track_id) == at("b")
    assert ledger.decisions.rejected(track_id) == frozenset()


def test_rejections_add_up_and_the_same_id_elsewhere_is_another_place(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    for candidate in (at("b"), at("a"), at("a", Service.SOUNDCLOUD)):
        ledger.decisions.reject(track_id, candidate, "notion")
        clock.forward(1)

    assert ledger.decisions.rejected(track_id) == {"youtube:a", "youtube:b", "soundcloud:a"}
    assert [decision.candidate for decision in ledger.decisions.of(track_id)] == [
        at("b"),
        at("a"),
        at("a", Service.SOUNDCLOUD),
    ]
    assert ledger.decisions.pinned(track_id) is None


def test_of_one_place_the_last_word_counts(ledger: Ledger) -> None:
    track_id = a_track(ledger)

    ledger.decisions.reject(track_id, at("a"), "notion")
    ledger.decisions.pin(track_id, at("a"), "notion")
    assert (ledger.decisions.pinned(track_id), ledger.decisions.rejected(track_id)) == (at("a"), frozenset())

    ledger.decisions.reject(track_id, at("a"), "notion")
    assert ledger.decisions.pinned(track_id) is None
    assert ledger.decisions.rejected(track_id) == {"youtube:a"}


def test_a_pin_lifts_no_other_rejection_and_a_rejection_no_other_pin(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    ledger.decisions.reject(track_id, at("a"), "notion")
    ledger.decisions.pin(track_id, at("b"), "notion")
    ledger.decisions.reject(track_id, at("c"), "notion")

    assert ledger.decisions.pinned(track_id) == at("b")
    assert ledger.decisions.rejected(track_id) == {"youtube:a", "youtube:c"}


def test_a_pin_can_be_taken_back_and_rejections_stay(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    ledger.decisions.reject(track_id, at("a"), "notion")
    ledger.decisions.pin(track_id, at("b"), "notion")

    ledger.decisions.unpin(track_id)
    ledger.decisions.unpin(track_id)

    assert ledger.decisions.pinned(track_id) is None
    assert ledger.decisions.rejected(track_id) == {"youtube:a"}
    assert told(ledger, track_id) == [
        ("rejected", "youtube:a"),
        ("pinned", "youtube:b"),
        ("unpinned", "youtube:b"),
    ]


def test_a_decision_that_stands_is_not_decided_again(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    for _ in range(2):
        ledger.decisions.pin(track_id, at("a"), "notion")
        ledger.decisions.reject(track_id, at("b"), "notion")
        clock.forward(60)

    assert told(ledger, track_id) == [("pinned", "youtube:a"), ("rejected", "youtube:b")]
    assert {decision.at for decision in ledger.decisions.of(track_id)} == {NOON}
    assert [event.detail["by"] for event in ledger.events.of(track_id)] == ["notion", "notion"]


def test_a_duplicates_decisions_are_its_own(ledger: Ledger) -> None:
    original, duplicate = a_track(ledger), a_track(ledger)
    ledger.tracks.finish(duplicate, Duplicate(of=original, evidence="the same sound"))

    ledger.decisions.pin(duplicate, at("a"), "notion")

    assert (ledger.decisions.pinned(original), ledger.decisions.pinned(duplicate)) == (None, at("a"))


def test_nothing_is_decided_about_a_track_that_is_not_there(ledger: Ledger) -> None:
    for decide in (ledger.decisions.pin, ledger.decisions.reject):
        with pytest.raises(NotFound, match="no track nobody"):
            decide("nobody", at("a"), "notion")
