"""`--dry-run`: what would be done, in words. Asks the sources, and changes nothing, here or outside.

The ledger is looked at in a copy. The one thing that may be kept is a log-in: where Spotify gives a new refresh token,
it has ended the old one.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from daemon.chain import Answer
from daemon.errors import Unreachable
from daemon.logs import tamed
from daemon.models import TrackRef
from daemon.secrets import Masker
from daemon.service.taking import left_unfinished, look
from daemon.settings import Settings
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside


def dry_run(mode: str, settings: Settings, masker: Masker) -> int:
    """Says what `mode` would do; answers the exit code."""
    with (
        _copied(settings) as copy,
        open_house(copy, lambda _told: None, Outside(settings, masker.add, scratch=copy.var_dir)) as rooms,
    ):
        limit = 1 if mode == "single" else rooms.batch
        chosen = look(rooms, limit=limit, keep=False)
        lines = plan(chosen.answers, chosen.refs, rooms.targets, unfinished=left_unfinished(rooms))
    click.echo(masker.mask("\n".join(map(tamed, lines))))
    return 0


def plan(
    answers: tuple[Answer, ...], refs: tuple[TrackRef, ...], targets: tuple[str, ...], *, unfinished: bool
) -> Iterator[str]:
    """What would be done, a line each; pure."""
    yield "A dry run: nothing is changed, here or outside."
    for answer in answers:
        yield f"  {answer.source:<17} {answer.verdict}" + (f": {answer.text}" if answer.text else "")
    if unfinished:
        yield "Work that an earlier run left would go on."
    if not refs:
        yield "Nothing new would be taken up."
        return
    for ref in refs:
        name = f"{ref.told.artist} - {ref.told.title}" if ref.told else ref.url
        yield f"Would take up: {name} ({ref.url})"
    yield "Would look for its sound, prove it, and then put:"
    yield from (f"  {target}" for target in targets)


@contextmanager
def _copied(settings: Settings) -> Iterator[Settings]:
    """The settings with a copy of the ledger in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cratekeeper-dry-run-") as name:
        folder = Path(name)
        ledger = settings.var_dir / "ledger.db"
        if settings.database_url is None and ledger.exists():
            _copy_database(ledger, folder / "ledger.db")
        yield settings.model_copy(update={"var_dir": folder})


def _copy_database(ledger: Path, copy: Path) -> None:
    """The ledger as its last whole transaction left it. Raises Unreachable."""
    try:
        with (
            closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(copy)) as here,
        ):
            there.backup(here)
    except sqlite3.Error as error:
        if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
            raise Unreachable(f"The ledger {ledger} cannot be read ({error}).") from error
        # A killed process has left its journal. Playing it back would write: that is done in the copy.
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{ledger}{suffix}", f"{copy}{suffix}")
