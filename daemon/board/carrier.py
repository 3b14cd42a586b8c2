"""Carries one track to its Notion row: found by key, created when there is none, changed only where it differs."""

from __future__ import annotations

import base64
from collections.abc import Callable

from daemon.board.rows import changes, keys_of, row_of
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.outbox import Carried
from daemon.ports import Board


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
        # Looked up first: an earlier create may have been done and its answer lost, or the row may be the person's own.
        row_id = mirror.remote_id if mirror else self._board().find(keys_of(wanted))
        if row_id is None:
            row_id, _ = self._board().create(wanted)
            return Carried(row_id, wanted)
        if row_id == self._row_of_twin(track):
            return Carried(row_id, {})
        # Where nothing of ours was seen yet, an empty value clears nothing: the cell is the person's.
        seen = mirror.seen if mirror and mirror.seen else dict.fromkeys(wanted)
        if changed := changes(wanted, seen):
            self._board().update(row_id, changed)
        return Carried(row_id, {**seen, **wanted})

    def _row_of_twin(self, track: TrackRow) -> str | None:
        """The row of the track that this one is a duplicate of. Where both have one address it is found for both, and
        what it says is the twin's to say."""
        twins = self._ledger.outbox.mirror("notion", track.duplicate_of) if track.duplicate_of else None
        return twins.remote_id if twins else None

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
