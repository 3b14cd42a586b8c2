"""The ledger on SQLite with 10,000 tracks: verbs a second, and how long it takes to find a twin by its sound.

Every verb is a transaction that is on the disk when it returns, so the floor is a bare SQLite transaction of one row
under the same pragmas. The naive way to a twin compares with every fingerprint there is.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.fingerprints import another_rip, recording
from bench.report import Number, Report, Role
from daemon.ledger import Ledger
from daemon.ledger.outbox import Entry
from daemon.ledger.sounds import TwinOf
from daemon.models import Service, Track, TrackRef
from daemon.pipeline.twins import Words, same_recording, sample_words, search_words, words_of

T = TypeVar("T")

_TRACKS = 10_000
_SAMPLE = 500
"""Verbs that are timed at full size."""
_SCANS = 5
_DURATION_S = 240.0
_LEASE_S = 60.0
_BATCH = 20


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        folder = Path(name)
        floor = _rate("bare SQLite transaction", _bare_transactions(folder), "floor")
        with Ledger.open(f"sqlite:///{folder}/ledger.db", time.time) as ledger:
            numbers = list(_verbs(ledger, floor))
    return Report(
        name="ledger",
        about=f"{_TRACKS:,} tracks, each with a made-up fingerprint of {_DURATION_S:.0f} s; one process.",
        numbers=(*numbers, floor),
    )


@dataclass(frozen=True, slots=True)
class _Crate:
    """What was put into the ledger."""

    track_ids: list[str]
    sounds: list[Words]


def _verbs(ledger: Ledger, floor: Number) -> Iterator[Number]:
    rng = np.random.default_rng(1)
    crate = _Crate([], [recording(rng, _DURATION_S) for _ in range(_TRACKS)])
    opened = _each(lambda number: crate.track_ids.append(_open(ledger, number)), range(_TRACKS))
    yield _rate("open a new track", opened[-_SAMPLE:]).over(floor)
    sample = crate.track_ids[:_SAMPLE]
    yield _rate("find a known track", _each(partial(_known, ledger), range(_SAMPLE))).over(floor)
    yield _rate("begin", _each(ledger.tracks.begin, sample)).over(floor)
    claimed = _each(lambda number: _claim(ledger, crate.track_ids[number], crate.sounds[number]), range(_TRACKS))
    yield _rate("claim a new sound", claimed[-_SAMPLE:]).over(floor)
    yield from _outbox(ledger, sample, floor)
    yield from _twins(ledger, crate, rng)


def _outbox(ledger: Ledger, track_ids: list[str], floor: Number) -> Iterator[Number]:
    yield _rate("outbox: enqueue", _each(partial(ledger.outbox.enqueue, "notion"), track_ids)).over(floor)
    claims = range(0, len(track_ids), _BATCH)
    entries: list[Entry] = []
    taken = _each(lambda _: entries.extend(ledger.outbox.claim("notion", "bench", _BATCH, _LEASE_S)), claims)
    yield _rate(f"outbox: claim {_BATCH}", taken).over(floor)
    done = _each(lambda entry: ledger.outbox.done(entry, f"row-{entry.track_id}", {"BPM": 124}), entries)
    yield _rate("outbox: done", done).over(floor)


def _twins(ledger: Ledger, crate: _Crate, rng: np.random.Generator) -> Iterator[Number]:
    """Another rip of every so many-th recording, looked for by the index, and by comparing with all."""
    numbers = range(0, _TRACKS, _TRACKS // _SAMPLE)
    rips = [(crate.track_ids[number], another_rip(rng, crate.sounds[number])) for number in numbers]
    stranger = _open(ledger, _TRACKS)

    def by_index(rip: tuple[str, Words]) -> None:
        answer = _claim(ledger, stranger, rip[1])
        assert isinstance(answer, TwinOf), "a twin was missed"
        assert answer.track_id == rip[0]

    def by_scan(rip: tuple[str, Words]) -> None:
        found = [id_ for id_, words in zip(crate.track_ids, crate.sounds, strict=True) if _same(words, rip[1])]
        assert found == [rip[0]]

    scan = Number(what="compare with all", unit="ms", runs=_ms(_each(by_scan, rips[:_SCANS])), role="naive")
    yield Number(what="find a twin", unit="ms", runs=_ms(_each(by_index, rips))).over(scan)
    yield scan


def _claim(ledger: Ledger, track_id: str, words: Words) -> object:
    def is_twin(theirs: bytes, their_duration_s: float) -> float | None:
        return same_recording(words, _DURATION_S, words_of(theirs), their_duration_s)

    sound = words.astype("<u4").tobytes()
    index_words, searched = sample_words(words), search_words(words)
    return ledger.sounds.claim(
        track_id, sound, _DURATION_S, index_words=index_words, search_words=searched, is_twin=is_twin
    )


def _same(ours: Words, theirs: Words) -> bool:
    return same_recording(ours, _DURATION_S, theirs, _DURATION_S) is not None


def _known(ledger: Ledger, number: int) -> None:
    assert ledger.tracks.find(Service.SPOTIFY, _ref(number).id)


def _open(ledger: Ledger, number: int) -> str:
    return ledger.tracks.open(_ref(number)).track_id


def _ref(number: int) -> TrackRef:
    name = f"track{number:017}"
    url = f"https://open.spotify.com/track/{name}"
    told = Track(title=f"Title {number}", artists=("Somebody",), duration_s=_DURATION_S, isrc=f"QZSBX{number:07}")
    return TrackRef(service=Service.SPOTIFY, id=name, url=url, found_in="spotify-liked", told=told)


def _bare_transactions(folder: Path) -> list[float]:
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, value TEXT)")

        def insert(number: int) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO rows VALUES (?, 'value')", (number,))
            connection.execute("COMMIT")

        return _each(insert, range(_SAMPLE))


def _each(act: Callable[[T], object], over: Iterable[T]) -> list[float]:
    """The seconds that each call took."""
    took = []
    for one in over:
        begun_at = time.perf_counter()
        act(one)
        took.append(time.perf_counter() - begun_at)
    return took


def _ms(took_s: list[float]) -> tuple[float, ...]:
    return tuple(1000 * one for one in took_s)


def _rate(what: str, took_s: list[float], role: Role = "ours") -> Number:
    return Number(what=what, unit="a second", runs=tuple(1 / one for one in took_s), role=role)
