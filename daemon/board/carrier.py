"""Carries one track to its Notion row: found by key, created when there is none, changed only where it differs."""

from __future__ import annotations

import base64
from collections.abc import Callable

from daemon.board.rows import changes, keys_of, row_of
from daemon.errors import Transient
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.outbox import Carried
from daemon.ports import Board

_TWIN = "twin"
"""Under this name the mirror of a duplicate keeps whose row it shares."""
_TWIN_FIRST_S = 5.0


class NotionCarrier:
    """Port `Carrier` of `daemon.outbox` for the Tracks database."""

    def __init__(self, ledger: Ledger, board: Callable[[], Board]) -> None:
        self._ledger = ledger
        self._board = board

    def carry(self, track_id: str) -> Carried:
        """At most one look-up and one write; nothing at all where nothing differs."""
        track = self._ledger.tracks.get(track_id)
        wanted = self._row(track)
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror and _TWIN in mirror.seen and track.duplicate_of is None:
            mirror = None  # it shared its twin's row, and is no twin any more
        # Looked up first: an earlier create may have been done and its answer lost, or the row may be the person's own.
        row_id = mirror.remote_id if mirror else self._found(track, keys_of(wanted))
        if track.duplicate_of and row_id in (None, twins_row := self._row_of(track.duplicate_of)):
            return _shared(twins_row, track.duplicate_of)
        if row_id is None:
            row_id, _ = self._board().create(wanted)
            return Carried(row_id, wanted)
        # Where nothing of ours was seen yet, an empty value clears nothing: the cell is the person's.
        seen = mirror.seen if mirror and mirror.seen else dict.fromkeys(wanted)
        if changed := changes(wanted, seen):
            self._board().update(row_id, changed)
        return Carried(row_id, {**seen, **wanted})

    def _found(self, track: TrackRow, keys: dict[str, str]) -> str | None:
        """The row that one of these leads to, unless it is another recording's: a duplicate that is one no more has
        addresses in the row that it shared."""
        row_id = self._board().find(keys)
        owners = self._ledger.outbox.tracks_at("notion", row_id) if row_id else frozenset()
        return row_id if owners <= {track.id, track.duplicate_of} else None

    def _row_of(self, track_id: str) -> str | None:
        mirror = self._ledger.outbox.mirror("notion", track_id)
        return mirror.remote_id if mirror else None

    def _row(self, track: TrackRow) -> dict[str, object]:
        track_id = track.id
        eagle = self._ledger.outbox.mirror("eagle", track_id)
        words = self._ledger.sounds.words(track_id)
        return row_of(
            track,
            [file.shelved for file in self._ledger.files.of(track_id)],
            eagle.remote_id if eagle else None,
            base64.b64encode(words).decode() if words else None,
        )


def _shared(row_id: str | None, twin: str) -> Carried:
    """One recording is one row: what is said of a duplicate without a row of its own stands in its twin's, addresses
    and all. Raises Transient while that is still to be written."""
    if row_id is None:
        raise Transient("The row of the same recording is written first.", retry_after_s=_TWIN_FIRST_S)
    return Carried(row_id, {_TWIN: twin})
