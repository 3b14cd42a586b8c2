"""What a run works on: the real house against the sandbox, and no engine; nothing is downloaded here."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from daemon.models import Failed, Filed, Format, Service, Shelved, Status, TrackRef
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.pipeline.shelving.volumes import ready_library
from daemon.service.finding import again, by_chain, by_hand, everything, preview, preview_history
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox import faults
from integrations.sandbox.spotify import saved_track, track_object
from tests.house import a_home

LIKED = "/v1/me/tracks"


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


@pytest.fixture
def listener(home):
    """Whose likes on SoundCloud are read."""
    return home.world.person._listener


@contextmanager
def rooms_of(home):
    with open_house(home.settings, lambda _told: None, Outside(home.settings)) as rooms:
        yield rooms


def likes(home, *numbers):
    """Liked on Spotify one after the other; answers their ids."""
    spotify = home.world.twins.spotify
    for number in numbers:
        track = track_object(f"Song {number}", ["Somebody"], duration_ms=10_000 + number, isrc=f"QZSBX25{number:05}")
        spotify.add(track)
        spotify.liked.insert(0, saved_track(track, f"2026-11-01T{number // 60:02}:{number % 60:02}:00Z"))
    return [line["track"]["id"] for line in reversed(spotify.liked[: len(numbers)])]


def sounds(home, listener, *numbers):
    """Liked on SoundCloud one after the other."""
    soundcloud = home.world.twins.media.soundcloud
    tracks = [soundcloud.add_track(listener, f"Sound {number}", duration_s=200.0) for number in numbers]
    for track in tracks:
        soundcloud.like(listener, track)
    return tracks


def a_row(home, values):
    """A row that the person has made in Notion."""
    notion = home.world.twins.notion
    (source_id,) = notion.data_source_ids(home.world.twins.tracks_db_id)
    return notion.add_row_as_person(source_id, values)


def titles(rooms, found):
    return [rooms.ledger.tracks.get(track_id).track.title for track_id in found.track_ids]


def verdicts(found):
    return {answer.source: answer.verdict for answer in found.answers}


def offsets(home):
    return [int(line.query.get("offset", 0)) for line in home.world.log.of("spotify", path=LIKED)]


# --- first contact, and what comes after -----------------------------------------------------------------------------


def test_of_120_likes_a_few_are_taken_up_at_first_contact_and_the_rest_is_history(home):
    likes(home, *range(120))
    with rooms_of(home) as rooms:
        found = by_chain(1)(rooms)
        assert titles(rooms, found) == ["Song 119"]
        assert len(rooms.ledger.tracks.unfinished()) == rooms.batch == 5
        by_chain(1)(rooms)
        assert len(rooms.ledger.tracks.unfinished()) == 5, "what was there before us is not found by itself"


def test_twenty_likes_between_two_looks_are_twenty_tracks(home):
    likes(home, *range(30))
    with rooms_of(home) as rooms:
        by_chain(1)(rooms)
        likes(home, *range(100, 120))
        found = by_chain(1)(rooms)
        assert titles(rooms, found) == ["Song 119"]
        assert len(rooms.ledger.tracks.unfinished()) == 5 + 20
        assert len(by_chain(100)(rooms).track_ids) == 25


def test_a_batch_takes_one_of_each_source_in_turn(home, listener):
    likes(home, 1, 2, 3)
    sounds(home, listener, 1, 2, 3)
    with rooms_of(home) as rooms:
        services = [rooms.ledger.tracks.get(track_id).found_in for track_id in by_chain(4)(rooms).track_ids]
    assert services == ["soundcloud-likes", "spotify-liked"] * 2


def test_what_a_preview_tells_is_what_is_found_and_it_keeps_nothing(home, listener):
    likes(home, *range(8))
    sounds(home, listener, 1, 2)
    with rooms_of(home) as rooms:
        rooms.adopt()
        told, _answers = preview(rooms, 4)
        beyond = list(preview_history(rooms))
        assert rooms.ledger.tracks.count_by_status() == {}
        found = by_chain(4)(rooms)
        assert [rooms.ledger.tracks.find(ref.service, ref.id) for ref in told] == list(found.track_ids)
        assert len(beyond) == 10
        rest = everything(rooms)
        assert {rooms.ledger.tracks.find(ref.service, ref.id) for ref in beyond} == set(rest.track_ids)


# --- what stands in Notion -------------------------------------------------------------------------------------------


def test_what_notion_says_is_downloaded_is_never_taken_up_wherever_it_is_liked(home, listener):
    (spotify_id,) = likes(home, 1)
    (sound,) = sounds(home, listener, 1)
    page = f"https://open.spotify.com/track/{spotify_id}?si=x"
    for address in ({"Spotify URL": page}, {"SoundCloud URL": f"{sound.url}?utm_source=clipboard"}):
        a_row(home, {"Title": "Mine", "Downloaded": True, **address})
    with rooms_of(home) as rooms:
        assert by_chain(10)(rooms).track_ids == ()
        assert everything(rooms).track_ids == ()
        by_link = by_hand([TrackRef(service=Service.SOUNDCLOUD, id=sound.url, url=sound.url, found_in="url")])(rooms)
        assert [rooms.ledger.tracks.get(track_id).status for track_id in by_link.track_ids] == [Status.DONE]
        assert rooms.ledger.tracks.count_by_status() == {Status.DONE: 2}


# --- everything ------------------------------------------------------------------------------------------------------


def test_everything_is_the_whole_history_of_both_services_once(home, listener):
    home.world.twins.media.soundcloud.page_size = 20
    likes(home, *range(120))
    sounds(home, listener, *range(30))
    with rooms_of(home) as rooms:
        found = everything(rooms)
        assert (len(found.track_ids), found.is_whole) == (150, True)
        assert len(set(found.track_ids)) == 150
        home.world.log.clear()
        assert set(everything(rooms).track_ids) == set(found.track_ids)
        assert offsets(home) == [0], "what was walked to its end is not walked again"


def test_a_history_that_is_cut_off_is_told_and_goes_on_behind_its_last_page(home, listener):
    likes(home, *range(220))
    sounds(home, listener, 1, 2)
    home.world.faults.add("spotify", faults.server_error(503), route=LIKED, skip=3, times=None)
    with rooms_of(home) as rooms:
        found = everything(rooms)
        assert not found.is_whole
        assert verdicts(found)["spotify-liked"] == "failed"
        assert len(found.track_ids) == 98 + 2, "two pages that overlap, and the other service's"
        home.world.faults.clear()
        home.world.log.clear()
        whole = everything(rooms)
        assert (len(whole.track_ids), whole.is_whole) == (222, True)
        assert offsets(home) == [0, 96, 144, 192], "one look for news, then on with an overlap"


def test_a_ban_in_the_middle_of_a_history_is_kept_and_costs_no_further_request(home):
    likes(home, *range(120))
    home.world.faults.add("spotify", faults.rate_limited(3600), route=LIKED, skip=1, times=None)
    with rooms_of(home) as rooms:
        assert verdicts(everything(rooms))["spotify-liked"] == "parked"
        assert rooms.ledger.services.parked("spotify") is not None
        home.world.log.clear()
        again_found = everything(rooms)
        assert (verdicts(again_found)["spotify-liked"], again_found.is_whole) == ("parked", False)
        assert home.world.log.of("spotify") == []


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_what_is_given_twice_is_one_track_and_what_had_failed_gets_another_chance(home):
    old = TrackRef(service=Service.FILE, id="0123", url="file:///old/place.mp3", found_in="url")
    moved = TrackRef(service=Service.FILE, id="0123", url="file:///new/place.mp3", found_in="url")
    with rooms_of(home) as rooms:
        (track_id,) = by_hand([old, old])(rooms).track_ids
        rooms.ledger.tracks.begin(track_id)
        rooms.ledger.tracks.finish(track_id, Failed(reason="it is not there", step="resolve"))
        assert by_hand([moved])(rooms).track_ids == (track_id,)
        row = rooms.ledger.tracks.get(track_id)
        assert (row.status, row.track.urls[Service.FILE]) == (Status.QUEUED, moved.url)


# --- once more -------------------------------------------------------------------------------------------------------


def test_a_file_that_is_missing_is_made_again_and_a_drive_that_is_away_loses_nothing(home):
    likes(home, 1)
    music = home.folder / "music"
    with rooms_of(home) as rooms:
        (track_id,) = by_chain(1)(rooms).track_ids
        assert again(10)(rooms).track_ids == ()
        library = ready_library(music, "OUT_DIR", None)
        rooms.ledger.memos.remember(folder_memo("library", music), library)
        file = music / "Somebody - Song 1.m4a"
        file.write_bytes(b"sound")
        shelved = Shelved(role="library", format=Format.M4A, path=str(file), size=5, mtime_ns=1, sha256="")
        rooms.ledger.tracks.finish(track_id, Filed(files=(shelved,)))
        assert again(10)(rooms).track_ids == ()
        music.rename(home.folder / "unplugged")
        assert again(10)(rooms).track_ids == ()
        (home.folder / "unplugged").rename(music)
        file.unlink()
        assert again(10)(rooms).track_ids == (track_id,)
        assert rooms.ledger.tracks.get(track_id).status is Status.QUEUED
