"""What every cabinet promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.errors import Refused, Unreachable
from daemon.models import Check
from integrations.sandbox import faults
from tests.contracts.cases import CABINETS, CabinetStage
from tests.contracts.faults_table import BROKEN


@pytest.fixture(params=CABINETS)
def stage(request, patience_s) -> Iterator[CabinetStage]:
    with CABINETS[request.param](patience_s) as stage:
        yield stage


@pytest.fixture
def song(tmp_path: Path) -> Path:
    file = tmp_path / "song.m4a"
    file.write_bytes(b"sound")
    return file


def add(stage: CabinetStage, song: Path, item_id: str = "ITEM-1") -> None:
    stage.cabinet.add(item_id, song, name="Song", website=None, tags=["a"], annotation="")


def assert_discreet(stage: CabinetStage, text: str) -> None:
    shown = [secret for secret in stage.secrets() if secret in text]
    assert not shown


def test_what_is_added_is_there(stage, song):
    assert not stage.cabinet.has("ITEM-1")
    add(stage, song)
    assert stage.cabinet.has("ITEM-1")
    assert not stage.cabinet.has("ITEM-2")


def test_adding_again_does_nothing(stage, song):
    add(stage, song)
    add(stage, song)
    add(stage, song, "ITEM-2")
    assert stage.items() == ["ITEM-1", "ITEM-2"]
    assert len(stage.log.of(stage.system, method="POST")) == 2


def test_an_item_is_not_there_before_it_is_imported(stage, song):
    stage.let_import_take(4)
    add(stage, song)
    assert not stage.cabinet.has("ITEM-1")
    assert stage.cabinet.has("ITEM-1")


def test_the_wrong_library_is_neither_asked_nor_filled(stage, song):
    stage.open_other_library()
    with pytest.raises(Refused):
        add(stage, song)
    with pytest.raises(Refused):
        stage.cabinet.has("ITEM-1")
    assert stage.items() == []
    assert stage.cabinet.check().level == "problem"


def test_a_file_that_is_gone_is_refused(stage, tmp_path):
    with pytest.raises(Refused):
        add(stage, tmp_path / "gone.m4a")


@pytest.mark.parametrize("trouble", BROKEN, ids=str)
def test_trouble_is_an_error_and_never_an_answer(stage, song, trouble):
    stage.faults.add(stage.system, trouble.fault, times=None)
    with pytest.raises(trouble.error) as asked:
        stage.cabinet.has("ITEM-1")
    with pytest.raises(trouble.error) as added:
        add(stage, song)

    for caught in (asked, added):
        assert caught.value.service == stage.system
        assert_discreet(stage, str(caught.value))
    stage.faults.clear()
    assert not stage.cabinet.has("ITEM-1")


def test_an_add_whose_answer_was_lost_may_be_repeated(stage, song):
    stage.faults.add(stage.system, faults.lost(), method="POST")
    with pytest.raises(Unreachable):
        add(stage, song)
    add(stage, song)
    assert stage.items() == ["ITEM-1"]


@pytest.mark.parametrize("trouble", [None, *BROKEN], ids=str)
def test_a_check_raises_nothing(stage, trouble):
    if trouble is not None:
        stage.faults.add(stage.system, trouble.fault, times=None)

    check = stage.cabinet.check()

    assert isinstance(check, Check)
    assert (check.level == "ok") is (trouble is None)
    assert bool(check.todo) is (trouble is not None)
    assert_discreet(stage, f"{check}")
