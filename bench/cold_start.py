"""`--mode single` from process start to its first request: the wait before anything happens, on every run from cron.

On an empty folder, where the ledger is made first, and on a warm ledger of settled tracks. Beside it stand Python
alone, and Python with the client library that the first request goes through.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.costs import Cost, Stopwatch, cpu_of, python, repeated, wall_of
from bench.report import Report
from bench.settled import settled_home
from integrations.sandbox.world import World
from tests.house import Home

_TIMES = 7
_POLL_S = 0.001


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        folder = Path(name)
        with World(folder / "world") as world:
            cold = repeated(_TIMES, lambda: _to_first_request(_new_home(folder, world)))
        with settled_home(folder / "settled") as home:
            warm = repeated(_TIMES, lambda: _to_first_request(home))
    bare = repeated(_TIMES, python("-c", "pass"))
    client = repeated(_TIMES, python("-c", "import spotipy"))
    bare_cpu, client_cpu = cpu_of("python -c pass", bare, "floor"), cpu_of("import spotipy", client, "floor")
    client_wall = wall_of("import spotipy", client, "floor")
    return Report(
        name="cold_start",
        about="`--mode single` against the sandbox, from process start to its first request, then killed.",
        numbers=(
            wall_of("first request, warm ledger", warm).over(client_wall),
            wall_of("first request, no ledger yet", cold).over(client_wall),
            client_wall,
            wall_of("python -c pass", bare, "floor"),
            cpu_of("first request, warm ledger", warm).over(client_cpu),
            cpu_of("first request, no ledger yet", cold).over(client_cpu),
            client_cpu,
            bare_cpu,
        ),
    )


def _new_home(folder: Path, world: World) -> Home:
    return Home(Path(tempfile.mkdtemp(dir=folder)), world)


def _to_first_request(home: Home) -> Cost:
    """The CPU goes on for the millisecond until we see the request; the time does not."""
    log = home.world.log
    log.clear()
    with Stopwatch() as watch, home.start("--mode", "single") as process:
        while not log.of():
            if process.poll() is not None:
                raise RuntimeError(f"it ended before it asked anybody: {process.communicate()[1]}")
            time.sleep(_POLL_S)
        process.kill()
    return Cost(log.of()[0].at - watch.begun_at, watch.cost.cpu_s)
