"""First contact with the Tracks database: every row that is there becomes known before anything is downloaded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from daemon.errors import Transient
from daemon.ledger import Ledger
from daemon.ledger.adoption import Adopted
from daemon.models import BoardRow, Format, Status
from daemon.ports import RowReader

log = logging.getLogger(__name__)

_MEMO = "board/adopted"
_DONE = "done"
_BATCH = 100
_SETTLED = frozenset(Status) - {Status.QUEUED, Status.PROCESSING}
_PATHS = ((Format.M4A, "M4A File Path"), (Format.WAV, "WAV File Path"), (Format.AIFF, "AIFF File Path"))


def is_done(ledger: Ledger) -> bool:
    """Whether first contact was made, to its end."""
    return ledger.memos.recall(_MEMO) == _DONE


def adopt_all(ledger: Ledger, reader: RowReader, tell: Callable[[int], None] = lambda _count: None) -> int:
    """Adopts every processed row; answers how many became known. After a kill it goes on with the batch it was in.
    Rows that nobody has worked on stay what they are: orders for the chain's last link. Raises what the reader raises.
    """
    since = ledger.memos.recall(_MEMO)
    if since == _DONE:
        return 0
    try:
        return _adopt_from(since, ledger, reader, tell)
    except Transient as error:
        what = "Nothing is taken up before the rows that are in Notion already are known, and they could not be read"
        raise Transient(f"{what}: {error}", service=error.service, retry_after_s=error.retry_after_s) from error


def _adopt_from(since: str | None, ledger: Ledger, reader: RowReader, tell: Callable[[int], None]) -> int:
    count = 0
    rows = reader.rows(created_from=since)
    while batch := list(islice(rows, _BATCH)):
        count += ledger.adoption.adopt(list(_adopted(batch)))
        ledger.memos.remember(_MEMO, batch[-1].created_at)
        tell(count)
    ledger.memos.remember(_MEMO, _DONE)
    if count:
        log.info("%d rows that were in Notion already are known now; none of them is downloaded again", count)
    return count


def _adopted(rows: Sequence[BoardRow]) -> Iterator[Adopted]:
    for row in rows:
        status = standing_of(row)
        if row.ref is not None and row.ref.told is not None and status is not None:
            yield Adopted(
                row_id=row.id,
                ref=row.ref,
                track=row.ref.told,
                status=status,
                values=row.values,
                eagle_id=row.values.get("Eagle File ID") or None,
                paths=tuple((format_, path) for format_, name in _PATHS if (path := row.values.get(name))),
            )


def standing_of(row: BoardRow) -> Status | None:
    """What the person's row says of itself; None for one that nobody has worked on."""
    word = row.values.get("Status")
    if word in _SETTLED:
        return Status(word)
    return Status.DONE if row.values.get("Downloaded") else None
