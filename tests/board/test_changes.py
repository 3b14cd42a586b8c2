"""What the person does in Notion, noticed: edits are theirs and are taken over, orders are obeyed, once."""

from __future__ import annotations

import pytest

from daemon.errors import Unreachable
from daemon.models import Alias, Duplicate, Failed, Filed, MetadataOnly, Service, Status, Track
from integrations.sandbox import faults
from tests.board.office import (
    NIGHT_FERRY,
    SOUNDCLOUD_URL,
    SPOTIFY_ID,
    SPOTIFY_URL,
    YOUTUBE_URL,
    an_office,
)
from tests.ledger.given import a_file

QUERY, READ, WRITES = "POST data_sources", "GET pages", "PATCH pages"


@pytest.fixture
def office(tmp_path):
    with an_office(tmp_path) as office:
        office.first_contact()
        office.clock.forward(3600)
        office.look()
        yield office


@pytest.fixture
def filed(office):
    """A track that is done, with its row."""
    track_id = office.liked()
    office.ends(track_id, Filed(files=(a_file("/music/Night Ferry.m4a"),)))
    office.carry()
    office.look()
    office.clock.forward(3600)
    office.look()
    return track_id


def status(office, track_id):
    return office.ledger.tracks.get(track_id).status


# --- looking ---------------------------------------------------------------------------------------------------------


def test_where_nothing_changed_a_look_is_one_request(office, filed):
    office.clock.forward(3600)
    assert office.look() == [QUERY]
    assert office.look() == [QUERY]
    assert office.carry() == []


def test_our_own_writes_are_no_edits_of_anybodys(office):
    track_id = office.liked()
    office.ends(track_id, Filed(files=(a_file(),)))
    office.carry()
    assert office.look() == [QUERY]
    row = office.ledger.tracks.get(track_id)
    assert (row.edits, office.ledger.outbox.mirror("notion", track_id).theirs) == ({}, frozenset())
    assert office.carry() == []


def test_an_edit_in_the_minute_of_our_own_writing_is_seen(office, filed):
    office.edits(filed, Redo=False)
    office.look()
    office.twin.edit_as_person(office.row_id(filed), {"Album": "my rips"})  # the same minute
    office.look()
    assert office.ledger.tracks.get(filed).track.album == "my rips"


def test_a_look_that_fails_half_way_loses_nothing(office, filed):
    office.edits(filed, BPM=87)
    office.faults.add("notion", faults.server_error(503), route="/v1/data_sources/*", times=None)
    with pytest.raises(Unreachable):
        office.changes.catch_up()
    office.faults.clear()
    office.look()
    assert office.ledger.tracks.get(filed).edits["bpm"] == 87


# --- edits -----------------------------------------------------------------------------------------------------------


def test_what_the_person_changed_stays_and_is_taken_over(office, filed):
    office.edits(filed, Title="Night Ferry!!", Artist_Name="Ada Reyes, Bo", BPM=87, Key="8A", Genre="Deep House")
    office.look()
    row = office.ledger.tracks.get(filed)
    assert (row.track.title, row.track.artists, row.track.genre) == ("Night Ferry!!", ("Ada Reyes", "Bo"), "Deep House")
    assert (row.edits["bpm"], row.edits["key"]) == (87, "Am")
    assert list(office.ledger.memos.beginning("retag/")) == [f"retag/{filed}"]

    office.ends(filed, Failed(reason="no sound in it", step="listen"))
    office.carry()
    there = office.row_of(filed)
    assert (there["Title"], there["BPM"], there["Key"], there["Genre"]) == ("Night Ferry!!", 87, "8A", "Deep House")
    assert there["Camelot"] == "", "nothing was heard yet, and nothing is made up"


def test_an_edit_made_a_moment_before_we_write_is_not_lost(office, filed):
    """Nobody has looked since: the row is read before a column is written that may be theirs."""
    office.edits(filed, Album="my rips")
    office.ledger.tracks.describe(filed, Track(title="", album="Crossings", genre="House"))
    office.ledger.outbox.enqueue("notion", filed)
    assert office.carry() == [READ, WRITES]
    there = office.row_of(filed)
    assert (there["Album"], there["Genre"]) == ("my rips", "House")


def test_a_change_in_our_own_columns_is_one_request(office, filed):
    office.ends(filed, MetadataOnly(reason="not to be had"))
    office.ledger.tracks.requeue(filed)
    office.ledger.outbox.enqueue("notion", filed)
    office.look()
    assert office.carry() == [WRITES]


