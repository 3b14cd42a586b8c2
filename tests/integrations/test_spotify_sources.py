"""What our Spotify sources find, and who a track is, through the real spotipy, before the loopback Spotify."""

import dataclasses
from collections.abc import Iterator
from itertools import islice

import pytest

from daemon.errors import AuthExpired, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Alias, Json, Service, TrackRef
from integrations.sandbox import faults
from integrations.sandbox.spotify import (
    Playing,
    Playlist,
    episode_object,
    local_file_object,
    playlist_line,
    saved_track,
    spotify_id,
    track_object,
)
from integrations.spotify import SpotifyCatalogue, SpotifyLiked, SpotifyPlaying, SpotifyPlaylist
from integrations.spotify.playing import Player, counts, next_look_s, player_of
from integrations.spotify.tracks import ref_of, track_of
from tests.integrations.spotify_stage import SpotifyStage, spotify_stage

SONG = track_object("Night Bus", ["Ana", "Ben"], isrc="DEZZ92400001", album="Lines", release_date="2024-03")
SHORT = track_object("Interlude", ["Ana"], duration_ms=20_000)


@pytest.fixture
def stage(tmp_path) -> Iterator[SpotifyStage]:
    with spotify_stage(tmp_path) as stage:
        yield stage


def ids(refs) -> list[str]:
    return [ref.id for ref in refs]


def asked(stage, path: str) -> int:
    return len(stage.log.of(path=path))


# --- what plays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("playing", "found"),
    [
        (None, []),
        (Playing(item=SONG), [SONG["id"]]),
        (Playing(item=SONG, progress_ms=30_000), [SONG["id"]]),
        (Playing(item=SONG, progress_ms=29_999), []),
        (Playing(item=SONG, is_playing=False), [SONG["id"]]),
        (Playing(item=SONG, is_playing=False, progress_ms=12_000), []),
        (Playing(item=SHORT, progress_ms=18_000), [SHORT["id"]]),
        (Playing(item=SHORT, progress_ms=17_000), []),
        (Playing(item=SONG, private_session=True), []),
        (Playing(item=None), []),
        (Playing(item=None, type="ad"), []),
        (Playing(item=SONG, type="ad"), []),
        (Playing(item=SONG, type="unknown"), []),
        (Playing(item=episode_object("Talk"), type="episode"), []),
        (Playing(item=episode_object("Talk")), []),
        (Playing(item=local_file_object("Bootleg", "Me")), []),
    ],
)
def test_only_a_track_that_was_heard_for_a_while_counts(stage, playing, found):
    stage.twin.playing = playing
    source = SpotifyPlaying(stage.session())
    assert ids(source.newest(5)) == ids(source.newest_first()) == found
    assert asked(stage, "/v1/me/player") == 2


def test_skipping_through_an_album_finds_nothing(stage):
    source = SpotifyPlaying(stage.session())
    for number in range(8):
        stage.twin.playing = Playing(item=track_object(f"Song {number}", ["Ana"]), progress_ms=9_000)
        assert list(source.newest_first()) == []


PLAYER = Player(kind="track", is_playing=True, progress_s=0, duration_s=200, track={})


def player(**changes) -> Player:
    return dataclasses.replace(PLAYER, **changes)


@pytest.mark.parametrize(
    ("now", "waits_s"),
    [
        (None, 300),
        (player(is_playing=False, progress_s=12), 300),
        (player(), 31),
        (player(progress_s=12), 19),
        (player(progress_s=29), 5),
        (player(progress_s=30), 171),
        (player(progress_s=199.5), 5),
        (player(progress_s=500), 5),
        (player(duration_s=20), 19),
        (player(duration_s=20, progress_s=18), 5),
        (player(duration_s=3600, progress_s=40), 300),
        (player(track=None), 201),
        (player(kind="ad", duration_s=None, track=None), 30),
        (player(kind="ad", duration_s=15, track=None), 16),
        (player(kind="unknown", duration_s=None, track=None), 30),
        (player(kind="episode", duration_s=None, track=None), 300),
    ],
)
def test_when_the_next_look_is_worth_it(now, waits_s):
    assert next_look_s(now, heard_for_s=30, least_s=5, most_s=300) == waits_s


@pytest.mark.parametrize("now", [player(), player(progress_s=12), player(duration_s=20), player(duration_s=33)])
def test_at_the_next_look_it_counts(now):
    later_s = next_look_s(now, heard_for_s=30, least_s=5, most_s=300)
    assert not counts(now, 30)
    assert counts(player(progress_s=now.progress_s + later_s, duration_s=now.duration_s), 30)


@pytest.mark.parametrize("progress_ms", [None, "soon"])
def test_a_progress_that_is_none(progress_ms):
    answer = {"is_playing": True, "currently_playing_type": "track", "item": SONG, "progress_ms": progress_ms}
    assert player_of(answer).progress_s == 0


