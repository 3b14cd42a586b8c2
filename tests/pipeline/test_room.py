from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import Transient
from daemon.pipeline.room import free_bytes, keep_free

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


def test_the_person_is_told_what_is_missing_where_and_what_to_do() -> None:
    with pytest.raises(Transient) as caught:
        keep_free(Path("/music"), 3 * GB, 2 * GB, "OUT_DIR", free=lambda _folder: 4 * GB)
    assert (caught.value.service, caught.value.retry_after_s) == (None, 600)
    assert str(caught.value) == (
        "OUT_DIR (/music) has 4.00 GB free; 3.00 GB are needed there, and MIN_FREE_GB keeps 2.00 GB free. "
        "Make 1.00 GB of room, or set MIN_FREE_GB lower; it is looked at again in ten minutes."
    )


def test_a_disk_that_does_not_answer_is_waited_for() -> None:
    def gone(_folder: Path) -> int:
        raise OSError(5, "Input/output error")

    with pytest.raises(Transient, match=r"OUT_DIR \(/music\).*Input/output error") as caught:
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
