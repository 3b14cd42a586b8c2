"""What looks on while yt-dlp downloads: is it a finished recording, is there room, how far are we?"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from daemon.ports import Progress
from integrations.ytdlp import leftovers
from integrations.ytdlp.session import Info
from integrations.ytdlp.translation import Failure, no_room, say

NOT_FINISHED = ("is_live", "is_upcoming", "post_live")
"""The last is over, but its recording is not made yet."""

_MB = 1_000_000
_TOLD_AT_LEAST_EVERY_S = 10.0


def free_bytes(folder: Path) -> int:
    """What is free on the disk of `folder`."""
    return shutil.disk_usage(folder).free


class Room:
    """The disk of one folder, of which `keep_bytes` are to stay free."""

    def __init__(
        self, folder: Path, keep_bytes: int, *, url: str, service: str, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._url = url
        self._service = service
        self._free = free

    def look(self, need_bytes: float) -> None:
        """Raises Transient when so much more would not leave enough. Asks nobody when nothing is to be kept."""
        if self._keep_bytes <= 0:
            return
        free = self._free(self._folder)
        if free - max(0.0, need_bytes) < self._keep_bytes:
            raise no_room(self._folder, free=free, keep=self._keep_bytes, service=self._service, what=self._url)


class Watch:
    """Stands by one download into `folder`: `before` is yt-dlp's `match_filter`, `during` one of its progress hooks."""

    def __init__(self, folder: Path, room: Room, *, url: str, service: str) -> None:
        self._folder = folder
        self._room = room
        self._url = url
        self._service = service
        self._marked = False

    def before(self, info: Info, *, incomplete: object = False) -> None:
        """Called with what is about to be downloaded: makes the folder ready. Raises Refused for what is live, and
        Transient for want of room."""
        if incomplete:
            return
        if info.get("is_live") or info.get("live_status") in NOT_FINISHED:
            raise say(Failure.NOT_YET, service=self._service, what=self._url)
        leftovers.make_ready(self._folder, info)
        told = info.get("filesize") or info.get("filesize_approx") or 0
        # A stream in pieces is put together from them at the end, and is there twice for that moment.
        self._room.look((2 if leftovers.in_pieces(info) else 1) * told - leftovers.taken_so_far(self._folder))

    def during(self, report: Mapping[str, Any]) -> None:
        """Called for every block. Raises Transient when the disk has filled up meanwhile, by whomever."""
        if report.get("status") != "downloading":
            return
        if not self._marked:
            leftovers.mark(self._folder, report["info_dict"])
            self._marked = True
        self._room.look((report.get("total_bytes") or 0) - (report.get("downloaded_bytes") or 0))


class ProgressHook:
    """yt-dlp reports every block it reads; people are told of every per cent, or every megabyte of who knows how
    many, and of every ten seconds that brought anything, so that a slow line is not taken for a dead one."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._told_step: int | None = None
        self._told_bytes = -1
        self._told_at = clock()

    def __call__(self, report: Mapping[str, Any]) -> None:
        if report.get("status") != "downloading":
            return
        have = report.get("downloaded_bytes") or 0
        fraction, words = _how_far(report, have)
        step = int(have / _MB) if fraction is None else int(100 * fraction)
        now = self._clock()
        slowly = have > self._told_bytes and now - self._told_at >= _TOLD_AT_LEAST_EVERY_S
        if step == self._told_step and not slowly:
            return
        self._told_step, self._told_bytes, self._told_at = step, have, now
        self._progress(fraction, words)


def _how_far(report: Mapping[str, Any], have: int) -> tuple[float | None, str]:
    """A fraction, where the end is in sight, and the words for it."""
    if pieces := report.get("fragment_count"):  # yt-dlp's guess at their bytes grows while it reads
        done = min(report.get("fragment_index") or 0, pieces)
        return done / pieces, f"{have / _MB:.1f} MB, {done} of {pieces} pieces"
    if total := report.get("total_bytes") or report.get("total_bytes_estimate"):
        return min(1.0, have / total), f"{have / _MB:.1f} of {total / _MB:.1f} MB"
    return None, f"{have / _MB:.1f} MB"
