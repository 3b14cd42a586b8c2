"""Querying a data source: what fits, in order, a page at a time, and never more than ten thousand of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.filters import compile_filter
from integrations.sandbox.notion.paging import bad_cursor, cursor_id, page_size
from integrations.sandbox.notion.records import DataSource, Page
from integrations.sandbox.notion.refusals import Refusal
from integrations.sandbox.notion.rows import Rows
from integrations.sandbox.notion.sharing import Shared
from integrations.sandbox.notion.sorts import SortKey, compile_sorts, ordered
from integrations.sandbox.notion.workspace import Workspace
from integrations.sandbox.notion.writtenout import WrittenList, written_rows

RESULTS_LIMIT = 10_000
_KEPT_LIMIT = 8

_CUT_OFF = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that fitted a query, as long as nothing has changed."""

    among: Rows
    version: int
    rows: list[Page]


class Queries:
    """Answers queries; goes on with the next page of one without beginning anew, as long as nothing has changed."""

    def __init__(self, workspace: Workspace, shared: Shared) -> None:
        self._workspace = workspace
        self._shared = shared
        self._kept: dict[str, _Found] = {}

    def answer(self, source: DataSource, body: Json, only: list[str] | None) -> WrittenList:
        """One page of rows, with their values in the columns `only` (None: in all). Raises Refusal."""
        size = page_size(body.get("page_size", 100))
        columns = self._shared.columns(source)
        if only is not None:
            named = [self._shared.column(source, name) for name in only]
            columns = [column for column in columns if column in named]
        found = self._found(source, body)
        start = self._start(source, body, found)
        behind = min(start + size, RESULTS_LIMIT, len(found))
        goes_on = behind < min(RESULTS_LIMIT, len(found))
        frame = answers.listing(None, found[behind].id if goes_on else None)
        if len(found) > RESULTS_LIMIT:  # every page says so, not the last alone
            frame["request_status"] = _CUT_OFF
        return WrittenList(frame, written_rows(source, columns, found[start:behind]))

    def _found(self, source: DataSource, body: Json) -> list[Page]:
        asked = {name: body.get(name) for name in ("filter", "sorts", "in_trash", "archived", "is_archived")}
        today = self._workspace.now.date().isoformat()  # some conditions mean another time every day
        key = json.dumps([source.id, today, sorted(self._workspace.unshared), asked], sort_keys=True)
        rows = self._workspace.rows[source.id]
        kept = self._kept.pop(key, None)
        if kept is None or kept.among is not rows or kept.version != rows.version:
            kept = _Found(rows, rows.version, self._looked_up(source, rows, body))
        self._kept[key] = kept
        if len(self._kept) > _KEPT_LIMIT:
            del self._kept[next(iter(self._kept))]
        return kept.rows

    def _looked_up(self, source: DataSource, rows: Rows, body: Json) -> list[Page]:
        wanted = compile_filter(lambda name: self._shared.column(source, name), body.get("filter"), self._workspace.now)
        sorts = self._sorts(source, body)
        trashed = bool(body.get("in_trash", body.get("archived", body.get("is_archived", False))))
        narrowed = wanted.narrow(rows)
        candidates = rows if narrowed is None else sorted(narrowed, key=lambda page: page.number)
        hidden = self._workspace.unshared
        fits = wanted.fits
        found = [row for row in candidates if row.in_trash is trashed and fits(row) and row.id not in hidden]
        return ordered(found, sorts)

    def _start(self, source: DataSource, body: Json, found: list[Page]) -> int:
        """The cursor names the row to go on from. A row that has stopped fitting marks its place all the same."""
        if body.get("start_cursor") is None:
            return 0
        cursor = cursor_id(body["start_cursor"])
        try:
            row = self._workspace.page(cursor)
        except Refusal:
            raise bad_cursor(cursor) from None
        if row.data_source_id != source.id:
            raise bad_cursor(cursor)
        if row in found:
            return found.index(row)
        with_it = sorted([*found, row], key=lambda page: page.number)
        return ordered(with_it, self._sorts(source, body)).index(row)

    def _sorts(self, source: DataSource, body: Json) -> list[tuple[SortKey, bool]]:
        return compile_sorts(lambda name: self._shared.column(source, name), body.get("sorts", []))
