"""The same sound only once. A track claims its sound; while the claim stands, no other track gets the same one.

Search and claim are one transaction, so of two workers with the same recording exactly one wins. Candidates are the
fingerprints that share index words (`daemon.pipeline.twins` chooses them); whether one really is a twin is for the
caller's pure verifier to say. A released claim keeps its rows, which the search passes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger.entries import original_of
from daemon.ledger.store import Store, put
from daemon.ledger.tables import fingerprint_words, fingerprints

CHROMAPRINT_2 = 2
"""The algorithm that AcoustID speaks, and the only one that is compared."""

_MOST_CANDIDATES = 25
"""Verified best first. Twins share tens of index words; strangers at most one or two. Of those that are nominated no
more either: a service's mistake can give one ISRC to thousands."""

Verifier = Callable[[bytes, float], float | None]
"""Gets a candidate's words and its duration in seconds; answers the bit error if it is the same recording, else None.
Called inside the transaction: it must be pure and quick."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The sound is this track's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinOf:
    """Another track has this sound."""

    track_id: str
    """The one that stands for the recording: if a duplicate has the sound, its original."""
    bit_error: float
    """0 to 1: the evidence."""


class Sounds:
    """Who has which sound."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(
        self,
        track_id: str,
        words: bytes,
        duration_s: float,
        *,
        index_words: Sequence[int],
        is_twin: Verifier,
        nominated: Sequence[str] = (),
    ) -> Claimed | TwinOf:
        """Takes the sound for this track, unless a twin has it. Repeating a claim that stands is Claimed again.
        `index_words` are the unsigned 32-bit words to find it by. Tracks that something else `nominated` are verified
        before those that share words, as far as they hold a sound. A duplicate of this very track is no twin."""
        numbers = [_signed(word) for word in index_words]
        with self._store.writing() as connection:
            own = connection.execute(sa.select(fingerprints).where(fingerprints.c.track_id == track_id)).first()
            if own and own.released_at is None and own.words == words:
                return Claimed()
            for suspect in _suspects(connection, nominated, numbers, other_than=track_id):
                bit_error = is_twin(suspect.words, suspect.duration_s)
                if bit_error is not None and (twin := original_of(connection, suspect.track_id)) != track_id:
                    return TwinOf(track_id=twin, bit_error=bit_error)
            number = own.number if own else _next_number(connection)
            claim = {"algorithm": CHROMAPRINT_2, "duration_s": duration_s, "words": words, "number": number}
            times = {"claimed_at": self._store.now(), "released_at": None}
            put(connection, fingerprints, {"track_id": track_id}, claim | times)
            _index(connection, number, numbers)
            return Claimed()

    def words(self, track_id: str) -> bytes | None:
        """The fingerprint by which this track holds its sound; None when it holds none."""
        query = sa.select(fingerprints.c.words).where(
            fingerprints.c.track_id == track_id, fingerprints.c.released_at.is_(None)
        )
        with self._store.reading() as connection:
            words: bytes | None = connection.execute(query).scalar()
            return words

    def release(self, track_id: str) -> None:
        """The track ended unfiled: its sound is free again. Without a claim nothing happens."""
        with self._store.writing() as connection:
            release(connection, track_id, self._store.now())


def release(connection: sa.Connection, track_id: str, now: float) -> None:
    """`Sounds.release` inside a transaction."""
    mine = sa.update(fingerprints).where(fingerprints.c.track_id == track_id, fingerprints.c.released_at.is_(None))
    connection.execute(mine.values(released_at=now))


def _suspects(
    connection: sa.Connection, nominated: Sequence[str], words: list[int], *, other_than: str
) -> Iterator[sa.Row[tuple[object, ...]]]:
    """Whoever may have the sound, each once: first those that were nominated, then those that share words."""
    named = _nominated(connection, nominated, other_than=other_than)
    yield from named
    verified = {row.track_id for row in named}
    yield from (row for row in _candidates(connection, words, other_than=other_than) if row.track_id not in verified)


def _nominated(
    connection: sa.Connection, track_ids: Sequence[str], *, other_than: str
) -> list[sa.Row[tuple[object, ...]]]:
    """Those of the tracks that hold a sound, in their order."""
    wanted = [track_id for track_id in dict.fromkeys(track_ids) if track_id != other_than][:_MOST_CANDIDATES]
    if not wanted:
        return []
    query = sa.select(fingerprints).where(fingerprints.c.track_id.in_(wanted), fingerprints.c.released_at.is_(None))
    return sorted(connection.execute(query), key=lambda row: wanted.index(row.track_id))


def _candidates(
    connection: sa.Connection, words: list[int], *, other_than: str
) -> Sequence[sa.Row[tuple[object, ...]]]:
    """The standing claims that share the most index words."""
    shared = sa.func.count().label("shared")
    hits = (
        sa.select(fingerprint_words.c.number, shared)
        .join(fingerprints, fingerprints.c.number == fingerprint_words.c.number)
        .where(fingerprint_words.c.word.in_(words))
        .where(fingerprints.c.released_at.is_(None), fingerprints.c.track_id != other_than)
        .group_by(fingerprint_words.c.number)
        .order_by(shared.desc(), fingerprint_words.c.number)
        .limit(_MOST_CANDIDATES)
        .subquery()
    )
    query = sa.select(fingerprints).join(hits, hits.c.number == fingerprints.c.number)
    return connection.execute(query.order_by(hits.c.shared.desc(), hits.c.number)).all()


def _next_number(connection: sa.Connection) -> int:
    highest: int | None = connection.execute(sa.select(sa.func.max(fingerprints.c.number))).scalar()
    return (highest or 0) + 1


def _index(connection: sa.Connection, number: int, words: list[int]) -> None:
    """Makes the fingerprint findable by these words. Those of an older take of the track stay; they do no harm."""
    table = fingerprint_words
    query = sa.select(table.c.word).where(table.c.number == number, table.c.word.in_(words))
    missing = set(words) - set(connection.execute(query).scalars())
    if missing:
        connection.execute(sa.insert(table), [{"word": word, "number": number} for word in sorted(missing)])


def _signed(word: int) -> int:
    """The same 32 bits as the signed number that a database's INTEGER holds."""
    return word - 2**32 if word >= 2**31 else word
