"""Agent-Tasks and Issues+Questions as the settings want them."""

from __future__ import annotations

import pytest

from daemon.settings import load
from daemon.wiring.clinic import Remembered, checks
from daemon.wiring.outside import Outside
from tests.house import a_home

KINDS = {"Agent-Tasks": "AGENT_TASKS_DB_ID", "Issues+Questions": "ISSUES_DB_ID"}


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def said(home):
    """What doctor says of the databases of tasks, by the names of its lines."""
    loaded = load(home.environ, None, home.folder)
    outside = Outside(loaded.settings)
    try:
        lines = dict(checks(loaded, outside, Remembered()))
        return {name: lines[name]() for name in (*KINDS, *KINDS.values()) if name in lines}
    finally:
        outside.close()


def test_both_are_there_and_share_the_pace_of_the_tracks(home):
    outside = Outside(home.settings)
    assert (outside.has_tasks, outside.has_issues) == (True, True)
    assert outside.tasks_database == home.settings.agent_tasks_db_id
    assert outside.issues_database == home.settings.issues_db_id
    home.world.log.clear()
    assert outside.task_board().create({"Name": "cratekeeper: A question"}).id
    assert outside.issue_board().create({"Name": "A defect"}).id
    assert outside.task_board() is outside.task_board()
    twins = home.world.twins
    assert [row["Name"] for row in twins.notion.rows(twins.tasks_db_id).values()] == ["cratekeeper: A question"]
    assert [row["Name"] for row in twins.notion.rows(twins.issues_db_id).values()] == ["A defect"]
    edges = {id(board._table._edge) for board in (outside.board(), outside.task_board(), outside.issue_board())}
    assert len(edges) == 1
    outside.close()


def test_doctor_says_that_both_answer(home):
    assert {name: check.level for name, check in said(home).items()} == dict.fromkeys(KINDS, "ok")


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_setting_switches_its_feature_off_with_one_line(home, kind):
    home.environ[KINDS[kind]] = ""
    lines = said(home)
    assert set(lines) == {KINDS[kind], *KINDS} - {kind}
    assert lines[KINDS[kind]].level == "ok"
    assert "not set" in lines[KINDS[kind]].text
    outside = Outside(home.settings)
    assert (outside.has_tasks, outside.has_issues) == (kind != "Agent-Tasks", kind != "Issues+Questions")
    outside.close()


def test_without_a_token_there_is_neither(home):
    home.environ["NOTION_TOKEN"] = ""
    outside = Outside(home.settings)
    assert (outside.has_notion, outside.has_tasks, outside.has_issues) == (False, False, False)
    assert said(home) == {}
    outside.close()


def test_a_corrected_setting_ends_the_wait_for_notion(home):
    before = Outside(home.settings).login_marks()
    home.environ["AGENT_TASKS_DB_ID"] = home.world.twins.issues_db_id
    after = Outside(home.settings).login_marks()
    assert {service for service in before if before[service] != after[service]} == {"notion"}
