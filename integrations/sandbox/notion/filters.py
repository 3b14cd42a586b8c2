"""Query filters and sorts, checked against the columns as strictly as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion.property_types import PROPERTY_TYPES
from integrations.sandbox.notion.records import DataSource, Page
from integrations.sandbox.notion.refusals import bad_body, invalid

Matches = Callable[[Page], bool]
SortKey = Callable[[Page], Any]
_Compare = Callable[[Any, Any], bool]
"""`(plain value of the row, operand)`."""

NESTING_LIMIT = 2
_TIMESTAMPS = ("created_time", "last_edited_time")


def _on_filled(compare: _Compare) -> _Compare:
    """An empty value fits no comparison but `does_not_…` and `is_empty`."""
    return lambda value, operand: value is not None and compare(value, operand)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _by_time(compare: Callable[[datetime, datetime], bool]) -> _Compare:
    return _on_filled(lambda value, operand: compare(_moment(value), _moment(operand)))


_EMPTINESS: dict[str, _Compare] = {
    "is_empty": lambda value, _operand: not value and value != 0,
    "is_not_empty": lambda value, _operand: bool(value) or value == 0,
}
_EQUALITY: dict[str, _Compare] = {
    "equals": lambda value, operand: value == operand,
    "does_not_equal": lambda value, operand: value != operand,
}
_TEXT: dict[str, _Compare] = {
    **_EQUALITY,
    **_EMPTINESS,
    "contains": _on_filled(lambda value, operand: operand.casefold() in value.casefold()),
    "does_not_contain": lambda value, operand: operand.casefold() not in (value or "").casefold(),
    "starts_with": _on_filled(lambda value, operand: value.casefold().startswith(operand.casefold())),
    "ends_with": _on_filled(lambda value, operand: value.casefold().endswith(operand.casefold())),
}
_NUMBER: dict[str, _Compare] = {
    **_EQUALITY,
    **_EMPTINESS,
    "greater_than": _on_filled(lambda value, operand: value > operand),
    "less_than": _on_filled(lambda value, operand: value < operand),
    "greater_than_or_equal_to": _on_filled(lambda value, operand: value >= operand),
    "less_than_or_equal_to": _on_filled(lambda value, operand: value <= operand),
}
_LIST: dict[str, _Compare] = {
    **_EMPTINESS,
    "contains": lambda value, operand: operand in value,
    "does_not_contain": lambda value, operand: operand not in value,
}
_DATE: dict[str, _Compare] = {
    **_EMPTINESS,
    "equals": _by_time(lambda value, operand: value == operand),
    "before": _by_time(lambda value, operand: value < operand),
    "after": _by_time(lambda value, operand: value > operand),
    "on_or_before": _by_time(lambda value, operand: value <= operand),
    "on_or_after": _by_time(lambda value, operand: value >= operand),
}
_OPTION = {**_EQUALITY, **_EMPTINESS}

CONDITIONS: dict[str, tuple[dict[str, _Compare], type | tuple[type, ...]]] = {
    "title": (_TEXT, str),
    "rich_text": (_TEXT, str),
    "url": (_TEXT, str),
    "email": (_TEXT, str),
    "phone_number": (_TEXT, str),
    "number": (_NUMBER, (int, float)),
    "checkbox": (_EQUALITY, bool),
    "select": (_OPTION, str),
    "status": (_OPTION, str),
    "multi_select": (_LIST, str),
    "relation": (_LIST, str),
    "date": (_DATE, str),
    "created_time": (_DATE, str),
    "last_edited_time": (_DATE, str),
}
"""For each filterable type: its conditions, and what their operand must be."""


def compile_filter(source: DataSource, wanted: Any) -> Matches:
    """The filter as a function of a row; no filter fits every row. Raises Refusal."""
    return (lambda _page: True) if wanted is None else _compiled(source, wanted, "body.filter", depth=0)


def compile_sorts(source: DataSource, wanted: Any) -> list[tuple[SortKey, bool]]:
    """Sort keys with "is descending", the most important first. Raises Refusal."""
    if not isinstance(wanted, list):
        raise bad_body("body.sorts", "an array", wanted)
    return [_sort(source, order, f"body.sorts[{index}]") for index, order in enumerate(wanted)]


def _compiled(source: DataSource, wanted: Any, where: str, depth: int) -> Matches:
    if not isinstance(wanted, dict):
        raise bad_body(where, "an object", wanted)
    for word, combine in (("and", all), ("or", any)):
        if word in wanted:
            return _compound(source, wanted[word], f"{where}.{word}", depth, combine)
    if "timestamp" in wanted:
        return _timestamp_filter(wanted, where)
    return _property_filter(source, wanted, where)


def _compound(
    source: DataSource, parts: Any, where: str, depth: int, combine: Callable[[Iterable[bool]], bool]
) -> Matches:
    if depth == NESTING_LIMIT:
        raise bad_body(where, f"nested at most {NESTING_LIMIT} levels deep", ...)
    if not isinstance(parts, list):
        raise bad_body(where, "an array", parts)
    matches = [_compiled(source, part, f"{where}[{index}]", depth + 1) for index, part in enumerate(parts)]
    return lambda page: combine(match(page) for match in matches)


def _timestamp_filter(wanted: Json, where: str) -> Matches:
    name = wanted["timestamp"]
    if name not in _TIMESTAMPS:
        raise bad_body(f"{where}.timestamp", '`"created_time"` or `"last_edited_time"`', name)
    compare, operand = _condition("date", wanted.get(name, ...), f"{where}.{name}")
    return lambda page: compare(getattr(page.stamp, name), operand)


def _property_filter(source: DataSource, wanted: Json, where: str) -> Matches:
    name = wanted.get("property", ...)
    if not isinstance(name, str):
        raise bad_body(f"{where}.property", "defined", name)
    column = source.named(name)
    if column is None:
        raise invalid(f"Could not find property with name or id: {name}")
    kind = next((kind for kind in CONDITIONS if kind in wanted), None)
    if kind is None:
        raise bad_body(f"{where}.{column.type}", "defined", ...)
    if kind != column.type:
        raise invalid(f"database property {column.type} does not match filter {kind}")
    compare, operand = _condition(kind, wanted[kind], f"{where}.{kind}")
    property_type = PROPERTY_TYPES[kind]
    if property_type.accept is None:
        return lambda page: compare(property_type.show(None, column, page), operand)
    return lambda page: compare(property_type.to_plain(page.values.get(column.id, property_type.empty())), operand)


def _condition(kind: str, wanted: Any, where: str) -> tuple[_Compare, Any]:
    conditions, operand_type = CONDITIONS[kind]
    if not isinstance(wanted, dict) or len(wanted) != 1 or not wanted.keys() <= conditions.keys():
        raise bad_body(where, "one of " + ", ".join(f"`{name}`" for name in conditions), wanted)
    name: str = next(iter(wanted))
    operand: Any = wanted[name]
    expected = bool if name in _EMPTINESS else operand_type
    if not isinstance(operand, expected) or (isinstance(operand, bool) and expected is not bool):
        raise bad_body(f"{where}.{name}", "of the property's type", operand)
    if conditions is _DATE and name not in _EMPTINESS:
        _check_moment(str(operand), f"{where}.{name}")
    return conditions[name], operand


def _check_moment(operand: str, where: str) -> None:
    try:
        _moment(operand)
    except ValueError:
        raise bad_body(where, "a valid ISO 8601 date string", operand) from None


def _sort(source: DataSource, order: Any, where: str) -> tuple[SortKey, bool]:
    if not isinstance(order, dict) or order.get("direction", "ascending") not in ("ascending", "descending"):
        raise bad_body(f"{where}.direction", '`"ascending"` or `"descending"`', order)
    descending = order.get("direction") == "descending"
    timestamp = order.get("timestamp")
    if timestamp is not None:
        if timestamp not in _TIMESTAMPS:
            raise bad_body(f"{where}.timestamp", '`"created_time"` or `"last_edited_time"`', timestamp)
        return (lambda page: getattr(page.stamp, timestamp)), descending
    column = source.named(str(order.get("property")))
    if column is None:
        raise invalid(f"Could not find sort property with name or id: {order.get('property')}")
    property_type = PROPERTY_TYPES[column.type]

    def key(page: Page) -> Any:
        plain = property_type.to_plain(page.values.get(column.id, property_type.empty()))
        return (plain is None, plain) if not isinstance(plain, str) else (False, plain.casefold())

    return key, descending
