"""`--dry-run`: what would be done, in words. Asks the sources, and changes nothing, here or outside.

The ledger is looked at in a copy. The one thing that may be kept is a log-in: where Spotify gives a new refresh token,
it has ended the old one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import click

from daemon.chain import Answer
from daemon.cli.modes import DEFAULT_LIMIT, Wish
from daemon.errors import Unreachable
from daemon.ledger import Ledger
from daemon.logs import tamed
from daemon.models import TrackRef
from daemon.secrets import Masker
from daemon.service.finding import once_more, preview
from daemon.service.rooms import Rooms
from daemon.service.taking import ref_of
from daemon.settings import Settings
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

_MANY = 10**9


def dry_run(wish: Wish, settings: Settings, masker: Masker) -> int:
    """Says what would be done; answers the exit code."""
    with (
        _copied(settings) as copy,
        _opened(copy, Outside(settings, masker.add, scratch=copy.var_dir)) as (rooms, outside),
    ):
        refs, answers = _would_take(wish, rooms, outside)
        lines = list(plan(answers, refs, rooms.targets))
    text = _as_json(wish, answers, refs) if wish.as_json else "\n".join(map(tamed, lines))
    click.echo(masker.mask(text))
    return 0


def _would_take(wish: Wish, rooms: Rooms, outside: Outside) -> tuple[Sequence[TrackRef], tuple[Answer, ...]]:
    limit = wish.limit or DEFAULT_LIMIT
    match wish.mode:
        case "url":
            return list(refs_of(wish.url or "", outside)), ()
        case "reprocess":
            return [ref_of(row) for row, _lost in islice(once_more(rooms), limit)], ()
        case "status":
            return (), ()
        case "single":
            limit = 1
        case "daemon":
            limit = rooms.batch
        case "all":
            limit = _MANY
    return preview(rooms, limit)


def _as_json(wish: Wish, answers: Sequence[Answer], refs: Sequence[TrackRef]) -> str:
    said = [{"name": one.source, "verdict": one.verdict, "text": one.text} for one in answers]
    would = [{"service": ref.service.value, "id": ref.id, "url": ref.url, "found_in": ref.found_in} for ref in refs]
    return json.dumps({"mode": wish.mode, "dry_run": True, "sources": said, "would_take": would}, ensure_ascii=False)


def plan(answers: Sequence[Answer], refs: Sequence[TrackRef], targets: Sequence[str]) -> Iterator[str]:
    """What would be done, a line each; pure."""
    yield "A dry run: nothing is changed, here or outside."
    for answer in answers:
        yield f"  {answer.source:<17} {answer.verdict}" + (f": {answer.text}" if answer.text else "")
    if not refs:
        yield "Nothing new would be taken up."
        return
    for ref in refs:
        name = f"{ref.told.artist} - {ref.told.title}" if ref.told else ref.url
        yield f"Would take up: {name} ({ref.url})"
    yield "Would look for its sound, prove it, and then put:"
    yield from (f"  {target}" for target in targets)


@contextmanager
def _opened(copy: Settings, outside: Outside) -> Iterator[tuple[Rooms, Outside]]:
    with open_house(copy, lambda _told: None, outside) as rooms:
        yield rooms, outside


@contextmanager
def _copied(settings: Settings) -> Iterator[Settings]:
    """The settings with a copy of the ledger in a folder that is gone afterwards. PostgreSQL is only read, and needs
    no copy; but where it has yet to get its tables, an empty ledger stands for it."""
    with tempfile.TemporaryDirectory(prefix="cratekeeper-dry-run-") as name:
        folder = Path(name)
        ledger = settings.var_dir / "ledger.db"
        changes: dict[str, object] = {"var_dir": folder}
        if settings.database_url is None and ledger.exists():
            _copy_database(ledger, folder / "ledger.db")
        elif settings.database_url is not None and not Ledger.is_current(settings.database_url.get_secret_value()):
            changes["database_url"] = None
        yield settings.model_copy(update=changes)


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
