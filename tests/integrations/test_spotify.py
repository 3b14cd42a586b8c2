"""Our Spotify parts, through the real spotipy, before the loopback Spotify."""

import builtins
import logging
import stat
import webbrowser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Alias, Service, TrackRef
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.sandbox.spotify import (
    Playing,
    episode_object,
    local_file_object,
    saved_track,
    spotify_id,
    track_object,
)
from integrations.spotify import SpotifyCatalogue, SpotifyLiked, SpotifyPlaying
from integrations.spotify.answers import seconds_to_wait, verdict
from integrations.spotify.tracks import ref_of, track_of
from tests.integrations.spotify_stage import CLIENT_SECRET, REDIRECT, REFRESH_TOKEN, SpotifyStage, spotify_stage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SONG = track_object("Night Bus", ["Ana", "Ben"], isrc="DEZZ92400001", album="Lines", release_date="2024-03")
SILENT_BUSY = Fault("answer", 503, (("Retry-After", "120"),))


@pytest.fixture(autouse=True)
def nobody_is_there(monkeypatch) -> None:
    """A daemon that asks, or opens a browser, waits for ever."""

    def never(*_args, **_kwargs):
        raise AssertionError("the daemon asked a person")

    monkeypatch.setattr(builtins, "input", never)
    monkeypatch.setattr(webbrowser, "open", never)


@pytest.fixture(params=[False, True], ids=["secret", "pkce"])
def either(request, tmp_path) -> Iterator[SpotifyStage]:
    """A stage for each way to log in; `session()` is of that way."""
    with spotify_stage(tmp_path, pkce=request.param) as stage:
        if request.param:
            usual = stage.session
            stage.session = lambda **changes: usual(**({"client_secret": None} | changes))  # type: ignore[method-assign]
        yield stage


@pytest.fixture
def stage(tmp_path) -> Iterator[SpotifyStage]:
    with spotify_stage(tmp_path) as stage:
        yield stage


def who(session) -> str:
    return str(session.ask(lambda spotify: spotify.me())["id"])


def failure(session, kind: type[DaemonError] = DaemonError) -> Any:
    with pytest.raises(kind) as caught:
        who(session)
    return caught.value


# --- the log-in ------------------------------------------------------------------------------------------------------


def test_without_a_log_in_nothing_is_asked_of_anybody(stage):
    error = failure(stage.session(refresh_token=None), AuthExpired)
    assert error.service == "spotify"
    assert "cratekeeper login spotify" in str(error)
    assert stage.log.of() == []


def test_a_seed_becomes_a_cache_that_only_its_owner_reads(either):
    assert who(either.session()) == "sandbox-listener"
    assert stat.S_IMODE(either.cache.stat().st_mode) == 0o600
    assert [file.name for file in either.cache.parent.iterdir()] == [either.cache.name]
    assert who(either.session(refresh_token=None)) == "sandbox-listener"
    assert either.token_requests() == 1


def test_the_cache_comes_before_the_seed(stage):
    who(stage.session())
    assert who(stage.session(refresh_token="SECRET-of-another-time")) == "sandbox-listener"


def test_a_token_that_has_run_out_is_refreshed(either):
    session = either.session()
    who(session)
    before = either.kept()
    either.keep(expires_at=0)

    assert who(session) == "sandbox-listener"
    assert either.kept()["access_token"] != before["access_token"]
    assert who(either.session()) == "sandbox-listener"
    assert either.token_requests() == 2


def test_a_log_in_that_is_over(either):
    either.twin.accounts.revoke()
    error = failure(either.session(), AuthExpired)
    assert "cratekeeper login spotify" in str(error)
    assert REFRESH_TOKEN not in str(error)


def test_an_app_that_spotify_does_not_know(stage):
    error = failure(stage.session(client_secret="SECRET-wrong"), AuthExpired)
    assert "SPOTIFY_CLIENT_SECRET" in str(error)
    assert "SECRET-wrong" not in str(error)


def test_a_log_in_that_allows_too_little(stage):
    session = stage.session()
    who(session)
    stage.keep(scope="user-library-read")
    assert "user-read-currently-playing" in str(failure(session, AuthExpired))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"refresh_token": "x"}', b"\xff\xfe\x00"])
def test_a_cache_that_makes_no_sense(stage, content):
    stage.cache.parent.mkdir()
    stage.cache.write_bytes(content)
    assert str(stage.cache) in str(failure(stage.session(), AuthExpired))


