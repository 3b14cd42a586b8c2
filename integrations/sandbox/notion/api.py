"""The API's addresses: each route is a method that takes the request, its body and the ids in the path."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.accepting import pieces_of
from integrations.sandbox.notion.blocks import children
from integrations.sandbox.notion.items import property_item
from integrations.sandbox.notion.queries import Queries
from integrations.sandbox.notion.records import DataSource, Page
from integrations.sandbox.notion.refusals import (
    bad_body,
    bad_path_id,
    in_the_trash,
    invalid,
    no_json,
    no_such_column,
    unknown_address,
)
from integrations.sandbox.notion.schemas import changed_columns, columns_from_api
from integrations.sandbox.notion.searching import search
from integrations.sandbox.notion.sharing import Shared
from integrations.sandbox.notion.workspace import Workspace
from integrations.sandbox.notion.writing import values_from_api
from integrations.sandbox.notion.writtenout import WrittenList
from integrations.sandbox.server import Request


class Api:
    """What the integration may ask of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._shared = Shared(workspace)
        self._queries = Queries(workspace, self._shared)

    def call(self, request: Request) -> Json | WrittenList:
        """What the route of `request` answers. Raises Refusal."""
        for method, pattern, handler in _ROUTES:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                ids = [_id(*found) for found in match.groupdict().items()]
                return handler(self, request, _body(request), *ids)
        raise unknown_address()

    def _me(self, _request: Request, _body: Json) -> Json:
        return answers.user(self._workspace)

    # --- databases and data sources ----------------------------------------------------------------------------------

    def _retrieve_database(self, _request: Request, _body: Json, database_id: str) -> Json:
        return answers.database(self._shared, self._shared.database(database_id))

    def _create_database(self, _request: Request, body: Json) -> Json:
        parent = self._shared.page(_parent_id(body, "page_id"))
        title = "".join(pieces_of("body.title", body.get("title", [])))
        first = body.get("initial_data_source", {})
        default: Json = {"Name": {"title": {}}}
        wanted = first.get("properties", default) if isinstance(first, dict) else first
        columns = columns_from_api(wanted, self._shared.data_source)
        made = self._workspace.add_database(parent.id, title, columns, self._workspace.bot_id)
        return answers.database(self._shared, made)

    def _create_data_source(self, _request: Request, body: Json) -> Json:
        parent = self._shared.database(_parent_id(body, "database_id"))
        title = "".join(pieces_of("body.title", body.get("title", [])))
        columns = columns_from_api(body.get("properties", ...), self._shared.data_source)
        made = self._workspace.add_data_source(parent.id, title, columns, self._workspace.bot_id)
        return answers.data_source(self._shared, made)

    def _retrieve_data_source(self, _request: Request, _body: Json, data_source_id: str) -> Json:
        return answers.data_source(self._shared, self._shared.data_source(data_source_id))

    def _update_data_source(self, _request: Request, body: Json, data_source_id: str) -> Json:
        source = self._shared.data_source(data_source_id)
        title = "".join(pieces_of("body.title", body["title"])) if "title" in body else source.title
        columns, void = changed_columns(source, body.get("properties", {}), self._shared.data_source)
        self._workspace.set_columns(source, columns, void, self._workspace.bot_id)
        source.title = title
        return answers.data_source(self._shared, source)

    def _query(self, request: Request, body: Json, data_source_id: str) -> WrittenList:
        return self._queries.answer(self._shared.data_source(data_source_id), body, _only(request))

    def _search(self, _request: Request, body: Json) -> Json:
        return search(self._workspace, self._shared, body)

    # --- pages -------------------------------------------------------------------------------------------------------

    def _create_page(self, request: Request, body: Json) -> Json:
        parent = body.get("parent")
        if isinstance(parent, dict) and "page_id" in parent:
            above = self._shared.page(_parent_id(body, "page_id"))
            title = body.get("properties", {}).get("title", {}).get("title", [])
            pieces = pieces_of("body.properties.title.title", title)
            made = self._workspace.add_plain_page(above.id, "".join(pieces), self._workspace.bot_id)
        else:
            source = self._parent_source(body)
            values = values_from_api(self._shared, source, body.get("properties", {}))
            made = self._workspace.add_row(source, values, self._workspace.bot_id)
        return self._page(request, made)

    def _parent_source(self, body: Json) -> DataSource:
        parent = body.get("parent")
        if isinstance(parent, dict) and "database_id" in parent and "data_source_id" not in parent:
            sources = self._shared.sources_of(self._shared.database(_parent_id(body, "database_id")).id)
            if len(sources) != 1:
                raise invalid("Databases with multiple data sources need a data_source_id as parent.")
            return sources[0]
        return self._shared.data_source(_parent_id(body, "data_source_id"))

    def _retrieve_page(self, request: Request, _body: Json, page_id: str) -> Json:
        return self._page(request, self._shared.page(page_id))

    def _retrieve_property(self, request: Request, _body: Json, page_id: str, property_id: str) -> Json:
        page = self._shared.page(page_id)
        source = self._workspace.data_sources.get(page.data_source_id or "")
        column = None if source is None else self._shared.column(source, property_id)
        if column is None:
            raise invalid(f"Could not find property with name or id: {property_id}")
        return property_item(column, page, request.query)

    def _update_page(self, request: Request, body: Json, page_id: str) -> Json:
        page = self._shared.page(page_id)
        in_trash = body.get("in_trash", body.get("archived"))
        if not isinstance(in_trash, bool | None):
            raise bad_body("body.in_trash", "a boolean", in_trash)
        if page.in_trash and in_trash is not False:
            raise in_the_trash()
        properties, values = body.get("properties", {}), None
        if properties:
            if page.data_source_id is None:
                raise no_such_column(next(iter(properties)))
            values = values_from_api(self._shared, self._workspace.data_source(page.data_source_id), properties)
        self._workspace.change(page, self._workspace.bot_id, values, in_trash)
        return self._page(request, page)

    def _children(self, request: Request, _body: Json, block_id: str) -> Json:
        return children(self._shared, self._shared.page(block_id), request.query)

    def _page(self, request: Request, page: Page) -> Json:
        if page.data_source_id is None:
            return answers.plain_page(page)
        source = self._workspace.data_source(page.data_source_id)
        columns = self._shared.columns(source)
        if (only := _only(request)) is not None:
            named = [self._shared.column(source, name) for name in only]
            columns = [column for column in columns if column in named]
        return answers.rows(source, columns, [page])[0]