def test_a_look_says_when_to_look_again(stage):
    source = SpotifyPlaying(stage.session(), least_s=10, most_s=240)
    assert source.look_again_in_s == 10
    stage.twin.playing = Playing(item=SONG, progress_ms=112_000)
    source.newest(1)
    assert source.look_again_in_s == 101
    stage.twin.playing = None
    source.newest(1)
    assert source.look_again_in_s == 240


def test_what_plays_is_told_in_full(stage):
    stage.twin.playing = Playing(item=SONG)
    (ref,) = SpotifyPlaying(stage.session()).newest(1)
    assert ref == TrackRef(
        service=Service.SPOTIFY,
        id=SONG["id"],
        url=SONG["external_urls"]["spotify"],
        found_in="spotify-playing",
        told=track_of(SONG),
    )


@pytest.mark.parametrize("item", [{**SONG, "name": None}, {**SONG, "name": 5}])
def test_a_track_that_is_none(stage, item):
    stage.twin.playing = Playing(item=item)
    with pytest.raises(Unreachable, match="without an id or a name"):
        SpotifyPlaying(stage.session()).newest(1)


# --- what is liked ---------------------------------------------------------------------------------------------------


def songs(count: int):
    return [track_object(f"Song {number}", ["Ana"]) for number in range(count)]


def like(stage, tracks) -> None:
    stage.twin.liked = [saved_track(track, "2026-01-01T10:00:00Z") for track in tracks]


@pytest.mark.parametrize(("limit", "offsets"), [(0, []), (1, [0]), (50, [0]), (51, [0, 48]), (500, [0, 48, 96])])
def test_likes_come_in_pages_that_overlap(stage, limit, offsets):
    there = songs(120)
    like(stage, there)
    found = SpotifyLiked(stage.session()).newest(limit)
    assert ids(found) == [song["id"] for song in there[:limit]]
    pages = stage.log.of(path="/v1/me/tracks")
    assert [int(page.query["offset"]) for page in pages] == offsets
    assert {page.query["limit"] for page in pages} <= {"50"}


def test_who_stops_within_the_first_page_costs_one_request(stage):
    like(stage, songs(120))
    session = stage.session()
    session.who()
    before = len(stage.log.of())
    assert len(list(islice(SpotifyLiked(session).newest_first(), 50))) == 50
    assert len(stage.log.of()) == before + 1


def test_a_walk_goes_on_from_its_bookmark(stage):
    there = songs(200)
    like(stage, there)
    session = stage.session()
    walk = SpotifyLiked(session).walk()
    first, second = next(walk), next(walk)
    assert first.total == 200
    before = asked(stage, "/v1/me/tracks")

    rest = list(SpotifyLiked(session).walk(second.bookmark))

    assert ids([*first.refs, *second.refs, *(ref for page in rest for ref in page.refs)]) == [s["id"] for s in there]
    assert asked(stage, "/v1/me/tracks") - before == len(rest) == 3


def test_unlikes_in_the_middle_of_a_walk_skip_nothing(stage):
    there = songs(150)
    like(stage, there)
    walk = SpotifyLiked(stage.session()).walk()
    found = list(next(walk).refs)
    del stage.twin.liked[10:40]
    found += [ref for page in walk for ref in page.refs]
    assert {*ids(found)} == {song["id"] for song in there}


@pytest.mark.parametrize("nonsense", ["", "{}", "[]", "null", '{"offset": -1, "last_ids": [], "last_added_at": ""}'])
def test_a_bookmark_that_is_none_begins_anew(stage, nonsense):
    like(stage, songs(3))
    (page,) = SpotifyLiked(stage.session()).walk(nonsense)
    assert len(page.refs) == 3


@pytest.mark.parametrize("body", [b'{"items": [], "total": 9, "next": "there"}', b'{"items": []}', b'{"items": 3}'])
def test_a_page_that_makes_no_sense(stage, body):
    stage.faults.add("spotify", faults.answer(200, body), route="/v1/me/tracks", times=None)
    with pytest.raises(Unreachable):
        SpotifyLiked(stage.session()).newest(1)


def test_what_is_no_track_is_passed_over(stage):
    first, second = songs(2)
    like(stage, [None, first, local_file_object("Bootleg", "Me"), second])
    assert [ref.id for ref in SpotifyLiked(stage.session()).newest(2)] == [first["id"], second["id"]]


def test_a_like_given_between_two_pages_repeats_nothing(stage):
    there = songs(60)
    like(stage, [*there[:50], there[49], *there[50:]])
    assert [ref.id for ref in SpotifyLiked(stage.session()).newest(100)] == [song["id"] for song in there]


