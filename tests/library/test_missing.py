"""Which files are lost: a table over a folder that is there, and one that is not."""

from __future__ import annotations

import pytest

from daemon.library.missing import lost
from daemon.models import Format, Shelved


def filed(path, role="library"):
    return Shelved(role=role, format=Format.M4A, path=str(path), size=1, mtime_ns=1, sha256="")


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
        ("gone.wav", "wav_backup", True, False),
        ("../elsewhere/gone.m4a", "library", True, False),
    ],
)
def test_only_what_the_library_should_have_and_has_not_is_lost(library, name, role, is_there, is_lost):
    path = (library / name).resolve()
    assert lost([filed(path, role)], library, is_there=is_there) == ([str(path)] if is_lost else [])


def test_of_several_files_the_lost_ones_are_named_in_their_order(library):
    files = [filed(library / name) for name in ("z.m4a", "here.m4a", "a.m4a")]
    assert lost(files, library, is_there=True) == [str(library / "z.m4a"), str(library / "a.m4a")]
