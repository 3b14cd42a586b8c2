from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from hypothesis import given
from hypothesis import strategies as st
from yt_dlp.extractor.soundcloud import SoundcloudBaseIE
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, UnavailableVideoError, UnsupportedError

from daemon.errors import (
    AuthExpired,
    ConfigError,
    DaemonError,
    NotFound,
    Protected,
    RateLimited,
    Refused,
    Transient,
    Unreachable,
)
from integrations.sandbox import faults
from integrations.ytdlp import checking
from integrations.ytdlp.naming import channel_artist, split_title
from integrations.ytdlp.options import AUDIO_FORMAT, Access, fetch_options, options, parse_extractor_args
from integrations.ytdlp.session import opened
from integrations.ytdlp.translation import Failure, classify, say, translate
from tests.integrations.media_world import MediaWorld, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        yield opened_world


# --- options ---------------------------------------------------------------------------------------------------------


def test_nothing_that_yt_dlp_leaves_to_chance_is_left_to_chance(tmp_path: Path) -> None:
    access = Access(proxy="http://127.0.0.1:9", insecure=True, cache_dir="var/cache", timeout_s=7)
    params = fetch_options(access, tmp_path, extractors=("soundcloud.*",), cookies_copy=Path("copy.txt"))
    assert min(params["retries"], params["fragment_retries"], params["extractor_retries"]) >= 2
    expected: dict[str, Any] = {
        "skip_unavailable_fragments": False,
        "noplaylist": True,
        "socket_timeout": 7,
        "format": AUDIO_FORMAT,
        "fixup": "never",
        "continuedl": True,
        "proxy": "http://127.0.0.1:9",
        "nocheckcertificate": True,
        "cachedir": "var/cache",
        "cookiefile": "copy.txt",
        "allowed_extractors": ["soundcloud.*"],
    }
    assert {name: params[name] for name in expected} == expected
    assert "username" not in params


def test_pauses_between_retries_grow_and_end() -> None:
    pause_s = options(Access(retry_pause_s=1), extractors=())["retry_sleep_functions"]["http"]
    assert [pause_s(n=n) for n in (0, 1, 2, 10)] == [1, 2, 4, 30]


@pytest.mark.parametrize(
    ("extractors", "signs_in"), [(("soundcloud.*",), True), (("youtube",), False), (("soundcloud", "youtube"), False)]
)
def test_the_token_goes_to_soundcloud_alone(extractors: tuple[str, ...], signs_in: bool) -> None:
    params = options(Access(soundcloud_token="secret"), extractors=extractors)
    assert (params.get("username"), params.get("password")) == (("oauth", "secret") if signs_in else (None, None))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "youtube:player_client=visionos",
        "youtube:player_client=visionos,web;player_skip=webpage,configs,js",
        "youtube:player-client=a youtubetab:skip=webpage soundcloud:formats=*_aac",
        r"youtube:po_token=web.gvs+a\,b,c",
        "YouTube:Player_Client=A",
        "youtube:formats",
    ],
)
def test_extractor_arguments_mean_what_they_mean_on_the_command_line(text: str) -> None:
    words = [word for piece in text.split() for word in ("--extractor-args", piece)]
    assert parse_extractor_args(text) == yt_dlp.parse_options(words).ydl_opts["extractor_args"]


NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
VALUES = st.lists(st.text(st.characters(categories=["L", "N"], include_characters=",-._+"), min_size=1), min_size=1)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, min_size=1), max_size=3))
def test_extractor_arguments_come_back_as_they_were_written(wanted: dict[str, dict[str, list[str]]]) -> None:
    written = " ".join(
        f"{extractor}:"
        + ";".join(
            f"{key}={','.join(value.replace(',', chr(92) + ',') for value in values)}"
            for key, values in arguments.items()
        )
        for extractor, arguments in wanted.items()
    )
    assert parse_extractor_args(written) == wanted


@pytest.mark.parametrize("text", ["player_client=visionos", ":a=b", "youtube:a=b nonsense"])
def test_malformed_extractor_arguments_name_their_setting(text: str) -> None:
    with pytest.raises(ConfigError, match="YTDLP_EXTRACTOR_ARGS"):
        parse_extractor_args(text)


# --- translation -----------------------------------------------------------------------------------------------------


