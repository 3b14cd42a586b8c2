"""The objects of the API, as answers show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion.property_types import PROPERTY_TYPES
from integrations.sandbox.notion.records import Database, DataSource, Page, Property, Stamp
from integrations.sandbox.notion.sharing import Shared
from integrations.sandbox.notion.showing import rich_text
from integrations.sandbox.notion.workspace import Workspace

RELATIONS_SHOWN = 25
"""Most related rows in one value of a row; the rest is to be had one property at a time."""

_SITE = "https://www.notion.so"


def user(workspace: Workspace) -> Json:
    """The bot, as `users/me` tells it."""
    bot = {"owner": {"type": "workspace", "workspace": True}, "workspace_name": "Sandbox"}
    return {
        "object": "user",
        "id": workspace.bot_id,
        "name": "Cratekeeper",
        "avatar_url": None,
        "type": "bot",
        "bot": bot,
    }


def database(shared: Shared, shown: Database) -> Json:
    """With its data sources by id and name; columns are theirs."""
    sources = [{"id": source.id, "name": source.title} for source in shared.sources_of(shown.id)]
    return {
        "object": "database",
        "id": shown.id,
        "title": rich_text(shown.title),
        "description": [],
        "parent": {"type": "page_id", "page_id": shown.parent_page_id},
        "is_inline": False,
        "is_locked": False,
        "data_sources": sources,
        **_common(shown.id, shown.stamp),
    }


def data_source(shared: Shared, shown: DataSource) -> Json:
    """With its columns."""
    parent = shared.database(shown.database_id)
    return {
        "object": "data_source",
        "id": shown.id,
        "title": rich_text(shown.title),
        "description": [],
        "parent": {"type": "database_id", "database_id": parent.id},
        "database_parent": {"type": "page_id", "page_id": parent.parent_page_id},
        "is_inline": False,
        "archived": False,
        "properties": {column.name: _schema(column) for column in shared.columns(shown)},
        **_common(shown.id, shown.stamp),
    }


def plain_page(shown: Page) -> Json:
    """A page outside of every data source."""
    title = {"id": "title", "type": "title", "title": rich_text(shown.title)}
    above: Json = {"type": "workspace", "workspace": True}
    if shown.parent_page_id is not None:
        above = {"type": "page_id", "page_id": shown.parent_page_id}
    return _page(shown, above, {"title": title})


def rows(source: DataSource, columns: Sequence[Property], shown: Sequence[Page]) -> list[Json]:
    """Rows of one data source, with their values in these columns."""
    parent = {"type": "data_source_id", "data_source_id": source.id, "database_id": source.database_id}
    values = [(column.name, shower(column)) for column in columns]
    return [_page(row, parent, {name: show(row) for name, show in values}) for row in shown]


def listing(results: list[Json] | None, next_cursor: str | None, kind: str = "page_or_data_source") -> Json:
    """One page of a query or a search. Without results it is their frame."""
    return {
        "object": "list",
        **({} if results is None else {"results": results}),
        "next_cursor": next_cursor,
        "has_more": next_cursor is not None,
        "type": kind,
        kind: {},
    }


def value(column: Property, shown: Page) -> Any:
    """What a row holds in one column, all of it, without the wrapping."""
    kind = PROPERTY_TYPES[column.type]
    return kind.shower(column)(shown.values.get(column.id, kind.empty()), shown)


def shower(column: Property) -> Callable[[Page], Json]:
    """A function from a row to its value in that column, as a row shows it."""
    column_id, name = column.id, column.type
    kind = PROPERTY_TYPES[name]
    empty, show = kind.empty(), kind.shower(column)

    def shown(page: Page) -> Json:
        return {"id": column_id, "type": name, name: show(page.values.get(column_id, empty), page)}

    def related(page: Page) -> Json:
        stored = page.values.get(column_id, empty)
        has_more = len(stored) > RELATIONS_SHOWN
        return {"id": column_id, "type": name, name: show(stored[:RELATIONS_SHOWN], page), "has_more": has_more}

    return related if name == "relation" else shown


def _page(shown: Page, parent: Json, properties: Json) -> Json:
    return {
        "object": "page",
        "id": shown.id,
        "archived": shown.in_trash,
        "is_locked": False,
        "parent": parent,
        "properties": properties,
        **_common(shown.id, shown.stamp),
        "in_trash": shown.in_trash,
    }


def _schema(column: Property) -> Json:
    described = {"id": column.id, "name": column.name, "description": None, "type": column.type}
    return {**described, column.type: column.config}


def _common(object_id: str, stamp: Stamp) -> Json:
    return {
        "created_time": stamp.created_time,
        "last_edited_time": stamp.last_edited_time,
        "created_by": {"object": "user", "id": stamp.created_by},
        "last_edited_by": {"object": "user", "id": stamp.last_edited_by},
        "in_trash": False,
        "icon": None,
        "cover": None,
        "url": f"{_SITE}/{object_id.replace('-', '')}",
        "public_url": None,
    }
