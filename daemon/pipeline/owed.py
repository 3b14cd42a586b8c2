"""Copies that an inbox is still owed: its drive was away when the track was filed. They are made when it comes back.

The finished files wait in a folder of their own, because the work folder is cleared and the library may hold other
formats; what is needed to deliver them is a memo in the ledger. They are copies: the library's file is a second name of
the work file, and a DJ program that writes into that one would spoil what waits.

Where the disk has no room for that, nothing is put aside. The debt is paid from the library's own file, as it is by
then; and what the library does not hold in that format is made anew, once the inbox is there to take it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from daemon.errors import BadMedia, DaemonError, NotFound, Refused, Transient
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Format, Heard, Rendered, Status, Track
from daemon.pipeline.shelving import Shelf, Shelving, Waiting
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.pipeline.shelving.folders import made, sync, sync_folder
from daemon.pipeline.shelving.placing import is_file_of

log = logging.getLogger(__name__)

_MEMOS = "owed/"
"""`owed/{host_id}/{track_id}`. It was `owed/{track_id}` once, and then one host's debt took the place of another's."""
_UNDER_WAY = frozenset({Status.QUEUED, Status.PROCESSING})
"""It is filed again, or not yet filed to its end; whatever that comes to decides about the debt."""
_WANTED_NO_MORE = frozenset({Status.DUPLICATE, Status.REJECTED, Status.SKIP})

_NOTHING_PUT_ASIDE = (
    "So copies for folders that are away are not put aside: they are made from the library's files, or made anew, once "
    "those folders are back."
)
_LIBRARY_AWAY = (
    "A copy for another program waits for the library's file, which is not where it was filed. See that the drive of "
    "OUT_DIR is there; if the file is gone, `--mode reprocess` makes it again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What one track's inboxes are owed."""

    track: Track
    playlist: str | None
    rendered: tuple[Rendered, ...]
    """Where the copies were put aside; they need not be there."""
    heard: Heard | None
    host: str = ""
    """Whose inboxes they are."""
    made_anew_at: int | None = None
    """The attempt that stood when the track was queued once more for this debt. That is done once."""


_DEBT = TypeAdapter(Debt)