def http_error(status: int, **headers: str) -> HTTPError:
    return HTTPError(Response(io.BytesIO(), "https://example.com", headers, status))


def wrapped(error: BaseException, message: str = "ERROR: it went wrong") -> DownloadError:
    """As YoutubeDL hands on what an extractor raised."""
    return DownloadError(message, (type(error), error, None))


def page_error(status: int) -> DownloadError:
    return wrapped(ExtractorError("Unable to download JSON metadata", cause=http_error(status)))


def said(sentence: str) -> DownloadError:
    return wrapped(ExtractorError(sentence, expected=True))


TABLE: list[tuple[BaseException, tuple[str, ...], Failure]] = [
    (page_error(401), (), Failure.LOGIN_NEEDED),
    (page_error(403), (), Failure.FORBIDDEN),
    (page_error(404), (), Failure.GONE),
    (page_error(410), (), Failure.GONE),
    (page_error(429), (), Failure.RATE_LIMITED),
    (page_error(451), (), Failure.REGION),
    (page_error(502), (), Failure.NETWORK),
    (http_error(429), (), Failure.RATE_LIMITED),
    (wrapped(http_error(403)), (), Failure.MEDIA_REFUSED),
    (DownloadError("[download] Got error: HTTP Error 503: x. Giving up after 5 retries"), (), Failure.NETWORK),
    (DownloadError("[download] Got error: 10 bytes read, 20 more expected. Giving up"), (), Failure.NETWORK),
    (wrapped(TransportError("timed out")), (), Failure.NETWORK),
    (ExtractorError("x", cause=TransportError("reset")), (), Failure.NETWORK),
    (said("Failed to parse JSON"), (), Failure.NETWORK),
    (wrapped(GeoRestrictedError("nope")), (), Failure.REGION),
    (said("The uploader has not made this video available in your country"), (), Failure.REGION),
    (said("Sign in to confirm you’re not a bot"), (), Failure.BOT_CHECK),
    (said("Sign in. YouTube is requiring a captcha challenge before playback"), (), Failure.BOT_CHECK),
    (said("All player responses are invalid. Your IP is likely being blocked by Youtube"), (), Failure.BOT_CHECK),
    (said("Video unavailable. This content isn't available, try again later"), (), Failure.RESTING),
    (said("This video is DRM protected"), (), Failure.PROTECTED),
    (said("This video is only available to Music Premium members"), (), Failure.PROTECTED),
    (said("This video requires payment to watch."), (), Failure.PROTECTED),
    (said("Private video. Sign in if you've been granted access"), (), Failure.GONE),
    (said("Video unavailable. This video has been removed by the uploader"), (), Failure.GONE),
    (said("Sign in to confirm your age"), (), Failure.MEMBERS_ONLY),
    (said("Join this channel to get access to members-only content"), (), Failure.MEMBERS_ONLY),
    (said("This track is only available for registered users"), (), Failure.LOGIN_NEEDED),
    (said("Premieres in 3 hours"), (), Failure.NOT_YET),
    (DownloadError("m3u8 download detected but ffmpeg could not be found. Please install"), (), Failure.NEEDS_PROGRAM),
    (
        DownloadError('RTMP download detected but "rtmpdump" could not be run. Please install'),
        (),
        Failure.NEEDS_PROGRAM,
    ),
    (wrapped(UnsupportedError("x://y")), (), Failure.UNSUPPORTED),
    (DownloadError("No suitable extractor found for URL x://y"), (), Failure.UNSUPPORTED),
    (said("Requested format is not available. Use --list-formats"), (), Failure.NO_FORMATS),
    (
        said("Requested format is not available"),
        ("No supported JavaScript runtime could be found",),
        Failure.NO_JS_RUNTIME,
    ),
    (said("Failed to extract any player response"), ("Unable to download: HTTP Error 429: x",), Failure.RATE_LIMITED),
    (said("Failed to extract any player response"), ("Unable to download: HTTP Error 403: x",), Failure.CLOSED),
    (said("Failed to extract any player response"), ("Unable to download API page: timed out",), Failure.NETWORK),
    (said("Unable to extract client id"), (), Failure.OUTDATED),
    (wrapped(OSError(errno.ENOSPC, "No space left on device")), (), Failure.DISK_FULL),
    (UnavailableVideoError(OSError(errno.ENOSPC, "No space left on device")), (), Failure.DISK_FULL),
]


