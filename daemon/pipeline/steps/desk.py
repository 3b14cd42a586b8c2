"""What every step has at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.edits import heard_with_edits, with_edits
from daemon.errors import AuthExpired, RateLimited, Transient, trouble_of
from daemon.ledger import Ledger
from daemon.models import Format, Heard, KeyNotation, Service, Track, TrackRef
from daemon.pipeline.disks import Disks
from daemon.pipeline.homecoming import Homecoming
from daemon.pipeline.owed import Owed
from daemon.pipeline.quarantine import Quarantine
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.sources import Sources
from daemon.pipeline.telling import Tell
from daemon.pipeline.withdrawing import Withdrawals
from daemon.ports import Artwork, Catalogue, Fetcher, Finder, Recogniser, Register, Studio

_DEFAULT_PARKING_S = 15 * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a workflow is begun with."""

    track_id: str
    attempt: int
    ref: TrackRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the steps work with; wiring puts it together."""

    ledger: Ledger
    catalogues: Mapping[Service, Callable[[], Catalogue]]
    register: Callable[[], Register] | None
    """Where a recording is looked up that was found elsewhere; None: nowhere."""
    finder: Callable[[], Finder]
    preference: tuple[str, ...]
    """VERSION_PREFERENCE."""
    fetcher: Fetcher
    gap_s: float
    """From the beginning of one download to that of the next from the same service."""
    studio: Studio
    recogniser: Callable[[], Recogniser] | None
    """Who knows recordings by their sound; None: nobody is asked."""
    artwork: Callable[[], Artwork]
    shelf: Shelf
    owed: Owed
    homecoming: Homecoming
    withdrawals: Withdrawals
    disks: Disks
    work_dir: Path
    quarantine_dir: Path
    formats: tuple[Format, ...]
    sample_bits: int
    sample_rate_hz: int | None
    """Of the files that are made; None: the source's own."""
    key_notation: KeyNotation
    tell: Tell
    clock: Callable[[], float]
    pause: Callable[[float], object]
    """Waits that many seconds."""


class Desk:
    """The steps' common ground."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._sources = Sources(parts.ledger, parts.finder, parts.preference)
        self._quarantine = Quarantine(parts.ledger, parts.quarantine_dir)

    def _leave_in_peace(self, service: Service) -> None:
        """Raises RateLimited while the service is parked: patience that one track was asked for is everybody's."""
        parking = self._ledger.services.parked(service)
        if parking is None:
            return
        wait_s = None if parking.not_before is None else parking.not_before - self._parts.clock()
        raise RateLimited(parking.reason, service=service, retry_after_s=wait_s)

    def _park(self, trouble: Transient | AuthExpired) -> None:
        """Whoever could be done without is not asked again for a while."""
        if trouble.service is None:
            return
        asked_s = trouble.retry_after_s if isinstance(trouble, Transient) else None
        wait_s = _DEFAULT_PARKING_S if asked_s is None else asked_s
        self._ledger.services.park(trouble.service, self._parts.clock() + wait_s, str(trouble), trouble_of(trouble))

    def _as_corrected(self, order: Order, track: Track) -> Track:
        """What a step found, or was handed, with what the person says of it by now."""
        return with_edits(track, self._ledger.tracks.get(order.track_id).edits)

    def _as_corrected_by_ear(self, order: Order, heard: Heard) -> Heard:
        """The same, of what was heard."""
        return heard_with_edits(heard, self._ledger.tracks.get(order.track_id).edits)

    def _work(self, order: Order) -> Path:
        return self._parts.work_dir / order.track_id

    def _there(self, path: str) -> Path:
        """A file that an earlier step left in the work folder. Somebody may have cleared that folder since."""
        file = Path(path)
        if not file.exists():
            raise Transient(f"{file.name} is gone from the work folder; the track is begun anew.")
        return file
