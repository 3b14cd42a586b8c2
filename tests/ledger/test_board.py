"""Rows of the person's and our tracks: whose a row is, what is taken in from it, what is forgotten."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import sqlalchemy as sa

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.board import TakenIn
from daemon.ledger.outbox import Entry, Mirror
from daemon.ledger.store import engine_for
from daemon.models import Duplicate, Heard, Key, Tempo, Track
from tests.ledger.given import NOON, Clock, a_track
from tests.ledger.test_tracks import HEARD

LEASE_S = 60.0


def claimed(ledger: Ledger, track_id: str) -> Entry:
    entry = ledger.outbox.claim_one("notion", track_id, "studio", LEASE_S)
    assert entry is not None
    return entry


def mirror_of(ledger: Ledger, track_id: str) -> Mirror:
    mirror = ledger.outbox.mirror("notion", track_id)
    assert mirror is not None
    return mirror


def carried(ledger: Ledger, row_id: str, seen: dict[str, Any] | None = None, **wrote: Any) -> str:
    """A track with a row that we have written."""
    track_id = a_track(ledger)
    ledger.outbox.done(claimed(ledger, track_id), row_id, seen or {"Title": "x"}, wrote)
    return track_id


def a_twin_in(ledger: Ledger, row_id: str, original: str) -> str:
    """A duplicate that shares its twin's row."""
    twin = a_track(ledger)
    ledger.tracks.finish(twin, Duplicate(of=original, evidence="the same sound"))
    ledger.outbox.done(claimed(ledger, twin), row_id, {"twin": original})
    return twin


def debt_of(ledger: Ledger, track_id: str) -> Any:
    value = ledger.memos.recall(f"retag/{track_id}")
    return value and json.loads(value)


def told(ledger: Ledger, track_id: str) -> list[Any]:
    return [event.detail for event in ledger.events.of(track_id) if event.step == "notion"]


