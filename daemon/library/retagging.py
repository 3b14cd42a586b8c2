"""What the person corrected in Notion, on its way into the files: the corrected frames alone, and only in the library.
What was delivered to the inboxes of other programs is theirs.

The ledger keeps what is owed to the files of each track (`daemon.ledger.board`), and forgets it when they have it, if
it is still the same: an edit that came meanwhile stays owed. A kill costs nothing but doing it once more.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon.errors import BadMedia, DaemonError, NotFound, Refused, Transient
from daemon.keys import key_named
from daemon.ledger import Ledger
from daemon.ledger.board import RETAG
from daemon.ledger.tracks import TrackRow
from daemon.models import Json, KeyNotation, Shelved, Status, Tags
from daemon.spelling import comment_for, spelt, title_with_guests

log = logging.getLogger(__name__)

_UNDER_WAY = "retagging/"
_COMING_HOME = "coming-home/"
"""Where `daemon.pipeline.homecoming` notes the finished files that wait for the library."""
_PATIENCE_S = 300.0
"""What a file refuses is not tried again for so long: a try starts a process."""
_BY_EAR = frozenset({"bpm", "key"})
_ANY_WRITE_BIT = 0o222
_LEFT_OUT = "it did not get what you changed in Notion"
_GONE = "Put it back and change it once more, or have it made anew (`cratekeeper --mode reprocess`)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A file as it is after it was rewritten."""

    changed: bool
    """False: it had these tags already, and was not touched."""
    size: int
    mtime_ns: int
    sha256: str


@dataclass(slots=True)
class _Account:
    """How far one debt is paid."""

    debt: str
    ours: list[str] = field(default_factory=list)
    """Files that were as we had filed them before this: nobody else had written into them."""
    paid: list[str] = field(default_factory=list)
    """Files that have it, or never will."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    debt: str
    until: float
    reasons: tuple[str, ...]


class Retagging:
    """The debts to the files of one library."""

    def __init__(
        self,
        ledger: Ledger,
        is_there: Callable[[], bool],
        rewrite: Callable[[Path, Tags], Rewritten],
        key_notation: KeyNotation,
        clock: Callable[[], float],
    ) -> None:
        """`is_there`: whether the library's disk is. `rewrite` writes only what the tags say; it may be repeated, and
        raises NotFound, BadMedia, Refused, Transient."""
        self._ledger = ledger
        self._is_there = is_there
        self._rewrite = rewrite
        self._key_notation = key_notation
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}

    def carry_out(self) -> list[str]:
        """Pays what can be paid now; answers what could not be, each in a sentence that names the file and what to do.
        What goes wrong with one track keeps no other from its turn. While the library is away nothing is done or
        said."""
        debts = self._ledger.memos.beginning(RETAG)
        if not debts or not self._is_there():
            return []
        return [reason for name, debt in debts.items() for reason in self._pay(name.removeprefix(RETAG), debt)]

    def _pay(self, track_id: str, debt: str) -> Sequence[str]:
        """One track's; answers why not."""
        waiting = self._waiting.get(track_id)
        if waiting and waiting.debt == debt and self._clock() < waiting.until:
            return waiting.reasons
        row = self._ledger.tracks.get(track_id)
        if self._is_under_way(row):
            return ()
        tags = tags_of(row, json.loads(debt), self._key_notation)
        reasons, is_paid = self._write(row, debt, tags) if tags else ([], True)
        if is_paid:
            self._ledger.memos.forget(RETAG + track_id, value=debt)
            self._ledger.memos.forget(_UNDER_WAY + track_id)
            self._waiting.pop(track_id, None)
        else:
            self._waiting[track_id] = _Waiting(debt, self._clock() + _PATIENCE_S, tuple(reasons))
        return reasons

    def _is_under_way(self, row: TrackRow) -> bool:
        """Whether files are being made of it, or wait for the library with the tags that they have."""
        if row.status is Status.PROCESSING:
            return True
        coming = self._ledger.memos.beginning(_COMING_HOME) if row.status is Status.QUEUED else {}
        return any(name.endswith(f"/{row.id}") for name in coming)

    def _write(self, row: TrackRow, debt: str, tags: Tags) -> tuple[list[str], bool]:
        """Why some files have not got it, and whether none of them has it still to come."""
        account = self._account(row.id, debt)
        reasons: list[str] = []
        is_paid = True
        for file in self._files_of(row.id):
            if file.path in account.paid:
                continue
            try:
                self._write_one(row.id, file, tags, account)
                account.paid.append(file.path)
            except NotFound:
                if not self._is_there():
                    reasons, is_paid = [], False  # it went away just now, with everything in it
                    break
                account.paid.append(file.path)
                reasons.append(f"{file.path} is not there any more, so {_LEFT_OUT}. {_GONE}")
            except BadMedia as trouble:
                account.paid.append(file.path)
                reasons.append(f"{file.path}: {_LEFT_OUT}. {trouble}")
            except DaemonError as trouble:
                reasons.append(f"{file.path}: what you changed in Notion waits. {trouble}")
                is_paid = False
            except Exception:
                log.exception("writing tags into %s failed in a way that nobody foresaw", file.path)
                reasons.append(f"{file.path}: {_LEFT_OUT} yet, for a defect of ours; the log has the details.")
                is_paid = False
        if not is_paid:
            self._note(row.id, account)
        return reasons, is_paid

    def _write_one(self, track_id: str, file: Shelved, tags: Tags, account: _Account) -> None:
        path = Path(file.path)
        if _is_as_filed(path, file) and file.path not in account.ours:
            account.ours.append(file.path)
            self._note(track_id, account)  # or a kill behind the rewriting would make it look like somebody else's
        now = self._rewrite(path, tags)
        if file.path in account.ours:
            looks = {"size": now.size, "mtime_ns": now.mtime_ns}
            self._ledger.files.note_rewritten(track_id, file.path, **looks, sha256=now.sha256)
            account.ours.remove(file.path)
        if now.changed:
            log.info("%s has what you changed in Notion", path)

    def _files_of(self, track_id: str) -> list[Shelved]:
        files = self._ledger.files.of(track_id)
        return [one.shelved for one in files if one.shelved.role == "library" and one.missing_since is None]

    def _account(self, track_id: str, debt: str) -> _Account:
        noted = self._ledger.memos.recall(_UNDER_WAY + track_id)
        account = _Account(**json.loads(noted)) if noted else _Account(debt)
        return account if account.debt == debt else _Account(debt, ours=account.ours)

    def _note(self, track_id: str, account: _Account) -> None:
        value = {"debt": account.debt, "ours": account.ours, "paid": account.paid}
        self._ledger.memos.remember(_UNDER_WAY + track_id, json.dumps(value))


