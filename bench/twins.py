"""The same sound only once, among up to a million fingerprints: how long it takes to find a twin, and to find none.

The crate is loaded in bulk, into the ledger's own tables; what is timed are the ledger's own verbs on SQLite. Up to
100,000 tracks have whole fingerprints; beyond, only what they are found by, and the first few words.
`python -m bench.twins 1000000` takes some minutes and 3 GB of disk.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.fingerprints import another_rip, drone, index_words_of_strangers, recording
from bench.report import Number, Report
from daemon.ledger import Ledger
from daemon.ledger.sounds import Claimed, TwinOf
from daemon.models import Service, TrackRef
from daemon.pipeline.twins import Words, same_recording, sample_words, search_words, words_of

_SIZES = (10_000, 100_000, 1_000_000)
_USUAL_MOST = 100_000
_WHOLE_UP_TO = 100_000
_DURATION_S = 240.0
_SAMPLE = 40
_AT_ONCE = 20_000
_FEW_WORDS = 64


def measure(most: int = _USUAL_MOST) -> Report:
    """Up to so many tracks, in steps of ten times."""
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        path = Path(name) / "ledger.db"
        with Ledger.open(f"sqlite:///{path}", time.time) as ledger:
            numbers = tuple(_as_it_grows(ledger, path, [size for size in _SIZES if size <= most]))
    return Report(
        name="twins",
        about=f"Made-up fingerprints of {_DURATION_S:.0f} s on SQLite; every claim is on the disk when it returns.",
        numbers=numbers,
    )


def _as_it_grows(ledger: Ledger, path: Path, sizes: Sequence[int]) -> Iterator[Number]:
    rng = np.random.default_rng(5)
    sounds = [recording(rng, _DURATION_S) for _ in range(_SAMPLE)]
    holders = [_open(ledger, f"known{number}") for number in range(_SAMPLE)]
    for holder, words in zip(holders, sounds, strict=True):
        assert _claim(ledger, holder, words) == Claimed()
    stranger = _open(ledger, "stranger")
    for before, size in pairwise((0, *sizes)):
        _load(path, rng, before, size)
        rips = [another_rip(rng, words) for words in sounds]

        def find(number: int, rips: list[Words] = rips) -> None:
            answer = _claim(ledger, stranger, rips[number])
            assert isinstance(answer, TwinOf), "a twin was missed"
            assert answer.track_id == holders[number]

        new = [(_open(ledger, f"new{size}-{number}"), recording(rng, _DURATION_S)) for number in range(_SAMPLE)]
        drones = [(_open(ledger, f"drone{size}-{number}"), drone(rng, _DURATION_S)) for number in range(_SAMPLE)]

        def claim_new(number: int, new: list[tuple[str, Words]] = new) -> None:
            assert _claim(ledger, *new[number]) == Claimed()

        def claim_drone(number: int, drones: list[tuple[str, Words]] = drones) -> None:
            _claim(ledger, *drones[number])

        among = f"among {size:,}"
        yield from _ms(f"find a twin {among}", find)
        yield from _ms(f"claim a new sound {among}", claim_new)
        yield from _ms(f"claim a drone (common words only) {among}", claim_drone)
        kilobytes = path.stat().st_size / 1000 / size
        whole = "" if size <= _WHOLE_UP_TO else "most without their fingerprint of 7.8 kB"
        yield Number(what=f"disk a track {among}", unit="kB", runs=(kilobytes,), role="part").with_word(whole)


def _load(path: Path, rng: np.random.Generator, first: int, end: int) -> None:
    """Tracks and their sounds, past the ledger's verbs: a million claims would take hours."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        noise = rng.bytes(4 * 1940 * 50)
        length = 4 * (1940 if end <= _WHOLE_UP_TO else _FEW_WORDS)
        after = connection.execute("SELECT max(number) + 1 FROM fingerprints").fetchone()[0]
        filed = []
        for begin in range(first, end, _AT_ONCE):
            numbers = range(after, after + min(_AT_ONCE, end - begin))
            after = numbers.stop
            names = [f"t{number:09}" for number in numbers]
            connection.executemany(
                "INSERT INTO tracks (id, title, artists, urls, found_in, status, attempt, created_at, updated_at) "
                "VALUES (?, 'Title', '[]', '{}', 'bench', 'Done', 1, 0, 0)",
                ((name,) for name in names),
            )
            connection.executemany(
                "INSERT INTO fingerprints (track_id, number, algorithm, duration_s, words, claimed_at) "
                "VALUES (?, ?, 2, ?, ?, 0)",
                (
                    (name, number, _DURATION_S, noise[(at := 4 * (number % 40_000)) : at + length])
                    for name, number in zip(names, numbers, strict=True)
                ),
            )
            words = index_words_of_strangers(rng, len(numbers)).view(np.int32).astype(np.int64)
            filed.append((words << 32 | np.asarray(numbers)[:, np.newaxis]).ravel())
        for some in np.array_split(np.unique(np.concatenate(filed)), max(1, (end - first) // _AT_ONCE)):
            rows = zip((some >> 32).tolist(), (some & 0xFFFF_FFFF).tolist(), strict=True)
            connection.executemany("INSERT INTO fingerprint_words (word, number) VALUES (?, ?)", rows)


def _claim(ledger: Ledger, track_id: str, words: Words) -> object:
    def is_twin(theirs: bytes, their_duration_s: float) -> float | None:
        return same_recording(words, _DURATION_S, words_of(theirs), their_duration_s)

    return ledger.sounds.claim(
        track_id,
        words.astype("<u4").tobytes(),
        _DURATION_S,
        index_words=sample_words(words),
        search_words=search_words(words),
        is_twin=is_twin,
    )


def _open(ledger: Ledger, name: str) -> str:
    url = f"https://open.spotify.com/track/{name}"
    return ledger.tracks.open(TrackRef(service=Service.SPOTIFY, id=name, url=url, found_in="bench")).track_id


def _ms(what: str, act: Callable[[int], None]) -> tuple[Number, Number]:
    """By the clock, and what of it was CPU: a crowded machine and its disk make up the rest."""
    took_ms, cpu_ms = [], []
    for number in range(_SAMPLE):
        begun_at, cpu_begun_at = time.perf_counter(), time.process_time()
        act(number)
        took_ms.append(1000 * (time.perf_counter() - begun_at))
        cpu_ms.append(1000 * (time.process_time() - cpu_begun_at))
    return (
        Number(what=what, unit="ms", runs=tuple(took_ms)),
        Number(what=f"{what}: CPU", unit="ms", runs=tuple(cpu_ms), role="part"),
    )


if __name__ == "__main__":
    print(measure(int(sys.argv[1])).as_text())
