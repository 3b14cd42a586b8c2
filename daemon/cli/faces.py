"""What a person sees while it works: live lines in a terminal, one clean log line a step without one."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from daemon.logs import tamed
from daemon.pipeline.telling import Tell, Told
from daemon.secrets import Masker

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

log = logging.getLogger("cratekeeper")

_STEP_WIDTH = 9


@contextmanager
def face(masker: Masker) -> Iterator[Tell]:
    """The face for this terminal, or for none."""
    if sys.stderr.isatty():
        with _live(masker) as tell:
            yield tell
    else:
        yield _LogFace().tell


class _LogFace:
    """One line a step, which names its track: two are worked on at a time."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def tell(self, told: Told) -> None:
        name = self._names.get(told.track_id)
        text = f"{name}: {told.text}" if name else told.text
        if told.state == "done":
            log.info("%s: %s", told.step, text)
        elif told.state == "failed":
            log.warning("%s: %s", told.step, text)
        if told.step == "resolve" and told.state == "done":
            self._names[told.track_id] = told.text
        elif told.step == "conclude" and told.state in ("done", "failed"):
            self._names.pop(told.track_id, None)


@contextmanager
def _live(masker: Masker) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[step]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _LiveFace(progress, masker).tell


class _LiveFace:
    """A line that moves for every step that runs, and a line that stays for every step that ended."""

    def __init__(self, progress: Progress, masker: Masker) -> None:
        self._progress = progress
        self._masker = masker
        self._running: dict[tuple[str, str], tuple[TaskID, float]] = {}

    def tell(self, told: Told) -> None:
        key = (told.track_id, told.step)
        text = tamed(self._masker.mask(told.text))
        if told.state == "begun":
            step = f"{told.step:<{_STEP_WIDTH}}"
            self._running[key] = (self._progress.add_task("", total=None, step=step, text=""), time.monotonic())
        elif told.state == "progress" and key in self._running:
            total = None if told.fraction is None else 1.0
            self._progress.update(self._running[key][0], total=total, completed=told.fraction or 0, text=text)
        elif key in self._running:
            task, began = self._running.pop(key)
            self._progress.remove_task(task)
            self._ended(told, text, time.monotonic() - began)

    def _ended(self, told: Told, text: str, took_s: float) -> None:
        from rich.text import Text

        mark, style = ("✓", "green") if told.state == "done" else ("✗", "red")
        line = Text.assemble((f"{mark} ", style), f"{told.step:<{_STEP_WIDTH}} ", text, (f"  {took_s:.1f} s", "dim"))
        self._progress.console.print(line)