def test_a_token_that_cannot_be_kept_lasts_in_memory(tmp_path, caplog):
    with spotify_stage(tmp_path, pkce=True) as stage:
        stage.cache = tmp_path / ("x" * 250)  # room for the name, none for a part's
        session = stage.session(client_secret=None)
        assert who(session) == who(session) == "sandbox-listener"
        assert stage.token_requests() == 1
    assert str(stage.cache) in caplog.text


def test_a_token_refused_before_its_time_is_refreshed_once(stage):
    session = stage.session()
    who(session)
    stage.twin.accounts.forget_access()
    assert who(session) == "sandbox-listener"

    body = b'{"error": {"status": 401, "message": "Invalid access token"}}'
    stage.faults.add("spotify", faults.answer(401, body), route="/v1/me/", times=None)
    before = len(stage.log.of(path="/v1/me/"))
    assert type(failure(session)) is AuthExpired
    assert len(stage.log.of(path="/v1/me/")) == before + 2


def test_threads_do_not_refresh_over_each_other(tmp_path):
    with spotify_stage(tmp_path, pkce=True) as stage:
        session = stage.session(client_secret=None)
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: who(session), range(8))) == ["sandbox-listener"] * 8
        assert stage.token_requests() == 1


def test_the_persons_netrc_does_not_replace_the_token(stage, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert who(stage.session()) == "sandbox-listener"


def test_tokens_stay_out_of_the_log(stage, caplog):
    caplog.set_level(logging.DEBUG)
    session = stage.session()
    who(session)
    stage.faults.add("spotify", faults.html(), times=None)
    failure(session)
    assert [secret for secret in stage.secrets() if secret in caplog.text] == []


# --- logging in ------------------------------------------------------------------------------------------------------


def sent_back(session, state: str) -> str:
    """Where a person's browser ends after the consent page."""
    return httpx.get(session.authorize_url(state), trust_env=False).headers["Location"]


def test_a_person_logs_in(either):
    session = either.session(refresh_token=None)
    address = sent_back(session, "state-1")

    session.redeem(address, "state-1")

    assert address.startswith(REDIRECT)
    assert who(session) == who(either.session(refresh_token=None)) == "sandbox-listener"


def test_a_person_says_no(either):
    either.twin.accounts.denies = True
    session = either.session(refresh_token=None)
    with pytest.raises(Refused, match="access_denied"):
        session.redeem(sent_back(session, "state-1"), "state-1")


@pytest.mark.parametrize("address", ["", "nonsense", f"{REDIRECT}?code=abc&state=other", f"{REDIRECT}?state=state-1"])
def test_an_address_that_is_no_answer(stage, address):
    with pytest.raises(Refused, match="not the answer"):
        stage.session().redeem(address, "state-1")
    assert stage.log.of() == []


def test_a_code_that_was_used_already(either):
    session = either.session(refresh_token=None)
    address = sent_back(session, "state-1")
    session.redeem(address, "state-1")
    with pytest.raises(AuthExpired):
        session.redeem(address, "state-1")


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_short_hiccup_goes_unnoticed(stage):
    session = stage.session()
    who(session)
    stage.faults.add("spotify", faults.server_error(502))
    stage.faults.add("spotify", faults.reset())
    assert who(session) == "sandbox-listener"
    assert len(stage.pauses) == 2
    assert sum(stage.pauses) < 3


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (faults.server_error(503), 3),
        (faults.reset(), 3),
        (SILENT_BUSY, 1),
        (faults.rate_limited(5), 1),
        (faults.html(200), 1),
        (faults.slow(30), 1),
        (faults.answer(403, b"no"), 1),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_what_is_tried_again_quickly(stage, fault, tries):
    session = stage.session()
    who(session)
    stage.faults.add("spotify", fault, times=None)
    failure(session)
    assert len(stage.pauses) == tries - 1


def test_patience_that_a_5xx_asks_for_is_kept(stage):
    stage.faults.add("spotify", SILENT_BUSY)
    assert failure(stage.session(), Unreachable).retry_after_s == 120


def test_refreshing_is_never_repeated_by_itself(stage):
    stage.faults.add("spotify", faults.lost(), route="/api/token")
    failure(stage.session(), Unreachable)
    assert stage.token_requests() == 1


def test_a_rate_limit_on_refreshing_keeps_its_number(stage):
    stage.faults.add("spotify", faults.rate_limited(86400), route="/api/token")
    error = failure(stage.session(), RateLimited)
    assert error.retry_after_s == 86400
    assert "24.0 hours" in str(error)


def test_a_token_answer_without_a_token(stage):
    stage.faults.add("spotify", faults.answer(200, b"{}"), route="/api/token")
    failure(stage.session(), Unreachable)


def test_nobody_listens(stage):
    error = failure(stage.session(accounts_url="http://127.0.0.1:1"), Unreachable)
    assert "cannot be reached" in str(error)


@pytest.mark.parametrize("url", ["nonsense", "http://", "http://[::1"])
def test_an_address_that_is_none(stage, url):
    failure(stage.session(accounts_url=url), Unreachable)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error": "a string"}', Refused, "a string"),
        (400, b'{"error": {"status": 400, "message": "Invalid limit"}}', Refused, "Invalid limit"),
        (400, b'{"error": "invalid_grant", "error_description": "Refresh token revoked"}', AuthExpired, "revoked"),
        (400, b'{"error": "invalid_client"}', AuthExpired, "SPOTIFY_CLIENT_ID"),
        (401, b'{"error": {"status": 401, "message": "The access token expired"}}', AuthExpired, "login spotify"),
        (401, b"", AuthExpired, "login spotify"),
        (403, b'{"error": {"status": 403, "message": "Insufficient client scope"}}', AuthExpired, "Insufficient"),
        (403, b"Check settings, the user may not be registered.", AuthExpired, "Premium"),
        (403, b"<html>Blocked</html>", Unreachable, "proxy"),
        (404, b'{"error": {"status": 404, "message": "Resource not found"}}', NotFound, "not found"),
        (404, b'{"error": null}', NotFound, "does not have"),
        (418, b"[]", Refused, "418"),
        (429, b"", RateLimited, "slow down"),
        (500, b'{"error": {"status": 500}}', Unreachable, "500"),
        (408, b"", Unreachable, "408"),
        (200, b"", Unreachable, "proxy"),
        (200, b"plain words", Unreachable, "proxy"),
        (304, b"", Unreachable, "304"),
    ],
)
def test_what_an_answer_means(status, body, kind, words):
    problem = verdict(status, {}, body, now=NOW)
    assert isinstance(problem, kind)
    assert words in str(problem)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"{}"), (201, b'{"a": 1}')])
