"""Tasks in a database as somebody else has built it, among rows that are none of our business."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from daemon import founding
from daemon.models import Json
from integrations.notion import AGENT_TASKS, ISSUES, NotionEdge, NotionTasks, Table
from integrations.notion.columns import PRIORITY_SYNONYMS, TASK_STATUS_SYNONYMS, fit_source
from integrations.notion.plans import DESIGNS
from integrations.notion.tasks import _COSTS
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import (
    SANDBOX_TOKEN,
    NotionTwin,
    TwinTransport,
    seed_agent_tasks_database,
    seed_issues_database,
    seed_tracks_database,
)
from integrations.sandbox.server import RequestLog

LONG_AGO = "2001-01-01T00:00:00.000Z"
KEY, TITLE = "cratekeeper/disk", "cratekeeper: The disk is nearly full"
QUESTION = {"Name": TITLE, "Status": "Not Started", "Source Agent": "cratekeeper", "Dedupe Key": KEY}


class Office:
    """A database of tasks, shared with others."""

    def __init__(self, columns: dict[str, Any] | None = None) -> None:
        self.faults, self.log, self.twin = Faults(), RequestLog(), NotionTwin()
        if columns is None:
            self.database_id = seed_agent_tasks_database(self.twin, seed_tracks_database(self.twin))
        else:
            self.database_id = self.twin.create_database("To-dos", columns)
        (self.source_id,) = self.twin.data_source_ids(self.database_id)
        transport = TwinTransport(self.twin, self.faults, self.log)
        self.edge = NotionEdge(SANDBOX_TOKEN, requests_per_s=1e6, sleep=lambda _s: None, transport=transport)
        self.table = Table(self.edge, self.database_id, AGENT_TASKS)
        self.board = NotionTasks(self.table)

    def add(self, name: str, **values: Any) -> str:
        title = next(fitted.name for fitted in self.table.fit().columns.values() if fitted.type == "title")
        return self.twin.add_row_as_person(self.source_id, {title: name, **values})

    def alter(self, changes: dict[str, Json | None]) -> None:
        self.twin.change_columns_as_person(self.source_id, changes)

    def changed(self) -> list[str]:
        return [row.values["Name"] for row in self.board.changed(LONG_AGO)]

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.twin.rows(self.database_id)


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    yield office
    office.edge.close()


# --- the columns -----------------------------------------------------------------------------------------------------


def test_a_database_of_another_agents_making_is_understood() -> None:
    office = Office(
        {
            "Task Name": "title",
            "STATUS": ("status", {"options": [{"name": "To do"}, {"name": "Doing"}, {"name": "Done"}]}),
            "priority": ("status", {"options": [{"name": "P0"}, {"name": "P2"}]}),
            " Description ": "rich_text",
            "DedupeKey": "rich_text",
            "Owner": "rich_text",
        }
    )
    made = office.board.create({**QUESTION, "Priority": "Critical", "Description": "Free some space."})
    assert office.rows()[made.id] == {
        "Task Name": TITLE,
        "STATUS": "To do",
        "priority": "P0",
        " Description ": "Free some space.",
        "DedupeKey": KEY,
        "Owner": "",
    }
    assert (made.values["Status"], made.values["Priority"]) == ("Not Started", "Critical")
    assert office.board.find(KEY, "") == made
    # Words that a status column has no option for are left out, and the rest is written.
    after = office.board.update(made.id, {"Status": "Blocked", "Priority": "Medium"})
    assert (after.values["Status"], after.values["Priority"]) == ("Not Started", "Medium")
    assert office.board.as_read({"Status": "Blocked", "Priority": "Medium"}) == {"Priority": "Medium"}


def test_a_select_learns_a_word_by_its_being_written(office: Office) -> None:
    office.alter({"Status": None, "Priority": None})
    office.alter({"Status": {"select": {"options": [{"name": "Erledigt"}]}}, "Priority": {"select": {}}})
    made = office.board.create({**QUESTION, "Priority": "High"})
    assert (office.rows()[made.id]["Status"], office.rows()[made.id]["Priority"]) == ("Not Started", "High")
    theirs = office.add("cratekeeper: report", Status="Erledigt")
    assert office.board.row(theirs).values["Status"] == "Erledigt"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("todo", "Not Started"),
        ("Backlog", "Not Started"),
        ("doing", "In Progress"),
        ("DONE", "Complete"),
        ("Waiting", "Blocked"),
        ("error", "Failed"),
        ("Someday", "Someday"),
    ],
)
def test_what_people_call_a_status_is_understood(office: Office, theirs: str, ours: str) -> None:
    assert office.board.row(office.add(TITLE, Status=theirs)).values["Status"] == ours


@pytest.mark.parametrize(
    ("theirs", "ours"), [("Urgent", "Critical"), ("p1", "High"), ("normal", "Medium"), ("Minor", "Low")]
)
def test_what_people_call_a_priority_is_understood(office: Office, theirs: str, ours: str) -> None:
    assert office.board.row(office.add(TITLE, Priority=theirs)).values["Priority"] == ours


@pytest.mark.parametrize("words", [TASK_STATUS_SYNONYMS, PRIORITY_SYNONYMS], ids=["status", "priority"])
def test_no_synonym_stands_under_two_words(words: dict[str, tuple[str, ...]]) -> None:
    every = [word.casefold() for ours, theirs in words.items() for word in (ours, *theirs)]
    assert len(every) == len(set(every))


def test_a_job_of_type_status_is_none(office: Office) -> None:
    """Each new row of anybody's would have the first of its options."""
    office.alter({"Job": None})
    office.alter({"Job": {"status": {"options": [{"name": "sync"}]}}})
    office.add("somebody's", Job="sync")
    assert office.changed() == []
    assert 'The column "Job" is status, not select' in office.board.check().text