@pytest.mark.parametrize("order", [{"Status": "Rejected"}, {"Locked Fields": ["Status"]}])
def test_an_order_or_a_lock_of_a_moment_ago_is_not_written_over(office, filed, order):
    office.edits(filed, **{name.replace(" ", "_"): value for name, value in order.items()})
    office.ledger.tracks.requeue(filed)
    office.ledger.outbox.enqueue("notion", filed)
    office.carry()
    assert office.row_of(filed)["Status"] == order.get("Status", "Done")


def test_of_what_is_carried_together_one_look_is_for_all(office):
    numbers = range(5)
    tracks = [office.liked(Track(title=f"t{number}"), Service.SPOTIFY, f"{number:022d}") for number in numbers]
    for track_id in tracks:
        office.ends(track_id, Failed(reason="no sound in it", step="listen"))
    office.carry()
    office.clock.forward(3600)
    for track_id in tracks:
        office.ledger.tracks.requeue(track_id)
        office.ledger.outbox.enqueue("notion", track_id)
    assert office.carry() == [QUERY, *[WRITES] * 5]


def test_a_locked_column_is_never_written(office, filed):
    office.edits(filed, Locked_Fields=["status", "Genre"])
    office.look()
    office.ledger.tracks.describe(filed, Track(title="", genre="House"))
    office.ledger.tracks.requeue(filed)
    office.ledger.outbox.enqueue("notion", filed)
    office.carry()
    assert (office.row_of(filed)["Status"], office.row_of(filed)["Genre"]) == ("Done", None)


def test_what_is_ours_alone_is_put_right(office, filed):
    office.edits(filed, Downloaded=False, M4A_File_Path="somewhere")
    office.look()
    office.clock.forward(3600)
    assert office.carry() == [QUERY, WRITES]
    assert office.row_of(filed)["Downloaded"] is True
    assert office.row_of(filed)["M4A File Path"] == "/music/Night Ferry.m4a"


# --- orders on a row of ours -----------------------------------------------------------------------------------------


def test_redo_runs_it_again_once_and_is_unticked(office, filed):
    office.edits(filed, Redo=True)
    office.look()
    assert status(office, filed) is Status.QUEUED
    assert office.carry() == [WRITES]
    assert (office.row_of(filed)["Redo"], office.row_of(filed)["Status"]) == (False, "Queued")

    office.ends(filed, Filed(files=()))
    office.look()
    office.carry()
    assert status(office, filed) is Status.DONE, "asked once, done once"

    office.edits(filed, Redo=True)
    office.look()
    assert status(office, filed) is Status.QUEUED, "asked again"


@pytest.mark.parametrize("word", ["Rejected", "Skip"])
def test_rejected_and_skip_are_obeyed_for_ever(office, filed, word):
    office.edits(filed, Status=word)
    office.look()
    assert status(office, filed) == word
    office.settle()
    assert office.row_of(filed)["Status"] == word
    assert office.ledger.tracks.unfinished() == ()


def test_queued_typed_into_a_failed_row_tries_again(office):
    track_id = office.liked()
    office.ends(track_id, Failed(reason="no sound in it", step="listen"))
    office.carry()
    office.edits(track_id, Status="Queued")
    office.look()
    assert status(office, track_id) is Status.QUEUED


def test_an_address_changed_by_hand_pins_that_source(office, filed):
    office.edits(filed, YouTube_URL=YOUTUBE_URL)
    office.look()
    assert office.ledger.decisions.pinned(filed).url == YOUTUBE_URL
    assert status(office, filed) is Status.QUEUED
    office.edits(filed, YouTube_URL=None)
    office.look()
    assert office.ledger.decisions.pinned(filed) is None


def test_an_address_of_another_track_pins_nothing(office, filed):
    other = office.liked(
        Track(title="Other", urls={Service.SOUNDCLOUD: SOUNDCLOUD_URL}),
        Service.SOUNDCLOUD,
        SOUNDCLOUD_URL,
        SOUNDCLOUD_URL,
    )
    office.edits(filed, SoundCloud_URL=SOUNDCLOUD_URL)
    office.look()
    assert office.ledger.decisions.pinned(filed) is None
    assert status(office, filed) is Status.DONE
    assert status(office, other) is Status.QUEUED


def test_another_spotify_address_is_one_more_name_and_fetches_nothing(office, filed):
    office.edits(filed, Spotify_URL="https://open.spotify.com/track/0000000000000000000007")
    office.look()
    assert Alias(service=Service.SPOTIFY, id="0000000000000000000007") in office.ledger.tracks.get(filed).track.aliases
    assert status(office, filed) is Status.DONE


# --- new rows --------------------------------------------------------------------------------------------------------


