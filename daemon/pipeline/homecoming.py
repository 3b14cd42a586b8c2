"""Tracks that are finished but for a library that is away, full or forbidden. Their files wait here, and are shelved as
soon as the library takes them: nothing is fetched, heard or made a second time for it.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from daemon.errors import DaemonError, Refused
from daemon.ledger import Ledger
from daemon.ledger.patience import LONGEST_WAIT_S
from daemon.models import Filed, Heard, Postponed, Rendered, Status, Track
from daemon.pipeline.owed import Owed
from daemon.pipeline.shelving import LibraryWaits, Shelf
from daemon.pipeline.shelving.disk_errors import told_as_transient

log = logging.getLogger(__name__)

_SETTLED = frozenset({Status.DONE, Status.DUPLICATE, Status.REJECTED, Status.SKIP})
"""A later attempt or the person has decided."""
_RENEWED_WITH_LEFT_S = LONGEST_WAIT_S / 2
_LONGEST_RUN_S = 300.0
"""What is not home by then comes with the next call, so that a job of the loop is never taken for one that hangs."""


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
    """The track is put off until then, and in time for longer (unix seconds)."""


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
        """Takes the files out of the work folder, and puts the track off. Repeating it, or `resume` after a kill, ends
        the same. Raises Transient when VAR_DIR refuses."""
        for file in trouble.shelving.files:
            self._ledger.files.record(track_id, file)
        finished = Finished(
            attempt=attempt,
            track=track,
            playlist=playlist,
            rendered=tuple(replace(file, path=str(self._place(track_id, file))) for file in rendered),
            heard=heard,
            reason=str(trouble),
            until=self._clock() + LONGEST_WAIT_S,
        )
        self._remember(track_id, finished)
        self._move(track_id, rendered)
        return _put_off(finished)

    def resume(self, track_id: str, attempt: int, rendered: Sequence[Rendered]) -> Postponed | None:
        """How this attempt was put off, if it was; what a killed `keep` has left in the work folder is taken along."""
        try:
            finished = self._of(track_id)
        except Refused:
            return None
        if finished is None or finished.attempt != attempt:
            return None
        self._move(track_id, rendered)
        return _put_off(finished)

    def deliver(self) -> list[str]:
        """Brings home what can be brought, and pays what the inboxes are owed; answers why the rest still waits, each
        reason once. What goes wrong with one track keeps no other from its turn."""
        reasons: dict[str, None] = {}
        begun_at = self._clock()
        for name in self._ledger.memos.beginning(self._memos):
            if self._clock() - begun_at > _LONGEST_RUN_S:
                break
            track_id = name.removeprefix(self._memos)
            try:
                reason = self._bring(track_id)
            except DaemonError as trouble:
                reason = f"A finished track ({track_id}) does not get to the library: {trouble}"
            if reason:
                reasons[reason] = None
        return [*reasons, *(reason for reason in self._owed.deliver() if reason not in reasons)]

    def _bring(self, track_id: str) -> str | None:
        """Shelves one track; answers why not."""
        finished, row = self._of(track_id), self._ledger.tracks.get(track_id)
        if finished is None or row.status is Status.PROCESSING:
            return None  # another attempt is under way, and decides
        if row.status in _SETTLED or self._ledger.tracks.was_decided_since(track_id, finished.attempt):
            self._forget(track_id)
            return None
        try:
            shelving = self._shelf.shelve(
                track_id, finished.track, finished.playlist, finished.rendered, finished.heard
            )
        except LibraryWaits as trouble:
            self._put_off_longer(track_id, finished, str(trouble))
            return str(trouble)
        except DaemonError as trouble:  # its files were cleared away, say: they are made again
            log.warning("%s: %s It is begun anew.", track_id, trouble)
            self._ledger.tracks.requeue(track_id, attempt=finished.attempt)
            self._forget(track_id)
            return None
        if shelving.waiting:
            self._owed.keep(
                track_id, finished.track, finished.playlist, finished.rendered, finished.heard, shelving.waiting
            )
        self._ledger.tracks.come_home(track_id, finished.attempt, Filed(files=shelving.files))
        self._forget(track_id)
        track, paths = finished.track, ", ".join(file.path for file in shelving.files)
        log.info("%s - %s waited for the library, and is there now: %s", track.artist, track.title, paths)
        return None

    def _put_off_longer(self, track_id: str, finished: Finished, reason: str) -> None:
        """So that the track never begins anew while its files are there, and says what it waits for now."""
        left_s = finished.until - self._clock()
        if reason == finished.reason and left_s > _RENEWED_WITH_LEFT_S:
            return
        longer = replace(finished, reason=reason, until=self._clock() + LONGEST_WAIT_S)
        self._remember(track_id, longer)
        self._ledger.tracks.come_home(track_id, finished.attempt, _put_off(longer))

    def _of(self, track_id: str) -> Finished | None:
        """Raises Refused for what cannot be read."""
        value = self._ledger.memos.recall(self._memos + track_id)
        try:
            return _FINISHED.validate_python(json.loads(value)) if value else None
        except (ValueError, ValidationError) as error:
            raise Refused(f"what was noted of it cannot be read ({type(error).__name__})") from error

    def _remember(self, track_id: str, finished: Finished) -> None:
        self._ledger.memos.remember(self._memos + track_id, json.dumps(_FINISHED.dump_python(finished, mode="json")))

    def _place(self, track_id: str, file: Rendered) -> Path:
        return self._folder / track_id / Path(file.path).name

    def _move(self, track_id: str, rendered: Sequence[Rendered]) -> None:
        with told_as_transient("VAR_DIR", self._folder):
            for file in rendered:
                if Path(file.path).exists():
                    target = self._place(track_id, file)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(file.path, target)

    def _forget(self, track_id: str) -> None:
        """In this order: of what is noted nothing is left lying about for ever."""
        shutil.rmtree(self._folder / track_id, ignore_errors=True)
        self._ledger.memos.forget(self._memos + track_id)


def _put_off(finished: Finished) -> Postponed:
    return Postponed(reason=finished.reason, not_before=finished.until)