def test_the_sandbox_has_all_that_init_notion_makes(office: Office) -> None:
    for kind, database_id in (
        (founding.AGENT_TASKS, office.database_id),
        (founding.ISSUES, seed_issues_database(office.twin)),
    ):
        design = DESIGNS[kind]
        source = office.edge.data_source(office.twin.data_source_ids(database_id)[0])
        fit = fit_source(design.columns, source, kind)
        assert (fit.missing, fit.mistyped) == ((), ())
        options = {ours: fitted.options for ours, fitted in fit.columns.items() if fitted.options}
        assert options == design.options


# --- columns that are not there --------------------------------------------------------------------------------------


def test_without_a_dedupe_key_a_task_is_found_by_its_very_title(office: Office) -> None:
    office.alter({"Dedupe Key": None})
    office.add(TITLE.upper())
    made = office.board.create(QUESTION)
    office.board.create(QUESTION)
    assert "Dedupe Key" not in made.values
    assert office.board.find(KEY, TITLE) == made
    assert office.board.find(KEY, f"{TITLE}!") is None


def test_without_a_dedupe_key_nobody_elses_task_of_that_title_is_found(office: Office) -> None:
    office.alter({"Dedupe Key": None})
    office.add("Check the tags of Strobe", **{"Source Agent": "somebody"})
    office.add("Check the tags of Strobe")
    assert office.board.find("cratekeeper/handover/1", "Check the tags of Strobe") is None
    ours = office.add("Check the tags of Strobe", **{"Source Agent": "Cratekeeper "})
    found = office.board.find("cratekeeper/handover/1", "Check the tags of Strobe")
    assert found is not None
    assert found.id == ours


def test_where_nothing_says_whose_it_is_a_defect_is_found_by_its_title() -> None:
    office = Office({"Name": "title", "Status": "select"})
    board = NotionTasks(Table(office.edge, office.database_id, ISSUES), founding.ISSUES)
    made = board.create({"Name": "KeyError in shelve", "Dedupe Key": "cratekeeper/defect/1"})
    assert board.find("cratekeeper/defect/1", "KeyError in shelve") == made


def test_without_a_job_the_title_is_all(office: Office) -> None:
    office.alter({"Job": None})
    office.add("somebody's")
    office.add("cratekeeper: sync likes")
    assert office.changed() == ["cratekeeper: sync likes"]


