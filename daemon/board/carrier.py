"""Carries one track to its Notion row: found by key, created when there is none, changed only where it differs.

What the person did in the row meanwhile comes first: wherever a column is theirs too, the row is read before it is
written. Nothing else writes rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from daemon.board import adoption
from daemon.board.changes import Changes
from daemon.board.in_flight import InFlight
from daemon.board.intake import REDO, Intake, remembered_values
from daemon.board.merging import Known, Merged, merge, needs_a_look
from daemon.board.owners import owner_of
from daemon.board.relations import ARTIST, PLAYLISTS, RelationIds
from daemon.board.remembered import is_empty
from daemon.board.rows import keys_of
from daemon.board.showing import Showing, is_ours
from daemon.errors import NotFound, Refused, RowGone, Transient
from daemon.ledger import Ledger
from daemon.ledger.standing import TWIN
from daemon.ledger.tracks import TrackRow
from daemon.models import BoardRow
from daemon.outbox import Carried
from daemon.ports import Board, RowReader

_TWIN_FIRST_S = 5.0
_ROWS_FIRST = "The rows that are in Notion already are made known first."
_ROWS_FIRST_S = 30.0
_RELATIONS = (ARTIST, PLAYLISTS)


class NotionCarrier:
    """Port `Carrier` of `daemon.outbox` for the Tracks database."""

    def __init__(
        self,
        ledger: Ledger,
        board: Callable[[], Board],
        reader: Callable[[], RowReader],
        intake: Intake,
        changes: Changes,
        relations: RelationIds,
    ) -> None:
        self._ledger = ledger
        self._board = board
        self._reader = reader
        self._intake = intake
        self._changes = changes
        self._showing = Showing(ledger)
        self._in_flight = InFlight(ledger)
        self._relations = relations

    def carry(self, track_id: str) -> Carried | None:
        """At most one look-up, one reading and one write; nothing at all where nothing differs. None: there is nothing
        to carry, because the person threw the row away."""
        if not adoption.is_done(self._ledger):
            raise Transient(_ROWS_FIRST, retry_after_s=_ROWS_FIRST_S)
        track = self._ledger.tracks.get(track_id)
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror and TWIN in mirror.seen and track.duplicate_of is None:
            mirror = None  # it shared its twin's row, and is no twin any more
        if mirror is None:
            return self._first_time(track)
        self._in_flight.row_noted(track_id)  # a kill may have come between noting the row and that
        if mirror.gone:
            return None
        if TWIN in mirror.seen:
            return _shared(self._row_of(str(track.duplicate_of)), str(track.duplicate_of))
        try:
            return self._once_more(track, mirror.remote_id)
        except RowGone:
            self._intake.thrown_away(track_id, "trash")
            return None

    # --- the first time ----------------------------------------------------------------------------------------------

    def _first_time(self, track: TrackRow) -> Carried:
        wanted = self._showing.of(track)
        # Looked up first: an earlier create may have been done and its answer lost, or the row may be the person's own.
        row = self._found(track, keys_of(wanted))
        if track.duplicate_of and (row.id if row else None) in (None, twins_row := self._row_of(track.duplicate_of)):
            return _shared(twins_row, track.duplicate_of)
        if row is None:
            return self._create(track, wanted)
        self._intake.meet(track.id, row)
        return self._answer(track.id, row.id, row)

    def _create(self, track: TrackRow, wanted: dict[str, Any]) -> Carried:
        nothing = Known(seen={}, wrote={}, theirs=frozenset())
        values = self._with_relations(track, wanted, nothing, None)
        values = {column: value for column, value in values.items() if not is_empty(value)}
        read_back = self._board().as_read(values)
        wrote = remembered_values({column: value for column, value in values.items() if column in read_back})
        self._in_flight.begin_row(track.id, wrote, remembered_values(read_back))
        row = self._board().create(values)
        seen = remembered_values(row.values)
        self._ledger.outbox.remember_first(track.id, row.id, seen, wrote)
        self._in_flight.row_noted(track.id)
        return Carried(row.id, seen, wrote)

    def _found(self, track: TrackRow, keys: dict[str, str]) -> BoardRow | None:
        """The row that one of these leads to, unless it is another recording's: a duplicate that is one no more has
        addresses in the row that it shared."""
        row = self._board().find(keys)
        owners = self._ledger.outbox.tracks_at("notion", row.id) if row else frozenset()
        return row if owners <= {track.id, track.duplicate_of} else None

    def _row_of(self, track_id: str) -> str | None:
        mirror = self._ledger.outbox.mirror("notion", track_id)
        return mirror.remote_id if mirror else None

    # --- and then ----------------------------------------------------------------------------------------------------

    def _once_more(self, track: TrackRow, row_id: str) -> Carried:
        known = self._known(track.id)
        merged = self._merged(track, known, None)
        if merged.write and not needs_a_look(merged) and not self._changes.is_fresh():
            # Ours alone, but for an order in Status, or a column that was locked just now: one look for all that is
            # carried in this round.
            self._changes.catch_up(holding=frozenset({track.id}))
            track, known = self._ledger.tracks.get(track.id), self._known(track.id)
            merged = self._merged(track, known, None)
        if not needs_a_look(merged):
            return self._write(track.id, row_id, known, merged, None)
        row = self._reader().row(row_id)
        if row.in_trash:
            raise RowGone("It is in Notion's trash.")
        self._intake.take_in(track.id, row)
        return self._answer(track.id, row_id, row)

    def _answer(self, track_id: str, row_id: str, row: BoardRow) -> Carried:
        """Writes what the row does not say yet, of which we have just taken in what the person did."""
        track, known = self._ledger.tracks.get(track_id), self._known(track_id)
        return self._write(track_id, row_id, known, self._merged(track, known, row), row)

    def _merged(self, track: TrackRow, known: Known, row: BoardRow | None) -> Merged:
        """Without what the person's columns cannot say: it would be due for ever."""
        wanted = self._with_relations(track, self._showing.of(track), known, row)
        merged = merge(wanted, known, row.values if row else None)
        said = self._board().as_read(merged.write) if merged.write else {}
        return replace(merged, write={column: value for column, value in merged.write.items() if column in said})

    def _known(self, track_id: str) -> Known:
        mirror = self._ledger.outbox.mirror("notion", track_id)
        assert mirror is not None  # noqa: S101 -- nothing takes a mirror away
        return self._in_flight.known(mirror)

    def _write(self, track_id: str, row_id: str, known: Known, merged: Merged, row: BoardRow | None) -> Carried:
        """Writes what differs, and says what stands there now, of the columns that somebody has looked at."""
        write = dict(merged.write)
        if known.wrote.get(REDO) is True:
            write[REDO] = False  # the person sees that it was heard
        seen = remembered_values(row.values) if row else {}
        agreed = remembered_values(merged.agreed)
        if not write:
            return Carried(row_id, seen, agreed)
        self._in_flight.begin(track_id, remembered_values(self._board().as_read(write)))
        answered = remembered_values(self._updated(row_id, write).values)
        seen |= {column: answered[column] for column in write if column in answered}
        wrote = agreed | remembered_values(write)
        self._in_flight.arrived(track_id, row_id, seen, wrote)
        return Carried(row_id, seen, wrote)

    def _updated(self, row_id: str, write: dict[str, Any]) -> BoardRow:
        try:
            return self._board().update(row_id, write)
        except (Refused, NotFound) as refusal:
            related = [column for column in _RELATIONS if write.get(column)]
            if isinstance(refusal, RowGone) or not related:
                raise
            for column in related:  # perhaps one of those rows was thrown away: they are looked up anew next time
                self._relations.forget(column, write[column])
            raise Transient(f"{refusal} It is tried again with its artists looked up anew.") from refusal

    # --- artists and playlists ---------------------------------------------------------------------------------------

    def _with_relations(
        self, track: TrackRow, wanted: dict[str, Any], known: Known, row: BoardRow | None
    ) -> dict[str, Any]:
        """And the relations that we might write: what is the person's is not looked up."""
        open_ones = [column for column in _RELATIONS if _is_open(column, known, row)] if is_ours(track) else []
        return {**wanted, **self._relations.of(track, open_ones)}


def _is_open(column: str, known: Known, row: BoardRow | None) -> bool:
    if column in known.theirs:
        return False
    there = row.values.get(column) if row else known.seen.get(column)
    return owner_of(column) == "shared" or (column not in known.wrote and is_empty(there))


def _shared(row_id: str | None, twin: str) -> Carried:
    """One recording is one row: what is said of a duplicate without a row of its own stands in its twin's, addresses
    and all. Raises Transient while that is still to be written."""
    if row_id is None:
        raise Transient("The row of the same recording is written first.", retry_after_s=_TWIN_FIRST_S)
    return Carried(row_id, {TWIN: twin})
