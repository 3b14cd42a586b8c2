"""What the ledger would have a track's row say."""

from __future__ import annotations

import base64
from typing import Any

from daemon.board.merging import ORDERS_TO_STOP
from daemon.board.remembered import is_empty
from daemon.board.rows import row_of
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Status

_TO_BE_WORKED_ON = (Status.QUEUED, Status.PROCESSING)
_DECIDED = ("Status", "Sync Error")
_FOUND_LATER = {
    "tempo": ("BPM", "BPM Confidence"),
    "key": ("Key", "Camelot"),
    "addresses": ("Spotify URL",),
}


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
        if is_ours(track):
            return wanted
        is_decided = track.status in ORDERS_TO_STOP or track.duplicate_of is not None
        decided = {column: wanted[column] for column in _DECIDED} if is_decided else {}
        return decided | self._found_later(track.id, wanted)

    def _found_later(self, track_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """What was found out about a track that was there before us, for the cells that nobody had filled."""
        found = self._ledger.heard_later.found(track_id)
        mirror = self._ledger.outbox.mirror("notion", track_id) if found else None
        if mirror is None:
            return {}
        columns = [column for kind in found for column in _FOUND_LATER[kind]]
        return {name: wanted[name] for name in columns if name in mirror.wrote or is_empty(mirror.seen.get(name))}


def is_ours(track: TrackRow) -> bool:
    """Whether we have worked on it, or will: all of its row is ours to fill."""
    return bool(track.attempt) or track.status in _TO_BE_WORKED_ON
