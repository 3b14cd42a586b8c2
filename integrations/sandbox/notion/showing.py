"""How each type of column shows what is stored. A shower is made once for a column, and then shows many rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion.records import Page, Property

Show = Callable[[Any, Page], Any]
"""`(stored, page)` to the value in an answer."""
Shower = Callable[[Property], Show]

_PLAIN = {
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "code": False,
    "color": "default",
}


def rich_text(pieces: str | list[str]) -> list[Json]:
    """Pieces of plain text (one may come alone) as an answer shows them."""
    if isinstance(pieces, str):
        pieces = [pieces] if pieces else []
    return [
        {
            "type": "text",
            "text": {"content": piece, "link": None},
            "annotations": _PLAIN,
            "plain_text": piece,
            "href": None,
        }
        for piece in pieces
    ]


def show_text(_column: Property) -> Show:
    """As rich text."""
    return lambda stored, _page: rich_text(stored)


def show_as_is(_column: Property) -> Show:
    """As it is stored."""
    return lambda stored, _page: stored


def show_option(column: Property) -> Show:
    """With id and colour; one that the schema has no more is empty."""
    options = _shown_options(column)
    return lambda stored, _page: options.get(stored)


def show_options(column: Property) -> Show:
    """The same for several."""
    options = _shown_options(column)
    return lambda stored, _page: [options[name] for name in stored if name in options]


def show_relation(_column: Property) -> Show:
    """Every related row; how many of them an answer has room for is said there."""
    return lambda stored, _page: [{"id": page_id} for page_id in stored]


def show_date(_column: Property) -> Show:
    """With beginning, end and time zone."""

    def show(stored: str | Json | None, _page: Page) -> Json | None:
        return {"start": stored, "end": None, "time_zone": None} if isinstance(stored, str) else stored

    return show


def show_formula(_column: Property) -> Show:
    """What the person says it comes to."""

    def show(stored: Any, _page: Page) -> Json:
        kind = "boolean" if isinstance(stored, bool) else "number" if isinstance(stored, int | float) else "string"
        return {"type": kind, kind: stored}

    return show


def show_rollup(_column: Property) -> Show:
    """What the person says it comes to."""
    return lambda stored, _page: {"type": "number", "number": stored, "function": "count"}


def show_unique_id(column: Property) -> Show:
    """The number of the row."""
    return lambda _stored, page: {"prefix": column.config.get("prefix"), "number": page.number}


def show_time(name: str) -> Shower:
    """`created_time` or `last_edited_time`."""
    return lambda _column: lambda _stored, page: getattr(page.stamp, name)


def show_user(name: str) -> Shower:
    """`created_by` or `last_edited_by`."""
    return lambda _column: lambda _stored, page: {"object": "user", "id": getattr(page.stamp, name)}


def _shown_options(column: Property) -> dict[str, Json]:
    return {
        option["name"]: {"id": option["id"], "name": option["name"], "color": option["color"]}
        for option in column.config["options"]
    }
