"""What the ledger's tests start from."""

from __future__ import annotations

import itertools

from daemon.ledger import Ledger
from daemon.models import Format, Service, ShelfRole, Shelved, Track, TrackRef

NOON = 1_800_000_000.0

_numbers = itertools.count(1)


class Clock:
    """A time that only moves when told to."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += seconds


def a_ref(id: str = "", service: Service = Service.SPOTIFY, told: Track | None = None) -> TrackRef:
    id = id or f"id{next(_numbers)}"
    url = f"https://{service}.example/{id}"
    return TrackRef(service=service, id=id, url=url, found_in="spotify-liked", playlist="Warm Up", told=told)


def a_track(ledger: Ledger) -> str:
    return ledger.tracks.open(a_ref()).track_id


def a_file(path: str = "", role: ShelfRole = "library", size: int = 1000) -> Shelved:
    path = path or f"/music/{next(_numbers)}.m4a"
    return Shelved(role=role, format=Format.M4A, path=path, size=size, mtime_ns=1_700_000_000_123_456_789, sha256="5a")