class TestWhatIsKnownOfARow:
    def test_columns_are_added_one_by_one(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row", {"Title": "x", "BPM": 120}, Title="X")

        ledger.outbox.done(claimed(ledger, track_id), "row", {"BPM": 121, "Key": "Am"}, {"Key": "Am"})

        mirror = mirror_of(ledger, track_id)
        assert mirror.seen == {"Title": "x", "BPM": 121, "Key": "Am"}
        assert mirror.wrote == {"Title": "X", "Key": "Am"}
        ledger.outbox.done(claimed(ledger, track_id), "row", {}, None)
        assert mirror_of(ledger, track_id).wrote == mirror.wrote

    def test_of_another_row_nothing_is_known(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row", Title="X")
        ledger.board.take_in(track_id, "row", TakenIn(seen={}, theirs=["Title"]), None)

        ledger.outbox.done(claimed(ledger, track_id), "another", {"BPM": 1}, {})

        mirror = mirror_of(ledger, track_id)
        assert (mirror.remote_id, mirror.seen, mirror.wrote, mirror.theirs) == ("another", {"BPM": 1}, {}, frozenset())

    def test_a_twin_that_has_become_its_own_knows_nothing_of_the_row_that_it_shared(self, ledger: Ledger) -> None:
        twin = a_twin_in(ledger, "row", carried(ledger, "row"))

        ledger.outbox.done(claimed(ledger, twin), "row", {"Title": "y"}, {"Title": "y"})

        assert mirror_of(ledger, twin).seen == {"Title": "y"}

    def test_what_is_carried_is_there_again(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.board.set_gone(track_id, "trash")
        assert mirror_of(ledger, track_id).gone == "trash"

        ledger.outbox.done(claimed(ledger, track_id), "row", {}, {})

        assert mirror_of(ledger, track_id).gone is None

    def test_at_eagle_what_is_seen_replaces_what_was(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        for seen in ({"source": "one"}, {}):
            entry = ledger.outbox.claim_one("eagle", track_id, "studio", LEASE_S)
            assert entry is not None
            ledger.outbox.done(entry, "ITEM", seen)
        mirror = ledger.outbox.mirror("eagle", track_id)
        assert mirror is not None
        assert mirror.seen == {}

    def test_a_row_that_we_made_is_remembered_before_it_is_reported(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        entry = claimed(ledger, track_id)

        ledger.outbox.remember_first(track_id, "row", {"Title": "x"}, {"Title": "X"})

        assert ledger.board.track_at("row") == track_id
        assert mirror_of(ledger, track_id).wrote == {"Title": "X"}
        ledger.outbox.done(entry, "row", {"Title": "x"}, {"Title": "X"})
        assert ledger.outbox.waiting(track_id) == ()
        with pytest.raises(NotFound):
            ledger.outbox.remember_first("nobody", "row2", {}, {})


class TestWhoseRowItIs:
    def test_the_tracks_that_has_it_and_not_a_twins_that_shares_it(self, ledger: Ledger, clock: Clock) -> None:
        twin = a_track(ledger)
        clock.forward(1)  # the duplicate is the older one: the first in any order of ids
        original = carried(ledger, "row")
        ledger.outbox.done(claimed(ledger, twin), "row", {"twin": original})

        assert ledger.board.track_at("row") == original
        assert ledger.board.track_at("no such row") is None

    def test_a_duplicate_with_a_row_of_its_own_owns_it(self, ledger: Ledger) -> None:
        original = carried(ledger, "row")
        twin = carried(ledger, "its own")
        ledger.tracks.finish(twin, Duplicate(of=original, evidence="the same sound"))

        assert ledger.board.track_at("its own") == twin

    def test_an_item_of_eagle_is_no_row(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        entry = ledger.outbox.claim_one("eagle", track_id, "studio", LEASE_S)
        assert entry is not None
        ledger.outbox.done(entry, "ITEM", {})

        assert ledger.board.track_at("ITEM") is None
        assert list(ledger.board.mirrors()) == []

    def test_a_row_that_is_gone_is_still_the_tracks(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.board.set_gone(track_id, "deleted")

        assert ledger.board.track_at("row") == track_id

    def test_every_row_is_listed_once_with_its_track(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("daemon.ledger.board._AT_ONCE", 3)
        rows = {carried(ledger, f"row{number}"): f"row{number}" for number in range(7)}
        a_twin_in(ledger, "row0", next(iter(rows)))
        ledger.board.set_gone(next(iter(rows)), "trash")

        listed = list(ledger.board.mirrors())

        assert {track_id: row_id for track_id, row_id, _ in listed} == rows
        assert len(listed) == len(rows)
        assert [track_id for track_id, _, gone in listed if gone == "trash"] == [next(iter(rows))]

    def test_looking_up_a_row_reads_no_other(self, url: str, ledger: Ledger) -> None:
        carried(ledger, "row")
        engine = engine_for(url)
        statement = "SELECT track_id FROM mirrors WHERE remote_id = 'row' AND target = 'notion'"
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                plan = connection.execute(sa.text("EXPLAIN QUERY PLAN " + statement)).all()
            else:
                connection.execute(sa.text("SET LOCAL enable_seqscan = off"))  # of a table this small it reads all
                plan = connection.execute(sa.text("EXPLAIN " + statement)).all()
        engine.dispose()
        assert "ix_mirrors_remote_id" in str(plan)


class TestBinding:
    def test_the_persons_row_becomes_the_tracks(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)

        assert ledger.board.bind(track_id, "theirs", {"Title": "x"}, ["Title"])

        mirror = mirror_of(ledger, track_id)
        assert (mirror.remote_id, mirror.seen, mirror.wrote) == ("theirs", {"Title": "x"}, {})
        assert (mirror.theirs, mirror.gone, mirror.carried_revision) == (frozenset({"Title"}), None, 0)
        assert ledger.board.bind(track_id, "theirs", {"Title": "x"}, ["Title"])
        assert mirror_of(ledger, track_id) == mirror
        with pytest.raises(NotFound):
            ledger.board.bind("nobody", "row", {}, ())

    def test_a_track_with_a_living_row_keeps_it(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        before = mirror_of(ledger, track_id)

        assert not ledger.board.bind(track_id, "another", {"Title": "y"}, [])
        assert mirror_of(ledger, track_id) == before

    def test_in_place_of_a_row_that_is_gone_it_gets_another(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.board.set_gone(track_id, "trash")

        assert ledger.board.bind(track_id, "another", {"Title": "y"}, [])
        assert (mirror_of(ledger, track_id).remote_id, mirror_of(ledger, track_id).gone) == ("another", None)

    def test_a_twin_gets_a_row_of_its_own(self, ledger: Ledger) -> None:
        twin = a_twin_in(ledger, "row", carried(ledger, "row"))

        assert ledger.board.bind(twin, "its own", {"Title": "y"}, [])
        assert ledger.board.track_at("its own") == twin

    def test_another_tracks_row_is_not_to_be_had(self, ledger: Ledger) -> None:
        owner, other = carried(ledger, "row"), a_track(ledger)

        assert not ledger.board.bind(other, "row", {}, [])
        assert ledger.outbox.mirror("notion", other) is None
        assert ledger.board.track_at("row") == owner


class TestTakingIn:
    def test_all_of_it_at_once(self, ledger: Ledger, clock: Clock) -> None:
        track_id = carried(ledger, "row", {"Title": "x", "BPM": 60}, Title="x")
        ledger.tracks.describe(track_id, Track(title="x", artists=("A",)))
        updated_at = ledger.tracks.get(track_id).updated_at
        clock.forward(5)
        taken = TakenIn(seen={"BPM": 120}, wrote={"Key": "Am"}, theirs=["BPM"], edits={"bpm": 120, "bpm_measured": 60})

        assert ledger.board.take_in(track_id, "row", taken, 10.0)

        mirror, row = mirror_of(ledger, track_id), ledger.tracks.get(track_id)
        assert (mirror.seen, mirror.wrote) == ({"Title": "x", "BPM": 120}, {"Title": "x", "Key": "Am"})
        assert (mirror.theirs, row.edits) == (frozenset({"BPM"}), {"bpm": 120, "bpm_measured": 60})
        assert row.updated_at == updated_at, "nobody has worked on it: `Processed At` stays"
        assert debt_of(ledger, track_id) == {"bpm": 120, "bpm_measured": 60}
        assert told(ledger, track_id) == [{"columns": ["BPM"], "edits": {"bpm": 120, "bpm_measured": 60}}]
        assert [one.due_at for one in ledger.outbox.waiting(track_id)] == [NOON + 15]

    def test_repeating_it_changes_nothing(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        taken = TakenIn(seen={"Title": "y"}, theirs=["Title"], edits={"title": "y"})
        ledger.board.take_in(track_id, "row", taken, None)
        ledger.memos.forget(f"retag/{track_id}")
        before = (mirror_of(ledger, track_id), ledger.tracks.get(track_id), ledger.events.of(track_id))

        assert ledger.board.take_in(track_id, "row", taken, None)

        assert (mirror_of(ledger, track_id), ledger.tracks.get(track_id), ledger.events.of(track_id)) == before
        assert debt_of(ledger, track_id) is None
        assert ledger.outbox.waiting(track_id) == ()

    def test_debts_add_up_and_what_is_taken_back_is_owed_no_more(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        for edits in ({"title": "y"}, {"genre": "Dub", "title": "z"}):
            ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits=edits), None)
        assert debt_of(ledger, track_id) == {"title": "z", "genre": "Dub"}

        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits={"title": None}), None)
        assert (debt_of(ledger, track_id), ledger.tracks.get(track_id).edits) == ({"genre": "Dub"}, {"genre": "Dub"})

        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits={"genre": None, "album": None}), None)
        assert (debt_of(ledger, track_id), ledger.tracks.get(track_id).edits) == (None, {})

    def test_what_is_not_its_row_changes_nothing(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        twin = a_twin_in(ledger, "row", track_id)
        bare = a_track(ledger)
        taken = TakenIn(seen={"Title": "y"}, theirs=["Title"], edits={"title": "y"})

        assert not ledger.board.take_in(track_id, "another", taken, 0.0)
        assert not ledger.board.take_in(twin, "row", taken, 0.0)
        assert not ledger.board.take_in(bare, "row", taken, 0.0)

        for one in (track_id, twin, bare):
            assert (ledger.tracks.get(one).edits, debt_of(ledger, one), told(ledger, one)) == ({}, None, [])
        assert mirror_of(ledger, twin).seen == {"twin": track_id}


class TestWhatThePersonSaysIsReadOverWhatWasFound:
    def test_of_a_track_and_of_its_sound(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.tracks.describe(track_id, Track(title="Hum", artists=("A",), album="One", genre="House"))
        ledger.tracks.remember_heard(track_id, HEARD)
        edits = {"title": "Hmm", "artists": ["B", "C"], "genre": None, "bpm": 174.0, "key": "Fm"}

        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits=edits), None)

        row = ledger.tracks.get(track_id)
        assert (row.track.title, row.track.artists) == ("Hmm", ("B", "C"))
        assert (row.track.album, row.track.genre) == ("One", "House")
        assert row.heard is not None
        assert isinstance(row.heard.tempo, Tempo)
        assert isinstance(row.heard.key, Key)
        assert (row.heard.tempo.bpm, row.heard.key.name) == (174.0, "Fm")
        assert row.heard.loudness == HEARD.loudness

    def test_and_is_found_again_beneath_it_when_that_is_taken_back(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.tracks.describe(track_id, Track(title="Hum", artists=("A",), genre="House"))
        edits = {"title": "Hmm", "artists": ["B"]}
        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits=edits), None)

        told_back = ledger.tracks.get(track_id).track  # as a reference tells it, or a step hands it on
        ledger.tracks.describe(track_id, told_back)
        ledger.tracks.describe(track_id, Track(title="Humm", artists=("A",)))  # the service has corrected itself
        ledger.tracks.describe(track_id, Track(title="Hmm", artists=("B",), genre="Dub"))
        assert ledger.tracks.get(track_id).track.title == "Hmm"

        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits=dict.fromkeys(edits)), None)

        track = ledger.tracks.get(track_id).track
        assert (track.title, track.artists, track.genre) == ("Humm", ("A",), "Dub")

    def test_what_was_never_heard_is_not_made_up(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row")
        ledger.board.take_in(track_id, "row", TakenIn(seen={}, edits={"bpm": 120}), None)

        assert ledger.tracks.get(track_id).heard is None
        heard: Heard | None = ledger.tracks.get(a_track(ledger)).heard
        assert heard is None


class TestForgettingColumns:
    def test_nothing_is_known_of_them_and_what_we_wrote_is_due(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daemon.ledger.board._AT_ONCE", 2)
        seen = {"BPM": 1, "Key": "Am", "Title": "x"}
        written = [carried(ledger, f"row{number}", seen, BPM=1, Title="x") for number in range(5)]
        only_seen = carried(ledger, "seen", seen, Title="x")
        for track_id in (written[0], only_seen):
            ledger.board.take_in(
                track_id, mirror_of(ledger, track_id).remote_id, TakenIn(seen={}, theirs=["Key"]), None
            )
        ledger.outbox.enqueue("notion", written[1], delay_s=100.0)

        assert ledger.board.forget_columns(["BPM", "Key"]) == 5

        for track_id in written:
            mirror = mirror_of(ledger, track_id)
            theirs = frozenset({"Key"} if track_id == written[0] else ())
            assert (mirror.seen, mirror.wrote, mirror.theirs) == ({"Title": "x"}, {"Title": "x"}, theirs)
            assert [one.due_at for one in ledger.outbox.waiting(track_id)] == [NOON]
        assert ledger.outbox.waiting(only_seen) == ()
        mirror = mirror_of(ledger, only_seen)
        assert (mirror.seen, mirror.theirs) == ({"Title": "x"}, frozenset({"Key"}))
        assert ledger.board.forget_columns(["BPM", "Key"]) == 0
        assert ledger.board.forget_columns([]) == 0

    def test_who_carries_meanwhile_carries_once_more(self, ledger: Ledger) -> None:
        track_id = carried(ledger, "row", BPM=1)
        entry = claimed(ledger, track_id)

        ledger.board.forget_columns(["BPM"])
        ledger.outbox.done(entry, "row", {}, {})

        assert len(ledger.outbox.waiting(track_id)) == 1

    def test_a_row_without_an_entry_in_the_outbox_is_due_too(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.remember_first(track_id, "row", {"BPM": 1}, {"BPM": 1})

        assert ledger.board.forget_columns(["BPM"]) == 1
        assert [one.due_at for one in ledger.outbox.waiting(track_id)] == [NOON]


class TestRelations:
    def test_a_name_leads_to_its_page_until_that_is_forgotten(self, ledger: Ledger) -> None:
        assert ledger.board.related("Artist", "ada") is None

        ledger.board.remember_related("Artist", {"ada": "page1", "bo": "page2"})
        ledger.board.remember_related("Artist", {"ada": "page3"})
        ledger.board.remember_related("Playlists", {"ada": "page4"})

        assert [ledger.board.related("Artist", name) for name in ("ada", "bo")] == ["page3", "page2"]
        assert ledger.board.related("Playlists", "ada") == "page4"

        ledger.board.forget_related("Artist", ["page3", "page4"])

        assert [ledger.board.related("Artist", name) for name in ("ada", "bo")] == [None, "page2"]
        assert ledger.board.related("Playlists", "ada") == "page4"

    def test_a_name_of_any_length_and_kind(self, ledger: Ledger) -> None:
        names = ["x" * 5000, "x" * 4999 + "y", "nul\0", "half \ud83d", "\U0001f525"]
        ledger.board.remember_related("Artist", {name: str(number) for number, name in enumerate(names)})

        assert [ledger.board.related("Artist", name) for name in names] == ["0", "1", "2", "3", "4"]


def test_thousands_of_rows_take_seconds_and_nobody_waits_for_them(url: str, ledger: Ledger) -> None:
    """Of 25,000 it took 7 s on SQLite and 13 s on PostgreSQL, and no transaction more than 0.7 s."""
    count = 5_000
    engine = engine_for(url)
    found = sa.MetaData()
    found.reflect(engine)
    ids = [f"{number:032x}" for number in range(count)]
    track = {"title": "", "artists": [], "urls": {}, "found_in": "x", "status": "Done", "attempt": 0}
    values = {f"Column {number}": f"value {number}" for number in range(30)}
    mirror = {"target": "notion", "seen": values, "wrote": values, "carried_revision": 1, "at": NOON}
    with engine.execution_options(writes=True).begin() as connection:
        times = {"created_at": NOON, "updated_at": NOON}
        connection.execute(sa.insert(found.tables["tracks"]), [{"id": id, **track, **times} for id in ids])
        rows = [{"track_id": id, "remote_id": f"row {id}", **mirror} for id in ids]
        connection.execute(sa.insert(found.tables["mirrors"]), rows)
    engine.dispose()
    longest_s = 0.0
    portion = ledger.board._forget_columns

    def timed(names: frozenset[str], after: str) -> tuple[int, str | None]:
        nonlocal longest_s
        begun_s = time.monotonic()
        answer = portion(names, after)
        longest_s = max(longest_s, time.monotonic() - begun_s)
        return answer

    ledger.board._forget_columns = timed  # type: ignore[method-assign]
    begun_s = time.monotonic()
    assert ledger.board.forget_columns(["Column 3"]) == count
    whole_s = time.monotonic() - begun_s

    begun_s = time.monotonic()
    for number in range(0, count, 50):
        assert ledger.board.track_at(f"row {ids[number]}") == ids[number]
    lookups_s = time.monotonic() - begun_s
    begun_s = time.monotonic()
    assert sum(1 for _ in ledger.board.mirrors()) == count
    listing_s = time.monotonic() - begun_s
    assert (whole_s < 30, longest_s < 5, lookups_s < 5, listing_s < 10) == (True,) * 4, "many times what it takes"
