"""Search by title, over everything that is shared with the integration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.paging import cursor_id, page_size, window
from integrations.sandbox.notion.property_types import plain_reader
from integrations.sandbox.notion.records import DataSource, Page
from integrations.sandbox.notion.refusals import bad_body
from integrations.sandbox.notion.sharing import Shared
from integrations.sandbox.notion.workspace import Workspace

_Hit = DataSource | Page


def search(workspace: Workspace, shared: Shared, body: Json) -> Json:
    """One page of data sources and pages whose titles hold the words, case aside. Raises Refusal."""
    kind, trashed = _kind(body.get("filter") or {})
    newest_first = _newest_first(body.get("sort") or {})
    size = page_size(body.get("page_size", 100))
    words = str(body.get("query", "")).casefold()
    hits: list[_Hit] = []
    if kind in (None, "data_source") and not trashed:
        hits += [source for source in shared.data_sources() if words in source.title.casefold()]
    if kind in (None, "page"):
        hits += [page for page, title in _pages(workspace, shared) if page.in_trash is trashed and words in title]
    hits.sort(key=lambda hit: hit.stamp.last_edited_time, reverse=newest_first)
    cursor = body.get("start_cursor")
    part, following = window([hit.id for hit in hits], hits, None if cursor is None else cursor_id(cursor), size)
    return answers.listing([_shown(workspace, shared, hit) for hit in part], following)


def _kind(wanted: Any) -> tuple[str | None, bool]:
    if not isinstance(wanted, dict):
        raise bad_body("body.filter", "an object", wanted)
    kind, trashed = wanted.get("value"), wanted.get("in_trash", False)
    if kind not in (None, "page", "data_source"):
        raise bad_body("body.filter.value", '`"page"` or `"data_source"`', kind)
    if kind is not None and wanted.get("property", ...) != "object":
        raise bad_body("body.filter.property", '`"object"`', wanted.get("property", ...))
    if not isinstance(trashed, bool):
        raise bad_body("body.filter.in_trash", "a boolean", trashed)
    return kind, trashed


def _newest_first(sort: Any) -> bool:
    if not isinstance(sort, dict) or sort.get("timestamp", "last_edited_time") != "last_edited_time":
        raise bad_body("body.sort.timestamp", '`"last_edited_time"`', sort)
    if sort.get("direction", "descending") not in ("ascending", "descending"):
        raise bad_body("body.sort.direction", '`"ascending"` or `"descending"`', sort["direction"])
    return bool(sort.get("direction", "descending") == "descending")


def _pages(workspace: Workspace, shared: Shared) -> Iterator[tuple[Page, str]]:
    """With their titles, in lower case."""
    for page in shared.pages():
        yield page, page.title.casefold()
    for source in shared.data_sources():
        title_of: Callable[[Page], str] = plain_reader(source.title_column)
        for row in workspace.rows[source.id]:
            if row.id not in workspace.unshared:
                yield row, title_of(row).casefold()


def _shown(workspace: Workspace, shared: Shared, hit: _Hit) -> Json:
    if isinstance(hit, DataSource):
        return answers.data_source(shared, hit)
    if hit.data_source_id is None:
        return answers.plain_page(hit)
    source = workspace.data_source(hit.data_source_id)
    return answers.rows(source, shared.columns(source), [hit])[0]
