"""Which host this is, and that only one process of ours works on it.

The name of a laptop changes with the network, so a host is known by an id in `VAR_DIR`. The lock is the kernel's: it is
gone with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import ConfigError, Problem

_ID_FILE = "host.id"
_LOCK_FILE = "daemon.lock"
_LOOKS_S = 0.01
_LOOKERS_GO_WITHIN_S = 5.0


def host_id(var_dir: Path) -> str:
    """The id of this host; made once, kept for good. Any number of threads and processes that ask at the same time get
    the same answer. Raises ConfigError when the file was emptied: without an id, two hosts would pass for one."""
    file = var_dir / _ID_FILE
    if not file.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        _make_id(file)
    found = file.read_text().strip()
    if not found:
        raise ConfigError([Problem("VAR_DIR", f"{file} is empty; delete it, and this host gets a new id.")])
    return found


def _make_id(file: Path) -> None:
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{_ID_FILE}.") as draft:
        draft.write(secrets.token_hex(8))
        draft.flush()
        os.fsync(draft.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, file)  # the first one wins; a rename would let the last one win


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on this host now."""

    pid: int
    mode: str


class HostLock:
    """The right to work on this host. Never inherited by children: they are spawned, and the file is closed on exec."""

    def __init__(self, var_dir: Path) -> None:
        self._path = var_dir / _LOCK_FILE
        self._file: int | None = None

    def take(self, mode: str) -> bool:
        """Takes the lock if it is free, and writes down who holds it."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            taken = _locked(file)
        except OSError:  # a share without locks
            os.close(file)
            raise
        if not taken:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "mode": mode}).encode(), 0)
        self._file = file
        return True

    def is_taken(self) -> bool:
        """Whether a process holds it now. Writes nothing."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def holder(self) -> Holder | None:
        """Who wrote themselves down last; only meaningful right after `take` said no, or `is_taken` yes."""
        try:
            about = json.loads(self._path.read_text())
            return Holder(pid=about["pid"], mode=about["mode"])
        except (OSError, ValueError, KeyError):
            return None

    def release(self) -> None:
        """Gives the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(file: int) -> bool:
    """Whether we got the lock. Somebody who only looks (`is_taken`) holds it for a moment, a long one on a machine that
    has much to do: that is waited for. They are told from who has it by this: one can look beside them."""
    deadline = time.monotonic() + _LOOKERS_GO_WITHIN_S
    while not _got(file, fcntl.LOCK_EX):
        if not _got(file, fcntl.LOCK_SH) or time.monotonic() > deadline:
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(random.uniform(0.0, _LOOKS_S))  # noqa: S311 -- so that two who do this do not keep step
    return True


def _got(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
