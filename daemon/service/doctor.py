"""What `doctor` looks at on this machine: the folders and the ledger. The rest is each integration's own `check`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import DaemonError
from daemon.models import Check
from daemon.pipeline.shelving.volumes import Away, facts_of, judge_inbox, judge_library

_LITTLE_ROOM_GB = 5.0
_NO_ROOM_GB = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of the person's, as doctor sees it."""

    setting: str
    path: Path
    exists: bool
    away: str | None
    """Why it is not really there (a drive that is not mounted); None when nothing speaks against it."""
    writable: bool
    """The folder, or, where there is none yet, the nearest one above it."""
    free_gb: float


def look_at(setting: str, path: Path, known: str | None) -> Place:
    """Looks at a folder and changes nothing. `known` is what the shelf remembers of it."""
    facts = facts_of(path)
    judge = judge_library if setting == "OUT_DIR" else judge_inbox
    verdict = judge(facts, known)
    nearest = next(folder for folder in (facts.path, *facts.path.parents) if folder.exists())
    return Place(
        setting=setting,
        path=facts.path,
        exists=facts.exists,
        away=verdict.reason if isinstance(verdict, Away) else None,
        writable=os.access(nearest, os.W_OK | os.X_OK),
        free_gb=shutil.disk_usage(nearest).free / 1e9,
    )


def judge_place(place: Place) -> Check:
    """One line for a folder; pure."""
    name = place.setting
    if place.away is not None:
        return Check(name=name, level="warning", text=place.away, todo="Plug the drive in; copies wait until then.")
    if not place.writable:
        todo = f"Give yourself the right to write there, or set {name} to another folder."
        return Check(name=name, level="problem", text=f"{place.path} cannot be written to.", todo=todo)
    room = f"{place.free_gb:,.0f} GB free"
    if place.free_gb < _NO_ROOM_GB:
        return Check(name=name, level="problem", text=f"{place.path} is full.", todo="Make room on that disk.")
    if place.free_gb < _LITTLE_ROOM_GB:
        text = f"{place.path} has little room: {place.free_gb:.1f} GB free."
        return Check(name=name, level="warning", text=text, todo="Make room on that disk before it stops the work.")
    there = "there, writable" if place.exists else "not there yet, will be made"
    return Check(name=name, level="ok", text=f"{place.path}: {there}, {room}.")


def examine(checks: Iterable[tuple[str, Callable[[], Check]]]) -> Iterator[Check]:
    """Runs one check after another. A check that fails in an unforeseen way is a problem of its own, and no more."""
    for name, check in checks:
        try:
            yield check()
        except (DaemonError, OSError) as error:
            yield Check(name=name, level="problem", text=str(error), todo="Put that right, and run doctor again.")


def exit_code(checks: Sequence[Check]) -> int:
    """1 when there is a problem; warnings do not stop anybody."""
    return int(any(check.level == "problem" for check in checks))
