"""A week of looks with a clock of its own: bans, outages, a log-in that ends. What was liked is what was found."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.chain import Link
from daemon.errors import AuthExpired, RateLimited, Unreachable
from daemon.ledger import Ledger
from daemon.models import Service, TrackRef
from daemon.service.discovering import discover

HOUR = 3600.0
DAY = 24 * HOUR
LOOK_S = 600.0


@dataclass
class Weather:
    """When a service does not work, and how: (from, until, error)."""

    spells: list[tuple[float, float, Exception]] = field(default_factory=list)
    asked_in_vain: int = 0

    def check(self, now):
        for since, until, error in self.spells:
            if since <= now < until:
                self.asked_in_vain += 1
                raise error


class Place:
    """A service in the simulation: a list of likes, newest first, and its weather."""

    def __init__(self, name, service, clock):
        self.name, self.service, self.clock = name, service, clock
        self.likes: list[str] = []
        self.weather = Weather()

    def like(self, number):
        self.likes.insert(0, f"{self.name}-{number}")

    def newest_first(self):
        for identity in self.likes:
            self.weather.check(self.clock())
            url = f"https://example.invalid/{identity}"
            yield TrackRef(service=self.service, id=identity, url=url, found_in=self.name)


class World:
    def __init__(self, folder):
        self.now = 1_800_000_000.0
        self.began = self.now
        self.ledger = Ledger.open(f"sqlite:///{folder}/ledger.db", lambda: self.now)
        self.soundcloud = Place("soundcloud-likes", Service.SOUNDCLOUD, lambda: self.now)
        self.spotify = Place("spotify-liked", Service.SPOTIFY, lambda: self.now)
        self.rooms: Any = SimpleNamespace(
            ledger=self.ledger,
            services_of=lambda name: (name.partition("-")[0],),
            clock=lambda: self.now,
            lookback=5,
            batch=5,
            source_timeout_s=30.0,
        )
        self.verdicts: list[tuple[float, str, str]] = []

    @staticmethod
    def opened(service) -> Any:
        return service

    def look(self):
        for service in (self.soundcloud, self.spotify):
            link = Link(service.name, partial(self.opened, service))
            self.verdicts.append((self.now, service.name, discover(self.rooms, link).verdict))

    def found(self):
        return {
            alias.id
            for row in self.ledger.tracks.newest(10_000)
            for alias in row.track.aliases
            if "://" not in alias.id
        }


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.ledger.close()


def test_what_was_liked_in_a_week_is_what_was_found(world):
    chance = random.Random(7)
    at = lambda day, hour=0.0: world.began + day * DAY + hour * HOUR  # noqa: E731 -- reads as a date
    world.soundcloud.weather.spells = [
        (at(1), at(2), RateLimited("banned for a day", service="soundcloud", retry_after_s=DAY)),
        (at(4, 3), at(4, 9), Unreachable("SoundCloud does not answer")),
    ]
    world.spotify.weather.spells = [
        (at(2, 5), at(2, 8), Unreachable("Spotify does not answer")),
        (at(5), at(6, 12), AuthExpired("log in again", service="spotify")),
    ]
    world.look()  # nothing there yet: what comes now is new
    liked = 0
    while world.now < at(7):
        world.now += LOOK_S * chance.uniform(0.5, 1.5)
        if chance.random() < 0.1:  # a laptop that sleeps over night
            world.now += 8 * HOUR
        for service in (world.soundcloud, world.spotify):
            for _ in range(chance.choice([0, 0, 0, 1, 3, 20]) if chance.random() < 0.2 else 0):
                liked += 1
                service.like(liked)
            if service.likes and chance.random() < 0.02:
                service.likes.pop(chance.randrange(min(3, len(service.likes))))
        world.look()
    world.now += HOUR
    world.look()
    assert {*world.soundcloud.likes, *world.spotify.likes} <= world.found()
    assert liked > 200
    assert len(world.ledger.tracks.newest(10_000)) == len(world.found()), "each once"


def test_a_ban_of_a_day_costs_one_request_until_it_ends(world):
    world.look()
    world.soundcloud.like(1)
    banned_until = world.now + DAY
    ban = RateLimited("banned", service="soundcloud", retry_after_s=DAY)
    world.soundcloud.weather.spells = [(world.now, banned_until, ban)]
    while world.now < banned_until - LOOK_S:
        world.look()
        world.now += LOOK_S
    assert world.soundcloud.weather.asked_in_vain == 1
    world.now = banned_until + 1
    world.look()
    assert "soundcloud-likes-1" in world.found()
    assert {verdict for _, name, verdict in world.verdicts if name == "soundcloud-likes"} == {
        "nothing new",
        "parked",
        "found",
    }


def test_a_service_that_fails_delays_no_other(world):
    world.look()
    world.soundcloud.weather.spells = [(world.now, world.now + DAY, Unreachable("down"))]
    world.soundcloud.like(1)
    world.spotify.like(1)
    world.now += LOOK_S
    world.look()
    assert "spotify-liked-1" in world.found()
    assert "soundcloud-likes-1" not in world.found()
