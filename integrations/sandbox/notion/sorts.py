"""The orders that a query may ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.sandbox.notion.conditions import moment
from integrations.sandbox.notion.filters import Columns
from integrations.sandbox.notion.property_types import plain_reader
from integrations.sandbox.notion.records import Page, Property
from integrations.sandbox.notion.refusals import bad_body, invalid
from integrations.sandbox.notion.rows import TIMESTAMPS

SortKey = Callable[[Page], Any]
SORTS_LIMIT = 100


def compile_sorts(columns: Columns, wanted: Any) -> list[tuple[SortKey, bool]]:
    """Sort keys with "is descending", the most important first. Raises Refusal."""
    if not isinstance(wanted, list):
        raise bad_body("body.sorts", "an array", wanted)
    if len(wanted) > SORTS_LIMIT:
        raise bad_body("body.sorts.length", f"≤ `{SORTS_LIMIT}`", len(wanted))
    return [_sort(columns, order, f"body.sorts[{index}]") for index, order in enumerate(wanted)]


def ordered(rows: list[Page], sorts: list[tuple[SortKey, bool]]) -> list[Page]:
    """Rows that are equal by every sort stay as they are."""
    for key, descending in reversed(sorts):
        rows = sorted(rows, key=key, reverse=descending)
    return rows


def _sort(columns: Columns, order: Any, where: str) -> tuple[SortKey, bool]:
    if not isinstance(order, dict) or order.get("direction", "ascending") not in ("ascending", "descending"):
        raise bad_body(f"{where}.direction", '`"ascending"` or `"descending"`', order)
    descending = order.get("direction") == "descending"
    if "timestamp" in order:
        timestamp = order["timestamp"]
        if timestamp not in TIMESTAMPS:
            raise bad_body(f"{where}.timestamp", '`"created_time"` or `"last_edited_time"`', timestamp)
        return (lambda page: getattr(page.stamp, timestamp)), descending
    column = columns(str(order.get("property")))
    if column is None:
        raise invalid(f"Could not find sort property with name or id: {order.get('property')}")
    return _key(column), descending


def _key(column: Property) -> SortKey:
    """Empty values behind the others; options as they stand in the schema, text without regard to case."""
    read, weigh = plain_reader(column), _weight(column)

    def key(page: Page) -> Any:
        value = read(page)
        return (True, None) if value is None or value == "" or value == [] else (False, weigh(value))

    return key


def _weight(column: Property) -> Callable[[Any], Any]:
    match column.type:
        case "select" | "status":
            places = _places(column)
            return lambda value: places.get(value, -1)
        case "multi_select":
            places = _places(column)
            return lambda value: [places.get(name, -1) for name in value]
        case "date":
            return moment
        case "files":
            return len
        case "formula" | "rollup":
            return lambda value: (str(type(value)), value)
        case "title" | "rich_text" | "url" | "email" | "phone_number":
            return str.casefold
    return lambda value: value


def _places(column: Property) -> dict[str, int]:
    return {option["name"]: place for place, option in enumerate(column.config["options"])}
