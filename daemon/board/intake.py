"""What the person did in a row, taken in: edits become the ledger's, orders are obeyed, and the base of the next
comparison is what stands there now.

Whoever calls holds the claim on the track's outbox entry, so nobody writes or takes in the same row meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from daemon.board.corrections import edits_from
from daemon.board.in_flight import InFlight
from daemon.board.merging import LOCKED_FIELDS, ORDERS_TO_STOP, Merged, merge, taken_over
from daemon.board.orders import Dismiss, Redo, RowOrder, orders_in
from daemon.board.owners import owner_of
from daemon.board.remembered import remembered, same
from daemon.board.showing import Showing
from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.ledger.board import TakenIn
from daemon.ledger.lending import DOUBLED_ROW
from daemon.ledger.outbox import Mirror
from daemon.ledger.standing import Gone
from daemon.ledger.tracks import TrackRow
from daemon.models import BoardRow, Service, Status, TrackRef

REFUSED = "refused/"
"""Memos of this name, with the track's id behind it, say why the last order of the person's could not be done."""

log = logging.getLogger(__name__)

Obey = Callable[[TrackRow, RowOrder], None]
"""Carries out what the person ordered. Safe to repeat. Raises Refused where that cannot be."""

_RESTORED_AFTER_S = 600.0
"""What the person changed in a column of ours is put right after a while: an automation of theirs that answers every
edit of ours must not keep us writing."""
_RESTORED_AT_LEAST_EVERY_S = 7 * 24 * 3600.0
_NO_PERSON_AFTER = 3
REDO = "Redo"


class Intake:
    """Takes in rows of tracks that we know."""

    def __init__(
        self, ledger: Ledger, showing: Showing, obey: Obey, ref_of_address: Callable[[str, str], TrackRef | None]
    ) -> None:
        self._ledger = ledger
        self._showing = showing
        self._obey = obey
        self._ref_of_address = ref_of_address
        self._in_flight = InFlight(ledger)

    def take_in(self, track_id: str, row: BoardRow) -> None:
        """The row of that track, as it stands now. Repeating it changes nothing."""
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror is None or mirror.remote_id != row.id:
            return
        known = self._in_flight.known(mirror)
        track = self._ledger.tracks.get(track_id)
        merged = merge(self._showing.of(track), known, row.values)
        orders = orders_in(known, row.values, track.status, self._ref_of_address)
        for order in orders:
            self._carry_out(track, order)
        wrote = remembered_values(merged.agreed) | {
            column: remembered(row.values[column]) for column in merged.restored
        }
        if any(isinstance(order, Redo | Dismiss) for order in orders) and row.values.get(REDO):
            wrote[REDO] = True  # ours to untick now: it has been heard
        self._ledger.board.take_in(
            track_id,
            row.id,
            TakenIn(
                seen=remembered_values(row.values),
                wrote=wrote,
                theirs=tuple(merged.edits),
                edits=edits_from(merged.edits, measured_bpm=_measured_bpm(track)),
            ),
            carry_in_s=self._when_to_answer(mirror, merged, orders, row),
        )
        self._in_flight.settled(track_id)
        if merged.edits:
            log.info("%s: you changed %s in Notion; that stays", _name(track), ", ".join(sorted(merged.edits)))

    def thrown_away(self, track_id: str, how: Gone) -> None:
        """The person threw the row away. It is left alone; where they kept another one of the same track, that takes
        its place."""
        self._ledger.board.set_gone(track_id, how)
        track = self._ledger.tracks.get(track_id)
        for alias in track.borrowed:
            double_id = self._ledger.board.track_at(alias.id) if alias.service is Service.NOTION else None
            if double_id is not None and self._ledger.board.stand_in(double_id, track_id):
                taken = TakenIn(seen={}, edits=dict(self._ledger.tracks.get(double_id).edits))
                self._ledger.board.take_in(track_id, alias.id, taken, carry_in_s=0.0)
                log.info("%s: of its two rows in Notion you kept one; that is kept true now", _name(track))
                return

    # --- rows that are not noted yet ---

    def meet(self, track_id: str, row: BoardRow) -> bool:
        """A row that is this track's, though nobody has noted that yet: we made it and the answer was lost, or the
        person did. False, and nothing is done, where the track has another living row."""
        ours = self._in_flight.begun_row(track_id)
        if ours is None:
            return self.take_over(track_id, row)
        if not self._ledger.board.bind(track_id, row.id, ours.seen, []):
            return False
        self._ledger.board.take_in(track_id, row.id, ours, carry_in_s=0.0)
        self._in_flight.row_noted(track_id)
        self.take_in(track_id, row)
        return True

    def make_of(self, track_id: str, row: BoardRow, copied: Mapping[str, Any]) -> bool:
        """A row that was copied from another track's, and made into one of its own: what differs from the copy is the
        person's, the rest is ours to fill or to clear. False, and nothing is done, where the track has a living row."""
        if not self._ledger.board.bind(track_id, row.id, dict(copied), []):
            return False
        self._ledger.board.take_in(track_id, row.id, TakenIn(seen={}, wrote=ours_in(copied)), carry_in_s=0.0)
        self.take_in(track_id, row)
        return True

    def take_over(self, track_id: str, row: BoardRow) -> bool:
        """A row of the person's own is this track's from now on; what is filled in there is theirs. False, and nothing
        is done, where the track has another living row."""
        theirs = taken_over(row.values)
        if not self._ledger.board.bind(track_id, row.id, remembered_values(row.values), sorted(theirs)):
            return False
        track = self._ledger.tracks.get(track_id)
        if (word := row.values.get("Status")) in ORDERS_TO_STOP and word != track.status:
            self._carry_out(track, Dismiss(Status(word)))
        typed = {column: row.values[column] for column in theirs}
        heard = {REDO: True} if row.values.get(REDO) else {}
        taken = TakenIn(seen={}, wrote=heard, edits=edits_from(typed), theirs=tuple(sorted(theirs)))
        self._ledger.board.take_in(track_id, row.id, taken, carry_in_s=0.0)
        return True

    def _when_to_answer(
        self, mirror: Mirror, merged: Merged, orders: Sequence[RowOrder], row: BoardRow
    ) -> float | None:
        """In how many seconds the row is to be written because of this; None: nothing there is to change."""
        is_unlocked = not same(row.values.get(LOCKED_FIELDS), mirror.seen.get(LOCKED_FIELDS))
        # What follows from an edit: the Camelot spelling of another key, say.
        if orders or (mirror.wrote and (merged.edits or is_unlocked)):
            return 0.0
        return self._restored_in_s(mirror.track_id, merged) if merged.restored and mirror.wrote else None

    def _restored_in_s(self, track_id: str, merged: Merged) -> float:
        """Each time longer: whoever changes a column of ours again and again is no person."""
        memo = f"notion/restored/{track_id}"
        times = int(self._ledger.memos.recall(memo) or 0)
        self._ledger.memos.remember(memo, str(times + 1))
        if times == _NO_PERSON_AFTER:
            log.warning(
                "%s: somebody changes %s in Notion again and again. Is it an automation, or a second installation? "
                "Several machines want one DATABASE_URL.",
                _name(self._ledger.tracks.get(track_id)),
                ", ".join(sorted(merged.restored)),
            )
        return float(min(_RESTORED_AFTER_S * 2.0 ** min(times, _NO_PERSON_AFTER * 4), _RESTORED_AT_LEAST_EVERY_S))

    def _carry_out(self, track: TrackRow, order: RowOrder) -> None:
        if track.found_in == DOUBLED_ROW and track.duplicate_of is not None:
            if not isinstance(order, Redo | Dismiss):
                return  # an address in a second row says what that row is, and nothing of the first
            track = self._ledger.tracks.get(track.duplicate_of)  # a second row of it: that is what is meant
        try:
            self._obey(track, order)
        except DaemonError as error:
            log.warning("%s: what you ordered in Notion cannot be done: %s", _name(track), error)
            self._ledger.events.note(track.id, "notion", "told", {"order": type(order).__name__, "refused": str(error)})
            self._ledger.memos.remember(REFUSED + track.id, str(error))
        else:
            self._ledger.memos.forget(REFUSED + track.id)


def ours_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of what stands in a row, what is not the person's alone."""
    return {column: value for column, value in values.items() if owner_of(column) != "person"}


def remembered_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept for comparison."""
    return {column: remembered(value) for column, value in values.items()}


def _measured_bpm(track: TrackRow) -> float | None:
    """What was measured, also where the person has corrected it before."""
    if track.edits.get("bpm") is not None:
        measured: float | None = track.edits.get("bpm_measured")
        return measured
    return track.heard.tempo.bpm if track.heard and track.heard.tempo else None


def _name(track: TrackRow) -> str:
    return f"{track.track.artist} - {track.track.title}"
