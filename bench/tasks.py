"""Agent-Tasks among 25,000 rows of others: requests of an idle hour, of one order, and of 200 for two hosts at once."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.managers import BaseManager
from pathlib import Path

import sqlalchemy as sa

from bench import notion_work as work
from bench.report import Number, Report
from daemon.ledger import Ledger
from daemon.ledger.store import engine_for
from daemon.models import Asked
from daemon.service.rooms import Rooms
from daemon.service.taskroom import TaskRoom
from daemon.settings import load
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_agent_tasks_database, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server

_STRANGERS = 25_000
_OF_OTHER_AGENTS = 0.1
"""Rows with a `Job` that is none of ours: only who looks at them knows."""
_A_MINUTE = 20
_ORDERS, _SINGLE_ORDERS = 200, 10
_TRACKS, _QUESTIONS = 300, 20
_ASKS = 200
_PAGE, _ALLOWED_PER_S = 100, 3
_HOUR_S, _DAY_S = 3600.0, 24 * 3600.0
_ROUND_S = 5.0
_OURS = "cratekeeper: report"


class SandboxTasks:
    """The twin behind its server, whoever types there, and the clock."""

    def __init__(self, strangers: int) -> None:
        self._ahead_s = -_DAY_S - 60.0 * strangers / _A_MINUTE
        twin = self._twin = NotionTwin(clock=lambda: time.time() + self._ahead_s)
        self._tracks_id = seed_tracks_database(twin)
        self._tasks_id = seed_agent_tasks_database(twin, self._tracks_id)
        [self._source_id] = twin.data_source_ids(self._tasks_id)
        rng = random.Random(7)
        for start in range(0, strangers, _A_MINUTE):
            rows = [_stranger(rng, number) for number in range(start, min(start + _A_MINUTE, strangers))]
            twin.add_rows_as_person(self._source_id, rows)
            self._ahead_s += 60.0
        self._ahead_s = 0.0
        self._log = RequestLog()
        self._server = Server(twin, faults=Faults(), log=self._log)
        self._server.start()

    def environ(self) -> dict[str, str]:
        """The settings that lead here."""
        return {
            "NOTION_TOKEN": SANDBOX_TOKEN,
            "TRACKS_DB_ID": self._tracks_id,
            "AGENT_TASKS_DB_ID": self._tasks_id,
            "NOTION_BASE_URL": self._server.url,
            "NOTION_REQUESTS_PER_S": "1000",
        }

    def forward(self, seconds: float) -> None:
        self._ahead_s += seconds

    def asked(self) -> Counter[str]:
        """How often what was asked, since the last time that this was."""
        lines = [(line.method, line.path.split("/")[2:]) for line in self._log.of()]
        self._log.clear()
        return Counter(f"{method} {'/'.join([route, *rest[1:]])}" for method, (route, *rest) in lines)

    def order(self, count: int) -> list[str]:
        """Somebody orders so many reports."""
        return self._twin.add_rows_as_person(self._source_id, [{"Name": _OURS}] * count)

    def statuses(self, row_ids: list[str]) -> Counter[str]:
        rows = self._twin.rows(self._tasks_id)
        return Counter(str(rows[row_id]["Status"]) for row_id in row_ids)

    def strangers_digest(self) -> str:
        """The same as long as nobody writes into others' rows."""
        rows = self._twin.rows(self._tasks_id)
        theirs = {row_id: row for row_id, row in rows.items() if not str(row["Name"]).startswith("cratekeeper")}
        return hashlib.sha256(json.dumps(theirs, sort_keys=True).encode()).hexdigest()


class _Elsewhere(BaseManager):
    pass


_Elsewhere.register("SandboxTasks", SandboxTasks)


class _Host:
    """One installation, on a clock that can be put forward."""

    def __init__(self, sandbox: SandboxTasks, rooms: Rooms) -> None:
        self._sandbox = sandbox
        self._ahead_s = 0.0
        self.rooms = replace(rooms, clock=lambda: time.time() + self._ahead_s)
        self.room = TaskRoom(self.rooms)

    def forward(self, seconds: float) -> None:
        self._ahead_s += seconds
        self._sandbox.forward(seconds)

    def tick(self) -> None:
        """What the loop does about tasks, once."""
        self.room.look()
        for long in (False, True):
            self.room.work(long=long)

    def is_done(self) -> bool:
        return not self.rooms.ledger.jobs.unfinished() and not self.rooms.ledger.tasks.pending()


