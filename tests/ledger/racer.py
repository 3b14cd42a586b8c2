"""A second process for the races: `python -m tests.ledger.racer URL open|claim|book|pin|take|migrate`. It says
`ready`, and waits for a line (for `claim` the track ids to claim with, for `pin` the track and a name, for `take` the
host and the tracks). Then it races, and answers in JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from daemon.ledger import Ledger
from daemon.ledger.sounds import TwinOf
from daemon.models import Candidate, Service
from tests.ledger.given import Clock, a_ref

ROUNDS = 12


def main(url: str, verb: str) -> None:
    if verb == "migrate":
        ready()
        with Ledger.open(url, time.time) as ledger:
            say(json.dumps([ledger.tracks.count_by_status()]))
        return
    race = {
        "open": open_the_same,
        "claim": claim_the_same,
        "book": book_the_same,
        "pin": pin_the_same,
        "take": take_the_same,
    }[verb]
    with Ledger.open(url, Clock() if verb == "book" else time.time) as ledger:
        say(json.dumps(race(ledger, *ready().split())))


def ready() -> str:
    say("ready")
    return sys.stdin.readline()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def open_the_same(ledger: Ledger) -> list[list[str | bool]]:
    """For each round: which track it was, and whether we made it."""
    opened = [ledger.tracks.open(a_ref(f"race-{number}")) for number in range(ROUNDS)]
    return [[one.track_id, one.is_new] for one in opened]


def claim_the_same(ledger: Ledger, *track_ids: str) -> list[str]:
    """For each round: whose the sound is."""

    def is_twin(theirs: bytes, their_duration_s: float) -> float | None:
        return 0.0

    verdicts = []
    for number, track_id in enumerate(track_ids):
        words = np.random.default_rng(number).integers(0, 2**32, 100, dtype=np.uint32)
        index_words = words.tolist()
        verdict = ledger.sounds.claim(track_id, words.tobytes(), 200.0, index_words=index_words, is_twin=is_twin)
        verdicts.append(verdict.track_id if isinstance(verdict, TwinOf) else track_id)
    return verdicts


def book_the_same(ledger: Ledger) -> list[float]:
    """For each round: how long to wait, by a clock that stands still."""
    return [ledger.paces.book("youtube", 1.0) for _ in range(ROUNDS)]


def pin_the_same(ledger: Ledger, track_id: str, name: str) -> list[str]:
    """The places that we pinned, one after the other."""
    places = [
        Candidate(service=Service.YOUTUBE, id=f"{name}{number}", url="https://youtube.example/", title=name)
        for number in range(ROUNDS)
    ]
    for candidate in places:
        ledger.decisions.pin(track_id, candidate, name)
    return [candidate.place for candidate in places]


def take_the_same(ledger: Ledger, host: str, *track_ids: str) -> list[str]:
    """The tracks whose entries in the outbox we got."""
    return [one for one in track_ids if ledger.outbox.claim_one("notion", one, host, 600.0) is not None]


if __name__ == "__main__":
    main(*sys.argv[1:])
