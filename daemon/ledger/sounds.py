"""The same sound only once. A track claims its sound; while the claim stands, no other track gets the same one.

Search and claim are one transaction, so of two workers with the same recording exactly one wins. Candidates are the
fingerprints that share index words (`daemon.pipeline.twins` chooses them); whether one really is a twin is for the
caller's pure verifier to say. A released claim keeps its rows, which the search passes over.

Some words are in everybody's music. A word that many fingerprints are filed under already takes no more of them, so
that no search ever reads long lists, however many tracks there are; each has a hundred other words to be found by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger.entries import original_of
from daemon.ledger.store import Store, put
from daemon.ledger.tables import fingerprint_words, fingerprints, tracks

CHROMAPRINT_2 = 2
"""The algorithm that AcoustID speaks, and the only one that is compared."""

_MOST_CANDIDATES = 25
"""Verified best first. Twins share tens of index words; strangers at most one or two. Of those that are nominated no
more either: a service's mistake can give one ISRC to thousands."""
_MOST_HITS = 4 * _MOST_CANDIDATES
"""As many are looked at for whether their claim still stands."""
_VERY_LIKELIEST = 4
_MOST_BY_ONE_WORD = 100
"""A word that so many fingerprints are found by tells none of them apart."""

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
        search_words: Sequence[int] = (),
        nominated: Sequence[str] = (),
        version: Sequence[str] = (),
        is_twin_though_named_otherwise: Verifier | None = None,
    ) -> Claimed | TwinOf:
        """Takes the sound for this track, unless a twin has it. Repeating a claim that stands is Claimed again.
        `index_words` are the unsigned 32-bit words that it will be found by, `search_words` those to search with (the
        index words, where none are given). Tracks that something else `nominated` are verified before those that share
        words, as far as they hold a sound. A duplicate of this very track is no twin. Tracks whose `version` is another
        one (`Track.version`) are for the last verifier, where there is one."""
        numbers = [_signed(word) for word in index_words]
        searched = [_signed(word) for word in search_words] or numbers
        otherwise = is_twin_though_named_otherwise or is_twin
        with self._store.writing() as connection:
            own = connection.execute(sa.select(fingerprints).where(fingerprints.c.track_id == track_id)).first()
            if own and own.released_at is None and own.words == words:
                return Claimed()
            for suspect in _suspects(connection, nominated, searched, other_than=track_id):
                verify = is_twin if set(suspect.version) == set(version) else otherwise
                bit_error = verify(suspect.words, suspect.duration_s)
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


def claim_again(connection: sa.Connection, track_id: str) -> None:
    """What the track had let go of is its own again."""
    connection.execute(sa.update(fingerprints).where(fingerprints.c.track_id == track_id).values(released_at=None))


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
    holding = connection.execute(_standing().where(fingerprints.c.track_id.in_(wanted)))
    return sorted(holding, key=lambda row: wanted.index(row.track_id))


def _candidates(
    connection: sa.Connection, words: list[int], *, other_than: str
) -> Iterator[sa.Row[tuple[object, ...]]]:
    """The standing claims that share the most words. The narrow table alone says which they are; in the wide one, a
    read from the disk each, first the very likeliest are looked up: a twin is among those."""
    shared = sa.func.count()
    hits = (
        sa.select(fingerprint_words.c.number)
        .where(fingerprint_words.c.word.in_(words))
        .group_by(fingerprint_words.c.number)
        .order_by(shared.desc(), fingerprint_words.c.number)
        .limit(_MOST_HITS)
    )
    likeliest = connection.execute(hits).scalars().all()
    left = _MOST_CANDIDATES
    for some in (likeliest[:_VERY_LIKELIEST], likeliest[_VERY_LIKELIEST:]):
        these = (fingerprints.c.number.in_(some), fingerprints.c.track_id != other_than)
        by_number = {row.number: row for row in connection.execute(_standing().where(*these))}
        standing = [by_number[number] for number in some if number in by_number][:left]
        yield from standing
        left -= len(standing)


def _standing() -> sa.Select[tuple[object, ...]]:
    """Claims that stand, each with the version that its track's title names."""
    query = sa.select(fingerprints, tracks.c.version).join(tracks, tracks.c.id == fingerprints.c.track_id)
    return query.where(fingerprints.c.released_at.is_(None))


def _next_number(connection: sa.Connection) -> int:
    highest: int | None = connection.execute(sa.select(sa.func.max(fingerprints.c.number))).scalar()
    return (highest or 0) + 1


def _index(connection: sa.Connection, number: int, words: list[int]) -> None:
    """Makes the fingerprint findable by these words, those aside that many are found by. Words of an older take of the
    track stay; they do no harm."""
    columns = (fingerprint_words.c.word, fingerprint_words.c.number)
    filed = connection.execute(sa.select(*columns).where(fingerprint_words.c.word.in_(words))).all()
    many = {word for word, count in Counter(row.word for row in filed).items() if count >= _MOST_BY_ONE_WORD}
    missing = set(words) - many - {row.word for row in filed if row.number == number}
    if missing:
        rows = [{"word": word, "number": number} for word in sorted(missing)]
        connection.execute(sa.insert(fingerprint_words), rows)


def _signed(word: int) -> int:
    """The same 32 bits as the signed number that a database's INTEGER holds."""
    return word - 2**32 if word >= 2**31 else word
