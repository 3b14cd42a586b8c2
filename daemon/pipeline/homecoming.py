"""Tracks that are finished but for a library that is away, full or forbidden. Their files wait here, and are shelved as
soon as the library takes them: nothing is fetched, heard or made a second time for it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.ledger.patience import LONGEST_WAIT_S
from daemon.models import Filed, Heard, Postponed, Rendered, Status, Track
from daemon.pipeline.owed import Owed
from daemon.pipeline.shelving import LibraryWaits, Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One track's files, and all that shelving wants to know."""

    attempt: int
    track: Track
    playlist: str | None
    rendered: tuple[Rendered, ...]
    heard: Heard | None
    reason: str
    """Why the library waits."""
    until: float
    """Then the track begins anew, for nobody waits longer (unix seconds)."""


_FINISHED = TypeAdapter(Finished)


class Homecoming:
    """What waits on this host, for the library and (`Owed`) for the inboxes."""

    def __init__(
        self, ledger: Ledger, shelf: Shelf, owed: Owed, folder: Path, *, host_id: str, clock: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._owed = owed
        self._folder = folder
        self._memos = f"coming-home/{host_id}/"
        self._clock = clock

    def keep(
        self,
        track_id: str,
        attempt: int,
        track: Track,
        playlist: str | None,
        rendered: Sequence[Rendered],
        heard: Heard | None,
        trouble: LibraryWaits,
    ) -> Postponed:
        """Takes the files out of the work folder, and puts the track off. Repeating it changes nothing."""
        for file in trouble.shelving.files:
            self._ledger.files.record(track_id, file)
        finished = Finished(
            attempt=attempt,
            track=track,
            playlist=playlist,
            rendered=tuple(self._moved(track_id, file) for file in rendered),
            heard=heard,
            reason=str(trouble),
            until=self._clock() + LONGEST_WAIT_S,
        )
        self._ledger.memos.remember(self._memos + track_id, json.dumps(_FINISHED.dump_python(finished, mode="json")))
        return _put_off(finished)

    def waits(self, track_id: str, attempt: int) -> Postponed | None:
        """How this attempt was put off, if it was."""
        finished = self._of(track_id)
        return _put_off(finished) if finished and finished.attempt == attempt else None

    def deliver(self) -> list[str]:
        """Brings home what can be brought, and pays what the inboxes are owed; answers why the rest still waits, each
        reason once."""
        reasons: dict[str, None] = {}
        for name in self._ledger.memos.beginning(self._memos):
            reason = self._bring(name.removeprefix(self._memos))
            if reason:
                reasons[reason] = None
        return [*reasons, *(reason for reason in self._owed.deliver() if reason not in reasons)]

    def _bring(self, track_id: str) -> str | None:
        """Shelves one track; answers why not."""
        finished, row = self._of(track_id), self._ledger.tracks.get(track_id)
        if finished is None or row.status is Status.PROCESSING:
            return None  # another attempt is under way, and decides
        if row.status is not Status.QUEUED or row.attempt != finished.attempt:
            self._forget(track_id)
            return None
        if self._ledger.tracks.is_overtaken(track_id):
            self._forget(track_id)
            return None
        try:
            shelving = self._shelf.shelve(track_id, finished.track, finished.playlist, finished.rendered, row.heard)
        except LibraryWaits as trouble:
            return str(trouble)
        except DaemonError:  # its files were cleared away, say: they are made again
            self._forget(track_id)
            self._ledger.tracks.requeue(track_id)
            return None
        if shelving.waiting:
            self._owed.keep(track_id, finished.track, finished.playlist, finished.rendered, row.heard, shelving.waiting)
        self._ledger.tracks.finish(track_id, Filed(files=shelving.files))
        self._forget(track_id)
        return None

    def _of(self, track_id: str) -> Finished | None:
        value = self._ledger.memos.recall(self._memos + track_id)
        return _FINISHED.validate_python(json.loads(value)) if value else None

    def _moved(self, track_id: str, file: Rendered) -> Rendered:
        source, target = Path(file.path), self._folder / track_id / Path(file.path).name
        if source.exists():  # else a killed call has moved it
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        return replace(file, path=str(target))

    def _forget(self, track_id: str) -> None:
        self._ledger.memos.forget(self._memos + track_id)
        shutil.rmtree(self._folder / track_id, ignore_errors=True)


def _put_off(finished: Finished) -> Postponed:
    return Postponed(reason=finished.reason, not_before=finished.until)
