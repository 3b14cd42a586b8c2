"""Columns of the person's that were there once and are not: known until they come back, or are done without."""

from __future__ import annotations

import json
from collections.abc import Collection

from daemon.board.columns import LAYOUT
from daemon.ledger import Ledger


def lost_columns(ledger: Ledger) -> tuple[str, ...]:
    """Their names, as at the last look at the database. Asks nobody."""
    kept = ledger.memos.recall(LAYOUT)
    memory = json.loads(kept) if kept else {"ever": {}, "there": {}}
    return tuple(name for name in memory["ever"] if name not in memory["there"])


def do_without(ledger: Ledger, asked_about: Collection[str]) -> tuple[str, ...]:
    """The person does not want these, of those that are lost; answers their names. Should one come back all the same,
    it is filled as a new one is. Repeating it changes nothing."""
    names = tuple(name for name in lost_columns(ledger) if name in asked_about)
    kept = ledger.memos.recall(LAYOUT)
    if kept and names:
        memory = json.loads(kept)
        ever = {name: what for name, what in memory["ever"].items() if name not in names}
        ledger.memos.remember(LAYOUT, json.dumps({**memory, "ever": ever}))
    return names
