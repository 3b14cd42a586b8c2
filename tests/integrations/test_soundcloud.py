from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Unreachable
from daemon.models import Alias, Gone, Service, Track, TrackRef
from daemon.ports import Catalogue, TrackSource
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.sandbox.soundcloud import SoundCloudPlaylist, SoundCloudTrack
from integrations.soundcloud import SoundCloudCatalogue, SoundCloudLikes, SoundCloudSet, profile_name, track_of
from integrations.ytdlp.fetching import fetch_audio
from tests.integrations.media_world import MediaWorld, encoded, media_world


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


def test_deleted_tracks_are_passed_over_and_so_are_sets_where_nobody_remembers_them(world: MediaWorld) -> None:
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


# --- read on and on --------------------------------------------------------------------------------------------------


def until_known(source: SoundCloudLikes, known: set[str]) -> list[str]:
    """As the chain reads: up to the first one that is known."""
    with contextlib.closing(source.newest_first()) as refs:
        return [ref.id for ref in itertools.takewhile(lambda ref: ref.id not in known, refs)]


def test_a_look_that_finds_nothing_new_asks_little_and_extracts_no_track(world: MediaWorld, tmp_path: Path) -> None:
    known = set(like(world, 450))
    source = SoundCloudLikes("me", replace(world.access, cache_dir=str(tmp_path)), taken_sets=set())
    assert until_known(source, known) == []
    assert world.asked() == [
        "GET soundcloud.com/",
        "GET a-v2.sndcdn.com/assets/0-sandbox.js",
        "GET api-v2.soundcloud.com/resolve",
        f"GET api-v2.soundcloud.com/users/{world.listener.id}/likes",
    ]
    world.log.clear()
    assert until_known(source, known) == []
    assert len(world.asked()) == 2


def test_what_was_liked_meanwhile_is_found_and_no_more(world: MediaWorld) -> None:
    world.soundcloud.page_size = 10
    known = set(like(world, 25))
    new = like(world, 12)
    assert until_known(SoundCloudLikes("me", world.access), known) == new
    assert len(world.log.of(path="/users/")) == 2


def test_a_thousand_likes_in_eight_requests(world: MediaWorld) -> None:
    ids = like(world, 1000)
    assert [item.id for item in SoundCloudLikes("me", world.access).walk()] == ids
    assert len(world.asked()) == 8


def test_a_walk_tells_the_deleted_ones_and_names_each_track_once(world: MediaWorld) -> None:
    ids = like(world, 2)
    twice = world.soundcloud.add_playlist(world.artist, "A Set", [world.upload("Other"), world.upload("Other 2")])
    world.soundcloud.like(world.listener, twice)
    world.soundcloud.like(world.listener, twice.tracks[0])
    world.soundcloud.like(world.listener, None)
    items = list(SoundCloudLikes("me", world.access, taken_sets=set()).walk())
    assert items[0] == Gone(service=Service.SOUNDCLOUD, id=None, found_in="soundcloud-likes")
    assert [item.id for item in items[1:]] == [*(str(track.id) for track in twice.tracks), *ids]


def test_a_walk_pauses_between_its_questions(world: MediaWorld) -> None:
    like(world, 1)
    began = time.monotonic()
    list(SoundCloudLikes("me", world.access).walk(pause_s=0.05))
    assert time.monotonic() - began >= 3 * 0.05


def test_a_walk_that_breaks_off_raises_after_what_it_had(world: MediaWorld) -> None:
    world.soundcloud.page_size = 10
    ids = like(world, 25)
    world.faults.add("soundcloud", faults.rate_limited(30), route="/users/*", skip=2, times=None)
    found: list[str | None] = []
    with pytest.raises(RateLimited):
        found.extend(item.id for item in SoundCloudLikes("me", world.access).walk())
    assert found == ids[:20]


# --- sets ------------------------------------------------------------------------------------------------------------


def a_set(world: MediaWorld, count: int = 8, **more: Any) -> SoundCloudPlaylist:
    return world.soundcloud.add_playlist(
        world.artist, "Deep Cuts", [world.upload(f"Cut {number}") for number in range(count)], **more
    )


def ids_of(playlist: SoundCloudPlaylist) -> list[str]:
    return [str(track.id) for track in playlist.tracks]


def test_a_liked_set_is_its_tracks_and_is_asked_for_once(world: MediaWorld, tmp_path: Path) -> None:
    before = like(world, 1)
    liked = a_set(world)
    world.soundcloud.like(world.listener, liked)
    taken: set[str] = set()
    source = SoundCloudLikes("me", replace(world.access, cache_dir=str(tmp_path)), taken_sets=taken)
    refs = list(source.newest_first())
    assert [ref.id for ref in refs] == [*ids_of(liked), *before]
    assert [ref.playlist for ref in refs] == ["Deep Cuts"] * 8 + [None]
    assert {ref.found_in for ref in refs} == {"soundcloud-likes"}
    assert (len(world.asked()), taken) == (5, {str(liked.id)})
    world.log.clear()
    assert [ref.id for ref in source.newest_first()] == before
    assert len(world.asked()) == 2


