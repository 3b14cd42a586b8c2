"""What every TaskBoard promises, held against Notion's twin: over real sockets, and without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from daemon import founding
from daemon.errors import AuthExpired, NotFound, RateLimited, Refused, RowGone, Transient, Unreachable
from daemon.models import BoardRow
from daemon.ports import TaskBoard
from integrations.notion import AGENT_TASKS, ISSUES, NotionEdge, NotionTasks, Table
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import (
    SANDBOX_TOKEN,
    NotionTwin,
    TwinTransport,
    seed_agent_tasks_database,
    seed_issues_database,
    seed_tracks_database,
)
from integrations.sandbox.server import RequestLog, Server

BEGIN = 1_800_000_000.0
MINUTE_S = 60.0
KEY = "cratekeeper/login/spotify"
TITLE = "cratekeeper: Log in to Spotify again"
QUESTION: dict[str, Any] = {
    "Name": TITLE,
    "Status": "Not Started",
    "Priority": "Critical",
    "Description": "The log-in ended.\nRun `cratekeeper login spotify`. 🎧",
    "Source Agent": "cratekeeper",
    "Result": None,
    "Job": None,
    "Input": None,
    "Track": [],
    "Dedupe Key": KEY,
}
NOT_ALLOWED = b'{"code": "restricted_resource", "message": "Not allowed."}'
UNKNOWN_TOKEN = b'{"code": "unauthorized", "message": "API token is invalid."}'


def told(moment: float) -> str:
    """As Notion tells a time."""
    return datetime.fromtimestamp(moment // 60 * 60, UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")


class Weighed(httpx.BaseTransport):
    """A way to the twin, with a look at how large each request is."""

    def __init__(self, way: httpx.BaseTransport, sent_bytes: list[int]) -> None:
        self._way = way
        self._sent_bytes = sent_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._sent_bytes.append(len(request.read()))
        return self._way.handle_request(request)

    def close(self) -> None:
        self._way.close()


class Bench:
    """Agent-Tasks and Issues+Questions, a board for each, and what may go wrong on the way."""

    def __init__(self, way: str, open_things: ExitStack) -> None:
        self.now = BEGIN
        self.faults, self.log = Faults(), RequestLog()
        self.twin = NotionTwin(clock=lambda: self.now)
        self._url, self._open = "", open_things
        if way == "sockets":
            server = Server(self.twin, faults=self.faults, log=self.log)
            self._url = open_things.enter_context(server).url
        self.slept_s: list[float] = []
        self.sent_bytes: list[int] = []
        self.tracks_id = seed_tracks_database(self.twin)
        self.tasks_id = seed_agent_tasks_database(self.twin, self.tracks_id)
        self.issues_id = seed_issues_database(self.twin)
        (self.source_id,) = self.twin.data_source_ids(self.tasks_id)
        self.board: TaskBoard = self.notion(self.tasks_id)
        self.issues: TaskBoard = self.notion(self.issues_id, founding.ISSUES)

    def notion(self, database_id: str, kind: str = founding.AGENT_TASKS, token: str = SANDBOX_TOKEN) -> NotionTasks:
        way: httpx.BaseTransport = httpx.HTTPTransport()
        if not self._url:
            way = TwinTransport(self.twin, faults=self.faults, log=self.log)
        edge = NotionEdge(
            token,
            base_url=self._url or None,
            timeout_s=20.0,
            sleep=self.slept_s.append,
            requests_per_s=1e6,
            burst=10_000,
            transport=Weighed(way, self.sent_bytes),
        )
        self._open.callback(edge.close)
        columns = ISSUES if kind == founding.ISSUES else AGENT_TASKS
        return NotionTasks(Table(edge, database_id, columns), kind)

    def add(self, name: str, **values: Any) -> str:
        """A row of somebody's, a minute after the last one."""
        self.now += MINUTE_S
        return self.twin.add_row_as_person(self.source_id, {"Name": name, **values})

    def order(self, fault: Fault, method: str = "*", route: str = "*", times: int | None = 1, skip: int = 0) -> None:
        self.faults.add("notion", fault, method=method, route=route, times=times, skip=skip)

    def changed(self, since: float = BEGIN) -> list[str]:
        """The titles, in order."""
        return [row.values["Name"] for row in self.board.changed(told(since))]

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.twin.rows(self.tasks_id)

    def asked(self) -> list[str]:
        """What was asked since the last time that this was."""
        lines = [f"{line.method} {line.path.split('/')[2]}" for line in self.log.of()]
        self.log.clear()
        return lines


