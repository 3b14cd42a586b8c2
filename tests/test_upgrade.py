"""Work that another version began, and work that another host began: who goes on with it, and when."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.engine import PIPELINE_VERSION, EngineClient
from daemon.host import host_id
from daemon.ledger import Ledger
from daemon.models import Status
from daemon.pipeline.ingest import flow_id
from integrations.sandbox.music import Piece
from integrations.sandbox.world import World
from tests.house import Home, a_home
from tests.lives import IN_A_HURRY, living, watching
from tests.program import changed

RESTLESS = {"SYNC_INTERVAL_S": "1"}
SHORT = Piece("Half Way Up", "Mira Vale", 124.0, "Am", 8.0, seed=61)
OTHER = Piece("Elsewhere", "Sunder", 98.0, "F", 8.0, seed=62)
PATIENCE_S = 240.0
"""Nobody waits for it but on a machine that is very busy."""
A_DAY_S = 24 * 3600.0

STUCK = changed(stuck="listen", pace=IN_A_HURRY)


def version(name, **more):
    return changed(version=name, pace=IN_A_HURRY, **more)


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path, **RESTLESS) as home:
        yield home


def begin_and_kill(home, program):
    """One track, killed in the middle: downloaded, and not listened to yet."""
    with watching(home) as watch, living(home, program) as life:
        assert life.until(lambda: watch.has_begun("listen"), PATIENCE_S)
        [row] = watch.ledger.tracks.unfinished()
    return row.id


def run_until_quiet(home, program, tracks=1):
    with watching(home) as watch, living(home, program) as life:
        assert life.until(lambda: bool(life.said) and watch.is_quiet(tracks), PATIENCE_S), (life.said, watch.unrest())
        assert life.stop() == 0


def status_of(home, track_id, attempt):
    with EngineClient(home.settings.engine_url.get_secret_value(), version="any") as client:
        flow = client.flow(flow_id(track_id, attempt))
        return flow.status if flow else None


def filed_once(home, track_id):
    """The track's row; one set of files, one row and one item stand there."""
    world = home.world
    with watching(home) as watch:
        row = watch.ledger.tracks.get(track_id)
        mirrors = [watch.ledger.outbox.mirror(target, track_id).remote_id for target in ("notion", "eagle")]
    assert row.status is Status.DONE
    title = f"{row.track.artist} - {row.track.title}"
    assert [Path(name).name for name in home.music if title in name] == [f"{title}.{f}" for f in ("aiff", "m4a", "wav")]
    rows = world.twins.notion.rows(world.twins.tracks_db_id)
    assert [row_id for row_id, values in rows.items() if values["Title"] == row.track.title] == mirrors[:1]
    assert [item["id"] for item in world.twins.eagle.items if item["name"] == title] == mirrors[1:]
    return row


def test_an_upgrade_in_the_middle_of_a_run_begins_the_track_anew_and_files_it_once(home):
    home.world.person.likes_on_soundcloud(SHORT)
    track_id = begin_and_kill(home, version("1", stuck="listen"))
    assert status_of(home, track_id, 1) == "PENDING"

    run_until_quiet(home, version("2"))
    assert filed_once(home, track_id).attempt == 2
    assert status_of(home, track_id, 1) == "CANCELLED"
    assert status_of(home, track_id, 2) == "SUCCESS"
    assert status_of(home, track_id, 3) is None


def test_who_goes_back_to_an_older_version_begins_the_track_anew_too(home):
    home.world.person.likes_on_soundcloud(SHORT)
    track_id = begin_and_kill(home, version("2", stuck="listen"))
    run_until_quiet(home, version("1"))
    assert filed_once(home, track_id).attempt == 2
    assert status_of(home, track_id, 1) == "CANCELLED"


def test_without_an_upgrade_the_same_run_goes_on(home):
    home.world.person.likes_on_soundcloud(SHORT)
    track_id = begin_and_kill(home, version("1", stuck="listen"))
    run_until_quiet(home, version("1"))
    assert filed_once(home, track_id).attempt == 1
    with watching(home) as watch:
        assert watch.begun().count((track_id, "fetch")) == 1, "what was recorded is not done again"


def test_a_host_that_was_switched_off_for_a_day_goes_on_with_its_own_work(home):
    home.world.person.likes_on_soundcloud(SHORT)
    track_id = begin_and_kill(home, STUCK)
    fall_silent(home)
    run_until_quiet(home, version(PIPELINE_VERSION))
    assert filed_once(home, track_id).attempt == 1


# --- two hosts on one database ---------------------------------------------------------------------------------------


@contextmanager
def two_homes(folder, database_url):
    """Two installations of one person: each has its own folders, and they share the database."""
    settings = {**RESTLESS, "DATABASE_URL": database_url}
    with World(folder / "sandbox") as world:
        yield tuple(Home(folder / name, world, **settings) for name in ("studio", "laptop"))


def fall_silent(home):
    """As if the host had last been heard of a day ago."""
    with Ledger.open(home.settings.ledger_url.get_secret_value(), lambda: time.time() - A_DAY_S) as ledger:
        ledger.hosts.beat(host_id(home.settings.var_dir), 1, "daemon")


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_a_hosts_work_is_left_to_it_until_it_is_surely_dead(tmp_path, postgres):
    for name in ("studio", "laptop"):
        (tmp_path / name).mkdir()
    with postgres.fresh_database() as name, two_homes(tmp_path, postgres.url(name)) as (studio, laptop):
        studio.world.person.likes_on_soundcloud(SHORT)
        track_id = begin_and_kill(studio, STUCK)

        studio.world.person.likes_on_soundcloud(OTHER)
        with watching(laptop) as watch, living(laptop) as life:
            assert life.until(lambda: len(watch.ledger.tracks.newest(3)) == 2 and watch.unfinished() == 1, PATIENCE_S)
            assert life.until(lambda: sum("looked" in line for line in life.said) >= 3, PATIENCE_S)
            assert watch.ledger.tracks.get(track_id).status is Status.PROCESSING
            assert life.stop() == 0
        assert status_of(laptop, track_id, 1) == "PENDING", "it was heard of a moment ago: perhaps it only sleeps"

        fall_silent(studio)
        run_until_quiet(laptop, version("1"), tracks=2)
        assert filed_once(laptop, track_id).attempt == 2
        assert status_of(laptop, track_id, 1) == "CANCELLED"
        assert studio.music == []
    (left,) = (tmp_path / "studio" / "var" / "work").iterdir()
    assert left.name == track_id
    (left / "source-0").rename(tmp_path / "kept-by-the-dead-host")
    left.rmdir()
