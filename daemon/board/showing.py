"""What the ledger would have a track's row say."""

from __future__ import annotations

import base64
from typing import Any

from daemon.board.merging import ORDERS_TO_STOP
from daemon.board.rows import row_of
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Status

_TO_BE_WORKED_ON = (Status.QUEUED, Status.PROCESSING)
_DECIDED = ("Status", "Sync Error")


class Showing:
    """Reads together what a row shows. Asks nobody outside."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, track: TrackRow) -> dict[str, Any]:
        """Every column but the relations, whose rows have to be found first. Of a track that we never worked on
        (adopted, dismissed, or but a second row) no more than what was decided about it: the rest is not ours."""
        eagle = self._ledger.outbox.mirror("eagle", track.id)
        words = self._ledger.sounds.words(track.id)
        wanted = row_of(
            track,
            [file.shelved for file in self._ledger.files.of(track.id)],
            eagle.remote_id if eagle else None,
            base64.b64encode(words).decode() if words else None,
        )
        if track.attempt or track.status in _TO_BE_WORKED_ON:
            return wanted
        is_decided = track.status in ORDERS_TO_STOP or track.duplicate_of is not None
        return {column: wanted[column] for column in _DECIDED} if is_decided else {}
