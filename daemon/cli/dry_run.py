"""`--dry-run`: what would be done, in words. Asks the sources, and changes nothing, here or outside.

The ledger is looked at in a copy. The one thing that may be kept is a log-in: where Spotify gives a new refresh token,
it has ended the old one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import click

from daemon.chain import Answer
from daemon.cli.modes import DEFAULT_LIMIT, Wish
from daemon.cli.status import status
from daemon.errors import Unreachable
from daemon.host import HostLock
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.logs import tamed
from daemon.models import Alias, TrackRef
from daemon.references import known_row
from daemon.secrets import Masker
from daemon.service.finding import TAKEN_BY_HAND, once_more, preview, preview_history
from daemon.service.rooms import Rooms
from daemon.service.taking import ref_of
from daemon.settings import Settings
from daemon.tasks.rows import name_of
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

_MANY = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do."""

    refs: tuple[TrackRef, ...]
    """What it would take up."""
    answers: tuple[Answer, ...] = ()
    """What the sources said."""
    ended: tuple[TrackRow, ...] = ()
    """What was asked for by hand, and has come to its end before."""


def dry_run(wish: Wish, settings: Settings, masker: Masker) -> int:
    """Says what would be done; answers the exit code. Raises what the run itself would raise before its first track."""
    with (
        with_a_copied_ledger(settings) as copy,
        _opened(copy, Outside(settings, masker.add, scratch=copy.var_dir)) as (rooms, outside),
    ):
        if wish.mode == "status":
            return status(replace(rooms, lock=HostLock(settings.var_dir)), masker, as_json=wish.as_json)
        if copy.database_url is None:  # then what is made known is known to the copy alone
            rooms.adopt()
        plan = _plan(wish, rooms, outside)
        text = _as_json(wish, plan) if wish.as_json else "\n".join(map(tamed, in_words(plan, rooms.targets)))
    click.echo(masker.mask(text))
    return 0


def _plan(wish: Wish, rooms: Rooms, outside: Outside) -> Plan:
    limit = wish.limit or DEFAULT_LIMIT
    match wish.mode:
        case "url":
            return _by_hand(rooms, refs_of(wish.url or "", outside))
        case "reprocess":
            return Plan(refs=tuple(ref_of(row) for row, _lost in islice(once_more(rooms), limit)))
        case "single":
            limit = 1
        case "daemon":
            limit = rooms.batch
        case "all":
            limit = _MANY
    refs, answers = preview(rooms, limit)
    beyond = preview_history(rooms) if wish.mode == "all" else ()
    each_once = {ref.alias: ref for ref in (*refs, *beyond)}
    return Plan(refs=tuple(each_once.values()), answers=answers)


def _by_hand(rooms: Rooms, refs: Iterable[TrackRef]) -> Plan:
    would: dict[Alias, TrackRef] = {}
    ended: dict[str, TrackRow] = {}
    for ref in refs:
        row = known_row(rooms.ledger, ref)
        if row is None or row.status in TAKEN_BY_HAND:
            would[ref.alias] = ref
        else:
            ended[row.id] = row
    return Plan(refs=tuple(would.values()), ended=tuple(ended.values()))


def _as_json(wish: Wish, plan: Plan) -> str:
    values = {
        "mode": wish.mode,
        "dry_run": True,
        "sources": [{"name": one.source, "verdict": one.verdict, "text": one.text} for one in plan.answers],
        "would_take": [
            {"service": ref.service.value, "id": ref.id, "url": ref.url, "found_in": ref.found_in} for ref in plan.refs
        ],
        "ended": [{"id": row.id, "title": row.track.title, "status": row.status.value} for row in plan.ended],
    }
    return json.dumps(values, ensure_ascii=False)


def in_words(plan: Plan, targets: Sequence[str]) -> Iterator[str]:
    """What would be done, a line each; pure."""
    yield "A dry run: nothing is changed, here or outside."
    for answer in plan.answers:
        yield f"  {answer.source:<17} {answer.verdict}" + (f": {answer.text}" if answer.text else "")
    for row in plan.ended:
        yield f"Would leave as it is: {name_of(row)} ({row.status.value})"
    if not plan.refs:
        yield "Nothing new would be taken up."
        return
    for ref in plan.refs:
        name = f"{ref.told.artist} - {ref.told.title}" if ref.told else ref.url
        yield f"Would take up: {name} ({ref.url})"
    yield "Would look for its sound, prove it, and then put:"
    yield from (f"  {target}" for target in targets)


@contextmanager
def _opened(copy: Settings, outside: Outside) -> Iterator[tuple[Rooms, Outside]]:
    with open_house(copy, lambda _told: None, outside) as rooms:
        yield rooms, outside


@contextmanager
def with_a_copied_ledger(settings: Settings) -> Iterator[Settings]:
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
