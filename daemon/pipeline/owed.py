"""Copies that an inbox is still owed: its drive was away when the track was filed. They are made when it comes back.

The finished files wait in a folder of their own, because the work folder is cleared and the library may hold other
formats; what is needed to shelve them is a memo in the ledger.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import Heard, Rendered, Track
from daemon.pipeline.shelving import Shelf, Waiting

_MEMOS = "owed/"


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
        """Puts the files aside, and notes what they are for. Repeating it changes nothing."""
        folder = self._folder / track_id
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {one.format for one in waiting}
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
        try:
            shelving = self._shelf.shelve(track_id, debt.track, debt.playlist, debt.rendered, debt.heard)
        except DaemonError as error:
            return (str(error),)
        for file in shelving.files:
            self._ledger.files.record(track_id, file)
        if not shelving.waiting:
            self._ledger.memos.forget(_MEMOS + track_id)
            shutil.rmtree(self._folder / track_id, ignore_errors=True)
        return tuple(one.reason for one in shelving.waiting)


def _set_aside(file: Rendered, folder: Path) -> Rendered:
    target = folder / Path(file.path).name
    with suppress(FileExistsError):
        os.link(file.path, target)
    return Rendered(format=file.format, path=str(target), size=file.size, sha256=file.sha256)
