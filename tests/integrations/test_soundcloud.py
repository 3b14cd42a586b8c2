from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Unreachable
from daemon.models import Alias, Service, Track, TrackRef
from daemon.ports import Catalogue, TrackSource
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.sandbox.soundcloud import SoundCloudTrack
from integrations.soundcloud import SoundCloudCatalogue, SoundCloudLikes, profile_name, track_of
from tests.integrations.media_world import MediaWorld, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened:
        yield opened


def likes(world: MediaWorld, **changes: Any) -> TrackSource:
    return SoundCloudLikes("me", replace(world.access, **changes))


def like(world: MediaWorld, count: int) -> list[str]:
    tracks = [world.upload(f"Track {number}") for number in range(count)]
    for track in tracks:
        world.soundcloud.like(world.listener, track)
    return [str(track.id) for track in reversed(tracks)]


def test_the_newest_likes_come_first_and_no_further_than_asked(world: MediaWorld) -> None:
    ids = like(world, 12)
    found = likes(world).newest(5)
    assert [ref.id for ref in found] == ids[:5]
    assert found[0] == TrackRef(
        service=Service.SOUNDCLOUD,
        id=ids[0],
        url="https://soundcloud.com/nocturne/track-11",
        found_in="soundcloud-likes",
    )
    assert len(world.log.of()) == 4


@pytest.mark.parametrize(("limit", "pages"), [(10, 1), (11, 2), (25, 3), (99, 3), (0, 0)])
def test_no_page_is_asked_in_vain(world: MediaWorld, limit: int, pages: int) -> None:
    world.soundcloud.page_size = 10
    ids = like(world, 25)
    assert [ref.id for ref in likes(world).newest(limit)] == ids[:limit]
    assert len(world.log.of(path=f"/users/{world.listener.id}/likes")) == pages


def test_sets_and_deleted_tracks_are_passed_over(world: MediaWorld) -> None:
    ids = like(world, 2)
    world.soundcloud.like(world.listener, None)
    world.soundcloud.like(world.listener, world.soundcloud.add_playlist(world.artist, "A Set"))
    assert [ref.id for ref in likes(world).newest(10)] == ids


def test_nothing_liked_is_nothing_there(world: MediaWorld) -> None:
    assert list(likes(world).newest(5)) == []


def test_a_profile_that_is_not_there(world: MediaWorld) -> None:
    with pytest.raises(NotFound, match=r"“nobody”.*SOUNDCLOUD_PROFILE"):
        SoundCloudLikes("nobody", world.access).newest(1)


@pytest.mark.parametrize("route", ["/resolve", "/users/*"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.server_error(401), AuthExpired),
        (faults.server_error(403), RateLimited),
        (faults.rate_limited(30), RateLimited),
        (faults.server_error(500), Unreachable),
        (faults.html(502), Unreachable),
        (faults.html(200), Unreachable),
        (faults.answer(200, b"[]"), Unreachable),
        (faults.answer(200, b'{"collection": 3}'), Unreachable),
        (faults.reset(), Unreachable),
        (faults.lost(), Unreachable),
    ],
)
def test_trouble_has_the_right_word(world: MediaWorld, route: str, fault: Fault, expected: type[DaemonError]) -> None:
    like(world, 3)
    world.faults.add("soundcloud", fault, route=route, times=None)
    with pytest.raises(expected) as caught:
        likes(world).newest(2)
    assert getattr(caught.value, "service", None) == "soundcloud"


def test_a_bad_gateway_in_passing_is_survived(world: MediaWorld) -> None:
    ids = like(world, 1)
    world.faults.add("soundcloud", faults.html(502), route="/users/*")
    assert [ref.id for ref in likes(world).newest(1)] == ids


@pytest.mark.parametrize("route", ["/resolve", "/users/*"])
def test_a_silent_service_is_given_up(world: MediaWorld, route: str) -> None:
    like(world, 1)
    world.faults.add("soundcloud", faults.slow(30), route=route, times=None)
    with pytest.raises(Unreachable):
        likes(world, timeout_s=0.5).newest(1)


def test_the_client_id_is_remembered_where_there_is_a_cache(world: MediaWorld, tmp_path: Path) -> None:
    like(world, 1)
    for _ in range(2):
        world.log.clear()
        likes(world, cache_dir=str(tmp_path)).newest(1)
    assert world.asked() == [
        "GET api-v2.soundcloud.com/resolve",
        f"GET api-v2.soundcloud.com/users/{world.listener.id}/likes",
    ]
    assert any(files for _, _, files in os.walk(tmp_path))


def test_what_doctor_hears(world: MediaWorld) -> None:
    assert likes(world).check().level == "ok"
    world.faults.add("soundcloud", faults.server_error(401), times=None)
    check = likes(world).check()
    assert (check.level, bool(check.todo)) == ("problem", True)


@pytest.mark.parametrize(
    "text", ["me", " @me ", "me/", "https://soundcloud.com/me", "https://m.soundcloud.com/me/likes?si=1", "me/likes"]
)
def test_a_profile_is_understood_as_people_write_it(text: str) -> None:
    assert profile_name(text) == "me"


# --- who a track is --------------------------------------------------------------------------------------------------


def describe(world: MediaWorld, track: SoundCloudTrack) -> Track:
    ref = TrackRef(service=Service.SOUNDCLOUD, id=str(track.id), url=track.url, found_in="url")
    catalogue: Catalogue = SoundCloudCatalogue(world.access)
    return catalogue.describe(ref)


def test_a_track_in_full(world: MediaWorld) -> None:
    track = world.upload("Noc Turne - Night Bus", artist="Noc Turne", genre="House", artwork_jpeg=b"jpeg")
    assert describe(world, track) == Track(
        title="Night Bus",
        artists=("Noc Turne",),
        duration_s=200.0,
        genre="House",
        artwork_url=f"https://i1.sndcdn.com/artworks-{track.id}-original.jpg",
        aliases=(Alias(service=Service.SOUNDCLOUD, id=str(track.id)),),
        urls={Service.SOUNDCLOUD: track.url},
    )


def test_no_stream_is_asked_for(world: MediaWorld) -> None:
    describe(world, world.upload())
    assert not world.log.of(path="/media/")


@pytest.mark.parametrize("access", ["protected", "blocked", "preview"])
def test_a_track_whose_audio_is_not_to_be_had_is_described_all_the_same(world: MediaWorld, access: str) -> None:
    track = describe(world, world.upload(access=access))
    assert (track.title, track.artists) == ("Night Bus", ("Nocturne",))
    assert track.duration_s == (None if access == "preview" else 200.0)


@pytest.mark.parametrize("status", [404, 403])
def test_a_track_that_is_gone_or_private(world: MediaWorld, status: int) -> None:
    with pytest.raises(NotFound):
        describe(world, world.upload(status=status))


def test_a_release_date_is_a_day() -> None:
    info = {"id": "1", "title": "T", "webpage_url": "https://soundcloud.com/a/t", "release_timestamp": 1714953600}
    assert track_of(info).release_date == "2024-05-06"