def measure(strangers: int = _STRANGERS) -> Report:
    with ExitStack() as stack:
        logging.disable(logging.WARNING)  # every question is told
        stack.callback(logging.disable, logging.NOTSET)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cratekeeper-bench-")))
        elsewhere = stack.enter_context(_Elsewhere(ctx=multiprocessing.get_context("spawn")))
        sandbox: SandboxTasks = elsewhere.SandboxTasks(strangers)  # type: ignore[attr-defined]
        before = sandbox.strangers_digest()
        hosts = [stack.enter_context(_open(sandbox, folder, name)) for name in ("studio", "laptop")]
        numbers = tuple(_numbers(sandbox, hosts, folder))
        if sandbox.strangers_digest() != before:
            raise RuntimeError("a row of somebody else was written")
    return Report(
        name="tasks",
        about=f"{strangers:,} rows of others, the sandbox in another process; the ledger on SQLite; no rate limit.",
        numbers=numbers,
    )


def _numbers(sandbox: SandboxTasks, hosts: list[_Host], folder: Path) -> Iterator[Number]:
    studio = hosts[0]
    sandbox.asked()
    studio.room.look()
    yield _requests("first contact", sandbox.asked())
    yield from _claims(sandbox, studio)
    yield from _many(sandbox, hosts)
    yield from _questions(sandbox, studio, folder)
    yield from _idle_hour(sandbox, studio)


def _claims(sandbox: SandboxTasks, host: _Host) -> Iterator[Number]:
    """Single orders, an hour apart."""
    looks, claiming, ending = [], [], []
    for _ in range(_SINGLE_ORDERS):
        host.forward(_HOUR_S)
        host.room.look()
        row_ids = sandbox.order(1)
        sandbox.asked()
        for look in range(1, 10):
            host.room.look()
            if sandbox.statuses(row_ids) == {"In Progress": 1}:
                looks.append(float(look))
                break
        claiming.append(float(sandbox.asked().total()))
        host.room.work(long=False)
        ending.append(float(sandbox.asked().total()))
        if sandbox.statuses(row_ids) != {"Complete": 1}:
            raise RuntimeError("an order was not carried out")
    yield Number(what="from a row's appearing to its claim", unit="looks", runs=tuple(looks)).within(1)
    yield Number(what="from a row's appearing to its claim", unit="requests", runs=tuple(claiming)).within(3)
    yield Number(what="its end", unit="requests", runs=tuple(ending))


def _many(sandbox: SandboxTasks, hosts: list[_Host]) -> Iterator[Number]:
    """All at once; then as little of it as may be: the rows read, and two writes each."""

    def carry_out(host: _Host) -> None:
        host.tick()
        while not host.is_done():
            host.tick()

    def least(share: list[str]) -> None:
        board = hosts[0].rooms.task_boards["tasks"]()
        for row_id in share:
            board.update(row_id, {"Status": "In Progress", "Result": "Taken."})
            board.update(row_id, {"Status": "Complete", "Result": "Done."})

    for host in hosts:
        host.forward(_HOUR_S)
    hosts[0].room.look()
    row_ids = sandbox.order(_ORDERS)
    sandbox.asked()
    wall_s = _at_once([lambda host=host: carry_out(host) for host in hosts])  # type: ignore[misc]
    asked = sandbox.asked()
    if sandbox.statuses(row_ids) != {"Complete": _ORDERS}:
        raise RuntimeError(f"not all orders are complete: {sandbox.statuses(row_ids)}")

    hosts[0].forward(_HOUR_S)
    row_ids = sandbox.order(_ORDERS)
    board = hosts[0].rooms.task_boards["tasks"]()
    since = datetime.fromtimestamp(hosts[0].rooms.clock() - 60.0, UTC).isoformat()
    begun_at = time.perf_counter()
    if len({row.id for row in board.changed(since)}) < _ORDERS:
        raise RuntimeError("the floor does not see its rows")
    least_s = time.perf_counter() - begun_at
    least_s += _at_once([lambda share=share: least(share) for share in (row_ids[::2], row_ids[1::2])])  # type: ignore[misc]

    requests = asked.total() / _ORDERS
    fewest = Number(what="pages of 100, and two writes each", unit="requests each", runs=(2 + 1 / _PAGE,), role="floor")
    what = f"{_ORDERS} orders at once, two hosts"
    yield Number(what=what, unit="requests each", runs=(requests,)).over(fewest).with_word(_kinds(asked))
    yield fewest
    soonest = Number(what="a read and two writes each, in two threads", unit="s", runs=(least_s,), role="floor")
    paced = f"by Notion's {_ALLOWED_PER_S} requests a second it takes {asked.total() / _ALLOWED_PER_S:.0f} s"
    yield Number(what=what, unit="s", runs=(wall_s,)).over(soonest).with_word(paced)
    yield soonest


