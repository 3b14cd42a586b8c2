"""The chain as the settings want it, on the real services of the sandbox."""

from __future__ import annotations

import pytest

from daemon.service.discovering import discover
from daemon.service.finding import everything
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.world import COPPER_SUN, LOW_TIDE
from tests.house import a_home


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def open_rooms(home):
    settings = home.settings
    return open_house(settings, lambda _told: None, Outside(settings))


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({}, ["spotify-playing", "soundcloud-likes", "spotify-liked", "notion"]),
        ({"SOURCES": "notion soundcloud-likes"}, ["notion", "soundcloud-likes"]),
        (
            {
                "SOURCES": "notion",
                "SPOTIFY_PLAYLISTS": "abc",
                "SOUNDCLOUD_PLAYLISTS": "https://soundcloud.com/a/sets/b",
            },
            ["notion", "spotify-playlist:abc", "soundcloud-set:https://soundcloud.com/a/sets/b"],
        ),
    ],
)
def test_the_chain_has_the_links_and_the_order_that_the_settings_name(home, more, names):
    home.environ.update(more)
    with open_rooms(home) as rooms:
        assert [link.name for link in rooms.links] == names
        assert {rooms.services_of(name)[0] for name in names} <= {"spotify", "soundcloud", "notion"}


def test_a_source_without_its_settings_says_which_and_the_others_go_on(home):
    del home.environ["SPOTIFY_CLIENT_ID"]
    with open_rooms(home) as rooms:
        said = {link.name: discover(rooms, link) for link in rooms.links}
    assert said["spotify-playing"].verdict == said["spotify-liked"].verdict == "not configured"
    assert "SPOTIFY_CLIENT_ID" in said["spotify-liked"].text
    assert said["soundcloud-likes"].verdict == "nothing new"


def test_a_set_that_is_liked_later_brings_its_tracks_and_one_that_was_there_before_does_not(home):
    soundcloud = home.world.twins.media.soundcloud
    listener = soundcloud._users["sandbox-listener"]
    old, new = (home.world.person.likes_on_soundcloud(piece) for piece in (LOW_TIDE, COPPER_SUN))
    for track in (old, new):
        soundcloud.unlike(listener, track)
    before = soundcloud.add_playlist(listener, "From before", [old])
    soundcloud.like(listener, before)

    def look():
        with open_rooms(home) as rooms:
            link = next(link for link in rooms.links if link.name == "soundcloud-likes")
            return [ref.playlist for ref in discover(rooms, link).refs]

    assert look() == []
    soundcloud.like(listener, soundcloud.add_playlist(listener, "Night drive", [new]))
    assert look() == ["Night drive"]
    assert look() == []


def test_everything_means_the_tracks_of_liked_sets_too(home):
    soundcloud = home.world.twins.media.soundcloud
    listener = soundcloud._users["sandbox-listener"]
    track = home.world.person.likes_on_soundcloud(LOW_TIDE)
    soundcloud.unlike(listener, track)
    soundcloud.like(listener, soundcloud.add_playlist(listener, "From before", [track]))
    with open_rooms(home) as rooms:
        [track_id] = everything(rooms).track_ids
        assert rooms.ledger.tracks.get(track_id).playlist == "From before"


def test_what_is_deleted_among_the_likes_is_noted_and_left(home):
    soundcloud = home.world.twins.media.soundcloud
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    soundcloud.like(soundcloud._users["sandbox-listener"], None)
    with open_rooms(home) as rooms:
        found = everything(rooms)
        assert len(found.track_ids) == 1
        [note] = [event for event in rooms.ledger.events.since(0) if "gone or private" in event.detail]
        assert (note.track_id, note.step, note.detail["gone or private"]) == (None, "soundcloud-likes", 1)