class Owed:
    """The debts of one house."""

    def __init__(
        self,
        ledger: Ledger,
        shelf: Shelf,
        folder: Path,
        room: Callable[[int], None] = lambda _need_bytes: None,
        host_id: str = "",
    ) -> None:
        """`room(need_bytes)` raises Transient where so much more in `folder` would leave too little free."""
        self._ledger = ledger
        self._shelf = shelf
        self._folder = folder
        self._room = room
        self._host = host_id
        self._memos = f"{_MEMOS}{host_id}/"
        self._changing = threading.Lock()
        """A debt is replaced by the thread that files its track, while another one pays."""
        self._is_full = False

    def keep(
        self,
        track_id: str,
        track: Track,
        playlist: str | None,
        rendered: Sequence[Rendered],
        heard: Heard | None,
        waiting: Sequence[Waiting],
    ) -> None:
        """Notes what the files are for, and puts them aside if there is room. Repeating it changes nothing; what
        another sound of the track was owed is forgotten."""
        wanted = {one.format for one in waiting}
        with self._changing:
            kept = tuple(self._put_aside(file, self._folder / track_id) for file in rendered if file.format in wanted)
            self._note(track_id, Debt(track=track, playlist=playlist, rendered=kept, heard=heard, host=self._host))
            try:
                self._take_over(track_id)
            except Refused:  # what nobody can read is replaced as well
                self._ledger.memos.forget(_MEMOS + track_id)

    def deliver(self) -> list[str]:
        """Tries every debt of this host once; answers why those that stand cannot be paid yet, each reason once. No
        debt keeps another from being paid. The reasons are the same for as long as nothing changes."""
        reasons: dict[str, None] = {}
        for track_id in [name.removeprefix(_MEMOS) for name in self._ledger.memos.beginning(_MEMOS)]:
            if "/" in track_id:
                continue
            try:
                with self._changing:
                    self._take_over(track_id)
            except DaemonError as error:
                reasons[str(error)] = None
        for name in self._ledger.memos.beginning(self._memos):
            try:
                reasons |= dict.fromkeys(self._pay(name.removeprefix(self._memos)))
            except DaemonError as error:
                reasons[str(error)] = None
        return list(reasons)

    def formats_of(self, track_id: str) -> frozenset[Format]:
        """What of this track is only waiting for an inbox of this host: it is not missing."""
        value = self._noted(track_id) or self._ledger.memos.recall(_MEMOS + track_id)
        with suppress(Refused):  # `deliver` tells of a debt that cannot be read
            return frozenset(file.format for file in _read(track_id, value).rendered) if value else frozenset()
        return frozenset()

    def _noted(self, track_id: str) -> str | None:
        return self._ledger.memos.recall(self._memos + track_id)

    def _note(self, track_id: str, debt: Debt) -> None:
        self._ledger.memos.remember(self._memos + track_id, json.dumps(_DEBT.dump_python(debt, mode="json")))

    def _take_over(self, track_id: str) -> None:
        """A debt under its old name that is ours gets the new one; what has the new name already is younger. Raises
        Refused when it cannot be read."""
        value = self._ledger.memos.recall(_MEMOS + track_id)
        if value is None:
            return
        debt = _read(track_id, value)
        if debt.host not in ("", self._host):
            return
        if self._noted(track_id) is None:
            self._note(track_id, replace(debt, host=self._host))
        self._ledger.memos.forget(_MEMOS + track_id)

    def _pay(self, track_id: str) -> list[str]:
        """Answers why some of it cannot be paid yet."""
        value, row = self._noted(track_id), self._ledger.tracks.get(track_id)
        if value is None or row.status in _UNDER_WAY or self._noted(track_id) != value:
            return []  # replaced while we looked: that row may not be the one that it belongs to
        if not self._is_owed(track_id, row.status):
            self._forget(track_id, value)
            return []
        debt = _read(track_id, value)
        waiting: dict[str, None] = {}
        for file in debt.rendered:
            waiting |= dict.fromkeys(self._pay_with(file, track_id, value, debt, row))
        if not waiting:
            self._forget(track_id, value)
        return list(waiting)

    def _is_owed(self, track_id: str, status: Status) -> bool:
        """Whether anybody still wants it: a later attempt that failed takes nothing back."""
        return status is Status.DONE or (status not in _WANTED_NO_MORE and self._ledger.files.stand(track_id))

    def _pay_with(self, file: Rendered, track_id: str, value: str, debt: Debt, row: TrackRow) -> list[str]:
        try:
            shelving = self._delivered(file, track_id, debt)
            for done in shelving.files:
                self._ledger.files.record(track_id, done)
            return [one.reason for one in shelving.waiting]
        except (NotFound, BadMedia):
            return self._have_made_anew(track_id, value, debt, row)
        except DaemonError as error:
            return [str(error)]

    def _delivered(self, file: Rendered, track_id: str, debt: Debt) -> Shelving:
        """Delivers what was put aside, else the library's file. Raises NotFound or BadMedia when there is neither and
        the inbox is there."""

        def deliver(one: Rendered) -> Shelving:
            return self._shelf.deliver(track_id, debt.track, debt.playlist, [one], debt.heard)

        try:
            return deliver(file)
        except (NotFound, BadMedia):
            filed = self._in_library(track_id, file.format)
            if filed is None:
                raise
        if not Path(filed.path).is_file():
            raise Transient(_LIBRARY_AWAY)
        try:
            return deliver(filed)
        except BadMedia:  # the person, or a DJ program, has written into it since
            return deliver(_as_it_is(filed))

    def _in_library(self, track_id: str, format_: Format) -> Rendered | None:
        for filed in self._ledger.files.of(track_id):
            file = filed.shelved
            if (file.role, file.format, filed.missing_since) == ("library", format_, None):
                return Rendered(format=format_, path=file.path, size=file.size, sha256=file.sha256)
        return None

    def _have_made_anew(self, track_id: str, value: str, debt: Debt, row: TrackRow) -> list[str]:
        """Shelving it then pays the debt. Once: where that came to nothing, the next time would fetch it for nothing
        too, at every interval."""
        name = f"{debt.track.artist} - {debt.track.title}"
        was_in_vain = debt.made_anew_at is not None and row.attempt > debt.made_anew_at
        if row.status is not Status.DONE or was_in_vain:
            return [f"{name}: nothing is left to make a copy from for another program. See to that track first."]
        with self._changing:
            if self._noted(track_id) != value:
                return []
            self._note(track_id, replace(debt, made_anew_at=row.attempt))
        self._ledger.tracks.requeue(track_id)
        return [f"{name} is made anew, because nothing was left to make a copy from for another program."]

    def _put_aside(self, file: Rendered, folder: Path) -> Rendered:
        target = folder / f"{file.sha256}.{file.format}"
        try:
            with told_as_transient("VAR_DIR", self._folder):
                if not is_file_of(target, file.size, file.sha256):
                    self._room(file.size)
                    _copy(Path(file.path), made(folder) / target.name)
            self._is_full = False
        except Transient as trouble:
            if not self._is_full:
                log.warning("%s %s", trouble, _NOTHING_PUT_ASIDE)
            self._is_full = True
        return replace(file, path=str(target))

    def _forget(self, track_id: str, value: str) -> None:
        """The files first: nobody would look for them without the memo. What has replaced the debt stays."""
        with self._changing:
            if self._noted(track_id) == value:
                shutil.rmtree(self._folder / track_id, ignore_errors=True)
                self._ledger.memos.forget(self._memos + track_id)


def _read(track_id: str, value: str) -> Debt:
    try:
        return _DEBT.validate_python(json.loads(value))
    except ValueError as error:
        raise Refused(
            f"What other programs are owed of the track {track_id} cannot be read. Copy its file to them by hand."
        ) from error


def _as_it_is(file: Rendered) -> Rendered:
    with told_as_transient("OUT_DIR", Path(file.path).parent), Path(file.path).open("rb") as whole:
        sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
        return replace(file, size=whole.tell(), sha256=sha256)


def _copy(source: Path, target: Path) -> None:
    draft = target.with_suffix(".draft")
    try:
        with source.open("rb") as whole, draft.open("wb") as copy:
            shutil.copyfileobj(whole, copy)
            copy.flush()
            sync(copy.fileno())
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
