"""What every Relatives promises, held against Notion's twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from daemon.errors import NotFound, RateLimited, Refused, Transient, Unreachable
from daemon.ports import Relatives
from integrations.notion import TRACKS, NotionEdge, NotionRelatives, Table
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog


class Bench:
    """The artists and playlists of a Tracks database."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.faults, self.log = Faults(), RequestLog()
        self.twin = NotionTwin(clock=lambda: self.now)
        self.database_id = seed_tracks_database(self.twin)
        (self.tracks,) = self.twin.data_source_ids(self.database_id)
        titles = {title: source_id for source_id, title in self.twin.data_source_titles().items()}
        self.artists, self.playlists = titles["Artists"], titles["Playlists"]
        self.slept_s: list[float] = []
        transport = TwinTransport(self.twin, faults=self.faults, log=self.log)
        self.edge = NotionEdge(
            SANDBOX_TOKEN, requests_per_s=1e6, burst=1000, sleep=self.slept_s.append, transport=transport
        )
        self.relatives: Relatives = self.anew()

    def anew(self) -> NotionRelatives:
        return NotionRelatives(self.edge, Table(self.edge, self.database_id, TRACKS))

    def artist(self, name: str, **values: Any) -> str:
        self.now += 60
        return self.twin.add_row_as_person(self.artists, {"Name": name, **values})

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


# --- has -------------------------------------------------------------------------------------------------------------


def test_has_what_is_there(bench: Bench) -> None:
    assert bench.relatives.has("Artist")
    assert bench.relatives.has("Playlists")
    bench.asked()
    assert bench.relatives.has("Artist")
    assert bench.asked() == 0


@pytest.mark.parametrize("column", ["Title", "No such column"])
def test_has_not_what_is_no_relation(bench: Bench, column: str) -> None:
    assert not bench.relatives.has(column)


def test_has_not_what_is_not_shared(bench: Bench) -> None:
    bench.twin.unshare(bench.artists)
    assert not bench.relatives.has("Artist")
    assert bench.relatives.has("Playlists")
    for act in (lambda: bench.relatives.find("Artist", ["A"]), lambda: bench.relatives.create("Artist", "A")):
        with pytest.raises(NotFound):
            act()


def test_has_what_is_shared_later(bench: Bench) -> None:
    not_there = b'{"object": "error", "code": "object_not_found", "message": "Not shared."}'
    bench.faults.add("notion", faults.answer(404, not_there), route=f"/v1/data_sources/{bench.artists}", times=None)
    assert not bench.relatives.has("Artist")
    bench.faults.clear()
    assert bench.relatives.has("Artist")


def test_an_outage_is_no_answer(bench: Bench) -> None:
    bench.faults.add("notion", faults.server_error(503), route=f"/v1/data_sources/{bench.artists}", times=None)
    with pytest.raises(Transient):
        bench.relatives.has("Artist")


# --- find ------------------------------------------------------------------------------------------------------------


def test_finds_by_name_and_leaves_out_whom_nobody_knows(bench: Bench) -> None:
    bicep, moby = bench.artist("Bicep"), bench.artist("Moby")
    assert bench.relatives.find("Artist", ["Moby", "Nobody", "Bicep"]) == {"Moby": moby, "Bicep": bicep}
    assert bench.relatives.find("Playlists", ["Moby"]) == {}


def test_asks_nothing_for_no_names(bench: Bench) -> None:
    assert bench.relatives.find("Artist", []) == {}
    assert bench.relatives.find("Artist", ["", " "]) == {}
    assert bench.asked() == 0


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("BICEP", "Bicep"),
        (" Bicep ", "Bicep"),
        ("Bicep", "  bicep"),
        ("Åse Ælg", "åse ælg"),
        ("אביב גפן", "אביב גפן"),
        ("🎧 Radio", "🎧 radio"),
        ("U2", "u2"),
        ("A", "a"),
        ('"Weird Al" \\ Yankovic', '"weird al" \\ yankovic'),
        ("あ" * 2500, "あ" * 2500),
    ],
)
def test_case_and_outer_spaces_do_not_matter(bench: Bench, theirs: str, ours: str) -> None:
    theirs_id = bench.artist(theirs)
    bench.artist(f"{theirs.strip()} Band")
    bench.artist(f"The {theirs.strip()}")
    assert bench.relatives.find("Artist", [ours]) == {ours: theirs_id}


