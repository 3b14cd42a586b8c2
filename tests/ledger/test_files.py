from __future__ import annotations

import pytest

from daemon.errors import Refused
from daemon.ledger import Ledger
from daemon.models import Candidate, Format, Service
from tests.ledger.given import NOON, Clock, a_file, a_track


def test_a_file_returns_as_it_was_recorded(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    shelved = a_file("/music/Warm Up/Ä – B.m4a", size=5_000_000_000)

    ledger.files.record(track_id, shelved)

    (filed,) = ledger.files.of(track_id)
    assert (filed.shelved, filed.filed_at, filed.missing_since) == (shelved, NOON, None)
    assert ledger.files.owner(shelved.path) == track_id


def test_recording_a_file_again_renews_what_it_looks_like_and_keeps_the_day(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    ledger.files.record(track_id, a_file("/music/a.m4a", size=1))
    clock.forward(60)

    ledger.files.record(track_id, a_file("/music/a.m4a", size=2))

    (filed,) = ledger.files.of(track_id)
    assert (filed.shelved.size, filed.filed_at) == (2, NOON)


def test_a_path_belongs_to_one_track(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    ledger.files.record(first, a_file("/music/a.m4a"))

    with pytest.raises(Refused, match=rf"/music/a\.m4a belongs to another track \({first}\)"):
        ledger.files.record(second, a_file("/music/a.m4a"))

    assert ledger.files.of(second) == ()
    assert ledger.files.owner("/music/b.m4a") is None


def test_files_come_in_the_order_of_filing(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    for name in ("c", "a", "b"):
        ledger.files.record(track_id, a_file(f"/music/{name}"))

    assert [filed.shelved.path for filed in ledger.files.of(track_id)] == ["/music/c", "/music/a", "/music/b"]


class TestAPathThatIsGivenUp:
    """A name can have another owner later; what is known of the first one's file stays."""

    INBOX = "/dj/A - Song.m4a"

    def test_an_inbox_has_had_two_files_of_one_name(self, ledger: Ledger) -> None:
        first, second = a_track(ledger), a_track(ledger)
        for _ in range(2):  # as a step and the end of its work do, each more than once, in any order
            for track_id in (first, second, first):
                ledger.files.record(track_id, a_file(self.INBOX, "backup"))

        for track_id in (first, second):
            assert [filed.shelved for filed in ledger.files.of(track_id)] == [a_file(self.INBOX, "backup")]
            assert ledger.shelf_memory.path_of(track_id, "backup", Format.M4A) == self.INBOX
        ledger.files.record(a_track(ledger), a_file(self.INBOX, "backup"))

    def test_what_was_moved_aside_leaves_its_name_to_others(self, ledger: Ledger) -> None:
        first, second = a_track(ledger), a_track(ledger)
        ledger.files.record(first, a_file("/music/A.m4a"))
        ledger.files.record(first, a_file(self.INBOX, "backup"))
        assert ledger.shelf_memory.owner_of("/music/a.M4A") == ledger.shelf_memory.owner_of(self.INBOX) == first
        take_back(ledger, first)
        assert ledger.shelf_memory.owner_of("/music/A.m4a") == first, "its file is still there"
        assert ledger.shelf_memory.owner_of(self.INBOX) is None, "what an inbox has had is nobody's any more"
        with pytest.raises(Refused):
            ledger.files.record(second, a_file("/music/A.m4a"))

        ledger.files.settle("/music/A.m4a", "moved to the attic")
        assert ledger.shelf_memory.owner_of("/music/A.m4a") is None
        ledger.files.record(second, a_file("/music/A.m4a", size=2))

        assert ledger.shelf_memory.owner_of("/music/A.m4a") == second
        assert [filed.shelved.path for filed in ledger.files.of(first)] == ["/music/A.m4a", self.INBOX]
        assert ledger.shelf_memory.was_taken_back(first, "library", Format.M4A)
        with pytest.raises(Refused, match="belongs to another track"):
            ledger.files.record(first, a_file("/music/A.m4a"))

    def test_it_may_go_back_and_forth(self, ledger: Ledger) -> None:
        tracks = [a_track(ledger), a_track(ledger)]
        for track_id in 3 * tracks:
            ledger.files.record(track_id, a_file("/music/A.m4a"))
            take_back(ledger, track_id)
            ledger.files.settle("/music/A.m4a", "moved to the attic")
        assert {filed.shelved.path for track_id in tracks for filed in ledger.files.of(track_id)} == {"/music/A.m4a"}


def test_files_that_stand_are_those_that_were_not_taken_back(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    assert not ledger.files.stand(track_id)
    ledger.files.record(track_id, a_file("/music/A.m4a"))
    ledger.files.mark_missing(["/music/A.m4a"])
    assert ledger.files.stand(track_id), "lost is not taken back"
    take_back(ledger, track_id)
    assert not ledger.files.stand(track_id)


def take_back(ledger: Ledger, track_id: str) -> None:
    other = Candidate(service=Service.YOUTUBE, id="x", url="https://youtube.example/x", title="Title")
    ledger.decisions.pin(track_id, other, "me", anew=True)
