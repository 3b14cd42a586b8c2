"""First contact with the Tracks database: every row that is there becomes known before anything is downloaded."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from daemon.board.counting import RowsRead
from daemon.board.minutes import minute, moment
from daemon.board.orders import ref_to, standing_of
from daemon.board.remembered import remembered
from daemon.board.rows import PATH_COLUMNS
from daemon.errors import NotFound, Refused, Transient
from daemon.ledger import Ledger
from daemon.ledger.adoption import Adopted
from daemon.models import BoardRow, Status, Track
from daemon.ports import RowReader

log = logging.getLogger(__name__)

_MEMO = "board/adopted"
_BEGAN = "board/adopting-since"
_THERE = "board/there-before"
"""Ids of the rows that were made just before first contact and that it found unprocessed."""
_NEAR = timedelta(minutes=30)
_DATABASE = "notion/database"
_DONE = "done"
_BATCH = 100
_NOTHING_BEFORE = "Nothing is taken up before the rows that are in Notion already are known, and they could not be read"
_MARGIN_S = 60.0
"""Notion's clock and ours may differ a little, and Notion's knows minutes only."""


def is_done(ledger: Ledger) -> bool:
    """Whether first contact was made, to its end."""
    return ledger.memos.recall(_MEMO) == _DONE


def began_at(ledger: Ledger) -> str | None:
    """Whatever was edited at this moment or later may not have been read at first contact as it stands now."""
    return ledger.memos.recall(_BEGAN)


def is_from_before(ledger: Ledger, row: BoardRow) -> bool:
    """Whether the row was there before us."""
    began = began_at(ledger)
    if began is None or moment(row.created_at) > moment(began) + _NEAR:
        return False
    return moment(row.created_at) < moment(began) or row.id in json.loads(ledger.memos.recall(_THERE) or "[]")


def move_to(ledger: Ledger, database_id: str) -> None:
    """The settings name this database. Where they named another one until now, what is known of that one's rows is set
    aside, and first contact is made anew; the other way round it counts again."""
    before = ledger.memos.recall(_DATABASE)
    if before is not None and before != database_id:
        log.warning("TRACKS_DB_ID names another database than until now; its rows are made known first")
        ledger.board.move_to(before, database_id)
    if before != database_id:
        ledger.memos.remember(_DATABASE, database_id)


def adopt_all(
    ledger: Ledger,
    reader: RowReader,
    tell: Callable[[int], None] | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> int:
    """Adopts every processed row; answers how many became known. After a kill it goes on with the batch it was in.
    Rows that nobody has worked on stay what they are: orders for the chain's last link. `tell` hears how many rows were
    read, now and then. Raises what the reader raises."""
    since = ledger.memos.recall(_MEMO)
    if since == _DONE:
        return 0
    if began_at(ledger) is None:
        ledger.memos.remember(_BEGAN, minute(clock() - _MARGIN_S))
    try:
        return _adopt_from(since, ledger, reader, tell or RowsRead(log, "first contact with Notion"))
    except Transient as error:
        raise Transient(
            f"{_NOTHING_BEFORE}: {error}", service=error.service, retry_after_s=error.retry_after_s
        ) from error
    except (NotFound, Refused) as error:
        todo = "Check TRACKS_DB_ID, and share the database with the integration (`cratekeeper init notion`)."
        raise type(error)(f"{_NOTHING_BEFORE}: {error} {todo}") from error


def adopt_row(ledger: Ledger, row: BoardRow, status: Status) -> None:
    """One more row that somebody else has worked on."""
    if (adopted := _adopted(row, status)) is not None:
        ledger.adoption.adopt([adopted])


def _adopt_from(since: str | None, ledger: Ledger, reader: RowReader, tell: Callable[[int], None]) -> int:
    read = known = 0
    rows = reader.rows(created_from=since)
    while batch := list(islice(rows, _BATCH)):
        _note_unprocessed(ledger, batch)
        known += ledger.adoption.adopt(list(_settled(batch)))
        ledger.memos.remember(_MEMO, batch[-1].created_at)
        tell(read := read + len(batch))
    ledger.memos.remember(_MEMO, _DONE)
    if known:
        log.info("%d rows that were in Notion already are known now; none of them is downloaded again", known)
    return known


def _note_unprocessed(ledger: Ledger, rows: Sequence[BoardRow]) -> None:
    """Rows that are made just now look like new ones afterwards, by their day alone."""
    since = moment(began_at(ledger) or rows[0].created_at)
    ids = [row.id for row in rows if standing_of(row) is None and moment(row.created_at) >= since]
    if ids:
        there = json.loads(ledger.memos.recall(_THERE) or "[]")
        ledger.memos.remember(_THERE, json.dumps(list(dict.fromkeys([*there, *ids]))))


def _settled(rows: Sequence[BoardRow]) -> Iterator[Adopted]:
    for row in rows:
        status = standing_of(row)
        if status is not None and (adopted := _adopted(row, status)) is not None:
            yield adopted


def _adopted(row: BoardRow, status: Status) -> Adopted | None:
    """None for a row that names nothing by which it would be known again: neither an address nor who made what."""
    ref = row.ref or ref_to(row)
    if ref is None:
        return None
    return Adopted(
        row_id=row.id,
        ref=ref,
        track=ref.told or Track(title="", aliases=(ref.alias,), urls={ref.service: ref.url}),
        status=status,
        values={column: remembered(value) for column, value in row.values.items()},
        eagle_id=row.values.get("Eagle File ID") or None,
        paths=tuple((format_, path) for format_, name in PATH_COLUMNS.items() if (path := row.values.get(name))),
    )
