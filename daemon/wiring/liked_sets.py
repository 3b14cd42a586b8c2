"""Which liked sets were taken already: `integrations.soundcloud.TakenSets`, kept in the ledger."""

from __future__ import annotations

import json

from daemon.ledger.memos import Memos

_MEMO = "chain/soundcloud-likes/taken sets"


class LikedSets:
    """One look's view. What is marked during the look lasts only by `keep`, once the tracks are in the ledger too.

    At the first look of all, every set that stands there is the person's history: it counts as taken, and is noted.
    """

    def __init__(self, memos: Memos) -> None:
        self._memos = memos
        kept = memos.recall(_MEMO)
        self._is_first = kept is None
        self._taken: set[str] = set(json.loads(kept)) if kept else set()

    def __contains__(self, set_id: object) -> bool:
        if self._is_first:
            self._taken.add(str(set_id))
        return set_id in self._taken

    def add(self, set_id: str) -> None:
        self._taken.add(set_id)

    def keep(self) -> None:
        """Makes it last."""
        self._memos.remember(_MEMO, json.dumps(sorted(self._taken)))
