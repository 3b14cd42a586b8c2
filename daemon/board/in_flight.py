"""What we set out to write and may never hear of again: noted before each request, forgotten with its answer.

A create whose answer is lost leaves a row that is ours, a change leaves cells that are: whoever meets them afterwards
must not take them for the person's.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from daemon.board.merging import Known
from daemon.ledger import Ledger
from daemon.ledger.board import TakenIn
from daemon.ledger.outbox import Mirror


class InFlight:
    """Notes of its own in the ledger, by track."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def known(self, mirror: Mirror) -> Known:
        """What we know of a row, with what may have arrived there."""
        meant = self._ledger.memos.recall(_writing(mirror.track_id))
        return dataclasses.replace(known_of(mirror), meant=json.loads(meant or "{}"))

    # --- changes ---

    def begin(self, track_id: str, read_back: Mapping[str, Any]) -> None:
        """Its row is about to be changed, and will read like this."""
        self._ledger.memos.remember(_writing(track_id), json.dumps(read_back))

    def arrived(self, track_id: str, row_id: str, seen: Mapping[str, Any], wrote: Mapping[str, Any]) -> None:
        """It was changed, and so it reads."""
        taken = TakenIn(seen=dict(seen), wrote=dict(wrote))
        self._ledger.board.take_in(track_id, row_id, taken, carry_in_s=None)
        self.settled(track_id)

    def settled(self, track_id: str) -> None:
        """Somebody has looked, and what was in flight is known to have arrived, or not."""
        self._forget(_writing(track_id))

    # --- new rows ---

    def begin_row(self, track_id: str, wrote: Mapping[str, Any], read_back: Mapping[str, Any]) -> None:
        """A row of these values is about to be created."""
        self._ledger.memos.remember(_creating(track_id), json.dumps({"wrote": wrote, "seen": read_back}))

    def begun_row(self, track_id: str) -> TakenIn | None:
        """What a row of ours would say that nobody has noted yet; None where we have begun none."""
        begun = self._ledger.memos.recall(_creating(track_id))
        return None if begun is None else TakenIn(**json.loads(begun))

    def row_noted(self, track_id: str) -> None:
        """The ledger knows the row by now."""
        self._forget(_creating(track_id))

    def _forget(self, memo: str) -> None:
        """Reading is cheaper than writing, and mostly there is nothing to forget."""
        if self._ledger.memos.recall(memo) is not None:
            self._ledger.memos.forget(memo)


def known_of(mirror: Mirror) -> Known:
    """What we know of a row, for who only asks whether anything is new there."""
    return Known(seen=mirror.seen, wrote=mirror.wrote, theirs=mirror.theirs)


def _writing(track_id: str) -> str:
    return f"notion/writing/{track_id}"


def _creating(track_id: str) -> str:
    return f"notion/creating/{track_id}"
