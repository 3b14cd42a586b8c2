"""Brings a database to the tables of this program, at every start. Any number of processes may start at once: one
migrates, the others wait and find it done. Alembic is only imported when there is something to do."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from daemon.errors import ConfigError, Problem
from daemon.ledger.store import translated
from daemon.ledger.tables import SCHEMA_VERSION

MIGRATIONS = Path(__file__).parent / "migrations"

_MIGRATION_LOCK = 0x6372_6174_6502


def migrate(engine: sa.Engine) -> None:
    """After this the tables are those of `tables.py`. All of it happens in one transaction.
    Raises ConfigError when the database was written by a newer program, Unreachable when it does not answer."""
    if is_current(engine):
        return
    with translated(), _alone(engine) as connection:
        if (version := _version(connection)) != SCHEMA_VERSION:
            _upgrade(connection, version)


def is_current(engine: sa.Engine) -> bool:
    """Whether `migrate` has nothing to do. Raises Unreachable."""
    with translated(), engine.begin() as connection:
        return _version(connection) == SCHEMA_VERSION


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return version


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A writing transaction that no other migration is in."""
    if engine.dialect.name == "sqlite":
        with _locked(Path(f"{engine.url.database}.lock")), engine.execution_options(writes=True).begin() as connection:
            yield connection
    else:
        with engine.begin() as connection:
            for setting in ("lock_timeout", "statement_timeout"):
                connection.execute(sa.text(f"SET LOCAL {setting} = 0"))  # a migration may take its time
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the file's lock. The file stays: removing it would let a third process lock another one of the same
    name."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _upgrade(connection: sa.Connection, version: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        what = f"this database belongs to a newer cratekeeper (its tables are {version}, ours {SCHEMA_VERSION}); "
        raise ConfigError([Problem("DATABASE_URL", what + "update the program, or name another database")])
    command.upgrade(config, "head")
