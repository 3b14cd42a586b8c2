"""A home where everything is configured and nothing is new: what the daemon sees on almost every day of its life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.ledger import Ledger
from daemon.ledger.outbox import Target
from daemon.models import MetadataOnly
from daemon.service.discovering import discover
from daemon.service.rooms import Rooms
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.music import Piece
from integrations.sandbox.world import World
from tests.house import Home

_LIKES = 25
"""On Spotify, and again on SoundCloud."""
_MOST_WAITING = 1000
_TARGETS: tuple[Target, ...] = ("eagle", "notion")


@contextmanager
def settled_home(folder: Path) -> Iterator[Home]:
    """A world whose person likes things here and there, and a ledger in which all of them are done with."""
    with World(folder / "sandbox") as world:
        for number in range(_LIKES):
            # Short, because nobody listens to them; but true pieces, so that the answers have their true size.
            world.person.likes_on_spotify(Piece(f"Liked {number}", "Nobody", 120.0, "Am", 2.0, seed=1000 + number))
            world.person.likes_on_soundcloud(Piece(f"Heard {number}", "No One", 120.0, "Am", 2.0, seed=2000 + number))
        home = Home(folder, world)
        with open_house(home.settings, lambda _told: None, Outside(home.settings)) as rooms:
            _settle(rooms)
        world.log.clear()
        yield home


def _settle(rooms: Rooms) -> None:
    rooms.adopt()
    for link in rooms.links:
        discover(rooms, link)
    for row in rooms.ledger.tracks.unfinished():
        rooms.ledger.tracks.finish(row.id, MetadataOnly(reason="made for the bench"))
    for target in _TARGETS:
        _empty_outbox(rooms.ledger, target)


def _empty_outbox(ledger: Ledger, target: Target) -> None:
    """As if everything had been carried; really carrying it would take the minutes that Notion's rate limit wants."""
    for entry in ledger.outbox.claim(target, "bench", _MOST_WAITING, 60.0):
        ledger.outbox.done(entry, f"carried-{entry.track_id}", {})
