"""What the ledger would have a track's row say."""

from __future__ import annotations

import base64
from typing import Any

from daemon.board.rows import row_of
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow


class Showing:
    """Reads together what a row shows. Asks nobody outside."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, track: TrackRow) -> dict[str, Any]:
        """Every column but the relations, whose rows have to be found first."""
        eagle = self._ledger.outbox.mirror("eagle", track.id)
        words = self._ledger.sounds.words(track.id)
        return row_of(
            track,
            [file.shelved for file in self._ledger.files.of(track.id)],
            eagle.remote_id if eagle else None,
            base64.b64encode(words).decode() if words else None,
        )
