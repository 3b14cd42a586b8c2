"""Copies that an inbox is still owed: its drive was away when the track was filed. They are made when it comes back.

The finished files wait in a folder of their own, because the work folder is cleared and the library may hold other
formats; what is needed to deliver them is a memo in the ledger. They are copies: the library's file is a second name of
the work file, and a DJ program that writes into that one would spoil what waits.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import Heard, Rendered, Status, Track
from daemon.pipeline.shelving import Shelf, Waiting
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.pipeline.shelving.folders import made, sync, sync_folder
from daemon.pipeline.shelving.placing import is_file_of

_MEMOS = "owed/"
_UNDER_WAY = frozenset({Status.QUEUED, Status.PROCESSING})
"""It is filed again, or not yet filed to its end; whatever that comes to decides about the debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What one track's inboxes are owed."""

    track: Track
    playlist: str | None
    rendered: tuple[Rendered, ...]
    heard: Heard | None
    reasons: tuple[str, ...]


_DEBT = TypeAdapter(Debt)


class Owed:
    """The debts of one house."""

    def __init__(self, ledger: Ledger, shelf: Shelf, folder: Path) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._folder = folder

    def keep(
        self,
        track_id: str,
        track: Track,
        playlist: str | None,
        rendered: Sequence[Rendered],
        heard: Heard | None,
        waiting: Sequence[Waiting],
    ) -> None:
        """Puts the files aside, and notes what they are for. Repeating it changes nothing; what another sound of the
        track was owed is forgotten. Raises Transient when there is no room for them."""
        folder = self._folder / track_id
        wanted = {one.format for one in waiting}
        with told_as_transient("VAR_DIR", self._folder):
            made(folder)
            kept = tuple(_set_aside(file, folder) for file in rendered if file.format in wanted)
        reasons = tuple(dict.fromkeys(one.reason for one in waiting))
        debt = Debt(track=track, playlist=playlist, rendered=kept, heard=heard, reasons=reasons)
        self._ledger.memos.remember(_MEMOS + track_id, json.dumps(_DEBT.dump_python(debt, mode="json")))

    def deliver(self) -> list[str]:
        """Tries every debt once; answers why those that stand cannot be paid yet, each reason once."""
        reasons: dict[str, None] = {}
        for name, value in self._ledger.memos.beginning(_MEMOS).items():
            reasons |= dict.fromkeys(self._pay(name.removeprefix(_MEMOS), _DEBT.validate_python(json.loads(value))))
        return list(reasons)

    def of(self, track_id: str) -> tuple[str, ...]:
        """Why this track's inboxes still wait; empty when nothing is owed."""
        value = self._ledger.memos.recall(_MEMOS + track_id)
        return _DEBT.validate_python(json.loads(value)).reasons if value else ()

    def _pay(self, track_id: str, debt: Debt) -> tuple[str, ...]:
        status = self._ledger.tracks.get(track_id).status
        if status in _UNDER_WAY:
            return ()
        if status is not Status.DONE:  # the person has taken it back: nobody is owed that sound any more
            self._forget(track_id)
            return ()
        try:
            shelving = self._shelf.deliver(track_id, debt.track, debt.playlist, debt.rendered, debt.heard)
        except DaemonError as error:
            return (str(error),)
        for file in shelving.files:
            self._ledger.files.record(track_id, file)
        if not shelving.waiting:
            self._forget(track_id)
        return tuple(dict.fromkeys(one.reason for one in shelving.waiting))

    def _forget(self, track_id: str) -> None:
        self._ledger.memos.forget(_MEMOS + track_id)
        shutil.rmtree(self._folder / track_id, ignore_errors=True)


def _set_aside(file: Rendered, folder: Path) -> Rendered:
    target = folder / f"{file.sha256}.{file.format}"
    if not is_file_of(target, file.size, file.sha256):
        draft = target.with_suffix(".draft")
        with Path(file.path).open("rb") as whole, draft.open("wb") as copy:
            shutil.copyfileobj(whole, copy)
            copy.flush()
            sync(copy.fileno())
        draft.replace(target)
        sync_folder(folder)
    return replace(file, path=str(target))
