"""The process that `tick` measures: walks down the chain again and again, and says what each walk took, as JSON.

A process of its own, so that its CPU is not that of the sandbox. The environment says where the sandbox is.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import requests

from daemon.chain import Link
from daemon.service.discovering import discover
from daemon.service.rooms import Rooms
from daemon.settings import load
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

WHOLE = "the whole chain"
BARE = "bare requests"
_BARE_REQUESTS = 10
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk down the chain, or a part of it."""

    what: str
    begun_at: float
    """Monotonic, as in the sandbox's log."""
    ended_at: float
    cpu_s: float


def main(rounds: int) -> None:
    settings = load(os.environ, None, Path.cwd()).settings
    walks = []
    with open_house(settings, lambda _told: None, Outside(settings)) as rooms, requests.Session() as session:
        # Once for nothing: connections are made, log-ins fetched, libraries imported.
        _walk(rooms, rooms.links)
        for _ in range(rounds):
            walks.append(_timed(WHOLE, partial(_walk, rooms, rooms.links)))
            walks += [_timed(link.name, partial(_walk, rooms, [link])) for link in rooms.links]
            walks.append(_timed(BARE, partial(_ask_bare, session, settings.spotify_api_url)))
    json.dump([asdict(walk) for walk in walks], sys.stdout)


def _walk(rooms: Rooms, links: Sequence[Link]) -> None:
    for link in links:
        answer = discover(rooms, link)
        if answer.verdict != "nothing new":
            raise RuntimeError(f"the house is not settled: {answer}")


def _ask_bare(session: requests.Session, url: str) -> None:
    for _ in range(_BARE_REQUESTS):
        session.get(url, timeout=_TIMEOUT_S)


def _timed(what: str, act: Callable[[], None]) -> Walk:
    begun_at, cpu_s = time.monotonic(), time.process_time()
    act()
    return Walk(what=what, begun_at=begun_at, ended_at=time.monotonic(), cpu_s=time.process_time() - cpu_s)


if __name__ == "__main__":
    main(int(sys.argv[1]))