def test_answers_to_go_by(status, body):
    assert verdict(status, {}, body, now=NOW) is None


@given(st.integers(200, 599), st.binary(max_size=40) | st.from_regex(r'\{"error": .{0,20}\}').map(str.encode))
def test_whatever_comes_there_is_a_verdict(status, body):
    problem = verdict(status, {}, body, now=NOW)
    assert problem is None or f"{problem}".endswith(".")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("5", 5),
        ("86400", 86400),
        ("0.5", 0.5),
        ("-3", 0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 12:01:00 -0000", 60),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_how_long_to_wait(header, seconds):
    assert seconds_to_wait(header, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_time_or_none(header):
    seconds = seconds_to_wait(header, NOW)
    assert seconds is None or seconds >= 0


# --- what plays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("playing", "found"),
    [
        (None, []),
        (Playing(item=SONG), [SONG["id"]]),
        (Playing(item=SONG, is_playing=False), []),
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
def test_only_a_real_track_that_plays_counts(stage, playing, found):
    stage.twin.playing = playing
    assert [ref.id for ref in SpotifyPlaying(stage.session()).newest(5)] == found


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


@pytest.mark.parametrize(("limit", "pages"), [(0, []), (1, ["1"]), (50, ["50"]), (51, ["50"] * 2), (500, ["50"] * 3)])
def test_likes_come_in_pages_of_fifty(stage, limit, pages):
    there = songs(120)
    like(stage, there)
    found = SpotifyLiked(stage.session()).newest(limit)
    assert [ref.id for ref in found] == [song["id"] for song in there[:limit]]
    assert [line.query["limit"] for line in stage.log.of(path="/v1/me/tracks")] == pages


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


def test_no_secret_in_any_error(stage):
    """Whatever goes wrong, wherever: what a person reads holds no secret."""
    session = stage.session()
    who(session)
    texts = []
    for fault in (
        faults.rate_limited(5),
        faults.server_error(),
        faults.html(),
        faults.reset(),
        faults.answer(403, b""),
    ):
        for route in ("/v1/*", "/api/token"):
            stage.faults.clear()
            stage.faults.add("spotify", fault, route=route, times=None)
            stage.keep(expires_at=0 if route == "/api/token" else 2**40)
            texts.append(str(failure(session)))
    assert [text for text in texts for secret in [*stage.secrets(), CLIENT_SECRET] if secret in text] == []
