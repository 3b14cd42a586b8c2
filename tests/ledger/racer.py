"""A second process for the races: `python -m tests.ledger.racer URL open|claim|migrate`. It says `ready`, waits for a line
(for `claim` the track ids to claim with), races, and answers in JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from daemon.ledger import Ledger
from daemon.ledger.sounds import TwinOf
from tests.ledger.given import a_ref

ROUNDS = 12


def main(url: str, verb: str) -> None:
    if verb == "migrate":
        _ready()
        with Ledger.open(url, time.time) as ledger:
            print(json.dumps([ledger.tracks.count_by_status()]))
        return
    with Ledger.open(url, time.time) as ledger:
        line = _ready()
        print(json.dumps(open_the_same(ledger) if verb == "open" else claim_the_same(ledger, line.split())))


def _ready() -> str:
    print("ready", flush=True)
    return sys.stdin.readline()


def open_the_same(ledger: Ledger) -> list[list[str | bool]]:
    """For each round: which track it was, and whether we made it."""
    opened = [ledger.tracks.open(a_ref(f"race-{number}")) for number in range(ROUNDS)]
    return [[one.track_id, one.is_new] for one in opened]


def claim_the_same(ledger: Ledger, track_ids: list[str]) -> list[str]:
    """For each round: whose the sound is."""
    verdicts = []
    for number, track_id in enumerate(track_ids):
        words = np.random.default_rng(number).integers(0, 2**32, 100, dtype=np.uint32)
        verdict = ledger.sounds.claim(
            track_id,
            words.tobytes(),
            200.0,
            index_words=words.tolist(),
            is_twin=lambda theirs, _: 0.0 if theirs else None,
        )
        verdicts.append(verdict.track_id if isinstance(verdict, TwinOf) else track_id)
    return verdicts


if __name__ == "__main__":
    main(*sys.argv[1:])
