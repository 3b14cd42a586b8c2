from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import Home, a_home
from tests.postgres import Postgres

_RESTLESS = {"SYNC_INTERVAL_S": "1", "SYNC_BATCH": "10", "SOURCE_LOOKBACK": "20"}


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Numbers that are worth seeing also when all is well."""

    def say(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}")

    return say


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[Home]:
    """An installation on a database of each kind, whose person is restless."""
    (tmp_path / "tmp").mkdir()
    settings = {**_RESTLESS, "TMPDIR": str(tmp_path / "tmp")}
    if request.param == "sqlite":
        with a_home(tmp_path, **settings) as home:
            yield home
        return
    with postgres.fresh_database() as name, a_home(tmp_path, **settings, DATABASE_URL=postgres.url(name)) as home:
        yield home