def test_a_new_row_with_an_address_alone_is_an_order(office):
    row_id = office.types(SoundCloud_URL=SOUNDCLOUD_URL)
    [ref] = office.changes.catch_up()
    assert ref.url == SOUNDCLOUD_URL
    [row] = office.ledger.tracks.unfinished()
    assert office.row_id(row.id) == row_id
    office.carry()
    assert office.rows()[row_id]["Status"] == "Queued", "the person sees that it was heard"
    office.ends(row.id, Filed(files=(a_file("/music/x.m4a"),)))
    office.carry()
    assert office.rows()[row_id]["M4A File Path"] == "/music/x.m4a"
    assert len(office.rows()) == 1


def test_a_link_in_the_title_is_an_order_and_makes_way_for_the_real_title(office):
    row_id = office.types(Title=SPOTIFY_URL)
    [ref] = office.changes.catch_up()
    assert ref.alias == Alias(service=Service.SPOTIFY, id=SPOTIFY_ID)
    [row] = office.ledger.tracks.unfinished()
    office.ledger.tracks.describe(row.id, NIGHT_FERRY)
    office.ends(row.id, Filed(files=(a_file(),)))
    office.settle()
    assert office.rows()[row_id]["Title"] == "Night Ferry"


def test_a_new_row_with_title_and_artist_is_searched_for_once_it_has_rested(office):
    row_id = office.types(Title="Night Ferry", Artist_Name="Ada Reyes")
    assert office.changes.catch_up() == [], "somebody may still be typing"
    office.clock.forward(300)
    [ref] = office.changes.catch_up()
    assert (ref.service, ref.id, ref.told.title, ref.told.artists) == (
        Service.NOTION,
        row_id,
        "Night Ferry",
        ("Ada Reyes",),
    )
    [row] = office.ledger.tracks.unfinished()
    office.ends(row.id, Filed(files=(a_file(),)))
    office.settle()
    assert list(office.rows()) == [row_id]
    assert office.rows()[row_id]["Status"] == "Done"


def test_what_was_typed_into_an_order_stays(office):
    row_id = office.types(Title="night ferry", Genre="Deep", BPM=174, Spotify_URL=SPOTIFY_URL)
    office.look()
    [row] = office.ledger.tracks.unfinished()
    office.ledger.tracks.describe(row.id, Track(title="Night Ferry", artists=("Ada Reyes",), genre="House"))
    office.ends(row.id, Filed(files=(a_file(),)))
    office.settle()
    there = office.rows()[row_id]
    assert (there["Title"], there["Genre"], there["BPM"], there["Artist Name"]) == (
        "night ferry",
        "Deep",
        174,
        "Ada Reyes",
    )
    assert office.ledger.tracks.get(row.id).track.title == "night ferry"


def test_a_row_of_somebody_else_that_is_done_becomes_known_and_is_left_alone(office):
    row_id = office.types(Title="Old", Spotify_URL=SPOTIFY_URL, Status="Done", Downloaded=True)
    before = office.rows()[row_id]
    assert office.changes.catch_up() == []
    track_id = office.ledger.tracks.find(Service.SPOTIFY, SPOTIFY_ID)
    assert status(office, track_id) is Status.DONE
    office.settle()
    assert office.rows()[row_id] == before


def test_a_row_that_was_made_twice_by_hand_is_noticed_and_says_so(office, filed):
    office.clock.forward(600)
    double = office.twin.duplicate_as_person(office.row_id(filed))
    first = office.row_of(filed)
    office.settle()
    assert office.rows()[double]["Status"] == "Duplicate"
    assert "another row" in office.rows()[double]["Sync Error"]
    assert office.row_of(filed) == first
    assert office.ledger.tracks.unfinished() == ()


# --- rows that are thrown away ---------------------------------------------------------------------------------------


def test_a_row_in_the_trash_is_left_alone_and_not_made_again(office, filed):
    office.twin.trash_as_person(office.row_id(filed))
    office.ends(filed, Failed(reason="no sound in it", step="listen"))
    office.settle()
    assert office.rows() == {}
    assert office.waiting(filed) is None
    assert office.ledger.outbox.mirror("notion", filed).gone == "trash"


def test_a_row_that_comes_back_is_kept_true_again(office, filed):
    row_id = office.row_id(filed)
    office.twin.trash_as_person(row_id)
    office.ledger.tracks.describe(filed, Track(title="", genre="House"))
    office.ledger.outbox.enqueue("notion", filed)
    office.settle()
    assert office.ledger.outbox.mirror("notion", filed).gone == "trash"
    office.twin.restore_as_person(row_id)
    office.settle()
    assert office.rows()[row_id]["Genre"] == "House"