def test_every_spelling_asked_for_is_answered(bench: Bench) -> None:
    bicep = bench.artist("Bicep")
    assert bench.relatives.find("Artist", ["Bicep", "BICEP", "Bicep"]) == {"Bicep": bicep, "BICEP": bicep}


def test_the_oldest_of_several_is_found(bench: Bench) -> None:
    first = bench.artist("Bicep")
    bench.artist("bicep")
    bench.artist("Bicep")
    assert bench.relatives.find("Artist", ["Bicep", "Nobody"]) == {"Bicep": first}
    bench.twin.trash_as_person(first)
    assert bench.relatives.find("Artist", ["Bicep"]) != {"Bicep": first}


def test_one_request_for_a_hundred_names(bench: Bench) -> None:
    names = [f"Artist {n:03}" for n in range(250)]
    ids = bench.twin.add_rows_as_person(bench.artists, [{"Name": name} for name in names])
    bench.relatives.has("Artist")
    bench.asked()
    assert bench.relatives.find("Artist", names[:100]) == dict(zip(names[:100], ids, strict=False))
    assert bench.asked() == 1
    assert bench.relatives.find("Artist", names) == dict(zip(names, ids, strict=True))
    assert bench.asked() == 3


def test_nobody_is_hidden_behind_many_of_one_name(bench: Bench) -> None:
    bench.twin.add_rows_as_person(bench.artists, [{"Name": "Twins"}] * 250)
    bench.now += 60
    single = bench.artist("Single")
    assert bench.relatives.find("Artist", ["Twins", "Single"])["Single"] == single


# --- create ----------------------------------------------------------------------------------------------------------


def test_what_is_created_is_found(bench: Bench) -> None:
    made = bench.relatives.create("Artist", " Bicep ")
    assert bench.twin.rows_titled(bench.artists, "Bicep") == [made]
    assert bench.relatives.find("Artist", ["Bicep"]) == {"Bicep": made}


@pytest.mark.parametrize("name", ["あ" * 2500, "👨\u200d👩\u200d👧" * 400, "a\ud800b\x00", "A, B", "x"])
def test_a_name_of_any_length_and_any_letters_is_created_and_found(bench: Bench, name: str) -> None:
    made = bench.relatives.create("Artist", name)
    assert bench.relatives.find("Artist", [name]) == {name: made}


@pytest.mark.parametrize("name", ["", "  ", "\x00"])
def test_nothing_is_made_without_a_name(bench: Bench, name: str) -> None:
    with pytest.raises(Refused):
        bench.relatives.create("Artist", name)
    assert bench.asked() == 0


def test_the_title_may_have_any_name_and_change_it(bench: Bench) -> None:
    bench.twin.change_columns_as_person(bench.artists, {"Name": {"name": "Künstler"}})
    made = bench.relatives.create("Artist", "Bicep")
    bench.twin.change_columns_as_person(bench.artists, {"Künstler": {"name": "Wer"}})
    assert bench.relatives.find("Artist", ["Bicep"]) == {"Bicep": made}
    bench.twin.change_columns_as_person(bench.artists, {"Wer": {"name": "Who"}})
    again = bench.relatives.create("Artist", "Moby")
    assert bench.twin.rows_titled(bench.artists, "Moby") == [again]


def test_a_create_whose_answer_is_lost_is_not_repeated_and_can_be_looked_up(bench: Bench) -> None:
    bench.faults.add("notion", faults.lost(), method="POST", route="/v1/pages")
    with pytest.raises(Unreachable):
        bench.relatives.create("Artist", "Bicep")
    (there,) = bench.twin.rows_titled(bench.artists, "Bicep")
    assert bench.relatives.find("Artist", ["Bicep"]) == {"Bicep": there}


def test_a_long_wait_is_told(bench: Bench) -> None:
    bench.relatives.has("Artist")
    bench.faults.add("notion", faults.rate_limited(3600), times=2)
    with pytest.raises(RateLimited):
        bench.relatives.create("Artist", "Bicep")
    with pytest.raises(RateLimited) as raised:
        bench.relatives.find("Artist", ["Bicep"])
    assert raised.value.retry_after_s == 3600
    assert bench.twin.rows_titled(bench.artists, "Bicep") == []
