"""Notion is away, or asks for patience: it gets it, nothing else waits, and afterwards every row is written once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from daemon.chain import Link
from daemon.ledger import Ledger
from daemon.models import Failed, Filed, MetadataOnly, Service, Status, Track
from daemon.outbox import Carried, Delivery, Outbox
from daemon.service.discovering import discover
from integrations.notion.pacing import Pace
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog
from tests.board.office import Office
from tests.ledger.given import Clock, a_file

HOUR_S = 3600.0
ROUND_S = 60.0
LOOK_S = 300.0
PER_S, BURST = 3.0, 10
TRACKS_MEANWHILE = 60
MOST_ASKED = 6 * 60 * 2
"""Twice a minute."""


class ClockedTransport(TwinTransport):
    """Knows when Notion was asked, whether anybody listened or not, and which rows were written."""

    def __init__(self, twin: NotionTwin, orders: Faults, clock: Clock) -> None:
        super().__init__(twin, orders, RequestLog())
        self.clock = clock
        self.asked_at: list[float] = []
        self.changed: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked_at.append(self.clock())
        answer = super().handle_request(request)
        if request.method == "PATCH":
            self.changed[request.url.path.rpartition("/")[2]] += 1
        elif request.url.path == "/v1/pages":
            self.changed[answer.json()["id"]] += 1
        return answer


class Eagle:
    """Port `Carrier`: a target that is there."""

    def carry(self, track_id: str) -> Carried:
        return Carried(f"item of {track_id}", {})


class PacedOffice(Office):
    """Its pace and its pauses are of the clock's time, and it carries to Eagle too."""

    def __init__(self, ledger: Ledger, clock: Clock, twin: NotionTwin, line: ClockedTransport, orders: Faults) -> None:
        [database_id] = [one["id"] for one in twin.dump()["databases"] if one["title"] == "Tracks"]
        super().__init__(ledger, clock, twin, database_id, orders, RequestLog(), transport=line)
        self.edge._pace, self.edge._sleep = Pace(PER_S, BURST, clock=clock, sleep=clock.forward), clock.forward
        self.outbox = Outbox(ledger, {"eagle": Eagle(), "notion": self.carrier}, host_id="here", clock=clock)
        ledger.outbox.take_back("here")
        self.link = Link("notion", lambda: self.reader, kind="rows")
        self.rooms: Any = SimpleNamespace(
            ledger=ledger,
            board=self,
            services_of=lambda _name: ("notion",),
            clock=clock,
            lookback=20,
            batch=10,
            source_timeout_s=60.0,
        )
        self.looked_at = clock()

    def lives(self, seconds: float) -> None:
        """As the loop does: the outbox every few seconds, a look every few minutes. Asking takes time as well."""
        end = self.clock() + seconds
        while self.clock() < end:
            self.outbox.carry_due()
            if self.clock() - self.looked_at >= LOOK_S:
                self.looked_at = self.clock()
                discover(self.rooms, self.link)
            self.clock.at = max(self.clock(), min(self.clock() + ROUND_S, end))


class Place:
    """Notion, a ledger, and the line between them."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.orders = Clock(), Faults()
        self.twin = NotionTwin(clock=self.clock)
        seed_tracks_database(self.twin)
        self.line = ClockedTransport(self.twin, self.orders, self.clock)
        self.ledger = Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", self.clock)
        self.office = self.a_new_office()

    def a_new_office(self) -> PacedOffice:
        return PacedOffice(self.ledger, self.clock, self.twin, self.line, self.orders)

    def restarts(self) -> PacedOffice:
        """The process ends, and another begins, which knows what the ledger does."""
        self.office.edge.close()
        self.office = self.a_new_office()
        return self.office

    def asked_in(self, seconds: float) -> int:
        """How often Notion is asked in so many seconds of the daemon's life."""
        before = len(self.line.asked_at)
        self.office.lives(seconds)
        return len(self.line.asked_at) - before


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    with place.ledger:
        place.office.first_contact()
        place.office.lives(HOUR_S)
        yield place
        place.office.edge.close()


def liked(place: Place, number: int) -> str:
    spotify_id = f"{number:022d}"
    url = f"https://open.spotify.com/track/{spotify_id}"
    told = Track(title=f"Track {number}", artists=(f"Artist {number % 5}",), urls={Service.SPOTIFY: url})
    return str(place.office.liked(told, Service.SPOTIFY, spotify_id, url))


def failed(place: Place, number: int) -> str:
    """A track that has something to say."""
    track_id = liked(place, number)
    place.office.ends(track_id, Failed(reason="no sound in it", step="listen"))
    return track_id


