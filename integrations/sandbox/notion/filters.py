"""Query filters, checked against the columns as strictly as the real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion.conditions import CONDITIONS, EMPTINESS, Test, condition, moment
from integrations.sandbox.notion.property_types import plain_reader
from integrations.sandbox.notion.records import Page, Property
from integrations.sandbox.notion.refusals import bad_body, invalid
from integrations.sandbox.notion.rows import TIMESTAMPS, Rows

Columns = Callable[[str], Property | None]
"""The column of a name or an id, of those that the asker may see."""

NESTING_LIMIT = 2
PARTS_LIMIT = 100
_TEXT = frozenset({"title", "rich_text", "url", "email", "phone_number"})
_BY_PART = frozenset({"equals", "contains", "starts_with", "ends_with"})
_OPTIONS = frozenset({"select", "status", "multi_select"})
_COMPUTED = {
    "formula": ("string", "number", "checkbox", "date"),
    "rollup": ("number", "date", "any", "every", "none"),
}
_COMES_AS: dict[str, tuple[type, ...]] = {"checkbox": (bool,), "number": (int, float)}
"""Else it is a text."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What fits, and where to look for it."""

    fits: Callable[[Page], bool]
    narrow: Callable[[Rows], Sequence[Page] | None] = lambda _rows: None
    """Rows outside of which nothing fits, in no order; None: it may be any row."""


EVERYTHING = Filter(lambda _page: True)


def compile_filter(columns: Columns, wanted: Any, now: datetime) -> Filter:
    """The filter that a query's body asks for; without one every row fits. Raises Refusal."""
    return EVERYTHING if wanted is None else _Compiler(columns, now).filter(wanted, "body.filter", depth=0)


class _Compiler:
    def __init__(self, columns: Columns, now: datetime) -> None:
        self._columns = columns
        self._now = now

    def filter(self, wanted: Any, where: str, depth: int) -> Filter:
        if not isinstance(wanted, dict):
            raise bad_body(where, "an object", wanted)
        if "and" in wanted:
            return _all_of(self._parts(wanted, "and", where, depth))
        if "or" in wanted:
            return _any_of(self._parts(wanted, "or", where, depth))
        return self._timestamp(wanted, where) if "timestamp" in wanted else self._property(wanted, where)

    def _parts(self, wanted: Json, word: str, where: str, depth: int) -> list[Filter]:
        parts, where = wanted[word], f"{where}.{word}"
        if len(wanted) > 1:
            raise bad_body(where, "alone in its object", list(wanted))
        if depth == NESTING_LIMIT:
            raise bad_body(where, f"nested at most {NESTING_LIMIT} levels deep", ...)
        if not isinstance(parts, list):
            raise bad_body(where, "an array", parts)
        if len(parts) > PARTS_LIMIT:
            raise bad_body(f"{where}.length", f"≤ `{PARTS_LIMIT}`", len(parts))
        return [self.filter(part, f"{where}[{index}]", depth + 1) for index, part in enumerate(parts)]

    def _timestamp(self, wanted: Json, where: str) -> Filter:
        timestamp = wanted["timestamp"]
        if timestamp not in TIMESTAMPS:
            raise bad_body(f"{where}.timestamp", '`"created_time"` or `"last_edited_time"`', timestamp)
        name, operand, test = condition("date", wanted.get(timestamp, ...), f"{where}.{timestamp}", self._now)
        return _by_timestamp(timestamp, name, operand, test)

    def _property(self, wanted: Json, where: str) -> Filter:
        named = wanted.get("property", ...)
        if not isinstance(named, str):
            raise bad_body(f"{where}.property", "defined", named)
        column = self._columns(named)
        if column is None:
            raise invalid(f"Could not find property with name or id: {named}")
        kinds = wanted.keys() - {"property", "type"}
        if len(kinds) != 1 or not kinds <= {*CONDITIONS, *_COMPUTED}:
            raise bad_body(f"{where}.{column.type}", "defined", ...)
        (kind,) = kinds
        if kind != column.type:
            raise invalid(f"database property {column.type} does not match filter {kind}")
        where = f"{where}.{kind}"
        read = plain_reader(column)
        if kind in _COMPUTED:
            computed = self._computed(kind, wanted[kind], where)
            return Filter(lambda page: computed(read(page)))
        name, operand, test = condition(kind, wanted[kind], where, self._now)
        if kind in TIMESTAMPS:
            return _by_timestamp(kind, name, operand, test)
        if kind in _OPTIONS and name not in EMPTINESS:
            _check_option(column, operand)
        if kind in _TEXT and name in _BY_PART and operand:
            whole = name == "equals"
            return Filter(
                lambda page: test(read(page)), lambda rows: _listed(rows.holding(column, operand, whole=whole))
            )
        return Filter(lambda page: test(read(page)))

    def _computed(self, kind: str, wanted: Any, where: str) -> Test:
        """A condition for what a formula or a rollup comes to; of another type, that fits nothing."""
        if not isinstance(wanted, dict) or len(wanted) != 1 or not wanted.keys() <= {*_COMPUTED[kind]}:
            raise bad_body(where, "one of " + ", ".join(f"`{name}`" for name in _COMPUTED[kind]), wanted)
        ((name, inner),) = wanted.items()
        if name in ("any", "every", "none"):
            return self._of_many(name, inner, f"{where}.{name}")
        typed = _COMES_AS.get(name, (str,))
        _name, _operand, test = condition(
            "rich_text" if name == "string" else name, inner, f"{where}.{name}", self._now
        )
        return lambda value: (value is None or isinstance(value, typed)) and test(value)

    def _of_many(self, name: str, wanted: Any, where: str) -> Test:
        if not isinstance(wanted, dict) or len(wanted) != 1 or not wanted.keys() <= CONDITIONS.keys():
            raise bad_body(where, "one property type with its condition", wanted)
        ((kind, inner),) = wanted.items()
        _name, _operand, test = condition(kind, inner, f"{where}.{kind}", self._now)

        def fits(value: Any) -> bool:
            each = [test(one) for one in (value if isinstance(value, list) else ())]
            return all(each) if name == "every" else any(each) is (name == "any")

        return fits


