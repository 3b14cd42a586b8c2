"""The person's columns, watched: one that vanishes, comes back or becomes another is told, and costs no row."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

from daemon.ledger import Ledger
from daemon.models import Layout
from daemon.ports import Board

log = logging.getLogger(__name__)

LAYOUT = "board/layout"
"""The memo of how the database was built when we last looked, and what each column ever was."""
RECONCILED = "board/reconciled-at"
"""When every row was looked at last."""


class Columns:
    """Compares how the database is built with how it was."""

    def __init__(self, ledger: Ledger, board: Callable[[], Board]) -> None:
        self._ledger = ledger
        self._board = board

    def look(self, *, again: bool = True) -> list[str]:
        """Looks now, or with `again` False at what was read last; answers what is new, in sentences for the person.
        What stood in a column that was made anew is forgotten, so that its rows are filled again. Raises what the board
        raises."""
        layout = self._board().layout(again=again)
        kept = self._ledger.memos.recall(LAYOUT)
        if kept is None:
            self._keep(layout, {})
            log.info("Notion: %s.", layout.place)
            return [f"Notion: {layout.place}."]
        memory = json.loads(kept)
        if layout.columns == memory["there"] and layout.place == memory["place"]:
            return []
        said = [*_moved(memory["place"], layout), *_changes(memory["there"], layout)]
        ever: dict[str, str] = memory["ever"]
        made_anew = [name for name, what in layout.columns.items() if ever.get(name, what) != what]
        self._ledger.board.forget_columns(made_anew)
        if layout.columns.keys() - ever.keys():
            self._ledger.memos.remember(RECONCILED, "0")  # the rows that are there already are filled at the next look
        self._keep(layout, ever)
        for sentence in said:
            log.warning("%s", sentence)
        return said

    def _keep(self, layout: Layout, ever: Mapping[str, str]) -> None:
        """`ever`: as what each column was last known; one that is renamed and renamed back is the same one."""
        memory = {"place": layout.place, "there": layout.columns, "ever": {**ever, **layout.columns}}
        self._ledger.memos.remember(LAYOUT, json.dumps(memory))


def _moved(before: str, layout: Layout) -> list[str]:
    return [] if before == layout.place else [f"Notion: rows are in {layout.place} now, until now in {before}."]


def _changes(before: dict[str, str], layout: Layout) -> list[str]:
    gone = [name for name in before if name not in layout.columns]
    come = [name for name in layout.columns if name not in before]
    other = [name for name, what in layout.columns.items() if name in before and before[name] != what]
    said = []
    if gone:
        what = ", ".join(gone)
        told = " ".join(layout.mistyped)
        said.append(
            f"Notion: {layout.place} has no usable column {what} any more; it is not written, nothing else changes. "
            f"`cratekeeper init notion` brings it back. {told}".rstrip()
        )
    if come:
        said.append(f"Notion: {layout.place} has the column {', '.join(come)} now; it is filled.")
    if other:
        said.append(f"Notion: the column {', '.join(other)} in {layout.place} is another one now; it is filled again.")
    return said
