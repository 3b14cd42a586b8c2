"""Which files are lost: a table over a folder that is there, and one that is not."""

from __future__ import annotations

import pytest

from daemon.library.missing import lost
from daemon.models import Format, Shelved


def filed(path, role="library", format_=Format.M4A, sha256="5a"):
    return Shelved(role=role, format=format_, path=str(path), size=1, mtime_ns=1, sha256=sha256)


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "here.m4a").write_bytes(b"sound")
    return folder


@pytest.mark.parametrize(
    ("name", "role", "is_there", "is_lost"),
    [
        ("here.m4a", "library", True, False),
        ("gone.m4a", "library", True, True),
        ("deeper/gone.m4a", "library", True, True),
        ("gone.m4a", "library", False, False),
        ("gone.m4a", "backup", True, False),
        ("../elsewhere/gone.m4a", "library", True, False),
    ],
)
def test_only_what_the_library_should_have_and_has_not_is_lost(library, name, role, is_there, is_lost):
    path = (library / name).resolve()
    found = lost([filed(path, role)], library, [Format.M4A], is_there=is_there)
    assert found == ([str(path)] if is_lost else [])


def test_a_format_that_an_inbox_got_is_not_lost(library):
    assert lost([filed("/inbox/gone.wav", "wav_backup", Format.WAV)], library, [Format.WAV], is_there=True) == []


def test_a_format_that_is_not_wanted_any_more_is_not_lost(library):
    assert lost([filed(library / "gone.aiff", format_=Format.AIFF)], library, [Format.M4A], is_there=True) != []
    files = [filed(library / "here.m4a"), filed(library / "gone.aiff", format_=Format.AIFF)]
    assert lost(files, library, [Format.M4A], is_there=True) == []


def test_what_was_filed_again_under_another_name_is_not_lost(library):
    assert lost([filed(library / "gone.m4a"), filed(library / "here.m4a")], library, [Format.M4A], is_there=True) == []


def test_a_format_that_is_wanted_by_now_is_lost_unless_the_files_were_there_before_us(library):
    [said] = lost([filed(library / "here.m4a")], library, tuple(Format)[:2], is_there=True)
    assert said == "WAV, which was not made then"
    assert lost([filed(library / "here.m4a", sha256="")], library, tuple(Format), is_there=True) == []
    assert lost([], library, tuple(Format), is_there=True) == []


def test_of_several_files_the_lost_ones_are_named(library):
    files = [filed(library / "z.m4a"), filed(library / "a.m4a")]
    assert lost(files, library, [Format.M4A], is_there=True) == [str(library / "z.m4a"), str(library / "a.m4a")]
