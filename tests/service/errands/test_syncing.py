"""`sync`: a link, a list, what was newly liked."""

from __future__ import annotations

import json

import pytest

from daemon.errors import Refused, Transient
from daemon.jobs.verbs import Complete, Failed, GoOn, Wording
from daemon.models import Postponed, Status
from daemon.service.errands.syncing import sync
from integrations.sandbox import faults
from integrations.sandbox.spotify import Playlist, playlist_line, saved_track, track_object
from tests.house import a_home
from tests.service.errands.at_work import AtWork, desk_of, failed, filed, would


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def songs(home, count, first=0):
    """On Spotify, and liked by nobody."""
    found = [
        track_object(f"Song {number}", ["Somebody"], duration_ms=10_000 + number, isrc=f"QZSBX25{number:05}")
        for number in range(first, first + count)
    ]
    for track in found:
        home.world.twins.spotify.add(track)
    return found


def a_playlist(home, tracks):
    lines = [playlist_line(track, "2026-01-01T00:00:00Z") for track in tracks]
    playlist = home.world.twins.spotify.add_playlist(Playlist(name="Late Shift", lines=lines))
    return f"https://open.spotify.com/playlist/{playlist.id}"


def likes(home, *numbers):
    for number in numbers:
        (track,) = songs(home, 1, first=number)
        home.world.twins.spotify.liked.insert(0, saved_track(track, f"2026-11-01T00:{number % 60:02}:00Z"))


def memos(rooms):
    return rooms.ledger.memos.beginning("jobs/sync/")


# --- a link ----------------------------------------------------------------------------------------------------------


def test_a_list_is_opened_once_and_waited_for_until_each_has_ended(home):
    link = a_playlist(home, songs(home, 7))
    with desk_of(home) as desk:
        rooms = desk.rooms
        job = AtWork(sync(desk), f"  {link}?si=abc ")
        waiting = job.until_it_waits()
        assert (waiting.done, waiting.of, waiting.wait_s, len(waiting.tracks)) == (0, 7, 15.0, 7)
        assert waiting.text == "0 of 7 have ended; 7 wait for their turn"
        assert {row.found_in for row in rooms.ledger.tracks.unfinished()} == {"url"}
        filed(rooms, waiting.tracks[0])
        for number, track_id in enumerate(waiting.tracks[1:]):
            failed(rooms, track_id, f"reason {number}")
        ended = job.until_it_waits()
        assert isinstance(ended, Complete)
        first, *failures, more = ended.text.splitlines()
        assert first == "7 tracks: 1 filed, 6 failed."
        assert failures == [f"Somebody - Song {number + 1}: Failed: reason {number}" for number in range(5)]
        assert more == "… and 1 more that failed"
        assert ended.links == (f"/music/{waiting.tracks[0]}.m4a",)
        assert memos(rooms) == {}


def test_what_a_job_remembers_stays_small_and_every_portion_may_run_twice(home):
    link = a_playlist(home, songs(home, 120))
    with desk_of(home) as desk:
        job = AtWork(sync(desk), link)
        sizes = []
        while not (isinstance(job.work(), GoOn) and job.portion.wait_s):
            sizes.append(len(json.dumps(job.memory)))
        job.memory, kept = {**job.memory}, job.memory
        del job.memory["of"]
        again = job.until_it_waits()
        assert again.of == 120
        assert job.memory == kept
        assert max(sizes) < 200
        assert len(memos(desk.rooms)) == 1
        assert desk.rooms.ledger.tracks.count_by_status() == {Status.QUEUED: 120}


def test_one_that_failed_before_is_tried_once_more_and_one_that_is_done_stays(home):
    tracks = songs(home, 2)
    link = a_playlist(home, tracks)
    with desk_of(home) as desk:
        job = AtWork(sync(desk), link)
        done, gone = job.until_it_waits().tracks
        filed(desk.rooms, done)
        failed(desk.rooms, gone)
        assert isinstance(job.until_it_waits(), Complete)
        again = AtWork(sync(desk), link).until_it_waits()
        assert (again.done, again.of, again.tracks) == (1, 2, (gone,))


def test_a_single_track_that_fails_fails_the_job_with_its_reason(home):
    (track,) = songs(home, 1)
    with desk_of(home) as desk:
        job = AtWork(sync(desk), track["uri"])
        (track_id,) = job.until_it_waits().tracks
        failed(desk.rooms, track_id, "It is not to be had.")
        ended = job.until_it_waits()
        assert isinstance(ended, Failed)
        assert "Failed: It is not to be had." in ended.reason


def test_a_kill_at_the_very_end_begins_nothing_anew(home):
    link = a_playlist(home, songs(home, 2))
    with desk_of(home) as desk:
        job = AtWork(sync(desk), link)
        done, gone = job.until_it_waits().tracks
        filed(desk.rooms, done)
        failed(desk.rooms, gone)
        job.work()
        ended = job.work()
        assert isinstance(ended, Complete)
        assert job.work() == ended, "killed before the end could be kept"
        assert desk.rooms.ledger.tracks.get(gone).status is Status.FAILED
        assert memos(desk.rooms) == {}


