"""How everything stands, as far as it may need the person: plain values, gathered elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.ledger.services import Parked
from daemon.models import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A track about which only the person can decide."""

    track_id: str
    name: str
    """Artist and title, for people."""
    question: str
    choices: tuple[Choice, ...] = ()
    """In the order of their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A download in quarantine whose track has no other."""

    kept_id: str
    track_id: str
    name: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A track, and what is to be told of it: why it has failed, or why an order about it cannot be done."""

    track_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of the person's on this machine."""

    setting: str
    path: str
    away: str | None = None
    """Why it is not really there."""
    is_writable: bool = True
    disk: int = 0
    """The disk that it is on; equal for two folders on the same."""
    free_gb: float = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is looked at."""

    now: float
    host_id: str
    machine: str = "this machine"
    """What its owner calls it."""
    services: tuple[Parked, ...] = ()
    """Those that were parked and have not answered since; the wait itself may be over."""
    reviews: tuple[Review, ...] = ()
    """Tracks that need review; the oldest, if there are very many."""
    more_reviews: bool = False
    """There are others."""
    held: tuple[Held, ...] = ()
    failed: tuple[Told, ...] = ()
    """Tracks that have failed, in the same way."""
    more_failed: bool = False
    refused: tuple[Told, ...] = ()
    """Orders in Tracks rows that could not be obeyed."""
    folders: tuple[Folder, ...] = ()
    """In the order of their importance."""
    min_free_gb: float = 0.0
    tracks_wait: bool = False
    """Finished tracks are not in the library yet."""
    copies_wait: bool = False
    """Inboxes of other programs are owed copies."""
    lost_columns: tuple[str, ...] = ()
    """Columns of the Tracks database that were there once."""
    consent: str | None = None
    """What there is to say of a log-in that ends."""
    is_paused: bool = False
    for_eagle: int = 0
    """How many items are still to be carried there."""
