"""Carrying tracks to Notion: the real board against the loopback Notion, from a real ledger."""

from __future__ import annotations

import pytest

from daemon.errors import Refused, Transient, Unreachable
from daemon.models import Duplicate, Failed, Filed, MetadataOnly, Service, Track
from integrations.sandbox import faults
from tests.board.office import SOUNDCLOUD_URL, SPOTIFY_ID, SPOTIFY_URL, an_office
from tests.ledger.given import a_file


@pytest.fixture
def office(tmp_path):
    with an_office(tmp_path) as office:
        office.first_contact()
        yield office


LOOKS_UP = "POST data_sources"
MAKES_AN_ARTIST = ["GET data_sources", "POST data_sources", "POST pages"]
CREATES, WRITES, READS = "POST pages", "PATCH pages", "GET pages"
LOOKS_WHAT_CHANGED = LOOKS_UP
"""Once a round: what is written blindly may have been ordered otherwise a moment ago."""


# --- one row, and no more requests than it takes ---------------------------------------------------------------------


def test_a_track_gets_one_row_for_good(office):
    track = office.liked()
    office.ends(track, Filed(files=(a_file("/music/Night Ferry.m4a"),)))
    assert office.carry() == [LOOKS_UP, *MAKES_AN_ARTIST, CREATES]
    row = office.row_of(track)
    assert (row["Title"], row["Status"], row["Downloaded"]) == ("Night Ferry", "Done", True)
    assert row["M4A File Path"] == "/music/Night Ferry.m4a"

    office.ledger.outbox.enqueue("notion", track)
    assert office.carry() == [], "nothing differs, so nothing is asked"
    assert len(office.rows()) == 1


def test_one_change_is_one_request_that_leaves_everything_else_alone(office):
    track = office.liked()
    office.ends(track, MetadataOnly(reason="not to be had"))
    office.carry()
    row_id = office.ledger.outbox.mirror("notion", track).remote_id
    office.twin.edit_as_person(row_id, {"Last Used": "2026-11-20", "Album": "Crossings"})
    office.clock.forward(3600)

    office.ends(track, Failed(reason="no sound in it", step="listen"))
    assert office.carry() == [LOOKS_WHAT_CHANGED, WRITES]
    row = office.row_of(track)
    assert (row["Status"], row["Sync Error"]) == ("Failed", "no sound in it")
    assert (row["Last Used"][:10], row["Album"]) == ("2026-11-20", "Crossings")


def test_what_we_wrote_and_know_no_more_is_cleared(office):
    track = office.liked()
    office.ends(track, Failed(reason="no sound in it", step="listen"))
    office.carry()
    office.ends(track, Filed(files=(a_file(),)))
    assert office.carry() == [LOOKS_WHAT_CHANGED, WRITES]
    assert office.row_of(track)["Sync Error"] == ""


def test_a_track_that_nobody_could_describe_still_gets_its_row(office):
    track = office.liked(Track(title=""))
    office.ends(track, Failed(reason="Spotify does not know it.", step="resolve"))
    office.carry()
    assert office.row_of(track)["Spotify URL"] == SPOTIFY_URL


# --- answers that are lost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [faults.lost(), faults.html()])
def test_a_row_whose_making_was_not_answered_is_found_and_not_made_twice(office, kind):
    track = office.liked()
    office.ends(track, Filed(files=(a_file(),)))
    office.faults.add("notion", kind, method="POST", route="/v1/pages")
    office.carry()
    waiting = office.waiting(track)
    assert "looked up before" in waiting.last_error
    office.clock.at = waiting.due_at
    office.carry()
    assert len(office.rows()) == 1
    assert office.row_of(track)["Status"] == "Done"
    assert office.waiting(track) is None


def test_a_change_whose_answer_was_lost_is_simply_made_again(office):
    track = office.liked()
    office.ends(track, MetadataOnly(reason="not to be had"))
    office.carry()
    office.ends(track, Filed(files=(a_file(),)))
    office.faults.add("notion", faults.lost(), method="PATCH", times=None)
    office.carry()
    office.faults.clear()
    waiting = office.waiting(track)
    office.clock.at = waiting.due_at
    assert office.carry() == [LOOKS_WHAT_CHANGED, READS], "it had arrived: the row says so already"
    assert office.row_of(track)["Status"] == "Done"


# --- rows of the person's --------------------------------------------------------------------------------------------


def test_the_persons_own_row_is_taken_and_none_of_its_cells_is_cleared(office):
    typed = {
        "Title": "night ferry!!",
        "Spotify ID": SPOTIFY_ID,
        "Album": "my rips",
        "Genre": "Deep",
        "ISRC": "QZSBX2400021",
        "BPM": 125,
        "Sync Error": "an old note",
    }
    row_id = office.twin.add_row_as_person(office.source_id, typed)
    track = office.liked()
    office.ends(track, Filed(files=(a_file(),)))
    assert office.carry() == [LOOKS_UP, *MAKES_AN_ARTIST, WRITES]
    assert list(office.rows()) == [row_id]
    row = office.rows()[row_id]
    assert (row["Status"], row["Title"]) == ("Done", "night ferry!!")
    assert {name: row[name] for name in ("Album", "Genre", "ISRC", "BPM", "Sync Error")} == {
        name: typed[name] for name in ("Album", "Genre", "ISRC", "BPM", "Sync Error")
    }
    office.ledger.outbox.enqueue("notion", track)
    assert office.carry() == []


