"""First contact: five thousand rows of the person's are known, and none of them is taken again."""

from __future__ import annotations

import itertools
import json

import pytest

from daemon.board.adoption import adopt_all, is_done
from daemon.board.orders import standing_of
from daemon.ledger import Ledger
from daemon.models import BoardRow, Service, Status
from integrations.notion import TRACKS, NotionEdge, NotionRows, Table
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server


@pytest.fixture
def ledger(tmp_path):
    ticks = itertools.count(1_000_000)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", lambda: float(next(ticks))) as ledger:
        yield ledger


@pytest.fixture
def board():
    """The twin with its database, the log, and the reader on it."""
    twin, log = NotionTwin(), RequestLog()
    database = seed_tracks_database(twin)
    with Server(twin, faults=Faults(), log=log) as server, NotionEdge(twin.token, base_url=server.url) as edge:
        yield twin, twin.data_source_ids(database)[0], log, NotionRows(Table(edge, database, TRACKS))


def spotify(number):
    return f"{number:022d}"


def fill(twin, source, count, **values):
    for number in range(count):
        twin.add_row_as_person(
            source, {"Title": f"t{number}", "Spotify ID": spotify(number), "Downloaded": True, **values}
        )


def test_every_processed_row_becomes_a_track_that_is_done_and_nothing_is_carried_back(ledger, board):
    twin, source, _log, reader = board
    fill(twin, source, 230)
    before = twin.dump()
    assert adopt_all(ledger, reader) == 230
    assert is_done(ledger)
    assert ledger.tracks.count_by_status() == {Status.DONE: 230}
    assert ledger.outbox.pending("notion") == ledger.outbox.pending("eagle") == 0
    assert twin.dump() == before
    row = ledger.tracks.get(ledger.tracks.find(Service.SPOTIFY, spotify(7)))
    assert row.track.title == "t7"
    mirror = ledger.outbox.mirror("notion", row.id)
    assert mirror.seen["Title"] == "t7"
    assert mirror.remote_id in json.dumps(before)


def test_files_and_the_eagle_item_that_a_row_names_count_as_there(ledger, board):
    twin, source, _log, reader = board
    row = {"Title": "t", "Spotify ID": spotify(1), "Status": "Done", "M4A File Path": "/crate/t.m4a"}
    twin.add_row_as_person(source, {**row, "Eagle File ID": "ITEM1", "Downloaded": True})
    adopt_all(ledger, reader)
    track_id = ledger.tracks.find(Service.SPOTIFY, spotify(1))
    assert ledger.tracks.is_synced(track_id)
    assert [file.shelved.path for file in ledger.files.of(track_id)] == ["/crate/t.m4a"]
    assert ledger.outbox.mirror("eagle", track_id).remote_id == "ITEM1"


def test_rows_that_nobody_worked_on_and_rows_without_an_address_are_left_alone(ledger, board):
    twin, source, _log, reader = board
    twin.add_row_as_person(source, {"Title": "an order", "Spotify ID": spotify(1)})
    twin.add_row_as_person(source, {"Title": "no address", "Downloaded": True})
    assert adopt_all(ledger, reader) == 0
    assert ledger.tracks.count_by_status() == {}


def test_a_second_time_costs_nothing(ledger, board):
    twin, source, log, reader = board
    fill(twin, source, 3)
    adopt_all(ledger, reader)
    log.clear()
    assert adopt_all(ledger, reader) == 0
    assert log.of() == []


def test_a_kill_in_the_middle_goes_on_where_it_was(ledger, board):
    twin, source, _log, reader = board
    fill(twin, source, 250)

    class Killed(BaseException):
        pass

    def kill(count):
        if count >= 200:
            raise Killed

    with pytest.raises(Killed):
        adopt_all(ledger, reader, tell=kill)
    assert not is_done(ledger)
    adopt_all(ledger, reader)
    assert ledger.tracks.count_by_status() == {Status.DONE: 250}


def test_a_track_that_is_known_already_is_joined_and_stays_as_it_is(ledger, board):
    twin, source, _log, reader = board
    fill(twin, source, 1)
    fill(twin, source, 1, Title="the same once more")
    assert adopt_all(ledger, reader) == 1
    assert len(ledger.tracks.newest(10)) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, None),
        ({"Downloaded": False, "Status": None}, None),
        ({"Downloaded": False, "Status": "Queued"}, None),
        ({"Downloaded": False, "Status": "Processing"}, None),
        ({"Downloaded": True}, Status.DONE),
        ({"Downloaded": True, "Status": "Queued"}, Status.DONE),
        ({"Downloaded": False, "Status": "Done"}, Status.DONE),
        ({"Downloaded": False, "Status": "Skip"}, Status.SKIP),
        ({"Downloaded": False, "Status": "Rejected"}, Status.REJECTED),
        ({"Downloaded": True, "Status": "Failed"}, Status.FAILED),
        ({"Downloaded": True, "Status": "a word of the person's own"}, Status.DONE),
    ],
)
def test_what_a_row_says_of_itself(values, expected):
    then = "2026-01-01T00:00:00.000Z"
    assert standing_of(BoardRow(id="r", created_at=then, edited_at=then, values=values, ref=None)) == expected
