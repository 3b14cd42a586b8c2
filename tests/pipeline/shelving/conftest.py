"""File systems that a test machine may or may not be able to give."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


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


@pytest.fixture(params=["vfat", "ext4 -O casefold", "xfs -n version=ci"])
def caseless_disk(request: pytest.FixtureRequest, tmp_path: Path, mount: Callable[..., Path]) -> Path:
    """A real file system that is blind to case."""
    kind, *_ = request.param.split()
    formatting = {
        "vfat": ["mkfs.vfat"],
        "ext4": ["mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8"],
        "xfs": ["mkfs.xfs", "-q", "-n", "version=ci"],
    }[kind]
    if shutil.which(formatting[0]) is None:
        pytest.skip(f"{formatting[0]} is not installed")
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(320 * 2**20)  # sparse; the least that XFS takes
    subprocess.run([*formatting, str(image)], check=True, capture_output=True, timeout=60)
    options = ["-o", "loop,iocharset=utf8"] if kind == "vfat" else ["-o", "loop"]
    disk = mount("disk", "-t", kind, *options, str(image))
    if kind == "ext4":
        subprocess.run(["chattr", "+F", str(disk)], check=False, capture_output=True, timeout=30)
        folder = disk / "library"
        folder.mkdir()
        subprocess.run(["chattr", "+F", str(folder)], check=True, capture_output=True, timeout=30)
        return folder
    return disk
