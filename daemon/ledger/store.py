"""One database, opened and spoken to in transactions. Everything that differs between SQLite and PostgreSQL is here
and in `migrate.py`.

One writer at a time, on both: SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory lock held for the transaction. So
"look, then write" is safe in every verb without further care, nothing deadlocks, and what is proved on one database
holds on the other. A write takes milliseconds, and there are a handful of hosts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from daemon.errors import ConfigError, Problem, Unreachable

WAIT_S = 60
"""How long a transaction may wait for the others, and PostgreSQL for a statement, before it counts as unreachable."""

_WRITERS_LOCK = 0x6372_6174_6501
"""Advisory locks are numbers; these bytes spell `crate`."""

_DIALECTS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

_strict_json = partial(json.dumps, allow_nan=False)
"""PostgreSQL refuses NaN in JSON, SQLite does not: so neither gets one."""

_SQLITE_PRAGMAS = (
    "journal_mode = DELETE",  # not WAL: it has a corruption bug in SQLite 3.7.0 to 3.51.2
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {WAIT_S * 1000}",
)

_POSTGRES_ARGUMENTS = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "application_name": "cratekeeper",
    "options": " ".join(
        f"-c {setting}={WAIT_S}s"
        for setting in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    ),
}


def engine_for(url: str) -> sa.Engine:
    """An engine for what stands in `DATABASE_URL`; connects to nothing yet. Raises ConfigError."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    try:
        return sa.create_engine(
            address, json_serializer=_strict_json, pool_pre_ping=True, connect_args=_POSTGRES_ARGUMENTS
        )
    except ModuleNotFoundError as error:
        raise _wrong("PostgreSQL needs its driver; install it with: pip install 'cratekeeper[postgres]'") from error


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
        dialect = _DIALECTS[address.drivername]
    except (sa.exc.ArgumentError, ValueError, KeyError) as error:
        raise _wrong("write it as sqlite:////folder/ledger.sqlite or postgresql://user:password@host/name") from error
    if dialect == "sqlite" and address.database in (None, "", ":memory:"):
        raise _wrong("the ledger must outlive the program; name a file: sqlite:////folder/ledger.sqlite")
    return address.set(drivername=dialect)


def _wrong(what: str) -> ConfigError:
    return ConfigError([Problem("DATABASE_URL", what)])


def _sqlite(address: sa.URL) -> sa.Engine:
    Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(address, json_serializer=_strict_json)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late: after the first read
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


class Store:
    """Transactions on one engine, and the time. Every failure to reach the database is Unreachable."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], float]) -> None:
        self.engine = engine
        self.now = clock

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only looks. Never write in it, and never open another inside it."""
        with translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction with the database to itself; committed at the end, rolled back by any exception."""
        with translated(), self.engine.execution_options(writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK)))
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turns "the database does not answer" into Unreachable. Anything else is a bug and passes."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise _unreachable("all connections are in use") from error
    except sa.exc.DBAPIError as error:
        if not (isinstance(error, sa.exc.OperationalError) or error.connection_invalidated):
            raise
        raise _unreachable(str(error.orig).partition("\n")[0]) from error


def _unreachable(why: str) -> Unreachable:
    return Unreachable(f"The ledger's database does not answer ({why}); see DATABASE_URL.", service="ledger")


def put(connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Sets these columns of the row with this key; makes the row if there is none. Only inside `writing()`."""
    changed = connection.execute(sa.update(table).where(*matches(table, key)).values(**values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(table).values(**key, **values))


def matches(table: sa.Table, key: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """The conditions under which a row of `table` has this key."""
    return [table.c[name] == value for name, value in key.items()]


def among(column: sa.ColumnElement[str] | sa.Column[str], ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether it is one of many ids that lie close together. Where they lie is said too: PostgreSQL, as long as it has
    not counted a table's rows, would else read all of them."""
    return sa.and_(column.between(min(ids), max(ids)), column.in_(ids))
