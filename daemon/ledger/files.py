"""What was put where. A row is written once the file is on the shelf, and never taken away; a file that is taken back,
because its track has another sound now, is marked first and moved aside afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from daemon.errors import Refused
from daemon.ledger.store import Store
from daemon.ledger.tables import files
from daemon.models import Format, Shelved, collision_key

_GIVEN_UP = "\n#"
"""Between a path and its row's number, where the path is free for another track: the column holds each path once. None
of our names has a line break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledFile:
    """A file as it was when it was filed."""

    shelved: Shelved
    filed_at: float
    missing_since: float | None
    """When it was first not found on a volume that was there."""


class Files:
    """Which files each track has."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, track_id: str, shelved: Shelved) -> None:
        """The track has this file. Repeating it changes nothing but what the file looks like.
        Raises Refused when another track has a file of that path in the library."""
        with self._store.writing() as connection:
            record(connection, track_id, shelved, self._store.now())

    def of(self, track_id: str) -> tuple[FiledFile, ...]:
        """The track's files, in the order in which they were filed."""
        query = sa.select(files).where(files.c.track_id == track_id).order_by(files.c.id)
        with self._store.reading() as connection:
            return tuple(_filed(row) for row in connection.execute(query))

    def note_rewritten(self, track_id: str, path: str, *, size: int, mtime_ns: int, sha256: str) -> None:
        """The track's file looks so since we have written new tags into it. A file that was taken back stays so."""
        theirs = (files.c.track_id == track_id, files.c.path == path)
        with self._store.writing() as connection:
            looks = sa.update(files).where(*theirs).values(size=size, mtime_ns=mtime_ns, sha256=sha256)
            connection.execute(looks)

    def mark_missing(self, paths: Sequence[str]) -> None:
        """These were not found on a volume that is there. What is recorded of them stays; they do not count as filed
        until they are recorded again."""
        with self._store.writing() as connection:
            missing = sa.update(files).where(files.c.path.in_(paths), files.c.missing_since.is_(None))
            connection.execute(missing.values(missing_since=self._store.now()))

    def to_set_aside(self, track_id: str | None = None) -> tuple[tuple[str, Shelved], ...]:
        """The library's files that were taken back and not yet moved aside, each with its track; of one track, or of
        all."""
        query = sa.select(files).where(
            files.c.withdrawn_at.is_not(None), files.c.set_aside.is_(None), files.c.role == "library"
        )
        if track_id is not None:
            query = query.where(files.c.track_id == track_id)
        with self._store.reading() as connection:
            rows = connection.execute(query.order_by(files.c.id))
            return tuple((row.track_id, _filed(row).shelved) for row in rows)

    def settle(self, path: str, what: str) -> None:
        """What became of a file that was taken back."""
        with self._store.writing() as connection:
            connection.execute(sa.update(files).where(files.c.path == path).values(set_aside=what))

    def stand(self, track_id: str) -> bool:
        """Whether the track has files that were not taken back, wherever they are now."""
        query = sa.select(files.c.id).where(files.c.track_id == track_id, files.c.withdrawn_at.is_(None))
        with self._store.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def owner(self, path: str) -> str | None:
        """The track that has a file of that path, whether or not the file is still there."""
        with self._store.reading() as connection:
            return _owner(connection, path)


def withdraw(connection: sa.Connection, track_id: str, now: float) -> None:
    """None of this track's files counts any more, wherever they are."""
    theirs = sa.update(files).where(files.c.track_id == track_id, files.c.withdrawn_at.is_(None))
    since = sa.func.coalesce(files.c.missing_since, now)
    connection.execute(theirs.values(withdrawn_at=now, missing_since=since))


def withdraw_since(connection: sa.Connection, track_id: str, since: float, now: float) -> bool:
    """None of this track's files that we have filed after that moment counts any more; answers whether there were any.
    A file without a sum was there before us."""
    theirs = sa.update(files).where(files.c.track_id == track_id, files.c.withdrawn_at.is_(None))
    ours = theirs.where(files.c.filed_at > since, files.c.sha256 != "")
    missing_since = sa.func.coalesce(files.c.missing_since, now)
    return bool(connection.execute(ours.values(withdrawn_at=now, missing_since=missing_since)).rowcount)


def withdraw_file(connection: sa.Connection, path: str, now: float) -> None:
    """It does not count any more."""
    connection.execute(
        sa.update(files).where(files.c.path == path).values(withdrawn_at=now, missing_since=now, set_aside=None)
    )


