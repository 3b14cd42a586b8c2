"""Every way in which getting it can fail, brought about with the real yt-dlp on the sandbox: what we raise, whether the
service is parked or only this track is put off, and what the person is told to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.utils import DownloadError, ExtractorError

from daemon.errors import (
    AuthExpired,
    DaemonError,
    NotFound,
    Protected,
    RateLimited,
    Refused,
    Transient,
    Unreachable,
)
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.ytdlp.fetching import fetch_audio
from integrations.ytdlp.options import AUDIO_FORMAT, Access, fetch_options
from integrations.ytdlp.translation import Failure, translate
from tests.integrations.media_world import MediaWorld, encoded, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        yield opened_world


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of failure."""

    failure: Failure
    arrange: Callable[[MediaWorld], tuple[str, str]]
    """Brings it about; answers service and address."""
    raises: type[DaemonError]
    parks: bool = False
    until_s: float | None = None
    """How long to wait; None: nobody said."""
    todo: str
    """In the sentence: the next step."""


def soundcloud(fault: Fault | None = None, route: str = "*", **state: Any) -> Callable[[MediaWorld], tuple[str, str]]:
    def arrange(world: MediaWorld) -> tuple[str, str]:
        if fault is not None:
            world.faults.add("soundcloud", fault, route=route, times=None)
        return "soundcloud", world.upload(**state).url

    return arrange


def youtube(fault: Fault | None = None, route: str = "*", **state: Any) -> Callable[[MediaWorld], tuple[str, str]]:
    def arrange(world: MediaWorld) -> tuple[str, str]:
        if fault is not None:
            world.faults.add("youtube", fault, route=route, times=None)
        return "youtube", world.video(**state).url

    return arrange


def address(service: str, url: str) -> Callable[[MediaWorld], tuple[str, str]]:
    return lambda _world: (service, url)


def scheduled(world: MediaWorld) -> tuple[str, str]:
    """A premiere that is still to come; the twin has none."""
    said = b'{"playabilityStatus": {"status": "LIVE_STREAM_OFFLINE", "reason": "Premieres in 3 hours"}}'
    return youtube(faults.answer(200, said), "*/player")(world)


FORBIDDEN = faults.answer(403, b"{}")
HOUR_S = 3600.0
CASES = [
    Case(
        failure=Failure.NETWORK,
        arrange=soundcloud(faults.reset(), "/resolve"),
        raises=Unreachable,
        parks=True,
        todo="tried again by itself",
    ),
    Case(
        failure=Failure.NETWORK,
        arrange=youtube(faults.server_error(), "/videoplayback"),
        raises=Unreachable,
        parks=True,
        todo="tried again by itself",
    ),
    Case(
        failure=Failure.RATE_LIMITED,
        arrange=soundcloud(faults.rate_limited(86_400), "/*.mp3"),
        raises=RateLimited,
        parks=True,
        until_s=86_400,
        todo="tried again when the pause is over",
    ),
    Case(
        failure=Failure.RATE_LIMITED,
        arrange=youtube(faults.rate_limited(120), "/videoplayback"),
        raises=RateLimited,
        parks=True,
        until_s=120,
        todo="tried again when the pause is over",
    ),
    Case(
        failure=Failure.RATE_LIMITED,
        arrange=youtube(faults.rate_limited(), "/videoplayback"),
        raises=RateLimited,
        parks=True,
        until_s=600,
        todo="tried again when the pause is over",
    ),
    Case(
        failure=Failure.RESTING,
        arrange=youtube(trouble="later"),
        raises=RateLimited,
        parks=True,
        until_s=HOUR_S,
        todo="tried again then",
    ),
    Case(
        failure=Failure.BOT_CHECK,
        arrange=youtube(trouble="bot"),
        raises=RateLimited,
        parks=True,
        until_s=HOUR_S,
        todo="YTDLP_COOKIES_FILE",
    ),
    Case(
        failure=Failure.CLOSED,
        arrange=youtube(FORBIDDEN, "*/player"),
        raises=RateLimited,
        parks=True,
        until_s=HOUR_S,
        todo="cratekeeper doctor",
    ),
    Case(
        failure=Failure.LOGIN_NEEDED,
        arrange=soundcloud(status=401),
        raises=AuthExpired,
        parks=True,
        todo="SOUNDCLOUD_OAUTH_TOKEN",
    ),
    Case(
        failure=Failure.MEMBERS_ONLY,
        arrange=youtube(trouble="age"),
        raises=Refused,
        todo="YTDLP_COOKIES_FILE",
    ),
    Case(
        failure=Failure.FORBIDDEN,
        arrange=soundcloud(status=403),
        raises=NotFound,
        todo="Open it in a browser",
    ),
    Case(
        failure=Failure.MEDIA_REFUSED,
        arrange=soundcloud(FORBIDDEN, "/*.mp3"),
        raises=Unreachable,
        until_s=HOUR_S,
        todo="update yt-dlp",
    ),
    Case(failure=Failure.GONE, arrange=soundcloud(status=404), raises=NotFound, todo="another source"),
    Case(failure=Failure.GONE, arrange=youtube(trouble="unavailable"), raises=NotFound, todo="another source"),
    Case(failure=Failure.GONE, arrange=youtube(trouble="private"), raises=NotFound, todo="another source"),
    Case(failure=Failure.REGION, arrange=soundcloud(access="blocked"), raises=Refused, todo="YTDLP_PROXY"),
    Case(failure=Failure.REGION, arrange=youtube(trouble="region"), raises=Refused, todo="YTDLP_PROXY"),
    Case(failure=Failure.PROTECTED, arrange=soundcloud(access="protected"), raises=Protected, todo="buy it"),
    Case(failure=Failure.PROTECTED, arrange=youtube(trouble="drm"), raises=Protected, todo="buy it"),
    Case(failure=Failure.PREVIEW, arrange=soundcloud(access="preview"), raises=Protected, todo="another source"),
    Case(failure=Failure.NO_FORMATS, arrange=soundcloud(encodings=[]), raises=Protected, todo="another source"),
    Case(failure=Failure.NOT_YET, arrange=youtube(live=True), raises=Refused, todo="when it is over"),
    Case(failure=Failure.NOT_YET, arrange=scheduled, raises=Refused, todo="when it is over"),
    Case(
        failure=Failure.UNSUPPORTED,
        arrange=address("youtube", "https://soundcloud.com/nocturne/night-bus"),
        raises=Refused,
        todo="Give the address of one track",
    ),
    Case(
        failure=Failure.OUTDATED,
        arrange=soundcloud(faults.answer(200, b'{"kind": "something new"}'), "/resolve"),
        raises=Unreachable,
        parks=True,
        until_s=HOUR_S,
        todo="Update yt-dlp",
    ),
    Case(
        failure=Failure.OUTDATED,
        arrange=soundcloud(faults.answer(200, b"e.exports={}", "application/javascript"), "/assets/*"),
        raises=Unreachable,
        parks=True,
        until_s=HOUR_S,
        todo="Update yt-dlp",
    ),
]
ELSEWHERE = {Failure.COOKIES, Failure.DISK_FULL, Failure.NO_JS_RUNTIME, Failure.NEEDS_PROGRAM}
"""Shown below, in `test_ytdlp_room.py` and in `test_ytdlp_pieces.py`."""


