"""Puts one finished file at its final name: whole or not at all, and never over anything.

Where links work the work file just gets a second name. Elsewhere it is copied into a hidden name in the same folder,
brought onto the medium, and only then given its final name. A kill leaves at most a hidden part, which the next call
of the same owner clears away; nobody else's, for to its owner a part that is gone means that it got its name.
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
from daemon.pipeline.shelving.folders import names_in, sync, sync_folder, twin_of
from daemon.pipeline.shelving.names import MAX_NAME_BYTES, shortened
from daemon.pipeline.shelving.publishing import (
    PART_ENDING,
    SIGN_ENDING,
    WAYS,
    Checkpoint,
    Unsupported,
    Way,
    link_anew,
    sign_of,
)

_CHUNK_BYTES = 1 << 20
_TOKEN_BYTES = 4
"""Twice in a part's name: whose it is, and a number drawn by lot."""


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
    owner: str = "",
    shared: bool = True,
    announce: Announce = _silent,
    still_there: Callable[[], None] = lambda: None,
    ways: Sequence[Way] = WAYS,
    checkpoint: Checkpoint = _silent,
) -> Placed | Taken:
    """Puts the file at `target`, whose folder must be there; the work file stays. Safe to call again after a kill: what
    is there already, byte for byte, counts as placed.

    `shared` allows a hard link to the work file: nobody may write into that any more, so whoever renders again makes a
    new file and renames it. Without `shared` the copy is independent: a program that edits it changes nothing else.

    `owner` is whose file it is, in words that no other file shares: what a killed call of this owner left in the folder
    is cleared away first.

    `still_there` is called just before the first name is made in the folder, when the slow work on the work file is
    behind us; what it raises ends the call with nothing made.

    `announce` is called when a hidden copy is complete, before it gets its name; from then on the hidden copy goes away
    only by getting it, or after `announce(None)` took that back.

    Raises Transient naming `setting` when the disk refuses, NotFound or BadMedia when the work file is gone or is not
    what was rendered."""
    with told_as_transient(setting, target.parent):
        names = names_in(target.parent)
        if _clear_away_leftovers(target, owner, names):
            names = names_in(target.parent)
        checkpoint("cleared")
        if (occupant := twin_of(target, names)) is not None:
            return _judged(occupant, target, rendered)
        try:
            placed = _linked(rendered, target, still_there, checkpoint) if shared else None
            return placed or _copied(rendered, target, owner, still_there, announce, ways, checkpoint)
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


def _linked(rendered: Rendered, target: Path, still_there: Callable[[], None], checkpoint: Checkpoint) -> Placed | None:
    """A link to the work file, or None where there can be none."""
    with _opened(rendered) as work_file:
        sync(work_file.fileno())
        checkpoint("work file synced")
        still_there()
        try:
            link_anew(Path(rendered.path), target)
        except Unsupported:
            return None
        checkpoint("linked to the work file")
        sync_folder(target.parent)
        return Placed(path=target, mtime_ns=os.fstat(work_file.fileno()).st_mtime_ns)


def _copied(
    rendered: Rendered,
    target: Path,
    owner: str,
    still_there: Callable[[], None],
    announce: Announce,
    ways: Sequence[Way],
    checkpoint: Checkpoint,
) -> Placed:
    still_there()
    with _opened(rendered) as work_file, _hidden_part(target, owner) as (path, part_file):
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
def _hidden_part(target: Path, owner: str) -> Iterator[tuple[Path, BinaryIO]]:
    """A new hidden file, locked while we live. It is removed when the disk or the work file is at fault. A kill, or an
    announcement that failed, leaves it to the next call."""
    path = target.parent / _part_name(target.name, owner)
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


def _part_name(name: str, owner: str) -> str:
    return f"{_part_beginning(name)}{_mark(owner)}{secrets.token_hex(_TOKEN_BYTES)}{PART_ENDING}"


def _part_beginning(name: str) -> str:
    room = MAX_NAME_BYTES - len("..") - 4 * _TOKEN_BYTES - len(PART_ENDING)
    return f".{shortened(name, room)}."


def _mark(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()[: 2 * _TOKEN_BYTES]


def clear_away_leftovers(target: Path, owner: str) -> None:
    """Removes what killed calls of this owner left in the target's folder, if that is there. Raises OSError."""
    if target.parent.is_dir():
        _clear_away_leftovers(target, owner, names_in(target.parent))


def _clear_away_leftovers(target: Path, owner: str, names: Sequence[str]) -> bool:
    """Removes the owner's hidden parts, and the empty file that a killed reservation left under the target's name.
    Answers whether there was any."""
    hidden = [name for name in names if name.endswith((PART_ENDING, SIGN_ENDING))]
    parts = [target.parent / name for name in _left_in(hidden, owner, PART_ENDING)]
    signs = [target.parent / name for name in _left_in(hidden, owner, SIGN_ENDING)]
    dead = [part for part in parts if not _is_in_use(part)]
    in_use = {sign_of(part) for part in parts} - {sign_of(part) for part in dead}
    dead_signs = [sign for sign in signs if sign not in in_use]
    if any(sign.name.startswith(_part_beginning(target.name)) for sign in dead_signs) and _is_empty_file(target):
        target.unlink()
    for left in (*dead, *dead_signs):
        left.unlink(missing_ok=True)
    return bool(dead or dead_signs)


def _left_in(names: Sequence[str], owner: str, ending: str) -> list[str]:
    ours = re.compile(rf"\..*\.{_mark(owner)}[0-9a-f]{{{2 * _TOKEN_BYTES}}}{re.escape(ending)}", re.DOTALL)
    return [name for name in names if ours.fullmatch(name)]


def _is_empty_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == 0


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