def _questions(sandbox: SandboxTasks, host: _Host, folder: Path) -> Iterator[Number]:
    """A round in which nothing is new, with a crate of tracks and open questions."""
    rng, ledger = random.Random(7), host.rooms.ledger
    for number, ref in enumerate(work.liked(rng, _TRACKS)):
        track_id = ledger.tracks.open(ref, ref.told).track_id
        work.begin(ledger, track_id)
        if number < _QUESTIONS:
            ledger.tracks.finish(track_id, Asked(question="Which of these is it?"))
        else:
            work.end(ledger, track_id, rng)
    host.room.ask()
    questions = len(ledger.tasks.open_ones("question"))
    sandbox.asked()
    engine = engine_for(_database(folder))

    def select_one() -> None:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT 1"))

    bare, asks = [], []
    for _ in range(_ASKS):
        host.forward(20.0)
        bare.append(_ms(select_one))
        asks.append(_ms(host.room.ask))
    engine.dispose()
    floor = Number(what="SELECT 1", unit="ms", runs=tuple(bare), role="floor")
    what = f"a look at what needs somebody, {questions} questions open, nothing new"
    yield Number(what=what, unit="ms", runs=tuple(asks)).over(floor)
    yield floor
    yield _requests(f"{_ASKS} of them", sandbox.asked(), 0)


def _idle_hour(sandbox: SandboxTasks, host: _Host) -> Iterator[Number]:
    """Every job of the loop that is about tasks, as often as the loop does it."""
    pace, looks = host.rooms.pace, 0
    host.forward(_HOUR_S)
    host.tick()
    sandbox.asked()
    begun_s = time.process_time()
    for second in range(int(_ROUND_S), int(_HOUR_S) + 1, int(_ROUND_S)):
        host.forward(_ROUND_S)
        for long in (False, True):
            host.room.work(long=long)
        if second % pace.questions_s == 0:
            host.room.ask()
        if second % host.rooms.interval_s == 0:
            host.room.look()
            looks += 1
    cpu_s = time.process_time() - begun_s
    yield _requests(f"idle hour, {looks} looks", sandbox.asked(), looks)
    yield Number(what="idle hour", unit="CPU s", runs=(cpu_s,)).with_word(f"{cpu_s / _HOUR_S:.2%} of a core")


@contextmanager
def _open(sandbox: SandboxTasks, folder: Path, name: str) -> Iterator[_Host]:
    environ = {
        **sandbox.environ(),
        "VAR_DIR": str(folder / name),
        "OUT_DIR": str(folder / "music"),
        "MIN_FREE_GB": "0",
    }
    settings = load(environ, None, folder).settings
    with (
        open_house(settings, lambda _told: None, Outside(settings)) as rooms,
        Ledger.open(_database(folder), time.time) as shared,
    ):
        yield _Host(sandbox, replace(rooms, ledger=shared))


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def _stranger(rng: random.Random, number: int) -> dict[str, str]:
    row = {"Name": f"Task {number}", "Status": rng.choice(["Not Started", "Complete"]), "Description": "As agreed."}
    return row | ({"Job": "master"} if rng.random() < _OF_OTHER_AGENTS else {})


def _at_once(deeds: list[Callable[[], None]]) -> float:
    """How long all of it takes."""
    begun_at = time.perf_counter()
    with ThreadPoolExecutor(len(deeds)) as pool:
        for done in [pool.submit(deed) for deed in deeds]:
            done.result()
    return time.perf_counter() - begun_at


def _ms(act: Callable[[], None]) -> float:
    begun_at = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun_at)


def _requests(what: str, asked: Counter[str], limit: float | None = None) -> Number:
    number = Number(what=what, unit="requests", runs=(float(asked.total()),))
    return (number if limit is None else number.within(limit)).with_word(_kinds(asked))


def _kinds(asked: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(asked.items())) or "nothing asked"
