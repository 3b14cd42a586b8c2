"""Gathers what may need the person, for `daemon.tasks.causes`. Cheap: it is done every few seconds by a daemon that has
nothing else to do. Tracks are read again only where they changed, and disks are looked at once a minute.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from daemon.board.intake import REFUSED
from daemon.board.lost_columns import lost_columns
from daemon.ledger.quarantine import Kept
from daemon.models import ShelfRole, Status
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.pipeline.sources import RELEASE, open_choices
from daemon.service.doctor import look_at
from daemon.service.pausing import paused_since
from daemon.service.rooms import Rooms
from daemon.tasks.facts import Facts, Folder, Held, Review, Told
from daemon.tasks.rows import name_of

T = TypeVar("T")

_ROWS_A_CAUSE = 100
"""So many tracks get a row each; who has more of them does not read them one by one."""
_LOOK_EVERY_S = 60.0


class Survey:
    """One host's look at everything. Not for several threads at once."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._ledger = rooms.ledger
        self._reviews: dict[str, tuple[float, Review]] = {}
        self._failed: dict[str, tuple[float, Told]] = {}
        self._machine: Facts | None = None
        """What was seen of this machine's disks, and when."""

    def look(self) -> Facts:
        """How everything stands now. Raises Unreachable when the ledger does not answer."""
        machine = self._look_at_machine()
        reviews, more_reviews = self._standing(Status.NEEDS_REVIEW, self._reviews, self._review)
        failed, more_failed = self._standing(Status.FAILED, self._failed, self._failure)
        held = tuple(self._held(reviews, failed))
        to_be_heard = {one.track_id for one in held}
        return replace(
            machine,
            now=self._rooms.clock(),
            services=self._ledger.services.troubles(),
            reviews=tuple(one for one in reviews if one.track_id not in to_be_heard),
            more_reviews=more_reviews,
            held=held,
            failed=tuple(one for one in failed if one.track_id not in to_be_heard),
            more_failed=more_failed,
            refused=tuple(self._refused()),
            lost_columns=lost_columns(self._ledger),
            is_paused=paused_since(self._ledger) is not None,
            for_eagle=self._ledger.outbox.pending("eagle") if "eagle" in self._rooms.outbox.targets else 0,
        )

    def forget(self) -> None:
        """The disks are looked at again the next time: the person says that something is mended."""
        self._machine = None

    # --- tracks ---

    def _standing(
        self, status: Status, known: dict[str, tuple[float, T]], read: Callable[[str], T]
    ) -> tuple[list[T], bool]:
        """The tracks that stand so, and whether there are more than are asked about. The oldest ones: so none loses its
        row because another comes."""
        found = self._ledger.tracks.begun_and(status, _ROWS_A_CAUSE + 1)
        shown = found[:_ROWS_A_CAUSE]
        for gone in known.keys() - {track_id for track_id, _ in shown}:
            del known[gone]
        for track_id, changed_at in shown:
            if known.get(track_id, (None,))[0] != changed_at:
                known[track_id] = (changed_at, read(track_id))
        return [known[track_id][1] for track_id, _ in shown], len(found) > len(shown)

    def _review(self, track_id: str) -> Review:
        row = self._ledger.tracks.get(track_id)
        choices = tuple(open_choices(self._ledger, track_id))
        return Review(track_id=track_id, name=name_of(row), question=row.reason or "", choices=choices)

    def _failure(self, track_id: str) -> Told:
        row = self._ledger.tracks.get(track_id)
        return Told(track_id=track_id, name=name_of(row), reason=row.reason or "")

    def _held(self, reviews: list[Review], failed: list[Told]) -> Iterator[Held]:
        """What lies in quarantine, where the track waits for nothing else: what was found elsewhere meanwhile needs
        nobody, and between other candidates it is one choice of several."""
        names = {one.track_id: one.name for one in reviews if _is_all_in_quarantine(one)}
        names |= {one.track_id: one.name for one in failed}
        for kept in self._ledger.quarantine.held() if names else ():
            if kept.track_id in names:
                yield _in_quarantine(kept, names[kept.track_id])

    def _refused(self) -> Iterator[Told]:
        for name, sentence in self._ledger.memos.beginning(REFUSED).items():
            track_id = name.removeprefix(REFUSED)
            row = self._ledger.tracks.get(track_id)
            yield Told(track_id=track_id, name=name_of(row), reason=sentence)

    # --- this machine ---

    def _look_at_machine(self) -> Facts:
        now, machine = self._rooms.clock(), self._machine  # who answers a question may forget it meanwhile
        if machine is None or not 0 <= now - machine.now < _LOOK_EVERY_S:
            folders = tuple(self._folders(self._rooms.folders))
            is_away = any(folder.away or not folder.is_writable for folder in folders)
            machine = Facts(
                now=now,
                host_id=self._rooms.host_id,
                machine=platform.node().partition(".")[0] or "this machine",
                folders=folders,
                min_free_gb=self._rooms.min_free_gb,
                tracks_wait=is_away and self._is_noted("coming-home/"),
                copies_wait=is_away and self._is_noted("owed/"),
                consent=self._rooms.consent_warning(),
            )
            self._machine = machine
        return machine

    def _folders(self, folders: Mapping[str, tuple[Path, ShelfRole | None]]) -> Iterator[Folder]:
        for setting, (path, role) in folders.items():
            known = self._ledger.memos.recall(folder_memo(role, path)) if role else None
            try:
                place = look_at(setting, path, known)
                nearest = next(above for above in (place.path, *place.path.parents) if above.exists())
                yield Folder(
                    setting=setting,
                    path=str(place.path),
                    away=place.away,
                    is_writable=place.writable,
                    disk=nearest.stat().st_dev,
                    free_gb=place.free_gb,
                )
            except OSError as error:
                away = f"{path} does not answer ({error.strerror or error})."
                yield Folder(setting=setting, path=str(path), away=away)

    def _is_noted(self, room: str) -> bool:
        return bool(self._ledger.memos.beginning(f"{room}{self._rooms.host_id}/"))


def _is_all_in_quarantine(review: Review) -> bool:
    return bool(review.choices) and all(choice.value.startswith(RELEASE) for choice in review.choices)


def _in_quarantine(kept: Kept, name: str) -> Held:
    return Held(kept_id=kept.id, track_id=kept.track_id, name=name, path=kept.path, reason=kept.reason)
