"""Whatever is written: Notion's twin takes it, and reads back what we said it would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.notion import TRACKS, NotionBoard, NotionEdge, Table
from integrations.notion.portions import REQUEST_BYTES, json_bytes, portions
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog

NOTIONS_LIMIT_BYTES = 500_000


class Scales(httpx.BaseTransport):
    """Refuses what Notion would find too large."""

    def __init__(self, behind: httpx.BaseTransport) -> None:
        self._behind = behind

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert len(request.content) <= NOTIONS_LIMIT_BYTES
        return self._behind.handle_request(request)


class Bench:
    """A Tracks database in the same process, with two of the person's own spellings in it."""

    def __init__(self) -> None:
        self.twin = NotionTwin()
        self.database_id = seed_tracks_database(self.twin, status="status")
        (source_id,) = self.twin.data_source_ids(self.database_id)
        own: dict[str, Any] = {
            "Duration (s)": {"name": "Duration (ms)"},
            "Key": {"select": {"options": [{"name": "am"}]}},
            "Genre": {"multi_select": {"options": [{"name": "house"}]}},
        }
        self.twin.change_columns_as_person(source_id, own)
        transport = Scales(TwinTransport(self.twin, faults=Faults(), log=RequestLog()))
        self.edge = NotionEdge(
            SANDBOX_TOKEN, requests_per_s=1e6, burst=1000, sleep=lambda _s: None, transport=transport
        )
        self.board = NotionBoard(self.edge, Table(self.edge, self.database_id, TRACKS))
        titles = {title: one for one, title in self.twin.data_source_titles().items()}
        self.related = self.twin.add_rows_as_person(titles["Artists"], [{"Name": f"{n}"} for n in range(130)])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    with bench.edge:
        yield bench


LETTERS = st.characters() | st.sampled_from('a\u0301\u200d👍🏽🇩🇰ש\ufe0f\r\n,\x00\ud83d\udc4d\u202e"\\')
SHORT = st.text(LETTERS, max_size=30)
LONG = st.tuples(SHORT, st.sampled_from([1, 60, 400, 9000])).map(lambda told: told[0] * told[1])
NUMBERS = st.none() | st.integers() | st.floats() | st.booleans() | st.just(10**400) | SHORT
DATES = st.none() | st.datetimes().map(str) | st.dates().map(str) | SHORT | st.sampled_from(["2024", "2024-02", "0000"])
URLS = st.none() | LONG | LONG.map(lambda told: f"https://a.example/{told}")
NAMES = st.none() | LONG | st.lists(SHORT, max_size=5) | st.integers(0, 150).map(lambda n: [f"{m}" for m in range(n)])
OF_KIND = {
    **dict.fromkeys(["Title", "Artist Name", "Album", "ISRC", "Fingerprint", "Sync Error"], st.none() | LONG),
    **dict.fromkeys(["Duration (s)", "BPM", "Loudness (LUFS)"], NUMBERS),
    **dict.fromkeys(["Processed At", "Release Date", "DateAdded"], DATES),
    **dict.fromkeys(["Spotify URL", "Image URL"], URLS),
    **dict.fromkeys(["Source", "Key", "Genre", "Locked Fields"], NAMES),
    **dict.fromkeys(["Downloaded", "Redo"], st.none() | st.booleans()),
    "Status": st.none() | SHORT | st.sampled_from(["Done", "Queued", "Duplicate", "Rejected"]),
}
ROWS = st.fixed_dictionaries({}, optional=OF_KIND)


@given(values=ROWS, related=st.integers(0, 130))
def test_whatever_is_written_is_taken_and_read_back_as_we_said(
    bench: Bench, values: dict[str, Any], related: int
) -> None:
    values = {**values, "Artist": bench.related[:related]}
    said = bench.board.as_read(values)
    assert said.keys() <= values.keys()
    made = bench.board.create(values)
    shown = {ours: value for ours, value in said.items() if ours in made.values}
    assert {ours: made.values[ours] for ours in shown} == shown
    # Of more than 25 relations a row shows no more, and then we say nothing of them.
    assert said.keys() - shown.keys() == ({"Artist"} if related > 25 else set())
    assert len(said["Artist"]) == min(related, 100)
    # What was read, written again, is no change.
    assert bench.board.as_read(shown) == shown
    again = bench.board.update(made.id, shown).values
    assert {ours: again[ours] for ours in shown} == shown


PROPERTIES = st.dictionaries(st.text(max_size=3), st.integers(0, 440_000).map(lambda n: {"x": "y" * n}), max_size=8)


@given(PROPERTIES)
def test_portions_are_everything_in_as_few_requests_as_it_takes(properties: dict[str, Any]) -> None:
    parts = portions(properties)
    together = {name: value for part in parts for name, value in part.items()}
    assert together == properties
    assert sum(map(len, parts)) == len(properties)
    assert all(json_bytes(part) <= REQUEST_BYTES for part in parts)
    assert all(parts) or properties == {}
    if json_bytes(properties) <= REQUEST_BYTES:
        assert parts == [properties]


def test_what_is_small_goes_first() -> None:
    parts = portions({"Fingerprint": "f" * 300_000, "Spotify ID": "x", "Sync Error": "e" * 200_000})
    assert [list(part) for part in parts] == [["Spotify ID", "Sync Error"], ["Fingerprint"]]
