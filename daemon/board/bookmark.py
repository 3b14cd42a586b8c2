"""How far a database was read by the times of its edits, which Notion tells to the minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daemon.board.minutes import minute, moment

_OVERLAP = timedelta(minutes=1)
_OLD_NEWS = timedelta(minutes=10)
"""So long after an edit no other can still turn up in its minute, whoever's clock is wrong."""


def a_while_before(now: float) -> str:
    """Where to begin when nobody has read before."""
    return minute(now - _OLD_NEWS.total_seconds())


@dataclass(slots=True)
class Bookmark:
    """One reading, from `since` on, which began at `asked_at`."""

    since: str
    asked_at: float
    newest: str | None = None
    held: str | None = None
    """The earliest edit that could not be taken in."""

    def saw(self, edited_at: str, *, settled: bool) -> None:
        """A row of that edit was read, and taken in or not."""
        self.newest = max(self.newest or edited_at, edited_at)
        if not settled:
            self.held = min(self.held or edited_at, edited_at)

    def next_since(self) -> str:
        """Where the next reading begins: a minute before the newest edit, and before whatever could not be taken in."""
        if self.newest is None:
            return self.since
        newest = moment(self.newest)
        is_old = datetime.fromtimestamp(self.asked_at, UTC) - newest > _OLD_NEWS
        onward = newest + _OVERLAP if is_old else newest - _OVERLAP
        return minute(onward if self.held is None else min(onward, moment(self.held)))
