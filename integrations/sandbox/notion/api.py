"""The API's addresses: each route is a function of the workspace, the body and the ids in the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.filters import compile_filter, compile_sorts
from integrations.sandbox.notion.property_types import accept_rich_text
from integrations.sandbox.notion.records import DataSource, Page
from integrations.sandbox.notion.refusals import bad_body, bad_path_id, invalid, no_json, unknown_address
from integrations.sandbox.notion.schemas import columns_from_api
from integrations.sandbox.notion.workspace import Workspace, page_slice
from integrations.sandbox.server import Request

PAGE_SIZE_LIMIT = 100


def call(workspace: Workspace, request: Request) -> Json:
    """What the route of `request` answers. Raises Refusal."""
    for method, pattern, handler in _ROUTES:
        if method == request.method and (match := pattern.fullmatch(request.path)):
            return handler(workspace, _body(request), *[_uuid(*found) for found in match.groupdict().items()])
    raise unknown_address()


def _me(workspace: Workspace, _body: Json) -> Json:
    return answers.user(workspace)


def _retrieve_database(workspace: Workspace, _body: Json, database_id: str) -> Json:
    return answers.database(workspace, workspace.database(database_id))


def _create_database(workspace: Workspace, body: Json) -> Json:
    parent_id = _parent_id(body, "page_id")
    title = "".join(accept_rich_text("body.title", body.get("title", [])))
    first = body.get("initial_data_source", {})
    default: Json = {"Name": {"title": {}}}
    columns = columns_from_api(first.get("properties", default) if isinstance(first, dict) else first)
    made = workspace.add_database(parent_id, title, columns, workspace.bot_id)
    return answers.database(workspace, made)


def _retrieve_data_source(workspace: Workspace, _body: Json, data_source_id: str) -> Json:
    return answers.data_source(workspace, workspace.data_source(data_source_id))


def _update_data_source(workspace: Workspace, body: Json, data_source_id: str) -> Json:
    source = workspace.data_source(data_source_id)
    workspace.change_columns(source, body.get("properties", {}), workspace.bot_id)
    if "title" in body:
        source.title = "".join(accept_rich_text("body.title", body["title"]))
    return answers.data_source(workspace, source)


def _query(workspace: Workspace, body: Json, data_source_id: str) -> Json:
    source = workspace.data_source(data_source_id)
    matches = compile_filter(source, body.get("filter"))
    trashed = bool(body.get("in_trash", body.get("archived", False)))
    rows: Sequence[Page] = list(workspace.rows_of(source.id))
    for key, descending in reversed(compile_sorts(source, body.get("sorts", []))):
        rows = sorted(rows, key=key, reverse=descending)
    # The cursor names the row to go on from, so that rows which stop matching between two pages skip none.
    rest = (row for row in _from_cursor(rows, body) if row.in_trash == trashed and matches(row))
    shown, following = page_slice(rest, _page_size(body))
    return answers.listing([answers.page(workspace, row) for row in shown], following.id if following else None)


def _create_page(workspace: Workspace, body: Json) -> Json:
    parent = body.get("parent")
    if isinstance(parent, dict) and "page_id" in parent:
        title = body.get("properties", {}).get("title", {}).get("title", [])
        pieces = accept_rich_text("body.properties.title.title", title)
        made = workspace.add_plain_page(_parent_id(body, "page_id"), "".join(pieces), workspace.bot_id)
    else:
        source = _parent_source(workspace, body)
        made = workspace.add_row(source, body.get("properties", {}), workspace.bot_id)
    return answers.page(workspace, made)


def _parent_source(workspace: Workspace, body: Json) -> DataSource:
    parent = body.get("parent")
    if isinstance(parent, dict) and "database_id" in parent and "data_source_id" not in parent:
        sources = workspace.sources_of(_parent_id(body, "database_id"))
        if len(sources) != 1:
            raise invalid("Databases with multiple data sources need a data_source_id as parent.")
        return sources[0]
    return workspace.data_source(_parent_id(body, "data_source_id"))


def _retrieve_page(workspace: Workspace, _body: Json, page_id: str) -> Json:
    return answers.page(workspace, workspace.page(page_id))


def _update_page(workspace: Workspace, body: Json, page_id: str) -> Json:
    page = workspace.page(page_id)
    in_trash = body.get("in_trash", body.get("archived"))
    if not isinstance(in_trash, bool | None):
        raise bad_body("body.in_trash", "a boolean", in_trash)
    workspace.change_page(page, body.get("properties", {}), in_trash, workspace.bot_id)
    return answers.page(workspace, page)


def _search(workspace: Workspace, body: Json) -> Json:
    wanted = (body.get("filter") or {}).get("value")
    if wanted not in (None, "page", "data_source"):
        raise bad_body("body.filter.value", '`"page"` or `"data_source"`', wanted)
    sources = [answers.data_source(workspace, source) for source in workspace.data_sources.values()]
    pages = [answers.page(workspace, page) for page in workspace.pages.values() if not page.in_trash]
    words = str(body.get("query", "")).casefold()
    hits = [
        thing
        for thing in (*sources, *pages)
        if wanted in (None, thing["object"]) and words in _title_of(thing).casefold()
    ]
    hits.sort(key=lambda thing: str(thing["last_edited_time"]), reverse=True)
    start = next((index for index, thing in enumerate(hits) if thing["id"] == body.get("start_cursor")), 0)
    shown, following = page_slice(iter(hits[start:]), _page_size(body))
    return answers.listing(shown, following["id"] if following else None)


_Handler = Callable[..., Json]


def _route(method: str, path: str, handler: _Handler) -> tuple[str, re.Pattern[str], _Handler]:
    return method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler


_ROUTES = [
    _route("GET", "/v1/users/me", _me),
    _route("POST", "/v1/databases", _create_database),
    _route("GET", "/v1/databases/{database_id}", _retrieve_database),
    _route("GET", "/v1/data_sources/{data_source_id}", _retrieve_data_source),
    _route("PATCH", "/v1/data_sources/{data_source_id}", _update_data_source),
    _route("POST", "/v1/data_sources/{data_source_id}/query", _query),
    _route("POST", "/v1/pages", _create_page),
    _route("GET", "/v1/pages/{page_id}", _retrieve_page),
    _route("PATCH", "/v1/pages/{page_id}", _update_page),
    _route("POST", "/v1/search", _search),
]


def _body(request: Request) -> Json:
    try:
        body = request.json()
    except ValueError:
        raise no_json() from None
    if not isinstance(body, dict):
        raise bad_body("body", "an object", body)
    return body


def _uuid(parameter: str, text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise bad_path_id(parameter, text) from None


def _parent_id(body: Json, kind: str) -> str:
    parent = body.get("parent")
    parent_id: Any = parent.get(kind, ...) if isinstance(parent, dict) else ...
    try:
        return str(UUID(parent_id))
    except (AttributeError, TypeError, ValueError):
        raise bad_body(f"body.parent.{kind}", "a valid uuid", parent_id) from None


def _page_size(body: Json) -> int:
    size = body.get("page_size", PAGE_SIZE_LIMIT)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise bad_body("body.page_size", "a number ≥ `1`", size)
    if size > PAGE_SIZE_LIMIT:
        raise bad_body("body.page_size", f"≤ `{PAGE_SIZE_LIMIT}`", size)
    return size


def _from_cursor(rows: Sequence[Page], body: Json) -> Iterator[Page]:
    cursor = body.get("start_cursor")
    if cursor is None:
        return iter(rows)
    start = next((index for index, row in enumerate(rows) if row.id == cursor), None)
    if start is None:
        raise invalid(f"The start_cursor provided is invalid: {cursor}")
    return iter(rows[start:])


def _title_of(thing: Json) -> str:
    pieces = thing.get("title")
    if pieces is None:
        titles = (value["title"] for value in thing["properties"].values() if value["type"] == "title")
        pieces = next(titles, [])
    return "".join(piece["plain_text"] for piece in pieces)
