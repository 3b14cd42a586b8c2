"""A ledger that an earlier release wrote, opened by this one."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from daemon.ledger import Ledger
from daemon.ledger.migrate import MIGRATIONS
from daemon.ledger.store import engine_for
from daemon.ledger.values import to_json
from daemon.models import Alias, Format, Service, Status, Track
from tests.ledger.given import NOON, Clock, a_file
from tests.ledger.test_tracks import FETCHED, HEARD, SOURCE

ORIGINAL, DUPLICATE, QUEUED = "a" * 32, "b" * 32, "c" * 32
SPOTIFY_URL = "https://open.spotify.example/track/1"

Tables = dict[str, list[dict[str, Any]]]


def a_track_of_0001(id: str, **more: Any) -> dict[str, Any]:
    bare = {"id": id, "title": "", "artists": [], "urls": {}, "found_in": "spotify-liked", "status": "Queued"}
    return bare | {"attempt": 0, "created_at": NOON, "updated_at": NOON + 1} | more


def a_mirror_of_0001(track_id: str, remote_id: str, seen: dict[str, Any], **more: Any) -> dict[str, Any]:
    bare = {"target": "notion", "track_id": track_id, "remote_id": remote_id, "seen": seen}
    return bare | {"carried_revision": 0, "at": NOON} | more


ROWS_OF_0001: Tables = {
    "tracks": [
        a_track_of_0001(
            ORIGINAL,
            title="Nude Photo ünd \U0001f525",
            artists=["Rhythim Is Rhythim", "Derrick May"],
            album="Nude Photo",
            duration_s=441.5,
            isrc="NL-A50-87-00001",
            genre="Techno",
            release_date="1987-05",
            artwork_url="https://pictures.example/1.jpg",
            urls={"spotify": SPOTIFY_URL},
            playlist="Warm Up",
            status="Done",
            attempt=2,
            source=to_json(SOURCE),
            fetched=to_json(FETCHED),
            heard=to_json(HEARD),
        ),
        a_track_of_0001(DUPLICATE, status="Duplicate", reason="3 % of bits differ", duplicate_of=ORIGINAL),
        a_track_of_0001(QUEUED, reason="later", not_before=NOON + 60),
    ],
    "aliases": [
        {"service": "spotify", "id": "one", "track_id": ORIGINAL},
        {"service": "soundcloud", "id": "77", "track_id": DUPLICATE},
        {"service": "spotify", "id": "three", "track_id": QUEUED},
    ],
    "hints": [{"kind": "isrc", "value": "NLA508700001", "track_id": ORIGINAL}],
    "files": [
        {
            "track_id": ORIGINAL,
            "role": "library",
            "format": "m4a",
            "path": "/music/a.m4a",
            "size": 5_000_000_000,
            "mtime_ns": 1_700_000_000_123_456_789,
            "sha256": "5a",
            "filed_at": NOON,
            "name_key": "/music/a.m4a",
        }
    ],
    "memos": [{"name": "chain/spotify-liked", "value": "as far as here"}],
    "fingerprints": [
        {
            "track_id": ORIGINAL,
            "number": 1,
            "algorithm": 2,
            "duration_s": 441.4,
            "words": b"\x00\xff\x01",
            "claimed_at": NOON,
        }
    ],
    "fingerprint_words": [{"word": -5, "number": 1}, {"word": 9, "number": 1}],
    "events": [
        {"track_id": ORIGINAL, "at": NOON, "step": "finish", "what": "done", "detail": {"kind": "filed"}},
        {"track_id": None, "at": NOON, "step": "tick", "what": "done", "detail": {}},
    ],
    "outbox": [
        {
            "target": "notion",
            "track_id": ORIGINAL,
            "revision": 3,
            "due_at": NOON,
            "attempts": 2,
            "last_error": "no answer",
            "claimed_by": "studio",
            "claimed_until": NOON + 9,
        }
    ],
    "mirrors": [
        {
            "target": "notion",
            "track_id": ORIGINAL,
            "remote_id": "row1",
            "seen": {"Title": "x"},
            "carried_revision": 2,
            "at": NOON,
        },
        a_mirror_of_0001(QUEUED, "row3", {"Title": "as it was found", "Mine": 5}),
        a_mirror_of_0001(DUPLICATE, "row1", {"twin": ORIGINAL}, carried_revision=1),
        a_mirror_of_0001(ORIGINAL, "ITEM1", {"source": "https://y.example/1"}, target="eagle", carried_revision=1),
    ],
    "services": [{"name": "spotify", "not_before": None, "reason": "log in again", "since_at": NOON}],
    "hosts": [{"host_id": "studio", "pid": 1, "mode": "daemon", "started_at": NOON, "heartbeat_at": NOON}],
}


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database of the first release, with something in every table."""
    engine = engine_for(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = _tables(connection)
        assert set(ROWS_OF_0001) == set(tables) - {"alembic_version"}
        for name, rows in ROWS_OF_0001.items():
            for row in rows:
                connection.execute(sa.insert(tables[name]).values(row))
    engine.dispose()
    return empty_url


def _tables(connection: sa.Connection) -> dict[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(connection)
    return dict(found.tables)


def everything_in(url: str) -> Tables:
    engine = engine_for(url)
    with engine.connect() as connection:
        content = {
            name: [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for name, table in _tables(connection).items()
        }
    engine.dispose()
    return content


def test_an_upgrade_loses_nothing_of_any_table(old_url: str, clock: Clock) -> None:
    before = everything_in(old_url)

    Ledger.open(old_url, clock).close()

    after = everything_in(old_url)
    for mirror in after["mirrors"]:
        mirror["seen"] = mirror["wrote"] or mirror["seen"]  # what it was: a test of its own, below
    for name in ROWS_OF_0001:
        assert len(before[name]) == len(ROWS_OF_0001[name])
        old_columns = before[name][0].keys()
        assert [{column: row[column] for column in old_columns} for row in after[name]] == before[name], name
    assert {name: rows for name, rows in after.items() if name not in before} == {
        "decisions": [],
        "quarantine": [],
        "paces": [],
        "waveforms": [],
        "related": [],
        "tasks": [],
        "jobs": [],
    }


def test_a_track_of_the_first_release_reads_as_before_and_knows_nothing_new(old_url: str, clock: Clock) -> None:
    with Ledger.open(old_url, clock) as ledger:
        row = ledger.tracks.get(ORIGINAL)

        assert row.track == Track(
            title="Nude Photo ünd \U0001f525",
            artists=("Rhythim Is Rhythim", "Derrick May"),
            album="Nude Photo",
            duration_s=441.5,
            isrc="NL-A50-87-00001",
            genre="Techno",
            release_date="1987-05",
            artwork_url="https://pictures.example/1.jpg",
            aliases=(Alias(service=Service.SPOTIFY, id="one"), Alias(service=Service.SOUNDCLOUD, id="77")),
            urls={Service.SPOTIFY: SPOTIFY_URL},
        )
        assert (row.status, row.attempt, row.playlist, row.updated_at) == (Status.DONE, 2, "Warm Up", NOON + 1)
        assert (row.source, row.fetched, row.heard) == (SOURCE, FETCHED, HEARD)
        assert (row.weighed, row.progress) == ((), None)
        assert ledger.files.of(ORIGINAL)[0].shelved.format is Format.M4A


def test_what_an_older_release_wrote_is_not_taken_for_what_it_saw(old_url: str, clock: Clock) -> None:
    """It kept its own spelling of a row: compared with Notion's, that would look like edits of the person's."""
    with Ledger.open(old_url, clock) as ledger:
        carried, adopted, twin, item = (
            ledger.outbox.mirror("notion", ORIGINAL),
            ledger.outbox.mirror("notion", QUEUED),
            ledger.outbox.mirror("notion", DUPLICATE),
            ledger.outbox.mirror("eagle", ORIGINAL),
        )
        assert carried is not None
        assert adopted is not None
        assert twin is not None
        assert item is not None

        assert (carried.seen, carried.wrote) == ({}, {"Title": "x"})
        assert (adopted.seen, adopted.wrote) == ({"Title": "as it was found", "Mine": 5}, {})
        assert (twin.seen, twin.wrote) == ({"twin": ORIGINAL}, {})
        assert (item.seen, item.wrote) == ({"source": "https://y.example/1"}, {})
        assert {(one.theirs, one.gone) for one in (carried, adopted, twin, item)} == {(frozenset(), None)}
        assert ledger.board.track_at("row1") == ORIGINAL
        assert ledger.tracks.get(ORIGINAL).edits == {}


def test_a_ledger_of_the_first_release_is_worked_on_as_any_other(old_url: str, clock: Clock) -> None:
    with Ledger.open(old_url, clock) as ledger:
        assert ledger.tracks.find(Service.SOUNDCLOUD, "77") == ORIGINAL, "it was a duplicate before there were entries"
        ledger.tracks.describe(QUEUED, Track(title="x", artists=("a",), featured=("b",), origins={"title": "spotify"}))
        assert ledger.tracks.begin(QUEUED) == 1
        ledger.files.record(QUEUED, a_file("/music/b.m4a"))
        assert ledger.events.note(QUEUED, "tick", "done") == len(ROWS_OF_0001["events"]) + 1
        assert ledger.tracks.get(QUEUED).track.featured == ("b",)
        assert ledger.sounds.words(ORIGINAL) == b"\x00\xff\x01"
