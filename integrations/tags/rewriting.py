"""New tags for a file that the person has, without a moment in which it is not whole.

The tags are written into a hidden copy beside it, which then takes its name in one step: whenever the power goes, there
is the old file or the new one. A kill leaves at most a hidden copy, which the next rewriting in that folder clears
away: at once, or after a day where the file system knows no locks. Another hard link of the file keeps the old tags: it
may be another program's, or our own work file.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.errors import BadMedia, Transient
from daemon.models import Tags
from integrations.tags.writing import write_verified

_TOKEN_BYTES = 8
_ABANDONED_S = 24 * 3600
_HIDDEN = re.compile(rf"\.cratekeeper-[0-9a-f]{{{2 * _TOKEN_BYTES}}}\.tags\.(m4a|wav|aiff)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The file as it is now."""

    changed: bool
    """False: it had these tags already, and was not touched."""
    size: int
    mtime_ns: int
    sha256: str


def rewrite(path: Path, tags: Tags) -> Rewritten:
    """Writes the tags, verified, into a file that the person has. Mode, owner and extended attributes stay (on macOS
    the attributes do not); the time of change is now, as after any other editor.

    Raises Transient when somebody else changed the file meanwhile, BadMedia as `write_verified`, OSError as the disk
    does, PermissionError for a file that is marked as not to be written. Then the file is as it was."""
    path = path.resolve(strict=True)  # of a link, the file that it leads to
    _clear_away_leftovers(path.parent)
    with path.open("rb") as original:
        before = _writable_state(original, path)
        with _hidden_copy(original, before, path) as copy:
            _write(copy, tags, path)
            with copy.open("r+b") as written:
                old, new = _sha256(original), _sha256(written)
                _sync(written.fileno())
                after = os.fstat(written.fileno())
            if old == new:
                return Rewritten(changed=False, size=before.st_size, mtime_ns=before.st_mtime_ns, sha256=old)
            if not _is_unchanged(path, before):
                raise Transient(f"{path.name} was changed by another program just now; its tags are written later.")
            copy.replace(path)
            _sync_folder(path.parent)
            return Rewritten(changed=True, size=after.st_size, mtime_ns=after.st_mtime_ns, sha256=new)


def _write(copy: Path, tags: Tags, path: Path) -> None:
    try:
        write_verified(copy, tags)
    except BadMedia as error:
        raise BadMedia(str(error).replace(copy.name, path.name)) from error


def _writable_state(file: BinaryIO, path: Path) -> os.stat_result:
    state = os.fstat(file.fileno())
    if not state.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{path} is marked as not to be written; its tags stay as they are.")
    return state


@contextmanager
def _hidden_copy(original: BinaryIO, state: os.stat_result, path: Path) -> Iterator[Path]:
    """A copy of our own, locked while we live, gone at the end unless it was renamed."""
    copy = path.parent / f".cratekeeper-{secrets.token_hex(_TOKEN_BYTES)}.tags{path.suffix.lower()}"
    with copy.open("xb") as file:
        try:
            with suppress(OSError):  # a file system without locks; then only its name protects it
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.copyfileobj(original, file, 1 << 20)
            file.flush()
            shutil.copystat(path, copy)
            with suppress(OSError):  # another person's file in a shared folder: the copy is ours
                os.chown(copy, state.st_uid, state.st_gid)
            yield copy
        finally:
            copy.unlink(missing_ok=True)


def _is_unchanged(path: Path, before: os.stat_result) -> bool:
    try:
        now = path.lstat()
    except FileNotFoundError:
        return False
    return all(
        getattr(now, name) == getattr(before, name)
        for name in ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    )


def _clear_away_leftovers(folder: Path) -> None:
    """Removes the copies that killed rewritings left."""
    with os.scandir(folder) as entries:
        leftovers = [Path(entry.path) for entry in entries if _HIDDEN.fullmatch(entry.name)]
    for leftover in leftovers:
        with suppress(OSError), leftover.open("rb") as file:  # OSError: it is gone, or not ours to remove
            if _is_abandoned(file):
                leftover.unlink()


def _is_abandoned(file: BinaryIO) -> bool:
    """Whether nobody is writing that copy any more."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: no rewriting takes that long
        state = os.fstat(file.fileno())
        # A copy takes over the original's time of writing, which may be years ago: its own is that of its change.
        return time.time() - max(state.st_ctime, state.st_mtime) > _ABANDONED_S
    return True


def _sha256(file: io.BufferedReader | io.BufferedRandom) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(file: int) -> None:
    """Returns when the file is on the medium; macOS would leave it in the drive's cache."""
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:
        with suppress(OSError):  # not every file system over there knows it
            fcntl.fcntl(file, full_sync)
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    # The file has its name already: a file system that cannot do this is no reason to call it a failure.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            _sync(handle)
        finally:
            os.close(handle)
