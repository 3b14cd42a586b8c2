"""The process that `notion` measures: the daemon's board on a ledger of its own, from first contact on.

Its parts are those that wiring puts together. Its clock is the sandbox's, and moves when told to.
"""

from __future__ import annotations

import itertools
import logging
import math
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import notion_work as work
from bench.notion_twin import SandboxNotion
from daemon.board.adoption import adopt_all
from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import Status, Track, TrackRef
from daemon.outbox import Outbox
from daemon.pipeline.withdrawing import Withdrawals
from daemon.service.obeying import Obeying
from daemon.settings import Settings, load
from daemon.wiring.boardroom import open_board
from daemon.wiring.outside import Outside
from daemon.wiring.outside.connections import plain
from integrations.notion import NotionEdge

NEW, CHANGED, EDITED, DRAINED = 100, 100, 100, 300
LOOKS_AN_HOUR = 12
REQUESTS_PER_S = 3
LOOK_S = 300.0
_ROUND_S = 5.0
_HOST = "bench"
_EDITS_A_LOOK = 10
_AFTERWARDS = 4
"""Looks after the last edit: what of ours was changed is put right after ten minutes."""
_OUTAGE_LOOKS = 48
_CHANGES_IN_OUTAGE = 3
_PARKED_S = 900.0
"""As `daemon.service.discovering` leaves alone who says nothing of how long."""
_STATUS = Path("/proc/self/status")


@dataclass(slots=True)
class Phase:
    """What one part of the work asked and took."""

    asked: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    count: int = 0
    """Of whatever it is about."""
    seconds: float = 0.0
    """By the simulated clock."""
    busiest: int = 0
    """The most requests in any minute of that clock."""

    @property
    def requests(self) -> int:
        return self.asked.total()


Phases = dict[str, Phase]


def contact(sandbox: SandboxNotion, folder: Path, answer: Connection) -> None:
    """First contact alone."""
    with _desk(sandbox, folder) as desk:
        phases: Phases = {}
        with desk.counted(phases, "first contact") as phase:
            phase.count = desk.first_contact()
        answer.send(phases)


def life(sandbox: SandboxNotion, folder: Path, answer: Connection) -> None:
    """Everything, in the order of the functions below; sends the phases, and the most memory that was held before the
    outage, in MB."""
    with _desk(sandbox, folder) as desk:
        phases, ours, held_mb = _until_the_outage(desk)
        _outage(desk, phases, ours)
        answer.send((phases, held_mb))


def quiet_life(sandbox: SandboxNotion, folder: Path, answer: Connection) -> None:
    """The same without an outage."""
    with _desk(sandbox, folder) as desk:
        phases, _ours, held_mb = _until_the_outage(desk)
        answer.send((phases, held_mb))


def _until_the_outage(desk: _Desk) -> tuple[Phases, list[str], float]:
    phases: Phases = {}
    _contact_and_start(desk, phases)
    _idle_hour(desk, phases)
    ours = _new_tracks(desk, phases)
    _changes(desk, phases, ours)
    _edits(desk, phases, ours)
    _reconcile(desk, phases)
    return phases, ours, _peak_mb()


class _Clock:
    """The sandbox's."""

    def __init__(self, sandbox: SandboxNotion) -> None:
        self._sandbox = sandbox
        self._at = sandbox.now()

    def __call__(self) -> float:
        return self._at

    def forward(self, seconds: float) -> None:
        self._at += seconds
        self._sandbox.forward(seconds)


class _PacedOutside(Outside):
    """Waits for its turn by the simulated clock."""

    clock: _Clock

    @cached_property
    def _notion(self) -> NotionEdge:
        settings = self._settings
        edge = NotionEdge(
            plain(settings.notion_token) or "",
            base_url=settings.notion_base_url,
            timeout_s=settings.source_timeout_s,
            requests_per_s=settings.notion_requests_per_s,
            clock=self.clock,
            monotonic=self.clock,
            sleep=self.clock.forward,
        )
        return self._open.enter_context(edge)


