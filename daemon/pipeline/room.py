"""Room on the disk: looked at before anything is written, so that the person's other programs keep some."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from daemon.errors import Transient

_LOOK_AGAIN_S = 600.0
_GB = 1e9


class TooLittleRoom(Transient):
    """Somebody has to make room. The sentence is the same with every look, so that it can be told once; `numbers` are
    of this one."""

    def __init__(self, message: str, *, numbers: str) -> None:
        super().__init__(message, retry_after_s=_LOOK_AGAIN_S)
        self.numbers = numbers


def free_bytes(folder: Path) -> int:
    """What is free on the disk where `folder` is, or will be. Raises OSError when that disk does not answer."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


def keep_free(
    folder: Path, need_bytes: int, keep_bytes: int, setting: str, free: Callable[[Path], int] = free_bytes
) -> None:
    """Sees to it that `need_bytes` more fit into `folder` and leave `keep_bytes` (MIN_FREE_GB) free. `setting` names
    the folder as the person does: `OUT_DIR`.

    Raises TooLittleRoom, or Transient when the disk does not say how much there is; no service is to blame for it.
    """
    try:
        have = free(folder)
    except OSError as error:
        raise Transient(
            f"{setting}: {folder} does not say how much room it has ({error.strerror or error}). See that its disk is "
            "there; nothing is lost, it goes on by itself.",
            retry_after_s=_LOOK_AGAIN_S,
        ) from error
    missing = need_bytes + keep_bytes - have
    if missing > 0:
        raise TooLittleRoom(
            f"{setting}: {folder} has too little room, for MIN_FREE_GB keeps {_gb(keep_bytes)} free there. Make room, "
            "or set MIN_FREE_GB lower; nothing is lost, it goes on by itself.",
            numbers=f"{_gb(have)} are free, {_gb(need_bytes)} are needed: {_gb(missing)} are missing",
        )


def _gb(size: int) -> str:
    return f"{size / _GB:.2f} GB" if size >= _GB / 100 else f"{size / 1e6:.1f} MB"