def test_one_that_is_put_off_says_why_and_until_when(home):
    (track,) = songs(home, 1)
    with desk_of(home) as desk:
        rooms = desk.rooms
        job = AtWork(sync(desk), track["uri"])
        (track_id,) = job.until_it_waits().tracks
        rooms.ledger.tracks.restart(track_id)
        postponed = Postponed(reason="The volume is away.", not_before=rooms.clock() + 3600)
        rooms.ledger.tracks.finish(track_id, postponed)
        waiting = job.work()
        assert isinstance(waiting, GoOn)
        assert waiting.text.startswith("0 of 1 have ended; put off until ")
        assert waiting.text.endswith(": The volume is away.")


# --- what was written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Give a link, or the word “likes”"),
        ("liked", "“liked” is neither a link"),
        ("/etc", "taken up where they are"),
        ("~/Music", "taken up where they are"),
        ("file:///etc/passwd", "taken up where they are"),
        ("https://open.spotify.com/artist/0123456789012345678901", "An artist's page"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_can_be_written(home, text, says):
    with desk_of(home) as desk, pytest.raises(Refused, match=says):
        sync(desk).read(Wording(text=text))


def test_only_who_types_here_means_files_of_this_computer(home):
    folder = home.folder / "crate"
    folder.mkdir()
    with desk_of(home, takes_paths=True) as desk:
        assert sync(desk).read(Wording(text=str(folder))).link == str(folder)
    with desk_of(home) as desk, pytest.raises(Refused):
        sync(desk).read(Wording(text=str(folder)))


def test_a_dry_run_names_what_would_be_taken_up_and_keeps_nothing(home):
    tracks = songs(home, 25)
    link = a_playlist(home, tracks)
    with desk_of(home) as desk:
        verb = sync(desk)
        text = would(verb, verb.read(Wording(text=link)))
        assert text.count("Would take up: Somebody - Song") == 20
        assert text.endswith("… and 5 more")
        assert desk.rooms.ledger.tracks.count_by_status() == {}
        assert "spotify-liked" in would(verb, verb.read(Wording(text="Likes")))


# --- likes -----------------------------------------------------------------------------------------------------------


def test_what_is_newly_liked_is_found_now_and_waited_for(home):
    likes(home, *range(10))
    with desk_of(home) as desk:
        rooms = desk.rooms
        AtWork(sync(desk), "likes").until_it_waits()
        likes(home, 20, 21)
        job = AtWork(sync(desk), "Likes")
        waiting = job.until_it_waits()
        titles = {rooms.ledger.tracks.get(track_id).track.title for track_id in waiting.tracks}
        assert titles == {"Song 20", "Song 21"}
        for track_id in waiting.tracks:
            filed(rooms, track_id)
        assert job.until_it_waits().text == "2 tracks: 2 filed."
        nothing = AtWork(sync(desk), "likes").until_it_waits()
        assert nothing == Complete(text="Nothing new.")


def test_a_kill_behind_the_look_loses_none_of_what_it_found(home):
    likes(home, *range(3))
    with desk_of(home) as desk:
        AtWork(sync(desk), "likes").until_it_waits()
        likes(home, 20)
        job = AtWork(sync(desk), "likes")
        job.work()
        before = dict(job.memory)
        job.work()
        job.memory = before  # what the look brought was not kept
        assert job.until_it_waits().of == 1


def test_a_source_that_cannot_be_asked_is_said_and_the_others_are(home):
    likes(home, 1)
    home.world.faults.add("soundcloud", faults.server_error(503), times=None)
    with desk_of(home) as desk:
        job = AtWork(sync(desk), "likes")
        (track_id,) = job.until_it_waits().tracks
        filed(desk.rooms, track_id)
        ended = job.until_it_waits()
        assert isinstance(ended, Complete)
        assert "soundcloud-likes could not be asked" in ended.text


def test_when_nobody_answers_it_is_tried_again_later_and_without_a_source_it_is_refused(home):
    home.world.faults.add("soundcloud", faults.server_error(503), times=None)
    home.world.faults.add("spotify", faults.server_error(503), times=None)
    with desk_of(home) as desk, pytest.raises(Transient, match="spotify-liked could not be asked"):
        AtWork(sync(desk), "likes").until_it_waits()
    home.environ |= {"SOURCES": "notion"}
    with desk_of(home) as desk, pytest.raises(Refused, match="no source of likes"):
        AtWork(sync(desk), "likes").until_it_waits()


def test_a_daemon_may_have_its_own_way_to_ask_a_source(home):
    asked = []
    with desk_of(home) as desk:
        real = desk.look_into

        def ask(link):
            asked.append(link.name)
            return real(link)

        with desk_of(home, ask=ask) as other:
            AtWork(sync(other), "likes").until_it_waits()
    assert asked == ["soundcloud-likes", "spotify-liked"]
