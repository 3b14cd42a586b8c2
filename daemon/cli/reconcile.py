"""`cratekeeper reconcile`: every row of the Tracks database looked at, and what differs written."""

from __future__ import annotations

import dataclasses
import json

import click

from daemon.cli import exits
from daemon.errors import ConfigError, Problem
from daemon.secrets import Masker
from daemon.service.upkeep import in_words
from daemon.settings import Settings
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

_TOLD_EVERY = 1000


def reconcile(settings: Settings, masker: Masker, *, as_json: bool) -> int:
    """Answers the exit code: 75 while something could not be taken in or written yet."""
    with open_house(settings, lambda _told: None, Outside(settings, masker.add)) as rooms:
        if rooms.board is None:
            raise ConfigError(
                [Problem("NOTION_TOKEN", "there is no Notion to look through without it and TRACKS_DB_ID.")]
            )
        rooms.adopt()
        done = rooms.board.reconciling.run(lambda count: _tell(count, quiet=as_json))
        waits = [one.error for one in rooms.outbox.carry_due() if one.error]
        pending = rooms.ledger.outbox.pending("notion")
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(done), "still_to_write": pending}))
    else:
        click.echo(in_words(done))
        for reason in dict.fromkeys(waits):
            click.echo(f"  not written yet: {reason}")
        if pending:
            click.echo(f"  {pending} rows are still to be written; the daemon goes on, or type it once more.")
    return exits.LATER if pending or done.later else exits.DONE


def _tell(count: int, *, quiet: bool) -> None:
    if not quiet and count % _TOLD_EVERY == 0:
        click.echo(f"  {count} rows …", err=True)
