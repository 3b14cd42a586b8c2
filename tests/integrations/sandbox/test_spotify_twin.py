"""The twin speaks Spotify's shapes, and says no where Spotify does: through spotipy, and by hand where spotipy hides
what was said."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import httpx
import jsonschema
import pytest
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler

from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server
from integrations.sandbox.spotify import (
    SCOPE,
    Playing,
    Playlist,
    SpotifyTwin,
    episode_object,
    local_file_object,
    playlist_line,
    saved_track,
    spotify_id,
    track_object,
)
from tests.integrations.sandbox import spotify_shapes as shapes

REDIRECT = "http://127.0.0.1:8766/callback"
SONG = track_object("Night Bus", ["Ana", "Ben"], isrc="DEZZ92400001", album="Lines")
OTHER = track_object("Day Bus", ["Ben"], isrc="DEZZ92400002")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stand:
    twin: SpotifyTwin
    url: str
    clock: Clock
    http: httpx.Client
    sessions: list[requests.Session] = field(default_factory=list)

    def login(self, *, pkce: bool = False):
        session = requests.Session()
        self.sessions.append(session)
        shared = {
            "client_id": "client",
            "redirect_uri": REDIRECT,
            "scope": SCOPE.split(),
            "open_browser": False,
            "cache_handler": MemoryCacheHandler(),
            "requests_session": session,
            "requests_timeout": 5,
        }
        login = spotipy.SpotifyPKCE(**shared) if pkce else spotipy.SpotifyOAuth(client_secret="hush", **shared)
        login.OAUTH_TOKEN_URL = f"{self.url}/api/token"
        login.OAUTH_AUTHORIZE_URL = f"{self.url}/authorize"
        return login

    def spotify(self, **consent) -> spotipy.Spotify:
        login = self.login()
        token = login.refresh_access_token(self.twin.accounts.consent(**consent))
        client = spotipy.Spotify(auth=token["access_token"], requests_session=login._session, requests_timeout=5)
        client.prefix = f"{self.url}/v1/"
        return client

    def token(self, **form: str) -> httpx.Response:
        return self.http.post("/api/token", data=form)

    def get(self, path: str, token: str | None = None, **query) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.get(path, params=query, headers=headers)


@pytest.fixture
def stand() -> Iterator[Stand]:
    clock = Clock()
    twin = SpotifyTwin(client_id="client", client_secret="hush", clock=clock)
    with (
        Server(twin, faults=Faults(), log=RequestLog()) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        stand = Stand(twin, server.url, clock, http)
        yield stand
        for session in stand.sessions:
            session.close()


def refused(status: int, message: str):
    return pytest.raises(spotipy.SpotifyException, match=f"http status: {status}.*\n {message}")


# --- the accounts service --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pkce", [False, True], ids=["secret", "pkce"])
def test_a_person_logs_in(stand, pkce):
    login = stand.login(pkce=pkce)

    sent_back = stand.http.get(login.get_authorize_url("state-1"))
    address = sent_back.headers["Location"]
    code = login.parse_response_code(address)
    login.get_access_token(code, check_cache=False, **({} if pkce else {"as_dict": False}))

    assert sent_back.status_code == 302
    assert address.startswith(REDIRECT)
    assert parse_qs(urlsplit(address).query)["state"] == ["state-1"]
    token = login.cache_handler.get_cached_token()
    assert token["scope"] == SCOPE
    assert stand.get("/v1/me", token["access_token"]).status_code == 200
    with pytest.raises(spotipy.SpotifyOauthError, match="invalid_grant"):  # a code is good for one use
        login.get_access_token(code, check_cache=False, **({} if pkce else {"as_dict": False}))


def test_a_person_says_no(stand):
    stand.twin.accounts.denies = True
    login = stand.login()
    with pytest.raises(spotipy.SpotifyOauthError, match="access_denied"):
        login.parse_response_code(stand.http.get(login.get_authorize_url("s")).headers["Location"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "somebody"}, "Invalid client"),
        ({"redirect_uri": "http://localhost:8766/callback"}, "Insecure redirect URI"),
        ({"redirect_uri": "http://example.test/callback"}, "Insecure redirect URI"),
        ({"response_type": "token"}, "response_type"),
    ],
)
def test_the_consent_page_refuses(stand, change, words):
    right = {"client_id": "client", "redirect_uri": REDIRECT, "response_type": "code"}
    page = stand.get("/authorize", **(right | change))
    assert page.status_code == 400
    assert words in page.text


def code_for(stand, **query):
    asked = {"client_id": "client", "redirect_uri": REDIRECT, "response_type": "code", "scope": SCOPE, **query}
    return parse_qs(urlsplit(stand.get("/authorize", **asked).headers["Location"]).query)["code"][0]


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "somebody"}, "invalid_client"),
        ({"client_id": "client", "client_secret": "wrong", "grant_type": "refresh_token"}, "invalid_client"),
        ({"client_id": "client", "grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "client", "grant_type": "refresh_token"}, "invalid_request"),
        ({"client_id": "client", "grant_type": "refresh_token", "refresh_token": "never"}, "invalid_grant"),
        ({"client_id": "client", "grant_type": "authorization_code", "code": "never"}, "invalid_grant"),
    ],
)
def test_tokens_are_refused(stand, form, error):
    answer = stand.token(**form)
    assert answer.status_code == 400
    jsonschema.validate(answer.json(), shapes.TOKEN_ERROR)
    assert answer.json()["error"] == error


def test_a_code_wants_its_redirect_its_verifier_or_the_secret(stand):
    form = {"client_id": "client", "grant_type": "authorization_code", "redirect_uri": REDIRECT}
    pkce = {"code_challenge": challenge_of("right"), "code_challenge_method": "S256"}

    wrong_redirect = stand.token(**form | {"code": code_for(stand), "redirect_uri": "http://127.0.0.1/other"})
    wrong_verifier = stand.token(**form, code=code_for(stand, **pkce), code_verifier="wrong")
    no_secret = stand.token(**form, code=code_for(stand))
    right = stand.token(**form, code=code_for(stand, **pkce), code_verifier="right")

    assert "redirect" in wrong_redirect.json()["error_description"]
    assert "code_verifier" in wrong_verifier.json()["error_description"]
    assert no_secret.json()["error"] == "invalid_client"
    jsonschema.validate(right.json(), shapes.TOKEN)


def test_refreshing_by_basic_authorization_and_by_form(stand):
    refresh = stand.twin.accounts.consent()
    by_form = stand.token(client_id="client", client_secret="hush", grant_type="refresh_token", refresh_token=refresh)
    by_basic = stand.http.post(
        "/api/token", data={"grant_type": "refresh_token", "refresh_token": refresh}, auth=("client", "hush")
    )
    for answer in (by_form, by_basic):
        jsonschema.validate(answer.json(), shapes.TOKEN)
    without_secret = stand.token(client_id="client", grant_type="refresh_token", refresh_token=refresh)
    assert without_secret.json()["error"] == "invalid_client"


def test_with_pkce_a_refresh_token_is_good_once(stand):
    form = {"client_id": "client", "grant_type": "refresh_token"}
    first = stand.twin.accounts.consent("first", pkce=True)
    second = stand.token(**form, refresh_token=first).json()["refresh_token"]
    assert stand.token(**form, refresh_token=first).json()["error"] == "invalid_grant"
    assert stand.token(**form, refresh_token=second).status_code == 200


def test_a_consent_that_is_over(stand):
    refresh = stand.twin.accounts.consent()
    stand.twin.accounts.revoke()
    with pytest.raises(spotipy.SpotifyOauthError) as caught:
        stand.login().refresh_access_token(refresh)
    assert caught.value.error == "invalid_grant"


def test_no_token_a_wrong_one_and_one_that_is_over(stand):
    token = stand.login().refresh_access_token(stand.twin.accounts.consent())["access_token"]
    answers = [stand.get("/v1/me"), stand.get("/v1/me", "wrong"), stand.get("/v1/me", token)]
    stand.clock.now += 3600
    answers.append(stand.get("/v1/me", token))

    assert [answer.status_code for answer in answers] == [401, 401, 200, 401]
    errors = [answers[index].json() for index in (0, 1, 3)]
    for error in errors:
        jsonschema.validate(error, shapes.ERROR)
    assert [error["error"]["message"] for error in errors] == [
        "No token provided",
        "Invalid access token",
        "The access token expired",
    ]


def test_a_scope_that_was_not_given(stand):
    spotify = stand.spotify(scope="user-library-read")
    assert spotify.current_user_saved_tracks()["total"] == 0
    with refused(403, "Insufficient client scope"):
        spotify.current_user_playing_track()


# --- the Web API -----------------------------------------------------------------------------------------------------


def test_me(stand):
    jsonschema.validate(stand.spotify().me(), shapes.ME)


def test_a_track(stand):
    stand.twin.add(SONG)
    answer = stand.spotify().track(SONG["id"])
    jsonschema.validate(answer, shapes.TRACK)
    assert answer["external_ids"] == {"isrc": "DEZZ92400001"}


def test_a_relinked_track_says_what_was_asked_for(stand):
    stand.twin.add(SONG)
    old = spotify_id("old")
    stand.twin.relinked[old] = SONG["id"]
    answer = stand.spotify().track(old)
    jsonschema.validate(answer, shapes.TRACK)
    assert (answer["id"], answer["linked_from"]["id"]) == (SONG["id"], old)


def test_a_track_that_is_not_there(stand):
    spotify = stand.spotify()
    with refused(404, "Resource not found"):
        spotify.track(spotify_id("never"))
    with refused(400, "Invalid base62 id"):
        spotify.track("short")


def test_an_unknown_address(stand):
    answer = stand.get("/v1/audio-features/x")
    assert answer.status_code == 404
    jsonschema.validate(answer.json(), shapes.ERROR)


@pytest.mark.parametrize("playing", [None, Playing(item=SONG, private_session=True)], ids=["nothing", "private"])
def test_a_silent_player(stand, playing):
    stand.twin.playing = playing
    assert stand.spotify().current_user_playing_track() is None


@pytest.mark.parametrize(
    "playing",
    [
        Playing(item=SONG),
        Playing(item=SONG, is_playing=False),
        Playing(item=None),
        Playing(item=None, type="ad"),
        Playing(item=None, type="unknown"),
        Playing(item=local_file_object("Bootleg", "Me")),
    ],
)
def test_the_player(stand, playing):
    stand.twin.playing = playing
    answer = stand.spotify().current_user_playing_track()
    jsonschema.validate(answer, shapes.CURRENTLY_PLAYING)
    assert answer["currently_playing_type"] == playing.type
    assert answer["is_playing"] is playing.is_playing
    assert answer["item"] == playing.item


def test_an_episode_shows_to_who_asks_for_episodes(stand):
    stand.twin.playing = Playing(item=episode_object("Talk"), type="episode")
    spotify = stand.spotify()
    shown = spotify.current_user_playing_track(additional_types=["episode"])
    jsonschema.validate(shown, shapes.CURRENTLY_PLAYING)
    assert shown["item"]["name"] == "Talk"
    assert spotify.current_user_playing_track()["item"] is None


def test_liked_tracks_in_pages(stand):
    songs = [track_object(f"Song {number}", ["Ana"]) for number in range(5)]
    stand.twin.liked = [saved_track(song, f"2026-01-0{9 - number}T10:00:00Z") for number, song in enumerate(songs)]
    spotify = stand.spotify()

    page = spotify.current_user_saved_tracks(limit=2)
    seen = []
    while page:
        jsonschema.validate(page, shapes.SAVED_TRACKS)
        assert page["total"] == 5
        seen += [line["track"]["name"] for line in page["items"]]
        page = spotify.next(page)

    assert seen == [song["name"] for song in songs]
    assert spotify.previous(spotify.current_user_saved_tracks(limit=2, offset=2))["offset"] == 0


def test_a_withdrawn_track_among_the_liked(stand):
    stand.twin.liked = [saved_track(None, "2026-01-01T10:00:00Z")]
    jsonschema.validate(stand.spotify().current_user_saved_tracks(), shapes.SAVED_TRACKS)


@pytest.mark.parametrize(
    ("limit", "offset", "message"),
    [(51, 0, "Invalid limit"), (0, 0, "Invalid limit"), ("x", 0, "Invalid limit"), (5, -1, "Invalid offset")],
)
def test_pages_that_spotify_does_not_give(stand, limit, offset, message):
    with refused(400, message):
        stand.spotify().current_user_saved_tracks(limit=limit, offset=offset)


def a_playlist(stand, **kind):
    lines = [
        playlist_line(SONG, "2026-01-01T10:00:00Z"),
        playlist_line(local_file_object("Bootleg", "Me"), "2026-01-02T10:00:00Z"),
        playlist_line(episode_object("Talk"), None),
        playlist_line(None, "2026-01-03T10:00:00Z"),
    ]
    return stand.twin.add_playlist(Playlist(name="Sunday Crate", lines=lines, **kind))


def test_a_playlist(stand):
    there, spotify = a_playlist(stand), stand.spotify()
    answer = spotify.playlist(there.id)
    jsonschema.validate(answer, shapes.PLAYLIST)
    assert answer["items"]["total"] == 4
    assert spotify.playlist(there.id, fields="name,snapshot_id") == {
        "name": "Sunday Crate",
        "snapshot_id": there.snapshot_id,
    }
    before = there.snapshot_id
    there.lines.pop()
    assert spotify.playlist(there.id)["snapshot_id"] == there.snapshot_id != before


def test_the_lines_of_a_playlist(stand):
    there, spotify = a_playlist(stand), stand.spotify()
    page = spotify.playlist_items(there.id, limit=3)
    jsonschema.validate(page, shapes.PLAYLIST_ITEMS)
    assert [line["item"] and line["item"]["name"] for line in page["items"]] == ["Night Bus", "Bootleg", "Talk"]
    assert spotify.next(page)["items"] == there.lines[3:]
    with refused(400, "Invalid limit"):
        spotify.playlist_items(there.id, limit=51)


def test_somebody_elses_playlist_shows_no_lines(stand):
    there, spotify = a_playlist(stand, owner="somebody"), stand.spotify()
    answer = spotify.playlist(there.id)
    jsonschema.validate(answer, shapes.PLAYLIST)
    assert "items" not in answer
    with refused(403, "Forbidden"):
        spotify.playlist_items(there.id)


def test_playlists_that_are_private_or_not_there(stand):
    there = a_playlist(stand, public=False)
    with refused(403, "Insufficient client scope"):
        stand.spotify(scope="user-library-read").playlist_items(there.id)
    spotify = stand.spotify()
    assert spotify.playlist_items(there.id)["total"] == 4
    with refused(404, "Resource not found"):
        spotify.playlist(spotify_id("never"))
    assert stand.get(f"/v1/playlists/{there.id}/tracks").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("isrc:DEZZ92400001", ["Night Bus"]),
        ("bus", ["Night Bus", "Day Bus"]),
        ("ana bus", ["Night Bus"]),
        ('track:"day bus" artist:ben', ["Day Bus"]),
        ("album:lines", ["Night Bus"]),
        ("tram", []),
    ],
)
def test_search(stand, query, found):
    stand.twin.add(SONG, OTHER)
    answer = stand.spotify().search(query, type="track")
    jsonschema.validate(answer, shapes.FOUND_TRACKS)
    assert [track["name"] for track in answer["tracks"]["items"]] == found


def test_searches_that_spotify_refuses(stand):
    spotify = stand.spotify()
    with refused(400, "Invalid limit"):
        spotify.search("bus", limit=11)
    with refused(400, "No search query"):
        spotify.search("")
    with refused(400, "Bad search type"):
        spotify.search("bus", type="colour")


@pytest.mark.parametrize("answer", [{**SONG, "id": None}, {**SONG, "isrc": "DEZZ92400001"}, {"id": SONG["id"]}])
def test_the_shapes_can_say_no(answer):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer, shapes.TRACK)
