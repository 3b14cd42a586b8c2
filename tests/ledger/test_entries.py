"""One entry for one recording: duplicates read as one with their original, for as long as they are duplicates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.adoption import Adopted
from daemon.ledger.entries import followed
from daemon.models import Alias, Duplicate, Failed, Filed, Service, Status, Track
from tests.ledger.given import Clock, a_file, a_ref

SPOTIFY_URL = "https://spotify.example/o"
SOUNDCLOUD_URL = "https://soundcloud.example/d"


@pytest.fixture
def original(ledger: Ledger) -> str:
    """Liked on Spotify, and filed."""
    track_id = ledger.tracks.open(a_ref("o")).track_id
    ledger.tracks.finish(track_id, Filed(files=(a_file(),)))
    return track_id


@pytest.fixture
def duplicate(ledger: Ledger, original: str) -> str:
    """The same, liked on SoundCloud."""
    track_id = ledger.tracks.open(a_ref("d", Service.SOUNDCLOUD)).track_id
    make_duplicate(ledger, track_id, of=original)
    return track_id


def make_duplicate(ledger: Ledger, track_id: str, *, of: str) -> None:
    ledger.tracks.finish(track_id, Duplicate(of=of, evidence="the same sound"))


def ids_of(ledger: Ledger, track_id: str) -> list[str]:
    return [alias.id for alias in ledger.tracks.get(track_id).track.aliases]


class TestReading:
    def test_an_id_of_a_duplicate_leads_to_its_original(self, ledger: Ledger, original: str, duplicate: str) -> None:
        opened = ledger.tracks.open(a_ref("d", Service.SOUNDCLOUD))

        assert (opened.track_id, opened.is_new) == (original, False)
        assert ledger.tracks.find(Service.SOUNDCLOUD, "d") == original

    def test_both_rows_can_still_be_had_by_their_own_keys(self, ledger: Ledger, original: str, duplicate: str) -> None:
        rows = {row.id: row for row in ledger.tracks.newest(10)}

        assert {track_id: row.status for track_id, row in rows.items()} == {
            original: Status.DONE,
            duplicate: Status.DUPLICATE,
        }
        assert rows[duplicate] == ledger.tracks.get(duplicate)
        assert rows[original] == ledger.tracks.get(original)

    def test_the_original_is_known_by_its_own_ids_first_and_by_its_duplicates_behind_them(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        row = ledger.tracks.get(original)
        own, lent = Alias(service=Service.SPOTIFY, id="o"), Alias(service=Service.SOUNDCLOUD, id="d")

        assert (row.track.aliases, row.borrowed) == ((own, lent), (lent,))
        assert (ids_of(ledger, duplicate), ledger.tracks.get(duplicate).borrowed) == (["d"], ())

    def test_an_id_that_is_told_to_be_a_duplicates_leads_to_the_original_and_stays_with_the_duplicate(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        told = Track(title="x", aliases=(Alias(service=Service.SOUNDCLOUD, id="d"),))

        assert ledger.tracks.open(a_ref("new"), told).track_id == original
        assert ids_of(ledger, original) == ["o", "d", "new"]
        ledger.tracks.requeue(duplicate)
        assert ledger.tracks.find(Service.SPOTIFY, "new") == duplicate

    def test_a_hint_of_a_duplicate_nominates_its_original(self, ledger: Ledger, original: str, duplicate: str) -> None:
        ledger.tracks.describe(original, Track(title="x", isrc="QZSBX2400021"))
        ledger.tracks.describe(duplicate, Track(title="x", isrc="QZ-SBX-24-00021"))

        assert ledger.tracks.nominate(isrc="QZSBX2400021") == (original,)

    def test_duplicates_of_duplicates_are_followed_to_the_end(
        self, ledger: Ledger, clock: Clock, original: str, duplicate: str
    ) -> None:
        clock.forward(1)
        third = ledger.tracks.open(a_ref("t", Service.YOUTUBE)).track_id
        make_duplicate(ledger, third, of=duplicate)

        assert ledger.tracks.find(Service.YOUTUBE, "t") == original
        assert ids_of(ledger, original) == ["o", "d", "t"]
        assert ids_of(ledger, duplicate) == ["d"]
        assert [ids_of(ledger, row.id) for row in ledger.tracks.newest(1)] == [["t"]]

    def test_in_a_circle_everybody_stands_for_itself(self, ledger: Ledger) -> None:
        ids = ["a", "b", "c"]
        tracks = [ledger.tracks.open(a_ref(id)).track_id for id in ids]
        for track_id in tracks:
            ledger.tracks.finish(track_id, Filed(files=(a_file(),)))  # else the one that gives way calls the others up
        for track_id, of in zip(tracks, [*tracks[1:], tracks[0]], strict=True):
            make_duplicate(ledger, track_id, of=of)

        assert [ledger.tracks.find(Service.SPOTIFY, id) for id in ids] == tracks
        assert [ids_of(ledger, track_id) for track_id in tracks] == [["a"], ["b"], ["c"]]

    def test_a_row_that_was_adopted_as_a_duplicate_stands_for_itself(self, ledger: Ledger) -> None:
        """Of whom it is one, the row does not say."""
        track = Track(title="x", artists=("a",), featured=("b",), origins={"featured": "title"})
        adopted = Adopted(row_id="r", ref=a_ref("one"), track=track, status=Status.DUPLICATE, values={})
        ledger.adoption.adopt([adopted])

        row = ledger.tracks.get(ledger.tracks.find(Service.SPOTIFY, "one") or "")

        assert (row.status, row.track.featured, row.track.origins) == (Status.DUPLICATE, ("b",), {"featured": "title"})

    def test_more_tracks_than_one_question_takes(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("daemon.ledger.entries._AT_ONCE", 2)
        originals = [ledger.tracks.open(a_ref(f"o{number}")).track_id for number in range(5)]
        for number, original in enumerate(originals):
            for copy in range(3):
                make_duplicate(ledger, ledger.tracks.open(a_ref(f"d{number}{copy}")).track_id, of=original)

        assert [set(ids_of(ledger, original)) for original in originals] == [
            {f"o{number}", f"d{number}0", f"d{number}1", f"d{number}2"} for number in range(5)
        ]
        assert {row.id: len(row.track.aliases) for row in ledger.tracks.newest(5 * 4) if row.id in originals} == (
            dict.fromkeys(originals, 4)
        )


class TestReverting:
    def test_a_duplicate_that_is_queued_again_stands_for_itself(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        ledger.tracks.requeue(duplicate)

        assert ledger.tracks.get(duplicate).status == Status.QUEUED
        assert ledger.tracks.find(Service.SOUNDCLOUD, "d") == duplicate
        assert ledger.tracks.open(a_ref("d", Service.SOUNDCLOUD)).track_id == duplicate
        assert (ids_of(ledger, original), ids_of(ledger, duplicate)) == (["o"], ["d"])

    def test_so_does_one_whose_original_could_not_be_filed(self, ledger: Ledger) -> None:
        first, second = (ledger.tracks.open(a_ref(id)).track_id for id in ("one", "two"))
        make_duplicate(ledger, second, of=first)
        assert ledger.tracks.find(Service.SPOTIFY, "two") == first

        ledger.tracks.finish(first, Failed(reason="the disk broke", step="render"))

        assert ledger.tracks.find(Service.SPOTIFY, "two") == second
        assert ids_of(ledger, first) == ["one"]

    def test_two_who_gave_way_to_each_other_are_one_entry_in_the_end(self, ledger: Ledger) -> None:
        """Each is told an id that the other has. Once, they took turns for ever."""
        ids = [Alias(service=Service.SPOTIFY, id=id) for id in ("one", "two")]
        one, two = (ledger.tracks.open(a_ref(alias.id)).track_id for alias in ids)
        told = Track(title="x", aliases=tuple(ids))
        gave_way_to = {track_id: ledger.tracks.describe(track_id, told)[0].track_id for track_id in (one, two)}
        for track_id, other in gave_way_to.items():
            make_duplicate(ledger, track_id, of=other)
        assert [ledger.tracks.get(track_id).status for track_id in (one, two)] == [Status.QUEUED, Status.DUPLICATE]

        assert ledger.tracks.describe(one, told) == (), "its own duplicate is no reason to give way"

        assert [ledger.tracks.find(Service.SPOTIFY, alias.id) for alias in ids] == [one, one]

    def test_an_alias_of_a_duplicate_is_told_as_its_originals(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        third = ledger.tracks.open(a_ref("t")).track_id

        (taken,) = ledger.tracks.describe(third, Track(title="x", aliases=(Alias(service=Service.SOUNDCLOUD, id="d"),)))

        assert taken.track_id == original


class TestAddresses:
    def test_the_original_learns_the_addresses_that_it_lacks(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        track = ledger.tracks.get(original).track

        assert track.urls == {Service.SPOTIFY: SPOTIFY_URL, Service.SOUNDCLOUD: SOUNDCLOUD_URL}
        assert track.origins == {"url_soundcloud": "duplicate"}
        assert ledger.tracks.get(duplicate).track.urls == {Service.SOUNDCLOUD: SOUNDCLOUD_URL}
        assert ledger.tracks.nominate(url=SOUNDCLOUD_URL) == (original,)

    def test_it_is_shown_in_notion_and_was_not_worked_on(self, ledger: Ledger, clock: Clock, original: str) -> None:
        for target in ("notion", "eagle"):
            (entry,) = ledger.outbox.claim(target, "host", 10, 60)
            ledger.outbox.done(entry, "remote", {})
        before = ledger.tracks.get(original).updated_at
        clock.forward(60)
        track_id = ledger.tracks.open(a_ref("d", Service.SOUNDCLOUD)).track_id

        make_duplicate(ledger, track_id, of=original)

        assert {entry.track_id for entry in ledger.outbox.claim("notion", "host", 10, 60)} == {original, track_id}
        assert ledger.outbox.pending("eagle") == 0
        assert ledger.tracks.get(original).updated_at == before

    def test_an_address_that_it_has_stays_and_nothing_is_carried(self, ledger: Ledger, original: str) -> None:
        (entry,) = ledger.outbox.claim("notion", "host", 10, 60)
        ledger.outbox.done(entry, "remote", {})
        track_id = ledger.tracks.open(a_ref("other")).track_id

        make_duplicate(ledger, track_id, of=original)

        assert ledger.tracks.get(original).track.urls == {Service.SPOTIFY: SPOTIFY_URL}
        assert [entry.track_id for entry in ledger.outbox.claim("notion", "host", 10, 60)] == [track_id]

    def test_a_duplicate_of_a_duplicate_tells_the_one_that_stands_for_both(
        self, ledger: Ledger, original: str, duplicate: str
    ) -> None:
        third = ledger.tracks.open(a_ref("t", Service.YOUTUBE)).track_id

        make_duplicate(ledger, third, of=duplicate)

        assert Service.YOUTUBE in ledger.tracks.get(original).track.urls
        assert Service.YOUTUBE not in ledger.tracks.get(duplicate).track.urls

    def test_a_duplicate_of_nobody_is_refused_whole(self, ledger: Ledger) -> None:
        track_id = ledger.tracks.open(a_ref("one")).track_id

        with pytest.raises(Exception, match=r"(?i)foreign key"):
            make_duplicate(ledger, track_id, of="nobody")

        assert ledger.tracks.get(track_id).status == Status.QUEUED
        with pytest.raises(NotFound):
            ledger.tracks.get("nobody")


# --- the way to the original -----------------------------------------------------------------------------------------

ways = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"))


@given(ways, st.sampled_from("abcdef"))
def test_every_way_ends_at_an_original_or_where_it_began(gave_way_to: dict[str, str], start: str) -> None:
    end = followed(start, gave_way_to.get)

    assert end == start or end not in gave_way_to
    assert followed(end, gave_way_to.get) == end


@given(ways, st.sampled_from("abcdef"))
def test_who_gives_way_to_somebody_else_with_an_original_has_the_same_one(
    gave_way_to: dict[str, str], start: str
) -> None:
    end = followed(start, gave_way_to.get)

    if end != start:
        assert followed(gave_way_to[start], gave_way_to.get) == end
