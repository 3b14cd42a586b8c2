"""File systems that a test machine may or may not be able to give."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.shelving import images


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """`mount("tmpfs", "-t", "tmpfs", …)` mounts something at `tmp_path/name`; it is unmounted after the test."""
    mounted: list[Path] = []

    def mount_at(name: str, *options: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            pytest.skip(f"this machine does not mount {' '.join(options)}: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting takes root")
    yield mount_at
    for folder in mounted:
        if os.path.ismount(folder):
            subprocess.run(["umount", str(folder)], check=True, timeout=30)


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`, so that links from there cannot be."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to without root")
    folder = shm / f"cratekeeper-test-{os.getpid()}-{tmp_path.name}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=[kind for kind in images.KINDS if kind.is_blind_to_case], ids=str)
def caseless_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A real file system that is blind to case."""
    with images.mounted(request.param, tmp_path) as folder:
        yield folder


@pytest.fixture
def exfat_disk(tmp_path: Path) -> Iterator[Path]:
    """exFAT with neither links nor an exclusive rename: the poorest disk that a DJ has."""
    with images.mounted(images.EXFAT_FUSE, tmp_path) as folder:
        yield folder


@pytest.fixture
def ntfs_disk(tmp_path: Path) -> Iterator[Path]:
    """NTFS that is blind to case and takes only names that Windows takes."""
    with images.mounted(images.NTFS_FUSE, tmp_path) as folder:
        yield folder