def test_without_input_and_result_the_rest_is_written(office: Office) -> None:
    office.alter({"Input": None, "Result": None, "Track": None})
    made = office.board.create({**QUESTION, "Input": "?", "Result": "?", "Track": ["no-page"]})
    assert {"Input", "Result", "Track"}.isdisjoint(made.values)
    assert made.values["Status"] == "Not Started"


@pytest.mark.parametrize("way", ["taken away", "renamed"])
def test_a_column_that_goes_meanwhile_costs_no_row(office: Office, way: str) -> None:
    gone = None if way == "taken away" else {"name": "Another"}
    row_id = office.board.create(QUESTION).id
    assert office.changed() == [TITLE]
    office.alter({"Job": gone})
    assert office.changed() == [TITLE]
    office.alter({"Dedupe Key": None if gone is None else {"name": "Yet another"}})
    assert office.board.find(KEY, TITLE) is not None
    office.alter({"Status": None})
    assert "Status" not in office.board.update(row_id, {"Status": "Complete", "Result": "Done."}).values
    assert office.rows()[row_id]["Result"] == "Done."


def test_a_title_that_is_renamed_is_still_the_title(office: Office) -> None:
    office.add("cratekeeper: sync likes")
    assert office.changed() == ["cratekeeper: sync likes"]
    office.alter({"Name": {"name": "Aufgabe"}})
    assert office.changed() == ["cratekeeper: sync likes"]


@pytest.mark.parametrize("column", [column.name for column in AGENT_TASKS if column.name != "Name"])
def test_a_missing_column_is_said_with_what_it_costs(office: Office, column: str) -> None:
    assert office.board.check().level == "ok"
    office.alter({column: None})
    check = office.board.check()
    assert (check.name, check.level) == ("Agent-Tasks", "warning")
    assert f"No column {column}: {_COSTS[column]}." in check.text
    assert "init notion" in check.todo
    office.alter({column: {"number": {}}})
    wanted = " or ".join(next(one.types for one in AGENT_TASKS if one.name == column))
    assert f'The column "{column}" is number, not {wanted}: {_COSTS[column]}.' in office.board.check().text


def test_a_status_column_that_lacks_a_word_is_said() -> None:
    twin_columns = {"Name": "title", "Status": ("status", {"options": [{"name": "To do"}, {"name": "Done"}]})}
    text = Office(twin_columns).board.check().text
    assert 'The column "Status" has no option for In Progress, Blocked, Failed' in text


# --- strangers -------------------------------------------------------------------------------------------------------


def test_strangers_rows_are_as_they_were(office: Office) -> None:
    for name in ("Crate digging", "about cratekeeper: a review", TITLE[len("cratekeeper: ") :]):
        office.add(name, Input="cratekeeper: sync likes", Status="Not Started", **{"Dedupe Key": KEY[1:]})
    before = {page["id"]: page for page in office.twin.dump()["pages"]}
    office.faults.add("notion", faults.lost(), method="POST", route="/v1/pages")
    assert office.board.find(KEY, TITLE) is None
    with pytest.raises(Exception, match="looked up"):
        office.board.create(QUESTION)
    made = office.board.find(KEY, TITLE)
    assert made is not None
    assert [row.id for row in office.board.changed(LONG_AGO)] == [made.id]
    for row in office.board.changed(LONG_AGO):
        office.board.update(row.id, {"Status": "Complete", "Result": "Seen."})
    after = {page["id"]: page for page in office.twin.dump()["pages"]}
    assert {page_id: after[page_id] for page_id in before} == before
    assert set(after) - set(before) == {made.id}


def test_what_notion_hands_out_too_much_is_left_alone(office: Office) -> None:
    """Whatever its filter takes for a beginning, or for a row that is alive."""
    office.add("cratekeeper sync likes")
    office.add(TITLE, **{"Dedupe Key": KEY})
    answer = office.edge.query(office.source_id, {})
    assert len(answer["results"]) == 2
    for page in answer["results"]:
        page["in_trash"] = KEY in str(page)
    everything = faults.answer(200, json.dumps(answer).encode())
    office.faults.add("notion", everything, route="/v1/data_sources/*/query", times=None)
    assert office.changed() == []
    assert office.board.find(KEY, TITLE) is None