class _Desk:
    """Both directions of the board, and the outbox."""

    def __init__(self, sandbox: SandboxNotion, folder: Path, settings: Settings, clock: _Clock, ledger: Ledger) -> None:
        self.sandbox, self.clock, self.ledger = sandbox, clock, ledger
        self.rng = random.Random(25)
        self._folder, self._settings = folder, settings
        self._outside: Outside | None = None
        self.start()

    def start(self, *, paced: bool = False) -> None:
        """As after a new start of the daemon: nothing is known but what the ledger knows."""
        self.close()
        settings = self._settings
        if paced:
            outside: Outside = _PacedOutside(settings.model_copy(update={"notion_requests_per_s": REQUESTS_PER_S}))
            outside.clock = self.clock  # type: ignore[attr-defined]
        else:
            outside = Outside(settings)
        withdrawals = Withdrawals(self.ledger, settings.out_dir, lambda: True, self._folder / "withdrawn")
        obey = Obeying(self.ledger, withdrawals.carry_out, lambda _track_id: [])
        room = open_board(outside, self.ledger, obey, _HOST, self.clock)
        self._outside, self.board = outside, room.board
        self.outbox = Outbox(self.ledger, {"notion": room.carrier}, host_id=_HOST, clock=self.clock)

    def close(self) -> None:
        if self._outside is not None:
            self._outside.close()

    def first_contact(self) -> int:
        """How many rows are known afterwards."""
        assert self._outside is not None
        adopt_all(self.ledger, self._outside.row_reader(), clock=self.clock)
        return sum(1 for _ in self.ledger.board.mirrors())

    @contextmanager
    def counted(self, phases: Phases, name: str) -> Iterator[Phase]:
        """What is done within is that phase's, besides what it was before."""
        phase = phases.setdefault(name, Phase())
        self.sandbox.asked()
        cpu_s, begun_at = time.process_time(), self.clock()
        yield phase
        phase.cpu_s += time.process_time() - cpu_s
        phase.seconds += self.clock() - begun_at
        phase.busiest = max(phase.busiest, _busiest(self.sandbox.moments()))
        phase.asked += self.sandbox.asked()

    def carry(self) -> None:
        """Until nothing is due any more."""
        deliveries = self.outbox.carry_due()
        if refused := [one.error for one in deliveries if one.error]:
            raise RuntimeError(f"not carried: {refused[0]}")

    def row_of(self, track_id: str) -> str:
        mirror = self.ledger.outbox.mirror("notion", track_id)
        assert mirror is not None
        return mirror.remote_id


@contextmanager
def _desk(sandbox: SandboxNotion, folder: Path) -> Iterator[_Desk]:
    environ = {
        **sandbox.environ(),
        "NOTION_REQUESTS_PER_S": "1000",
        "VAR_DIR": str(folder / "var"),
        "OUT_DIR": str(folder / "music"),
    }
    settings = load(environ, None, folder).settings
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    logging.disable(logging.WARNING)  # an outage is told in every round
    clock = _Clock(sandbox)
    with Ledger.open(settings.ledger_url.get_secret_value(), clock) as ledger:
        desk = _Desk(sandbox, folder, settings, clock, ledger)
        try:
            yield desk
        finally:
            desk.close()


# --- the parts -------------------------------------------------------------------------------------------------------


def _contact_and_start(desk: _Desk, phases: Phases) -> None:
    with desk.counted(phases, "first contact") as phase:
        phase.count = desk.first_contact()
    desk.clock.forward(3600.0)
    desk.start()
    with desk.counted(phases, "start"):
        desk.board.columns.look()
        desk.board.changes.catch_up()


def _idle_hour(desk: _Desk, phases: Phases) -> None:
    with desk.counted(phases, "idle hour") as phase:
        for _ in range(LOOKS_AN_HOUR):
            for _ in range(round(LOOK_S / _ROUND_S)):
                desk.clock.forward(_ROUND_S)
                desk.carry()
            desk.board.changes.catch_up()
        phase.count = LOOKS_AN_HOUR


def _new_tracks(desk: _Desk, phases: Phases) -> list[str]:
    """The looks meanwhile meet our own writes, and are counted by themselves."""
    track_ids = []
    for number, ref in enumerate(work.liked(desk.rng, NEW), start=1):
        with desk.counted(phases, "new tracks") as phase:
            track_ids.append(_made(desk, ref))
            phase.count += 1
        desk.clock.forward(LOOK_S / _EDITS_A_LOOK)
        if number % _EDITS_A_LOOK == 0:
            with desk.counted(phases, "looks meanwhile") as looks:
                desk.board.changes.catch_up()
                looks.count += 1
    return track_ids


def _made(desk: _Desk, ref: TrackRef) -> str:
    """From its first sight to its finished row, with a round of the outbox wherever there may be one."""
    track_id = desk.ledger.tracks.open(ref, ref.told).track_id
    desk.carry()
    work.begin(desk.ledger, track_id)
    desk.carry()
    desk.ledger.tracks.describe(track_id, Track(title="", genre="House"))
    work.end(desk.ledger, track_id, desk.rng)
    desk.carry()
    return track_id


def _changes(desk: _Desk, phases: Phases, track_ids: Sequence[str]) -> None:
    """Each carried by itself, half a minute apart, as tracks end one after the other; and once all together."""

    def is_done_again(track_id: str) -> None:
        work.begin(desk.ledger, track_id)
        work.end(desk.ledger, track_id, desk.rng)

    def is_described(track_id: str) -> None:
        desk.ledger.tracks.describe(track_id, Track(title="", genre="Techno"))
        desk.ledger.outbox.enqueue("notion", track_id)

    def is_as_before(track_id: str) -> None:
        desk.ledger.outbox.enqueue("notion", track_id)

    kinds: dict[str, Callable[[str], None]] = {
        "changes of ours": is_done_again,
        "shared changes": is_described,
        "no changes": is_as_before,
    }
    for name, change in kinds.items():
        desk.clock.forward(3600.0)
        desk.board.changes.catch_up()
        with desk.counted(phases, name) as phase:
            for track_id in track_ids[:CHANGED]:
                desk.clock.forward(LOOK_S / _EDITS_A_LOOK)
                change(track_id)
                desk.carry()
                phase.count += 1
    desk.clock.forward(3600.0)
    with desk.counted(phases, "changes of ours at once") as phase:
        for track_id in track_ids[:CHANGED]:
            is_done_again(track_id)
            phase.count += 1
        desk.carry()
    desk.clock.forward(3600.0)
    desk.board.changes.catch_up()


