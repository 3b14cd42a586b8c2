"""What weighing fifty candidates costs: CPU time of one thread, which the machine's other work lengthens little."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.matching import judge
from bench.matching.cases import AS_LIKED, Case
from bench.report import Number
from daemon.models import Candidate, Track

_CANDIDATES = 50
_LIMIT_MS = 5.0
_SEARCHES = 60
"""Each is weighed once: a scorer that remembers what it folded gains nothing here."""


def timed(cases: Sequence[Case]) -> tuple[Number, ...]:
    """Lists of fifty, no title twice; as they were found, and with every length that of the track, so that no gate
    spares any work."""
    if not cases:
        return ()
    found = list(_searches(cases))
    judge.ours(found[0][0], found[0][1], AS_LIKED)  # imports, and whatever is compiled on first use
    equal = [(track, [replace(hit, duration_s=track.duration_s, live=False) for hit in hits]) for track, hits in found]
    floor = Number(what="folding 50 titles", unit="ms", role="floor", runs=tuple(_floor_ms(hits) for _, hits in found))
    half = len(found) // 2
    return (
        _weighing("weighing 50 candidates as found", found[1:half]).over(floor).within(_LIMIT_MS),
        _weighing("weighing 50 of the right length", equal[half:]).over(floor).within(_LIMIT_MS),
        floor,
    )


def _searches(cases: Sequence[Case]) -> Iterator[tuple[Track, list[Candidate]]]:
    """The lists of several cases of different classes, one behind the other, below the track of the first."""
    strewn = sorted(cases, key=lambda case: (case.number, case.kind))
    waiting = iter(strewn)
    for _ in range(_SEARCHES):
        first = next(waiting, None)
        hits = list(first.candidates) if first else []
        while len(hits) < _CANDIDATES and (case := next(waiting, None)):
            hits += case.candidates
        if first is None or len(hits) < _CANDIDATES:
            return
        yield first.track, hits[:_CANDIDATES]


def _weighing(what: str, searches: Sequence[tuple[Track, list[Candidate]]]) -> Number:
    return Number(what=what, unit="ms", runs=tuple(_weigh_ms(track, hits) for track, hits in searches))


def _weigh_ms(track: Track, hits: list[Candidate]) -> float:
    began = time.thread_time()
    judge.ours(track, hits, AS_LIKED)
    return (time.thread_time() - began) * 1000


def _floor_ms(hits: list[Candidate]) -> float:
    began = time.thread_time()
    for hit in hits:
        folded = unicodedata.normalize("NFKD", hit.title.casefold())
        "".join(letter for letter in folded if not unicodedata.combining(letter)).split()
    return (time.thread_time() - began) * 1000