def test_another_row_of_the_same_track_takes_the_place_of_one_that_was_thrown_away(office, filed):
    double = office.types(Title="mine", Spotify_URL=SPOTIFY_URL)
    office.settle()
    assert office.rows()[double]["Status"] == "Duplicate"
    office.twin.trash_as_person(office.row_id(filed))
    office.ends(filed, Filed(files=(a_file("/music/new.m4a"),)))
    office.settle()
    assert office.row_id(filed) == double
    assert (office.rows()[double]["Status"], office.rows()[double]["Title"]) == ("Done", "mine")


def test_a_duplicate_by_sound_has_no_row_and_no_orders(office, filed):
    second = office.liked(Track(title="Night Ferry"), Service.SOUNDCLOUD, "1001", SOUNDCLOUD_URL)
    office.ends(second, Duplicate(of=filed, evidence="the same sound"))
    office.carry()
    office.edits(filed, Redo=True)
    office.look()
    assert (status(office, filed), status(office, second)) == (Status.QUEUED, Status.DUPLICATE)


def test_an_address_of_any_other_site_is_tried_and_what_comes_of_it_stands_in_the_row(office):
    row_id = office.types(SoundCloud_URL="https://ada.bandcamp.com/track/night-ferry")
    [ref] = office.changes.catch_up()
    assert (ref.service, ref.url) == (Service.WEB, "https://ada.bandcamp.com/track/night-ferry")
    [row] = office.ledger.tracks.unfinished()
    office.ends(row.id, Failed(reason="Nothing is to be had there.", step="resolve"))
    office.settle()
    assert office.rows()[row_id]["Sync Error"] == "Nothing is to be had there."


def test_an_edit_of_a_row_from_before_us_writes_nothing_else_into_it(tmp_path):
    with an_office(tmp_path) as office:
        old = {"Title": "old", "Spotify URL": SPOTIFY_URL, "Downloaded": True, "BPM": 128}
        row_id = office.twin.add_row_as_person(office.source_id, old)
        office.clock.forward(3600)
        office.first_contact()
        office.clock.forward(3600)
        office.twin.edit_as_person(row_id, {"BPM": 64})
        before = office.rows()
        office.settle()
        office.reconciling.run()
        office.settle()
        assert office.rows() == before
        assert office.ledger.tracks.get(office.ledger.board.track_at(row_id)).edits["bpm"] == 64


def test_redo_in_a_new_row_is_unticked_too(office):
    row_id = office.types(Spotify_URL=SPOTIFY_URL, Redo=True)
    office.look()
    office.settle()
    assert office.rows()[row_id]["Redo"] is False


def test_who_throws_a_row_away_and_types_another_means_the_other(office, filed):
    office.twin.trash_as_person(office.row_id(filed))
    other = office.types(Title="mine", Spotify_URL=SPOTIFY_URL)
    office.settle()
    assert office.row_id(filed) == other
    assert office.rows()[other]["Status"] == "Done"


def test_a_wish_list_from_before_us_orders_nothing_by_itself(tmp_path):
    with an_office(tmp_path) as office:
        wish = {"Title": "Night Ferry", "Artist Name": "Ada Reyes", "Status": "Queued"}
        rows = [office.twin.add_row_as_person(office.source_id, wish) for _ in range(3)]
        office.twin.add_row_as_person(office.source_id, {"Title": "x", "Spotify URL": SPOTIFY_URL})
        office.clock.forward(3600)
        office.first_contact()
        office.reconciling.run()
        office.clock.forward(3600)
        office.twin.edit_as_person(rows[0], {"Album": "bulk edit"})
        office.settle()
        office.reconciling.run()
        assert office.ledger.tracks.unfinished() == ()
        office.twin.edit_as_person(rows[0], {"Redo": True})
        office.settle()
        assert len(office.ledger.tracks.unfinished()) == 1


def test_the_days_of_a_row_from_before_us_stay(tmp_path):
    with an_office(tmp_path) as office:
        old = {"Title": "old", "Spotify URL": SPOTIFY_URL, "Downloaded": True, "DateAdded": "2019-05-01", "BPM": 128}
        row_id = office.twin.add_row_as_person(office.source_id, old)
        office.clock.forward(3600)
        office.first_contact()
        office.clock.forward(3600)
        office.twin.edit_as_person(row_id, {"Redo": True})
        office.settle()
        assert (office.rows()[row_id]["DateAdded"][:10], office.rows()[row_id]["Status"]) == ("2019-05-01", "Queued")
