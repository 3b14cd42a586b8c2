"""Folders: made to last, and found again in whatever case or spelling somebody else made them."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from daemon.models import collision_key
from daemon.pipeline.shelving.names import folder_with_suffix

_BEGINNING = 24
_ENDING = 4
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF})
"""What FUSE and network file systems answer when asked to sync a folder; they have no such thing to do."""


def sync(file: int) -> None:
    """Returns when the file is on the medium. On macOS fsync leaves it in the drive's cache; F_FULLFSYNC does not."""
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:
        try:
            fcntl.fcntl(file, full_sync)
        except OSError:  # not every file system over there knows it
            os.fsync(file)
    else:
        os.fsync(file)


def sync_folder(folder: Path) -> None:
    """Returns when the folder's names are on the medium, where the file system can do that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(handle)


def made(folder: Path) -> Path:
    """The folder, made with its parents where it is missing. Raises OSError."""
    if not folder.is_dir():
        made(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    return folder


def made_below(root: Path, names: Sequence[str]) -> Path:
    """The folder `names` below `root`, which must be there. `House` that exists is taken for `house`; where a file
    has the name, the folder gets the next suffix. Raises OSError."""
    folder = root
    for name in names:
        folder = _subfolder(folder, name)
    return folder


def names_in(folder: Path) -> list[str]:
    """Everything that is in the folder, by name. Raises OSError."""
    return os.listdir(folder)  # noqa: PTH208 -- paths of twenty thousand files would cost ten times as much


def twin_of(path: Path, names: Sequence[str] | None = None) -> Path | None:
    """What already has this name in its folder, or one that some file system takes for the same. `names` is what the
    folder was just seen to hold, where the caller has looked. Raises OSError."""
    if os.path.lexists(path):
        return path
    key = collision_key(path.name)
    spelt_out = unicodedata.normalize("NFD", key)
    beginning, ending = spelt_out[:_BEGINNING], spelt_out[-_ENDING:]
    for name in names_in(path.parent) if names is None else names:
        # Plain letters stand for themselves. That spares most of twenty thousand names the long way.
        first, last = name[: len(beginning)], name[-len(ending) :]
        if (first.isascii() and first.lower() != beginning) or (last.isascii() and last.lower() != ending):
            continue
        if collision_key(name) == key:
            return path.parent / name
    return None


def _subfolder(folder: Path, name: str) -> Path:
    numbers = itertools.count(1)
    while True:
        wanted = folder / folder_with_suffix(name, next(numbers))
        existing = twin_of(wanted)
        if existing is None:
            wanted.mkdir(exist_ok=True)
            sync_folder(folder)
            return wanted
        if existing.is_dir():
            return existing