def tags_of(row: TrackRow, said: Json, notation: KeyNotation) -> Tags | None:
    """The fields that were `said`, as the track has them now; None where none of them has a frame."""
    track, heard = row.track, row.heard
    key = heard.key if heard else key_named(str(said.get("key")))
    bpm = heard.tempo.bpm if heard and heard.tempo else said.get("bpm")
    is_by_ear = bool(_BY_EAR & said.keys())
    tags = Tags(
        title=title_with_guests(track) if "title" in said else "",
        artists=track.artists if "artists" in said else (),
        album=track.album if "album" in said else None,
        date=track.release_date if "release_date" in said else None,
        genre=track.genre if "genre" in said else None,
        bpm=bpm if "bpm" in said else None,
        initial_key=spelt(key, notation) if key and "key" in said else None,
        comment=comment_for(heard, row.fetched) if is_by_ear and heard and row.fetched else None,
    )
    return None if tags == Tags(title="") else tags


def _is_as_filed(path: Path, file: Shelved) -> bool:
    """Whether nobody has written into it since. Never of what was there before us: we know nothing of how it looked.
    Raises NotFound, Refused where nobody may write, Transient."""
    try:
        state = path.stat()
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there any more.") from error
    except OSError as error:
        raise Transient(f"It cannot be looked at ({error.strerror or error}); it is tried again.") from error
    if not (state.st_mode & _ANY_WRITE_BIT and os.access(path.parent, os.W_OK)):
        raise Refused("It, or its folder, is marked as not to be written. Take that mark away.")
    return bool(file.sha256) and (state.st_size, state.st_mtime_ns) == (file.size, file.mtime_ns)
