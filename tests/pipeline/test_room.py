from __future__ import annotations

import contextlib
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import Transient
from daemon.pipeline.disks import Disks
from daemon.pipeline.room import TooLittleRoom, free_bytes, keep_free

GB = 10**9
SIZES = st.integers(0, 10**13)


@given(free=SIZES, need=SIZES, keep=SIZES)
def test_it_fits_exactly_when_enough_stays_free(free: int, need: int, keep: int) -> None:
    try:
        keep_free(Path("/music"), need, keep, "OUT_DIR", free=lambda _folder: free)
    except Transient:
        assert free - need < keep
    else:
        assert free - need >= keep


def test_the_person_is_told_where_and_what_to_do_in_words_that_do_not_change_with_every_look() -> None:
    told = []
    for size in (4 * GB, 3 * GB):

        def free(_folder: Path, size: int = size) -> int:
            return size

        with pytest.raises(TooLittleRoom) as caught:
            keep_free(Path("/music"), size, 2 * GB, "OUT_DIR", free=free)
        assert (caught.value.service, caught.value.retry_after_s) == (None, 600)
        told.append(str(caught.value))
    assert told[0] == (
        "OUT_DIR: /music has too little room, for MIN_FREE_GB keeps 2.00 GB free there. Make room, or set MIN_FREE_GB "
        "lower; nothing is lost, it goes on by itself."
    )
    assert told[1] == told[0]
    assert caught.value.numbers == "3.00 GB are free, 3.00 GB are needed: 2.00 GB are missing"


def test_the_numbers_are_told_once_while_it_lasts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, work = tmp_path / "dj", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    small, big = Disks(work, 0), 10**18

    def look(need_bytes: int) -> bool:
        caplog.clear()
        with contextlib.suppress(TooLittleRoom):
            small.for_shelf("BACKUP_DIR", folder, need_bytes)
        return any(
            "BACKUP_DIR" in record.getMessage() and "missing" in record.getMessage() for record in caplog.records
        )

    with caplog.at_level(logging.INFO):
        assert [look(big), look(big + 1), look(0), look(big)] == [True, False, False, True]


@pytest.mark.parametrize("setting", ["OUT_DIR", "BACKUP_DIR"])
def test_a_work_folder_that_was_cleared_away_is_made_again_and_never_told_as_the_librarys_trouble(
    tmp_path: Path, setting: str
) -> None:
    folder, work = tmp_path / "dj", tmp_path / "var" / "work"
    folder.mkdir()
    Disks(work, 0).for_shelf(setting, folder, 1)
    with pytest.raises(TooLittleRoom) as caught:
        Disks(tmp_path / "else" / "work", 10**18).for_shelf(setting, folder, 1)
    assert str(caught.value).startswith(f"{setting}: {folder} ")


def test_a_work_folder_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    folder, var = tmp_path / "dj", tmp_path / "var"
    folder.mkdir()
    var.write_bytes(b"not a folder")
    disks = Disks(var / "work", 0)
    for ask in (lambda: disks.for_shelf("OUT_DIR", folder, 1), lambda: disks.for_work(1)):
        with pytest.raises(Transient, match=r"^VAR_DIR: .*work is not a folder") as caught:
            ask()
        assert caught.value.retry_after_s == 600


def test_a_disk_that_does_not_answer_is_waited_for() -> None:
    def gone(_folder: Path) -> int:
        raise OSError(5, "Input/output error")

    with pytest.raises(Transient, match=r"OUT_DIR: /music .*Input/output error") as caught:
        keep_free(Path("/music"), 1, 1, "OUT_DIR", free=gone)
    assert (caught.value.service, caught.value.retry_after_s) == (None, 600)


def test_a_folder_that_is_still_to_be_made_is_on_the_disk_of_its_parent(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0
    keep_free(tmp_path / "not" / "yet", 0, 0, "VAR_DIR")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MB. Only root may mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_real_small_disk(small_disk: Path) -> None:
    keep_free(small_disk / "track", 500_000, 500_000, "VAR_DIR")
    (small_disk / "file").write_bytes(bytes(300_000))
    with pytest.raises(Transient, match="MIN_FREE_GB"):
        keep_free(small_disk / "track", 500_000, 500_000, "VAR_DIR")
