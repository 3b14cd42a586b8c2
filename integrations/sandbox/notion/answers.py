"""The objects of the API, as answers show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion.property_types import PROPERTY_TYPES, rich_text
from integrations.sandbox.notion.records import Database, DataSource, Page, Property, Stamp
from integrations.sandbox.notion.workspace import Workspace

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


def database(workspace: Workspace, shown: Database) -> Json:
    """With its data sources by id and name; columns are theirs."""
    sources = [{"id": source.id, "name": source.title} for source in workspace.sources_of(shown.id)]
    return {
        "object": "database",
        "id": shown.id,
        "title": rich_text([shown.title]),
        "description": [],
        "parent": {"type": "page_id", "page_id": shown.parent_page_id},
        "is_inline": False,
        "is_locked": False,
        "data_sources": sources,
        **_common(shown.id, shown.stamp),
    }


def data_source(workspace: Workspace, shown: DataSource) -> Json:
    """With its columns."""
    parent = workspace.database(shown.database_id)
    return {
        "object": "data_source",
        "id": shown.id,
        "title": rich_text([shown.title]),
        "description": [],
        "parent": {"type": "database_id", "database_id": parent.id},
        "database_parent": {"type": "page_id", "page_id": parent.parent_page_id},
        "is_inline": False,
        "archived": False,
        "properties": {column.name: _schema(column) for column in shown.properties.values()},
        **_common(shown.id, shown.stamp),
    }


def page(workspace: Workspace, shown: Page) -> Json:
    """With every value."""
    return {
        "object": "page",
        "id": shown.id,
        "archived": shown.in_trash,
        "is_locked": False,
        **_placed(workspace, shown),
        **_common(shown.id, shown.stamp),
        "in_trash": shown.in_trash,
    }


def listing(results: list[Json], next_cursor: str | None) -> Json:
    """One page of a query or a search."""
    return {
        "object": "list",
        "results": results,
        "next_cursor": next_cursor,
        "has_more": next_cursor is not None,
        "type": "page_or_data_source",
        "page_or_data_source": {},
    }


def _placed(workspace: Workspace, shown: Page) -> Json:
    if shown.data_source_id is None:
        title = {"id": "title", "type": "title", "title": rich_text([shown.title])}
        above: Json = {"type": "workspace", "workspace": True}
        if shown.parent_page_id is not None:
            above = {"type": "page_id", "page_id": shown.parent_page_id}
        return {"parent": above, "properties": {"title": title}}
    source = workspace.data_source(shown.data_source_id)
    parent = {"type": "data_source_id", "data_source_id": source.id, "database_id": source.database_id}
    return {
        "parent": parent,
        "properties": {column.name: _value(column, shown) for column in source.properties.values()},
    }


def _value(column: Property, shown: Page) -> Json:
    property_type = PROPERTY_TYPES[column.type]
    stored: Any = shown.values.get(column.id, property_type.empty())
    value: Json = {"id": column.id, "type": column.type, column.type: property_type.show(stored, column, shown)}
    return {**value, "has_more": False} if column.type == "relation" else value


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
        "url": f"{_SITE}/{UUID(object_id).hex}",
        "public_url": None,
    }