@pytest.mark.parametrize(("error", "notes", "failure"), TABLE)
def test_every_error_has_its_kind(error: BaseException, notes: tuple[str, ...], failure: Failure) -> None:
    assert classify(error, notes) is failure


def test_the_table_knows_every_kind_that_yt_dlp_can_cause() -> None:
    of_our_own = {Failure.COOKIES, Failure.PREVIEW}
    assert {failure for _, _, failure in TABLE} == set(Failure) - of_our_own


RAISED: dict[Failure, tuple[type[DaemonError], bool]] = {
    Failure.NETWORK: (Unreachable, True),
    Failure.RATE_LIMITED: (RateLimited, True),
    Failure.RESTING: (RateLimited, True),
    Failure.BOT_CHECK: (RateLimited, True),
    Failure.LOGIN_NEEDED: (AuthExpired, True),
    Failure.COOKIES: (AuthExpired, True),
    Failure.MEMBERS_ONLY: (Refused, False),
    Failure.FORBIDDEN: (NotFound, False),
    Failure.CLOSED: (RateLimited, True),
    Failure.MEDIA_REFUSED: (Unreachable, False),
    Failure.GONE: (NotFound, False),
    Failure.REGION: (Refused, False),
    Failure.PROTECTED: (Protected, False),
    Failure.PREVIEW: (Protected, False),
    Failure.NO_FORMATS: (Protected, False),
    Failure.NO_JS_RUNTIME: (Unreachable, True),
    Failure.NEEDS_PROGRAM: (Refused, False),
    Failure.NOT_YET: (Refused, False),
    Failure.UNSUPPORTED: (Refused, False),
    Failure.DISK_FULL: (Transient, False),
    Failure.OUTDATED: (Unreachable, True),
}


@pytest.mark.parametrize("failure", Failure)
def test_every_kind_says_whom_it_concerns_and_what_to_do(failure: Failure) -> None:
    raises, parks_service = RAISED[failure]
    error = say(failure, service="youtube", what="the video")
    assert type(error) is raises
    assert getattr(error, "service", None) == ("youtube" if parks_service else None)
    assert "YouTube" in str(error) or failure in (Failure.UNSUPPORTED, Failure.COOKIES)
    assert "the video" in str(error)


@pytest.mark.parametrize(
    ("error", "retry_after_s"),
    [
        (http_error(429, **{"Retry-After": "17"}), 17),
        (wrapped(http_error(429, **{"Retry-After": "86400"})), 86400),
        (http_error(429, **{"Retry-After": "Thu, 01 Jan 1970 00:00:10 GMT"}), 0),
        (http_error(429, **{"Retry-After": "soon"}), 600),
        (http_error(429), 600),
        (said("Sign in to confirm you’re not a bot"), 3600),
    ],
)
def test_how_long_to_stay_away(error: BaseException, retry_after_s: float) -> None:
    translated = translate(error, service="soundcloud", what="x")
    assert isinstance(translated, RateLimited)
    assert translated.retry_after_s == retry_after_s


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "uploader", "artists", "expected"),
    [
        ("Night Bus", "Nocturne", (), (("Nocturne",), "Night Bus")),
        ("Nocturne - Night Bus", "Some Label", (), (("Nocturne",), "Night Bus")),
        ("Nocturne – Night Bus (Extended Mix)", "Label", (), (("Nocturne",), "Night Bus (Extended Mix)")),
        ("A, B feat. C - Song", "Label", (), (("A", "B", "C"), "Song")),
        ("Drum & Bass Duo - Song - Live", "Label", (), (("Drum & Bass Duo",), "Song - Live")),
        ("Nocturne - Night Bus", "Nocturne", ("Nocturne",), (("Nocturne",), "Night Bus")),
        ("Night Bus - Guest Remix", "Nocturne", ("Nocturne",), (("Nocturne",), "Night Bus - Guest Remix")),
        ("Song [Official Video]", "Band", (), (("Band",), "Song")),
        ("Song (Official Music Video) [HD]", "Band", (), (("Band",), "Song")),
        ("Song (Official Remix)", "Band", (), (("Band",), "Song (Official Remix)")),
        ("Song", "Band - Topic", (), (("Band",), "Song")),
        ("Re-Edit", "Band", (), (("Band",), "Re-Edit")),
        ("(Official Audio)", "Band", (), (("Band",), "(Official Audio)")),
        ("Song", "", (), ((), "Song")),
        (" - Song", "Band", (), (("Band",), "- Song")),
    ],
)
def test_artists_and_title(
    title: str, uploader: str, artists: tuple[str, ...], expected: tuple[tuple[str, ...], str]
) -> None:
    assert split_title(title, uploader, artists) == expected


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_no_title_is_lost_and_no_artist_is_empty(title: str, uploader: str, artists: list[str]) -> None:
    named, bare = split_title(title, uploader, artists)
    assert all(name.strip() for name in named)
    assert bool(bare) == bool(title.strip())


