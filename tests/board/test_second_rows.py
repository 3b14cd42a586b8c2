"""Copied rows, second rows, another database: what a person does with a table, and what must not come of it."""

from __future__ import annotations

import pytest

from daemon.board.adoption import is_done, move_to
from daemon.models import Alias, Failed, Filed, Service, Status, Track
from tests.board.office import NIGHT_FERRY, SPOTIFY_ID, SPOTIFY_URL, an_office
from tests.ledger.given import a_file

OTHER_URL = "https://soundcloud.com/zed/other-song"
OTHER = {
    "Spotify URL": None,
    "Spotify ID": "",
    "SoundCloud URL": OTHER_URL,
    "Title": "Other Song",
    "Artist Name": "Zed",
}


@pytest.fixture
def office(tmp_path):
    with an_office(tmp_path) as office:
        office.first_contact()
        office.clock.forward(3600)
        office.look()
        yield office


@pytest.fixture
def filed(office):
    track_id = office.liked()
    office.ledger.tracks.describe(track_id, Track(title="", genre="House", isrc="QZSBX2400021"))
    office.ends(track_id, Filed(files=(a_file("/music/NF.m4a"),)))
    office.settle()
    return track_id


def test_a_copy_that_was_told_a_duplicate_and_made_into_another_track_is_that_track(office, filed):
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.settle()
    assert office.rows()[copy]["Status"] == "Duplicate"
    before = office.row_of(filed)
    office.clock.forward(600)
    office.twin.edit_as_person(copy, OTHER)
    [ref] = office.changes.catch_up()
    assert ref.url == OTHER_URL
    [other] = office.ledger.tracks.unfinished()
    assert office.ledger.decisions.pinned(filed) is None
    assert office.ledger.tracks.get(filed).status is Status.DONE

    office.ends(other.id, Filed(files=(a_file("/music/Other.m4a"),)))
    office.settle()
    there = office.rows()[copy]
    assert (there["Title"], there["Artist Name"], there["Status"]) == ("Other Song", "Zed", "Done")
    assert (there["M4A File Path"], there["ISRC"], there["Genre"]) == ("/music/Other.m4a", "", None)
    assert office.row_of(filed) == before


def test_a_copy_that_is_made_into_another_track_before_we_look_is_that_track(office, filed):
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.twin.edit_as_person(copy, OTHER)
    [ref] = office.changes.catch_up()
    assert ref.url == OTHER_URL, "that it says Done is copied"
    [other] = office.ledger.tracks.unfinished()
    office.ends(other.id, Filed(files=(a_file("/music/Other.m4a"),)))
    office.settle()
    assert (office.rows()[copy]["M4A File Path"], office.rows()[copy]["ISRC"]) == ("/music/Other.m4a", "")


def test_a_copy_that_is_given_another_title_alone_is_searched_for(office, filed):
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.settle()
    office.twin.edit_as_person(copy, {"Spotify URL": None, "Spotify ID": "", "Title": "Other Song"})
    [ref] = office.changes.catch_up()
    assert (ref.service, ref.told.title) == (Service.NOTION, "Other Song")


def test_a_copy_that_is_given_the_address_of_a_third_track_is_a_second_row_of_that_one(office, filed):
    url = f"https://open.spotify.com/track/{3:022d}"
    third = office.liked(
        Track(title="Third", artists=("Bo",), urls={Service.SPOTIFY: url}), Service.SPOTIFY, f"{3:022d}", url
    )
    office.ends(third, Filed(files=(a_file("/music/Third.m4a"),)))
    office.settle()
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.settle()
    office.twin.edit_as_person(copy, {"Spotify URL": url, "Spotify ID": ""})
    office.settle()
    assert "another row of Bo - Third" in office.rows()[copy]["Sync Error"]
    statuses = [office.ledger.tracks.get(one).status for one in (filed, third)]
    assert (statuses, office.ledger.tracks.unfinished()) == ([Status.DONE, Status.DONE], ())


def test_redo_in_a_second_row_means_the_first(office, filed):
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.settle()
    office.twin.edit_as_person(copy, {"Redo": True})
    office.look()
    assert office.ledger.tracks.get(filed).status is Status.QUEUED


