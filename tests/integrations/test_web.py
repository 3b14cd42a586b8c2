"""Links to any other site, through the real extractors for pages that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from daemon.errors import DaemonError, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Alias, Service, Track, TrackRef
from daemon.ports import Catalogue
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.web import WebCatalogue, WebPage, track_of
from integrations.ytdlp.fetching import fetch_audio
from tests.integrations.media_world import MediaWorld, encoded, media_world

SITE = "https://music.example"
SONG = f"{SITE}/Ana-Song.mp3"


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened:
        opened.twin.elsewhere[SONG] = ("audio/mpeg", encoded("mp3").data)
        yield opened


def page(world: MediaWorld, body: str) -> str:
    url = f"{SITE}/page"
    html = f"<html><head><title>Ana - Night Bus</title></head><body>{body}</body></html>"
    world.twin.elsewhere[url] = ("text/html", html.encode())
    return url


def items(world: MediaWorld, url: str) -> list[TrackRef]:
    return list(WebPage(url, world.access).items())


def fetch(world: MediaWorld, url: str, into: Path) -> bytes:
    fetched = fetch_audio(url=url, service="web", into=str(into), access=asdict(world.access), progress=lambda *_: None)
    assert fetched.service is Service.WEB
    return Path(fetched.path).read_bytes()


def test_a_bare_audio_file(world: MediaWorld, tmp_path: Path) -> None:
    (ref,) = items(world, SONG)
    assert (ref.id, ref.found_in, ref.playlist) == (SONG, "url", None)
    assert ref.told == Track(title="Ana-Song", aliases=(Alias(service=Service.WEB, id=SONG),), urls={Service.WEB: SONG})
    assert fetch(world, SONG, tmp_path) == encoded("mp3").data


def test_a_page_with_a_player(world: MediaWorld, tmp_path: Path) -> None:
    url = page(world, f"<audio src='{SONG}'></audio>")
    (ref,) = items(world, url)
    assert ref.told is not None
    assert (ref.told.artists, ref.told.title, ref.told.aliases) == (("Ana",), "Night Bus", (ref.alias,))
    assert fetch(world, url, tmp_path) == encoded("mp3").data


def test_a_page_that_embeds_a_service_is_the_track_of_that_service(world: MediaWorld, tmp_path: Path) -> None:
    world.video(title="Nocturne - Night Bus")
    url = page(world, "<iframe src='https://www.youtube.com/embed/nightbus_01'></iframe>")
    (ref,) = items(world, url)
    assert ref.told is not None
    assert ref.told.aliases == (ref.alias, Alias(service=Service.YOUTUBE, id="nightbus_01"))
    assert ref.told.urls == {Service.WEB: url, Service.YOUTUBE: "https://www.youtube.com/watch?v=nightbus_01"}
    assert fetch(world, url, tmp_path) == encoded("opus").data


def test_a_page_with_a_list(world: MediaWorld, tmp_path: Path) -> None:
    embedded = [f"https://www.youtube.com/embed/nightbus_0{number}" for number in (1, 2, 1)]
    url = page(world, "".join(f"<iframe src='{address}'></iframe>" for address in embedded))
    refs = items(world, url)
    assert [(ref.url, ref.playlist) for ref in refs] == [(address, "Ana - Night Bus") for address in embedded[:2]]
    assert len(world.asked()) == 1
    with pytest.raises(Refused, match="is a list"):
        WebCatalogue(world.access).describe(TrackRef(service=Service.WEB, id=url, url=url, found_in="url"))
    with pytest.raises(Refused, match="is a list"):
        fetch(world, url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_a_list_that_shows_itself_only_on_the_way_nothing_is_downloaded(world: MediaWorld, tmp_path: Path) -> None:
    world.youtube.add_playlist("PLtest", "My List", [world.video()], channel="me")
    there = "https://www.youtube.com/playlist?list=PLtest"
    url = page(world, f'<meta http-equiv="refresh" content="0; url={there}">')
    with pytest.raises(Refused, match="is a list"):
        fetch(world, url, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert [ref.url for ref in items(world, url)] == ["https://www.youtube.com/watch?v=nightbus_01"]


def test_a_list_whose_tracks_cannot_be_told_apart(world: MediaWorld) -> None:
    url = page(world, f"<audio src='{SONG}'></audio><audio src='{SITE}/other.mp3'></audio>")
    with pytest.raises(Refused, match="Give the link of one track"):
        items(world, url)


def test_what_was_told_is_not_asked_again(world: MediaWorld) -> None:
    (ref,) = items(world, SONG)
    world.log.clear()
    catalogue: Catalogue = WebCatalogue(world.access)
    assert catalogue.describe(ref) == ref.told
    assert world.asked() == []


def test_a_known_site_has_ids_of_its_own() -> None:
    info = {
        "id": "77",
        "extractor_key": "Bandcamp",
        "track": "Night Bus - Live",
        "title": "Ana - Night Bus - Live",
        "artists": ["Ana"],
        "album": "Depot",
        "genres": ["House"],
        "release_date": "20240506",
        "webpage_url": "https://ana.bandcamp.com/track/night-bus",
    }
    assert track_of(info, "https://ana.bandcamp.com/track/night-bus?from=x") == Track(
        title="Night Bus - Live",
        artists=("Ana",),
        album="Depot",
        genre="House",
        release_date="2024-05-06",
        aliases=(
            Alias(service=Service.WEB, id="https://ana.bandcamp.com/track/night-bus?from=x"),
            Alias(service=Service.WEB, id="Bandcamp:77"),
        ),
        urls={Service.WEB: "https://ana.bandcamp.com/track/night-bus"},
    )


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.server_error(404), NotFound),
        (faults.server_error(401), Refused),
        (faults.rate_limited(30), RateLimited),
        (faults.server_error(), Unreachable),
        (faults.html(200), Refused),
        (faults.reset(), Unreachable),
    ],
)
def test_trouble_is_that_links_alone(world: MediaWorld, fault: Fault, expected: type[DaemonError]) -> None:
    world.faults.add("elsewhere", fault, times=None)
    with pytest.raises(expected) as caught:
        items(world, SONG)
    assert getattr(caught.value, "service", None) is None
    assert SONG in str(caught.value)


def test_a_token_for_soundcloud_goes_to_no_other_site(world: MediaWorld) -> None:
    world.access = type(world.access)(**{**asdict(world.access), "soundcloud_token": "2-secret"})
    items(world, SONG)
    assert {line.host for line in world.log.of()} == {"music.example"}
