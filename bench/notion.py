"""Notion with 25,000 rows there: requests by kind, CPU and memory, from first contact to an outage. Limits: issue 6."""

from __future__ import annotations

import math
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import notion_probe as probe
from bench.notion_probe import Phase, Phases
from bench.notion_twin import SandboxNotion, sandbox_elsewhere
from bench.report import Number, Report

ROWS = 25_000
_PAGE = 100
_LOOK_S = 0.002
_LIMIT_MB = 150.0
_TRACK_LIMIT = 3.0

Probe = Callable[[SandboxNotion, Path, Connection], None]


def measure(rows: int = ROWS) -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        folder = Path(name)
        with sandbox_elsewhere(rows) as sandbox:
            asked_with_a_kill, known = _with_a_kill(sandbox, folder / "killed", rows)
            phases, held_mb = _run(probe.life, sandbox, folder / "life")
            if phases["first contact"].count != known:
                raise RuntimeError("who was killed and goes on does not know the same rows")
        with sandbox_elsewhere(0) as nothing:
            _, held_with_none_mb = _run(probe.quiet_life, nothing, folder / "none")
    return Report(
        name="notion",
        about=f"{rows:,} rows in the sandbox, another process; the ledger on SQLite; one run each, time simulated.",
        numbers=(*_numbers(phases, rows, asked_with_a_kill), *_memory(held_mb, held_with_none_mb)),
    )


# --- runs ------------------------------------------------------------------------------------------------------------


def _run(act: Probe, sandbox: SandboxNotion, folder: Path) -> Any:
    """What the probe answers, in a process of its own."""
    process, answer = _started(act, sandbox, folder)
    try:
        return answer.recv()
    except EOFError:
        raise RuntimeError("the probe has failed; what it said stands above") from None
    finally:
        process.join()


def _with_a_kill(sandbox: SandboxNotion, folder: Path, rows: int) -> tuple[int, int]:
    """How many pages a first contact asks for that is killed half-way and goes on afterwards, and how many rows are
    known then."""
    process, _answer = _started(probe.contact, sandbox, folder)
    while sandbox.pages_asked() < rows / _PAGE / 2:
        if process.exitcode is not None:
            raise RuntimeError("the probe was done before it could be killed")
        time.sleep(_LOOK_S)
    process.kill()
    process.join()
    asked = sandbox.asked()
    resumed: Phases = _run(probe.contact, sandbox, folder)
    return _pages(asked + resumed["first contact"].asked), resumed["first contact"].count


def _started(
    act: Probe, sandbox: SandboxNotion, folder: Path
) -> tuple[multiprocessing.context.SpawnProcess, Connection]:
    folder.mkdir(exist_ok=True)
    context = multiprocessing.get_context("spawn")
    answer, told = context.Pipe(duplex=False)
    process = context.Process(target=act, args=(sandbox, folder, told))
    process.start()
    told.close()
    return process, answer


def _pages(asked: Counter[str]) -> int:
    return sum(count for kind, count in asked.items() if kind.startswith("POST data_sources/query"))


# --- figures ---------------------------------------------------------------------------------------------------------


def _numbers(phases: Phases, rows: int, asked_with_a_kill: int) -> Iterator[Number]:
    yield from _contact(phases["first contact"], rows, asked_with_a_kill)
    yield _requests("start: columns, and the first look", phases["start"])
    idle = phases["idle hour"]
    yield _requests(f"idle hour: {idle.count} looks, 720 rounds of the outbox", idle, probe.LOOKS_AN_HOUR)
    yield _each("a new track", phases["new tracks"], _TRACK_LIMIT)
    looks = phases["looks meanwhile"]
    yield _requests(f"{looks.count} looks at our own writes meanwhile", looks)
    yield _each("a change in our own columns", phases["changes of ours"], 1)
    yield _each("the same, all in one round", phases["changes of ours at once"], 1)
    yield _each("a change in a shared column", phases["shared changes"], 2)
    yield _each("no change", phases["no changes"], 0)
    yield _requests(f"{probe.EDITED} edits by the person, noticed in looks", phases["noticing edits"])
    again = phases["answering edits"].count
    yield _requests(f"… and answered, {again} tracks run again", phases["answering edits"])
    yield from _reconciling(phases, rows)
    yield from _outage(phases)


def _contact(contact: Phase, rows: int, asked_with_a_kill: int) -> Iterator[Number]:
    least = Number(what="pages of 100", unit="requests", runs=(math.ceil(rows / _PAGE),), role="floor")
    yield _requests("first contact", contact).over(least)
    yield least
    yield Number(what="first contact", unit="CPU s", runs=(contact.cpu_s,))
    yield Number(what="first contact", unit="rows known", runs=(float(contact.count),))
    again = float(asked_with_a_kill - _pages(contact.asked))
    yield Number(what="asked for again after a kill half-way", unit="pages", runs=(again,))


def _reconciling(phases: Phases, rows: int) -> Iterator[Number]:
    name = f"reconciling {rows:,} rows"
    yield _requests(name, phases["reconciling"])
    yield Number(what=name, unit="CPU s", runs=(phases["reconciling"].cpu_s,))
    yield from (_requests(name, phase) for name, phase in phases.items() if name.startswith("put right"))


def _outage(phases: Phases) -> Iterator[Number]:
    yield _requests("asked in vain in four hours of outage", phases["during the outage"])
    after = phases["after the outage"]
    written = float(after.asked["PATCH pages"])
    yield _requests(f"afterwards, {after.count} rows that changed three times", after, after.count)
    yield Number(what="… written", unit="times", runs=(written,)).within(after.count)
    yield Number(what="… that takes", unit="s", runs=(after.seconds,))
    busiest = Number(what="… the busiest minute", unit="requests", runs=(float(after.busiest),))
    yield busiest.within(10 + 60 * probe.REQUESTS_PER_S)


def _memory(held_mb: float, held_with_none_mb: float) -> Iterator[Number]:
    none = Number(what="peak memory in an empty workspace", unit="MB", runs=(held_with_none_mb,), role="floor")
    yield Number(what="peak memory", unit="MB", runs=(held_mb,)).over(none)
    yield none
    yield Number(what="more than with none", unit="MB", runs=(held_mb - held_with_none_mb,)).within(_LIMIT_MB)


def _requests(what: str, phase: Phase, limit: float | None = None) -> Number:
    number = Number(what=what, unit="requests", runs=(float(phase.requests),))
    return (number if limit is None else number.within(limit)).with_word(_kinds(phase))


def _each(what: str, phase: Phase, limit: float) -> Number:
    number = Number(what=what, unit="requests", runs=(phase.requests / phase.count,)).within(limit)
    return number.with_word(f"of {phase.count}: {_kinds(phase)}")


def _kinds(phase: Phase) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(phase.asked.items())) or "nothing asked"
