"""What a look into one source keeps, with a real ledger and a source of the test's own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from daemon.chain import Link
from daemon.errors import AuthExpired, RateLimited, Unreachable
from daemon.ledger import Ledger
from daemon.models import Alias, Service, Track, TrackRef
from daemon.references import aliases_of, known_row, open_in_ledger
from daemon.service.discovering import discover
from tests.ledger.given import NOON, Clock


def ref(number, service=Service.SPOTIFY):
    return TrackRef(service=service, id=f"id-{number}", url=f"https://example.invalid/{number}", found_in="likes")


class Likes:
    """A source whose likes and moods a test sets; the newest first."""

    def __init__(self):
        self.refs: list[TrackRef] = []
        self.moods: list[Exception] = []
        self.looks = 0

    def newest_first(self):
        self.looks += 1
        if self.moods:
            raise self.moods.pop(0)
        yield from self.refs

    def link(self) -> Link:
        source: Any = self
        return Link("spotify-liked", lambda: source)


@pytest.fixture
def likes():
    return Likes()


@pytest.fixture
def rooms(tmp_path):
    clock = Clock()
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as ledger:
        yield SimpleNamespace(
            ledger=ledger,
            clock=clock,
            services_of=lambda name: (name.partition("-")[0],),
            lookback=2,
            batch=3,
            source_timeout_s=30.0,
        )


def found(rooms):
    """The ids in the ledger, oldest first."""
    return [row.track.aliases[0].id for row in rooms.ledger.tracks.unfinished()]


def test_the_first_look_takes_a_few_and_remembers_the_others_as_history(rooms, likes):
    likes.refs = [ref(number) for number in range(9, 0, -1)]
    answer = discover(rooms, likes.link())
    assert (answer.verdict, sorted(found(rooms))) == ("found", ["id-7", "id-8", "id-9"])
    assert discover(rooms, likes.link()).verdict == "nothing new"
    likes.refs.insert(0, ref(10))
    assert [one.id for one in discover(rooms, likes.link()).refs] == ["id-10"]


def test_a_look_without_keeping_leaves_the_first_contact_to_come(rooms, likes):
    likes.refs = [ref(1)]
    assert discover(rooms, likes.link(), keep=False).verdict == "found"
    assert found(rooms) == []
    assert discover(rooms, likes.link()).verdict == "found"


@pytest.mark.parametrize(
    ("moods", "verdict", "looks", "parked_until"),
    [
        ([Unreachable("a hiccup")], "found", 2, None),
        ([Unreachable("down"), Unreachable("down")], "failed", 2, None),
        ([RateLimited("slow down", service="spotify", retry_after_s=600)], "parked", 1, NOON + 600),
        ([RateLimited("slow down", service="spotify")], "parked", 1, NOON + 900),
        ([AuthExpired("log in", service="spotify")], "parked", 1, NOON + 900),
    ],
)
def test_what_a_source_says_instead_is_kept_for_the_next_look(rooms, likes, moods, verdict, looks, parked_until):
    likes.refs, likes.moods = [ref(1)], moods
    assert discover(rooms, likes.link()).verdict == verdict
    assert likes.looks == looks
    parking = rooms.ledger.services.parked("spotify")
    assert (parking.not_before if parking else None) == parked_until
    if parked_until:
        assert discover(rooms, likes.link()).verdict == "parked"
        assert likes.looks == looks, "who asks for patience gets it"


def test_nothing_of_a_look_that_broke_off_is_kept(rooms, likes):
    class BreaksOff(Likes):
        def newest_first(self):
            yield ref(2)
            raise Unreachable("in the middle")

    assert discover(rooms, BreaksOff().link()).verdict == "failed"
    assert found(rooms) == []
    likes.refs = [ref(2), ref(1)]
    discover(rooms, likes.link())
    assert sorted(found(rooms)) == ["id-1", "id-2"]


def test_a_soundcloud_track_is_known_by_its_address_too(rooms):
    by_row = TrackRef(
        service=Service.SOUNDCLOUD, id="https://soundcloud.com/a/b", url="https://soundcloud.com/a/b", found_in="notion"
    )
    liked = TrackRef(service=Service.SOUNDCLOUD, id="77", url="https://soundcloud.com/a/b", found_in="soundcloud-likes")
    assert known_row(rooms.ledger, liked) is None
    track_id = open_in_ledger(rooms.ledger, by_row)
    assert open_in_ledger(rooms.ledger, liked) == track_id
    assert known_row(rooms.ledger, liked).id == track_id
    assert rooms.ledger.tracks.find(Service.SOUNDCLOUD, "77") == track_id


def test_every_id_that_a_source_tells_is_an_alias_once():
    relinked = Alias(service=Service.SPOTIFY, id="old")
    told = Track(title="Song", aliases=(Alias(service=Service.SPOTIFY, id="id-1"), relinked))
    one = TrackRef(service=Service.SPOTIFY, id="id-1", url="u", found_in="spotify-liked", told=told)
    assert aliases_of(one) == told.aliases
