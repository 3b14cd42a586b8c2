"""The process that `first_sync` measures: lists the whole history of liked tracks into the ledger, and says how much
memory it held page by page, as JSON. It begins no work. The environment says where the sandbox is.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil

from daemon.service.finding import everything
from daemon.settings import load
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

SOURCE = "spotify-liked"
_MB = 1e6
_Page = TypeVar("_Page")


def main() -> None:
    settings = load(os.environ, None, Path.cwd()).settings
    held_mb: list[float] = []
    with open_house(settings, lambda _told: None, Outside(settings)) as rooms:
        walk = rooms.histories[SOURCE]
        only = dataclasses.replace(
            rooms,
            links=tuple(link for link in rooms.links if link.name == SOURCE),
            histories={SOURCE: lambda after: _weighed(walk(after), held_mb)},
        )
        begun_at, cpu_s = time.monotonic(), time.process_time()
        found = everything(only)
        spent = {"wall_s": time.monotonic() - begun_at, "cpu_s": time.process_time() - cpu_s}
    json.dump({"held_mb": held_mb, "tracks": len(found.track_ids), **spent}, sys.stdout)


def _weighed(pages: Iterable[_Page], held_mb: list[float]) -> Iterator[_Page]:
    process = psutil.Process()
    for page in pages:
        held_mb.append(process.memory_info().rss / _MB)
        yield page


if __name__ == "__main__":
    main()