def fetch(world: MediaWorld, service: str, url: str, into: Path, **changes: Any) -> DaemonError:
    with pytest.raises(DaemonError) as caught:
        fetch_audio(
            url=url,
            service=service,
            into=str(into),
            access=asdict(replace(world.access, **changes)),
            progress=lambda _fraction, _words: None,
        )
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.failure.value)
def test_every_failure(world: MediaWorld, tmp_path: Path, case: Case) -> None:
    service, url = case.arrange(world)
    error = fetch(world, service, url, tmp_path)
    assert type(error) is case.raises, error
    assert getattr(error, "service", None) == (service if case.parks else None)
    assert getattr(error, "retry_after_s", None) == case.until_s
    assert url in str(error)
    assert case.todo in str(error)
    assert list(tmp_path.iterdir()) == []


def test_no_kind_is_left_out() -> None:
    assert {case.failure for case in CASES} | ELSEWHERE == set(Failure)


def test_cookies_that_are_none(world: MediaWorld, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("{}")
    error = fetch(world, "youtube", world.video().url, tmp_path / "into", cookies_file=str(cookies))
    assert isinstance(error, AuthExpired)
    assert "YTDLP_COOKIES_FILE" in str(error)


def test_no_javascript_runtime(world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without one: yt-dlp says so only in a warning, and then finds nothing that it may play."""
    monkeypatch.setattr(f"{fetch_options.__module__}.RUNTIMES", {})
    video = world.video(encodings=[])
    error = fetch(world, "youtube", video.url, tmp_path, extractor_args="youtube:player_skip=webpage,configs,js")
    assert type(error) is Unreachable
    assert (error.service, error.retry_after_s) == ("youtube", HOUR_S)
    assert "cratekeeper doctor" in str(error)


@pytest.mark.parametrize(
    "sentence",
    [
        "Unable to extract initial player response; please report this issue on  https://github.com/yt-dlp/yt-dlp",
        "An extractor error has occurred. (caused by KeyError('entries'))",
        "Signature extraction failed: Some formats may be missing",
    ],
)
def test_yt_dlp_is_too_old(sentence: str) -> None:
    """In its own words, as `YoutubeDL` hands on what an extractor raised."""
    inner = ExtractorError(sentence)
    error = translate(DownloadError(f"ERROR: {inner}", (type(inner), inner, None)), service="youtube", what="x")
    assert isinstance(error, Unreachable)
    assert error.retry_after_s == HOUR_S
    assert yt_dlp.version.__version__ in str(error)
    assert "Update yt-dlp" in str(error)


def test_protection_is_never_worked_around(world: MediaWorld, tmp_path: Path) -> None:
    params = fetch_options(world.access, tmp_path, extractors=())
    assert "allow_unplayable_formats" not in params
    for what in (world.upload(access="protected"), world.video(trouble="drm")):
        world.log.clear()
        service = "soundcloud" if "soundcloud" in what.url else "youtube"
        assert type(fetch(world, service, what.url, tmp_path)) is Protected
        assert not [line for line in world.media_requests() if line.path.endswith((".mp3", "playback", ".m4a"))]


def test_of_a_video_in_a_playlist_only_the_video_is_taken(world: MediaWorld, tmp_path: Path) -> None:
    wanted, other = world.video(), world.video("otherbus_01", "Other Bus")
    playlist = world.youtube.add_playlist("PLx", "Buses", [other, wanted], "Nocturne")
    done = fetch_audio(
        url=f"{wanted.url}&list={playlist.id}&index=1",
        service="youtube",
        into=str(tmp_path),
        access=asdict(world.access),
        progress=lambda _fraction, _words: None,
    )
    assert done.url.startswith(wanted.url)
    assert {line.query.get("id") for line in world.media_requests() if line.path == "/videoplayback"} == {wanted.id}


# --- what would pass for a download ----------------------------------------------------------------------------------

SHORT = encoded("opus").data[:50_000]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.answer(200, SHORT, "audio/webm"), "50000 bytes in place of"),
        (faults.answer(200, encoded("opus").data + bytes(5000), "audio/webm"), "in place of"),
        (faults.answer(200, b"<html>Sign in to this network</html>", "audio/webm"), "in place of"),
        (faults.answer(200, b"", "audio/webm"), "tried again"),
    ],
    ids=["short", "long", "a page", "nothing"],
)
def test_a_download_of_another_size_than_was_told(world: MediaWorld, tmp_path: Path, fault: Fault, words: str) -> None:
    service, url = youtube(fault, "/videoplayback")(world)
    error = fetch(world, service, url, tmp_path)
    assert type(error) is Unreachable
    assert words in str(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><title>Sign in to this network</title>",
        b'{"error": "expired"}',
        b"Access denied.\n",
        b"#EXTM3U\n#EXT-X-ENDLIST\n",
        ("Zugriff verweigert für " + "ü" * 100).encode(),
    ],
    ids=["html", "json", "words", "playlist", "cut letter"],
)
def test_a_page_in_the_place_of_audio(world: MediaWorld, tmp_path: Path, body: bytes) -> None:
    service, url = soundcloud(faults.answer(200, body, "audio/mpeg"), "/*.mp3")(world)
    error = fetch(world, service, url, tmp_path)
    assert type(error) is Unreachable
    assert "page of text" in str(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["mp3", "opus", "m4a", "flac", "wav"])
def test_no_audio_is_taken_for_a_page(world: MediaWorld, tmp_path: Path, encoding: Any) -> None:
    sound = encoded(encoding)
    assert Path(world.fetch(world.upload(original=sound), tmp_path).path).read_bytes() == sound.data


FULL = {"format_id": "http_mp3_1_0", "abr": 64}
PREVIEW = {"format_id": "http_mp3_1_0_preview", "abr": 128}
ORIGINAL = {"format_id": "download", "ext": "wav"}
WITH_PICTURE = {"format_id": "18", "vcodec": "avc1", "acodec": "mp4a.40.2"}


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ([PREVIEW, FULL], "http_mp3_1_0"),
        ([FULL, PREVIEW], "http_mp3_1_0"),
        ([FULL, ORIGINAL], "download"),
        ([WITH_PICTURE], "18"),
        ([PREVIEW, WITH_PICTURE], "18"),
        ([PREVIEW], None),
    ],
)
def test_which_format_is_taken(tmp_path: Path, offered: list[dict[str, Any]], taken: str | None) -> None:
    """A preview never, whatever it claims to be."""
    usual = {"url": "http://127.0.0.1:9/x", "ext": "mp3", "vcodec": "none", "acodec": "mp3"}
    page = {"id": "1", "title": "x", "extractor": "soundcloud", "formats": [{**usual, **each} for each in offered]}
    with yt_dlp.YoutubeDL(fetch_options(Access(), tmp_path, extractors=("soundcloud.*",))) as ydl:
        if taken is None:
            with pytest.raises(ExtractorError, match="Requested format is not available"):
                ydl.process_ie_result(page, download=False)
        else:
            assert ydl.process_ie_result(page, download=False)["format_id"] == taken


def test_the_formats_are_such_that_nothing_has_to_be_put_together() -> None:
    assert "+" not in AUDIO_FORMAT


def test_downloads_need_no_program_beside_them(
    world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ffmpeg, no ffprobe, nothing at all on the PATH."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(world.fetch(world.upload(), tmp_path / "stream").path).read_bytes() == encoded("mp3").data
    assert Path(world.fetch(world.upload("Own", original=encoded("wav")), tmp_path / "own").path).suffix == ".wav"
    assert Path(world.fetch(world.video(), tmp_path / "video").path).read_bytes() == encoded("opus").data


def test_a_stopped_download_is_no_failure_of_the_service() -> None:
    error = translate(OSError(28, "No space left on device"), service="youtube", what="x")
    assert type(error) is Transient
    assert error.service is None
