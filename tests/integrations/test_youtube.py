from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence

import pytest

from daemon.errors import DaemonError, NotFound, Protected, RateLimited, Refused, Unreachable
from daemon.models import Alias, Candidate, Gone, Service, Track, TrackRef
from daemon.ports import Catalogue, Finder
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.sandbox.youtube import ArtTrack, YouTubeVideo
from integrations.youtube import YouTubeCatalogue, YouTubeFinder, YouTubePlaylist, track_of
from tests.integrations.media_world import MediaWorld, media_world

WANTED = Track(title="Night Bus", artists=("Nocturne",))


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened:
        yield opened


def describe(world: MediaWorld, video: YouTubeVideo) -> Track:
    ref = TrackRef(service=Service.YOUTUBE, id=video.id, url=video.url, found_in="url")
    catalogue: Catalogue = YouTubeCatalogue(world.access)
    return catalogue.describe(ref)


def search(world: MediaWorld, limit: int) -> Sequence[Candidate]:
    finder: Finder = YouTubeFinder(world.access)
    return finder.candidates(f"{WANTED.artist} {WANTED.title}", limit)


def test_a_search_in_one_request(world: MediaWorld) -> None:
    world.video("nightbus_01", "Night Bus", channel="Nocturne - Topic", views=1234, verified=True)
    world.video("nightbus_02", "Nocturne - Night Bus live", channel="Fan", live=True)
    world.video("otherthing1", "Something Else", channel="Nobody")
    found = search(world, 5)
    assert found == [
        Candidate(
            service=Service.YOUTUBE,
            id="nightbus_01",
            url="https://www.youtube.com/watch?v=nightbus_01",
            title="Night Bus",
            channel="Nocturne - Topic",
            artists=("Nocturne",),
            duration_s=200,
            views=1234,
            verified=True,
        ),
        Candidate(
            service=Service.YOUTUBE,
            id="nightbus_02",
            url="https://www.youtube.com/watch?v=nightbus_02",
            title="Nocturne - Night Bus live",
            channel="Fan",
            live=True,
        ),
    ]
    assert len(world.log.of()) == 1


def test_no_more_than_asked(world: MediaWorld) -> None:
    for number in range(9):
        world.video(f"nightbus_0{number}", "Night Bus")
    assert len(search(world, 4)) == 4


def test_nothing_found_is_an_empty_list(world: MediaWorld) -> None:
    assert search(world, 5) == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.rate_limited(30), RateLimited),
        (faults.server_error(403), RateLimited),
        (faults.server_error(), Unreachable),
        (faults.html(200), Unreachable),
        (faults.answer(200, b"{}"), Unreachable),
        (faults.reset(), Unreachable),
    ],
)
def test_a_search_that_failed_is_no_empty_list(world: MediaWorld, fault: Fault, expected: type[DaemonError]) -> None:
    world.faults.add("youtube", fault, route="*/search", times=None)
    with pytest.raises(expected) as caught:
        search(world, 5)
    assert getattr(caught.value, "service", None) == "youtube"


def playlist(world: MediaWorld, count: int) -> list[YouTubeVideo]:
    videos = [world.video(f"listed_{number:04d}", f"Song {number}") for number in range(count)]
    world.youtube.add_playlist("PLtest", "My List", videos, channel="me")
    return videos


def items(world: MediaWorld, list_id: str = "PLtest") -> list[TrackRef | Gone]:
    return list(YouTubePlaylist(f"https://www.youtube.com/playlist?list={list_id}", world.access).items())


def test_a_playlist_in_its_order_a_hundred_a_request(world: MediaWorld) -> None:
    videos = playlist(world, 250)
    found = items(world)
    assert [item.id for item in found] == [video.id for video in videos]
    assert found[0] == TrackRef(
        service=Service.YOUTUBE, id=videos[0].id, url=videos[0].url, found_in="url", playlist="My List"
    )
    assert len(world.log.of()) == 5  # what the address means, the list, the list with its gone ones, two pages more