def test_a_title_that_we_do_not_know_clears_none(office):
    row_id = office.twin.add_row_as_person(office.source_id, {"Title": "Night Ferry", "Spotify ID": SPOTIFY_ID})
    track = office.liked(Track(title=""))
    office.ends(track, Failed(reason="Spotify does not know it.", step="resolve"))
    office.carry()
    assert office.rows()[row_id]["Title"] == "Night Ferry"
    assert office.rows()[row_id]["Status"] == "Failed"


def test_a_duplicate_that_is_found_by_the_address_of_its_twin_leaves_the_twins_row_as_it_is(office):
    in_place = Track(title="Night Ferry", urls={Service.SOUNDCLOUD: SOUNDCLOUD_URL})
    first = office.liked(in_place, Service.SOUNDCLOUD, "1001", SOUNDCLOUD_URL)
    office.ends(first, Filed(files=(a_file("/music/Night Ferry.m4a"),)))
    office.carry()
    before = office.rows()

    second = office.liked(in_place, Service.SOUNDCLOUD, SOUNDCLOUD_URL, SOUNDCLOUD_URL)
    office.ends(second, Duplicate(of=first, evidence="the same soundcloud id, 1001"))
    assert office.carry() == [LOOKS_UP]
    office.ledger.outbox.enqueue("notion", second)
    assert office.carry() == []
    assert office.rows() == before
    assert office.row_of(second)["Status"] == "Done"

    # It is no duplicate any more: a recording of its own has a row of its own, and nobody else's is written over.
    office.ends(second, Filed(files=(a_file("/music/Night Ferry (2).m4a"),)))
    office.carry()
    assert office.row_of(second)["M4A File Path"] == "/music/Night Ferry (2).m4a"
    assert office.row_of(first) == before[next(iter(before))]


def test_a_duplicate_by_sound_is_one_row_with_its_twin_which_names_both_addresses(office):
    first = office.liked()
    office.ends(first, Filed(files=(a_file(),)))
    office.clock.forward(1)
    second = office.liked(Track(title="Night Ferry"), Service.SOUNDCLOUD, "1001", SOUNDCLOUD_URL)
    office.ends(second, Duplicate(of=first, evidence="the same sound, 2.1% of bits differ"))
    with pytest.raises(Transient, match="written first"):
        office.carrier.carry(second)
    office.carry()
    [row] = office.rows().values()
    assert (row["Status"], row["SoundCloud URL"]) == ("Done", SOUNDCLOUD_URL)
    assert office.row_of(second) == office.row_of(first)

    # The twin fails after all, and the duplicate is filed in its stead.
    office.ends(second, Filed(files=(a_file("/music/Night Ferry (2).m4a"),)))
    office.carry()
    assert office.row_of(second)["M4A File Path"] == "/music/Night Ferry (2).m4a"


def test_a_row_that_a_person_made_for_a_duplicate_says_that_it_is_one(office):
    first = office.liked()
    office.ends(first, Filed(files=(a_file(),)))
    office.carry()
    mine = office.twin.add_row_as_person(office.source_id, {"Title": "my own", "SoundCloud URL": SOUNDCLOUD_URL})
    second = office.liked(Track(title="Night Ferry"), Service.SOUNDCLOUD, "1001", SOUNDCLOUD_URL)
    office.ends(second, Duplicate(of=first, evidence="the same sound, 2.1% of bits differ"))
    office.carrier.carry(second)
    assert office.rows()[mine]["Status"] == "Duplicate"
    assert office.rows()[mine]["Sync Error"] == "the same sound, 2.1% of bits differ"


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_database_in_which_no_row_can_be_found_again_gets_none(office):
    office.twin.change_columns_as_person(
        office.source_id, dict.fromkeys(("Spotify ID", "Spotify URL", "SoundCloud URL", "YouTube URL"))
    )
    track = office.liked()
    office.ends(track, Filed(files=(a_file(),)))
    with pytest.raises(Refused, match="no column to find a row by"):
        office.carrier.carry(track)
    assert office.rows() == {}


def test_trouble_on_the_way_is_raised_as_what_it_is(office):
    track = office.liked()
    office.faults.add("notion", faults.server_error(503), times=None)
    with pytest.raises(Unreachable):
        office.carrier.carry(track)


def test_nothing_is_carried_before_the_rows_that_are_there_are_known(tmp_path):
    with an_office(tmp_path) as office:
        track = office.liked()
        office.ends(track, Filed(files=(a_file(),)))
        assert office.carry() == []
        assert "made known first" in office.waiting(track).last_error
        office.first_contact()
        office.clock.at = office.waiting(track).due_at
        office.carry()
        assert len(office.rows()) == 1
