"""Three ways into one: what we would have a row say, what we know of it, and what stands there now. Pure.

*Wanted* is what the ledger would have it say. *Seen* is what stood there when we last wrote or looked, *wrote* what we
wanted when we last wrote a column. All by our names of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from daemon.board.owners import OWNERS, owner_of
from daemon.board.remembered import is_empty, same
from daemon.models import Status

LOCKED_FIELDS = "Locked Fields"
ORDERS_TO_STOP = frozenset({Status.REJECTED, Status.SKIP})
"""What the person may say in Status, and is not put right again."""

_LINK = re.compile(r"https?://\S+|spotify:\w+:\S+|(?:[\w-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What we know of a row. Values are whole or remembered."""

    seen: Mapping[str, Any]
    wrote: Mapping[str, Any]
    """A column that is not in it was never written by us."""
    theirs: frozenset[str]
    """Shared columns that are the person's from now on."""
    meant: Mapping[str, Any] = field(default_factory=dict)
    """What we set out to write and never heard whether it arrived: where it stands there, no person wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What is to be done, and what was learnt."""

    write: dict[str, Any]
    """Columns to write; None clears."""
    edits: dict[str, Any]
    """Shared columns that the person changed, and what they say now (None: emptied)."""
    restored: frozenset[str]
    """Which of `write` put a column of ours right again."""
    agreed: dict[str, Any] = field(default_factory=dict)
    """What counts as written by us though it is not written now: it says what we want already, or it is what we meant
    to write and did arrive, or it is the person's answer in a column that is filled but once."""


def merge(wanted: Mapping[str, Any], known: Known, there: Mapping[str, Any] | None) -> Merged:
    """Decides by column and owner. With `there` None nobody has looked, and what was seen is taken for what is."""
    stands = {} if there is None else there
    edits = _edits(wanted, known, stands)
    kept = {*_locked(known, stands), *known.theirs, *edits}
    ours = {column: value for column, value in wanted.items() if column not in kept and owner_of(column) != "person"}
    write = {column: value for column, value in ours.items() if _is_due(column, value, known, there)}
    restored = frozenset(column for column in write if changed_by_hand(known, stands, column))
    settled = {column: value for column, value in ours.items() if column not in write}
    return Merged(write=write, edits=edits, restored=restored, agreed=_agreed(settled, known, stands))


def needs_a_look(merged: Merged) -> bool:
    """Whether the row is read before it is written, because the person may have edited it a moment ago."""
    return any(owner_of(column) in ("shared", "once") for column in merged.write)


def differs(known: Known, there: Mapping[str, Any]) -> bool:
    """Whether any column of ours, the person's orders among them, is not as it was seen."""
    return any(not same(value, known.seen.get(column)) for column, value in there.items() if column in OWNERS)


def taken_over(there: Mapping[str, Any]) -> frozenset[str]:
    """The columns of a row that the person made, as an order, that are theirs."""
    return frozenset(
        column
        for column, value in there.items()
        if owner_of(column) == "shared" and not is_empty(value) and not (column == "Title" and is_link(value))
    )


def is_link(text: Any) -> bool:
    """Whether a text is an address and nothing else: no title, but where to find one."""
    return isinstance(text, str) and _LINK.fullmatch(text.strip()) is not None


def changed_by_hand(known: Known, there: Mapping[str, Any], column: str) -> bool:
    """Whether somebody but us changed that column since we saw it. One that was never seen, or cannot be read now, is
    not compared."""
    if column not in there or column not in known.seen or same(there[column], known.seen[column]):
        return False
    return not _arrived(column, known, there)


def _arrived(column: str, known: Known, there: Mapping[str, Any]) -> bool:
    """Whether what stands there is our own writing, of which we never heard."""
    return column in there and column in known.meant and same(there[column], known.meant[column])


def _edits(wanted: Mapping[str, Any], known: Known, there: Mapping[str, Any]) -> dict[str, Any]:
    """Shared cells that the person changed. Who writes what we want as well has changed nothing, unless the cell is
    theirs already."""
    return {
        column: value
        for column, value in there.items()
        if owner_of(column) == "shared"
        and (changed_by_hand(known, there, column) or _is_filled_in(column, value, known))
        and (column in known.theirs or column not in wanted or not same(value, wanted[column]))
    }


def _agreed(settled: Mapping[str, Any], known: Known, there: Mapping[str, Any]) -> dict[str, Any]:
    arrived = {
        column: value
        for column, value in there.items()
        if _arrived(column, known, there)
        or (owner_of(column) == "once" and column not in known.wrote and changed_by_hand(known, there, column))
    }
    stands = {**known.seen, **there}
    return arrived | {column: value for column, value in settled.items() if _is_said(column, value, known, stands)}


def _is_filled_in(column: str, value: Any, known: Known) -> bool:
    """Whether a cell was filled by somebody but us in a column that was not there when the row was last seen."""
    is_new = known.seen and column not in known.seen and column not in known.wrote and column not in known.meant
    return bool(is_new) and not is_empty(value)


def _locked(known: Known, there: Mapping[str, Any]) -> frozenset[str]:
    named = there.get(LOCKED_FIELDS, known.seen.get(LOCKED_FIELDS)) or ()
    locked = {name.strip().casefold() for name in named}
    return frozenset(column for column in OWNERS if column.casefold() in locked)


def _is_due(column: str, value: Any, known: Known, there: Mapping[str, Any] | None) -> bool:
    """Whether a column that is neither the person's nor protected is written."""
    if owner_of(column) == "once":
        return _fills(column, value, known, there)
    if there is None and column in known.meant:
        return True
    if there is not None and _is_left_alone(column, known, there):
        return False
    stands = there if there is not None and column in there else known.seen
    if column in stands and same(value, stands[column]):
        return False
    if _arrived(column, known, stands):
        return True
    if column in known.seen and not same(stands[column], known.seen[column]):
        return column in known.wrote or not is_empty(value)
    return not same(value, known.wrote[column]) if column in known.wrote else not is_empty(value)


def _is_left_alone(column: str, known: Known, there: Mapping[str, Any]) -> bool:
    """The person's order in Status; and a shared cell that we never wrote and cannot read whole."""
    if column == "Status":
        return there.get(column) in ORDERS_TO_STOP and changed_by_hand(known, there, column)
    return owner_of(column) == "shared" and column not in there and column not in known.wrote


def _fills(column: str, value: Any, known: Known, there: Mapping[str, Any] | None) -> bool:
    """Whether a column that is filled once is filled now. One that cannot be read whole is full."""
    if is_empty(value) or column in known.wrote:
        return False
    return is_empty(known.seen.get(column)) and (there is None or (column in there and is_empty(there[column])))


def _is_said(column: str, value: Any, known: Known, stands: Mapping[str, Any]) -> bool:
    """Whether the cell says what we want, and we do not know that it was we who wrote it. What the person may have
    written is not claimed: it would be cleared later."""
    if column not in stands or not same(value, stands[column]):
        return False
    if column in known.wrote:
        return not same(value, known.wrote[column])
    return owner_of(column) == "daemon" and not is_empty(value)
