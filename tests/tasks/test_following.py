"""Tasks that follow tracks, and those that are handed over."""

from __future__ import annotations

import pytest

from daemon.board.adoption import adopt_all
from daemon.models import Failed, Filed, Service, Status, Track, TrackRef
from daemon.tasks.following import Following
from integrations.notion import TRACKS, NotionRows
from integrations.notion import Table as NotionTable
from tests.ledger.given import a_file
from tests.tasks.desk import a_desk


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def liked(desk, number):
    ref = TrackRef(service=Service.SPOTIFY, id=str(number), url=f"https://x.example/{number}", found_in="spotify-liked")
    return desk.ledger.tracks.open(ref, Track(title=f"Song {number}", artists=("Ada",))).track_id


def ends(desk, track_id, outcome):
    desk.clock.forward(100)
    desk.ledger.tracks.restart(track_id)
    desk.ledger.tracks.finish(track_id, outcome)


def following(desk, *, per_track=False, hand_over=None):
    return Following(desk.ledger, per_track=per_track, hand_over=hand_over or {}, clock=desk.clock)


def shown(desk):
    return sorted((row["Name"], row["Status"]) for row in desk.rows.values())


def test_a_new_track_gets_a_task_that_follows_it(desk):
    old = liked(desk, 1)
    desk.clock.forward(3600)
    follow = following(desk, per_track=True)
    follow.follow()
    new = liked(desk, 2)
    ends(desk, old, Filed(files=(a_file("/music/1.m4a"),)))
    follow.follow()
    desk.carrier.carry_due()
    assert shown(desk) == [("cratekeeper: Ada - Song 2", "Not Started")], "what was there before is history"

    desk.clock.forward(10)
    desk.ledger.tracks.restart(new)
    follow.follow()
    desk.carrier.carry_due()
    assert shown(desk) == [("cratekeeper: Ada - Song 2", "In Progress")]

    desk.ledger.tracks.finish(new, Failed(reason="It is gone.", step="fetch"))
    follow.follow()
    desk.carrier.carry_due()
    [row] = desk.rows.values()
    assert (row["Status"], row["Result"], row["Source Agent"]) == ("Failed", "Failed. It is gone.", "cratekeeper")
    assert desk.asked(lambda: (follow.follow(), desk.carrier.carry_due())) == []

    [row_id] = desk.rows
    desk.edits(row_id, Status="In Progress")
    desk.clock.forward(10)
    desk.ledger.tracks.requeue(new)
    follow.follow()
    desk.settle()
    assert desk.row(row_id)["Status"] == "Not Started", "it follows the track, whoever else sets it"


def test_a_follow_up_is_handed_over_once_and_then_it_is_the_other_agents(desk):
    follow = following(desk, hand_over={Status.DONE: "Mixer", Status.FAILED: "Librarian"})
    follow.follow()
    done, failed, other = (liked(desk, number) for number in (1, 2, 3))
    ends(desk, done, Filed(files=(a_file("/music/1.m4a"),)))
    ends(desk, failed, Failed(reason="It is gone.", step="fetch"))
    for _ in range(12):
        follow.follow()
        desk.carrier.carry_due()
        desk.clock.forward(200)
    assert shown(desk) == [("Librarian: Ada - Song 2", "Not Started"), ("Mixer: Ada - Song 1", "Not Started")]
    assert desk.ledger.tracks.get(other).status is Status.QUEUED

    [mixers] = [row_id for row_id, row in desk.rows.items() if row["Name"].startswith("Mixer")]
    desk.edits(mixers, Status="In Progress", Name="I am at it")
    desk.settle()
    before = dict(desk.row(mixers))
    desk.ledger.tasks.hurry(f"handover/{done}/Done")
    assert desk.asked(desk.carrier.carry_due) == []
    assert desk.row(mixers) == before


def test_many_tracks_that_changed_in_one_moment_are_all_seen(desk):
    follow = following(desk, per_track=True)
    follow.follow()
    for number in range(450):
        liked(desk, number)
    follow.follow()
    assert len(desk.ledger.tasks.open_ones("track")) == 450


def test_without_the_settings_nothing_is_looked_for(desk):
    liked(desk, 1)
    following(desk).follow()
    assert desk.ledger.tasks.pending() == 0


def test_what_was_there_before_us_is_handed_to_nobody(desk):
    follow = following(desk, per_track=True, hand_over={Status.DONE: "Mixer"})
    follow.begin()
    row = {"Title": "Old", "Artist Name": "Ada", "Spotify URL": "https://open.spotify.com/track/1", "Downloaded": True}
    [source_id] = desk.twin.data_source_ids(desk.tracks_id)
    desk.twin.add_row_as_person(source_id, row)
    table = NotionTable(desk.edge, desk.tracks_id, TRACKS)
    adopt_all(desk.ledger, NotionRows(table), clock=desk.clock)
    assert desk.ledger.tracks.count_by_status() == {Status.DONE: 1}
    follow.follow()
    assert desk.ledger.tasks.pending() == 0


def test_who_switches_it_off_and_on_again_begins_anew(desk):
    following(desk, hand_over={Status.DONE: "Mixer"}).begin()
    following(desk).begin()
    ends(desk, liked(desk, 1), Filed(files=(a_file("/music/1.m4a"),)))
    desk.clock.forward(3600)
    again = following(desk, hand_over={Status.DONE: "Mixer"})
    again.begin()
    again.follow()
    assert desk.ledger.tasks.pending() == 0


def test_a_follow_up_waits_for_the_row_that_it_leads_to(desk):
    follow = following(desk, hand_over={Status.DONE: "Mixer"})
    follow.begin()
    track_id = liked(desk, 1)
    ends(desk, track_id, Filed(files=(a_file("/music/1.m4a"),)))
    follow.follow()
    desk.carrier.carry_due()
    assert desk.rows == {}
    [source_id] = desk.twin.data_source_ids(desk.tracks_id)
    row_id = desk.twin.add_row_as_person(source_id, {"Title": "Song 1"})
    desk.ledger.board.bind(track_id, row_id, {}, [])
    desk.clock.forward(120)
    desk.carrier.carry_due()
    assert [row["Track"] for row in desk.rows.values()] == [[row_id]]


def test_a_track_that_is_left_alone_before_it_was_begun_is_told_so(desk):
    desk.clock.forward(3600)
    follow = following(desk, per_track=True)
    follow.follow()
    new = liked(desk, 2)
    follow.follow()
    desk.clock.forward(10)
    desk.ledger.tracks.dismiss(new, Status.SKIP)
    follow.follow()
    desk.carrier.carry_due()
    [(_title, status)] = shown(desk)
    assert status == "Complete"
