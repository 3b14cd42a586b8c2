"""Rows that are there twice: a second one for a track that has one, and copies that are made into something else."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from daemon.board import adoption
from daemon.board.intake import Intake, ours_in
from daemon.board.merging import is_link
from daemon.board.orders import ref_to, row_ref
from daemon.board.remembered import same
from daemon.board.rows import PATH_COLUMNS
from daemon.errors import RowGone
from daemon.ledger import Ledger
from daemon.ledger.lending import DOUBLED_ROW
from daemon.ledger.tracks import TrackRow
from daemon.models import BoardRow, Duplicate, Service, Track, TrackRef
from daemon.ports import RowReader
from daemon.references import known_track, open_in_ledger

log = logging.getLogger(__name__)

Held = Callable[[str], AbstractContextManager[bool]]
"""The claim on a track's row, if it is to be had."""


class SecondRows:
    """A second row is a track of its own that is a duplicate of the first one's, until the person means another."""

    def __init__(self, ledger: Ledger, reader: Callable[[], RowReader], intake: Intake) -> None:
        self._ledger = ledger
        self._reader = reader
        self._intake = intake

    def forget_if_thrown_away(self, track_id: str) -> None:
        """The row that the track has may be in the trash, which no look shows: who throws one away and makes another
        means the other."""
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror is None or mirror.gone or self._ledger.board.track_at(mirror.remote_id) != track_id:
            return
        try:
            is_gone = self._reader().row(mirror.remote_id).in_trash
        except RowGone:
            is_gone = True
        if is_gone:
            self._ledger.board.set_gone(track_id, "trash")

    def note(self, track_id: str, row: BoardRow, held: Held) -> bool:
        """It is a second row of that track, which it says itself; one that was there before us is left as it is. False:
        not now."""
        first = self._ledger.tracks.get(track_id)
        log.info("two rows in Notion are %s - %s; one of them is enough", first.track.artist, first.track.title)
        if adoption.is_from_before(self._ledger, row):
            self._ledger.events.note(track_id, "notion", "told", {"another row": row.id})
            return True
        told = row.ref.told if row.ref else None
        name = Track(title=told.title if told else "", artists=told.artists if told else ())
        double_id = open_in_ledger(self._ledger, row_ref(row, name, DOUBLED_ROW))
        with held(double_id) as is_ours:
            if is_ours:
                self._intake.take_over(double_id, row)
                self._ledger.tracks.finish(double_id, _double_of(first))
            return is_ours

    # --- copies ---

    def copied_from(self, row: BoardRow) -> Mapping[str, Any] | None:
        """What stood in the row that this one was copied from: a file belongs to one track. None for no copy."""
        paths = (row.values.get(name) for name in PATH_COLUMNS.values())
        owner = next(filter(None, (self._ledger.files.owner(path) for path in paths if path)), None)
        mirror = self._ledger.outbox.mirror("notion", owner) if owner else None
        return mirror.seen if mirror is not None and not adoption.is_from_before(self._ledger, row) else None

    def another_track(self, double: TrackRow, copied: Mapping[str, Any], row: BoardRow) -> TrackRef | None:
        """What the person made of a second row, if that is another track than the one that it was a copy of."""
        if row.ref is not None:
            return row.ref if known_track(self._ledger, row.ref) != double.duplicate_of else None
        return ref_to(row) if not same(row.values.get("Title"), copied.get("Title")) else None

    def make_of_double(
        self, double: TrackRow, copied: Mapping[str, Any], row: BoardRow, ref: TrackRef, held: Held
    ) -> bool:
        """The person made that track of a second row. False: not now."""
        if ref.service is Service.NOTION:  # it has no address, so it is known by its row: the double's own
            self._ledger.tracks.describe(double.id, _named_alone(ref, row))
            self._ledger.board.stand_alone(double.id, ours_in(copied))
            self._intake.take_in(double.id, row)
            return True
        if (other_id := known_track(self._ledger, ref)) is not None:  # now it is a second row of that one
            self._ledger.tracks.finish(double.id, _double_of(self._ledger.tracks.get(other_id)))
            self._intake.take_in(double.id, row)
            return True
        self._ledger.board.give_up_row(double.id, str(double.duplicate_of))
        return self.make_of_copy(row, ref, copied, held)

    def make_of_copy(self, row: BoardRow, ref: TrackRef, copied: Mapping[str, Any], held: Held) -> bool:
        """The person made that track of a copied row. False: not now."""
        track_id = open_in_ledger(self._ledger, dataclasses.replace(ref, told=_named_alone(ref, row)))
        with held(track_id) as is_ours:
            return is_ours and self._intake.make_of(track_id, row, copied)


def _double_of(first: TrackRow) -> Duplicate:
    evidence = f"another row of {first.track.artist} - {first.track.title}; that one is kept true"
    return Duplicate(of=first.id, evidence=evidence)


def _named_alone(ref: TrackRef, row: BoardRow) -> Track:
    """Of a copy only its names are believed: length and ISRC are those of the track that it was copied from."""
    told = ref.told
    title = told.title if told else str(row.values.get("Title") or "")
    return Track(title="" if is_link(title) else title, artists=told.artists if told else ())
