"""The whole program, and somebody who orders in Agent-Tasks: done once whatever is killed, answered in the row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import Home, a_home
from tests.lives import living, watching
from tests.wiring.test_notion_life import NIGHT_FERRY, on_soundcloud

LONG_S = 90.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with a_home(tmp_path, SYNC_INTERVAL_S="1", TRACK_TASKS="yes", HAND_OVER="Done: Mixer") as home:
        yield home


class Tasks:
    """Agent-Tasks, by somebody's hands."""

    def __init__(self, home: Home) -> None:
        self.twin, self.database_id = home.world.twins.notion, home.world.twins.tasks_db_id

    def orders(self, name: str, **values: Any) -> str:
        [source_id] = self.twin.data_source_ids(self.database_id)
        return self.twin.add_row_as_person(source_id, {"Name": name, **values})

    def row(self, row_id: str) -> dict[str, Any]:
        return self.twin.rows(self.database_id)[row_id]

    def is_at(self, row_id: str, status: str) -> bool:
        return self.row(row_id)["Status"] == status

    def called(self, beginning: str) -> list[dict[str, Any]]:
        return [row for row in self.twin.rows(self.database_id).values() if row["Name"].startswith(beginning)]


def test_a_link_is_synced_by_order_and_a_kill_changes_nothing(home: Home) -> None:
    tasks = Tasks(home)
    link = on_soundcloud(home, NIGHT_FERRY)
    stranger = tasks.orders("mixer: sync this", Status="Not Started")
    before = dict(tasks.row(stranger))
    row_id = tasks.orders(f"cratekeeper: sync {link}", Status="Not Started", Priority="High")
    with living(home) as life:
        assert life.until(lambda: tasks.is_at(row_id, "In Progress"), LONG_S)
    with living(home) as life:
        assert life.until(lambda: tasks.is_at(row_id, "Complete"), LONG_S), tasks.row(row_id)
        assert life.until(lambda: bool(tasks.called("Mixer: Ada Reyes - Night Ferry")), LONG_S)
        assert life.until(lambda: [one["Status"] for one in tasks.called("cratekeeper: Ada")] == ["Complete"], LONG_S)
        assert life.stop() == 0
    assert [name for name in home.music if name.endswith(".m4a")] == ["Unassigned/Ada Reyes - Night Ferry.m4a"]
    [tracks_row] = home.world.twins.notion.rows(home.world.twins.tracks_db_id)
    assert [one["Track"] for one in tasks.called("Mixer")] == [[tracks_row]]
    assert tracks_row.replace("-", "") in tasks.row(row_id)["Result"]
    assert tasks.row(stranger) == before
    with watching(home) as watch:
        assert [job.verb for job in watch.ledger.jobs.unfinished()] == []


def test_who_runs_it_from_cron_is_obeyed_too(home: Home) -> None:
    tasks = Tasks(home)
    row_id = tasks.orders("cratekeeper: report")
    ended = home.run("--mode", "single")
    assert ended.returncode == 0, ended.stderr
    assert tasks.is_at(row_id, "Complete")
    assert tasks.row(row_id)["Result"]


def test_a_login_that_is_over_is_asked_for_and_the_question_closes_by_itself(home: Home) -> None:
    tasks = Tasks(home)
    home.world.twins.spotify.accounts.revoke()
    with living(home) as life:
        assert life.until(lambda: bool(tasks.called("cratekeeper: Log in to Spotify again")), LONG_S)
        [question] = tasks.called("cratekeeper: Log in to Spotify again")
        assert question["Priority"] == "High"
        assert "cratekeeper login spotify" in question["Description"]
        assert life.stop() == 0


def test_pause_keeps_new_tracks_waiting_until_resume(home: Home) -> None:
    tasks = Tasks(home)
    paused = tasks.orders("cratekeeper: pause")
    with living(home) as life, watching(home) as watch:
        assert life.until(lambda: tasks.is_at(paused, "Complete"), LONG_S)
        home.world.person.likes_on_soundcloud(NIGHT_FERRY)
        assert life.until(lambda: watch.unfinished() == 1, LONG_S)
        looks = sum("looked" in line for line in life.said)
        assert life.until(lambda: sum("looked" in line for line in life.said) >= looks + 2, LONG_S)
        assert watch.begun() == []
        resumed = tasks.orders("cratekeeper: resume")
        assert life.until(lambda: tasks.is_at(resumed, "Complete"), LONG_S)
        assert life.until(lambda: bool(home.music) and watch.is_quiet(1), LONG_S)
        assert life.stop() == 0
