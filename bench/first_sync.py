"""The first listing of 10,000 liked tracks: requests, memory from page to page, and what a kill at page 100 repeats.

The pages are counted in the sandbox's log. Nothing is downloaded: the tracks are listed into the ledger, as
`--mode all` does before it begins. Beside it stand the pages that nobody can do without.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Number, Report
from integrations.sandbox.spotify import saved_track, track_object
from integrations.sandbox.world import World
from tests.house import Home

_TRACKS = 10_000
_PAGE = 50
_KILLED_AT_PAGE = 100
_SETTLED_AT_PAGE = 10
"""By then every library is imported."""
_OVERLAPS = 1.05
"""How many times the pages that are needed we may ask for: each repeats the last lines of the one before."""
_LIMIT_GROWTH_MB = 10.0
_LISTS = "/v1/me/tracks"
_PROBE = ("-m", "bench.listing_probe")
_LOOK_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """One run of the probe to its end."""

    held_mb: list[float]
    tracks: int
    wall_s: float
    cpu_s: float


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        folder = Path(name)
        with World(folder / "world") as world:
            world.twins.spotify.liked = [_liked(number) for number in range(_TRACKS)]
            whole, pages = _list(_home(folder / "whole", world))
            repeated, resumed = _killed_and_resumed(_home(folder / "killed", world))
    return Report(
        name="first_sync",
        about=f"{_TRACKS:,} liked tracks in the sandbox, listed into an empty ledger on SQLite; one run each.",
        numbers=tuple(_numbers(whole, pages, repeated, resumed)),
    )


def _home(folder: Path, world: World) -> Home:
    folder.mkdir()
    return Home(folder, world)


def _liked(number: int) -> dict[str, object]:
    track = track_object(f"Liked {number}", ["Nobody"], isrc=f"QZSBX26{number:05}")
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_790_000_000 - 60 * number))
    return saved_track(track, moment)


def _list(home: Home) -> tuple[_Listing, list[int]]:
    """Lists to the end; answers what it took, and the offsets that were asked for."""
    home.world.log.clear()
    with home.start(program=_PROBE) as process:
        out, said = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(said)
    return _Listing(**json.loads(out)), _offsets(home)


def _killed_and_resumed(home: Home) -> tuple[int, _Listing]:
    """How many pages of the walk are asked for again after a kill; the first page apart, which every run looks at."""
    home.world.log.clear()
    with home.start(program=_PROBE) as process:
        while len(_offsets(home)) < _KILLED_AT_PAGE:
            if process.poll() is not None:
                raise RuntimeError(process.communicate()[1])
            time.sleep(_LOOK_S)
        process.kill()
    before = {*_offsets(home)}
    listing, again = _list(home)
    return sum(offset in before for offset in again if offset > 0), listing


def _offsets(home: Home) -> list[int]:
    return [int(line.query.get("offset", 0)) for line in home.world.log.of("spotify", path=_LISTS)]


def _numbers(whole: _Listing, pages: list[int], repeated: int, resumed: _Listing) -> Iterator[Number]:
    if (whole.tracks, resumed.tracks) != (_TRACKS, _TRACKS):
        raise RuntimeError(f"listed {whole.tracks} and {resumed.tracks} of {_TRACKS} tracks")
    least = Number(what="pages of 50", unit="requests", runs=(math.ceil(_TRACKS / _PAGE),), role="floor")
    # One more: the look at what is new, before the walk begins.
    asked = Number(what="listed whole", unit="requests", runs=(float(len(pages)),))
    yield asked.over(least).within(least.median * _OVERLAPS + 1)
    yield least
    yield Number(what="asked for again after a kill at page 100", unit="pages", runs=(float(repeated),)).within(1)
    yield Number(what="listed whole", unit="s", runs=(whole.wall_s,))
    yield Number(what="listed whole", unit="CPU s", runs=(whole.cpu_s,))
    early_mb, late_mb = whole.held_mb[_SETTLED_AT_PAGE], whole.held_mb[-1]
    yield Number(what=f"memory at page {_SETTLED_AT_PAGE}", unit="MB", runs=(early_mb,), role="part")
    yield Number(what="memory at the last page", unit="MB", runs=(late_mb,), role="part")
    yield Number(what="growth between the two", unit="MB", runs=(late_mb - early_mb,)).within(_LIMIT_GROWTH_MB)
