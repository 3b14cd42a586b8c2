"""What we know and have done: one database, spoken to through small verbs. See `Ledger`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from daemon.ledger.adoption import Adoption
from daemon.ledger.board import Board
from daemon.ledger.decisions import Decisions
from daemon.ledger.events import Events
from daemon.ledger.files import Files
from daemon.ledger.heard_later import HeardLater
from daemon.ledger.hosts import Hosts
from daemon.ledger.jobs import Jobs
from daemon.ledger.memos import Memos
from daemon.ledger.migrate import is_current, migrate
from daemon.ledger.outbox import Outbox
from daemon.ledger.paces import Paces
from daemon.ledger.quarantine import Quarantine
from daemon.ledger.services import Services
from daemon.ledger.shelf_memory import ShelfMemory
from daemon.ledger.sounds import Sounds
from daemon.ledger.store import Store, engine_for
from daemon.ledger.tasks import Tasks
from daemon.ledger.tracks import Tracks
from daemon.ledger.waveforms import Waveforms

__all__ = ["Ledger"]


class Ledger:
    """The rooms of one ledger. Every verb is one transaction, safe from any thread, process or host; every verb raises
    Unreachable when the database does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tracks = Tracks(store)
        self.files = Files(store)
        self.memos = Memos(store)
        self.shelf_memory = ShelfMemory(store, self.memos)
        self.adoption = Adoption(store)
        self.sounds = Sounds(store)
        self.waveforms = Waveforms(store)
        self.decisions = Decisions(store)
        self.quarantine = Quarantine(store)
        self.events = Events(store)
        self.outbox = Outbox(store)
        self.board = Board(store)
        self.services = Services(store)
        self.paces = Paces(store)
        self.hosts = Hosts(store)
        self.tasks = Tasks(store)
        self.heard_later = HeardLater(store)
        self.jobs = Jobs(store)

    @classmethod
    def open(cls, url: str, clock: Callable[[], float]) -> Ledger:
        """The ledger that `DATABASE_URL` names, made or brought up to date first. `clock` tells unix seconds.
        Raises ConfigError (nonsense, a missing driver, a newer database), Unreachable."""
        engine = engine_for(url)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(Store(engine, clock))

    @staticmethod
    def is_current(url: str) -> bool:
        """Whether `open` would find the ledger's tables as they should be, and make or change none.
        Raises ConfigError, Unreachable."""
        engine = engine_for(url)
        try:
            return is_current(engine)
        finally:
            engine.dispose()

    def close(self) -> None:
        """Closes every connection. Call it once no other thread is in a verb."""
        self._store.engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