def test_checks_say_what_is_there_and_what_to_do(stage):
    session = stage.session()
    like(stage, songs(3))
    assert "3 liked tracks" in SpotifyLiked(session).check().text
    assert "no track plays" in SpotifyPlaying(session).check().text

    stage.twin.accounts.revoke()
    stage.keep(expires_at=0)
    check = SpotifyLiked(session).check()
    assert (check.level, check.todo) == ("problem", "Run `cratekeeper login spotify`.")


# --- a playlist ------------------------------------------------------------------------------------------------------


def playlist(stage, count: int, **kind) -> tuple[Playlist, list[Json]]:
    """Its tracks were added one a day, the newest lowest."""
    there = songs(count)
    lines = [
        playlist_line(song, f"2026-{1 + day // 28:02}-{1 + day % 28:02}T10:00:00Z") for day, song in enumerate(there)
    ]
    return stage.twin.add_playlist(Playlist(name="Sunday Crate", lines=lines, **kind)), there


def test_a_playlist_gives_what_was_added_last_first(stage):
    there, tracks = playlist(stage, 60)
    there.lines.insert(0, playlist_line(SONG, "2026-11-20T10:00:00Z"))  # added last, and dragged to the top
    there.lines += [
        playlist_line(None, None),
        playlist_line(local_file_object("Bootleg", "Me"), "2026-11-01T10:00:00Z"),
    ]
    found = list(SpotifyPlaylist(stage.session(), there.id).newest_first())
    assert ids(found) == [SONG["id"], *(track["id"] for track in reversed(tracks))]
    assert {ref.playlist for ref in found} == {"Sunday Crate"}
    assert {ref.found_in for ref in found} == {f"spotify-playlist:{there.id}"}


def test_a_playlist_that_stays_as_it_is_costs_one_request(stage):
    there, tracks = playlist(stage, 120)
    source = SpotifyPlaylist(stage.session(), f"https://open.spotify.com/playlist/{there.id}?si=abc", label="sunday")
    assert source.name == "spotify-playlist:sunday"
    list(source.newest_first())
    before = asked(stage, "/v1/playlists")
    assert len(list(source.newest_first())) == 120
    assert asked(stage, "/v1/playlists") == before + 1

    there.lines.append(playlist_line(SONG, "2026-11-20T10:00:00Z"))
    assert ids(source.newest(2)) == [SONG["id"], tracks[-1]["id"]]


def test_a_track_that_a_playlist_holds_twice_comes_once(stage):
    there, tracks = playlist(stage, 3)
    there.lines.append(playlist_line(tracks[0], "2026-11-20T10:00:00Z"))
    assert ids(SpotifyPlaylist(stage.session(), there.id).newest(9)) == [
        tracks[0]["id"],
        tracks[2]["id"],
        tracks[1]["id"],
    ]


def test_a_playlist_in_its_own_order_from_a_bookmark_on(stage):
    there, tracks = playlist(stage, 120)
    source = SpotifyPlaylist(stage.session(), there.id)
    first = next(source.walk())
    rest = [ref for page in source.walk(first.bookmark) for ref in page.refs]
    assert ids([*first.refs, *rest]) == [track["id"] for track in tracks]
    assert (first.total, first.refs[0].playlist) == (120, "Sunday Crate")


def test_the_older_spelling_of_a_line_is_read_too(stage):
    there, _ = playlist(stage, 2)
    for line in there.lines:
        del line["item"]
    assert len(SpotifyPlaylist(stage.session(), there.id).newest(9)) == 2


def test_somebody_elses_playlist_is_refused_and_parks_nothing(stage):
    there, _ = playlist(stage, 2, owner="somebody")
    source = SpotifyPlaylist(stage.session(), there.id)
    with pytest.raises(Refused, match="yours"):
        source.newest(1)
    assert source.check().level == "problem"


def test_a_log_in_from_before_playlists_is_told_to_log_in_again(stage):
    there, _ = playlist(stage, 2, public=False)
    stage.twin.accounts.consent("SECRET-older", scope="user-library-read user-read-currently-playing")
    session = stage.session(refresh_token="SECRET-older")
    with pytest.raises(Refused, match="login spotify"):
        SpotifyPlaylist(session, there.id).newest(1)
    assert SpotifyLiked(session).check().level == "ok"


@pytest.mark.parametrize("unknown", [spotify_id("never"), "no such thing!", "spotify:album:abc"])
def test_a_playlist_that_is_not_there(stage, unknown):
    with pytest.raises(NotFound):
        SpotifyPlaylist(stage.session(), unknown).newest(1)


def test_a_rate_limit_on_a_playlist_keeps_its_number(stage):
    there, _ = playlist(stage, 2)
    stage.faults.add("spotify", faults.rate_limited(86400), route="/v1/playlists/*")
    with pytest.raises(RateLimited) as caught:
        SpotifyPlaylist(stage.session(), there.id).newest(1)
    assert caught.value.retry_after_s == 86400


