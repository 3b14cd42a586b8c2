"""What passes between our tracks and the person's rows in Notion, besides the carrying (`outbox`): whose a row is, what
the person edited in it, which rows are gone, and which rows the relation columns point to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from daemon.ledger import events, lending, outbox, standing
from daemon.ledger.anew import CLEARED
from daemon.ledger.memos import memo_of, note_memo, rename_memos
from daemon.ledger.rows import must_be_there
from daemon.ledger.standing import Gone, has_own_row, own_row
from daemon.ledger.store import Store, among, put
from daemon.ledger.tables import mirrors, related, tracks
from daemon.models import Json, Status

RETAG = "retag/"
"""Memos of this name, with the track's id behind it, hold the edits that are still to be written into its files."""

_AT_ONCE = 500
"""Mirrors in one transaction, or one answer: tens of milliseconds."""
_KEY_CHARACTERS = 200
"""PostgreSQL indexes no value over 2.7 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What was read from a row, to be known from now on."""

    seen: Json
    """By column, what stands there; of other columns what was known stays."""
    wrote: Json = field(default_factory=dict)
    """Columns of which we want to have it that we wrote this."""
    theirs: Sequence[str] = ()
    """The columns that are the person's from now on."""
    edits: Json = field(default_factory=dict)
    """What the person says of the track (`daemon.edits`). None: nothing any more."""


class Board:
    """Rows and tracks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def track_at(self, row_id: str) -> str | None:
        """The track whose own row this is; not a duplicate that shares it."""
        query = sa.select(mirrors.c.track_id).where(mirrors.c.remote_id == row_id, has_own_row())
        with self._store.reading() as connection:
            # Not ordered by the database: SQLite would then read all rows in that order, and not look this one up.
            return min(connection.execute(query).scalars(), default=None)

    def bind(self, track_id: str, row_id: str, seen: Json, theirs: Collection[str]) -> bool:
        """The person's row is this track's row. False, and nothing is done, where the track has another living row, or
        the row is another track's. Repeating it changes nothing. Raises NotFound."""
        with self._store.writing() as connection:
            must_be_there(connection, track_id)
            own = own_row(connection, track_id)
            if own is not None and own.remote_id != row_id and own.gone is None:
                return False
            others = sa.select(mirrors.c.track_id).where(mirrors.c.remote_id == row_id, has_own_row())
            if connection.execute(others.where(mirrors.c.track_id != track_id).limit(1)).first() is not None:
                return False
            standing.learn(connection, "notion", track_id, row_id, seen, {}, self._store.now(), theirs=theirs)
            return True

    def take_in(self, track_id: str, row_id: str, taken: TakenIn, carry_in_s: float | None) -> bool:
        """What the person did in the track's row is known from now on: the columns by themselves, their edits on the
        track, as a debt to its files, and in the diary. With `carry_in_s` the row is due by then. Repeating it changes
        nothing more. False, and nothing is done, where that is not the track's row (any more). The caller holds the
        claim on the track's entry in the outbox."""
        with self._store.writing() as connection:
            now = self._store.now()
            own = own_row(connection, track_id)
            if own is None or own.remote_id != row_id:
                return False
            standing.learn(connection, "notion", track_id, row_id, taken.seen, taken.wrote, now, theirs=taken.theirs)
            new = _edit(connection, track_id, taken.edits)
            columns = sorted(set(taken.theirs) - set(own.theirs))
            if new or columns:
                events.note(connection, track_id, "notion", "told", {"columns": columns, "edits": new}, now)
            if carry_in_s is not None:
                outbox.enqueue(connection, "notion", track_id, now + carry_in_s)
            return True

    def set_gone(self, track_id: str, how: Gone | None) -> None:
        """The person threw the track's row away, or took it back out of the trash. Without a row nothing happens."""
        theirs = sa.update(mirrors).where(mirrors.c.track_id == track_id, has_own_row())
        with self._store.writing() as connection:
            connection.execute(theirs.values(gone=how))

    def stand_in(self, double_id: str, track_id: str) -> bool:
        """The row of a double becomes that of the track whose own was thrown away; the double shares it from now on.
        False, and nothing is done, where the double has no living row."""
        with self._store.writing() as connection:
            now = self._store.now()
            row = own_row(connection, double_id)
            if row is None or row.gone is not None:
                return False
            standing.learn(connection, "notion", track_id, row.remote_id, row.seen, row.wrote, now, theirs=row.theirs)
            shared = {standing.TWIN: track_id}
            standing.learn(connection, "notion", double_id, row.remote_id, shared, {}, now)
            outbox.enqueue(connection, "notion", track_id, now)
            return True

    def give_up_row(self, double_id: str, original_id: str) -> None:
        """The person makes something else of a second row: it is the double's no more."""
        with self._store.writing() as connection:
            row = own_row(connection, double_id)
            if row is not None:
                shared = {standing.TWIN: original_id}
                standing.learn(connection, "notion", double_id, row.remote_id, shared, {}, self._store.now())

    def stand_alone(self, double_id: str, wrote: Json) -> None:
        """A second row was made into a track of its own, which is queued. `wrote`: what was copied into it, and is ours
        to fill or to clear."""
        with self._store.writing() as connection:
            row = own_row(connection, double_id)
            if row is None:
                return
            now = self._store.now()
            itself = {"found_in": "notion", "status": Status.QUEUED.value, **CLEARED, "updated_at": now}
            connection.execute(sa.update(tracks).where(tracks.c.id == double_id).values(**itself))
            standing.learn(connection, "notion", double_id, row.remote_id, {}, wrote, now)
            outbox.enqueue(connection, "notion", double_id, now)

    def doubles(self) -> list[tuple[str, str]]:
        """Tracks that are nothing but second rows, each with the track that it is a double of."""
        is_double = (tracks.c.found_in == lending.DOUBLED_ROW, tracks.c.duplicate_of.is_not(None))
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(tracks.c.id, tracks.c.duplicate_of).where(*is_double))
            return [(row.id, row.duplicate_of) for row in rows]

    def move_to(self, before: str, database: str) -> None:
        """Another database from now on: what is known of rows in the one before is set aside under its name, and what
        was set aside of this one counts again."""
        with self._store.writing() as connection:
            for of, to in (("notion", f"notion/{before}"), (f"notion/{database}", "notion")):
                connection.execute(sa.update(mirrors).where(mirrors.c.target == of).values(target=to))
            for of, to in (("board/", f"board@{before}/"), (f"board@{database}/", "board/")):
                rename_memos(connection, of, to)
            connection.execute(sa.delete(related))

    def forget_columns(self, names: Collection[str]) -> int:
        """Columns of these names were made anew in Notion: nothing is known of what stands in them. The tracks of which
        we had written them are due, and answered is how many. A portion at a time, so that nobody waits for it; killed
        half-way, it is to be done again."""
        count = 0
        last: str | None = ""
        while last is not None:
            written, last = self._forget_columns(frozenset(names), last)
            count += written
        return count

    def mirrors(self) -> Iterator[tuple[str, str, Gone | None]]:
        """Every track that has a row of its own, with the row, and whether that is gone."""
        columns = (mirrors.c.track_id, mirrors.c.remote_id, mirrors.c.gone)
        query = sa.select(*columns).where(has_own_row()).order_by(mirrors.c.track_id).limit(_AT_ONCE)
        last = ""
        while True:
            with self._store.reading() as connection:
                rows = connection.execute(query.where(mirrors.c.track_id > last)).all()
            yield from ((row.track_id, row.remote_id, row.gone) for row in rows)
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1].track_id

    # --- what relation columns point to ---

    def related(self, column: str, name_key: str) -> str | None:
        """The page of that name that this relation column points to, as it was remembered."""
        wanted = (related.c.column_name == column, related.c.name_key == _indexable(name_key))
        with self._store.reading() as connection:
            return connection.execute(sa.select(related.c.remote_id).where(*wanted)).scalar()

    def remember_related(self, column: str, pages: Mapping[str, str]) -> None:
        """The pages of these names, by their keys."""
        with self._store.writing() as connection:
            for name_key, page_id in pages.items():
                key = {"column_name": column, "name_key": _indexable(name_key)}
                put(connection, related, key, {"remote_id": page_id})

    def forget_related(self, column: str, page_ids: Collection[str]) -> None:
        """These pages are of no use any more."""
        these = (related.c.column_name == column, related.c.remote_id.in_(page_ids))
        with self._store.writing() as connection:
            connection.execute(sa.delete(related).where(*these))

    # --- inside transactions ---

    def _forget_columns(self, names: frozenset[str], after: str) -> tuple[int, str | None]:
        """One portion: how many tracks are due for it, and where the next one begins."""
        portion = (mirrors.c.target == "notion", mirrors.c.track_id > after)
        query = sa.select(mirrors).where(*portion).order_by(mirrors.c.track_id).limit(_AT_ONCE)
        with self._store.writing() as connection:
            rows = connection.execute(query).all()
            changed = [{**row._mapping, **_without(row, names)} for row in rows if names & {*row.seen, *row.wrote}]
            if changed:  # all of them in two statements: one by one takes ten times as long
                these = among(mirrors.c.track_id, [row["track_id"] for row in changed])
                connection.execute(sa.delete(mirrors).where(mirrors.c.target == "notion", these))
                connection.execute(sa.insert(mirrors), changed)
            written = [row.track_id for row in rows if names & set(row.wrote)]
            if written:
                outbox.enqueue_all(connection, "notion", written, self._store.now())
            return len(written), rows[-1].track_id if len(rows) == _AT_ONCE else None


