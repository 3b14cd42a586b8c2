"""Rejected and Skip: what the person says once, and for ever."""

from __future__ import annotations

import pytest

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.sounds import Claimed
from daemon.models import (
    Asked,
    Candidate,
    Duplicate,
    Failed,
    Filed,
    MetadataOnly,
    Outcome,
    Postponed,
    Service,
    Status,
    Track,
)
from tests.ledger.given import NOON, Clock, a_file, a_track

WORDS = b"sound"


def begun(ledger: Ledger) -> str:
    """A track that is worked on, and has claimed its sound."""
    track_id = a_track(ledger)
    ledger.tracks.begin(track_id)
    claim(ledger, track_id)
    return track_id


def claim(ledger: Ledger, track_id: str) -> object:
    return ledger.sounds.claim(track_id, WORDS, 200.0, index_words=[1], is_twin=lambda *_: 0.01)


def filed(ledger: Ledger, path: str = "/music/a.m4a") -> str:
    track_id = begun(ledger)
    ledger.tracks.finish(track_id, Filed(files=(a_file(path),)))
    return track_id


def twin_of(ledger: Ledger, track_id: str) -> str:
    twin = a_track(ledger)
    ledger.tracks.begin(twin)
    ledger.tracks.finish(twin, Duplicate(of=track_id, evidence="the same sound"))
    return twin


def standing_paths(ledger: Ledger, track_id: str) -> list[str]:
    return [one.shelved.path for one in ledger.files.of(track_id) if one.missing_since is None]


def status_of(ledger: Ledger, track_id: str) -> Status:
    return ledger.tracks.get(track_id).status