# --- putting together ------------------------------------------------------------------------------------------------


def _all_of(parts: list[Filter]) -> Filter:
    tests = [part.fits for part in parts]

    def narrow(rows: Rows) -> Sequence[Page] | None:
        narrowed = [found for part in parts if (found := part.narrow(rows)) is not None]
        return min(narrowed, key=len, default=None)

    return Filter(lambda page: all(test(page) for test in tests), narrow)


def _any_of(parts: list[Filter]) -> Filter:
    tests = [part.fits for part in parts]

    def narrow(rows: Rows) -> Sequence[Page] | None:
        union: dict[str, Page] = {}
        for part in parts:
            found = part.narrow(rows)
            if found is None:
                return None
            union |= {page.id: page for page in found}
        return list(union.values())

    return Filter(lambda page: any(test(page) for test in tests), narrow)


def _listed(found: Mapping[str, Page] | None) -> Sequence[Page] | None:
    return None if found is None else list(found.values())


# --- times and options -----------------------------------------------------------------------------------------------


def _by_timestamp(timestamp: str, name: str, operand: Any, test: Test) -> Filter:
    """Looks among the rows of whole days: a few more than fit are no harm."""
    earliest = latest = None
    if name in ("on_or_after", "after", "equals"):
        earliest = _as_stamped(moment(operand))
    if name in ("on_or_before", "before", "equals"):
        latest = _as_stamped(moment(operand).replace(hour=23, minute=59, second=59, microsecond=999_000))

    def fits(page: Page) -> bool:
        return test(getattr(page.stamp, timestamp))

    if earliest is None and latest is None:
        return Filter(fits)
    return Filter(fits, lambda rows: rows.in_time(timestamp, earliest, latest))


def _as_stamped(when: datetime) -> str:
    """As stamps are written, so that texts compare as times do."""
    return when.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _check_option(column: Property, name: str) -> None:
    options = [option["name"] for option in column.config["options"]]
    if name not in options:
        available = ", ".join(f'"{option}"' for option in options)
        kind = "status" if column.type == "status" else "select"
        raise invalid(f'{kind} option "{name}" not found for property "{column.name}". Available options: {available}.')