@pytest.fixture(params=["sockets", "transport"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with ExitStack() as open_things:
        yield Bench(request.param, open_things)


def id_of(row: BoardRow | None) -> str | None:
    return None if row is None else row.id


# --- writing ---------------------------------------------------------------------------------------------------------


def test_what_is_created_stands_there_and_is_found(bench: Bench) -> None:
    made = bench.board.create(QUESTION)
    assert (made.values, made.ref, made.in_trash) == (QUESTION, None, False)
    assert bench.rows()[made.id]["Name"] == TITLE
    assert bench.board.find(KEY, "another title") == made
    assert bench.board.row(made.id) == made


def test_a_defect_is_a_row_of_fewer_columns(bench: Bench) -> None:
    defect = {ours: QUESTION[ours] for ours in ("Name", "Status", "Priority", "Description", "Dedupe Key")}
    made = bench.issues.create({**defect, "Result": "no such column", "Job": "sync"})
    assert made.values == defect
    assert bench.issues.find(KEY, TITLE) == made
    assert bench.board.find(KEY, TITLE) is None


def test_an_update_changes_the_given_columns_only(bench: Bench) -> None:
    track = bench.twin.add_row_as_person(bench.twin.data_source_ids(bench.tracks_id)[0], {"Title": "Strobe"})
    before = bench.board.create(QUESTION)
    after = bench.board.update(before.id, {"Status": "Complete", "Result": "Logged in.", "Track": [track]})
    assert after.values == {**QUESTION, "Status": "Complete", "Result": "Logged in.", "Track": [track]}
    bench.asked()
    assert bench.board.update(before.id, {"No such column": 1}) == after
    assert bench.asked() == ["GET pages"]


def test_as_read_is_what_is_read(bench: Bench) -> None:
    values = {**QUESTION, "Priority": "urgent", "Result": "🎧" * 150_000, "Job": "a, b", "No such column": 1}
    read = bench.board.as_read(values)
    bench.asked()
    assert bench.board.as_read(values) == read
    assert bench.asked() == []
    made = bench.board.create(values)
    assert read == made.values
    assert (read["Job"], len(read["Result"])) == ("a", 100_000)


def test_a_task_too_large_for_a_request_is_written_in_several(bench: Bench) -> None:
    texts = dict.fromkeys(("Description", "Result", "Input"), "あ" * 100_000)
    bench.board.as_read({})
    bench.asked()
    made = bench.board.create({**QUESTION, **texts})
    assert bench.asked() == ["POST pages", "PATCH pages", "PATCH pages"]
    assert made.values == {**QUESTION, **texts}
    assert bench.board.update(made.id, texts).values == made.values
    assert max(bench.sent_bytes) < 500_000


def test_a_large_task_of_which_only_a_part_arrives_is_found_again(bench: Bench) -> None:
    values = {**QUESTION, **dict.fromkeys(("Description", "Result", "Input"), "あ" * 100_000)}
    bench.order(faults.rate_limited(3600), method="PATCH")
    with pytest.raises(Unreachable, match="not all of it"):
        bench.board.create(values)
    half = bench.board.find(KEY, TITLE)
    assert half is not None
    assert bench.board.update(half.id, values).values == values


def nowhere(_bench: Bench) -> str:
    return "00000000-0000-4000-8000-000000000000"


def no_id(_bench: Bench) -> str:
    return "no-page"


@pytest.mark.parametrize("track", [nowhere, no_id])
def test_a_question_about_a_track_that_is_gone_is_asked_all_the_same(
    bench: Bench, track: Callable[[Bench], str]
) -> None:
    made = bench.board.create({**QUESTION, "Track": [track(bench)]})
    assert made.values == QUESTION
    changed = bench.board.update(made.id, {"Status": "Complete", "Track": [track(bench)]})
    assert changed.values == {**QUESTION, "Status": "Complete"}
    assert len(bench.rows()) == 1


# --- finding ---------------------------------------------------------------------------------------------------------


def test_nothing_is_found_where_there_is_nothing(bench: Bench) -> None:
    bench.add("somebody's", **{"Dedupe Key": "another/key"})
    assert bench.board.find(KEY, "somebody's") is None
    assert bench.board.find("", "") is None


def test_the_oldest_living_row_of_that_very_key_is_found(bench: Bench) -> None:
    bench.add("of another case", **{"Dedupe Key": KEY.upper()})
    thrown = bench.add("thrown away", **{"Dedupe Key": KEY})
    oldest, _newer = (bench.add(TITLE, **{"Dedupe Key": KEY}) for _ in range(2))
    bench.twin.trash_as_person(thrown)
    assert id_of(bench.board.find(KEY, TITLE)) == oldest


def test_a_key_of_any_length_is_found(bench: Bench) -> None:
    key = f"{KEY}/" + "🎧\ud800" * 2000
    made = bench.board.create({**QUESTION, "Dedupe Key": key})
    bench.board.create({**QUESTION, "Dedupe Key": f"{key}2"})
    assert bench.board.find(key, TITLE) == made
    assert bench.board.find(f"{key}3", TITLE) is None


# --- what has changed ------------------------------------------------------------------------------------------------


def test_only_what_is_addressed_to_us_is_told(bench: Bench) -> None:
    for name in ("Crate digging", "about cratekeeper: a review", "", "sync likes", "cratekeeper"):
        bench.add(name, Status="Not Started", Input="cratekeeper: sync likes", **{"Source Agent": "cratekeeper"})
    ours = ["cratekeeper: sync likes", "Cratekeeper:redo Strobe", "CRATEKEEPER: report"]
    for name in ours:
        bench.add(name)
    bench.add("theirs", Job="sync")
    bench.add("somebody else's", Job="water the plants")
    assert [name for name in bench.changed() if name != "somebody else's"] == [*ours, "theirs"], "that one may come too"


def test_it_is_told_in_the_order_of_the_edits_and_from_that_minute_on(bench: Bench) -> None:
    first, _second, third = (bench.add(f"cratekeeper: {number}") for number in range(3))
    bench.now += MINUTE_S
    bench.twin.edit_as_person(first, {"Input": "more"})
    assert bench.changed() == ["cratekeeper: 1", "cratekeeper: 2", "cratekeeper: 0"]
    assert bench.changed(bench.now) == ["cratekeeper: 0"]
    bench.twin.trash_as_person(third)
    assert bench.changed() == ["cratekeeper: 1", "cratekeeper: 0"]
    assert bench.changed(bench.now + MINUTE_S) == []


def test_that_nothing_has_changed_costs_one_request(bench: Bench) -> None:
    last = bench.add("cratekeeper: sync likes")
    bench.twin.add_rows_as_person(bench.source_id, [{"Name": f"somebody's {number}"} for number in range(120)])
    bench.changed()
    bench.asked()
    assert bench.changed(bench.now) == ["cratekeeper: sync likes"]
    assert bench.changed(bench.now + MINUTE_S) == []
    assert bench.asked() == ["POST data_sources"] * 2
    bench.board.update(last, {"Status": "In Progress"})
    assert bench.asked() == ["PATCH pages"]


def test_however_many_have_changed_in_one_minute_all_are_told(bench: Bench) -> None:
    names = [f"cratekeeper: {number}" for number in range(230)]
    bench.twin.add_rows_as_person(bench.source_id, [{"Name": name} for name in names])
    bench.twin.add_rows_as_person(bench.source_id, [{"Name": f"somebody's {number}"} for number in range(50)])
    assert sorted(set(bench.changed())) == sorted(names)


def test_what_is_edited_while_it_is_read_hides_nothing(bench: Bench) -> None:
    ids = [bench.add(f"cratekeeper: {number}") for number in range(230)]
    seen: list[str] = []
    for number, row in enumerate(bench.board.changed(told(BEGIN))):
        seen.append(row.id)
        if number % 20 == 0 and number < 200:
            bench.now += MINUTE_S
            bench.board.update(row.id, {"Status": "In Progress"})
    assert set(seen) == set(ids)


# --- rows that are gone ----------------------------------------------------------------------------------------------

GONE: dict[str, Callable[[Bench, str], None]] = {
    "in the trash": lambda bench, row_id: bench.twin.trash_as_person(row_id),
    "deleted for good": lambda bench, row_id: bench.twin.delete_for_good_as_person(row_id),
    "hidden from us alone": lambda bench, row_id: bench.twin.unshare(row_id),
}


@pytest.mark.parametrize("values", [{"Status": "Complete"}, {}, {"Track": ["no-page"]}], ids=str)
@pytest.mark.parametrize("how", GONE)
def test_a_row_thrown_away_is_gone_and_stays_as_it_is(bench: Bench, how: str, values: dict[str, Any]) -> None:
    row_id = bench.board.create(QUESTION).id
    GONE[how](bench, row_id)
    before = bench.twin.dump()["pages"]
    assert bench.board.find(KEY, TITLE) is None
    with pytest.raises(RowGone):
        bench.board.update(row_id, values)
    assert bench.twin.dump()["pages"] == before


def test_that_a_row_is_gone_costs_three_requests(bench: Bench) -> None:
    row_id = bench.board.create(QUESTION).id
    bench.twin.trash_as_person(row_id)
    bench.asked()
    with pytest.raises(RowGone):
        bench.board.update(row_id, {"Status": "Complete", "Track": [nowhere(bench)]})
    assert bench.asked() == ["PATCH pages", "GET pages", "GET databases"]


def test_a_row_is_told_in_the_trash_or_not(bench: Bench) -> None:
    made = bench.board.create(QUESTION)
    bench.twin.trash_as_person(made.id)
    assert bench.board.row(made.id).in_trash
    bench.twin.restore_as_person(made.id)
    assert not bench.board.row(made.id).in_trash
    bench.twin.delete_for_good_as_person(made.id)
    with pytest.raises(RowGone):
        bench.board.row(made.id)


def test_a_row_of_another_database_is_gone(bench: Bench) -> None:
    defect = bench.issues.create({"Name": "A defect"})
    with pytest.raises(RowGone, match="moved"):
        bench.board.row(defect.id)


def test_no_row_is_gone_when_the_whole_database_is_hidden(bench: Bench) -> None:
    row_id = bench.board.create(QUESTION).id
    bench.twin.unshare(bench.tasks_id)
    for act in (lambda: bench.board.update(row_id, {"Status": "Complete"}), lambda: bench.board.row(row_id)):
        with pytest.raises(NotFound) as raised:
            act()
        assert not isinstance(raised.value, RowGone)


# --- faults ----------------------------------------------------------------------------------------------------------

PASSING = {
    "429": faults.rate_limited(2),
    "503": faults.server_error(503),
    "529": faults.server_error(529),
    "HTML 200": faults.html(200),
    "HTML 502": faults.html(502),
    "reset": faults.reset(),
    "lost": faults.lost(),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_harms_no_update_and_no_look_up(bench: Bench, name: str) -> None:
    row_id = bench.board.create(QUESTION).id
    for method in ("PATCH", "POST", "POST", "GET"):
        bench.order(PASSING[name], method=method)
    assert bench.board.update(row_id, {"Status": "Complete"}).values["Status"] == "Complete"
    assert id_of(bench.board.find(KEY, TITLE)) == row_id
    assert bench.changed() == [TITLE]
    assert bench.board.row(row_id).id == row_id
    assert len(bench.slept_s) == 4


@pytest.mark.parametrize("at", range(4))
def test_an_outage_is_told_and_never_a_shorter_list(bench: Bench, at: int) -> None:
    bench.twin.add_rows_as_person(bench.source_id, [{"Name": f"cratekeeper: {number}"} for number in range(230)])
    bench.board.as_read({})
    bench.order(faults.server_error(503), skip=at, times=None)
    with pytest.raises(Transient):
        bench.changed()


LASTING: dict[str, tuple[Fault, type[Exception]]] = {
    "429 with a long wait": (faults.rate_limited(3600), RateLimited),
    "503 for ever": (faults.server_error(503), Unreachable),
    "401": (faults.answer(401, UNKNOWN_TOKEN), AuthExpired),
    "403": (faults.answer(403, NOT_ALLOWED), Refused),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_is_told_by_its_name(bench: Bench, name: str) -> None:
    fault, expected = LASTING[name]
    row_id = bench.board.create(QUESTION).id
    bench.order(fault, times=None)
    for act in (
        lambda: bench.board.update(row_id, {"Status": "Complete"}),
        lambda: bench.board.find(KEY, TITLE),
        lambda: bench.board.create({**QUESTION, "Dedupe Key": "cratekeeper/another"}),
        lambda: bench.board.row(row_id),
        bench.changed,
    ):
        with pytest.raises(expected):
            act()
    assert len(bench.rows()) == 1


@pytest.mark.parametrize("name", [name for name in PASSING if name not in ("429", "529")])
def test_a_create_of_unknown_end_is_never_repeated_and_can_be_looked_up(bench: Bench, name: str) -> None:
    bench.order(PASSING[name], method="POST", route="/v1/pages")
    with pytest.raises(Unreachable, match="looked up"):
        bench.board.create(QUESTION)
    assert id_of(bench.board.find(KEY, TITLE)) in {None, *bench.rows()}
    assert len(bench.rows()) == (1 if name == "lost" else 0)


# --- check -----------------------------------------------------------------------------------------------------------


def test_checks_what_is_whole(bench: Bench) -> None:
    for board, name in ((bench.board, "Agent-Tasks"), (bench.issues, "Issues+Questions")):
        check = board.check()
        assert (check.name, check.level, check.todo) == (name, "ok", "")
        assert f'"{name}"' in check.text


@pytest.mark.parametrize(
    ("fault", "token", "database_id", "hint"),
    [
        (None, "ntn_wrong", None, "NOTION_TOKEN"),
        (None, SANDBOX_TOKEN, "0" * 32, "ISSUES_DB_ID"),
        (faults.reset(), SANDBOX_TOKEN, None, "Try again"),
        (faults.rate_limited(999), SANDBOX_TOKEN, None, "Try again"),
    ],
)
def test_checks_and_raises_nothing(
    bench: Bench, fault: Fault | None, token: str, database_id: str | None, hint: str
) -> None:
    if fault is not None:
        bench.order(fault, times=None)
    check = bench.notion(database_id or bench.issues_id, founding.ISSUES, token).check()
    assert (check.name, check.level) == ("Issues+Questions", "problem")
    assert hint in check.todo
