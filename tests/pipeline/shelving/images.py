"""Disks in a file: made, mounted, and taken down again. What this machine cannot give is skipped by name."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Kind:
    """A file system, and how one comes by it."""

    name: str
    make: tuple[str, ...]
    mount: tuple[str, ...]
    """Followed by the image, or by its loop device, and the folder."""
    size_mb: int = 320
    needs_loop: bool = False
    is_blind_to_case: bool = True

    def __str__(self) -> str:
        return self.name


EXFAT_FUSE = Kind("exfat-fuse", ("mkfs.exfat",), ("mount.exfat-fuse",), size_mb=2048, needs_loop=True)
NTFS_FUSE = Kind("ntfs-3g", ("mkntfs", "-F", "-Q", "-q"), ("lowntfs-3g", "-o", "ignore_case,windows_names"))
CASEFOLD = Kind(
    "ext4-casefold",
    ("mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8"),
    ("mount", "-t", "ext4", "-o", "loop"),
)
KINDS = (
    EXFAT_FUSE,
    NTFS_FUSE,
    Kind("exfat", ("mkfs.exfat",), ("mount", "-t", "exfat", "-o", "loop,iocharset=utf8")),
    Kind("vfat", ("mkfs.vfat",), ("mount", "-t", "vfat", "-o", "loop,iocharset=utf8")),
    CASEFOLD,
    Kind("xfs-ci", ("mkfs.xfs", "-q", "-n", "version=ci"), ("mount", "-t", "xfs", "-o", "loop")),
)


@contextmanager
def mounted(kind: Kind, below: Path, *, in_memory: bool = False) -> Iterator[Path]:
    """A fresh one at `below/disk`, from the file `below/disk.img`; or from one in memory, where syncing ten thousand
    files costs nothing. Skips the test where that cannot be had."""
    if os.geteuid() != 0:
        pytest.skip(f"{kind}: mounting takes root")
    for program in (kind.make[0], kind.mount[0]):
        if shutil.which(program) is None:
            pytest.skip(f"{kind}: {program} is not installed")
    folder = below / "disk"
    folder.mkdir()
    with _image(kind, below, in_memory) as image, _device(image) if kind.needs_loop else nullcontext(image) as device:
        _must(*kind.mount, str(device), str(folder), skip=f"this machine does not mount {kind}")
        try:
            yield _folded(folder) if kind is CASEFOLD else folder
        finally:
            if os.path.ismount(folder):
                _must("umount", str(folder))


@contextmanager
def _device(image: Path) -> Iterator[str]:
    device = _must("losetup", "--find", "--show", str(image), skip="this machine has no loop devices")
    try:
        yield device
    finally:
        _must("losetup", "--detach", device)


@contextmanager
def _image(kind: Kind, below: Path, in_memory: bool) -> Iterator[Path]:
    image = below / "disk.img"
    if in_memory and Path("/dev/shm").is_dir():
        image = Path(f"/dev/shm/cratekeeper-{os.getpid()}-{kind}.img")
    with image.open("wb") as file:
        file.truncate(kind.size_mb * 2**20)  # sparse
    try:
        _must(*kind.make, str(image))
        yield image
    finally:
        image.unlink()


def _folded(disk: Path) -> Path:
    folder = disk / "folded"
    folder.mkdir()
    _must("chattr", "+F", str(folder))
    return folder


def _must(*command: str, skip: str = "") -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode and skip:
        pytest.skip(f"{skip}: {done.stderr.strip()}")
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout.strip()
