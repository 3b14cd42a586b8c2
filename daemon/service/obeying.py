"""What the person orders in a row of Notion, done: the same decisions as on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.board.orders import Dismiss, KnownAs, Pin, Redo, RowOrder, Unpin
from daemon.errors import Refused
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Alias, Status, Track, TrackRef
from daemon.pipeline.sources import candidate_at, is_one_place
from daemon.references import known_track

BY = "notion"
_UNDER_WAY = (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True)
class Obeying:
    """Port `Obey` of `daemon.board.intake`. Repeating an order changes nothing but the time."""

    ledger: Ledger
    withdraw: Callable[[str], object]
    """Moves the files of a track aside that were taken back."""
    lost_files: Callable[[str], list[str]]
    """Paths of a track's files that are missing from a library that is there."""

    def __call__(self, track: TrackRow, order: RowOrder) -> None:
        """Raises Refused where it cannot be done."""
        match order:
            case Redo():
                self._redo(track)
            case Dismiss():
                self.ledger.tracks.dismiss(track.id, order.status)
            case Pin():
                self._pin(track, order.ref)
            case Unpin():
                pinned = self.ledger.decisions.pinned(track.id)
                if pinned is not None and pinned.service == order.service:
                    self.ledger.decisions.unpin(track.id, anew=track.status is not Status.DONE)
            case KnownAs():
                self._know_as(track, order.ref)

    def _redo(self, track: TrackRow) -> None:
        """The files that are there stay; what is missing, and everything that is said of it, is made again."""
        if track.status in _UNDER_WAY:
            return
        self.ledger.files.mark_missing(self.lost_files(track.id))
        self.ledger.tracks.requeue(track.id)

    def _pin(self, track: TrackRow, ref: TrackRef) -> None:
        if known_track(self.ledger, ref) not in (None, track.id):
            raise Refused(f"{ref.url} is another track of yours already; nothing is fetched again for it.")
        candidate = candidate_at(ref, track.track)
        in_use = track.source if track.status in (Status.DONE, Status.PROCESSING) else None
        anew = in_use is None or not is_one_place(in_use.candidate, candidate)
        self.ledger.decisions.pin(track.id, candidate, BY, anew=anew)
        self.withdraw(track.id)

    def _know_as(self, track: TrackRow, ref: TrackRef) -> None:
        """One more id of this recording, in place of one that the person gave before; nothing is fetched for it."""
        memo = f"notion/known as/{track.id}"
        before = self.ledger.memos.recall(memo)
        if before is not None and before != ref.id:
            self.ledger.tracks.unlearn(track.id, Alias(service=ref.service, id=before))
        if ref.alias not in track.track.aliases:
            self.ledger.memos.remember(memo, ref.id)
        taken = self.ledger.tracks.describe(
            track.id, Track(title="", aliases=(ref.alias,), urls={ref.service: ref.url})
        )
        if taken:
            raise Refused(f"{ref.url} is another track of yours already.")
