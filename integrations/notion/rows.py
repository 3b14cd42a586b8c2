"""Ports `TrackSource` and `RowReader`: the rows of the Tracks database, those that wait and all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from daemon.errors import DaemonError, Refused
from daemon.models import BoardRow, Check, Json, Status, TrackRef
from integrations.notion.addresses import track_ref
from integrations.notion.columns import Fit, Fitted
from integrations.notion.table import PAGE_SIZE, Table, is_in_trash, pages_of
from integrations.notion.values import our_word
from integrations.notion.windows import Stamp, Windows

_ADDRESS_COLUMNS = ("Spotify ID", "Spotify URL", "SoundCloud URL", "YouTube URL")


class NotionRows:
    """Rows with an address that are neither downloaded nor past being queued, newest first; and every row there is."""

    name = "notion"

    def __init__(self, table: Table) -> None:
        self._table = table

    # --- those that wait ---------------------------------------------------------------------------------------------

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """At most `limit`; a row without a usable address is passed over. Raises what the edge raises, and Refused
        when the database cannot tell which rows are new."""
        return self._table.fitted(lambda fit: self._newest(fit, limit)) if limit > 0 else []

    def newest_first(self) -> Iterator[TrackRef]:
        """The same without an end; asks for a further page only when it is reached."""
        fit, answers = self._table.fitted(self._first_answer)
        for answer in answers:
            for page in pages_of(answer):
                if ref := track_ref(self._table.plain(fit, page)):
                    yield ref

    def _newest(self, fit: Fit, limit: int) -> Sequence[TrackRef]:
        pages = self._table.rows(fit, _waiting(fit, min(limit, PAGE_SIZE)))
        refs = (track_ref(self._table.plain(fit, page)) for page in pages)
        return list(itertools.islice((ref for ref in refs if ref is not None), limit))

    def _first_answer(self, fit: Fit) -> tuple[Fit, Iterator[Json]]:
        """Asked for at once: a column that is gone shows here."""
        answers = self._table.answers(fit, _waiting(fit, PAGE_SIZE))
        return fit, itertools.chain([next(answers)], answers)

    # --- all of them -------------------------------------------------------------------------------------------------

    def rows(self, created_from: str | None) -> Iterator[BoardRow]:
        """Port `RowReader`. Raises what the edge raises, and Refused when Notion does not show every row."""
        yield from self._all("created_time", created_from)

    def changed(self, edited_from: str) -> Iterator[BoardRow]:
        """Port `RowReader`. Raises what the edge raises, and Refused when Notion does not show every row."""
        yield from self._all("last_edited_time", edited_from)

    def row(self, row_id: str) -> BoardRow:
        """Port `RowReader`. RowGone also for one that was moved to another database. Raises what the edge raises."""
        return self._table.fitted(lambda fit: self._table.row(fit, self._table.page(row_id)))

    def _all(self, stamp: Stamp, since: str | None) -> Iterator[BoardRow]:
        fit = self._table.fit()
        pages = Windows(self._table, fit, stamp).pages(since)
        yield from (self._table.row(fit, page) for page in pages if not is_in_trash(page))

    def check(self) -> Check:
        """Whether the database has the columns by which new rows are known."""
        try:
            unprocessed(self._table.fit())
        except DaemonError as error:
            return Check(name="Notion rows", level="problem", text=str(error), todo="Put that right first.")
        return Check(name="Notion rows", level="ok", text="New rows with an address are picked up.")


def unprocessed(fit: Fit) -> list[Json]:
    """The parts, all of which must hold, of a filter for rows that wait. Raises Refused when the columns for it are
    missing, because then every row there is would seem new."""
    addresses = [
        {"property": fitted.name, fitted.type: {"is_not_empty": True}}
        for ours in _ADDRESS_COLUMNS
        if (fitted := fit.columns.get(ours))
    ]
    downloaded, status = fit.columns.get("Downloaded"), fit.columns.get("Status")
    if not addresses or not (downloaded or status):
        message = f'The Notion database "{fit.database_title}" cannot tell which rows are new.'
        raise Refused(f"{message} Add the columns Downloaded and Spotify URL, or run `cratekeeper init notion`.")
    parts: list[Json] = [{"or": addresses}]
    if downloaded:
        parts.append({"property": downloaded.name, "checkbox": {"equals": False}})
    if status:
        parts.append({"or": _empty_or_queued(status)})
    return parts


def _waiting(fit: Fit, page_size: int) -> Json:
    newest_first = [{"timestamp": "created_time", "direction": "descending"}]
    return {"filter": {"and": unprocessed(fit)}, "sorts": newest_first, "page_size": page_size}


def _empty_or_queued(status: Fitted) -> list[Json]:
    """Empty, or any option that means Queued (an option that does not exist must not be asked for)."""
    queued = [option for option in status.options if our_word(status, option) == Status.QUEUED]
    equal: list[Json] = [{"property": status.name, status.type: {"equals": option}} for option in queued]
    return [{"property": status.name, status.type: {"is_empty": True}}, *equal]
