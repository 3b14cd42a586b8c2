"""What the person changed in the Tracks database since we last looked: one request where nothing did.

Notion tells the time of an edit to the minute, and our own writes are edits too. So the look begins a minute before
the newest edit that was seen, rows that come again are compared by value, and what cannot be taken in now (somebody
writes that row, or is still typing in it) holds the look back until it can.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from daemon.board import adoption
from daemon.board.bookmark import Bookmark, a_while_before
from daemon.board.in_flight import known_of
from daemon.board.intake import Intake
from daemon.board.merging import differs
from daemon.board.orders import Adopt, Later, Nothing, Search, Take, new_row_asks, standing_of
from daemon.board.second_rows import Held, SecondRows
from daemon.errors import DaemonError, RowGone
from daemon.ledger import Ledger
from daemon.ledger.lending import DOUBLED_ROW
from daemon.models import BoardRow, Status, TrackRef
from daemon.ports import RowReader
from daemon.references import known_track, open_in_ledger

log = logging.getLogger(__name__)

_MEMO = "board/changed-from"
_LEASE_S = 300.0
_ADDRESSES = ("Spotify URL", "SoundCloud URL", "YouTube URL")
_FRESH_S = 10.0
_MANY = 50
_STALE_S = 120.0
"""What was carried less than this before we asked may not be in the answer yet."""


@dataclass(slots=True)
class Look:
    """How far a look has come."""

    asked_at: float
    found: list[TrackRef] = field(default_factory=list)
    holding: frozenset[str] = frozenset()
    """Tracks whose claims the caller holds already."""
    at_everything: bool = False
    """Not because somebody touched a row: who has been left alone so far goes on being so."""

    def found_if(self, is_found: bool, ref: TrackRef) -> bool:
        """Notes an order, if it was taken; answers whether it was."""
        if is_found:
            self.found.append(ref)
        return is_found


class Changes:
    """Takes in what changed. Safe to repeat, and to be asked by several at once."""

    def __init__(
        self,
        ledger: Ledger,
        reader: Callable[[], RowReader],
        intake: Intake,
        link_of_title: Callable[[str], TrackRef | None],
        *,
        host_id: str,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._intake = intake
        self._link_of_title = link_of_title
        self._second_rows = SecondRows(ledger, reader, intake)
        self._host_id = host_id
        self._clock = clock
        self._caught_up_at: float | None = None

    def is_fresh(self) -> bool:
        """Whether what the person did was taken in a moment ago."""
        return self._caught_up_at is not None and 0 <= self._clock() - self._caught_up_at < _FRESH_S

    def catch_up(self, *, holding: frozenset[str] = frozenset()) -> list[TrackRef]:
        """Takes in everything that was edited since the last time; answers the orders that are new. `holding` are
        tracks whose claims the caller has. Raises what the reader raises; then nothing is lost, and the next look
        begins where this one did."""
        look = Look(self._clock(), holding=holding)
        since = self._ledger.memos.recall(_MEMO) or adoption.began_at(self._ledger) or a_while_before(look.asked_at)
        bookmark = Bookmark(since, look.asked_at)
        for row in self._reader().changed(since):
            bookmark.saw(row.edited_at, settled=self.settle(row, look))
        if len(look.found) >= _MANY:
            log.warning("%d new rows in Notion are taken as orders", len(look.found))
        self._ledger.memos.remember(_MEMO, bookmark.next_since())
        self._caught_up_at = look.asked_at
        return look.found

    def settle(self, row: BoardRow, look: Look) -> bool:
        """Takes in one row as it was read after `look.asked_at`. False: not now. What nobody foresaw in one row keeps
        no other from its turn."""
        try:
            return self._settle(row, look)
        except DaemonError:
            raise
        except Exception:
            log.exception("taking in the row %s of Notion failed in a way that nobody foresaw", row.id)
            return True

    def _settle(self, row: BoardRow, look: Look) -> bool:
        track_id = self._ledger.board.track_at(row.id)
        if track_id is None:
            return self._new_row(row, look)
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror is None or not (differs(known_of(mirror), row.values) or mirror.gone):
            return True
        with self._held(track_id, look) as is_ours:
            return is_ours and self._take_in(track_id, row, look)

    def _take_in(self, track_id: str, row: BoardRow, look: Look) -> bool:
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror is not None and mirror.at > look.asked_at - _STALE_S:
            try:
                row = self._reader().row(row.id)
            except RowGone:
                return True  # it is noticed when all rows are read, or when it is to be written
        if row.in_trash:
            return True
        if mirror is not None and mirror.gone:
            self._ledger.board.set_gone(track_id, None)
            self._ledger.outbox.enqueue("notion", track_id)
        track = self._ledger.tracks.get(track_id)
        if mirror is not None and track.found_in == DOUBLED_ROW:
            row = self._with_any_link(row)
            ref = self._second_rows.another_track(track, mirror.seen, row)
            if ref is not None:
                is_made = self._second_rows.make_of_double(track, mirror.seen, row, ref, self._holder(look))
                return look.found_if(is_made, ref)
        self._intake.take_in(track_id, row)
        return True

    # --- rows that we do not know ---

    def _new_row(self, row: BoardRow, look: Look) -> bool:
        if look.at_everything and adoption.is_from_before(self._ledger, row) and standing_of(row) is None:
            return True  # a wish list from before us: the chain takes it up by and by
        row = self._with_any_link(row)
        asked = new_row_asks(
            row,
            now=self._clock(),
            from_before=adoption.is_from_before(self._ledger, row),
            link_of_title=self._link_of_title,
        )
        match asked:
            case Adopt():
                return self._adopt(row, asked.status, look)
            case Take() | Search():
                return self._take(row, asked.ref, look)
            case Later():
                return False
            case Nothing():
                return True

    def _with_any_link(self, row: BoardRow) -> BoardRow:
        """An address that is none of a track at the service of its column may be one of another site: it is tried, and
        what comes of it is told in the row."""
        texts = (row.values.get(column) for column in _ADDRESSES) if row.ref is None else ()
        links = (self._link_of_title(text) for text in texts if text)
        ref = next((link for link in links if link is not None), None)
        return row if ref is None else dataclasses.replace(row, ref=ref)

    def _adopt(self, row: BoardRow, status: Status, look: Look) -> bool:
        """A row that says it was worked on: by another installation, or by a script of the person's."""
        track_id = known_track(self._ledger, row.ref) if row.ref else None
        if track_id is not None:
            return self._join(track_id, row, look)
        if row.ref is not None and (copied := self._second_rows.copied_from(row)) is not None:
            is_made = self._second_rows.make_of_copy(row, row.ref, copied, self._holder(look))
            return look.found_if(is_made, row.ref)
        adoption.adopt_row(self._ledger, row, status)
        return True

    def _take(self, row: BoardRow, ref: TrackRef, look: Look) -> bool:
        track_id = known_track(self._ledger, ref)
        if track_id is not None:
            return self._join(track_id, row, look)
        track_id = open_in_ledger(self._ledger, ref)
        with self._held(track_id, look) as is_ours:
            if is_ours:
                self._intake.meet(track_id, row)
            return look.found_if(is_ours, ref)

    def _join(self, track_id: str, row: BoardRow, look: Look) -> bool:
        """A row for a track that we have. Where that has a living row already, this one is a double."""
        with self._held(track_id, look) as is_ours:
            if not is_ours:
                return False
            self._second_rows.forget_if_thrown_away(track_id)
            if self._intake.meet(track_id, row):
                if self._ledger.tracks.get(track_id).status is Status.FAILED:
                    self._ledger.tracks.requeue(track_id)  # who gives it again may have mended it
                return True
        return self._second_rows.note(track_id, row, self._holder(look))

    def _holder(self, look: Look) -> Held:
        return lambda track_id: self._held(track_id, look)

    @contextmanager
    def _held(self, track_id: str, look: Look) -> Iterator[bool]:
        """The claim on the track's row, if it is to be had."""
        if track_id in look.holding:
            yield True
            return
        entry = self._ledger.outbox.claim_one("notion", track_id, self._host_id, _LEASE_S)
        try:
            yield entry is not None
        finally:
            if entry is not None:
                self._ledger.outbox.release(entry)