def test_a_playlist_says_how_it_stands(stage):
    there, _ = playlist(stage, 2)
    source = SpotifyPlaylist(stage.session(), there.id)
    assert source.check().text == "logged in to Spotify; 2 tracks in “Sunday Crate”"
    stage.twin.accounts.revoke()
    stage.keep(expires_at=0)
    with pytest.raises(AuthExpired):
        source.newest(1)


# --- who it is -------------------------------------------------------------------------------------------------------


def test_a_track_object_in_full():
    track = track_of(SONG)
    assert (track.title, track.artists, track.album) == ("Night Bus", ("Ana", "Ben"), "Lines")
    assert (track.duration_s, track.isrc, track.release_date) == (212.0, "DEZZ92400001", "2024-03")
    assert track.artwork_url == SONG["album"]["images"][0]["url"]
    assert track.aliases == (Alias(service=Service.SPOTIFY, id=SONG["id"]),)
    assert track.urls == {Service.SPOTIFY: SONG["external_urls"]["spotify"]}


def test_a_track_object_with_next_to_nothing():
    track = track_of({"id": "abc", "name": "Untitled"})
    assert (track.title, track.artists, track.album, track.duration_s) == ("Untitled", (), None, None)
    assert (track.isrc, track.release_date, track.artwork_url, track.genre) == (None, None, None, None)
    assert track.urls == {Service.SPOTIFY: "https://open.spotify.com/track/abc"}


@pytest.mark.parametrize(
    ("isrc", "kept"),
    [
        ("dezz92400001", "DEZZ92400001"),
        ("DE-ZZ9-24-00001", "DEZZ92400001"),
        (" DEZZ92400001 ", "DEZZ92400001"),
        ("DEZZ9240001", None),
        ("", None),
        (None, None),
    ],
)
def test_isrcs(isrc, kept):
    assert track_of({**SONG, "external_ids": {"isrc": isrc}}).isrc == kept


@pytest.mark.parametrize(
    ("date", "kept"),
    [("2024", "2024"), ("2024-03", "2024-03"), ("2024-03-01", "2024-03-01"), ("0000", None), ("", None), (None, None)],
)
def test_release_dates(date, kept):
    assert track_of({**SONG, "album": {**SONG["album"], "release_date": date}}).release_date == kept


@pytest.mark.parametrize(("widths", "largest"), [([64, 640, 300], 1), ([None, None], 0), ([None, 300], 1), ([], None)])
def test_the_largest_picture(widths, largest):
    images = [{"url": f"https://pictures.test/{index}", "width": width} for index, width in enumerate(widths)]
    expected = None if largest is None else f"https://pictures.test/{largest}"
    assert track_of({**SONG, "album": {**SONG["album"], "images": images}}).artwork_url == expected


def test_what_was_told_in_full_is_not_asked_again(stage):
    track = SpotifyCatalogue(stage.session()).describe(ref_of(SONG, "spotify-liked"))
    assert track == track_of(SONG)
    assert stage.log.of() == []


def test_a_missing_isrc_is_filled_in_by_one_question(stage):
    stage.twin.add(SONG)
    ref = ref_of({**SONG, "external_ids": {}}, "spotify-playing")
    assert SpotifyCatalogue(stage.session()).describe(ref).isrc == "DEZZ92400001"
    assert len(stage.log.of(path="/v1/tracks/")) == 1


def test_the_same_question_is_asked_once(stage):
    stage.twin.add(SONG)
    catalogue = SpotifyCatalogue(stage.session())
    ref = ref_of({**SONG, "external_ids": {}}, "spotify-playing")
    assert catalogue.describe(ref) == catalogue.describe(ref)
    assert asked(stage, "/v1/tracks/") == 1


def test_every_id_of_a_relinked_track_is_an_alias(stage):
    stage.twin.add(SONG)
    old, older = spotify_id("old"), spotify_id("older")
    stage.twin.relinked[old] = SONG["id"]
    told = {**SONG, "id": old, "external_ids": {}, "linked_from": {"id": older}}
    track = SpotifyCatalogue(stage.session()).describe(ref_of(told, "spotify-playing"))
    assert [alias.id for alias in track.aliases] == [old, older, SONG["id"]]


@pytest.mark.parametrize("unknown", [spotify_id("never"), "no such thing!", "spotify:album:abc"])
def test_a_track_that_is_gone(stage, unknown):
    ref = TrackRef(service=Service.SPOTIFY, id=unknown, url="", found_in="url")
    with pytest.raises(NotFound):
        SpotifyCatalogue(stage.session()).describe(ref)
