"""The conditions that a filter may set for each type of column. Each is built once, and then tried on many values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.sandbox.notion.refusals import bad_body

Test = Callable[[Any], bool]
"""Whether a row's plain value fits."""
_Build = Callable[[Any, datetime], Test]
"""`(operand, now)` to a test."""

EMPTINESS = ("is_empty", "is_not_empty")
_DAY_LENGTH = len("2026-11-20")
_SPANS = (("week", 7), ("month", 30), ("year", 365))
"""Of the periods that are told from today on, in days."""


def condition(kind: str, wanted: Any, where: str, now: datetime) -> tuple[str, Any, Test]:
    """The name, the operand and the test of the only condition in `wanted`, for values of a column of type `kind`.
    Raises Refusal."""
    conditions, operand_type = CONDITIONS[kind]
    if not isinstance(wanted, dict) or len(wanted) != 1 or not wanted.keys() <= conditions.keys():
        raise bad_body(where, "one of " + ", ".join(f"`{name}`" for name in conditions), wanted)
    ((name, operand),) = wanted.items()
    _check(name, operand, operand_type, f"{where}.{name}")
    if kind in _BY_ID and name not in EMPTINESS:
        operand = _id(operand, f"{where}.{name}")
    if conditions is _DATE and isinstance(operand, str):
        _check_moment(operand, f"{where}.{name}")
    return name, operand, conditions[name](operand, now)


def moment(text: str) -> datetime:
    """A date or time in UTC; a date is its midnight. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _check(name: str, operand: Any, wanted: type | tuple[type, ...], where: str) -> None:
    if name in EMPTINESS:
        if operand is not True:
            raise bad_body(where, "`true`", operand)
    elif name in _PERIODS:
        if operand != {}:
            raise bad_body(where, "`{}`", operand)
    elif not isinstance(operand, wanted) or (isinstance(operand, bool) and wanted is not bool):
        raise bad_body(where, "of the property's type", operand)


def _check_moment(operand: str, where: str) -> None:
    try:
        moment(operand)
    except ValueError:
        raise bad_body(where, "a valid ISO 8601 date string", operand) from None


def _id(operand: Any, where: str) -> str:
    try:
        return str(UUID(operand))
    except ValueError:
        raise bad_body(where, "a valid uuid", operand) from None


# --- what the conditions mean ----------------------------------------------------------------------------------------


def _on_filled(fits: Callable[[Any, Any], bool]) -> _Build:
    """An empty value fits no comparison but `does_not_…` and `is_empty`."""
    return lambda operand, _now: lambda value: value is not None and fits(value, operand)


def _on_folded(fits: Callable[[str, str], bool]) -> _Build:
    """The same for text, case aside."""

    def build(operand: str, _now: datetime) -> Test:
        folded = operand.casefold()
        return lambda value: value is not None and fits(value.casefold(), folded)

    return build


def _by_time(fits: Callable[[Any, Any], bool]) -> _Build:
    """A date alone means the whole day."""

    def build(operand: str, _now: datetime) -> Test:
        when = moment(operand)
        if len(operand) == _DAY_LENGTH:
            return lambda value: value is not None and fits(moment(value).date(), when.date())
        return lambda value: value is not None and fits(moment(value), when)

    return build


def _span(first_day: int, last_day: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today + timedelta(first_day), today + timedelta(last_day))


def _in_days(days_of: Callable[[date], tuple[date, date]]) -> _Build:
    """Within a period that is told from today on; both ends included."""

    def build(_operand: Any, now: datetime) -> Test:
        first, last = days_of(now.date())
        return lambda value: value is not None and first <= moment(value).date() <= last

    return build


def _this_week(today: date) -> tuple[date, date]:
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return sunday, sunday + timedelta(days=6)


_EMPTY: dict[str, _Build] = {
    "is_empty": lambda _operand, _now: lambda value: not value and value != 0,
    "is_not_empty": lambda _operand, _now: lambda value: bool(value) or value == 0,
}
_EQUALITY: dict[str, _Build] = {
    "equals": lambda operand, _now: lambda value: bool(value == operand),
    "does_not_equal": lambda operand, _now: lambda value: bool(value != operand),
}
_TEXT: dict[str, _Build] = {
    **_EQUALITY,
    **_EMPTY,
    "contains": _on_folded(lambda value, operand: operand in value),
    "does_not_contain": lambda operand, _now: lambda value: operand.casefold() not in (value or "").casefold(),
    "starts_with": _on_folded(str.startswith),
    "ends_with": _on_folded(str.endswith),
}
_ORDER: dict[str, _Build] = {
    **_EQUALITY,
    "greater_than": _on_filled(lambda value, operand: value > operand),
    "less_than": _on_filled(lambda value, operand: value < operand),
    "greater_than_or_equal_to": _on_filled(lambda value, operand: value >= operand),
    "less_than_or_equal_to": _on_filled(lambda value, operand: value <= operand),
}
_LIST: dict[str, _Build] = {
    **_EMPTY,
    "contains": lambda operand, _now: lambda value: operand in value,
    "does_not_contain": lambda operand, _now: lambda value: operand not in value,
}
_USER: dict[str, _Build] = {
    **_EMPTY,
    "contains": lambda operand, _now: lambda value: bool(value == operand),
    "does_not_contain": lambda operand, _now: lambda value: bool(value != operand),
}
_PERIODS: dict[str, _Build] = {
    "this_week": _in_days(_this_week),
    **{f"past_{name}": _in_days(_span(-days, 0)) for name, days in _SPANS},
    **{f"next_{name}": _in_days(_span(0, days)) for name, days in _SPANS},
}
_DATE: dict[str, _Build] = {
    **_EMPTY,
    **_PERIODS,
    "equals": _by_time(lambda value, operand: bool(value == operand)),
    "before": _by_time(lambda value, operand: bool(value < operand)),
    "after": _by_time(lambda value, operand: bool(value > operand)),
    "on_or_before": _by_time(lambda value, operand: bool(value <= operand)),
    "on_or_after": _by_time(lambda value, operand: bool(value >= operand)),
}
_OPTION = {**_EQUALITY, **_EMPTY}
_BY_ID = frozenset({"relation", "created_by", "last_edited_by"})

CONDITIONS: dict[str, tuple[dict[str, _Build], type | tuple[type, ...]]] = {
    "title": (_TEXT, str),
    "rich_text": (_TEXT, str),
    "url": (_TEXT, str),
    "email": (_TEXT, str),
    "phone_number": (_TEXT, str),
    "number": ({**_ORDER, **_EMPTY}, (int, float)),
    "unique_id": (_ORDER, (int, float)),
    "checkbox": (_EQUALITY, bool),
    "select": (_OPTION, str),
    "status": (_OPTION, str),
    "multi_select": (_LIST, str),
    "relation": (_LIST, str),
    "files": (_EMPTY, bool),
    "created_by": (_USER, str),
    "last_edited_by": (_USER, str),
    "date": (_DATE, str),
    "created_time": (_DATE, str),
    "last_edited_time": (_DATE, str),
}
"""For each filterable type but formula and rollup: its conditions, and what their operand must be."""
