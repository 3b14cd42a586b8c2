"""Is a target folder really there? A missing drive must not be mistaken for an empty one: under its mount point the
files would land on the boot disk.

The library is known by a marker file in it, an inbox of another program by the mount point it was on at first use.
(A device number changes each time a drive is plugged in, so the number itself is not what is remembered.) What is known
is kept by the caller: the functions here take and return plain strings.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import Transient
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.pipeline.shelving.folders import made, sync, sync_folder

MARKER = ".cratekeeper-library"
_ROOTS = ("/Volumes", "/media", "/mnt", "/run/media")
REMOVABLE_ROOTS = tuple(dict.fromkeys(Path(place) for root in _ROOTS for place in (root, os.path.realpath(root))))
"""Where drives are mounted: a folder below one of these is taken for a drive's. Fedora's `/mnt` is a link to
`/var/mnt`, and what is asked about is where links lead."""

_MARKER_WORDS = (
    "This folder is a Cratekeeper library. The file tells a plugged-in drive from a missing one: leave it here."
)
_ALWAYS_MOUNTED = Path("/Volumes")
"""On macOS this is a mount point itself (a firmlink), with or without a drive in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What can be seen of a target folder."""

    path: Path
    """Resolved: a link to a drive is on that drive."""
    exists: bool
    mount_point: Path
    """The nearest one at or above the path."""
    marker: str | None = None
    """The id in the marker file; empty when it cannot be read, None when there is no such file."""


@dataclass(frozen=True, slots=True)
class Here:
    """It is the one we know."""


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Never seen before, and nothing speaks against beginning here."""


@dataclass(frozen=True, slots=True)
class Away:
    """Wait for it."""

    reason: str


Verdict = Here | FirstUse | Away


def judge_library(facts: Facts, known: str | None, roots: Sequence[Path] = REMOVABLE_ROOTS) -> Verdict:
    """`known` is the id of the library that was here before, None at first use. An id that could not be read, then or
    now, is no evidence of another library."""
    if known is None:
        return Here() if facts.marker is not None else _judge_first_use(facts, roots)
    if facts.marker is None:
        return Away(
            f"the library {facts.path} is not there; plug the drive in. Nothing is lost, it goes on by itself. "
            f"(If this is the right folder, put an empty file named {MARKER} into it.)"
        )
    if known and facts.marker and facts.marker != known:
        return Away(
            f"{facts.path} holds another library than before; plug the right drive in. "
            f"(If this is the one you want, empty the file {MARKER} in it.)"
        )
    return Here()


def library_is_there(out_dir: Path, known: str | None) -> bool:
    """Whether the library that was used before is in its place now; a look, and nothing more."""
    return known is not None and isinstance(judge_library(facts_of(out_dir), known), Here)


def judge_inbox(facts: Facts, known: str | None, roots: Sequence[Path] = REMOVABLE_ROOTS) -> Verdict:
    """`known` is the mount point that the folder was on before, None at first use."""
    if known is None:
        return _judge_first_use(facts, roots)
    if not facts.exists:
        return Away(f"the folder {facts.path} is not there; plug the drive in, or make the folder.")
    if not facts.mount_point.is_relative_to(known):
        return Away(f"{facts.path} was on the drive at {known}, which is not mounted; plug it in.")
    return Here()


def ready_library(out_dir: Path, setting: str, known: str | None, roots: Sequence[Path] = REMOVABLE_ROOTS) -> str:
    """The id of the library in `out_dir`, to be given as `known` from then on. At first use the folder and its marker
    are made. Raises Transient, naming the setting, when it is not there or the disk refuses."""
    with told_as_transient(setting, out_dir):
        facts = facts_of(out_dir)
        if not _may_begin(judge_library(facts, known, roots), setting):
            return known or facts.marker or ""
        return _mark(made(facts.path))


def ready_inbox(folder: Path, setting: str, known: str | None, roots: Sequence[Path] = REMOVABLE_ROOTS) -> str:
    """The mount point that `folder` is on, to be given as `known` from then on. At first use the folder is made.
    Raises Transient, naming the setting, when it is not there or the disk refuses."""
    with told_as_transient(setting, folder):
        facts = facts_of(folder)
        if not _may_begin(judge_inbox(facts, known, roots), setting):
            return known or ""
        made(facts.path)
        return str(facts.mount_point)


def facts_of(folder: Path) -> Facts:
    """Looks. Raises OSError when even that is refused."""
    path = Path(os.path.realpath(folder))  # `Path.resolve` raises RuntimeError for links in a circle
    return Facts(
        path=path,
        exists=path.is_dir(),
        mount_point=next(above for above in (path, *path.parents) if os.path.ismount(above)),
        marker=_marker_id(path / MARKER),
    )


def _may_begin(verdict: Verdict, setting: str) -> bool:
    if isinstance(verdict, Away):
        raise Transient(f"{setting}: {verdict.reason}")
    return isinstance(verdict, FirstUse)


def _judge_first_use(facts: Facts, roots: Sequence[Path]) -> Verdict:
    root = next((root for root in roots if facts.path.is_relative_to(root)), None)
    if root is None:
        return FirstUse()
    on_a_drive = facts.mount_point.is_relative_to(root) and facts.mount_point != _ALWAYS_MOUNTED
    if on_a_drive:
        return FirstUse()
    return Away(f"{facts.path} is below {root}, where drives are, but no drive is mounted there; plug it in.")


def _marker_id(marker: Path) -> str | None:
    try:
        content = json.loads(marker.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        return ""
    return str(content.get("id", "")) if isinstance(content, dict) else ""


def _mark(out_dir: Path) -> str:
    library_id = secrets.token_hex(8)
    marker = out_dir / MARKER
    try:
        file = marker.open("xb")
    except FileExistsError:  # another process of ours was a moment faster
        return _marker_id(marker) or ""
    with file:
        file.write(json.dumps({"id": library_id, "what": _MARKER_WORDS}, indent=1).encode())
        file.flush()
        sync(file.fileno())
    sync_folder(out_dir)
    return library_id
