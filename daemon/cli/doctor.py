"""`cratekeeper doctor`: each line ok, warning or problem, and what to do."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from daemon.errors import ConfigError
from daemon.ledger import Ledger
from daemon.models import Check
from daemon.secrets import Masker
from daemon.service.doctor import examine, exit_code
from daemon.service.pausing import paused_since
from daemon.settings import Loaded
from daemon.wiring.clinic import Remembered, checks
from daemon.wiring.outside import Outside

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


def doctor(loaded: Loaded, masker: Masker, *, as_json: bool) -> int:
    """Looks at everything, says it line by line, and answers the exit code."""
    found: list[Check] = []
    with (
        tempfile.TemporaryDirectory(prefix="cratekeeper-doctor-") as scratch,
        closing(Outside(loaded.settings, masker.add, scratch=Path(scratch))) as outside,
        _memory(loaded) as remembered,
    ):
        for check in examine(checks(loaded, outside, remembered)):
            found.append(check)
            if not as_json:
                click.echo(masker.mask(line_of(check)))
    if as_json:
        answer = {"ok": exit_code(found) == 0, "checks": [dataclasses.asdict(check) for check in found]}
        click.echo(masker.mask(json.dumps(answer, ensure_ascii=False)))
    return exit_code(found)


def say_problems(error: ConfigError, *, as_json: bool) -> int:
    """Wrong settings: nothing else can be looked at before they are right."""
    todo = "Correct it in the .env, and run doctor again."
    found = [Check(name=problem.setting, level="problem", text=problem.what, todo=todo) for problem in error.problems]
    found += [Check(name="settings", level="warning", text=hint, todo=todo) for hint in error.hints]
    if as_json:
        click.echo(json.dumps({"ok": False, "checks": [dataclasses.asdict(check) for check in found]}))
    else:
        click.echo("\n".join(map(line_of, found)))
    return exit_code(found)


def line_of(check: Check) -> str:
    """One check for a person: what it is, how it stands, what to do."""
    mark, colour = _MARKS[check.level]
    todo = f"\n{'':21}→ {check.todo}" if check.todo else ""
    shown = click.style(mark, fg=colour) if sys.stdout.isatty() and "NO_COLOR" not in os.environ else mark
    return f"{shown} {check.name:<18} {check.text}{todo}"


@contextmanager
def _memory(loaded: Loaded) -> Iterator[Remembered]:
    """What the ledger remembers; nothing where there is no ledger yet, and none is made."""
    settings = loaded.settings
    url = settings.ledger_url.get_secret_value()
    is_there = settings.database_url is not None or (settings.var_dir / "ledger.db").exists()
    if not is_there or not Ledger.is_current(url):
        yield Remembered()
        return
    with Ledger.open(url, time.time) as ledger:
        yield Remembered(of_folder=ledger.shelf_memory.recall, paused_since=paused_since(ledger))