def test_a_playlist_is_read_no_further_than_asked(world: MediaWorld) -> None:
    playlist(world, 250)
    with contextlib.closing(
        YouTubePlaylist("https://www.youtube.com/playlist?list=PLtest", world.access).items()
    ) as it:
        assert len(list(itertools.islice(it, 100))) == 100
    assert len(world.log.of()) == 3


def test_what_a_playlist_cannot_show_is_told(world: MediaWorld) -> None:
    videos = playlist(world, 4)
    videos[1].trouble, videos[2].trouble = "private", "unavailable"
    found = items(world)
    assert [type(item) for item in found] == [TrackRef, Gone, Gone, TrackRef]
    assert [item.id for item in found] == [video.id for video in videos]


def test_a_video_that_stands_in_a_playlist_twice_is_one(world: MediaWorld) -> None:
    videos = playlist(world, 2)
    world.youtube.add_playlist("PLtwice", "Twice", [*videos, *videos], channel="me")
    assert len(items(world, "PLtwice")) == 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, NotFound),
        (faults.rate_limited(30), RateLimited),
        (faults.server_error(403), RateLimited),
        (faults.server_error(), Unreachable),
        (faults.html(200), Unreachable),
        (faults.answer(200, b"{}"), Unreachable),
        (faults.reset(), Unreachable),
    ],
)
@pytest.mark.parametrize("route", ["*/navigation/resolve_url", "*/browse"])
def test_a_playlist_that_cannot_be_read_is_no_empty_one(
    world: MediaWorld, fault: Fault | None, route: str, expected: type[DaemonError]
) -> None:
    if fault:
        playlist(world, 1)
        world.faults.add("youtube", fault, route=route, times=None)
    with pytest.raises(expected):
        items(world)


def test_a_playlist_that_breaks_off_does_not_end_there(world: MediaWorld) -> None:
    playlist(world, 150)
    world.faults.add("youtube", faults.server_error(), route="*/browse", skip=2, times=None)
    with pytest.raises(Unreachable):
        items(world)


def test_an_art_track_in_full(world: MediaWorld) -> None:
    art = ArtTrack(track="Night Bus - Live", artists=("Nocturne", "Guest"), album="Depot", release_date="2024-05-06")
    video = world.video(title="Night Bus - Live", channel="Nocturne - Topic", art=art, cover_jpeg=b"jpeg")
    assert describe(world, video) == Track(
        title="Night Bus - Live",
        artists=("Nocturne", "Guest"),
        album="Depot",
        duration_s=200,
        release_date="2024-05-06",
        artwork_url="https://i.ytimg.com/vi/nightbus_01/hqdefault.jpg",
        aliases=(Alias(service=Service.YOUTUBE, id="nightbus_01"),),
        urls={Service.YOUTUBE: "https://www.youtube.com/watch?v=nightbus_01"},
    )


def test_an_upload_by_somebody(world: MediaWorld) -> None:
    track = describe(world, world.video(title="Nocturne - Night Bus (Official Video)", channel="Some Label"))
    assert (track.artists, track.title, track.album) == (("Nocturne",), "Night Bus", None)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("unavailable", NotFound),
        ("private", NotFound),
        ("region", Refused),
        ("age", Refused),
        ("drm", Protected),
        ("bot", RateLimited),
        ("later", RateLimited),
    ],
)
def test_a_video_that_does_not_play_is_not_described(
    world: MediaWorld, trouble: str, expected: type[DaemonError]
) -> None:
    with pytest.raises(expected):
        describe(world, world.video(trouble=trouble))


@pytest.mark.parametrize(("told", "day"), [("20240506", "2024-05-06"), (None, None), ("2024", None)])
def test_release_dates(told: str | None, day: str | None) -> None:
    assert track_of({"id": "nightbus_01", "title": "T", "release_date": told}).release_date == day
