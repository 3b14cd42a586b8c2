"""Doctor: folders judged by a table, and the whole round against the sandbox."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from daemon.errors import Unreachable
from daemon.models import Check
from daemon.service.doctor import Place, examine, exit_code, judge_place, look_at

FINE = Place(setting="OUT_DIR", path=Path("/crate"), exists=True, away=None, writable=True, free_gb=100)


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({}, "ok", "there, writable, 100 GB free"),
        ({"exists": False}, "ok", "will be made"),
        ({"away": "the library /crate is not there; plug the drive in."}, "warning", "plug the drive in"),
        ({"writable": False}, "problem", "cannot be written"),
        ({"free_gb": 3.2}, "warning", "3.2 GB free"),
        ({"free_gb": 0.2}, "problem", "is full"),
    ],
)
def test_a_folder_gets_one_line(change, level, words):
    check = judge_place(dataclasses.replace(FINE, **change))
    assert check.level == level
    assert words in check.text
    assert bool(check.todo) == (level != "ok"), "whoever is told of trouble is told what to do"


def test_looking_at_a_folder_makes_nothing(tmp_path):
    place = look_at("OUT_DIR", tmp_path / "not" / "yet", None)
    assert (place.exists, place.away, place.writable) == (False, None, True)
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_was_there_before_and_is_not_now_is_away(tmp_path):
    assert "plug the drive in" in look_at("OUT_DIR", tmp_path, "0123456789abcdef").away


def test_a_check_that_fails_is_a_problem_of_its_own():
    def broken():
        raise Unreachable("no answer")

    fine = Check(name="b", level="ok", text="fine")
    found = list(examine([("a", broken), ("b", lambda: fine)]))
    assert [(check.name, check.level) for check in found] == [("a", "problem"), ("b", "ok")]
    assert (exit_code(found), exit_code([fine])) == (1, 0)
    assert json.dumps([dataclasses.asdict(check) for check in found])
