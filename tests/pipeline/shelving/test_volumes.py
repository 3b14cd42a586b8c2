"""A missing drive is not an empty one."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from daemon.errors import Transient
from daemon.pipeline.shelving.volumes import (
    MARKER,
    REMOVABLE_ROOTS,
    Away,
    Facts,
    FirstUse,
    Here,
    facts_of,
    judge_inbox,
    judge_library,
    ready_inbox,
    ready_library,
)


def facts(path: str, mount: str = "/", exists: bool = True, marker: str | None = None) -> Facts:
    return Facts(path=Path(path), exists=exists, mount_point=Path(mount), marker=marker)


FIRST_USE = [
    (facts("/home/me/Music"), FirstUse),
    (facts("/home/me/Music", exists=False), FirstUse),
    (facts("/mediathek/Music"), FirstUse),
    (facts("/media/me/USB/Music", mount="/media/me/USB"), FirstUse),
    (facts("/media/me/USB/Music", mount="/media/me/USB", exists=False), FirstUse),
    (facts("/media/me/USB/Music"), Away),
    (facts("/media/me/USB/Music", exists=False), Away),
    (facts("/mnt/Music"), Away),
    (facts("/mnt/Music", mount="/mnt"), FirstUse),
    (facts("/run/media/me/USB", mount="/run"), Away),
    (facts("/run/media/me/USB", mount="/run/media/me/USB"), FirstUse),
    (facts("/Volumes/USB/Music", mount="/Volumes"), Away),
    (facts("/Volumes/USB/Music", mount="/Volumes/USB"), FirstUse),
]


@pytest.mark.parametrize(("seen", "expected"), FIRST_USE)
@pytest.mark.parametrize("judge", [judge_library, judge_inbox])
def test_first_use(judge, seen, expected):
    assert isinstance(judge(seen, None), expected)


@pytest.mark.parametrize(
    ("seen", "known", "expected"),
    [
        (facts("/home/me/Music", marker="a1"), None, Here),
        (facts("/mnt/Music", marker="a1"), None, Here),
        (facts("/home/me/Music", marker="a1"), "a1", Here),
        (facts("/home/me/Music"), "a1", Away),
        (facts("/home/me/Music", exists=False), "a1", Away),
        (facts("/home/me/Music", marker="b2"), "a1", Away),
        (facts("/home/me/Music", marker=""), "a1", Here),
        (facts("/home/me/Music", marker="b2"), "", Here),
        (facts("/home/me/Music"), "", Away),
    ],
)
def test_a_library_is_known_by_its_marker(seen, known, expected):
    assert isinstance(judge_library(seen, known), expected)


@pytest.mark.parametrize(
    ("seen", "known", "expected"),
    [
        (facts("/home/me/Inbox"), "/", Here),
        (facts("/home/me/Inbox", exists=False), "/", Away),
        (facts("/media/USB/Inbox", mount="/media/USB"), "/media/USB", Here),
        (facts("/media/USB/Inbox"), "/media/USB", Away),
        (facts("/media/USB/Inbox", mount="/media/USB", exists=False), "/media/USB", Away),
        (facts("/data/USB/Inbox", mount="/data/USB"), "/", Here),
        (facts("/data/USB/Inbox", mount="/data"), "/data/USB", Away),
    ],
)
def test_an_inbox_is_known_by_its_mount_point(seen, known, expected):
    assert isinstance(judge_inbox(seen, known), expected)


def test_the_library_is_begun_with_a_marker_for_people(tmp_path):
    library = tmp_path / "deep" / "music"
    known = ready_library(library, "OUT_DIR", None)
    marker = json.loads((library / MARKER).read_text())
    assert marker["id"] == known
    assert "leave it here" in marker["what"]
    assert ready_library(library, "OUT_DIR", known) == known
    assert ready_library(library, "OUT_DIR", None) == known


def test_a_library_without_its_marker_is_away_and_stays_untouched(tmp_path):
    known = ready_library(tmp_path / "music", "OUT_DIR", None)
    (tmp_path / "music" / MARKER).unlink()
    with pytest.raises(Transient, match=r"OUT_DIR: the library .* is not there; plug the drive in\. Nothing is lost"):
        ready_library(tmp_path / "music", "OUT_DIR", known)
    assert list((tmp_path / "music").iterdir()) == []
    (tmp_path / "music" / MARKER).touch()  # what the message advises
    assert ready_library(tmp_path / "music", "OUT_DIR", known) == known


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "music").write_text("a file")
    with pytest.raises(Transient, match=r"BACKUP_DIR: .*music is not a folder"):
        ready_inbox(tmp_path / "music", "BACKUP_DIR", None)


def test_nothing_is_made_where_drives_are_mounted_but_none_is(tmp_path):
    for ready in (ready_library, ready_inbox):
        with pytest.raises(Transient, match=r"OUT_DIR: .* no drive is mounted there"):
            ready(tmp_path / "USB" / "Music", "OUT_DIR", None, roots=(tmp_path,))
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_drive_is_on_that_drive(tmp_path):
    (tmp_path / "Music").symlink_to(tmp_path / "drives" / "USB" / "Music")
    with pytest.raises(Transient, match="no drive is mounted there"):
        ready_library(tmp_path / "Music", "OUT_DIR", None, roots=(tmp_path / "drives",))
    assert not (tmp_path / "drives").exists()


def test_a_real_drive_comes_and_goes(tmp_path, mount):
    drive = mount("USB", "-t", "tmpfs", "-o", "size=1m", "none")
    roots = (tmp_path,)
    assert facts_of(drive / "Music").mount_point == drive
    library = ready_library(drive / "Music", "OUT_DIR", None, roots)
    inbox = ready_inbox(drive / "Inbox", "BACKUP_DIR", None, roots)
    assert inbox == str(drive)
    subprocess.run(["umount", str(drive)], check=True, timeout=30)
    (drive / "Inbox").mkdir()  # somebody else's careless program made it on the boot disk
    for ready, folder, known in ((ready_library, "Music", library), (ready_inbox, "Inbox", inbox)):
        with pytest.raises(Transient):
            ready(drive / folder, "OUT_DIR", known, roots)
    assert [path.name for path in drive.iterdir()] == ["Inbox"]


def test_a_root_of_drives_that_is_itself_a_link(tmp_path):
    """Fedora's /mnt leads to /var/mnt."""
    (tmp_path / "var").mkdir()
    (tmp_path / "mnt").symlink_to("var")
    roots = (tmp_path / "mnt", Path(os.path.realpath(tmp_path / "mnt")))
    with pytest.raises(Transient, match="no drive is mounted there"):
        ready_inbox(tmp_path / "mnt" / "USB", "BACKUP_DIR", None, roots)
    assert set(map(os.path.realpath, REMOVABLE_ROOTS)) <= set(map(str, REMOVABLE_ROOTS))