def test_a_liked_set_counts_as_taken_only_when_its_last_track_was_handed_on(world: MediaWorld) -> None:
    world.soundcloud.like(world.listener, a_set(world))
    taken: set[str] = set()
    SoundCloudLikes("me", world.access, taken_sets=taken).newest(8)
    assert not taken
    SoundCloudLikes("me", world.access, taken_sets=taken).newest(9)
    assert taken


@pytest.mark.parametrize("status", [404, 403])
def test_a_liked_set_that_is_gone_is_told_once(world: MediaWorld, status: int) -> None:
    liked = a_set(world)
    liked.status = status
    world.soundcloud.like(world.listener, liked)
    source = SoundCloudLikes("me", world.access, taken_sets=set())
    assert list(source.walk()) == [Gone(service=Service.SOUNDCLOUD, id=str(liked.id), found_in="soundcloud-likes")]
    assert list(source.walk()) == []


def test_one_liked_set_in_trouble_does_not_hide_the_other_likes(world: MediaWorld) -> None:
    before = like(world, 1)
    world.soundcloud.like(world.listener, a_set(world))
    taken: set[str] = set()
    source = SoundCloudLikes("me", world.access, taken_sets=taken)
    world.faults.add("soundcloud", faults.html(200), route="/resolve", skip=1)
    assert [ref.id for ref in source.newest_first()] == before
    assert not taken
    assert len(list(source.newest_first())) == 9


@pytest.mark.parametrize(
    ("fault", "expected"), [(faults.rate_limited(30), RateLimited), (faults.server_error(401), AuthExpired)]
)
def test_a_service_in_trouble_ends_the_look_also_at_a_liked_set(
    world: MediaWorld, fault: Fault, expected: type[DaemonError]
) -> None:
    world.soundcloud.like(world.listener, a_set(world))
    world.faults.add("soundcloud", fault, route="/resolve", skip=1, times=None)
    with pytest.raises(expected):
        list(SoundCloudLikes("me", world.access, taken_sets=set()).newest_first())


def test_a_set_in_its_order_each_track_once(world: MediaWorld) -> None:
    playlist = a_set(world)
    wanted = ids_of(playlist)
    playlist.tracks.append(playlist.tracks[0])
    items = list(SoundCloudSet(playlist.url, world.access).items())
    assert [item.id for item in items] == wanted
    assert items[0] == TrackRef(
        service=Service.SOUNDCLOUD, id=wanted[0], url=playlist.tracks[0].url, found_in="url", playlist="Deep Cuts"
    )
    assert len(world.asked()) == 3


def test_a_track_of_which_the_set_tells_only_the_id_is_described_and_fetched(world: MediaWorld, tmp_path: Path) -> None:
    playlist = a_set(world)
    last = list(SoundCloudSet(playlist.url, world.access).items())[-1]
    assert isinstance(last, TrackRef)
    assert last.url == f"https://api-v2.soundcloud.com/tracks/{last.id}"
    track = SoundCloudCatalogue(world.access).describe(last)
    assert (track.title, track.urls[Service.SOUNDCLOUD]) == ("Cut 7", playlist.tracks[-1].url)
    fetched = fetch_audio(
        url=last.url, service="soundcloud", into=str(tmp_path), access=asdict(world.access), progress=lambda *_: None
    )
    assert Path(fetched.path).stat().st_size == len(encoded("mp3").data)


def test_a_private_set_opens_by_its_key(world: MediaWorld) -> None:
    playlist = a_set(world, secret="s-AbC")
    refs = list(SoundCloudSet(playlist.url, world.access).items())
    assert [ref.id for ref in refs] == ids_of(playlist)
    assert len(world.log.of(path="/tracks")) == 1
    with pytest.raises(NotFound):
        list(SoundCloudSet(playlist.url.removesuffix("/s-AbC"), world.access).items())


def test_a_watched_set_from_its_end(world: MediaWorld) -> None:
    playlist = a_set(world)
    source: TrackSource = SoundCloudSet(playlist.url, world.access, name="soundcloud-playlist:cuts")
    assert [ref.id for ref in source.newest_first()] == ids_of(playlist)[::-1]
    newest = source.newest(2)
    assert [ref.id for ref in newest] == ids_of(playlist)[:-3:-1]
    assert newest[0].found_in == source.name
    assert (source.check().name, source.check().level) == (source.name, "ok")
    playlist.status = 404
    assert source.check().level == "problem"


def test_an_empty_set_is_nothing(world: MediaWorld) -> None:
    assert list(SoundCloudSet(a_set(world, 0).url, world.access).items()) == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.server_error(404), NotFound),
        (faults.server_error(401), AuthExpired),
        (faults.rate_limited(30), RateLimited),
        (faults.html(502), Unreachable),
        (faults.reset(), Unreachable),
    ],
)
def test_a_set_that_cannot_be_read_is_no_empty_one(
    world: MediaWorld, fault: Fault, expected: type[DaemonError]
) -> None:
    world.faults.add("soundcloud", fault, route="/resolve", times=None)
    with pytest.raises(expected):
        list(SoundCloudSet(a_set(world).url, world.access).items())


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
