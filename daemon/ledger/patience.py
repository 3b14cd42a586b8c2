"""How long anything is put off at most. A wait that is longer was written down under another clock (a machine that woke
in the wrong year, and was put right since): it does not count, or it would last for years.

A clock that is set back by less postpones by as much, once; that is borne.
"""

from __future__ import annotations

import sqlalchemy as sa

LONGEST_WAIT_S = 7 * 24 * 3600.0
_ANOTHER_CLOCK_S = LONGEST_WAIT_S + 24 * 3600.0


def bounded(until: float, now: float) -> float:
    """The moment, or the last one that makes sense."""
    return min(until, now + LONGEST_WAIT_S)


def is_to_come(moment: float, now: float) -> bool:
    """Whether it is still to be waited for."""
    return now < moment <= now + _ANOTHER_CLOCK_S


def are_to_come(column: sa.ColumnElement[float] | sa.Column[float], now: float) -> sa.ColumnElement[bool]:
    """`is_to_come` for a column; never of an empty field."""
    return sa.and_(column.is_not(None), column > now, column <= now + _ANOTHER_CLOCK_S)