def _without(row: sa.Row[tuple[Any, ...]], names: frozenset[str]) -> Json:
    """What a mirror knows of these columns in Notion is forgotten; whose they are stays as it is."""
    return {
        "seen": {name: value for name, value in row.seen.items() if name not in names},
        "wrote": {name: value for name, value in row.wrote.items() if name not in names},
    }


def _edit(connection: sa.Connection, track_id: str, edits: Json) -> Json:
    """Keeps what the person says; answers what of it is new. That is owed to the track's files. Its `updated_at` stays:
    nobody has worked on it."""
    known: Json = connection.execute(sa.select(tracks.c.edits).where(tracks.c.id == track_id)).scalar_one()
    new = {name: value for name, value in edits.items() if known.get(name) != value}
    if not new:
        return {}
    after = _without_nothing({**known, **new})
    connection.execute(sa.update(tracks).where(tracks.c.id == track_id).values(edits=after))
    owed = memo_of(connection, RETAG + track_id)
    debt = _without_nothing({**(json.loads(owed) if owed else {}), **new})
    note_memo(connection, RETAG + track_id, json.dumps(debt, sort_keys=True) if debt else None)
    return new


def _without_nothing(edits: Json) -> Json:
    return {name: value for name, value in edits.items() if value is not None}


def _indexable(name_key: str) -> str:
    if len(name_key) <= _KEY_CHARACTERS:
        return name_key
    return hashlib.sha256(name_key.encode("utf-8", "replace")).hexdigest()
