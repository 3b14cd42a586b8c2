"""What a link, a file or a folder stands for, asked of the sandbox."""

from __future__ import annotations

from contextlib import closing

import pytest

from daemon.errors import BadMedia, NotFound, Refused
from daemon.models import Service
from daemon.wiring.by_hand import refs_of
from daemon.wiring.outside import Outside
from integrations.sandbox.music import Piece
from integrations.sandbox.spotify import Playlist, episode_object, playlist_line, track_object
from integrations.sandbox.world import recorded
from tests.house import a_home

HUM = Piece("Hum", "Ada Reyes", 120.0, "Am", 2.0, seed=41)


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


@pytest.fixture
def outside(home):
    with closing(Outside(home.settings)) as outside:
        yield outside


def asked(text, outside):
    return list(refs_of(str(text), outside))


def songs(home, count):
    """That many tracks of one album on Spotify."""
    tracks = [track_object(f"Song {number:02}", ["Somebody"], album="Long One") for number in range(count)]
    home.world.twins.spotify.add(*tracks)
    return tracks


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_spotify_playlist_is_its_tracks_in_its_own_order_found_by_hand(home, outside):
    tracks = songs(home, 60)
    lines = [playlist_line(track, None) for track in (*tracks, episode_object("Talk"), None)]
    playlist = home.world.twins.spotify.add_playlist(Playlist(name="Mine", lines=lines))
    refs = asked(f"spotify:playlist:{playlist.id}", outside)
    assert [ref.id for ref in refs] == [track["id"] for track in tracks]
    assert {(ref.found_in, ref.playlist) for ref in refs} == {("url", "Mine")}


def test_a_spotify_album_is_read_to_its_end_and_its_tracks_know_it(home, outside):
    tracks = songs(home, 60)
    home.world.log.clear()
    refs = asked(f"https://open.spotify.com/album/{tracks[0]['album']['id']}?si=abc", outside)
    assert [ref.id for ref in refs] == [track["id"] for track in tracks]
    assert {(ref.found_in, ref.playlist, ref.told.album) for ref in refs} == {("url", "Long One", "Long One")}
    assert refs[0].told.artwork_url
    assert len(home.world.log.of("spotify", method="GET")) == 2


def test_a_soundcloud_set_and_a_youtube_playlist_are_their_tracks_once(home, outside):
    soundcloud, youtube = home.world.twins.media.soundcloud, home.world.twins.media.youtube
    me = soundcloud.add_user("me")
    tracks = [soundcloud.add_track(me, title, duration_s=200.0) for title in ("One", "Two")]
    refs = asked(soundcloud.add_playlist(me, "Both", [*tracks, tracks[0]]).url, outside)
    assert [ref.id for ref in refs] == [str(track.id) for track in tracks]
    videos = [youtube.add_video(f"video_{name:_<5}", name, channel="C", duration_s=9) for name in ("one", "two", "off")]
    videos[2].trouble = "private"
    refs = asked(youtube.add_playlist("PLboth", "Both", [videos[1], videos[0], videos[2], videos[1]], "C").url, outside)
    assert [ref.id for ref in refs] == [videos[1].id, videos[0].id]
    assert {ref.playlist for ref in refs} == {"Both"}


@pytest.mark.parametrize("lead", ["", "Listen to this: "])
def test_a_short_link_is_what_it_leads_to(home, outside, lead):
    short = home.world.twins.media.soundcloud.shorten("https://soundcloud.com/Me/One?si=abc")
    (ref,) = asked(f"{lead}{short}", outside)
    assert (ref.service, ref.url) == (Service.SOUNDCLOUD, "https://soundcloud.com/me/one")


def test_a_page_that_only_embeds_a_player_is_no_service_of_its_own(home, outside):
    home.world.twins.media.elsewhere["https://label.example/song.mp3"] = ("audio/mpeg", recorded(HUM, "mp3").data)
    (ref,) = asked("https://label.example/song.mp3?utm_source=mail", outside)
    assert (ref.service, ref.url) == (Service.WEB, "https://label.example/song.mp3")


# --- the person's own ------------------------------------------------------------------------------------------------


def test_a_file_is_looked_into_and_a_folder_is_its_audio_files(tmp_path, outside):
    folder = tmp_path / "crate"
    folder.mkdir()
    file = folder / "Ada Reyes - Hum.mp3"
    file.write_bytes(recorded(HUM, "mp3").data)
    (folder / "cover.jpg").write_bytes(b"no audio")
    (ref,) = asked(file, outside)
    assert (ref.service, ref.told.title, ref.told.artists, ref.playlist) == (Service.FILE, "Hum", ("Ada Reyes",), None)
    (same,) = asked(folder, outside)
    assert (same.alias, same.playlist) == (ref.alias, "crate")


# --- what cannot be used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Give a link, an audio file or a folder"),
        ("the ferry song", "is neither a link nor a file or folder"),
        ("/not/there.mp3", "is neither a link nor a file or folder"),
        ("https://open.spotify.com/show/0123456789012345678901", "Podcasts are not taken"),
        ("https://soundcloud.com/me/likes", "is all that somebody likes"),
        ("https://www.youtube.com/@somebody", "neither a video nor a playlist"),
        ("https://soundcloud.com/me/one https://soundcloud.com/me/two", "several links"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anybody_takes_a_track(outside, text, words):
    with pytest.raises(Refused, match=words):
        refs_of(text, outside)


def test_a_file_that_is_no_audio_is_refused_at_once(tmp_path, outside):
    (tmp_path / "notes.txt").write_text("no audio")
    with pytest.raises(BadMedia, match="no audio file"):
        refs_of(str(tmp_path / "notes.txt"), outside)


def test_an_empty_folder_and_an_empty_list_are_told(home, tmp_path, outside):
    (tmp_path / "empty").mkdir()
    playlist = home.world.twins.spotify.add_playlist(Playlist(name="Empty"))
    for text in (tmp_path / "empty", f"https://open.spotify.com/playlist/{playlist.id}"):
        with pytest.raises(Refused, match="no track that can be taken up"):
            asked(text, outside)


def test_a_list_that_is_gone_and_a_short_link_that_leads_nowhere_are_told(outside):
    for text in ("https://open.spotify.com/album/0123456789012345678901", "https://on.soundcloud.com/none"):
        with pytest.raises(NotFound):
            asked(text, outside)


def test_without_spotify_a_link_of_it_says_what_to_set(home):
    settings = home.settings.model_copy(update={"spotify_client_id": None})
    with closing(Outside(settings)) as outside:
        for kind in ("track", "playlist"):
            with pytest.raises(Refused, match="set SPOTIFY_CLIENT_ID"):
                refs_of(f"https://open.spotify.com/{kind}/0123456789012345678901", outside)
