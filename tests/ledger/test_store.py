"""Opening, migrating, closing; and what the two databases are told to be."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from daemon.errors import ConfigError, Unreachable
from daemon.ledger import Ledger
from daemon.ledger.migrate import MIGRATIONS, migrate
from daemon.ledger.store import Store, engine_for
from daemon.ledger.tables import SCHEMA_VERSION, aliases, metadata
from daemon.models import Alias, Service
from tests.ledger.given import Clock, a_file, a_ref


def test_what_was_written_is_there_after_a_restart(url: str, clock: Clock) -> None:
    with Ledger.open(url, clock) as ledger:
        track_id = ledger.tracks.open(a_ref("one")).track_id
        ledger.tracks.begin(track_id)
        ledger.files.record(track_id, a_file("/music/a.m4a"))
        ledger.services.park("spotify", None, "log in again")

    with Ledger.open(url, clock) as ledger:
        assert ledger.tracks.find(Service.SPOTIFY, "one") == track_id
        assert [row.id for row in ledger.tracks.unfinished()] == [track_id]
        assert ledger.files.owner("/music/a.m4a") == track_id
        assert ledger.services.parked("spotify") is not None


def test_the_migrations_make_exactly_the_tables(empty_url: str) -> None:
    engine = engine_for(empty_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_the_version_in_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_VERSION]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(url: str, clock: Clock) -> None:
    Ledger.open(url, clock).close()
    set_version(url, "9999")

    with pytest.raises(
        ConfigError, match=r"DATABASE_URL: this database belongs to a newer cratekeeper .*9999"
    ) as caught:
        Ledger.open(url, clock)

    assert [problem.setting for problem in caught.value.problems] == ["DATABASE_URL"]
    set_version(url, SCHEMA_VERSION)
    Ledger.open(url, clock).close()


def set_version(url: str, version: str) -> None:
    engine = engine_for(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def test_a_migration_that_breaks_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    engine = engine_for(empty_url)
    monkeypatch.setattr("alembic.operations.Operations.create_index", breaks)
    with pytest.raises(ZeroDivisionError):
        migrate(engine)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    monkeypatch.undo()

    migrate(engine)
    engine.dispose()


def test_migrating_leaves_logging_alone(empty_url: str, clock: Clock) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("daemon").disabled)

    Ledger.open(empty_url, clock).close()

    assert (root.level, list(root.handlers), logging.getLogger("daemon").disabled) == before


def test_alembic_is_not_imported_when_there_is_nothing_to_migrate(url: str, clock: Clock) -> None:
    Ledger.open(url, clock).close()
    look = (
        "import sys, time; from daemon.ledger import Ledger; Ledger.open(sys.argv[1], time.time).close(); "
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", look, url], timeout=60, check=False).returncode == 0


def test_the_database_itself_forbids_the_same_id_twice(url: str, clock: Clock) -> None:
    engine = engine_for(url)
    migrate(engine)
    store = Store(engine, clock)
    with Ledger(store) as ledger:
        track_id = ledger.tracks.open(a_ref("one")).track_id
        with pytest.raises(sa.exc.IntegrityError), store.writing() as connection:
            connection.execute(sa.insert(aliases).values(service="spotify", id="one", track_id=track_id))


def test_an_id_of_no_track_is_a_bug_and_says_so(url: str, clock: Clock) -> None:
    with Ledger.open(url, clock) as ledger, pytest.raises(sa.exc.IntegrityError):
        ledger.events.note("nobody", "fetch", "begun")


def test_nan_is_refused_by_both_databases(url: str, clock: Clock) -> None:
    with Ledger.open(url, clock) as ledger, pytest.raises((ValueError, sa.exc.StatementError), match="JSON compliant"):
        ledger.events.note(None, "tick", "done", {"seconds": float("nan")})


def test_sqlite_keeps_its_rollback_journal_and_syncs_fully(tmp_path: Path) -> None:
    engine = engine_for(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with engine.connect() as connection:
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        keys = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    engine.dispose()

    assert (told, keys) == (["delete", 2], 1)


def test_the_folder_of_a_new_ledger_is_made(tmp_path: Path, clock: Clock) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / '100 % new' / 'ledger.sqlite'}", clock) as ledger:
        assert ledger.tracks.newest(1) == ()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "postgresql://host:port/name"]
)
def test_an_address_that_cannot_be_is_told_by_its_setting(url: str, clock: Clock) -> None:
    with pytest.raises(ConfigError, match=r"^DATABASE_URL: .*sqlite:////folder/ledger\.sqlite"):
        Ledger.open(url, clock)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_postgresql_is_understood(scheme: str) -> None:
    assert engine_for(f"{scheme}://user:secret@127.0.0.1/name").dialect.driver == "psycopg"


def test_a_server_that_is_not_there_is_unreachable_and_no_secret_is_told(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(Unreachable, match="DATABASE_URL") as caught:
        Ledger.open(f"postgresql://user:sesame@/name?host={tmp_path}", clock)

    assert "sesame" not in str(caught.value)
    assert caught.value.service == "ledger"


def test_a_database_that_is_locked_for_too_long_is_unreachable(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.sqlite"
    engine = engine_for(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")  # the pool hands the same connection out again
    with Ledger(Store(engine, clock)) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Unreachable, match="locked"):
            ledger.events.note(None, "tick", "done")

        other.close()
        ledger.events.note(None, "tick", "done")


def test_whatever_is_not_known_yet_is_asked_of_the_database_once_more(url: str, clock: Clock) -> None:
    """Two ledgers on one database see each other's writing at once."""
    with Ledger.open(url, clock) as ours, Ledger.open(url, clock) as theirs:
        track_id = ours.tracks.open(a_ref("one")).track_id

        assert theirs.tracks.find(Service.SPOTIFY, "one") == track_id
        assert theirs.tracks.get(track_id).track.aliases == (Alias(service=Service.SPOTIFY, id="one"),)