_Handler = Callable[..., Json | WrittenList]


def _route(method: str, path: str, handler: _Handler) -> tuple[str, re.Pattern[str], _Handler]:
    return method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), handler


# The routes of one class, beside it: they are its own.
_ROUTES = [
    _route("GET", "/v1/users/me", Api._me),
    _route("POST", "/v1/databases", Api._create_database),
    _route("GET", "/v1/databases/{database_id}", Api._retrieve_database),
    _route("POST", "/v1/data_sources", Api._create_data_source),
    _route("GET", "/v1/data_sources/{data_source_id}", Api._retrieve_data_source),
    _route("PATCH", "/v1/data_sources/{data_source_id}", Api._update_data_source),
    _route("POST", "/v1/data_sources/{data_source_id}/query", Api._query),
    _route("POST", "/v1/pages", Api._create_page),
    _route("GET", "/v1/pages/{page_id}", Api._retrieve_page),
    _route("PATCH", "/v1/pages/{page_id}", Api._update_page),
    _route("GET", "/v1/pages/{page_id}/properties/{property_id}", Api._retrieve_property),
    _route("GET", "/v1/blocks/{block_id}/children", Api._children),
    _route("POST", "/v1/search", Api._search),
]


def _body(request: Request) -> Json:
    try:
        body = request.json()
    except ValueError:
        raise no_json() from None
    if not isinstance(body, dict):
        raise bad_body("body", "an object", body)
    return body


def _only(request: Request) -> list[str] | None:
    """The names or ids of the columns that the answer is to show; several stand in a line each."""
    asked = request.query.get("filter_properties", request.query.get("filter_properties[]"))
    return None if asked is None else asked.splitlines()


def _id(parameter: str, text: str) -> str:
    if parameter == "property_id":
        return text
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