@pytest.mark.parametrize(("channel", "artist"), [("X - Topic", "X"), ("X", None), (" - Topic", None), ("Topic", None)])
def test_whom_a_channel_is_about(channel: str, artist: str | None) -> None:
    assert channel_artist(channel) == artist


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_good_token_is_shown_and_forgotten_afterwards(world: MediaWorld, tmp_path: Path) -> None:
    world.soundcloud.tokens.add("good")
    world.fetch(world.upload(), tmp_path, soundcloud_token="good")
    assert "POST api-auth.soundcloud.com/connect/session" in world.asked()
    assert SoundcloudBaseIE._HEADERS == {}


def test_a_dead_token_is_not_passed_over_in_silence(world: MediaWorld, tmp_path: Path) -> None:
    with pytest.raises(AuthExpired, match="SOUNDCLOUD_OAUTH_TOKEN") as caught:
        world.fetch(world.upload(), tmp_path, soundcloud_token="dead")
    assert caught.value.service == "soundcloud"


def test_a_token_that_cannot_be_verified_now_is_not_dead(world: MediaWorld, tmp_path: Path) -> None:
    world.soundcloud.tokens.add("good")
    world.faults.add("soundcloud", faults.server_error(), route="/connect/session", times=None)
    with pytest.raises(Unreachable):
        world.fetch(world.upload(), tmp_path, soundcloud_token="good")


COOKIES = "# Netscape HTTP Cookie File\n\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tsecret\n"


def test_the_cookies_file_is_read_and_never_written(world: MediaWorld, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES)
    with opened(Access(cookies_file=str(cookies)), "youtube", extractors=("youtube",)) as session:
        assert [cookie.value for cookie in session.ydl.cookiejar] == ["secret"]
        copy = Path(session.ydl.params["cookiefile"])
        assert copy != cookies
    assert not copy.exists()
    assert cookies.read_text() == COOKIES


@pytest.mark.parametrize("content", [None, b"not a cookie file", b"\xff\xfe\x00"])
def test_a_bad_cookies_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    cookies = tmp_path / "cookies.txt"
    if content is not None:
        cookies.write_bytes(content)
    with (
        pytest.raises(AuthExpired, match="YTDLP_COOKIES_FILE"),
        opened(Access(cookies_file=str(cookies)), "youtube", extractors=("youtube",)),
    ):
        pass


# --- doctor ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runtime", "impersonates", "level", "words"),
    [
        ("deno 2.9.8", True, "ok", "deno 2.9.8"),
        ("deno 2.9.8", False, "warning", "curl-cffi"),
        (None, True, "problem", "JavaScript runtime"),
        (None, False, "problem", "JavaScript runtime"),
    ],
)
def test_what_doctor_says(runtime: str | None, impersonates: bool, level: str, words: str) -> None:
    check = checking.verdict(version="1", runtime=runtime, impersonates=impersonates)
    assert check.level == level
    assert words in check.text + check.todo
    assert bool(check.todo) == (level != "ok")


@pytest.mark.parametrize("version", ["7.1", None])
def test_what_doctor_says_of_ffmpeg(version: str | None) -> None:
    check = checking.ffmpeg_verdict(version)
    assert (check.name, check.level, check.todo) == ("ffmpeg", "ok", "")
    assert (version or "none is needed") in check.text
    assert "RTMP" in check.text


def test_no_ffmpeg_on_the_path_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(FFmpegPostProcessor, "_version_cache", {})
    assert checking.check_ffmpeg() == checking.ffmpeg_verdict(None)


def test_deno_is_found_in_the_environment_even_off_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    check = checking.check()
    assert (check.level, "deno" in check.text) == ("ok", True), check
