"""Every row looked at: what polling cannot see."""

from __future__ import annotations

import pytest

from daemon.board.reconciling import WEEK_S
from daemon.models import Failed, Filed, Service, Status, Track
from tests.board.office import an_office
from tests.ledger.given import a_file


@pytest.fixture
def office(tmp_path):
    with an_office(tmp_path) as office:
        yield office


def many(office, count, prefix=1):
    """So many tracks of ours that are done and carried."""
    tracks = []
    for number in range(count):
        spotify_id = f"{prefix}{number:021d}"
        url = f"https://open.spotify.com/track/{spotify_id}"
        told = Track(title=f"t{number}", artists=("A",), urls={Service.SPOTIFY: url})
        track_id = office.liked(told, Service.SPOTIFY, spotify_id, url)
        office.ends(track_id, Filed(files=(a_file(f"/music/{prefix}{number}.m4a"),)))
        tracks.append(track_id)
    office.carry()
    return tracks


def test_all_is_well_and_nothing_is_written(office):
    office.first_contact()
    many(office, 3)
    office.settle()
    done = office.reconciling.run()
    assert (done.rows, done.orders, done.put_right, done.thrown_away, done.later) == (3, 0, 0, 0, 0)
    assert office.carry() == []


def test_what_was_edited_while_nobody_looked_is_put_right_or_taken_over(office):
    office.first_contact()
    first, second, third = many(office, 3)
    office.settle()
    office.edits(first, Downloaded=False)
    office.edits(second, BPM=99)
    office.twin.trash_as_person(office.row_id(third))
    done = office.reconciling.run()
    assert (done.rows, done.put_right, done.thrown_away) == (2, 1, 1)
    assert office.ledger.tracks.get(second).edits["bpm"] == 99
    office.settle()
    assert office.row_of(first)["Downloaded"] is True
    assert office.ledger.outbox.mirror("notion", third).gone == "trash"


def test_a_row_deleted_for_good_is_known_to_be_gone(office):
    office.first_contact()
    [track_id] = many(office, 1)
    office.twin.trash_as_person(office.row_id(track_id))
    office.twin.delete_for_good_as_person(office.row_id(track_id))
    assert office.reconciling.run().thrown_away == 1
    office.ends(track_id, Failed(reason="x", step="listen"))
    assert office.carry() == []


def test_rows_that_were_there_before_us_are_not_written_because_of_it(office):
    office.twin.add_row_as_person(
        office.source_id, {"Title": "old", "Spotify ID": f"{7:022d}", "Downloaded": True, "BPM": 128}
    )
    office.first_contact()
    before = office.rows()
    office.reconciling.run()
    office.settle()
    assert office.rows() == before


def test_it_is_due_a_week_after_first_contact_and_after_the_last_time(office):
    assert not office.reconciling.is_due()
    office.first_contact()
    assert not office.reconciling.is_due()
    office.clock.forward(WEEK_S)
    assert office.reconciling.is_due()
    office.reconciling.run()
    assert not office.reconciling.is_due()


# --- columns ---------------------------------------------------------------------------------------------------------


def test_a_column_that_vanishes_is_told_and_costs_no_row(office):
    office.first_contact()
    [track_id] = many(office, 1)
    [place] = office.columns.look()
    assert "Tracks" in place
    assert office.columns.look() == []
    office.twin.change_columns_as_person(office.source_id, {"Sync Error": None})
    office.ledger.tracks.dismiss(track_id, Status.SKIP)
    office.ledger.outbox.enqueue("notion", track_id)
    assert office.carry()
    assert office.row_of(track_id)["Status"] == "Skip"
    office.twin.change_columns_as_person(office.source_id, {"Processed At": None})
    office.ledger.tracks.requeue(track_id)
    office.ledger.outbox.enqueue("notion", track_id)
    office.carry()
    assert office.row_of(track_id)["Status"] == "Queued", "the refusal was met by looking at the columns again"
    [said] = office.columns.look(again=False)
    assert "Sync Error, Processed At" in said or "Processed At, Sync Error" in said
    assert "init notion" in said


def test_a_column_that_comes_back_is_filled_again_and_its_emptiness_is_no_edit(office):
    office.first_contact()
    [track_id] = many(office, 1)
    office.columns.look()
    office.twin.change_columns_as_person(office.source_id, {"Artist Name": None})
    office.columns.look()
    office.twin.change_columns_as_person(office.source_id, {"Artist Name": {"rich_text": {}}})
    office.columns.look()
    office.settle()
    assert office.row_of(track_id)["Artist Name"] == "A"
    assert office.ledger.tracks.get(track_id).edits == {}
