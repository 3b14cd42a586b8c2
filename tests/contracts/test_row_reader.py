"""What every RowReader promises, held against Notion's twin."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from daemon.errors import NotFound, Refused, RowGone, Transient
from daemon.models import BoardRow
from daemon.ports import RowReader
from integrations.notion import TRACKS, NotionEdge, NotionRows, Table
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog

MINUTE_S = 60.0
BEGIN = 1_800_000_000.0
SPOTIFY = "4uLU6hMCjMI75M1A2tKUQC"


def told(moment: float) -> str:
    """As Notion tells a time."""
    return datetime.fromtimestamp(moment // 60 * 60, UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")


class Bench:
    """A Tracks database and its reader."""

    def __init__(self, columns: dict[str, str] | None = None) -> None:
        self.now = BEGIN
        self.faults, self.log = Faults(), RequestLog()
        self.twin = NotionTwin(clock=lambda: self.now)
        seeded = seed_tracks_database(self.twin)
        self.database_id = self.twin.create_database("Large", columns) if columns else seeded
        (self.source_id,) = self.twin.data_source_ids(self.database_id)
        transport = TwinTransport(self.twin, faults=self.faults, log=self.log)
        self.edge = NotionEdge(
            SANDBOX_TOKEN, requests_per_s=1e6, burst=1000, sleep=lambda _s: None, transport=transport
        )
        self.reader: RowReader = NotionRows(Table(self.edge, self.database_id, TRACKS))

    def add(self, title: str, **values: Any) -> str:
        self.now += MINUTE_S
        return self.twin.add_row_as_person(self.source_id, {"Title": title, **values})

    def import_rows(self, titles: list[str]) -> list[str]:
        """A CSV file, all in one minute."""
        return self.twin.add_rows_as_person(self.source_id, [{"Title": title} for title in titles])

    def asked(self) -> int:
        """How many requests since the last time this was asked."""
        count = len(self.log.of())
        self.log.clear()
        return count


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    with bench.edge:
        yield bench


@pytest.fixture
def large() -> Iterator[Bench]:
    """Of few columns, for many rows."""
    bench = Bench({"Title": "title", "ISRC": "rich_text"})
    with bench.edge:
        yield bench


def titles(rows: Iterator[BoardRow]) -> list[str]:
    return [row.values["Title"] for row in rows]


# --- rows ------------------------------------------------------------------------------------------------------------


def test_every_row_oldest_first(bench: Bench) -> None:
    assert titles(bench.reader.rows(None)) == []
    for title in "abc":
        bench.add(title)
    assert titles(bench.reader.rows(None)) == ["a", "b", "c"]


def test_rows_from_a_moment_on(bench: Bench) -> None:
    for title in "abc":
        bench.add(title)
    assert titles(bench.reader.rows(told(BEGIN + 2 * MINUTE_S))) == ["b", "c"]
    in_that_minute = datetime.fromtimestamp(BEGIN + 2 * MINUTE_S + 59, UTC).isoformat()
    assert titles(bench.reader.rows(in_that_minute)) == ["b", "c"]


def test_a_row_tells_everything(bench: Bench) -> None:
    row_id = bench.add("a", **{"Spotify ID": SPOTIFY, "BPM": 128})
    bench.now += 5 * MINUTE_S
    bench.twin.edit_as_person(row_id, {"BPM": 64})
    (row,) = bench.reader.rows(None)
    assert (row.id, row.in_trash) == (row_id, False)
    assert (row.created_at, row.edited_at) == (told(BEGIN + MINUTE_S), told(BEGIN + 6 * MINUTE_S))
    assert (row.values["Title"], row.values["BPM"]) == ("a", 64)
    assert row.ref is not None
    assert row.ref.id == SPOTIFY


def test_rows_in_the_trash_do_not_come(bench: Bench) -> None:
    row_id = bench.add("a")
    bench.add("b")
    bench.twin.trash_as_person(row_id)
    assert titles(bench.reader.rows(None)) == ["b"]
    assert titles(bench.reader.changed(told(BEGIN))) == ["b"]


def test_rows_are_asked_for_as_they_are_taken(bench: Bench) -> None:
    bench.import_rows([f"{n}" for n in range(250)])
    rows = bench.reader.rows(None)
    next(rows)
    assert len(bench.log.of(path=f"/v1/data_sources/{bench.source_id}/query")) == 1
    assert len(list(rows)) == 249


# --- changed ---------------------------------------------------------------------------------------------------------


def test_nothing_changed_costs_one_request(bench: Bench) -> None:
    bench.add("a")
    titles(bench.reader.changed(told(bench.now)))
    bench.asked()
    assert titles(bench.reader.changed(told(bench.now + MINUTE_S))) == []
    assert bench.asked() == 1


def test_changes_come_in_the_order_of_the_edits(bench: Bench) -> None:
    ids = [bench.add(title) for title in "abc"]
    since = bench.now + MINUTE_S
    for index in (1, 0):
        bench.now += MINUTE_S
        bench.twin.edit_as_person(ids[index], {"BPM": 1})
    bench.add("d")
    assert titles(bench.reader.changed(told(since))) == ["b", "a", "d"]


def test_a_row_that_is_edited_while_we_read_hides_no_other(bench: Bench) -> None:
    ids = bench.import_rows([f"{n:03}" for n in range(350)])
    bench.now += MINUTE_S
    later = bench.import_rows([f"{n:03}" for n in range(350, 400)])
    seen: set[str] = set()
    for count, row in enumerate(bench.reader.changed(told(BEGIN)), start=1):
        seen.add(row.id)
        if count in (90, 210, 330):  # rows that a cursor may name
            bench.now += MINUTE_S
            for one in (100, 101, 150, 200, 201, 202, 300, 301):
                bench.twin.edit_as_person(ids[one], {"BPM": count})
    assert seen == {*ids, *later}


# --- beyond what one query tells -------------------------------------------------------------------------------------


def spread(large: Bench, count: int, per_minute: int) -> list[str]:
    ids: list[str] = []
    while len(ids) < count:
        large.now += MINUTE_S
        ids += large.import_rows([f"{n}" for n in range(len(ids), min(count, len(ids) + per_minute))])
    return ids


def test_more_rows_than_a_query_tells(large: Bench) -> None:
    ids = spread(large, 10_500, per_minute=700)
    large.asked()
    assert {row.id for row in large.reader.rows(None)} == {*ids}
    assert large.asked() < 125
    assert {row.id for row in large.reader.changed(told(BEGIN))} == {*ids}
    assert large.asked() < 150


WORDS = ["night", "ferry", "strobe", "glue", "opal", "windowlicker", "porcelain", "teardrop", "ageispolis", "xtal"]


def song_titles(count: int) -> list[str]:
    chance = random.Random(6)
    return [" ".join(chance.choices(WORDS, k=3)) + f" {n}" for n in range(count)]


@pytest.mark.parametrize("how", ["rows", "changed"])
def test_more_rows_in_one_minute_than_a_query_tells(large: Bench, how: str) -> None:
    large.add("before")
    large.now += MINUTE_S
    since = told(large.now)
    ids = large.import_rows(["", *song_titles(10_400), ""])
    large.add("after")
    rows = large.reader.rows(since) if how == "rows" else large.reader.changed(since)
    found = list(rows)
    assert {row.id for row in found} >= {*ids}
    assert found[-1].values["Title"] == "after"
    assert large.asked() < 500


def test_rows_that_nothing_tells_apart_are_not_lost_silently(large: Bench) -> None:
    large.import_rows(["same"] * 10_050)
    with pytest.raises(Refused, match="one and the same minute"):
        for _row in large.reader.rows(None):
            pass


# --- row -------------------------------------------------------------------------------------------------------------


def test_one_row_in_the_trash_or_not(bench: Bench) -> None:
    row_id = bench.add("a")
    assert bench.reader.row(row_id) == next(bench.reader.rows(None))
    bench.twin.trash_as_person(row_id)
    assert bench.reader.row(row_id).in_trash
    bench.twin.restore_as_person(row_id)
    assert not bench.reader.row(row_id).in_trash


def test_one_row_costs_one_request(bench: Bench) -> None:
    row_id = bench.add("a")
    bench.reader.row(row_id)
    bench.asked()
    bench.reader.row(row_id)
    assert bench.asked() == 1


def test_a_row_that_nobody_can_see_is_gone(bench: Bench) -> None:
    row_id = bench.add("a")
    bench.twin.delete_for_good_as_person(row_id)
    with pytest.raises(RowGone):
        bench.reader.row(row_id)


def test_a_row_of_another_database_is_gone(bench: Bench) -> None:
    elsewhere = bench.twin.create_database("Elsewhere", {"Name": "title"})
    row_id = bench.twin.add_row_as_person(bench.twin.data_source_ids(elsewhere)[0], {"Name": "moved"})
    with pytest.raises(RowGone):
        bench.reader.row(row_id)


def test_no_row_is_gone_when_the_database_is_hidden(bench: Bench) -> None:
    row_id = bench.add("a")
    bench.reader.row(row_id)
    bench.twin.unshare(bench.database_id)
    with pytest.raises(NotFound) as raised:
        bench.reader.row(row_id)
    assert not isinstance(raised.value, RowGone)


# --- faults ----------------------------------------------------------------------------------------------------------

PASSING = [faults.server_error(503), faults.html(200), faults.reset(), faults.lost(), faults.rate_limited(1)]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind}-{fault.status}")
@pytest.mark.parametrize("at", range(5))
def test_a_passing_fault_loses_no_row(bench: Bench, fault: faults.Fault, at: int) -> None:
    ids = bench.import_rows([f"{n}" for n in range(250)])
    bench.faults.add("notion", fault, skip=at)
    assert [row.id for row in bench.reader.rows(None)] == ids


@pytest.mark.parametrize("at", range(5))
def test_an_outage_is_told_and_never_a_shorter_list(bench: Bench, at: int) -> None:
    bench.import_rows([f"{n}" for n in range(250)])
    bench.faults.add("notion", faults.server_error(503), skip=at, times=None)
    for rows in (bench.reader.rows(None), bench.reader.changed(told(BEGIN))):
        with pytest.raises(Transient):
            list(rows)
