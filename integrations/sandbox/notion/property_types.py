"""Every property type in one table: what it stores, what it takes from the API, what it shows, and its plain form.

Plain values are what people type: text, numbers, truths, ISO 8601 dates; lists of text for options and relations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from daemon.models import Json
from integrations.sandbox.notion import accepting, showing
from integrations.sandbox.notion.records import Page, Property

Accept = Callable[[str, Any, Property], Any]
"""`(where, value, column)` to the stored value; raises Refusal."""


@dataclass(frozen=True, slots=True)
class PropertyType:
    """How one type of column behaves."""

    accept: Accept | None
    """None: read-only."""
    shower: showing.Shower
    empty: Callable[[], Any] = lambda: None
    to_plain: Callable[[Any], Any] = lambda stored: stored
    from_plain: Callable[[Any], Any] | None = None
    """What a person types to the stored value; raises ValueError. None: nobody types it."""
    config: Callable[[], Json] = dict
    """What the schema of a new column of this type holds."""


def plain_reader(column: Property) -> Callable[[Page], Any]:
    """A function from a row to what a filter or a sort sees in that column."""
    kind = PROPERTY_TYPES[column.type]
    column_id, empty, to_plain = column.id, kind.empty(), kind.to_plain
    match column.type:
        case "created_time" | "last_edited_time" | "created_by" | "last_edited_by" as name:
            return lambda page: getattr(page.stamp, name)
        case "unique_id":
            return lambda page: page.number
    return lambda page: to_plain(page.values.get(column_id, empty))


def learn_options(column: Property, stored: Any) -> None:
    """Adds the options that a value names for the first time."""
    if column.type not in ("select", "status", "multi_select") or not stored:
        return
    names = [stored] if isinstance(stored, str) else stored
    known = {option["name"] for option in column.config["options"]}
    column.config["options"] += [new_option(name) for name in names if name not in known]


def new_option(name: str) -> Json:
    """An option as the schema lists it."""
    return {"id": str(uuid4()), "name": name, "color": "default", "description": None}


# --- plain values ----------------------------------------------------------------------------------------------------


def _typed(wanted: type | tuple[type, ...], in_words: str) -> Callable[[Any], Any]:
    def from_plain(plain: Any) -> Any:
        if plain is None or (isinstance(plain, wanted) and (wanted is bool or not isinstance(plain, bool))):
            return plain
        raise ValueError(f"{in_words} is wanted, not {plain!r}")

    return from_plain


def _names_from_plain(plain: Any) -> list[str]:
    names = [] if plain is None else plain
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"a list of texts is wanted, not {plain!r}")
    return list(dict.fromkeys(names))


def _text_from_plain(plain: Any) -> str | list[str]:
    text = _typed(str, "a text")(plain) or ""
    limit = accepting.TEXT_LIMIT // 2  # of characters that may take two units each
    if len(text) <= limit:
        return str(text)
    return accepting.stored_text([text[start : start + limit] for start in range(0, len(text), limit)])


def _plain_text(stored: str | list[str]) -> str:
    return stored if isinstance(stored, str) else "".join(stored)


def _date_from_plain(plain: Any) -> str | Json | None:
    start = plain.get("start") if isinstance(plain, dict) else plain
    try:
        if start is not None:
            datetime.fromisoformat(start)
    except (TypeError, ValueError):
        raise ValueError(f"a date as in 2026-11-20 is wanted, not {start!r}") from None
    return {"end": None, "time_zone": None, **plain} if isinstance(plain, dict) else start


def _plain_date(stored: str | Json | None) -> str | None:
    return stored["start"] if isinstance(stored, dict) else stored


def _options() -> Json:
    return {"options": []}


_TEXT = PropertyType(
    accept=accepting.accept_text,
    shower=showing.show_text,
    empty=str,
    to_plain=_plain_text,
    from_plain=_text_from_plain,
)
_LINE = PropertyType(accept=accepting.accept_line, shower=showing.show_as_is, from_plain=_typed(str, "a text"))
_ONE_OPTION = _typed(str, "the name of an option")

PROPERTY_TYPES: dict[str, PropertyType] = {
    "title": _TEXT,
    "rich_text": _TEXT,
    "url": _LINE,
    "email": _LINE,
    "phone_number": _LINE,
    "number": PropertyType(
        accept=accepting.accept_number,
        shower=showing.show_as_is,
        from_plain=_typed((int, float), "a number"),
        config=lambda: {"format": "number"},
    ),
    "checkbox": PropertyType(
        accept=accepting.accept_checkbox,
        shower=showing.show_as_is,
        empty=bool,
        from_plain=lambda plain: bool(_typed(bool, "true or false")(plain)),
    ),
    "select": PropertyType(
        accept=accepting.accept_select, shower=showing.show_option, from_plain=_ONE_OPTION, config=_options
    ),
    "status": PropertyType(
        accept=accepting.accept_status,
        shower=showing.show_option,
        from_plain=_ONE_OPTION,
        config=lambda: {**_options(), "groups": []},
    ),
    "multi_select": PropertyType(
        accept=accepting.accept_multi_select,
        shower=showing.show_options,
        empty=list,
        from_plain=_names_from_plain,
        config=_options,
    ),
    "date": PropertyType(
        accept=accepting.accept_date, shower=showing.show_date, to_plain=_plain_date, from_plain=_date_from_plain
    ),
    "relation": PropertyType(
        accept=accepting.accept_relation, shower=showing.show_relation, empty=list, from_plain=_names_from_plain
    ),
    "files": PropertyType(
        accept=accepting.accept_files, shower=showing.show_as_is, empty=list, from_plain=lambda plain: list(plain or ())
    ),
    # What these two come to is said by the person: nothing is computed here.
    "formula": PropertyType(accept=None, shower=showing.show_formula, from_plain=lambda plain: plain),
    "rollup": PropertyType(accept=None, shower=showing.show_rollup, from_plain=lambda plain: plain),
    "unique_id": PropertyType(accept=None, shower=showing.show_unique_id),
    "created_time": PropertyType(accept=None, shower=showing.show_time("created_time")),
    "created_by": PropertyType(accept=None, shower=showing.show_user("created_by")),
    "last_edited_time": PropertyType(accept=None, shower=showing.show_time("last_edited_time")),
    "last_edited_by": PropertyType(accept=None, shower=showing.show_user("last_edited_by")),
}
