"""Carries one track to its Notion row: found by key, created when there is none, changed only where it differs."""

from __future__ import annotations

import base64
from collections.abc import Callable

from daemon.board.rows import changes, keys_of, row_of
from daemon.ledger import Ledger
from daemon.outbox import Carried
from daemon.ports import Board


class NotionCarrier:
    """Port `Carrier` of `daemon.outbox` for the Tracks database."""

    def __init__(self, ledger: Ledger, board: Callable[[], Board]) -> None:
        self._ledger = ledger
        self._board = board

    def carry(self, track_id: str) -> Carried:
        """At most one look-up and one write; nothing at all where nothing differs."""
        wanted = self._row(track_id)
        mirror = self._ledger.outbox.mirror("notion", track_id)
        if mirror is not None:
            changed = changes(wanted, mirror.seen)
            if changed:
                self._board().update(mirror.remote_id, changed)
            return Carried(mirror.remote_id, {**mirror.seen, **wanted})
        # Looked up first: an earlier create may have been done and its answer lost, or the row may be the person's own.
        row_id = self._board().find(keys_of(wanted))
        if row_id is None:
            row_id, _ = self._board().create(wanted)
        else:
            self._board().update(row_id, {column: value for column, value in wanted.items() if value is not None})
        return Carried(row_id, wanted)

    def _row(self, track_id: str) -> dict[str, object]:
        eagle = self._ledger.outbox.mirror("eagle", track_id)
        words = self._ledger.sounds.words(track_id)
        return row_of(
            self._ledger.tracks.get(track_id),
            [file.shelved for file in self._ledger.files.of(track_id)],
            eagle.remote_id if eagle else None,
            base64.b64encode(words).decode() if words else None,
        )
