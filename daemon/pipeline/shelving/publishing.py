"""Ways of giving a finished file its final name without ever replacing what has that name.

A way raises FileExistsError when the name is taken, and Unsupported when this system or file system does not know it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

Checkpoint = Callable[[str], None]
"""Called with a few words between two writes, so that a test can end the process there."""

Way = Callable[[Path, Path, Checkpoint], None]
"""`way(part, target, checkpoint)`: afterwards the file is at `target`, and `part` is gone."""

PART_ENDING = ".cratekeeper-part"
SIGN_ENDING = ".cratekeeper-sign"

_NOT_HERE = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
_NO_LINKS = _NOT_HERE | {errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV}
"""FAT and exFAT say EPERM; some network shares EACCES. Where it is a real refusal, the next way meets it again."""

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4


class Unsupported(OSError):
    """Not a way that works here; another may."""


def link_anew(source: Path, target: Path) -> None:
    """A second name for the same file."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise Unsupported(error.errno, error.strerror) from error
        raise


def by_rename(part: Path, target: Path, _checkpoint: Checkpoint) -> None:
    """One indivisible step: RENAME_NOREPLACE on Linux, RENAME_EXCL on macOS."""
    _rename_exclusively(os.fsencode(part), os.fsencode(target))


def by_link(part: Path, target: Path, checkpoint: Checkpoint) -> None:
    """For file systems with links but without the exclusive rename: NFS, and older FUSE."""
    link_anew(part, target)
    checkpoint("linked")
    part.unlink()


def by_reservation(part: Path, target: Path, checkpoint: Checkpoint) -> None:
    """For those with neither (exFAT on macOS and under FUSE, some shares): takes the name with an empty file, then
    renames over that. An empty file left by a kill in between is known by the hidden sign that stands beside it."""
    sign = sign_of(part)
    _make_empty(sign)
    try:
        checkpoint("reservation signed")
        _make_empty(target)
        checkpoint("reserved")
        _rename_over_ours(part, target)
    except OSError:
        sign.unlink(missing_ok=True)
        raise
    checkpoint("renamed over the reservation")
    sign.unlink()


def sign_of(part: Path) -> Path:
    """The hidden empty file that says: an empty file under the name of this part's target is ours."""
    return part.with_name(part.name.removesuffix(PART_ENDING) + SIGN_ENDING)


WAYS: tuple[Way, ...] = (by_rename, by_link, by_reservation)
"""Best first: after a rename there is no doubt, whenever the process is killed, whether it happened."""


def _rename_over_ours(part: Path, target: Path) -> None:
    try:
        part.rename(target)
    except OSError:
        target.unlink()
        raise


def _make_empty(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))


def _rename_exclusively(old: bytes, new: bytes) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(old, new, _RENAME_EXCL)
        else:
            failed = library.renameat2(_AT_FDCWD, old, _AT_FDCWD, new, _RENAME_NOREPLACE)
    except AttributeError as error:  # a C library without it
        raise Unsupported(errno.ENOSYS, "no exclusive rename in the C library") from error
    if not failed:
        return
    code = ctypes.get_errno()
    if code in _NOT_HERE:
        raise Unsupported(code, os.strerror(code))
    raise OSError(code, os.strerror(code), os.fsdecode(new))
