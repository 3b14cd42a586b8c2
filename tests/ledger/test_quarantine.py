from __future__ import annotations

import pytest

from daemon.errors import NotFound, Refused
from daemon.ledger import Ledger
from daemon.ledger.quarantine import Kept
from tests.ledger.given import NOON, Clock, a_track
from tests.ledger.test_tracks import FETCHED, HEARD, SOURCE


def keep(ledger: Ledger, track_id: str, path: str = "/kept/a.opus") -> str:
    return ledger.quarantine.keep(track_id, path, 5_000_000_000, "3 % too short", FETCHED, HEARD, SOURCE.candidate)


def release(ledger: Ledger, kept_id: str) -> Kept:
    ledger.decisions.release(kept_id, "a test")
    return ledger.quarantine.get(kept_id)


def discard(ledger: Ledger, kept_id: str) -> Kept:
    ledger.decisions.discard(kept_id, "a test")
    return ledger.quarantine.get(kept_id)


def released_for(ledger: Ledger, track_id: str) -> Kept | None:
    return ledger.quarantine.released(track_id, SOURCE.candidate.place)


def test_what_is_kept_returns_as_it_was_given(ledger: Ledger) -> None:
    track_id = a_track(ledger)

    kept_id = keep(ledger, track_id)

    kept = Kept(
        id=kept_id,
        track_id=track_id,
        path="/kept/a.opus",
        size=5_000_000_000,
        reason="3 % too short",
        step="listen",
        fetched=FETCHED,
        heard=HEARD,
        candidate=SOURCE.candidate,
        state="held",
        at=NOON,
        decided_at=None,
    )
    assert len(kept_id) == 32
    assert ledger.quarantine.get(kept_id) == kept
    assert ledger.quarantine.held() == ledger.quarantine.of(track_id) == (kept,)
    assert released_for(ledger, track_id) is None


def test_what_could_not_even_be_listened_to_is_kept_too(ledger: Ledger) -> None:
    kept_id = ledger.quarantine.keep(a_track(ledger), "/kept/b", 1, "not audio", FETCHED, step="recognise")

    kept = ledger.quarantine.get(kept_id)
    assert (kept.heard, kept.candidate, kept.step) == (None, None, "recognise")


def test_keeping_twice_is_keeping_once(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    first = keep(ledger, track_id)
    clock.forward(60)

    assert keep(ledger, track_id) == first
    assert [kept.at for kept in ledger.quarantine.held()] == [NOON]


@pytest.mark.parametrize("decide", ["release", "discard"])
def test_a_file_that_comes_to_the_same_place_after_a_decision_is_another_one(ledger: Ledger, decide: str) -> None:
    track_id = a_track(ledger)
    first = keep(ledger, track_id)
    (release if decide == "release" else discard)(ledger, first)

    assert keep(ledger, track_id) != first
    assert len(ledger.quarantine.of(track_id)) == 2
    assert len(ledger.quarantine.held()) == 1


def test_another_track_or_another_place_is_another_file(ledger: Ledger) -> None:
    """Two hosts on one database may have the same path each."""
    one, other = a_track(ledger), a_track(ledger)

    assert len({keep(ledger, one), keep(ledger, other), keep(ledger, one, "/kept/b.opus")}) == 3


def test_the_oldest_comes_first(ledger: Ledger, clock: Clock) -> None:
    ids = []
    for number in range(6):
        ids.append(keep(ledger, a_track(ledger), f"/kept/{number}"))
        clock.forward(1)

    assert [kept.id for kept in ledger.quarantine.held()] == ids


def test_what_the_person_decides(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    wanted, unwanted = keep(ledger, track_id, "/kept/a"), keep(ledger, track_id, "/kept/b")
    clock.forward(60)

    released, discarded = release(ledger, wanted), discard(ledger, unwanted)

    assert (released.state, released.decided_at) == ("released", NOON + 60)
    assert (discarded.state, discarded.decided_at) == ("discarded", NOON + 60)
    assert ledger.quarantine.held() == ()
    assert released_for(ledger, track_id) == released == ledger.quarantine.get(wanted)
    assert set(ledger.quarantine.of(track_id)) == {released, discarded}


def test_deciding_twice_is_deciding_once(ledger: Ledger, clock: Clock) -> None:
    kept_id = keep(ledger, a_track(ledger))
    first = release(ledger, kept_id)
    clock.forward(60)

    assert release(ledger, kept_id) == first


def test_the_newest_release_counts(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    older, newer = keep(ledger, track_id, "/kept/a"), keep(ledger, track_id, "/kept/b")
    release(ledger, newer)
    clock.forward(1)
    release(ledger, older)

    assert released_for(ledger, track_id).id == older
    discard(ledger, older)
    assert released_for(ledger, track_id).id == newer
    assert released_for(ledger, a_track(ledger)) is None
    assert ledger.quarantine.released(track_id, "youtube:another") is None


def test_what_was_thrown_away_cannot_be_released(ledger: Ledger) -> None:
    kept_id = keep(ledger, a_track(ledger))
    discard(ledger, kept_id)

    with pytest.raises(Refused, match=r"/kept/a\.opus was thrown away; `cratekeeper --mode reprocess`"):
        release(ledger, kept_id)


def test_the_beginning_of_an_id_will_do(ledger: Ledger) -> None:
    kept_id = keep(ledger, a_track(ledger))

    assert ledger.quarantine.get(kept_id[:4]).id == kept_id
    assert ledger.quarantine.get(f" {kept_id[:9].upper()} ").id == kept_id
    assert release(ledger, kept_id[:6]).state == "released"
    assert discard(ledger, kept_id[:6]).state == "discarded"


@pytest.mark.parametrize("beginning", ["", "abc", "%%%%", "____", "beef", "x" * 32])
def test_an_id_that_names_nothing_is_not_found(ledger: Ledger, beginning: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets.token_hex", lambda _count: "abcd" * 8)
        keep(ledger, a_track(ledger))

        for verb in (lambda _, kept_id: ledger.quarantine.get(kept_id), release, discard):
            with pytest.raises(NotFound, match="`cratekeeper quarantine` lists"):
                verb(ledger, beginning)


def test_a_beginning_that_two_have_names_neither(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    tails = iter(["0", "1"])
    one, other = a_track(ledger), a_track(ledger)
    monkeypatch.setattr("secrets.token_hex", lambda _count: "abcd" * 7 + "abc" + next(tails))
    first, _ = keep(ledger, one), keep(ledger, other)

    with pytest.raises(NotFound, match="more than one id that begins with abcdab; `cratekeeper quarantine` lists"):
        ledger.quarantine.get("abcdab")
    assert ledger.quarantine.get(first).track_id == one