def test_the_second_row_takes_over_within_a_day_when_the_first_is_thrown_away(office, filed):
    copy = office.twin.duplicate_as_person(office.row_id(filed))
    office.settle()
    office.twin.trash_as_person(office.row_id(filed))
    office.reconciling.look_after_doubles()
    office.settle()
    assert office.row_id(filed) == copy
    assert office.rows()[copy]["Status"] == "Done"


# --- what is put right again -----------------------------------------------------------------------------------------


def test_a_wrong_address_that_was_put_right_is_no_name_of_the_track_any_more(office, filed):
    wrong = Alias(service=Service.SPOTIFY, id=f"{7:022d}")
    office.edits(filed, Spotify_URL=f"https://open.spotify.com/track/{wrong.id}")
    office.settle()
    assert office.ledger.tracks.find(wrong.service, wrong.id) == filed
    office.edits(filed, Spotify_URL=SPOTIFY_URL)
    office.settle()
    assert office.ledger.tracks.find(wrong.service, wrong.id) is None
    assert office.ledger.tracks.find(Service.SPOTIFY, SPOTIFY_ID) == filed


def test_what_is_unlocked_is_filled_at_once(office, filed):
    office.edits(filed, Locked_Fields=["Status"])
    office.look()
    office.ledger.tracks.requeue(filed)
    office.edits(filed, Locked_Fields=[])
    office.settle()
    assert office.row_of(filed)["Status"] == "Queued"


def test_who_changes_our_columns_again_and_again_is_answered_less_and_less(office, filed, caplog):
    for _ in range(6):
        office.edits(filed, Downloaded=False)
        office.look()
        office.clock.at = max(office.clock.at, office.waiting(filed).due_at)
        office.carry()
        assert office.row_of(filed)["Downloaded"] is True
    office.edits(filed, Downloaded=False)
    office.look()
    assert office.waiting(filed).due_at - office.clock.at > 6 * 3600
    assert "again and again" in caplog.text


# --- columns ---------------------------------------------------------------------------------------------------------


def test_what_the_person_types_into_a_new_column_of_ours_is_theirs(office):
    office.twin.change_columns_as_person(office.source_id, {"Album": None})
    track_id = office.liked(NIGHT_FERRY)
    office.columns.look()
    office.ends(track_id, Failed(reason="x", step="listen"))
    office.carry()
    office.twin.change_columns_as_person(office.source_id, {"Album": {"rich_text": {}}})
    office.columns.look()
    office.edits(track_id, Album="Mine")
    office.ledger.tracks.describe(track_id, Track(title="", album="Ours"))
    office.ledger.outbox.enqueue("notion", track_id)
    office.settle()
    assert office.row_of(track_id)["Album"] == "Mine"
    assert office.ledger.tracks.get(track_id).edits["album"] == "Mine"


def test_a_column_that_is_renamed_and_renamed_back_keeps_what_is_in_it(office, filed):
    office.columns.look()
    office.edits(filed, ISRC="MINE00000001")
    office.look()
    office.twin.change_columns_as_person(office.source_id, {"ISRC": {"name": "Not yours"}})
    office.columns.look()
    office.twin.change_columns_as_person(office.source_id, {"Not yours": {"name": "ISRC"}})
    office.columns.look()
    office.ledger.outbox.enqueue("notion", filed)
    office.settle()
    assert office.row_of(filed)["ISRC"] == "MINE00000001"


# --- another database ------------------------------------------------------------------------------------------------


def test_another_database_is_met_anew_and_the_first_one_is_remembered(office, filed):
    row_id = office.row_id(filed)
    move_to(office.ledger, "one")
    assert is_done(office.ledger), "the first name is only noted"
    move_to(office.ledger, "two")
    assert not is_done(office.ledger)
    assert office.ledger.outbox.mirror("notion", filed) is None
    move_to(office.ledger, "one")
    assert is_done(office.ledger)
    assert office.ledger.outbox.mirror("notion", filed).remote_id == row_id


def test_so_many_rows_gone_at_once_are_not_taken_for_thrown_away(office):
    for number in range(30):
        url = f"https://open.spotify.com/track/{number:022d}"
        track = office.liked(Track(title=f"t{number}"), Service.SPOTIFY, f"{number:022d}", url)
        office.ends(track, Failed(reason="x", step="listen"))
    office.carry()
    for row_id in office.rows():
        office.twin.trash_as_person(row_id)
    assert office.reconciling.run().thrown_away == 0