def go_through_everything(place: Place, tracks: Sequence[str], how_long_s: float) -> None:
    """Each fails, is tried again, is not to be had, and is filed in the end, while the daemon lives on."""
    ends = (
        lambda _number: Failed(reason="no sound in it", step="listen"),
        lambda _number: MetadataOnly(reason="not to be had"),
        lambda number: Filed(files=(a_file(f"/music/{number}.m4a"),)),
    )
    for end in ends:
        for number, track_id in enumerate(tracks):
            place.office.ends(track_id, end(number))
            place.office.lives(how_long_s / len(ends) / len(tracks))
            assert not [one for one in place.ledger.outbox.waiting(track_id) if one.target == "eagle"]


def most_in_any_span(moments: Sequence[float], span_s: float) -> int:
    first = most = 0
    for last, moment in enumerate(moments):
        while moments[first] < moment - span_s:
            first += 1
        most = max(most, last - first + 1)
    return most


# --- away ------------------------------------------------------------------------------------------------------------


def test_six_hours_without_notion_cost_nothing_but_the_wait(place: Place) -> None:
    before = [failed(place, number) for number in range(20)]
    place.office.lives(HOUR_S)
    place.line.is_down = True
    place.line.changed.clear()
    tracks = [*before, *(liked(place, number) for number in range(20, TRACKS_MEANWHILE))]
    asked = len(place.line.asked_at)
    went_away_at = place.clock()
    go_through_everything(place, tracks, 6 * HOUR_S)
    assert place.clock() - went_away_at == pytest.approx(6 * HOUR_S, rel=0.15), "nobody was kept waiting"
    asked = len(place.line.asked_at) - asked
    assert asked <= MOST_ASKED, f"{asked} times"

    place.line.is_down = False
    back_at, asked = place.clock(), len(place.line.asked_at)
    place.office.lives(2 * HOUR_S)
    assert {row["Status"] for row in place.office.rows().values()} == {"Done"}
    assert place.line.changed.pop("artists", 0) == 0
    written = {row_id: place.line.changed[row_id] for row_id in place.office.rows()}
    assert len(written) == TRACKS_MEANWHILE
    assert set(written.values()) == {1}, "once each, with the newest alone"
    assert place.ledger.outbox.pending("notion") == 0
    moments = [moment for moment in place.line.asked_at if moment >= back_at]
    for span_s in (1.0, 10.0, 60.0):
        assert most_in_any_span(moments, span_s) <= BURST + PER_S * span_s
    assert {place.ledger.tracks.get(track_id).status for track_id in tracks} == {Status.DONE}


# --- asking for patience ---------------------------------------------------------------------------------------------


def test_twenty_minutes_that_notion_asks_for_are_kept_to_the_second(place: Place) -> None:
    tracks = [failed(place, number) for number in range(5)]
    place.orders.add("notion", faults.rate_limited(20 * 60))
    place.office.outbox.carry_due()
    asked_at = place.line.asked_at[-1]
    for minutes in (5, 10, 19):
        assert place.asked_in(asked_at + 60 * minutes - place.clock()) == 0
        place.restarts()
    place.clock.at = asked_at + 20 * 60 - 1
    assert notion_of(place.office.outbox.carry_due()) == []
    assert discover(place.office.rooms, place.office.link).verdict == "parked"
    assert place.line.asked_at[-1] == asked_at
    place.clock.forward(1)
    assert notion_of(place.office.outbox.carry_due()) == [None] * len(tracks)
    assert len(place.office.rows()) == len(tracks)


def notion_of(deliveries: Sequence[Delivery]) -> list[str | None]:
    return [one.error for one in deliveries if one.target == "notion"]


def test_patience_asked_of_a_look_is_kept_by_the_outbox_too(place: Place) -> None:
    place.orders.add("notion", faults.rate_limited(20 * 60))
    assert discover(place.office.rooms, place.office.link).verdict == "parked"
    asked_at = place.line.asked_at[-1]
    failed(place, 1)
    assert place.asked_in(20 * 60 - 1) == 0
    place.restarts().outbox.carry_due()
    assert place.line.asked_at[-1] == asked_at
    place.clock.forward(1)
    place.office.outbox.carry_due()
    assert len(place.office.rows()) == 1


def test_who_complains_again_and_again_is_asked_ever_more_slowly(place: Place) -> None:
    """A second of patience each time: it is had, and half the speed with it."""
    tracks = [failed(place, number) for number in range(10)]
    place.orders.add("notion", faults.rate_limited(1), times=6)
    began = len(place.line.asked_at)
    place.office.lives(HOUR_S)
    moments = place.line.asked_at[began : began + 30]
    assert all(later - sooner >= 1 for sooner, later in itertools.pairwise(moments[:7]))
    assert moments[-1] - moments[7] > 22 / PER_S, "slower than it may be"
    assert len(place.office.rows()) == len(tracks)
