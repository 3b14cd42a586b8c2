"""Two who do the same thing at the same moment: threads of one process, and processes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from daemon.ledger import Ledger
from daemon.ledger.sounds import Claimed
from daemon.models import Candidate, Service
from tests.ledger.given import a_ref, a_track
from tests.ledger.racer import ROUNDS

THREADS = 6

T = TypeVar("T")


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T]:
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], T]) -> T:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def race(url: str, verb: str, *lines: str) -> list[Any]:
    """What two processes answer that get these lines at the same moment."""
    command = [sys.executable, "-m", "tests.ledger.racer", url, verb]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in lines
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n", racer.communicate()[1]
    for racer, line in zip(racers, lines, strict=True):
        assert racer.stdin is not None
        racer.stdin.write(line + "\n")
        racer.stdin.flush()
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert all(racer.returncode == 0 for racer in racers), answers
    return [json.loads(out) for out, _ in answers]


class TestThreads:
    def test_the_same_id_becomes_one_track(self, ledger: Ledger) -> None:
        opened = at_once([lambda: ledger.tracks.open(a_ref("one"))] * THREADS)

        assert len({one.track_id for one in opened}) == 1
        assert [one.is_new for one in opened].count(True) == 1

    def test_the_same_sound_is_won_by_one(self, ledger: Ledger) -> None:
        tracks = [a_track(ledger) for _ in range(THREADS)]

        def claim(track_id: str) -> bool:
            verdict = ledger.sounds.claim(
                track_id, b"sound", 200.0, index_words=[1, 2**32 - 1], is_twin=lambda *_: 0.01
            )
            return verdict == Claimed()

        won = at_once([lambda track_id=track_id: claim(track_id) for track_id in tracks])  # type: ignore[misc]

        assert won.count(True) == 1

    def test_no_row_of_the_outbox_is_claimed_twice(self, ledger: Ledger) -> None:
        for _ in range(10):
            ledger.outbox.enqueue("notion", a_track(ledger))

        claims = at_once([lambda: ledger.outbox.claim("notion", "studio", 3, 60.0)] * THREADS)

        claimed = [entry.track_id for entries in claims for entry in entries]
        assert len(claimed) == len(set(claimed)) == 10

    def test_one_entry_of_the_outbox_is_had_by_one(self, ledger: Ledger) -> None:
        due, new = a_track(ledger), a_track(ledger)
        ledger.outbox.enqueue("notion", due)

        for track_id in (due, new):
            got = at_once([lambda one=track_id: ledger.outbox.claim_one("notion", one, "studio", 60.0)] * THREADS)  # type: ignore[misc]
            assert len([entry for entry in got if entry is not None]) == 1

    def test_a_round_of_carrying_and_one_who_takes_in_do_not_get_the_same_entry(self, ledger: Ledger) -> None:
        tracks = [a_track(ledger) for _ in range(ROUNDS)]
        for track_id in tracks:
            ledger.outbox.enqueue("notion", track_id)

        def carry() -> list[str]:
            return [entry.track_id for entry in ledger.outbox.claim("notion", "studio", 1, 60.0) for _ in "x"]

        def take(track_id: str) -> list[str]:
            entry = ledger.outbox.claim_one("notion", track_id, "studio", 60.0)
            return [entry.track_id] if entry else []

        deeds = [*([carry] * 4), *(lambda one=track_id: take(one) for track_id in tracks[:4])]
        got = [track_id for some in at_once(deeds) for track_id in some]

        assert len(got) == len(set(got))

    def test_no_two_get_the_same_turn(self, ledger: Ledger) -> None:
        waits = at_once([lambda: ledger.paces.book("youtube", 5.0)] * THREADS)

        assert sorted(waits) == [5.0 * number for number in range(THREADS)]

    def test_of_many_pins_one_stands_and_each_was_told(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        places = [
            Candidate(service=Service.YOUTUBE, id=id, url=f"https://y.example/{id}", title="x") for id in "abcdef"
        ]

        at_once(
            [lambda place=place: ledger.decisions.pin(track_id, place, "notion") for place in places]  # type: ignore[misc]
        )

        (decision,) = ledger.decisions.of(track_id)
        told = [event.detail["place"] for event in ledger.events.of(track_id)]
        assert decision.candidate.place == told[-1]
        assert sorted(told) == [place.place for place in places]

    def test_of_many_restarts_of_one_attempt_one_counts(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)

        assert at_once([lambda: ledger.tracks.restart(track_id, after=0)] * THREADS) == [1] * THREADS

    def test_readers_and_writers_do_not_get_in_each_others_way(self, ledger: Ledger) -> None:
        def write_and_read() -> int:
            for _ in range(5):
                ledger.events.note(None, "tick", "done")
                ledger.tracks.newest(5)
            return len(ledger.events.since(0))

        assert max(at_once([write_and_read] * THREADS)) == 5 * THREADS


class TestProcesses:
    def test_the_same_id_becomes_one_track(self, url: str) -> None:
        ours, theirs = race(url, "open", "", "")

        assert [one[0] for one in ours] == [one[0] for one in theirs]
        assert [sorted([our[1], their[1]]) for our, their in zip(ours, theirs, strict=True)] == [[False, True]] * ROUNDS
        with Ledger.open(url, time.time) as ledger:
            assert ledger.tracks.find(Service.SPOTIFY, "race-0") == ours[0][0]

    def test_the_same_sound_is_won_by_one(self, url: str) -> None:
        with Ledger.open(url, time.time) as ledger:
            mine, yours = ([a_track(ledger) for _ in range(ROUNDS)] for _ in range(2))

        ours, theirs = race(url, "claim", " ".join(mine), " ".join(yours))

        assert ours == theirs
        assert all(winner in pair for winner, pair in zip(ours, zip(mine, yours, strict=True), strict=True))

    def test_no_two_get_the_same_turn(self, url: str) -> None:
        ours, theirs = race(url, "book", "", "")

        assert sorted([*ours, *theirs]) == [float(number) for number in range(2 * ROUNDS)]

    def test_one_entry_of_the_outbox_is_had_by_one(self, url: str) -> None:
        with Ledger.open(url, time.time) as ledger:
            tracks = [a_track(ledger) for _ in range(ROUNDS)]
            for track_id in tracks[::2]:
                ledger.outbox.enqueue("notion", track_id)

        ours, theirs = race(url, "take", " ".join(["studio", *tracks]), " ".join(["laptop", *tracks]))

        assert sorted([*ours, *theirs]) == sorted(tracks)

    def test_of_many_pins_one_stands_and_it_is_the_last(self, url: str) -> None:
        with Ledger.open(url, time.time) as ledger:
            track_id = a_track(ledger)

        ours, theirs = race(url, "pin", f"{track_id} ours", f"{track_id} theirs")

        with Ledger.open(url, time.time) as ledger:
            (decision,) = ledger.decisions.of(track_id)
            told = [event.detail["place"] for event in ledger.events.of(track_id)]
        assert decision.candidate.place == told[-1]
        assert [place for place in told if place in ours] == ours
        assert [place for place in told if place in theirs] == theirs

    def test_both_succeed_who_make_the_tables_at_once(self, empty_url: str) -> None:
        assert race(empty_url, "migrate", "", "") == [[{}], [{}]]
