"""Puts one finished file at its final name: whole or not at all, and never over anything.

Where links work the work file just gets a second name. Elsewhere it is copied into a hidden name in the same folder,
brought onto the medium, and only then given its final name. A kill leaves at most a hidden part, which the next call
for the same name clears away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.errors import BadMedia, NotFound
from daemon.models import Rendered
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.pipeline.shelving.folders import sync, sync_folder, twin_of
from daemon.pipeline.shelving.names import MAX_NAME_BYTES, shortened
from daemon.pipeline.shelving.publishing import WAYS, Checkpoint, Unsupported, Way, link_anew

_CHUNK_BYTES = 1 << 20
_TOKEN_BYTES = 4
_PART_ENDING = ".cratekeeper-part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The file is at `path`, on the medium."""

    path: Path
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Something else has that name, or one that differs in case or spelling only. Nothing was changed."""

    by: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A complete copy under its hidden name, about to get its final one."""

    path: Path
    mtime_ns: int


Announce = Callable[[Part | None], None]


def _silent(_: object) -> None:
    """For callers who need not know."""


def place(
    rendered: Rendered,
    target: Path,
    *,
    setting: str,
    shared: bool = True,
    announce: Announce = _silent,
    ways: Sequence[Way] = WAYS,
    checkpoint: Checkpoint = _silent,
) -> Placed | Taken:
    """Puts the file at `target`, whose folder must be there; the work file stays. Safe to call again after a kill: what
    is there already, byte for byte, counts as placed.

    `shared` allows a hard link to the work file: nobody may write into that any more, so whoever renders again makes a
    new file and renames it. Without `shared` the copy is independent: a program that edits it changes nothing else.

    `announce` is called when a hidden copy is complete, before it gets its name; from then on the hidden copy goes away
    only by getting it, or after `announce(None)` took that back.

    Raises Transient naming `setting` when the disk refuses, NotFound or BadMedia when the work file is gone or is not
    what was rendered."""
    with told_as_transient(setting, target.parent):
        _clear_away_leftovers(target)
        checkpoint("cleared")
        if (occupant := twin_of(target)) is not None:
            return _judged(occupant, target, rendered)
        try:
            placed = _linked(rendered, target, checkpoint) if shared else None
            return placed or _copied(rendered, target, announce, ways, checkpoint)
        except FileExistsError:
            return _judged(target, target, rendered)


def is_file_of(path: Path, size: int, sha256: str) -> bool:
    """Whether a plain file with exactly these bytes is there. Raises OSError."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def was_published(part: Path) -> bool:
    """Whether an announced part got its final name before the process was killed, even if the file was moved on since.
    Raises OSError."""
    try:
        return part.lstat().st_nlink > 1
    except FileNotFoundError:
        return True


def _judged(occupant: Path, target: Path, rendered: Rendered) -> Placed | Taken:
    if occupant == target and is_file_of(target, rendered.size, rendered.sha256):
        sync_folder(target.parent)  # the kill may have come just before
        return Placed(path=target, mtime_ns=target.stat().st_mtime_ns)
    return Taken(by=occupant)


def _linked(rendered: Rendered, target: Path, checkpoint: Checkpoint) -> Placed | None:
    """A link to the work file, or None where there can be none."""
    with _opened(rendered) as work_file:
        sync(work_file.fileno())
        checkpoint("work file synced")
        try:
            link_anew(Path(rendered.path), target)
        except Unsupported:
            return None
        checkpoint("linked to the work file")
        sync_folder(target.parent)
        return Placed(path=target, mtime_ns=os.fstat(work_file.fileno()).st_mtime_ns)


def _copied(
    rendered: Rendered, target: Path, announce: Announce, ways: Sequence[Way], checkpoint: Checkpoint
) -> Placed:
    with _opened(rendered) as work_file, _hidden_part(target) as (path, part_file):
        checkpoint("part begun")
        _copy(work_file, part_file, rendered, checkpoint)
        sync(part_file.fileno())
        sync_folder(target.parent)
        checkpoint("part synced")
        part = Part(path=path, mtime_ns=os.fstat(part_file.fileno()).st_mtime_ns)
        announce(part)
        try:
            checkpoint("announced")
            _publish(part.path, target, ways, checkpoint)
        except OSError:
            announce(None)
            raise
        checkpoint("published")
        sync_folder(target.parent)
        checkpoint("folder synced")
        return Placed(path=target, mtime_ns=part.mtime_ns)


@contextmanager
def _opened(rendered: Rendered) -> Iterator[BinaryIO]:
    try:
        work_file = Path(rendered.path).open("rb")  # noqa: SIM115 -- closed below; only the opening is translated here
    except FileNotFoundError as error:
        raise NotFound(f"{rendered.path} is gone from the work folder; the track has to be made again.") from error
    with work_file:
        yield work_file


@contextmanager
def _hidden_part(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new hidden file, locked while we live. It is removed when the disk or the work file is at fault. A kill, or an
    announcement that failed, leaves it to the next call."""
    path = target.parent / _part_name(target.name)
    with path.open("xb") as file:
        with suppress(OSError):  # a file system without locks; then only its name protects it
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield path, file
        except (OSError, BadMedia):
            with suppress(OSError):  # the first error is the one to tell; the next call clears away
                path.unlink(missing_ok=True)
            raise


def _copy(work_file: BinaryIO, part_file: BinaryIO, rendered: Rendered, checkpoint: Checkpoint) -> None:
    digest = hashlib.sha256()
    while chunk := work_file.read(_CHUNK_BYTES):
        digest.update(chunk)
        part_file.write(chunk)
        part_file.flush()
        checkpoint("chunk written")
    if digest.hexdigest() != rendered.sha256:
        raise BadMedia(f"{rendered.path} has changed since it was rendered; the track has to be made again.")


def _publish(part: Path, target: Path, ways: Sequence[Way], checkpoint: Checkpoint) -> None:
    *better, last = ways
    for way in better:
        try:
            return way(part, target, checkpoint)
        except Unsupported:
            continue
    return last(part, target, checkpoint)


def _part_name(name: str) -> str:
    return f"{_part_beginning(name)}{secrets.token_hex(_TOKEN_BYTES)}{_PART_ENDING}"


def _part_beginning(name: str) -> str:
    room = MAX_NAME_BYTES - len("..") - 2 * _TOKEN_BYTES - len(_PART_ENDING)
    return f".{shortened(name, room)}."


def _clear_away_leftovers(target: Path) -> None:
    """Removes the hidden parts that killed calls for this name left, and the empty file of a killed reservation."""
    leftovers = [part for part in _parts_of(target) if not _is_in_use(part)]
    if leftovers and target.is_file() and not target.is_symlink() and target.stat().st_size == 0:
        target.unlink()
    for part in leftovers:
        part.unlink(missing_ok=True)


def _parts_of(target: Path) -> list[Path]:
    ours = re.compile(
        re.escape(_part_beginning(target.name)) + f"[0-9a-f]{{{2 * _TOKEN_BYTES}}}" + re.escape(_PART_ENDING)
    )
    with os.scandir(target.parent) as entries:
        return [
            target.parent / entry.name
            for entry in entries
            if ours.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]


def _is_in_use(part: Path) -> bool:
    """Whether a living process is writing it."""
    try:
        with part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return True
    except OSError:  # no locks here: it has our name, so it is ours, and a living writer would try again
        return False
    return False
