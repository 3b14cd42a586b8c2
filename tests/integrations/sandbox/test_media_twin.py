"""The twins against the real yt-dlp, with as few of our own options as it takes. (`Downloader` is YoutubeDL, closed
properly.)"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from yt_dlp.utils import DownloadError

from integrations.sandbox.media import ELSEWHERE, system_of
from integrations.sandbox.server import Request
from integrations.sandbox.youtube import ArtTrack
from integrations.ytdlp.downloader import Downloader
from integrations.ytdlp.options import parse_extractor_args
from tests.integrations.media_world import MediaWorld, encoded, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened:
        yield opened


class Quiet:
    def debug(self, message: str) -> None: ...

    info = warning = error = debug


def ask(world: MediaWorld, url: str, *, process: bool = True, first: int | None = None, **more: Any) -> Any:
    params = {
        "proxy": world.access.proxy,
        "nocheckcertificate": True,
        "cachedir": False,
        "logger": Quiet(),
        "extractor_args": parse_extractor_args(world.access.extractor_args),
        **more,
    }
    with Downloader(params) as ydl:
        info = ydl.extract_info(url, download=False, process=process)
        return list(itertools.islice(info["entries"], first)) if "entries" in info else info


def refusal(world: MediaWorld, url: str, **more: Any) -> str:
    with pytest.raises(DownloadError) as caught:
        ask(world, url, **more)
    return str(caught.value).replace("’", "'")


# --- SoundCloud ------------------------------------------------------------------------------------------------------


def like_many(world: MediaWorld, count: int) -> list[str]:
    """Likes so many tracks and answers their titles, newest first."""
    titles = [f"Track {number}" for number in range(count)]
    for title in titles:
        world.soundcloud.like(world.listener, world.upload(title))
    return titles[::-1]


@pytest.mark.parametrize(("count", "first", "requests"), [(3, None, 4), (450, 5, 4), (450, 200, 4), (450, None, 6)])
def test_likes_come_newest_first_in_lazy_pages(world: MediaWorld, count: int, first: int | None, requests: int) -> None:
    titles = like_many(world, count)
    entries = ask(world, f"{world.listener.url}/likes", process=False, first=first)
    assert [entry["title"] for entry in entries] == titles[:first]
    assert len(world.log.of()) == requests


def test_a_like_made_between_two_pages_repeats_and_skips_nothing(world: MediaWorld) -> None:
    world.soundcloud.page_size = 10
    titles = like_many(world, 30)
    with Downloader({"proxy": world.access.proxy, "nocheckcertificate": True, "logger": Quiet()}) as ydl:
        entries = ydl.extract_info(f"{world.listener.url}/likes", download=False, process=False)["entries"]
        seen = [next(entries)["title"] for _ in range(10)]
        world.soundcloud.like(world.listener, world.upload("Brand new"))
        seen += [entry["title"] for entry in entries]
    assert seen == titles


def test_playlists_and_deleted_tracks_stand_among_the_likes(world: MediaWorld) -> None:
    world.soundcloud.like(world.listener, world.soundcloud.add_playlist(world.artist, "A Set"))
    world.soundcloud.like(world.listener, None)
    unliked = world.upload("Not for long")
    world.soundcloud.like(world.listener, unliked)
    world.soundcloud.unlike(world.listener, unliked)
    deleted, playlist = ask(world, f"{world.listener.url}/likes", process=False)
    assert deleted is None
    assert playlist["url"].endswith("/sets/a-set")


def test_likes_are_closed_to_what_does_not_pass_for_a_browser(world: MediaWorld) -> None:
    with httpx.Client(proxy=world.access.proxy, verify=False, trust_env=False) as client:  # noqa: S501 -- loopback
        answer = client.get(
            f"https://api-v2.soundcloud.com/users/{world.listener.id}/likes",
            params={"client_id": "sandboxsandboxsandboxsandbox1234", "linked_partitioning": "1"},
        )
    assert answer.status_code == 403


def test_a_full_track(world: MediaWorld) -> None:
    track = world.upload(
        "Night Bus", genre="House", artist="Noc Turne", artwork_jpeg=b"jpeg", encodings=[encoded("mp3"), encoded("m4a")]
    )
    info = ask(world, track.url)
    assert (info["title"], info["uploader"], info["artists"]) == ("Night Bus", "Nocturne", ["Noc Turne"])
    assert (info["duration"], info["genres"]) == (200.0, ["House"])
    assert info["thumbnail"].endswith("-original.jpg")
    assert {each["format_id"]: each["abr"] for each in info["formats"]} == {
        "http_mp3_1_0": 128,
        "http_aac_128k": 128,
    }


def test_the_uploaders_own_file(world: MediaWorld) -> None:
    track = world.upload(original=encoded("wav"))
    info = ask(world, track.url, format="download")
    assert (info["format_id"], info["ext"]) == ("download", "wav")


def test_a_preview_calls_itself_one_and_is_thirty_seconds_long(world: MediaWorld) -> None:
    info = ask(world, world.upload(access="preview").url)
    assert info["format_id"] == "http_mp3_1_0_preview"
    assert info["duration"] == 30.0


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"access": "protected"}, "DRM protected"),
        ({"access": "blocked"}, "geo restriction"),
        ({"status": 404}, "HTTP Error 404"),
        ({"status": 403}, "HTTP Error 403"),
        ({"status": 401}, "HTTP Error 401"),
    ],
)
def test_tracks_that_are_not_to_be_had(world: MediaWorld, state: dict[str, Any], said: str) -> None:
    assert said in refusal(world, world.upload(**state).url)


def test_a_token_signs_in_and_a_wrong_one_does_not(world: MediaWorld) -> None:
    world.soundcloud.tokens.add("good")
    headers = {"Authorization": "OAuth bad"}
    query = {"client_id": "sandboxsandboxsandboxsandbox1234", "url": world.upload().url}
    with httpx.Client(proxy=world.access.proxy, verify=False, trust_env=False) as client:  # noqa: S501 -- loopback
        statuses = [
            client.get("https://api-v2.soundcloud.com/resolve", params=query, headers=header).status_code
            for header in (headers, {"Authorization": "OAuth good"}, {})
        ]
    assert statuses == [401, 200, 200]


# --- YouTube ---------------------------------------------------------------------------------------------------------


def test_a_search_answers_in_the_order_given(world: MediaWorld) -> None:
    world.video("nightbus_01", "Night Bus", channel="Nocturne - Topic", views=1234, verified=True)
    world.video("otherthing1", "Something Else", channel="Nobody")
    world.video("nightbus_02", "Night Bus (10 hours)", channel="Loops", duration_s=36_000, live=False)
    world.video("nightbus_03", "Night Bus live now", channel="Loops", live=True)
    hits = ask(world, "ytsearch5:Nocturne Night Bus", extract_flat=True)
    assert [hit["id"] for hit in hits] == ["nightbus_01", "nightbus_02", "nightbus_03"]
    assert [hit["duration"] for hit in hits] == [200, 36_000, None]
    assert [hit["live_status"] for hit in hits] == [None, None, "is_live"]
    assert (hits[0]["channel"], hits[0]["view_count"], hits[0]["channel_is_verified"]) == (
        "Nocturne - Topic",
        1234,
        True,
    )
    assert world.asked() == ["POST www.youtube.com/youtubei/v1/search"]


def test_an_art_track_tells_who_it_is(world: MediaWorld) -> None:
    art = ArtTrack(track="Night Bus", artists=("Nocturne", "Guest"), album="Depot", release_date="2024-05-06")
    info = ask(world, world.video(channel="Nocturne - Topic", art=art).url)
    assert (info["track"], info["artists"], info["album"]) == ("Night Bus", ["Nocturne", "Guest"], "Depot")
    assert (info["release_date"], info["channel"], info["format_id"]) == ("20240506", "Nocturne - Topic", "251")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("unavailable", "Video unavailable"),
        ("private", "Private video"),
        ("age", "Sign in to confirm your age"),
        ("region", "not made this video available in your country"),
        ("later", "try again later"),
        ("bot", "not a bot"),
    ],
)
def test_videos_that_do_not_play(world: MediaWorld, trouble: str, said: str) -> None:
    assert said in refusal(world, world.video(trouble=trouble).url)


def test_a_bot_check_for_everything(world: MediaWorld) -> None:
    world.youtube.bot_check = True
    assert "not a bot" in refusal(world, world.video().url)


def test_a_video_that_never_was(world: MediaWorld) -> None:
    assert "Video unavailable" in refusal(world, "https://www.youtube.com/watch?v=nonexistent")


def test_an_id_that_is_none_is_refused(world: MediaWorld) -> None:
    with pytest.raises(ValueError, match="no YouTube id"):
        world.video("too short")


# --- both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://soundcloud.com/",
        "https://soundcloud.com/nocturne/night-bus",
        "https://api-v2.soundcloud.com/me",
        "https://a-v2.sndcdn.com/other.js",
        "https://cf-media.sndcdn.com/1.128.mp3",
        "https://i1.sndcdn.com/artworks-1-large.jpg",
        "https://www.youtube.com/",
        "https://www.youtube.com/watch?v=nightbus_01",
        "https://i.ytimg.com/vi/nightbus_01/hqdefault.jpg",
        "https://example.com/",
    ],
)
def test_what_the_extractors_do_not_ask_is_not_there(world: MediaWorld, url: str) -> None:
    expected = {"https://soundcloud.com/": 200, "https://api-v2.soundcloud.com/me": 401}.get(url, 404)
    with httpx.Client(proxy=world.access.proxy, verify=False, trust_env=False) as client:  # noqa: S501 -- loopback
        assert client.get(url).status_code == expected


@pytest.mark.parametrize(
    ("host", "system"),
    [
        ("soundcloud.com", "soundcloud"),
        ("api-v2.soundcloud.com:443", "soundcloud"),
        ("cf-media.sndcdn.com", "soundcloud"),
        ("www.youtube.com", "youtube"),
        ("rr1---sn-sandbox.googlevideo.com", "youtube"),
        ("notyoutube.com", ELSEWHERE),
    ],
)
def test_the_system_of_a_request(host: str, system: str) -> None:
    assert system_of(Request("GET", host, "/", {}, {}, b"")) == system
