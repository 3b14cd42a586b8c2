"""Everything a run needs, put together by wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.board.changes import Changes
from daemon.board.columns import Columns
from daemon.board.reconciling import Reconciling
from daemon.chain import Link
from daemon.host import HostLock
from daemon.ledger import Ledger
from daemon.ledger.tasks import Database
from daemon.library.retagging import Retagging
from daemon.models import KeyNotation, ShelfRole, Status, TrackRef
from daemon.outbox import Outbox
from daemon.pipeline.homecoming import Homecoming
from daemon.pipeline.withdrawing import Withdrawals
from daemon.ports import HistoryPage, Register, TaskBoard

if TYPE_CHECKING:  # the engine is imported when there is work: its library costs more than asking the whole chain
    from daemon.engine import Engine, EngineClient
    from daemon.service.errands.verifying import Reading
    from daemon.service.errands.verifying import Row as RowReading

TRACKS = "tracks"
"""The queue that the daemon works on."""
SINGLE = "single"
"""The queue of one-shot runs: what a person waits for does not stand in the daemon's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the program looks, and how long it waits. Nobody waits for the first seconds of a download, and every
    look costs an idle laptop something."""

    tracks_poll_s: float = 2.0
    """Until a submitted track is seen."""
    single_poll_s: float = 0.1
    """The same, where a person waits."""
    outbox_s: float = 5.0
    questions_s: float = 20.0
    """Between two looks at what needs the person."""
    heartbeat_s: float = 60.0
    hangs_after_s: float = 15 * 60.0
    """No job of the loop waits for audio; one that is still at it after this has lost its way."""
    jobs_grace_s: float = 1.0
    """How long a stop waits for a source that is being asked."""
    steps_grace_s: float = 3.0
    """How long a stop waits for steps; what has not ended then runs again at the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracksBoard:
    """The Tracks database, read: what the person does there. Writing is the outbox's."""

    changes: Changes
    reconciling: Reconciling
    columns: Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The parts of one process."""

    ledger: Ledger
    links: tuple[Link, ...]
    """The fallback chain, in order."""
    histories: Mapping[str, Callable[[str | None], Iterable[HistoryPage]]]
    """By source: everything that was ever liked there, in pages, each with the bookmark behind it."""
    services_of: Callable[[str], tuple[str, ...]]
    """The services that a source depends on, by the names under which they are parked."""
    adopt: Callable[[], int]
    """Makes known what is in Notion already, before anything is taken up. Cheap once it was done."""
    board: TracksBoard | None
    """None: there is no Notion."""
    retagging: Retagging
    """What the person says of a track, on its way into the files."""
    lost_files: Callable[[str], list[str]]
    """Paths of a track's files that are missing from a library that is there."""
    clear_up: Callable[[], None]
    """Removes what killed runs have left in the scratch folder."""
    login_marks: Mapping[str, str]
    """By service: what we log in with, unreadable; another mark than last time means another log-in."""
    withdrawals: Withdrawals
    """Files that were taken back, and are moved aside."""
    owed: Homecoming
    """Copies for inboxes that were away."""
    outbox: Outbox
    lock: HostLock
    host_id: str
    make_engine: Callable[[], Engine]
    """An engine with the pipeline registered; not yet started."""
    make_client: Callable[[], EngineClient]
    end_children: Callable[[], None]
    consent_warning: Callable[[], str | None]
    """What there is to say of a log-in that ends; None while all is well."""
    clock: Callable[[], float]
    lookback: int
    batch: int
    interval_s: float
    source_timeout_s: float
    look_again_in_s: Callable[[str], float]
    """When the source of the moment is worth asking again."""
    pace: Pace
    task_boards: Mapping[Database, Callable[[], TaskBoard]]
    """Agent-Tasks and Issues+Questions, those that there are."""
    task_databases: Mapping[Database, str]
    """Their ids."""
    signature: str
    """How this installation signs what it takes on: `cratekeeper on studio`."""
    track_tasks: bool
    hand_over: Mapping[Status, str]
    """By the end that a track comes to, the agent who goes on with it."""
    reading: Callable[[], Reading]
    """How files on the shelf are read again."""
    row_in_notion: Callable[[], RowReading | None]
    register: Callable[[], Register] | None
    """Who has the addresses of recordings; None: nobody."""
    is_library_there: Callable[[], bool]
    """Whether its drive is; one that was never used counts as there."""
    key_notation: KeyNotation
    refs_of: Callable[[str], Iterable[TrackRef]]
    """The tracks behind a link that a person gave."""
    folders: Mapping[str, tuple[Path, ShelfRole | None]]
    """By setting: each folder of the person's, and what it is on the shelf."""
    min_free_gb: float
    targets: tuple[str, ...]
    """Where files and rows go, in words, for a dry run."""
