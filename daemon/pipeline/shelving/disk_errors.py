"""What the disk says, in the person's words. A disk that refuses is waited for: drives come back, people make room."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.errors import Transient

_LOOK_AGAIN_S = 600.0
"""As with too little room: long enough to cost nothing, short enough that nobody has to start anything again."""

_FULL = "is full. Make room there"
_FORBIDDEN = "may not be written to by this program. Give it the right to, or choose another folder"
_AWAY = "does not answer. Plug the drive in, or connect the share again"
_NO_FOLDER = "is not a folder that can be made or used. Choose another one"

_WORDS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "has no quota left for this user. Make room there",
    errno.EFBIG: "cannot hold a file this big. Choose a drive that can (exFAT, not FAT32)",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "is read-only. Make it writable, or choose another folder",
    errno.ENOENT: _AWAY,
    errno.ENODEV: _AWAY,
    errno.ENXIO: _AWAY,
    errno.EIO: _AWAY,
    errno.ENOTCONN: _AWAY,
    errno.ESTALE: _AWAY,
    errno.ETIMEDOUT: _AWAY,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ELOOP: _NO_FOLDER,
    errno.ENAMETOOLONG: "does not take names this long. Shorten the name template, or choose another folder",
}


@contextmanager
def told_as_transient(setting: str, folder: Path) -> Iterator[None]:
    """Turns what the disk under `folder` refuses into Transient, naming the folder, its setting and what to do. It says
    when to look again: the disk is to blame, and wears no track out."""
    try:
        yield
    except OSError as error:
        what = _WORDS.get(error.errno or 0, f"does not take the file ({error.strerror or error}). Look at the drive")
        raise Transient(
            f"{setting}: {folder} {what}; nothing is lost, it goes on by itself.", retry_after_s=_LOOK_AGAIN_S
        ) from error
