"""Our Eagle part, before the loopback Eagle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.errors import AuthExpired, Refused, Unreachable
from integrations.eagle import EagleCabinet, is_same_library
from integrations.sandbox import faults
from tests.integrations.eagle_stage import LIBRARY, TOKEN, EagleStage, eagle_stage


@pytest.fixture
def stage(patience_s: float) -> Iterator[EagleStage]:
    with eagle_stage(patience_s) as stage:
        yield stage


@pytest.fixture
def song(tmp_path: Path) -> Path:
    file = tmp_path / "song.m4a"
    file.write_bytes(b"sound")
    return file


def add(cabinet: EagleCabinet, file: Path, website: str | None = None) -> None:
    cabinet.add("ITEM-1", file, name="Night Bus", website=website, tags=["house", "8A"], annotation="126 BPM")


@pytest.mark.parametrize(("website", "url"), [("https://example.test/1", "https://example.test/1"), (None, "")])
def test_everything_that_is_told_of_an_item_arrives(stage, song, website, url):
    add(stage.cabinet(), song, website)
    (item,) = stage.twin.items
    assert (item["id"], item["name"], item["ext"]) == ("ITEM-1", "Night Bus", "m4a")
    assert (item["url"], item["tags"], item["annotation"]) == (url, ["house", "8A"], "126 BPM")


def test_a_path_is_told_as_eagle_can_find_it(stage, song, monkeypatch):
    monkeypatch.chdir(song.parent)
    add(stage.cabinet(), Path(song.name))
    assert stage.cabinet().has("ITEM-1")


def test_the_wrong_library_is_named_beside_the_right_one(stage, song):
    stage.twin.library_path = "/libraries/Other.library"
    with pytest.raises(Refused) as caught:
        add(stage.cabinet(), song)
    for name in ("/libraries/Other.library", LIBRARY, "EAGLE_LIBRARY_PATH"):
        assert name in str(caught.value)


def test_without_a_library_in_the_settings_any_will_do(stage, song):
    stage.twin.library_path = "/libraries/Other.library"
    add(stage.cabinet(library_path=None), song)
    assert stage.twin.items


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/l/Crate.library", "/l/Crate.library/", True),
        ("/l/Crate.library", "/l/x/../Crate.library", True),
        ("/l/Ke\u0301ys.library", "/l/K\u00e9ys.library", True),
        ("/l/Crate.library", "/l/Other.library", False),
        ("D:\\l\\Crate.library", "D:\\l\\Crate.library", True),
    ],
)
def test_two_spellings_of_a_library(one, other, same):
    assert is_same_library(one, other) is same


def test_a_link_to_a_library_is_that_library(tmp_path):
    (tmp_path / "Crate.library").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "Crate.library")
    assert is_same_library(str(tmp_path / "link"), str(tmp_path / "Crate.library"))


def test_eagle_is_not_running(song):
    cabinet = EagleCabinet("http://127.0.0.1:1", timeout_s=1)
    with pytest.raises(Unreachable) as caught:
        add(cabinet, song)
    check = cabinet.check()
    cabinet.close()
    assert str(caught.value) == "Eagle is not running at http://127.0.0.1:1; start it, or clear EAGLE_API_BASE."
    assert check.level == "warning"


def test_a_wrong_token(stage):
    cabinet = stage.cabinet(token="SECRET-wrong")
    with pytest.raises(AuthExpired, match="EAGLE_TOKEN") as caught:
        cabinet.has("ITEM-1")
    assert "SECRET-wrong" not in str(caught.value)
    assert cabinet.check().todo == "Correct EAGLE_TOKEN."


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (faults.answer(404, b"Not found"), Refused, "4.0 build 21"),
        (faults.answer(200, b'{"status": "error", "message": "Library is locked"}'), Refused, "Library is locked"),
        (faults.answer(400, b'{"status": "error"}'), Refused, "HTTP 400"),
        (faults.answer(500, b'{"status": "error", "message": "oops"}'), Unreachable, "oops"),
        (faults.rate_limited(5), Unreachable, "429"),
        (faults.answer(200, b'{"status": "success", "data": {}}'), Unreachable, "names no library"),
        (faults.answer(200, b'{"status": "success", "data": null}'), Unreachable, "names no library"),
        (faults.slow(30), Unreachable, "in time"),
        (faults.reset(), Unreachable, "broke the connection off"),
    ],
)
def test_what_an_answer_means(stage, fault, error, words):
    stage.faults.add("eagle", fault)
    with pytest.raises(error) as caught:
        stage.cabinet().has("ITEM-1")
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_items_that_are_no_list(stage):
    stage.faults.add("eagle", faults.answer(200, b'{"status": "success", "data": {}}'), route="*/item/get")
    with pytest.raises(Unreachable, match="lists no items"):
        stage.cabinet().has("ITEM-1")


def test_an_eagle_that_does_not_keep_our_id_is_told_of(stage, song):
    body = b'{"status": "success", "data": {"id": "ITS-OWN"}}'
    stage.faults.add("eagle", faults.answer(200, body), method="POST")
    with pytest.raises(Refused, match="ITS-OWN"):
        add(stage.cabinet(), song)


def test_what_lies_in_eagles_trash_is_not_added_again(stage, song):
    cabinet = stage.cabinet()
    add(cabinet, song)
    stage.twin.load({"items": [{**stage.twin.items[0], "isDeleted": True}], "folders": [], "due": []})
    add(cabinet, song)
    assert [item["isDeleted"] for item in stage.twin.items] == [True]


def test_a_proxy_in_the_environment_is_not_asked(stage, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert stage.cabinet().check().level == "ok"