class TestTheWord:
    @pytest.mark.parametrize("status", [Status.REJECTED, Status.SKIP])
    def test_it_stands_and_is_told(self, ledger: Ledger, clock: Clock, status: Status) -> None:
        track_id = a_track(ledger)
        ledger.tracks.finish(track_id, Postponed(reason="later", not_before=NOON + 60))
        ledger.tracks.progress(track_id, "fetch", 0.5, "half")
        entry = ledger.outbox.claim("notion", "studio", 1, 60.0)[0]
        ledger.outbox.done(entry, "row", {})
        clock.forward(5)

        ledger.tracks.dismiss(track_id, status)

        row = ledger.tracks.get(track_id)
        assert (row.status, row.reason, row.not_before, row.progress) == (status, None, None, None)
        assert row.updated_at == NOON + 5
        assert ledger.events.of(track_id)[-1].detail == {"status": status.value, "before": "Queued"}
        assert len(ledger.outbox.waiting(track_id)) == 1
        assert ledger.tracks.due(10) == ()
        assert ledger.tracks.unfinished() == ()

    def test_saying_it_twice_is_saying_it_once(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.tracks.dismiss(track_id, Status.SKIP)
        before = (ledger.tracks.get(track_id), ledger.events.of(track_id), ledger.outbox.claim("notion", "a", 1, 9.0))

        ledger.tracks.dismiss(track_id, Status.SKIP)

        assert (ledger.tracks.get(track_id), ledger.events.of(track_id)) == before[:2]
        ledger.tracks.dismiss(track_id, Status.REJECTED)
        assert status_of(ledger, track_id) is Status.REJECTED

    def test_it_is_one_of_two_and_of_a_track_that_is_there(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="Done"):
            ledger.tracks.dismiss(a_track(ledger), Status.DONE)
        with pytest.raises(NotFound):
            ledger.tracks.dismiss("nobody", Status.SKIP)

    def test_what_is_found_again_is_the_dismissed_track(self, ledger: Ledger) -> None:
        track_id = filed(ledger)
        twin = twin_of(ledger, track_id)
        ledger.tracks.dismiss(twin, Status.REJECTED)
        (alias,) = ledger.tracks.get(twin).track.aliases

        assert ledger.tracks.find(alias.service, alias.id) == twin


class TestNothingBeginsItAgain:
    def test_neither_a_beginning_nor_a_restart_nor_a_description(self, ledger: Ledger) -> None:
        track_id = begun(ledger)
        ledger.tracks.dismiss(track_id, Status.REJECTED)

        assert ledger.tracks.begin(track_id) == 1
        assert ledger.tracks.restart(track_id) == 1
        assert ledger.tracks.restart(track_id, after=1) == 1
        ledger.tracks.describe(track_id, Track(title="x"))

        assert (status_of(ledger, track_id), ledger.tracks.get(track_id).attempt) == (Status.REJECTED, 1)

    def test_nor_that_another_track_failed(self, ledger: Ledger) -> None:
        original = begun(ledger)
        twin = twin_of(ledger, original)
        ledger.tracks.dismiss(twin, Status.SKIP)

        ledger.tracks.finish(original, Failed(reason="x", step="fetch"))

        assert status_of(ledger, twin) is Status.SKIP

    def test_but_the_person_may(self, ledger: Ledger) -> None:
        wanted, pinned = begun(ledger), a_track(ledger)
        for track_id in (wanted, pinned):
            ledger.tracks.dismiss(track_id, Status.REJECTED)

        ledger.tracks.requeue(wanted)
        place = Candidate(service=Service.YOUTUBE, id="a", url="https://y.example/a", title="x")
        ledger.decisions.pin(pinned, place, "notion", anew=True)

        assert [status_of(ledger, one) for one in (wanted, pinned)] == [Status.QUEUED] * 2
        assert ledger.tracks.restart(wanted, after=1) == 2
        assert status_of(ledger, wanted) is Status.PROCESSING


class TestWorkUnderWayEndsForNothing:
    @pytest.mark.parametrize(
        "outcome",
        [
            Filed(files=(a_file("/music/new.m4a"),)),
            Failed(reason="x", step="fetch"),
            MetadataOnly(reason="x"),
            Asked(question="which?"),
            Postponed(reason="x", not_before=NOON),
        ],
        ids=lambda outcome: outcome.kind,
    )
    def test_however_it_ends(self, ledger: Ledger, outcome: Outcome) -> None:
        track_id = begun(ledger)
        ledger.tracks.dismiss(track_id, Status.REJECTED)
        assert ledger.tracks.is_overtaken(track_id)
        claim(ledger, track_id)  # the attempt knows nothing of it
        for file in outcome.files if isinstance(outcome, Filed) else ():
            ledger.files.record(track_id, file)
        ledger.tracks.progress(track_id, "shelve", None, "x")

        for _ in range(2):
            ledger.tracks.finish(track_id, outcome)

            row = ledger.tracks.get(track_id)
            assert (row.status, row.reason, row.not_before, row.progress) == (Status.REJECTED, None, None, None)
            assert not ledger.files.stand(track_id)
            assert ledger.sounds.words(track_id) is None
        to_be_moved = [file.path for _, file in ledger.files.to_set_aside(track_id)]
        assert to_be_moved == (["/music/new.m4a"] if isinstance(outcome, Filed) else [])
        assert claim(ledger, a_track(ledger)) == Claimed()

    def test_what_was_shelved_just_before_the_word_is_taken_back_too(self, ledger: Ledger) -> None:
        track_id = begun(ledger)
        ledger.files.record(track_id, a_file("/music/new.m4a"))
        twin = twin_of(ledger, track_id)
        ledger.tracks.dismiss(track_id, Status.SKIP)

        ledger.tracks.finish(track_id, Filed(files=(a_file("/music/new.m4a"),)))

        assert standing_paths(ledger, track_id) == []
        assert status_of(ledger, twin) is Status.QUEUED

    def test_files_that_were_there_before_that_attempt_stay(self, ledger: Ledger, clock: Clock) -> None:
        track_id = filed(ledger, "/music/old.m4a")
        clock.forward(60)
        ledger.tracks.requeue(track_id)
        ledger.tracks.restart(track_id)
        ledger.files.record(track_id, a_file("/music/old.m4a"))
        ledger.files.record(track_id, a_file("/music/new.wav"))
        ledger.tracks.dismiss(track_id, Status.SKIP)

        ledger.tracks.finish(track_id, Filed(files=(a_file("/music/old.m4a"), a_file("/music/new.wav"))))

        assert standing_paths(ledger, track_id) == ["/music/old.m4a"]
        assert ledger.sounds.words(track_id) == WORDS

    def test_a_file_that_was_taken_back_and_is_filed_anew_was_not_there_before(
        self, ledger: Ledger, clock: Clock
    ) -> None:
        track_id = filed(ledger, "/music/a.m4a")
        clock.forward(60)
        place = Candidate(service=Service.YOUTUBE, id="a", url="https://y.example/a", title="x")
        ledger.decisions.pin(track_id, place, "notion", anew=True)
        ledger.tracks.restart(track_id)
        ledger.files.record(track_id, a_file("/music/a.m4a"))
        ledger.tracks.dismiss(track_id, Status.REJECTED)

        ledger.tracks.finish(track_id, Filed(files=(a_file("/music/a.m4a"),)))

        assert standing_paths(ledger, track_id) == []

    @pytest.mark.parametrize("path", ["/music/new.m4a", "/music/old.m4a"])
    def test_what_comes_home_for_nothing(self, ledger: Ledger, clock: Clock, path: str) -> None:
        track_id = filed(ledger, "/music/old.m4a")
        clock.forward(60)
        ledger.tracks.requeue(track_id)
        attempt = ledger.tracks.restart(track_id)
        ledger.tracks.finish(track_id, Postponed(reason="OUT_DIR is away", not_before=NOON + 999))
        ledger.tracks.dismiss(track_id, Status.REJECTED)

        for _ in range(2):
            ledger.tracks.come_home(track_id, attempt, Filed(files=(a_file(path),)))
            ledger.tracks.come_home(track_id, attempt, Postponed(reason="still", not_before=NOON + 9999))

            row = ledger.tracks.get(track_id)
            assert (row.status, row.reason, row.not_before) == (Status.REJECTED, None, None)
            assert standing_paths(ledger, track_id) == ["/music/old.m4a"]
            aside = [file.path for _, file in ledger.files.to_set_aside(track_id)]
            assert aside == ([path] if path == "/music/new.m4a" else [])


class TestWhatItHas:
    def test_a_filed_track_keeps_its_files_its_sound_and_its_item(self, ledger: Ledger) -> None:
        track_id = filed(ledger)
        twin = twin_of(ledger, track_id)
        entry = ledger.outbox.claim("eagle", "studio", 1, 60.0)[0]
        ledger.outbox.done(entry, "ITEM", {})

        ledger.tracks.dismiss(track_id, Status.REJECTED)

        assert standing_paths(ledger, track_id) == ["/music/a.m4a"]
        assert ledger.sounds.words(track_id) == WORDS
        assert ledger.outbox.mirror("eagle", track_id) is not None
        assert [one.target for one in ledger.outbox.waiting(track_id)] == ["notion"]
        assert status_of(ledger, twin) is Status.DUPLICATE

    def test_an_unfiled_one_gives_its_sound_and_its_duplicates_free(self, ledger: Ledger) -> None:
        track_id = begun(ledger)
        twin = twin_of(ledger, track_id)

        ledger.tracks.dismiss(track_id, Status.REJECTED)

        assert status_of(ledger, twin) is Status.QUEUED
        assert ledger.sounds.words(track_id) is None
