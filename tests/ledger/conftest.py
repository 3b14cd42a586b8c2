from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.ledger import Ledger
from tests.ledger.given import Clock
from tests.postgres import Postgres


@pytest.fixture(scope="session")
def ready_made(postgres: Postgres) -> Iterator[str]:
    """A database that has the tables already, to be copied: ten times quicker than making them for every test."""
    with postgres.fresh_database() as name:
        Ledger.open(postgres.url(name), Clock()).close()
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with nothing in it, as `DATABASE_URL` would name it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    with postgres.fresh_database() as name:
        yield postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, postgres: Postgres, ready_made: str, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, perhaps with the tables made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    with postgres.fresh_database(like=ready_made) as name:
        yield postgres.url(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(url, clock) as ledger:
        yield ledger
