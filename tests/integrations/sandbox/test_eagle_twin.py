"""The twin speaks Eagle's API V2, and says no where Eagle does."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema
import pytest

from integrations.sandbox.eagle import EagleTwin
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server

SUCCESS = {
    "type": "object",
    "properties": {"status": {"const": "success"}, "data": {}},
    "required": ["status", "data"],
    "additionalProperties": False,
}
ERROR = {
    "type": "object",
    "properties": {"status": {"const": "error"}, "message": {"type": "string"}},
    "required": ["status", "message"],
    "additionalProperties": False,
}
PAGE = {
    "type": "object",
    "properties": {name: {"type": "integer"} for name in ("total", "offset", "limit")} | {"data": {"type": "array"}},
    "required": ["data", "total", "offset", "limit"],
}
ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "ext": {"type": "string"},
        "url": {"type": "string"},
        "annotation": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "folders": {"type": "array", "items": {"type": "string"}},
        "size": {"type": "integer"},
        "star": {"type": "integer"},
        "isDeleted": {"type": "boolean"},
        "modificationTime": {"type": "integer"},
    },
    "required": ["id", "name", "ext", "url", "annotation", "tags", "folders", "size", "isDeleted"],
    "additionalProperties": False,
}
LIBRARY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "path": {"type": "string"}, "folders": {"type": "array"}},
    "required": ["name", "path", "modificationTime", "applicationVersion", "folders", "smartFolders"],
}


class Client:
    """Eagle as its documentation tells one to ask it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, /, **query):
        return self._data(self._http.get(f"/api/v2/{path}", params=query))

    def post(self, path: str, /, **body):
        return self._data(self._http.post(f"/api/v2/{path}", json=body))

    def refusal(self, method: str, path: str, /, **body) -> str:
        answer = self._http.request(method, f"/api/v2/{path}", json=body)
        assert answer.status_code >= 400
        jsonschema.validate(answer.json(), ERROR)
        return str(answer.json()["message"])

    @staticmethod
    def _data(answer: httpx.Response):
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json(), SUCCESS)
        return answer.json()["data"]


@pytest.fixture
def twin() -> EagleTwin:
    return EagleTwin(library_path="/libraries/Crate.library", clock=lambda: 1_000.0)