def stands(connection: sa.Connection, track_id: str, path: str) -> bool:
    """Whether the track has this file, and that was not taken back."""
    theirs = (files.c.track_id == track_id, files.c.path == path, files.c.withdrawn_at.is_(None))
    return connection.execute(sa.select(files.c.id).where(*theirs)).first() is not None


def record(connection: sa.Connection, track_id: str, shelved: Shelved, now: float) -> None:
    """`Files.record` inside a transaction."""
    looks = {"size": shelved.size, "mtime_ns": shelved.mtime_ns, "sha256": shelved.sha256}
    looks |= {"missing_since": None, "withdrawn_at": None, "set_aside": None}
    if (known := _row_of(connection, track_id, shelved)) is not None:
        filed_at = sa.case((files.c.withdrawn_at.is_(None), files.c.filed_at), else_=now)
        connection.execute(sa.update(files).where(files.c.id == known).values(filed_at=filed_at, **looks))
        return
    _make_way(connection, shelved.path)
    place = {"role": shelved.role, "format": shelved.format.value, "path": shelved.path}
    place["name_key"] = collision_key(shelved.path)
    connection.execute(sa.insert(files).values(track_id=track_id, filed_at=now, **place, **looks))


def path_told(path: str) -> str:
    """The path as it was recorded, of a row that has given it up or not."""
    return path.partition(_GIVEN_UP)[0]


def has_no_name() -> sa.ColumnElement[bool]:
    """Rows whose file has left its name to others: taken back, and moved aside or long in another program's hands."""
    return sa.and_(files.c.withdrawn_at.is_not(None), sa.or_(files.c.set_aside.is_not(None), _is_an_inbox()))


def has_library_file(connection: sa.Connection, track_id: str, *, still_there: bool = False) -> bool:
    """Whether the track was filed in the library, and that was not taken back. `still_there`: nor found missing."""
    theirs = [files.c.track_id == track_id, files.c.role == "library", files.c.withdrawn_at.is_(None)]
    if still_there:
        theirs.append(files.c.missing_since.is_(None))
    query = sa.select(files.c.id).where(*theirs).limit(1)
    return connection.execute(query).first() is not None


def _row_of(connection: sa.Connection, track_id: str, shelved: Shelved) -> int | None:
    """The track's row of that path; for an inbox also one that has given it up."""
    theirs = sa.select(files.c.id).where(files.c.track_id == track_id)
    given_up = sa.and_(
        files.c.path.startswith(shelved.path + _GIVEN_UP, autoescape=True),
        files.c.role == shelved.role,
        files.c.withdrawn_at.is_(None),
        _is_an_inbox(),
    )
    query = theirs.where(sa.or_(files.c.path == shelved.path, given_up)).order_by(files.c.id.desc())
    row: int | None = connection.execute(query.limit(1)).scalar()
    return row


def _make_way(connection: sa.Connection, path: str) -> None:
    """Sees to it that nobody has this path. The row of another track gives it up where its file is no longer meant: the
    programs behind inboxes take away what they get, so that a path there tells one file from another for a moment only.
    Raises Refused where it is another track's file to this day."""
    row = connection.execute(sa.select(files.c.id, files.c.track_id).where(files.c.path == path)).first()
    if row is None:
        return
    parting = sa.update(files).where(files.c.id == row.id, sa.or_(_is_an_inbox(), has_no_name()))
    marked = f"{path}{_GIVEN_UP}{row.id}"
    if not connection.execute(parting.values(path=marked, name_key=collision_key(marked))).rowcount:
        raise Refused(f"{path} belongs to another track ({row.track_id}); file this one under another name.")


def _is_an_inbox() -> sa.ColumnElement[bool]:
    return files.c.role != "library"


def _owner(connection: sa.Connection, path: str) -> str | None:
    return connection.execute(sa.select(files.c.track_id).where(files.c.path == path)).scalar()


def _filed(row: sa.Row[tuple[object, ...]]) -> FiledFile:
    shelved = Shelved(
        role=row.role,
        format=Format(row.format),
        path=path_told(row.path),
        size=row.size,
        mtime_ns=row.mtime_ns,
        sha256=row.sha256,
    )
    return FiledFile(shelved=shelved, filed_at=row.filed_at, missing_since=row.missing_since)
