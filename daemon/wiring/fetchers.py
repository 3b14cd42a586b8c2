"""Port `Fetcher` for every service: the person's own files are copied here, everything else is a child's work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from daemon.models import Fetched, Service, Source
from daemon.ports import Fetcher, Progress


class ByService:
    """Chooses by where the source is."""

    def __init__(self, downloads: Fetcher, own_files: Callable[[], Fetcher]) -> None:
        self._downloads = downloads
        self._own_files = own_files

    def fetch(self, source: Source, into: Path, progress: Progress) -> Fetched:
        is_own = source.candidate.service is Service.FILE
        return (self._own_files() if is_own else self._downloads).fetch(source, into, progress)