@pytest.fixture
def eagle(twin) -> Iterator[Client]:
    with (
        Server(twin, faults=Faults(), log=RequestLog()) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Client(http)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    file = tmp_path / "Ana - Night Bus.m4a"
    file.write_bytes(b"sound")
    return file


def test_what_runs_and_what_is_open(eagle):
    assert eagle.get("app/info")["version"]
    library = eagle.get("library/info")
    jsonschema.validate(library, LIBRARY)
    assert (library["name"], library["path"]) == ("Crate", "/libraries/Crate.library")


def test_an_item_under_the_callers_id(eagle, twin, song):
    folder = eagle.post("folder/create", name="New")
    added = eagle.post(
        "item/add",
        id="TRACK-1",
        path=str(song),
        name="Night Bus",
        website="https://example.test/1",
        tags=["a"],
        folders=[folder["id"]],
        annotation="8A",
    )
    page = eagle.get("item/get", id="TRACK-1")

    assert added == {"id": "TRACK-1"}
    jsonschema.validate(page, PAGE)
    jsonschema.validate(page["data"][0], ITEM)
    assert page["data"] == twin.items
    assert twin.items[0] | {"modificationTime": 0} == {
        "id": "TRACK-1",
        "name": "Night Bus",
        "ext": "m4a",
        "size": 5,
        "url": "https://example.test/1",
        "tags": ["a"],
        "folders": [folder["id"]],
        "annotation": "8A",
        "star": 0,
        "isDeleted": False,
        "modificationTime": 0,
    }


def test_an_item_without_an_id_gets_one(eagle, twin, song):
    given = eagle.post("item/add", path=str(song))["id"]
    assert [(item["id"], item["name"]) for item in twin.items] == [(given, "Ana - Night Bus")]


def test_a_batch(eagle, twin, song):
    assert eagle.post("item/add", items=[{"path": str(song), "id": "A"}, {"url": "https://example.test/a.jpg"}])[
        "ids"
    ] == [item["id"] for item in twin.items]
    assert "1000" in eagle.refusal("POST", "item/add", items=[{}] * 1001)


def test_importing_takes_its_time(eagle, twin, song):
    twin.imports_after = 2
    eagle.post("item/add", id="A", path=str(song))
    assert twin.items == []
    assert eagle.get("item/get", id="A")["total"] == 0
    assert eagle.get("item/get", id="A")["total"] == 1


def test_a_file_that_goes_before_it_is_imported_is_never_seen(eagle, twin, song):
    twin.imports_after = 1
    eagle.post("item/add", id="A", path=str(song))
    song.unlink()
    assert eagle.get("item/get", id="A")["total"] == 0


def test_the_same_file_twice_is_nothing_to_mention(eagle, twin, song):
    eagle.post("item/add", path=str(song))
    eagle.post("item/add", path=str(song))
    assert len(twin.items) == 2


def test_finding_and_paging(eagle, twin, song):
    for name in "ABC":
        eagle.post("item/add", id=name, path=str(song), website=f"https://example.test/{name}")

    def ids(**query):
        return [item["id"] for item in eagle.get("item/get", **query)["data"]]

    assert ids(url="https://example.test/B") == ["B"]
    assert ids(ids="A,C") == ["A", "C"]
    assert ids(offset=1, limit=1) == ["B"]
    assert [item["id"] for item in eagle.post("item/get", ids=["B", "C"])["data"]] == ["B", "C"]
    assert "1000" in eagle.refusal("POST", "item/get", limit=1001)


def test_an_update_replaces_tags(eagle, twin, song):
    eagle.post("item/add", id="A", path=str(song), tags=["a", "b"], annotation="kept")
    jsonschema.validate(eagle.post("item/update", id="A", tags=["c"]), ITEM)
    assert (twin.items[0]["tags"], twin.items[0]["annotation"]) == (["c"], "kept")
    assert eagle.refusal("POST", "item/update", id="never") == "Item does not exist"


def test_folders(eagle):
    top = eagle.post("folder/create", name="Top")
    inner = eagle.post("folder/create", name="Inner", parent=top["id"])
    jsonschema.validate(eagle.get("folder/get"), PAGE)
    assert [child["id"] for child in eagle.get("folder/get", id=top["id"])["data"][0]["children"]] == [inner["id"]]
    assert [folder["id"] for folder in eagle.get("library/info")["folders"]] == [top["id"]]
    assert eagle.refusal("POST", "folder/create") == "name is required"
    assert "Parent" in eagle.refusal("POST", "folder/create", name="X", parent="never")


def test_what_is_no_item(eagle, tmp_path):
    assert "required" in eagle.refusal("POST", "item/add", name="nothing")
    assert "does not exist" in eagle.refusal("POST", "item/add", path=str(tmp_path / "gone.m4a"))
    assert eagle.refusal("GET", "item/list") == "Not found"


def test_a_token_from_another_machine(song):
    twin = EagleTwin(library_path="/l", token="opensesame")
    with (
        Server(twin, faults=Faults(), log=RequestLog()) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        eagle = Client(http)
        assert eagle.refusal("GET", "app/info") == "Invalid token"
        assert eagle.get("app/info", token="opensesame")


def test_a_library_outlives_its_server(eagle, twin, song):
    eagle.post("folder/create", name="Top")
    eagle.post("item/add", id="A", path=str(song))
    twin.imports_after = 1
    eagle.post("item/add", id="B", path=str(song))

    reborn = EagleTwin(library_path=twin.library_path)
    reborn.load(json.loads(json.dumps(twin.dump())))

    assert [item["id"] for item in reborn.items] == ["A"]
    with (
        Server(reborn, faults=Faults(), log=RequestLog()) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        assert [item["id"] for item in Client(http).get("item/get")["data"]] == ["A", "B"]
        assert [folder["name"] for folder in Client(http).get("folder/get")["data"]] == ["Top"]
