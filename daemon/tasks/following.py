"""Tasks that follow tracks: one for each new track, so that others see the work; and one for another agent, who is to
go on with a track that has come to a certain end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from daemon.ledger import Ledger
from daemon.ledger.lending import DOUBLED_ROW
from daemon.ledger.tracks import TrackRow
from daemon.models import Status
from daemon.tasks.rows import of_handover

_BOOKMARK = "tasks/followed to"
_SINCE = "tasks/follows since/"
_AT_ONCE = 200
_LAST = 4
"""Thousands of them must not keep a question waiting."""
_OLD_NEWS_S = 600.0
_OVERLAP_S = 60.0
"""A change may come into the ledger later than its time says: the clocks of two machines differ."""


class Following:
    """What has changed since the last time. Safe to repeat."""

    def __init__(
        self, ledger: Ledger, *, per_track: bool, hand_over: Mapping[Status, str], clock: Callable[[], float]
    ) -> None:
        """`hand_over`: by the end that a track comes to, the agent who goes on with it."""
        self._ledger = ledger
        self._per_track = per_track
        self._hand_over = hand_over
        self._clock = clock
        self._known_since: dict[str, float] = {}

    def begin(self) -> None:
        """From now on, if it was not from before: what came earlier is history."""
        wanted = [*(["tracks"] if self._per_track else []), *(status.value for status in self._hand_over)]
        for what in wanted:
            self._since(what)
        for memo in self._ledger.memos.beginning(_SINCE):
            if memo.removeprefix(_SINCE) not in wanted:
                self._ledger.memos.forget(memo)
        if not wanted:
            self._ledger.memos.forget(_BOOKMARK)

    def follow(self) -> None:
        """Tracks that came, and ends that came about, since the beginning."""
        if not (self._per_track or self._hand_over):
            return
        self.begin()
        at, track_id = self._bookmark()
        while rows := self._ledger.tracks.changed_after(at, track_id, _AT_ONCE):
            for row in rows:
                self._follow(row)
            at, track_id = rows[-1].updated_at, rows[-1].id
            if len(rows) < _AT_ONCE:
                break
        if self._clock() - at < _OLD_NEWS_S:
            at, track_id = at - _OVERLAP_S, ""
        self._remember(at, track_id)

    def _follow(self, row: TrackRow) -> None:
        was_there_before_us = row.attempt == 0 and row.status not in (Status.QUEUED, Status.PROCESSING)
        if row.found_in == DOUBLED_ROW or (was_there_before_us and self._ledger.tasks.get(_key(row)) is None):
            return
        if self._per_track and row.created_at >= self._since("tracks"):
            self._keep_task(row)
        agent = self._hand_over.get(row.status)
        if agent is not None and row.updated_at >= self._since(row.status.value):
            key = f"handover/{row.id}/{row.status.value}"
            self._ledger.tasks.raise_(
                key, kind="handover", wanted=of_handover(row, agent), track_id=row.id, urgency=_LAST
            )

    def _keep_task(self, row: TrackRow) -> None:
        key, memory = _key(row), {"shows": [row.status.value, row.reason, row.track.artist, row.track.title]}
        known = self._ledger.tasks.get(key)
        if known is None or known.memory != memory:
            self._ledger.tasks.raise_(key, kind="track", wanted={}, memory=memory, track_id=row.id, urgency=_LAST)
            self._ledger.tasks.hurry(key)

    def _since(self, what: str) -> float:
        """When this was first asked for."""
        if what in self._known_since:
            return self._known_since[what]
        memo = _SINCE + what
        kept = self._ledger.memos.recall(memo)
        if kept is None:
            kept = repr(self._clock())
            self._ledger.memos.remember(memo, kept)
        self._known_since[what] = float(kept)
        return float(kept)

    def _bookmark(self) -> tuple[float, str]:
        kept = self._ledger.memos.recall(_BOOKMARK)
        if kept is None:
            return self._clock() - _OVERLAP_S, ""
        at, track_id = json.loads(kept)
        return float(at), str(track_id)

    def _remember(self, at: float, track_id: str) -> None:
        bookmark = json.dumps([at, track_id])
        if self._ledger.memos.recall(_BOOKMARK) != bookmark:
            self._ledger.memos.remember(_BOOKMARK, bookmark)


def _key(row: TrackRow) -> str:
    return f"track/{row.id}"
