"""Which rows wait, and what they point at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from daemon.errors import Refused
from daemon.models import Alias, Service, Track, TrackRef
from integrations.notion import TRACKS, NotionEdge, NotionRows, Table
from integrations.notion.addresses import track_ref
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server

SPOTIFY = "4uLU6hMCjMI75M1A2tKUQC"
VIDEO = "dQw4w9WgXcQ"
CLOUD = "https://soundcloud.com/some-one/a-track"


class Workshop:
    """A Tracks database, and the rows of it that wait."""

    def __init__(self, twin: NotionTwin, url: str, log: RequestLog) -> None:
        self.twin, self.log = twin, log
        self.now = 0.0
        self.database_id = seed_tracks_database(twin, status="status")
        (self.source_id,) = twin.data_source_ids(self.database_id)
        self.edge = NotionEdge(SANDBOX_TOKEN, base_url=url)
        self.rows = NotionRows(Table(self.edge, self.database_id, TRACKS))

    def add(self, **values: Any) -> None:
        self.now += 60
        self.twin.add_row_as_person(self.source_id, {key.replace("_", " "): value for key, value in values.items()})

    def found(self, limit: int = 10) -> list[str]:
        return [ref.told.title if ref.told else ref.id for ref in self.rows.newest(limit)]


@pytest.fixture
def shop() -> Iterator[Workshop]:
    log = RequestLog()
    shop: list[Workshop] = []
    twin = NotionTwin(clock=lambda: shop[0].now if shop else 0.0)
    with Server(twin, faults=Faults(), log=log) as server:
        shop.append(Workshop(twin, server.url, log))
        yield shop[0]
        shop[0].edge.close()


def test_offers_waiting_rows_with_an_address_newest_first(shop: Workshop) -> None:
    shop.add(Title="old", Spotify_ID=SPOTIFY)
    shop.add(Title="queued", SoundCloud_URL=CLOUD, Status="Queued")
    shop.add(Title="no address")
    shop.add(Title="nonsense", Spotify_URL="https://example.com/")
    shop.add(Title="downloaded", Spotify_ID=SPOTIFY, Downloaded=True)
    for status in ("Processing", "Done", "Needs review", "Failed", "Rejected", "Skip"):
        shop.add(Title=status, Spotify_ID=SPOTIFY, Status=status)
    shop.add(Title="new", YouTube_URL=f"https://youtu.be/{VIDEO}")
    assert shop.found() == ["new", "queued", "old"]
    assert shop.found(limit=2) == ["new", "queued"]


def test_one_request_when_the_schema_is_known_and_nothing_waits(shop: Workshop) -> None:
    assert shop.found() == []
    shop.log.clear()
    assert shop.found() == []
    assert len(shop.log.of()) == 1
    assert shop.found(limit=0) == []
    assert len(shop.log.of()) == 1


def test_goes_on_through_pages_of_rows_that_lead_nowhere(shop: Workshop) -> None:
    shop.add(Title="deep", Spotify_ID=SPOTIFY)
    for _ in range(5):
        shop.add(Title="nonsense", Spotify_URL="https://example.com/")
    assert shop.found(limit=2) == ["deep"]


def test_a_column_renamed_meanwhile_costs_no_row(shop: Workshop) -> None:
    shop.add(Title="a", Spotify_ID=SPOTIFY)
    assert shop.found() == ["a"]
    shop.twin.change_columns_as_person(shop.source_id, {"Downloaded": {"name": "Heruntergeladen"}})
    assert shop.found() == ["a"]
    shop.twin.change_columns_as_person(shop.source_id, {"SoundCloud URL": {"name": "SC"}})
    assert [ref.id for ref in shop.rows.newest_first()] == [SPOTIFY]


def test_all_that_waits_is_asked_for_page_by_page(shop: Workshop) -> None:
    for number in range(120):
        shop.add(Title=f"{number}", Spotify_ID=SPOTIFY)
    shop.found(limit=1)
    shop.log.clear()
    waiting = shop.rows.newest_first()
    assert next(waiting).told.title == "119"
    assert len(shop.log.of()) == 1
    assert [ref.told.title for ref in waiting][-1] == "0"
    assert len(shop.log.of()) == 2


def test_the_status_that_means_queued_may_have_another_name(shop: Workshop) -> None:
    shop.twin.change_columns_as_person(shop.source_id, {"Status": None})
    shop.twin.change_columns_as_person(shop.source_id, {"Status": {"select": {"options": [{"name": "To-do"}]}}})
    shop.add(Title="theirs", Spotify_ID=SPOTIFY, Status="To-do")
    shop.add(Title="held", Spotify_ID=SPOTIFY, Status="On hold")
    assert shop.found() == ["theirs"]


@pytest.mark.parametrize(
    "gone", [["Downloaded", "Status"], ["Spotify ID", "Spotify URL", "SoundCloud URL", "YouTube URL"]]
)
def test_refuses_to_guess_what_is_new(shop: Workshop, gone: list[str]) -> None:
    shop.twin.change_columns_as_person(shop.source_id, dict.fromkeys(gone))
    with pytest.raises(Refused, match="cannot tell which rows are new"):
        shop.rows.newest(1)
    assert shop.rows.check().level == "problem"


def test_checks(shop: Workshop) -> None:
    assert shop.rows.check().level == "ok"


def test_a_row_tells_what_it_knows() -> None:
    row = {
        "Title": "T",
        "Artist Name": "A, B",
        "Spotify URL": f"https://open.spotify.com/track/{SPOTIFY}?si=1",
        "SoundCloud URL": CLOUD,
        "YouTube URL": "https://example.com",
    }
    address = f"https://open.spotify.com/track/{SPOTIFY}"
    assert track_ref(row) == TrackRef(
        service=Service.SPOTIFY,
        id=SPOTIFY,
        url=address,
        found_in="notion",
        told=Track(
            title="T",
            artists=("A", "B"),
            aliases=(Alias(service=Service.SPOTIFY, id=SPOTIFY), Alias(service=Service.SOUNDCLOUD, id=CLOUD)),
            urls={Service.SPOTIFY: address, Service.SOUNDCLOUD: CLOUD},
        ),
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, None),
        ({"SoundCloud URL": CLOUD}, (Service.SOUNDCLOUD, CLOUD)),
        ({"YouTube URL": f"https://youtu.be/{VIDEO}"}, (Service.YOUTUBE, VIDEO)),
        ({"YouTube URL": f"https://youtu.be/{VIDEO}", "SoundCloud URL": CLOUD}, (Service.SOUNDCLOUD, CLOUD)),
        ({"Spotify ID": "?", "YouTube URL": f"https://youtu.be/{VIDEO}"}, (Service.YOUTUBE, VIDEO)),
    ],
)
def test_prefers_spotify_then_soundcloud_then_youtube(row: Any, expected: tuple[Service, str] | None) -> None:
    ref = track_ref(row)
    assert (ref and (ref.service, ref.id)) == expected
    assert ref is None or ref.told is None
