"""The twin, spoken to by the real client: it refuses what the real one refuses, and answers in the real shapes."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from notion_client import Client
from notion_client.errors import APIResponseError, UnknownHTTPResponseError

from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server
from tests.integrations.sandbox.notion_shapes import assert_shape

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NOON = 1_795_176_000.0
COLUMNS: dict[str, str | tuple[str, Any]] = {
    "Name": "title",
    "Note": "rich_text",
    "BPM": "number",
    "Link": "url",
    "Done": "checkbox",
    "Genre": "select",
    "Mood": "select",
    "Status": ("status", {"options": [{"name": "Queued"}, {"name": "Done"}]}),
    "Tags": "multi_select",
    "When": "date",
    "Likes": ("relation", {}),
    "Sum": "formula",
    "Total": "rollup",
    "No": "unique_id",
    "Born": "created_time",
    "Author": "created_by",
    "Edited": "last_edited_time",
    "Editor": "last_edited_by",
}


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Desk:
    """A twin, a client of it, and a database with one column of each type."""

    def __init__(self, twin: NotionTwin, url: str, clock: Clock) -> None:
        self.twin = twin
        self.url = url
        self.clock = clock
        self.database_id = twin.create_database("Everything", COLUMNS)
        (self.source_id,) = twin.data_source_ids(self.database_id)
        self.http = httpx.Client(trust_env=False)
        self.client: Any = self.as_bearer_of(SANDBOX_TOKEN)

    def as_bearer_of(self, token: str | None) -> Any:
        log = logging.getLogger("tests.notion")
        return Client(
            client=self.http, auth=token, base_url=self.url, retry=False, logger=log, log_level=logging.CRITICAL
        )

    def create(self, **properties: Any) -> Any:
        parent = {"type": "data_source_id", "data_source_id": self.source_id}
        return self.client.pages.create(parent=parent, properties=properties)

    def query(self, **body: Any) -> list[str]:
        """The titles of what a query finds."""
        answer = self.client.data_sources.query(self.source_id, **body)
        assert_shape(answer)
        return [
            "".join(piece["plain_text"] for piece in row["properties"]["Name"]["title"]) for row in answer["results"]
        ]


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = Clock()
    twin = NotionTwin(clock=clock)
    with Server(twin, faults=Faults(), log=RequestLog()) as server:
        desk = Desk(twin, server.url, clock)
        yield desk
        desk.http.close()


def text(content: str) -> list[Any]:
    return [{"text": {"content": content}}]


# --- refusals --------------------------------------------------------------------------------------------------------

BAD_VALUES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown column": ({"Nope": {"number": 1}}, "Nope is not a property that exists"),
    "another type": ({"BPM": {"rich_text": text("128")}}, "BPM is expected to be number"),
    "no type at all": ({"BPM": 128}, "BPM is expected to be number"),
    "text for a number": ({"BPM": {"number": "128"}}, "a number"),
    "truth for a number": ({"BPM": {"number": True}}, "a number"),
    "text for a checkbox": ({"Done": {"checkbox": "yes"}}, "a boolean"),
    "null for a checkbox": ({"Done": {"checkbox": None}}, "a boolean"),
    "null for text": ({"Note": {"rich_text": None}}, "an array"),
    "bare text": ({"Note": {"rich_text": "note"}}, "an array"),
    "text without content": ({"Note": {"rich_text": [{"text": {}}]}}, "content should be a string"),
    "2,001 characters": ({"Note": {"rich_text": text("x" * 2001)}}, "≤ `2000`, instead was `2001`"),
    "2,002 UTF-16 units": ({"Note": {"rich_text": text("🎧" * 1001)}}, "≤ `2000`, instead was `2002`"),
    "101 pieces": ({"Note": {"rich_text": text("x") * 101}}, "≤ `100`, instead was `101`"),
    "empty address": ({"Link": {"url": ""}}, "populated or `null`"),
    "endless address": ({"Link": {"url": "https://a/" + "x" * 2000}}, "≤ `2000`"),
    "unknown status": ({"Status": {"status": {"name": "Lost"}}}, 'Status option "Lost" does not exist'),
    "comma in an option": ({"Genre": {"select": {"name": "House, Techno"}}}, "commas not allowed"),
    "endless option": ({"Genre": {"select": {"name": "x" * 101}}}, "≤ `100`"),
    "empty option": ({"Genre": {"select": {"name": ""}}}, "populated"),
    "101 options": ({"Tags": {"multi_select": [{"name": f"{n}"} for n in range(101)]}}, "≤ `100`"),
    "no date": ({"When": {"date": {"start": "yesterday"}}}, "ISO 8601"),
    "half a date": ({"When": {"date": {"start": "2024-05"}}}, "ISO 8601"),
    "relation to no id": ({"Likes": {"relation": [{"id": "my-page"}]}}, "a valid uuid"),
    "relation to nothing": ({"Likes": {"relation": [{}]}}, "a valid uuid"),
    **{
        f"read-only {name}": ({name: {COLUMNS[name]: "x"}}, "body failed validation. Fix one")
        for name in ("Sum", "Total", "No", "Born", "Author", "Edited", "Editor")
    },
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_refuses_bad_values_and_keeps_nothing_of_them(desk: Desk, name: str) -> None:
    properties, wording = BAD_VALUES[name]
    with pytest.raises(APIResponseError) as refused:
        desk.create(Mood={"select": {"name": "Seen first"}}, **properties)
    assert (refused.value.status, refused.value.code) == (400, "validation_error")
    assert wording in str(refused.value)
    assert_shape(json.loads(refused.value.body))
    assert desk.twin.rows(desk.database_id) == {}
    schema = desk.client.data_sources.retrieve(desk.source_id)
    assert schema["properties"]["Mood"]["select"]["options"] == []


BAD_CALLS: dict[str, tuple[Callable[[Desk], Any], int, str]] = {
    "page_size 101": (lambda d: d.query(page_size=101), 400, "validation_error"),
    "page_size 0": (lambda d: d.query(page_size=0), 400, "validation_error"),
    "cursor of nothing": (lambda d: d.query(start_cursor=UNKNOWN_ID), 400, "validation_error"),
    "unknown page": (lambda d: d.client.pages.retrieve(UNKNOWN_ID), 404, "object_not_found"),
    "unknown database": (lambda d: d.client.databases.retrieve(UNKNOWN_ID), 404, "object_not_found"),
    "unknown data source": (lambda d: d.client.data_sources.query(UNKNOWN_ID), 404, "object_not_found"),
    "database for a data source": (lambda d: d.client.data_sources.query(d.database_id), 404, "object_not_found"),
    "malformed id": (lambda d: d.client.pages.retrieve("my-page"), 400, "validation_error"),
    "no such route": (lambda d: d.client.request("nowhere", "GET"), 400, "invalid_request_url"),
    "row without a parent": (lambda d: d.client.pages.create(properties={}), 400, "validation_error"),
    "relation to an unknown page": (
        lambda d: d.create(Likes={"relation": [{"id": UNKNOWN_ID}]}),
        404,
        "object_not_found",
    ),
    "filter on an unknown column": (
        lambda d: d.query(filter={"property": "Nope", "number": {"equals": 1}}),
        400,
        "validation_error",
    ),
    "filter of another type": (
        lambda d: d.query(filter={"property": "BPM", "rich_text": {"equals": "1"}}),
        400,
        "validation_error",
    ),
    "unknown condition": (
        lambda d: d.query(filter={"property": "BPM", "number": {"contains": 1}}),
        400,
        "validation_error",
    ),
    "operand of another type": (
        lambda d: d.query(filter={"property": "BPM", "number": {"equals": "1"}}),
        400,
        "validation_error",
    ),
    "three nesting levels": (
        lambda d: d.query(filter={"and": [{"or": [{"and": [{"property": "BPM", "number": {"equals": 1}}]}]}]}),
        400,
        "validation_error",
    ),
    "sort by an unknown column": (
        lambda d: d.query(sorts=[{"property": "Nope", "direction": "ascending"}]),
        400,
        "validation_error",
    ),
    "status column by API": (
        lambda d: d.client.data_sources.update(d.source_id, properties={"State": {"status": {}}}),
        400,
        "validation_error",
    ),
    "second title": (
        lambda d: d.client.data_sources.update(d.source_id, properties={"T": {"title": {}}}),
        400,
        "validation_error",
    ),
    "rename onto another": (
        lambda d: d.client.data_sources.update(d.source_id, properties={"BPM": {"name": "Note"}}),
        400,
        "validation_error",
    ),
    "database without a title column": (
        lambda d: d.client.databases.create(
            parent={"type": "page_id", "page_id": d.twin.root_page_id},
            initial_data_source={"properties": {"BPM": {"number": {}}}},
        ),
        400,
        "validation_error",
    ),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_refuses_bad_calls(desk: Desk, name: str) -> None:
    call, status, code = BAD_CALLS[name]
    with pytest.raises(APIResponseError) as refused:
        call(desk)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert_shape(json.loads(refused.value.body))


@pytest.mark.parametrize("token", [None, "ntn_wrong"])
def test_refuses_a_missing_or_wrong_token(desk: Desk, token: str | None) -> None:
    with pytest.raises(APIResponseError) as refused:
        desk.as_bearer_of(token).users.me()
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")


def test_refuses_a_request_without_a_version(desk: Desk) -> None:
    del desk.http.headers["Notion-Version"]
    with pytest.raises(UnknownHTTPResponseError) as refused:  # a code that the client does not know
        desk.client.users.me()
    assert refused.value.status == 400
    assert json.loads(refused.value.body)["code"] == "missing_version"


def test_refuses_a_body_that_is_no_json(desk: Desk) -> None:
    answer = desk.http.post(f"{desk.url}/v1/search", content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_refuses_edits_in_the_trash_until_restored(desk: Desk) -> None:
    page_id = desk.create(Name={"title": text("Gone")})["id"]
    desk.client.pages.update(page_id, in_trash=True)
    assert desk.query() == []
    with pytest.raises(APIResponseError, match="archived"):
        desk.client.pages.update(page_id, properties={"BPM": {"number": 1}})
    desk.client.pages.update(page_id, in_trash=False)
    assert desk.query() == ["Gone"]


def test_answers_429_above_its_rate_and_says_when() -> None:
    clock = Clock()
    twin = NotionTwin(clock=clock, requests_per_s=0.5, burst=2)
    with Server(twin, faults=Faults(), log=RequestLog()) as server:
        desk = Desk(twin, server.url, clock)
        desk.client.users.me()
        desk.client.users.me()
        with pytest.raises(APIResponseError) as refused:
            desk.client.users.me()
        assert refused.value.status == 429
        wait_s = int(refused.value.headers["Retry-After"])
        clock.now += wait_s
        assert_shape(desk.client.users.me())
        desk.http.close()
    assert wait_s == 2


# --- what it keeps ---------------------------------------------------------------------------------------------------


def test_keeps_and_shows_every_type(desk: Desk) -> None:
    other = desk.create(Name={"title": text("Other")})["id"]
    page = desk.create(
        Name={"title": [*text("A"), *text("B")]},
        Note={"rich_text": text("x" * 2000) * 100},
        BPM={"type": "number", "number": 128.5},
        Link={"url": "https://a.example/"},
        Done={"checkbox": True},
        Genre={"select": {"name": "House"}},
        Status={"status": {"name": "Queued"}},
        Tags={"multi_select": [{"name": "x"}, {"name": "y"}, {"name": "x"}]},
        When={"date": {"start": "2026-11-20T12:00:00Z"}},
        Likes={"relation": [{"id": other}]},
    )
    assert_shape(page)
    assert_shape(desk.client.pages.retrieve(page["id"]))
    row = desk.twin.rows(desk.database_id)[page["id"]]
    assert len(row.pop("Note")) == 200_000
    assert row == {
        "Name": "AB",
        "BPM": 128.5,
        "Link": "https://a.example/",
        "Done": True,
        "Genre": "House",
        "Mood": None,
        "Status": "Queued",
        "Tags": ["x", "y"],
        "When": "2026-11-20T12:00:00.000+00:00",
        "Likes": [other],
        "Sum": {"type": "string", "string": None},
        "Total": {"type": "number", "number": None, "function": "count"},
        "No": {"prefix": None, "number": 2},
        "Born": "2026-11-20T12:00:00.000Z",
        "Author": {"object": "user", "id": desk.twin.bot_id},
        "Edited": "2026-11-20T12:00:00.000Z",
        "Editor": {"object": "user", "id": desk.twin.bot_id},
    }
    schema = desk.client.data_sources.retrieve(desk.source_id)
    assert_shape(schema)
    assert [option["name"] for option in schema["properties"]["Genre"]["select"]["options"]] == ["House"]


def test_floors_times_to_the_minute_and_names_the_last_editor(desk: Desk) -> None:
    desk.clock.now = NOON + 59.9
    page_id = desk.create(Name={"title": text("A")})["id"]
    desk.clock.now = NOON + 185
    desk.twin.edit_as_person(page_id, {"Note": "mine"})
    page = desk.client.pages.retrieve(page_id)
    assert page["created_time"] == "2026-11-20T12:00:00.000Z"
    assert page["last_edited_time"] == "2026-11-20T12:03:00.000Z"
    assert (page["created_by"]["id"], page["last_edited_by"]["id"]) == (desk.twin.bot_id, desk.twin.person_id)


def test_pages_through_rows_while_they_stop_matching(desk: Desk) -> None:
    names = [f"{number:03}" for number in range(25)]
    for name in names:
        desk.create(Name={"title": text(name)})
    seen: list[str] = []
    cursor = None
    for size in itertools.repeat(10):
        answer = desk.client.data_sources.query(
            desk.source_id,
            page_size=size,
            start_cursor=cursor,
            filter={"property": "Done", "checkbox": {"equals": False}},
        )
        assert_shape(answer)
        for row in answer["results"]:
            seen.append(row["properties"]["Name"]["title"][0]["plain_text"])
            desk.client.pages.update(row["id"], properties={"Done": {"checkbox": True}})
        cursor = answer["next_cursor"]
        if not answer["has_more"]:
            break
    assert seen == names


FILTERS: list[tuple[Any, list[str]]] = [
    (None, ["a", "b", "c"]),
    ({"property": "Name", "title": {"equals": "b"}}, ["b"]),
    ({"property": "Note", "rich_text": {"contains": "ACID"}}, ["a"]),
    ({"property": "Note", "rich_text": {"is_empty": True}}, ["c"]),
    ({"property": "Note", "rich_text": {"is_not_empty": True}}, ["a", "b"]),
    ({"property": "Link", "url": {"equals": "https://a"}}, ["a"]),
    ({"property": "Link", "url": {"is_empty": True}}, ["b", "c"]),
    ({"property": "BPM", "number": {"equals": 0}}, ["b"]),
    ({"property": "BPM", "number": {"is_empty": True}}, ["c"]),
    ({"property": "BPM", "number": {"greater_than": 0}}, ["a"]),
    ({"property": "BPM", "number": {"does_not_equal": 0}}, ["a", "c"]),
    ({"property": "Done", "checkbox": {"equals": False}}, ["b", "c"]),
    ({"property": "Done", "checkbox": {"does_not_equal": False}}, ["a"]),
    ({"property": "Genre", "select": {"equals": "House"}}, ["a"]),
    ({"property": "Genre", "select": {"does_not_equal": "House"}}, ["b", "c"]),
    ({"property": "Status", "status": {"is_empty": True}}, ["b", "c"]),
    ({"property": "Tags", "multi_select": {"contains": "x"}}, ["a"]),
    ({"property": "When", "date": {"on_or_after": "2026-01-02"}}, ["a"]),
    ({"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": "2026-11-20T12:01:00Z"}}, ["b", "c"]),
    ({"timestamp": "last_edited_time", "last_edited_time": {"after": "2026-11-20T12:01:00Z"}}, ["c"]),
    ({"timestamp": "created_time", "created_time": {"before": "2026-11-20T12:01:00Z"}}, ["a"]),
    (
        {
            "and": [
                {"property": "Done", "checkbox": {"equals": False}},
                {"or": [{"property": "BPM", "number": {"equals": 0}}, {"property": "Name", "title": {"equals": "a"}}]},
            ]
        },
        ["b"],
    ),
]


@pytest.fixture
def three_rows(desk: Desk) -> Desk:
    rows: list[dict[str, Any]] = [
        {
            "Name": "a",
            "Note": "acid house",
            "BPM": 120,
            "Link": "https://a",
            "Done": True,
            "Genre": "House",
            "Status": "Done",
            "Tags": ["x"],
            "When": "2026-01-02",
        },
        {"Name": "b", "Note": "dub", "BPM": 0},
        {"Name": "c"},
    ]
    for row in rows:
        desk.twin.add_row_as_person(desk.source_id, row)
        desk.clock.now += 60
    return desk


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_filters(three_rows: Desk, condition: Any, expected: list[str]) -> None:
    assert three_rows.query(**({} if condition is None else {"filter": condition})) == expected


SORTS: list[tuple[list[Any], list[str]]] = [
    ([{"property": "BPM", "direction": "ascending"}], ["b", "a", "c"]),
    ([{"property": "Name", "direction": "descending"}], ["c", "b", "a"]),
    ([{"timestamp": "created_time", "direction": "descending"}], ["c", "b", "a"]),
    (
        [{"property": "Done", "direction": "ascending"}, {"property": "Name", "direction": "descending"}],
        ["c", "b", "a"],
    ),
]


@pytest.mark.parametrize(("sorts", "expected"), SORTS)
def test_sorts(three_rows: Desk, sorts: list[Any], expected: list[str]) -> None:
    assert three_rows.query(sorts=sorts) == expected


def test_columns_are_added_renamed_retyped_and_removed(three_rows: Desk) -> None:
    changes = {"Era": {"select": {}}, "Note": {"name": "Remark"}, "BPM": {"rich_text": {}}, "Tags": None}
    schema = three_rows.client.data_sources.update(three_rows.source_id, properties=changes)
    assert_shape(schema)
    assert {"Era", "Remark"} <= schema["properties"].keys()
    assert not {"Note", "Tags"} & schema["properties"].keys()
    first = next(iter(three_rows.twin.rows(three_rows.database_id).values()))
    assert (first["Remark"], first["BPM"]) == ("acid house", "")


def test_a_database_made_by_the_client_takes_rows(desk: Desk) -> None:
    made = desk.client.databases.create(
        parent={"type": "page_id", "page_id": desk.twin.root_page_id},
        title=text("Made"),
        initial_data_source={"properties": {"Name": {"title": {}}, "Kind": {"select": {"options": [{"name": "a"}]}}}},
    )
    assert_shape(made)
    assert_shape(desk.client.databases.retrieve(made["id"]))
    (source,) = made["data_sources"]
    parent = {"type": "data_source_id", "data_source_id": source["id"]}
    row = desk.client.pages.create(parent=parent, properties={"Kind": {"select": {"name": "a"}}})
    assert list(desk.twin.rows(made["id"])) == [row["id"]]


def test_search_finds_by_title_and_kind(three_rows: Desk) -> None:
    found = three_rows.client.search(query="every", filter={"property": "object", "value": "data_source"})
    assert_shape(found)
    assert [thing["id"] for thing in found["results"]] == [three_rows.source_id]
    everything = three_rows.client.search(page_size=2)
    assert_shape(everything)
    assert everything["has_more"]


def test_ids_are_taken_without_dashes(desk: Desk) -> None:
    assert desk.client.databases.retrieve(desk.database_id.replace("-", ""))["id"] == desk.database_id


def test_the_state_survives_as_json(three_rows: Desk) -> None:
    state = json.loads(json.dumps(three_rows.twin.dump()))
    again = NotionTwin(clock=three_rows.clock)
    again.load(state)
    assert again.rows(three_rows.database_id) == three_rows.twin.rows(three_rows.database_id)
    assert again.dump() == state


def test_the_seeded_tracks_have_the_shape_of_the_real_thing(desk: Desk) -> None:
    database_id = seed_tracks_database(desk.twin, status="status")
    (source_id,) = desk.twin.data_source_ids(database_id)
    schema = desk.client.data_sources.retrieve(source_id)
    assert_shape(schema)
    assert len(schema["properties"]) == 36


def test_no_column_of_many_swallows_another():
    twin = NotionTwin()
    database = twin.create_database("Wide", {"Name": "title", **{f"c{number}": "number" for number in range(600)}})
    (source,) = twin.data_source_ids(database)
    row = twin.add_row_as_person(source, {f"c{number}": number for number in range(600)})
    assert twin.rows(database)[row]["c599"] == 599
