"""Long queries, every kind of condition, sorts, and search: what the twin's data sources answer."""

from __future__ import annotations

import datetime
import json
import logging
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from notion_client import Client
from notion_client.errors import APIResponseError

from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, TwinTransport, seed_tracks_database
from integrations.sandbox.server import Request
from tests.integrations.sandbox.notion_shapes import assert_shape

NOON = 1_795_176_000.0  # 2026-11-20, a Friday
CUT_OFF = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
COLUMNS: dict[str, str | tuple[str, Any]] = {
    "Name": "title",
    "Note": "rich_text",
    "BPM": "number",
    "Link": "url",
    "Done": "checkbox",
    "Genre": "select",
    "Status": ("status", {"options": [{"name": "Queued"}, {"name": "Done"}]}),
    "Tags": "multi_select",
    "When": "date",
    "Likes": ("relation", {}),
    "Papers": "files",
    "Sum": "formula",
    "Total": "rollup",
    "No": "unique_id",
    "Born": "created_time",
    "Author": "created_by",
    "Edited": "last_edited_time",
}


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Desk:
    """A twin, a client of it without a socket, and a data source."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.clock = Clock()
        self.twin = NotionTwin(clock=self.clock)
        self.database_id = self.twin.create_database("Everything", columns)
        (self.source_id,) = self.twin.data_source_ids(self.database_id)
        self.http = httpx.Client(transport=TwinTransport(self.twin))
        self.client: Any = Client(
            client=self.http, auth=SANDBOX_TOKEN, retry=False, logger=logging.getLogger("tests"), log_level=50
        )

    def fill(self, *rows: dict[str, Any]) -> list[str]:
        return self.twin.add_rows_as_person(self.source_id, rows)

    def query(self, source_id: str | None = None, **body: Any) -> Any:
        answer = self.client.data_sources.query(source_id or self.source_id, **body)
        assert_shape(answer)
        return answer

    def names(self, **body: Any) -> list[str]:
        return [title(row) for row in self.query(**body)["results"]]

    def pages(self, **body: Any) -> Iterator[Any]:
        """Every page of a query by its cursors."""
        cursor = None
        while True:
            answer = self.client.data_sources.query(self.source_id, start_cursor=cursor, **body)
            yield answer
            cursor = answer["next_cursor"]
            if not answer["has_more"]:
                return


def title(row: Any) -> str:
    return "".join(piece["plain_text"] for piece in row["properties"]["Name"]["title"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(COLUMNS)
    yield desk
    desk.http.close()


@pytest.fixture
def small() -> Iterator[Desk]:
    desk = Desk({"Name": "title", "BPM": "number"})
    yield desk
    desk.http.close()


# --- ten thousand and more -------------------------------------------------------------------------------------------


def test_a_query_stops_at_ten_thousand_and_says_so_on_every_page(small: Desk) -> None:
    small.twin.add_rows_as_person(small.source_id, ({"Name": f"{number}"} for number in range(10_001)))
    pages = list(small.pages(page_size=100))
    assert len(pages) == 100
    assert sum(len(page["results"]) for page in pages) == 10_000
    assert all(page["request_status"] == CUT_OFF for page in pages)
    assert (pages[-1]["has_more"], pages[-1]["next_cursor"]) == (False, None)
    assert title(pages[-1]["results"][-1]) == "9999"
    assert_shape(pages[-1])


def test_exactly_ten_thousand_are_all_of_them(small: Desk) -> None:
    small.twin.add_rows_as_person(small.source_id, ({"BPM": number} for number in range(10_001)))
    wanted = {"property": "BPM", "number": {"greater_than": 0}}
    pages = list(small.pages(filter=wanted, page_size=99))
    assert sum(len(page["results"]) for page in pages) == 10_000
    assert not any("request_status" in page for page in pages)


def test_the_last_page_before_the_stop_is_as_short_as_it_must_be(small: Desk) -> None:
    small.twin.add_rows_as_person(small.source_id, ({} for _ in range(10_050)))
    *_, last = small.pages(page_size=99)
    assert len(last["results"]) == 10_000 % 99


# --- cursors ---------------------------------------------------------------------------------------------------------


def test_a_cursor_keeps_its_place_while_rows_are_trashed_and_added(small: Desk) -> None:
    ids = small.fill(*({"Name": f"{number:02}"} for number in range(10)))
    first = small.query(page_size=4)
    assert first["next_cursor"] == ids[4]
    small.twin.trash_as_person(ids[4])
    small.fill({"Name": "10"})
    rest = small.query(start_cursor=ids[4])
    assert [title(row) for row in rest["results"]] == ["05", "06", "07", "08", "09", "10"]


def test_a_cursor_that_was_deleted_for_good_or_is_of_another_table_is_refused(small: Desk) -> None:
    ids = small.fill({}, {}, {})
    small.twin.delete_for_good_as_person(ids[1])
    elsewhere = small.twin.add_data_source(small.database_id, "Other", {"Name": "title"})
    for cursor in (ids[1], small.twin.add_row_as_person(elsewhere, {})):
        with pytest.raises(APIResponseError, match="start_cursor provided is invalid"):
            small.query(start_cursor=cursor)
    with pytest.raises(APIResponseError, match="valid uuid"):
        small.query(start_cursor="next")


def test_every_page_is_as_things_are_when_it_is_asked_for(small: Desk) -> None:
    ids = small.fill(*({"BPM": 1} for _ in range(6)))
    body: dict[str, Any] = {"filter": {"property": "BPM", "number": {"equals": 1}}, "page_size": 2}
    cursor = small.query(**body)["next_cursor"]
    small.twin.edit_as_person(ids[3], {"BPM": 2})
    small.twin.edit_as_person(ids[0], {"BPM": 2})
    assert [row["id"] for row in small.query(start_cursor=cursor, **body)["results"]] == [ids[2], ids[4]]


# --- what is shown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only", "shown"), [(["title"], ["Name"]), (["BPM", "title"], ["BPM", "Name"]), (["Nope"], []), ("BPM", ["BPM"])]
)
def test_filter_properties_limits_what_is_shown(small: Desk, only: Any, shown: list[str]) -> None:
    (row_id,) = small.fill({"Name": "a", "BPM": 1})
    (row,) = small.query(filter_properties=only)["results"]
    assert sorted(row["properties"]) == shown
    page = small.client.pages.retrieve(row_id, filter_properties=only)
    assert sorted(page["properties"]) == shown


def test_a_list_shows_a_row_just_as_the_row_alone(desk: Desk) -> None:
    (other,) = desk.fill({"Name": "other"})
    desk.fill(
        {
            "Name": 'Ærø 🎧 "x" \x01here\x01',
            "Note": "x" * 4500,
            "BPM": 1,
            "Link": "https://a",
            "Done": True,
            "Genre": "House",
            "Status": "Done",
            "Tags": ["x", "y"],
            "When": {"start": "2026-01-02", "end": "2026-01-03"},
            "Likes": [other],
            "Sum": "s",
            "Total": 3,
        },
        {"BPM": 1.0, "When": "2026-01-02", "Note": "short", "Sum": True},
        {"BPM": 0},
    )
    for row in desk.query()["results"]:
        alone = desk.client.pages.retrieve(row["id"])
        assert_shape(row)
        assert json.dumps({**alone, "request_id": ""}, sort_keys=True) == json.dumps(
            {**row, "request_id": ""}, sort_keys=True
        )


# --- conditions ------------------------------------------------------------------------------------------------------

ROWS: dict[str, dict[str, Any]] = {
    "a": {"Note": "Acid House", "BPM": 120, "Link": "https://a", "Done": True, "Genre": "House", "Status": "Done"},
    "b": {"Note": "dub", "BPM": 0, "Genre": "Dub", "Status": "Queued", "Tags": ["y"], "When": "2026-11-13"},
    "c": {},
}
ROWS["a"] |= {"Tags": ["x", "y"], "When": "2026-11-20T23:30:00+00:00", "Sum": "hello", "Total": 3}
ROWS["b"] |= {"Sum": 5, "Papers": [{"name": "p", "type": "external", "external": {"url": "https://p"}}]}
CONDITIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("Name", "title", {"equals": "b"}, "b"),
    ("Name", "title", {"equals": "B"}, ""),
    ("Name", "title", {"does_not_equal": "b"}, "ac"),
    ("Note", "rich_text", {"contains": "ACID"}, "a"),
    ("Note", "rich_text", {"does_not_contain": "acid"}, "bc"),
    ("Note", "rich_text", {"starts_with": "acid"}, "a"),
    ("Note", "rich_text", {"ends_with": "house"}, "a"),
    ("Note", "rich_text", {"is_empty": True}, "c"),
    ("Note", "rich_text", {"is_not_empty": True}, "ab"),
    ("Note", "rich_text", {"equals": ""}, "c"),
    ("Link", "url", {"equals": "https://a"}, "a"),
    ("Link", "url", {"contains": "//A"}, "a"),
    ("Link", "url", {"does_not_equal": "https://a"}, "bc"),
    ("Link", "url", {"is_empty": True}, "bc"),
    ("BPM", "number", {"equals": 0}, "b"),
    ("BPM", "number", {"does_not_equal": 0}, "ac"),
    ("BPM", "number", {"greater_than": 0}, "a"),
    ("BPM", "number", {"less_than": 1}, "b"),
    ("BPM", "number", {"greater_than_or_equal_to": 0}, "ab"),
    ("BPM", "number", {"less_than_or_equal_to": 0}, "b"),
    ("BPM", "number", {"is_empty": True}, "c"),
    ("BPM", "number", {"is_not_empty": True}, "ab"),
    ("Done", "checkbox", {"equals": False}, "bc"),
    ("Done", "checkbox", {"does_not_equal": False}, "a"),
    ("Genre", "select", {"equals": "House"}, "a"),
    ("Genre", "select", {"does_not_equal": "House"}, "bc"),
    ("Genre", "select", {"is_empty": True}, "c"),
    ("Genre", "select", {"is_not_empty": True}, "ab"),
    ("Status", "status", {"equals": "Queued"}, "b"),
    ("Status", "status", {"does_not_equal": "Queued"}, "ac"),
    ("Status", "status", {"is_empty": True}, "c"),
    ("Tags", "multi_select", {"contains": "y"}, "ab"),
    ("Tags", "multi_select", {"does_not_contain": "x"}, "bc"),
    ("Tags", "multi_select", {"is_empty": True}, "c"),
    ("Tags", "multi_select", {"is_not_empty": True}, "ab"),
    ("When", "date", {"equals": "2026-11-20"}, "a"),
    ("When", "date", {"equals": "2026-11-20T23:30:00Z"}, "a"),
    ("When", "date", {"after": "2026-11-20"}, ""),
    ("When", "date", {"after": "2026-11-20T23:00:00Z"}, "a"),
    ("When", "date", {"before": "2026-11-20"}, "b"),
    ("When", "date", {"on_or_before": "2026-11-20"}, "ab"),
    ("When", "date", {"on_or_before": "2026-11-13"}, "b"),
    ("When", "date", {"on_or_after": "2026-11-14"}, "a"),
    ("When", "date", {"is_empty": True}, "c"),
    ("When", "date", {"is_not_empty": True}, "ab"),
    ("When", "date", {"past_week": {}}, "ab"),
    ("When", "date", {"this_week": {}}, "a"),
    ("When", "date", {"next_week": {}}, "a"),
    ("When", "date", {"past_month": {}}, "ab"),
    ("When", "date", {"next_year": {}}, "a"),
    ("Papers", "files", {"is_empty": True}, "ac"),
    ("Papers", "files", {"is_not_empty": True}, "b"),
    ("Sum", "formula", {"string": {"contains": "ell"}}, "a"),
    ("Sum", "formula", {"number": {"greater_than": 4}}, "b"),
    ("Sum", "formula", {"number": {"is_empty": True}}, "c"),
    ("Total", "rollup", {"number": {"equals": 3}}, "a"),
    ("No", "unique_id", {"equals": 2}, "b"),
    ("No", "unique_id", {"greater_than": 1}, "bc"),
    ("Born", "created_time", {"on_or_after": "2026-11-20T12:01:00Z"}, "bc"),
    ("Born", "created_time", {"equals": "2026-11-20"}, "abc"),
    ("Edited", "last_edited_time", {"before": "2026-11-20T12:02:00Z"}, "ab"),
    ("Edited", "last_edited_time", {"past_week": {}}, "abc"),
]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    for name, values in ROWS.items():
        desk.fill({"Name": name, **values})
        desk.clock.now += 60
    return desk


@pytest.mark.parametrize(("name", "kind", "wanted", "expected"), CONDITIONS)
def test_conditions(filled: Desk, name: str, kind: str, wanted: dict[str, Any], expected: str) -> None:
    assert filled.names(filter={"property": name, kind: wanted}) == list(expected)


def test_relations_and_people_are_told_by_their_ids(filled: Desk) -> None:
    a, b, c = filled.twin.rows(filled.database_id)
    filled.twin.edit_as_person(b, {"Likes": [a, c]})
    likes: Any = lambda condition: {"property": "Likes", "relation": condition}  # noqa: E731
    assert filled.names(filter=likes({"contains": a})) == ["b"]
    assert filled.names(filter=likes({"contains": a.replace("-", "")})) == ["b"]
    assert filled.names(filter=likes({"does_not_contain": a})) == ["a", "c"]
    assert filled.names(filter=likes({"is_empty": True})) == ["a", "c"]
    assert filled.names(filter={"property": "Author", "created_by": {"contains": filled.twin.bot_id}}) == []
    person = {"property": "Author", "created_by": {"contains": filled.twin.person_id}}
    assert filled.names(filter=person) == ["a", "b", "c"]


TIMES = [
    ({"on_or_after": "2026-11-20T12:01:00Z"}, "bc"),
    ({"on_or_after": "2026-11-20T14:01:00+02:00"}, "bc"),
    ({"on_or_after": "2026-11-20T12:01:00.001Z"}, "c"),
    ({"after": "2026-11-20T12:01:00Z"}, "c"),
    ({"before": "2026-11-20T12:01:00Z"}, "a"),
    ({"on_or_before": "2026-11-20T12:01:00Z"}, "ab"),
    ({"equals": "2026-11-20T12:01:00Z"}, "b"),
    ({"equals": "2026-11-20"}, "abc"),
    ({"on_or_after": "2026-11-20"}, "abc"),
    ({"after": "2026-11-20"}, ""),
    ({"on_or_before": "2026-11-19"}, ""),
    ({"past_month": {}}, "abc"),
    ({"is_empty": True}, ""),
]


@pytest.mark.parametrize("timestamp", ["created_time", "last_edited_time"])
@pytest.mark.parametrize(("wanted", "expected"), TIMES)
def test_timestamps(filled: Desk, timestamp: str, wanted: Any, expected: str) -> None:
    assert filled.names(filter={"timestamp": timestamp, timestamp: wanted}) == list(expected)


def test_edited_rows_move_to_the_end_of_the_order_of_edits(filled: Desk) -> None:
    first = next(iter(filled.twin.rows(filled.database_id)))
    filled.twin.edit_as_person(first, {"BPM": 1})
    by_edit = [{"timestamp": "last_edited_time", "direction": "ascending"}]
    assert filled.names(sorts=by_edit) == ["b", "c", "a"]
    all_day = {"timestamp": "last_edited_time", "last_edited_time": {"equals": "2026-11-20"}}
    assert filled.names(filter=all_day) == ["a", "b", "c"]
    since = {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": "2026-11-20T12:03:00Z"}}
    assert filled.names(filter=since) == ["a"]
    made_early = {"timestamp": "created_time", "created_time": {"before": "2026-11-20T12:01:00Z"}}
    assert filled.names(filter={"and": [since, made_early]}) == ["a"]
    assert filled.names(filter={"or": [made_early, {"property": "Name", "title": {"equals": "c"}}]}) == ["a", "c"]


def test_texts_are_found_that_were_written_after_the_first_look_up(filled: Desk) -> None:
    acid = {"property": "Note", "rich_text": {"contains": "acid"}}
    dub = {"property": "Note", "rich_text": {"equals": "dub"}}
    assert filled.names(filter={"or": [acid, dub]}) == ["a", "b"]
    a, b, c = filled.twin.rows(filled.database_id)
    filled.twin.edit_as_person(a, {"Note": "dub"})
    filled.twin.edit_as_person(c, {"Note": "more acid"})
    filled.fill({"Name": "d", "Note": "dub"})
    assert filled.names(filter=dub) == ["a", "b", "d"]
    assert filled.names(filter=acid) == ["c"]
    filled.twin.delete_for_good_as_person(b)
    assert filled.names(filter=dub) == ["a", "d"]
    assert filled.names(filter=acid) == ["c"]
    filled.twin.change_columns_as_person(filled.source_id, {"Note": {"url": {}}})
    assert filled.names(filter={"property": "Note", "url": {"is_not_empty": True}}) == []


REFUSED: list[tuple[Any, str]] = [
    ({"property": "Genre", "select": {"equals": "Polka"}}, 'select option "Polka" not found for property "Genre"'),
    ({"property": "Status", "status": {"equals": "Lost"}}, 'status option "Lost" not found'),
    ({"property": "Tags", "multi_select": {"contains": "z"}}, 'select option "z" not found'),
    ({"property": "Likes", "relation": {"contains": "mine"}}, "valid uuid"),
    ({"property": "Note", "rich_text": {"is_empty": False}}, "`true`"),
    ({"property": "When", "date": {"past_week": True}}, "`{}`"),
    ({"property": "When", "date": {"equals": "soon"}}, "ISO 8601"),
    ({"property": "Papers", "files": {"contains": "p"}}, "is_empty"),
    ({"property": "Sum", "formula": {"relation": {}}}, "`string`"),
    ({"property": "Done", "checkbox": {"equals": True}, "number": {"equals": 1}}, "checkbox should be defined"),
    ({"timestamp": "born", "born": {}}, "created_time"),
    ({"or": [{"property": "BPM", "number": {"equals": 1}}] * 101}, "≤ `100`, instead was `101`"),
    ({"and": [], "or": []}, "alone in its object"),
]


@pytest.mark.parametrize(("wanted", "wording"), REFUSED)
def test_refuses_filters_that_the_real_one_refuses(filled: Desk, wanted: Any, wording: str) -> None:
    with pytest.raises(APIResponseError) as refused:
        filled.query(filter=wanted)
    assert refused.value.code == "validation_error"
    assert wording in str(refused.value)


SORTS = [
    ("Note", "ascending", "abc"),
    ("Note", "descending", "cba"),
    ("BPM", "ascending", "bac"),
    ("Genre", "ascending", "abc"),
    ("Status", "ascending", "bac"),
    ("When", "ascending", "bac"),
    ("Tags", "descending", "cba"),
    ("No", "descending", "cba"),
    ("Edited", "descending", "cba"),
    ("Done", "descending", "abc"),
]


@pytest.mark.parametrize(("name", "direction", "expected"), SORTS)
def test_sorts_by_every_type(filled: Desk, name: str, direction: str, expected: str) -> None:
    assert filled.names(sorts=[{"property": name, "direction": direction}]) == list(expected)


# --- search ----------------------------------------------------------------------------------------------------------


def test_search_by_title_kind_and_order_page_by_page(filled: Desk) -> None:
    other = filled.twin.add_data_source(filled.database_id, "Everything else", {"Name": "title"})
    sources = filled.client.search(query="every", filter={"property": "object", "value": "data_source"})
    assert [found["id"] for found in sources["results"]] == [other, filled.source_id]
    oldest_first = {"timestamp": "last_edited_time", "direction": "ascending"}
    seen, cursor = [], None
    while True:
        wanted = {"property": "object", "value": "page"}
        found = filled.client.search(filter=wanted, sort=oldest_first, page_size=1, start_cursor=cursor)
        assert_shape(found)
        seen += [title(page) for page in found["results"] if "Name" in page["properties"]]
        cursor = found["next_cursor"]
        if not found["has_more"]:
            break
    assert seen == ["a", "b", "c"]
    (a, *_) = filled.twin.rows(filled.database_id)
    filled.twin.trash_as_person(a)
    assert filled.client.search(query="a", filter={"property": "object", "value": "page"})["results"][0]["id"] != a
    with pytest.raises(APIResponseError, match="start_cursor"):
        filled.client.search(start_cursor=other.replace("-", "")[::-1])
    with pytest.raises(APIResponseError, match=r"filter\.property"):
        filled.client.search(filter={"value": "page"})


# --- twenty-five thousand --------------------------------------------------------------------------------------------


def test_twenty_five_thousand_rows_are_workable() -> None:
    """The ceilings are generous: machines differ. What they catch is work that grows with the square."""
    clock = Clock()
    twin = NotionTwin(clock=clock)
    (source_id,) = twin.data_source_ids(seed_tracks_database(twin))

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(25_000):
            clock.now += 60 * (number % 5 == 0)
            yield {"Title": f"Track {number}", "Spotify ID": f"{number:022}", "BPM": number % 180, "Genre": "House"}

    def ask(**body: Any) -> Any:
        path = f"/v1/data_sources/{source_id}/query"
        headers = {"authorization": f"Bearer {SANDBOX_TOKEN}", "notion-version": "2025-09-03"}
        query = {"filter_properties": "Title"}  # reading the answers would take longer than making them
        return json.loads(twin.answer(Request("POST", "", path, query, headers, json.dumps(body).encode())).body)

    began_s = time.process_time()
    row_ids = twin.add_rows_as_person(source_id, rows())
    assert time.process_time() - began_s < 10
    seen: set[str] = set()
    began_s, since = time.process_time(), "2026-11-20"
    while len(seen) < 25_000:
        window = {"timestamp": "created_time", "created_time": {"on_or_after": since}}
        body: dict[str, Any] = {"filter": window, "sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
        answer = ask(**body)
        while True:
            seen |= {row["id"] for row in answer["results"]}
            since = answer["results"][-1]["created_time"]
            if not answer["has_more"]:
                break
            answer = ask(**body, start_cursor=answer["next_cursor"])
    assert seen == set(row_ids)
    assert time.process_time() - began_s < 30
    began_s = time.process_time()
    for number in range(50):
        clock.now += 60
        twin.edit_as_person(row_ids[number], {"BPM": 1})
        soon = datetime.datetime.fromtimestamp(clock.now + 60, datetime.UTC).isoformat()
        assert not ask(filter={"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": soon}})["results"]
        keys = [{"property": "Spotify ID", "rich_text": {"equals": f"{n:022}"}} for n in range(number, number + 20)]
        assert len(ask(filter={"or": keys})["results"]) == 20
    assert time.process_time() - began_s < 5


def test_twenty_five_thousand_rows_are_not_large() -> None:
    twin = NotionTwin()
    (source_id,) = twin.data_source_ids(seed_tracks_database(twin))
    texts = ("Title", "Album", "Spotify ID", "ISRC", "Key", "Camelot", "M4A File Path", "Match Evidence", "Sync Error")
    tracemalloc.start()
    twin.add_rows_as_person(source_id, ({name: f"{name} {number}" for name in texts} for number in range(5_000)))
    used, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used * 5 < 150e6