_EDITS: tuple[dict[str, Any], ...] = (
    {"Title": "What I call it"},
    {"Album": "Crossings"},
    {"BPM": 63.5},
    {"Key": "Fm"},
    {"Genre": "Mine"},
    {"Release Date": "1999-09-09"},
    {"Redo": True},
    {"Redo": True},
    {"Status": "Skip"},
    {"Status": "Processing"},
)
"""What the person does, row after row: six edits of what is shared, three orders, and a column of ours."""


def _edits(desk: _Desk, phases: Phases, ours: Sequence[str]) -> None:
    """Ten before each look, most of them in rows that were there before us."""
    chosen = _rows_to_edit(desk, ours)
    edits = list(zip(chosen, itertools.cycle(_EDITS), strict=False))
    for start in range(0, EDITED + _AFTERWARDS * _EDITS_A_LOOK, _EDITS_A_LOOK):
        desk.sandbox.edit(edits[start : start + _EDITS_A_LOOK])
        desk.clock.forward(LOOK_S)
        with desk.counted(phases, "noticing edits") as noticing:
            desk.board.changes.catch_up()
            noticing.count += 1
        with desk.counted(phases, "answering edits") as answering:
            desk.carry()
            for row in desk.ledger.tracks.unfinished():
                answering.count += 1
                work.begin(desk.ledger, row.id)
                work.end(desk.ledger, row.id, desk.rng)
            desk.carry()
    if desk.ledger.outbox.pending("notion"):
        raise RuntimeError("the person's edits are not answered")


def _rows_to_edit(desk: _Desk, ours: Sequence[str]) -> list[str]:
    """Every other one is ours, as long as there are others."""
    known = {desk.row_of(track_id) for track_id in ours}
    others = (row_id for _track_id, row_id, _gone in desk.ledger.board.mirrors() if row_id not in known)
    spread = list(itertools.islice(others, 0, 100 * EDITED, 100))[: EDITED - EDITED // 3]
    return [*spread, *itertools.islice(sorted(known), EDITED - len(spread))]


def _reconcile(desk: _Desk, phases: Phases) -> None:
    desk.clock.forward(3600.0)
    with desk.counted(phases, "reconciling") as phase:
        done = desk.board.reconciling.run()
        phase.count = done.rows
    if done.orders or done.thrown_away or done.put_right or done.later:
        with desk.counted(phases, f"put right by reconciling ({done})"):
            desk.carry()


def _outage(desk: _Desk, phases: Phases, ours: Sequence[str]) -> None:
    """Hours in which every row changes three times; then what waits is carried at the permitted rate."""
    living = [track_id for track_id in ours if desk.ledger.tracks.get(track_id).status is Status.DONE]
    track_ids = living + [_made(desk, ref) for ref in work.liked(desk.rng, DRAINED - len(living))]
    desk.clock.forward(3600.0)
    desk.board.changes.catch_up()
    desk.start(paced=True)
    desk.board.columns.look()
    desk.sandbox.set_down(True)
    changes = itertools.cycle(track_ids)
    with desk.counted(phases, "during the outage") as phase:
        for _ in range(_OUTAGE_LOOKS):
            for track_id in itertools.islice(changes, math.ceil(_CHANGES_IN_OUTAGE * DRAINED / _OUTAGE_LOOKS)):
                work.begin(desk.ledger, track_id)
                work.end(desk.ledger, track_id, desk.rng)
            for _ in range(round(LOOK_S / _ROUND_S)):
                desk.clock.forward(_ROUND_S)
                desk.outbox.carry_due()
            _look_unless_parked(desk)
        phase.count = desk.ledger.outbox.pending("notion")
    desk.sandbox.set_down(False)
    while desk.ledger.services.parked("notion") is not None:
        desk.clock.forward(_ROUND_S)
    with desk.counted(phases, "after the outage") as phase:
        phase.count = desk.ledger.outbox.pending("notion")
        while desk.ledger.outbox.pending("notion"):
            desk.carry()
            if desk.ledger.outbox.pending("notion"):
                desk.clock.forward(_ROUND_S)


def _look_unless_parked(desk: _Desk) -> None:
    if desk.ledger.services.parked("notion") is None:
        try:
            desk.board.changes.catch_up()
        except DaemonError as error:
            desk.ledger.services.park("notion", desk.clock() + _PARKED_S, str(error))


def _peak_mb() -> float:
    """As in `bench.track_jobs`, whose imports would hide what is measured here."""
    if _STATUS.exists():
        [line] = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _busiest(moments: Sequence[float], span_s: float = 60.0) -> int:
    """The most in any span of so long."""
    ordered, first, most = sorted(moments), 0, 0
    for behind, moment in enumerate(ordered, start=1):
        while ordered[first] <= moment - span_s:
            first += 1
        most = max(most, behind - first)
    return most
