from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.errors import DaemonError, NotFound, RateLimited, Refused, Transient, Unreachable
from daemon.links import MUSIC_HOSTS, SHORT_HOSTS
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.shortlinks import ShortLinks
from tests.integrations.media_world import MediaWorld, media_world

TRACK = "https://soundcloud.com/nocturne/night-bus?si=1&utm_source=clipboard"


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened:
        yield opened


def resolve(world: MediaWorld, url: str, timeout_s: float = 5.0) -> str:
    return ShortLinks(SHORT_HOSTS, MUSIC_HOSTS, timeout_s, proxy=world.access.proxy, verify=False).resolve(url)


def leads_to(url: str, status: int = 302) -> Fault:
    return Fault("answer", status, (("Location", url),))


@pytest.mark.parametrize("target", [TRACK, "https://m.soundcloud.com/a/b", "https://www.soundcloud.com/a/sets/b/s-Key"])
def test_a_short_link_is_asked_once_and_its_target_never(world: MediaWorld, target: str) -> None:
    short = world.soundcloud.shorten(target)
    assert resolve(world, short) == target
    assert [line.host for line in world.log.of()] == ["on.soundcloud.com"]


def test_a_short_link_of_spotifys_goes_by_two_hosts(world: MediaWorld) -> None:
    target = "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC?si=1"
    world.faults.add("elsewhere", leads_to("https://spotify.app.link/x", 307), route="/XyZ")
    world.faults.add("elsewhere", leads_to(target), route="/x")
    assert resolve(world, "https://spotify.link/XyZ") == target


def test_a_relative_answer_stays_with_its_host(world: MediaWorld) -> None:
    short = world.soundcloud.shorten(TRACK)
    world.faults.add("soundcloud", leads_to(short.removeprefix("https://on.soundcloud.com")), route="/first")
    assert resolve(world, "https://on.soundcloud.com/first") == TRACK


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/soundcloud.com/a/b",
        "https://soundcloud.com.evil.example/a/b",
        "http://127.0.0.1:1/a",
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
def test_a_link_that_leads_anywhere_else_is_not_followed(world: MediaWorld, target: str) -> None:
    world.faults.add("soundcloud", leads_to(target), times=None)
    with pytest.raises(Refused, match="browser"):
        resolve(world, "https://on.soundcloud.com/abc")
    assert {line.host for line in world.log.of()} == {"on.soundcloud.com"}


def test_a_circle_ends(world: MediaWorld) -> None:
    world.faults.add("soundcloud", leads_to("https://on.soundcloud.com/abc"), times=None)
    with pytest.raises(Refused, match="one short link to the next"):
        resolve(world, "https://on.soundcloud.com/abc")
    assert len(world.log.of()) == 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.server_error(404), NotFound),
        (faults.server_error(403), Refused),
        (faults.html(200), Refused),
        (faults.rate_limited(30), RateLimited),
        (faults.rate_limited("soon"), RateLimited),
        (faults.server_error(), Unreachable),
        (faults.reset(), Unreachable),
        (faults.slow(30), Unreachable),
    ],
)
def test_trouble_has_the_right_word(world: MediaWorld, fault: Fault, expected: type[DaemonError]) -> None:
    world.faults.add("soundcloud", fault, times=None)
    with pytest.raises(expected, match=r"on\.soundcloud\.com") as caught:
        resolve(world, "https://on.soundcloud.com/abc", timeout_s=0.5)
    if issubclass(expected, Transient):
        assert getattr(caught.value, "service", None) == "soundcloud"
    assert getattr(caught.value, "retry_after_s", None) == (30 if "30" in str(dict(fault.headers)) else None)
