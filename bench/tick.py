"""One tick in which nothing is new: requests to each service, and CPU. Limits: 1 a Spotify source, 4, 1; 0.15 s.

The requests are counted in the sandbox's log, not by us. Beside it stand bare requests of one kept connection: what
asking costs where nothing is understood.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.report import Number, Report
from bench.settled import settled_home
from bench.tick_probe import BARE, WHOLE, Walk
from integrations.sandbox.server import Logged
from tests.house import Home

_ROUNDS = 9
_LIMIT_CPU_S = 0.15
_MOST_REQUESTS = {"spotify": 2, "soundcloud": 4, "notion": 1}


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name, settled_home(Path(name)) as home:
        walks = _walks(home)
        lines = home.world.log.of()
    return Report(
        name="tick",
        about="one process, after a first tick that imports and logs in; every source configured, 25 known likes each.",
        numbers=(*_costs(walks), *_requests(walks, lines)),
    )


def _walks(home: Home) -> list[Walk]:
    with home.start(str(_ROUNDS), program=("-m", "bench.tick_probe")) as process:
        out, said = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(said)
    return [Walk(**walk) for walk in json.loads(out)]


def _costs(walks: list[Walk]) -> Iterator[Number]:
    floor = Number(what="10 bare requests", unit="CPU s", runs=_cpu(walks, BARE), role="floor")
    whole = Number(what=WHOLE, unit="CPU s", runs=_cpu(walks, WHOLE))
    yield whole.over(floor).within(_LIMIT_CPU_S)
    for what in dict.fromkeys(walk.what for walk in walks):
        if what not in (WHOLE, BARE):
            yield Number(what=what, unit="CPU s", runs=_cpu(walks, what), role="part")
    yield floor


def _cpu(walks: list[Walk], what: str) -> tuple[float, ...]:
    return tuple(walk.cpu_s for walk in walks if walk.what == what)


def _requests(walks: list[Walk], lines: list[Logged]) -> Iterator[Number]:
    """What the log holds of each whole walk, by system."""
    counts = [
        Counter(line.system for line in lines if walk.begun_at <= line.at <= walk.ended_at)
        for walk in walks
        if walk.what == WHOLE
    ]
    for system in sorted(set().union(*counts)):
        number = Number(what=system, unit="requests", runs=tuple(float(count[system]) for count in counts))
        yield number.within(_MOST_REQUESTS.get(system, 0))
