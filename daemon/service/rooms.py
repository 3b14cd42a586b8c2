"""Everything a run needs, put together by wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.chain import Link
from daemon.host import HostLock
from daemon.ledger import Ledger
from daemon.outbox import Outbox

if TYPE_CHECKING:  # the engine is imported when there is work: its library costs more than asking the whole chain
    from daemon.engine import Engine, EngineClient

TRACKS = "tracks"
"""The queue that the daemon works on."""
SINGLE = "single"
"""The queue of one-shot runs: what a person waits for does not stand in the daemon's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The parts of one process."""

    ledger: Ledger
    links: tuple[Link, ...]
    """The fallback chain, in order."""
    services_of: Callable[[str], tuple[str, ...]]
    """The services that a source depends on, by the names under which they are parked."""
    outbox: Outbox
    lock: HostLock
    host_id: str
    make_engine: Callable[[], Engine]
    """An engine with the pipeline registered; not yet started."""
    make_client: Callable[[], EngineClient]
    end_children: Callable[[], None]
    clock: Callable[[], float]
    lookback: int
    batch: int
    interval_s: float
    targets: tuple[str, ...]
    """Where files and rows go, in words, for a dry run."""
