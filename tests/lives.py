"""A program that is started and killed, again and again, and what the ledger tells about it meanwhile."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil

from daemon.ledger import Ledger
from daemon.ledger.events import Event
from daemon.ledger.outbox import Target
from tests.house import Home
from tests.program import changed

IN_A_HURRY = {"tracks_poll_s": 0.1, "outbox_s": 0.5}
"""Looking more often than an idle laptop would like: else most kills would meet the program waiting."""
QUICK = changed(pace=IN_A_HURRY)

_LOOK_S = 0.02
_ORPHANS_MAY_TAKE_S = 20.0
LEAVES_WITHIN_S = 30.0
"""Five seconds are promised, and `python -m bench stop` measures them. This is for a machine that stalls, and for those
who would wait for what never ends."""
_TARGETS: tuple[Target, ...] = ("eagle", "notion")
_EVERYTHING = 100_000


class Watch:
    """What the ledger says, from outside the program that is killed."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def is_quiet(self, tracks: int) -> bool:
        """Whether so many tracks are known, none is unfinished, and nothing waits to be carried."""
        known = len(self.ledger.tracks.newest(tracks + 1))
        return known == tracks and not self.unfinished() and not any(map(self.ledger.outbox.pending, _TARGETS))

    def unrest(self) -> list[str]:
        """What keeps it from being quiet, in words."""
        ledger = self.ledger
        tracks = [f"{row.id} {row.status} {row.reason} {row.not_before}" for row in ledger.tracks.unfinished()]
        entries = [str(entry) for row in ledger.tracks.newest(100) for entry in ledger.outbox.waiting(row.id)]
        last = [str(event) for row in ledger.tracks.unfinished() for event in ledger.events.of(row.id)[-4:]]
        return [*tracks, *entries, *last, *map(str, ledger.services.all())]

    def unfinished(self) -> int:
        return len(self.ledger.tracks.unfinished())

    def steps_ended(self) -> int:
        return sum(event.what in ("done", "failed") for event in self.events())

    def events(self) -> tuple[Event, ...]:
        return self.ledger.events.since(0, limit=_EVERYTHING)

    def begun(self) -> list[tuple[str | None, str]]:
        """Every step that ever began, as often as it did: the track and the step."""
        return [(event.track_id, event.step) for event in self.events() if event.what == "begun"]

    def step_lengths_s(self) -> list[float]:
        """How long each step took, from its beginning to its end."""
        begun: dict[tuple[str | None, str], float] = {}
        lengths_s = []
        for event in self.events():
            if event.what == "begun":
                begun[event.track_id, event.step] = event.at
            elif (at := begun.pop((event.track_id, event.step), None)) is not None:
                lengths_s.append(event.at - at)
        return lengths_s

    def has_begun(self, step: str) -> bool:
        return any(began == step for _, began in self.begun())

    def first_step_after(self, moment: float) -> float | None:
        """When the next step began."""
        return next((event.at for event in self.events() if event.at >= moment and event.what == "begun"), None)


@contextmanager
def watching(home: Home) -> Iterator[Watch]:
    with Ledger.open(home.settings.ledger_url.get_secret_value(), time.time) as ledger:
        yield Watch(ledger)


class Life:
    """One process from its start to its end, however that comes."""

    def __init__(self, home: Home, program: Sequence[str] = QUICK, mode: str = "daemon") -> None:
        self._home = home
        self.started_at = time.time()
        self._process = home.start("--mode", mode, program=program)
        self.said: list[str] = []
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    def kill(self) -> float:
        """`kill -9`, for this process alone: its children have to notice. Answers how many seconds they took."""
        self._process.kill()
        self._bury()
        began = time.monotonic()
        while alive := family_of(self._home):
            assert time.monotonic() - began < _ORPHANS_MAY_TAKE_S, f"children outlive the program: {alive}"
            time.sleep(_LOOK_S)
        return time.monotonic() - began

    def stop(self, order: signal.Signals = signal.SIGTERM) -> int:
        """Tells it to; answers the exit code."""
        self._process.send_signal(order)
        try:
            self._process.wait(timeout=LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._bury()
        return self._process.returncode

    def outlasts(self, seconds: float) -> bool:
        """Lets it live so long; answers whether it did."""
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def until(self, happened: Callable[[], bool], timeout_s: float) -> bool:
        """Lets it live until something has happened; answers whether it has, and fails when the program leaves."""
        deadline = time.monotonic() + timeout_s
        while not happened():
            assert self.outlasts(_LOOK_S), f"the program left by itself: {self.said[-5:]}"
            if time.monotonic() > deadline:
                return False
        return True

    def _bury(self) -> None:
        self._process.wait()
        self._ear.join()
        for pipe in (self._process.stdout, self._process.stderr):
            pipe.close()

    def _listen(self) -> None:
        self.said.extend(line.rstrip() for line in self._process.stderr)


@contextmanager
def living(home: Home, program: Sequence[str] = QUICK, mode: str = "daemon") -> Iterator[Life]:
    """A life that does not outlast the test."""
    life = Life(home, program, mode)
    try:
        yield life
    finally:
        life.kill()


def family_of(home: Home) -> list[psutil.Process]:
    """Every process that works for this installation, whoever its parent is by now."""
    return [process for process in psutil.process_iter() if _works_for(process, home)]


def _works_for(process: psutil.Process, home: Home) -> bool:
    try:
        return process.environ().get("VAR_DIR") == home.environ["VAR_DIR"]
    except psutil.Error:
        return False
