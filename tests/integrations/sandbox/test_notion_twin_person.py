"""What the person does to rows, columns and shares, and what the API makes of it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from notion_client import Client
from notion_client.errors import APIResponseError

from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, PersonScript, ScriptError, TwinTransport
from tests.integrations.sandbox.notion_shapes import assert_shape

NOON = 1_795_176_000.0


class House:
    """Tracks that refer to Artists, with a client and a clock."""

    def __init__(self) -> None:
        self.now = NOON
        self.twin = NotionTwin(clock=lambda: self.now)
        self.artists_id = self.twin.create_database("Artists", {"Name": "title"})
        (self.artists,) = self.twin.data_source_ids(self.artists_id)
        columns: dict[str, Any] = {
            "Title": "title",
            "BPM": "number",
            "Note": "rich_text",
            "Genre": "select",
            "Status": ("status", {"options": [{"name": "Queued"}]}),
            "Artist": ("relation", {"data_source_id": self.artists}),
        }
        self.tracks_id = self.twin.create_database("Tracks", columns)
        (self.tracks,) = self.twin.data_source_ids(self.tracks_id)
        self.http = httpx.Client(transport=TwinTransport(self.twin))
        self.client: Any = Client(
            client=self.http, auth=SANDBOX_TOKEN, retry=False, logger=logging.getLogger("tests"), log_level=50
        )

    def add(self, **values: Any) -> str:
        return self.twin.add_row_as_person(self.tracks, values)

    def page(self, row_id: str) -> Any:
        page = self.client.pages.retrieve(row_id)
        assert_shape(page)
        return page

    def listed(self, **body: Any) -> list[str]:
        return [row["id"] for row in self.client.data_sources.query(self.tracks, **body)["results"]]

    def columns(self) -> dict[str, Any]:
        schema = self.client.data_sources.retrieve(self.tracks)
        assert_shape(schema)
        return dict(schema["properties"])

    def row(self, row_id: str) -> dict[str, Any]:
        return self.twin.rows(self.tracks_id)[row_id]


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.http.close()


def is_lost(call: Any, *args: Any, **kwargs: Any) -> bool:
    """The API says 404."""
    with pytest.raises(APIResponseError) as refused:
        call(*args, **kwargs)
    return (refused.value.status, refused.value.code) == (404, "object_not_found")


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_trashed_row_can_be_read_but_not_queried_or_changed_and_comes_back(house: House) -> None:
    row_id = house.add(Title="a")
    house.now += 60
    house.twin.trash_as_person(row_id)
    page = house.page(row_id)
    assert (page["in_trash"], page["archived"]) == (True, True)
    assert (page["last_edited_time"], page["last_edited_by"]["id"]) == (
        "2026-11-20T12:01:00.000Z",
        house.twin.person_id,
    )
    assert house.listed() == []
    assert house.listed(in_trash=True) == [row_id]
    with pytest.raises(APIResponseError, match="Can't edit block that is archived") as refused:
        house.client.pages.update(row_id, properties={"BPM": {"number": 1}})
    assert (refused.value.status, refused.value.code) == (400, "validation_error")
    house.now += 60
    house.twin.restore_as_person(row_id)
    assert house.listed() == [row_id]
    assert house.page(row_id)["last_edited_time"] == "2026-11-20T12:02:00.000Z"


def test_a_row_deleted_for_good_is_nowhere(house: House) -> None:
    artist = house.twin.add_row_as_person(house.artists, {"Name": "x"})
    row_id = house.add(Title="a", Artist=[artist])
    house.twin.delete_for_good_as_person(artist)
    assert house.row(row_id)["Artist"] == []
    house.twin.trash_as_person(row_id)
    house.twin.delete_for_good_as_person(row_id)
    assert is_lost(house.client.pages.retrieve, row_id)
    assert is_lost(house.client.pages.update, row_id, in_trash=False)
    assert house.listed() == house.listed(in_trash=True) == []
    assert house.client.search(query="a", filter={"property": "object", "value": "page"})["results"] != []


def test_a_duplicate_is_another_row_with_the_same_values(house: House) -> None:
    artist = house.twin.add_row_as_person(house.artists, {"Name": "x"})
    row_id = house.add(Title="a", BPM=128, Genre="House", Artist=[artist], Status="Queued")
    house.now += 60
    other = house.twin.duplicate_as_person(row_id)
    assert other != row_id
    assert house.row(other) == house.row(row_id)
    assert house.page(other)["created_time"] == "2026-11-20T12:01:00.000Z"
    house.twin.edit_as_person(other, {"BPM": 64})
    assert house.row(row_id)["BPM"] == 128
    assert house.listed() == [row_id, other]


def test_every_edit_tells_who_and_in_which_minute(house: House) -> None:
    row_id = house.add(Title="a")
    house.now += 119.9
    house.client.pages.update(row_id, properties={"BPM": {"number": 1}})
    page = house.page(row_id)
    assert (page["last_edited_time"], page["last_edited_by"]["id"]) == ("2026-11-20T12:01:00.000Z", house.twin.bot_id)
    house.twin.edit_as_person(row_id, {"BPM": 2})
    page = house.page(row_id)
    assert (page["last_edited_time"], page["last_edited_by"]["id"]) == (
        "2026-11-20T12:01:00.000Z",
        house.twin.person_id,
    )


def test_more_than_25_related_rows_are_paged_through(house: House) -> None:
    artists = house.twin.add_rows_as_person(house.artists, ({"Name": f"{number}"} for number in range(130)))
    row_id, lone = house.add(Title="a", Artist=artists, Note="x" * 2500), house.add(Artist=artists[:25])
    shown = house.page(row_id)["properties"]["Artist"]
    assert (shown["relation"], shown["has_more"]) == ([{"id": artist} for artist in artists[:25]], True)
    assert house.page(lone)["properties"]["Artist"]["has_more"] is False
    retrieve = house.client.pages.properties.retrieve
    found, cursor, pages = [], None, 0
    while True:
        items = retrieve(row_id, shown["id"], start_cursor=cursor, **({"page_size": 50} if pages else {}))
        assert_shape(items)
        assert (items["property_item"]["next_url"] is None) is (items["next_cursor"] is None)
        found += [item["relation"]["id"] for item in items["results"]]
        cursor, pages = items["next_cursor"], pages + 1
        if not items["has_more"]:
            break
    assert (found, pages) == (artists, 2)
    pieces = retrieve(row_id, house.columns()["Note"]["id"])
    assert_shape(pieces)
    assert "".join(item["rich_text"]["plain_text"] for item in pieces["results"]) == "x" * 2500
    number = retrieve(row_id, "BPM")
    assert_shape(number)
    assert number["number"] is None
    for bad in ({"page_size": 101}, {"page_size": "many"}, {"start_cursor": "nowhere"}):
        with pytest.raises(APIResponseError, match=r"page_size|start_cursor"):
            retrieve(row_id, shown["id"], **bad)
    with pytest.raises(APIResponseError, match="Could not find property"):
        retrieve(row_id, "Nope")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"BPM": "128"}, ValueError),
        ({"BPM": True}, ValueError),
        ({"Title": 3}, ValueError),
        ({"Artist": "someone"}, ValueError),
        ({"Nope": 1}, KeyError),
    ],
)
def test_what_no_cell_can_hold_is_not_typed(house: House, values: Any, error: type[Exception]) -> None:
    row_id = house.add(Title="a")
    with pytest.raises(error, match=next(iter(values))):
        house.twin.edit_as_person(row_id, {"Genre": "never learnt", **values})
    assert house.columns()["Genre"]["select"]["options"] == []


# --- columns ---------------------------------------------------------------------------------------------------------


def test_a_renamed_column_keeps_id_and_values(house: House) -> None:
    row_id, before = house.add(BPM=128), house.columns()["BPM"]["id"]
    house.twin.change_columns_as_person(house.tracks, {"BPM": {"name": "Tempo"}})
    assert house.columns()["Tempo"]["id"] == before
    assert house.row(row_id)["Tempo"] == 128
    with pytest.raises(APIResponseError, match="BPM is not a property that exists"):
        house.client.pages.update(row_id, properties={"BPM": {"number": 1}})
    house.client.pages.update(row_id, properties={before: {"number": 1}})
    assert house.row(row_id)["Tempo"] == 1


def test_a_retyped_column_has_lost_its_values_and_one_made_anew_has_another_id(house: House) -> None:
    row_id, before = house.add(BPM=128, Note="n"), house.columns()
    edited = house.page(row_id)["last_edited_time"]
    house.now += 60
    house.twin.change_columns_as_person(house.tracks, {"BPM": {"rich_text": {}}, "Note": None})
    house.twin.change_columns_as_person(house.tracks, {"Note": {"rich_text": {}}, "Stage": {"status": {}}})
    assert (house.row(row_id)["BPM"], house.row(row_id)["Note"]) == ("", "")
    after = house.columns()
    assert after["BPM"]["id"] == before["BPM"]["id"]
    assert after["Note"]["id"] != before["Note"]["id"]
    assert after["Stage"]["type"] == "status"
    assert house.page(row_id)["last_edited_time"] == edited


def test_an_option_that_is_taken_from_the_schema_is_gone_from_the_rows(house: House) -> None:
    row_id = house.add(Genre="House")
    house.twin.change_columns_as_person(house.tracks, {"Genre": {"select": {"options": [{"name": "Dub"}]}}})
    assert house.page(row_id)["properties"]["Genre"]["select"] is None
    assert house.listed(sorts=[{"property": "Genre", "direction": "ascending"}]) == [row_id]


def test_relations_made_by_the_api_must_lead_somewhere(house: House) -> None:
    def make(**target: Any) -> None:
        house.client.data_sources.update(house.tracks, properties={"Lists": {"relation": target}})

    half: list[dict[str, Any]] = [{"single_property": {}}, {"data_source_id": house.artists}]
    for bad in half:
        with pytest.raises(APIResponseError, match=r"Lists\.relation"):
            make(**bad)
    assert is_lost(make, data_source_id=house.tracks_id, single_property={})
    make(data_source_id=house.artists, single_property={})
    assert house.columns()["Lists"]["relation"]["database_id"] == house.artists_id


# --- shares ----------------------------------------------------------------------------------------------------------


def test_what_is_not_shared_is_not_there(house: House) -> None:
    row_id = house.add(Title="secret")
    other = house.twin.add_data_source(house.tracks_id, "Second", {"Name": "title"})
    house.twin.unshare(house.tracks)
    assert is_lost(house.client.data_sources.retrieve, house.tracks)
    assert is_lost(house.client.data_sources.query, house.tracks)
    assert is_lost(house.client.pages.retrieve, row_id)
    assert [source["id"] for source in house.client.databases.retrieve(house.tracks_id)["data_sources"]] == [other]
    house.twin.unshare(house.tracks_id)
    assert is_lost(house.client.databases.retrieve, house.tracks_id)
    assert is_lost(house.client.data_sources.retrieve, other)
    assert house.client.search(query="se")["results"] == []
    house.twin.share(house.tracks_id)
    house.twin.share(house.tracks)
    assert {found["id"] for found in house.client.search(query="sec")["results"]} == {row_id, other}
    assert house.listed() == [row_id]


def test_a_row_that_is_not_shared_is_in_no_list(house: House) -> None:
    first, second = house.add(Title="a"), house.add(Title="b")
    assert house.listed() == [first, second]
    house.twin.unshare(first)
    assert house.listed() == [second]
    assert is_lost(house.client.pages.update, first, properties={})


def test_a_relation_to_what_is_not_shared_is_no_column(house: House) -> None:
    artist = house.twin.add_row_as_person(house.artists, {"Name": "x"})
    row_id = house.add(Artist=[artist])
    house.twin.unshare(house.artists_id)
    assert "Artist" not in house.columns()
    assert "Artist" not in house.page(row_id)["properties"]
    with pytest.raises(APIResponseError, match="Artist is not a property that exists"):
        house.client.pages.update(row_id, properties={"Artist": {"relation": []}})
    house.twin.share(house.artists_id)
    assert house.page(row_id)["properties"]["Artist"]["relation"] == [{"id": artist}]


def test_everything_is_hidden_with_the_page_that_it_is_under(house: House) -> None:
    house.twin.unshare(house.twin.root_page_id)
    assert is_lost(house.client.databases.retrieve, house.tracks_id)
    assert house.client.search()["results"] == []


def test_a_data_source_made_by_the_api_is_one_more_in_its_database(house: House) -> None:
    made = house.client.data_sources.create(
        parent={"type": "database_id", "database_id": house.tracks_id},
        title=[{"text": {"content": "Third"}}],
        properties={"Name": {"title": {}}},
    )
    assert_shape(made)
    assert house.twin.data_source_ids(house.tracks_id) == [house.tracks, made["id"]]


def test_shares_and_rows_survive_as_json(house: House) -> None:
    row_id, other = house.add(Title="a", BPM=1), house.add(Title="b")
    house.twin.trash_as_person(row_id)
    house.twin.unshare(house.artists)
    again = NotionTwin(clock=lambda: house.now)
    again.load(house.twin.dump())
    assert again.dump() == house.twin.dump()
    assert again.dump()["unshared"] == [house.artists]
    again.restore_as_person(row_id)
    third = again.add_row_as_person(house.tracks, {"Title": "c"})
    assert list(again.rows(house.tracks_id)) == [row_id, other, third]
    assert again.rows_titled(house.tracks, "a") == [row_id]


def test_a_state_that_is_put_back_is_what_is_found(house: House) -> None:
    before = house.twin.dump()
    row_id = house.add(Title="a")
    house.twin.load(house.twin.dump())
    assert house.listed() == [row_id]
    house.twin.load(before)
    assert house.listed() == []
    other = house.add(Title="b")
    assert house.listed() == [other]


def test_what_is_right_under_a_page_is_listed(house: House) -> None:
    def below(page_id: str, **asked: Any) -> Any:
        answer = house.client.blocks.children.list(page_id, **asked)
        assert_shape(answer)
        return answer

    root = house.twin.root_page_id
    first = below(root, page_size=1)
    (block,) = first["results"]
    assert (block["id"], block["child_database"]) == (house.artists_id, {"title": "Artists"})
    made = house.client.pages.create(parent={"page_id": root}, properties={"title": {"title": []}})
    rest = below(root, start_cursor=first["next_cursor"])
    assert [block["id"] for block in rest["results"]] == [house.tracks_id, made["id"]]
    assert below(house.add(Title="a"))["results"] == below(made["id"])["results"] == []
    house.twin.unshare(house.tracks_id)
    assert len(below(root)["results"]) == 2
    with pytest.raises(APIResponseError, match="page_size"):
        below(root, page_size=0)


# --- scripts ---------------------------------------------------------------------------------------------------------


def test_a_script_does_what_a_person_does(house: House) -> None:
    script = """
    # a night at the desk
    {"add": {"Title": "Strobe", "BPM": 128}}
    {"edit": "Strobe", "values": {"BPM": 64}}
    {"pause_s": 90}
    {"duplicate": "Strobe"}
    {"column": "BPM", "change": {"name": "Tempo"}}
    {"column": "Note", "change": null}
    {"add": {"Name": "Mau5"}, "in": "Artists"}
    """
    rests: list[float] = []
    done = PersonScript(house.twin, script.splitlines()).run(rests.append)
    assert [step.verb for step in done] == ["add", "edit", "pause_s", "duplicate", "column", "column", "add"]
    assert (done[0].line, rests) == (3, [90.0])
    strobe, copy = house.twin.rows_titled(house.tracks, "Strobe")
    assert (done[0].row_id, done[1].row_id, done[3].row_id) == (strobe, strobe, copy)
    assert house.row(copy)["Tempo"] == 64
    assert "Note" not in house.row(copy)
    lines = [
        f'{{"trash": "{copy}"}}',
        f'{{"restore": "{copy}"}}',
        f'{{"trash": "{strobe}"}}',
        f'{{"delete": "{strobe}"}}',
    ]
    steps = PersonScript(house.twin, lines)
    steps.step()
    assert list(house.twin.rows(house.tracks_id)) == [strobe]
    steps.run()
    assert steps.step() is None
    assert list(house.twin.rows(house.tracks_id)) == [copy]


@pytest.mark.parametrize(
    ("line", "wording"),
    [
        ("{", "no JSON"),
        ("[]", "an object with one of add, edit"),
        ('{"shout": 1}', "an object with one of"),
        ('{"add": {}, "trash": "a"}', "an object with one of"),
        ('{"add": "a"}', '"add" wants an object'),
        ('{"edit": "a"}', '"edit" wants values beside it'),
        ('{"trash": "a", "values": {}}', '"trash" knows nothing of values'),
        ('{"edit": "a", "values": 3}', '"values" wants an object'),
        ('{"column": "a", "change": 3}', '"change" wants an object or null'),
        ('{"pause_s": -1}', "nobody can rest"),
        ('{"pause_s": true}', '"pause_s" wants a number'),
        ('{"add": {}, "in": 3}', '"in" wants a text'),
    ],
)
def test_a_wrong_line_is_told_before_anything_is_done(house: House, line: str, wording: str) -> None:
    with pytest.raises(ScriptError, match="line 2: ") as wrong:
        PersonScript(house.twin, ['{"add": {"Title": "a"}}', line])
    assert wording in str(wrong.value)
    assert house.twin.rows(house.tracks_id) == {}


@pytest.mark.parametrize(
    ("line", "wording"),
    [
        ('{"trash": "b"}', 'no row is called "b"'),
        ('{"trash": "a"}', '2 rows are called "a"; say which by its id'),
        ('{"trash": "00000000-0000-4000-8000-000000000000"}', "Could not find page"),
        ('{"add": {"Nope": 1}}', "no column 'Nope'"),
        ('{"add": {"BPM": "fast"}}', "BPM: a number is wanted, not 'fast'"),
        ('{"add": {}, "in": "Tunes"}', 'no data source is called "Tunes"; there are Artists, Tracks'),
        ('{"column": "Title", "change": null}', "Cannot delete the title"),
    ],
)
def test_a_line_that_cannot_be_done_is_told_with_its_number(house: House, line: str, wording: str) -> None:
    script = PersonScript(house.twin, ['{"add": {"Title": "a"}}', '{"add": {"Title": "a"}}', line])
    with pytest.raises(ScriptError, match="line 3: ") as wrong:
        script.run()
    assert wording in str(wrong.value)
    assert len(house.twin.rows(house.tracks_id)) == 2
