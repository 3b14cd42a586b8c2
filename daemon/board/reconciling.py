"""Every row, looked at once more: what polling cannot see (rows thrown away), and what it may have missed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from daemon.board import adoption
from daemon.board.changes import Changes, Look
from daemon.board.columns import RECONCILED
from daemon.board.counting import RowsRead
from daemon.board.in_flight import known_of
from daemon.board.intake import Intake
from daemon.board.merging import Known, merge
from daemon.board.relations import ARTIST, PLAYLISTS, artists_of
from daemon.board.remembered import is_empty
from daemon.board.showing import Showing
from daemon.errors import RowGone
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import BoardRow
from daemon.ports import Board, RowReader

log = logging.getLogger(__name__)

WEEK_S = 7 * 24 * 3600.0
_TOO_MANY, _TOO_LARGE_A_PART = 20, 0.2
"""So many rows gone at once, and so large a part of all, nobody threw away one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of it."""

    rows: int
    """How many there are."""
    orders: int
    """How many of them were new orders."""
    put_right: int
    """How many did not say what they should, and are written again."""
    thrown_away: int
    """How many of ours the person has thrown away since the last time."""
    later: int
    """How many could not be taken in now: they are being written, or typed."""


class Reconciling:
    """Reads the whole database. Safe to repeat and to be killed."""

    def __init__(
        self,
        ledger: Ledger,
        board: Callable[[], Board],
        reader: Callable[[], RowReader],
        changes: Changes,
        intake: Intake,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._board = board
        self._reader = reader
        self._changes = changes
        self._intake = intake
        self._clock = clock
        self._showing = Showing(ledger)

    def is_due(self) -> bool:
        """Whether a week has passed since the last time, or since first contact."""
        last = self._ledger.memos.recall(RECONCILED)
        if last is None:
            if adoption.is_done(self._ledger):
                self._ledger.memos.remember(RECONCILED, str(self._clock()))  # first contact has just read them all
            return False
        return self._clock() - float(last) >= WEEK_S

    def run(self, tell: Callable[[int], None] | None = None) -> Reconciled:
        """Takes in every row, and puts into the outbox what is not as it should be. `tell` hears how many were read,
        now and then. Raises what the reader raises; then it is done again from the beginning."""
        tell = tell or RowsRead(log, "looking at every row in Notion")
        look = Look(self._clock(), at_everything=True)
        seen: set[str] = set()
        put_right = later = 0
        for row in self._reader().rows(None):
            if row.id in seen:
                continue
            seen.add(row.id)
            later += not self._changes.settle(row, look)
            put_right += self._puts_right(row)
            tell(len(seen))
        missing = self._missing(seen)
        if len(missing) > _TOO_MANY and len(missing) > _TOO_LARGE_A_PART * (len(seen) + len(missing)):
            log.warning(
                "%d of %d rows are not in Notion any more. That many are not taken for thrown away: is it the right "
                "database (TRACKS_DB_ID), and all of it shared? Each is looked at when there is something to write.",
                len(missing),
                len(seen) + len(missing),
            )
            missing = []
        thrown_away = sum(self._is_thrown_away(track_id, row_id, look) for track_id, row_id in missing)
        self._ledger.memos.remember(RECONCILED, str(self._clock()))
        return Reconciled(
            rows=len(seen), orders=len(look.found), put_right=put_right, thrown_away=thrown_away, later=later
        )

    def look_after_doubles(self) -> None:
        """Where a track has a second row: whether the first was thrown away, which no look at what changed shows."""
        for double_id, track_id in self._ledger.board.doubles():
            mirror = self._ledger.outbox.mirror("notion", track_id)
            has_own = self._ledger.outbox.mirror("notion", double_id)
            if mirror is None or mirror.gone or has_own is None or has_own.remote_id == mirror.remote_id:
                continue
            self._is_thrown_away(track_id, mirror.remote_id, Look(self._clock(), at_everything=True))

    def _puts_right(self, row: BoardRow) -> bool:
        """Carries a row of ours again that does not say what it should. One that we never wrote is left as it is."""
        track_id = self._ledger.board.track_at(row.id)
        mirror = self._ledger.outbox.mirror("notion", track_id) if track_id else None
        if track_id is None or mirror is None or not mirror.wrote:
            return False
        track, known = self._ledger.tracks.get(track_id), known_of(mirror)
        due = merge(self._showing.of(track), known, row.values).write
        # What the person's columns cannot say is no reason: it would be one every week.
        if not self._board().as_read(due) and not _lacks_relations(track, known, row):
            return False
        self._ledger.outbox.enqueue("notion", track_id)
        return True

    def _missing(self, seen: set[str]) -> list[tuple[str, str]]:
        return [
            (track_id, row_id)
            for track_id, row_id, gone in self._ledger.board.mirrors()
            if gone is None and row_id not in seen
        ]

    def _is_thrown_away(self, track_id: str, row_id: str, look: Look) -> bool:
        """A row may also have been made after we asked: it is looked at by itself."""
        try:
            row = self._reader().row(row_id)
        except RowGone:
            self._intake.thrown_away(track_id, "deleted")
            return True
        if row.in_trash:
            self._intake.thrown_away(track_id, "trash")
            return True
        self._changes.settle(row, look)
        return False


def _lacks_relations(track: TrackRow, known: Known, row: BoardRow) -> bool:
    """Whether its artists or its playlist could not be related when it was written: they were not to be seen then."""
    named = {ARTIST: bool(artists_of(track)), PLAYLISTS: track.playlist is not None}
    return any(
        has_any
        and column not in known.wrote
        and column not in known.theirs
        and column in row.values
        and is_empty(row.values[column])
        and is_empty(known.seen.get(column))
        for column, has_any in named.items()
    )
