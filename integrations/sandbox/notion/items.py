"""One property of one row, all of it: what a row has no room for is paged through."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.paging import query_size, window
from integrations.sandbox.notion.records import Page, Property

_LISTED = ("title", "rich_text", "relation")
_API = "https://api.notion.com/v1"


def property_item(column: Property, row: Page, query: Mapping[str, str]) -> Json:
    """A value, or a page of a list of them. Raises Refusal."""
    item = {"object": "property_item", "id": column.id, "type": column.type}
    shown = answers.value(column, row)
    if column.type not in _LISTED:
        return {**item, column.type: shown}
    size = query_size(query)
    # A related row is its own cursor; a piece of text has nothing but its place.
    ids = [one["id"] if column.type == "relation" else f"{place}" for place, one in enumerate(shown)]
    part, following = window(ids, shown, query.get("start_cursor"), size)
    address = f"{_API}/pages/{row.id}/properties/{quote(column.id)}?start_cursor={following}&page_size={size}"
    return {
        **answers.listing([{**item, column.type: one} for one in part], following, "property_item"),
        "property_item": {
            "id": column.id,
            "next_url": address if following else None,
            "type": column.type,
            column.type: {},
        },
    }
