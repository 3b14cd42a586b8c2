"""Every property type in one table: what it stores, what it takes from the API, what it shows, and its plain form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from daemon.models import Json
from integrations.sandbox.notion.records import Page, Property
from integrations.sandbox.notion.refusals import bad_body, invalid

TEXT_LIMIT = 2000
ELEMENTS_LIMIT = 100
URL_LIMIT = 2000
NAMES_LIMIT = 100
"""Most multi-select options or relations in one value, and most characters in an option's name."""

Accept = Callable[[str, Any, Property], Any]
"""`(where, value, column)` to the stored value; raises Refusal."""
Show = Callable[[Any, Property, Page], Any]
"""`(stored, column, page)` to the value in an answer."""


@dataclass(frozen=True, slots=True)
class PropertyType:
    """How one type of column behaves."""

    accept: Accept | None
    """None: read-only."""
    show: Show
    empty: Callable[[], Any] = lambda: None
    to_plain: Callable[[Any], Any] = lambda stored: stored
    from_plain: Callable[[Any], Any] = lambda plain: plain
    config: Callable[[], Json] = dict
    """What the schema of a new column of this type holds."""


def rich_text(pieces: list[str]) -> list[Json]:
    """Pieces of plain text as an answer shows them."""
    plain = {
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "code": False,
        "color": "default",
    }
    return [
        {
            "type": "text",
            "text": {"content": piece, "link": None},
            "annotations": plain,
            "plain_text": piece,
            "href": None,
        }
        for piece in pieces
    ]


def accept_rich_text(where: str, value: Any) -> list[str]:
    """The contents of a rich-text array. Raises Refusal."""
    if not isinstance(value, list):
        raise bad_body(where, "an array", value)
    if len(value) > ELEMENTS_LIMIT:
        raise bad_body(f"{where}.length", f"≤ `{ELEMENTS_LIMIT}`", len(value))
    return [_text_content(f"{where}[{index}]", element) for index, element in enumerate(value)]


def learn_options(column: Property, stored: Any) -> None:
    """Adds the options that a select or multi-select value names for the first time."""
    if column.type not in ("select", "multi_select") or not stored:
        return
    names = [stored] if isinstance(stored, str) else stored
    known = {option["name"] for option in column.config["options"]}
    column.config["options"] += [new_option(name) for name in names if name not in known]


def new_option(name: str) -> Json:
    """An option as the schema lists it."""
    return {"id": str(uuid4()), "name": name, "color": "default", "description": None}


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text_content(where: str, element: Any) -> str:
    text = element.get("text") if isinstance(element, dict) else None
    if not isinstance(text, dict):
        raise bad_body(f"{where}.text", "defined", ... if isinstance(element, dict) else element)
    content = text.get("content", ...)
    if not isinstance(content, str):
        raise bad_body(f"{where}.text.content", "a string", content)
    if (length := _utf16_length(content)) > TEXT_LIMIT:
        raise bad_body(f"{where}.text.content.length", f"≤ `{TEXT_LIMIT}`", length)
    return content


def _accept_text(where: str, value: Any, _column: Property) -> list[str]:
    return [content for content in accept_rich_text(where, value) if content]


def _accept_number(where: str, value: Any, _column: Property) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise bad_body(where, "a number or `null`", value)
    return value


def _accept_line(where: str, value: Any, _column: Property) -> str | None:
    if value is not None and not isinstance(value, str):
        raise bad_body(where, "a string or `null`", value)
    if value == "":
        raise bad_body(where, "populated or `null`", value)
    if value is not None and _utf16_length(value) > URL_LIMIT:
        raise bad_body(f"{where}.length", f"≤ `{URL_LIMIT}`", _utf16_length(value))
    return value


def _accept_checkbox(where: str, value: Any, _column: Property) -> bool:
    if not isinstance(value, bool):
        raise bad_body(where, "a boolean", value)
    return value


def _option_name(where: str, value: Any, column: Property) -> str:
    """The name of an option given by name or by id."""
    if not isinstance(value, dict):
        raise bad_body(where, "an object", value)
    if "id" in value:
        named = [option["name"] for option in column.config["options"] if option["id"] == value["id"]]
        if not named:
            raise invalid(f"Option with id {value['id']} does not exist.")
        return str(named[0])
    name = value.get("name", ...)
    if not isinstance(name, str) or not name:
        raise bad_body(f"{where}.name", "a populated string", name)
    if len(name) > NAMES_LIMIT:
        raise bad_body(f"{where}.name.length", f"≤ `{NAMES_LIMIT}`", len(name))
    return name


def _accept_select(where: str, value: Any, column: Property) -> str | None:
    if value is None:
        return None
    name = _option_name(where, value, column)
    if "," in name:
        raise invalid("Invalid select option, commas not allowed: " + name)
    return name


def _accept_status(where: str, value: Any, column: Property) -> str | None:
    if value is None:
        return None
    name = _option_name(where, value, column)
    if all(option["name"] != name for option in column.config["options"]):
        raise invalid(f'Invalid status option. Status option "{name}" does not exist".')
    return name


def _accept_multi_select(where: str, value: Any, column: Property) -> list[str]:
    options = _array(where, value)
    names = [_accept_select(f"{where}[{index}]", option, column) for index, option in enumerate(options)]
    return list(dict.fromkeys(name for name in names if name is not None))


def _accept_relation(where: str, value: Any, _column: Property) -> list[str]:
    return [_id_of(f"{where}[{index}]", item) for index, item in enumerate(_array(where, value))]


def _array(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bad_body(where, "an array", value)
    if len(value) > NAMES_LIMIT:
        raise bad_body(f"{where}.length", f"≤ `{NAMES_LIMIT}`", len(value))
    return value


def _id_of(where: str, item: Any) -> str:
    given: Any = item.get("id", ...) if isinstance(item, dict) else ...
    try:
        return str(UUID(given))
    except (AttributeError, TypeError, ValueError):
        raise bad_body(f"{where}.id", "a valid uuid", given) from None


def _accept_date(where: str, value: Any, _column: Property) -> Json | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_body(where, "an object or `null`", value)
    end = value.get("end")
    return {
        "start": _moment(f"{where}.start", value.get("start", ...)),
        "end": None if end is None else _moment(f"{where}.end", end),
        "time_zone": value.get("time_zone"),
    }


def _moment(where: str, value: Any) -> str:
    """A date as it is, or a time with milliseconds and an offset. Raises Refusal."""
    try:
        if len(value) == len("2026-11-20"):
            return date.fromisoformat(value).isoformat()
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise bad_body(where, "a valid ISO 8601 date string", value) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.isoformat(timespec="milliseconds")


def _accept_files(where: str, value: Any, _column: Property) -> list[Json]:
    for index, item in enumerate(_array(where, value)):
        external = item.get("external") if isinstance(item, dict) else None
        if not isinstance(external, dict) or not external.get("url"):
            raise bad_body(f"{where}[{index}].external.url", "defined", ...)
    return [{"name": item.get("name", ""), "type": "external", "external": item["external"]} for item in value]


def _show_as_is(stored: Any, _column: Property, _page: Page) -> Any:
    return stored


def _show_option(stored: str | None, column: Property, _page: Page) -> Json | None:
    if stored is None:
        return None
    option: Json = next(option for option in column.config["options"] if option["name"] == stored)
    return {"id": option["id"], "name": option["name"], "color": option["color"]}


def _show_options(stored: list[str], column: Property, page: Page) -> list[Json]:
    return [option for name in stored if (option := _show_option(name, column, page))]


def _plain_date(stored: Json | None) -> str | None:
    return None if stored is None else stored["start"]


def _stored_date(plain: str | None) -> Json | None:
    return None if plain is None else {"start": plain, "end": None, "time_zone": None}


def _user(user_id: str) -> Json:
    return {"object": "user", "id": user_id}


def _options() -> Json:
    return {"options": []}


_TEXT = PropertyType(
    accept=_accept_text,
    show=lambda stored, _column, _page: rich_text(stored),
    empty=list,
    to_plain="".join,
    from_plain=lambda plain: [plain] if plain else [],
)
_LINE = PropertyType(accept=_accept_line, show=_show_as_is)

PROPERTY_TYPES: dict[str, PropertyType] = {
    "title": _TEXT,
    "rich_text": _TEXT,
    "url": _LINE,
    "email": _LINE,
    "phone_number": _LINE,
    "number": PropertyType(accept=_accept_number, show=_show_as_is, config=lambda: {"format": "number"}),
    "checkbox": PropertyType(accept=_accept_checkbox, show=_show_as_is, empty=bool),
    "select": PropertyType(accept=_accept_select, show=_show_option, config=_options),
    "status": PropertyType(accept=_accept_status, show=_show_option, config=lambda: {**_options(), "groups": []}),
    "multi_select": PropertyType(accept=_accept_multi_select, show=_show_options, empty=list, config=_options),
    "date": PropertyType(accept=_accept_date, show=_show_as_is, to_plain=_plain_date, from_plain=_stored_date),
    "relation": PropertyType(
        accept=_accept_relation,
        show=lambda stored, _column, _page: [{"id": page_id} for page_id in stored],
        empty=list,
    ),
    "files": PropertyType(accept=_accept_files, show=_show_as_is, empty=list),
    "formula": PropertyType(accept=None, show=lambda *_: {"type": "string", "string": None}),
    "rollup": PropertyType(accept=None, show=lambda *_: {"type": "number", "number": None, "function": "count"}),
    "unique_id": PropertyType(accept=None, show=lambda _stored, _column, page: {"prefix": None, "number": page.number}),
    "created_time": PropertyType(accept=None, show=lambda _stored, _column, page: page.stamp.created_time),
    "created_by": PropertyType(accept=None, show=lambda _stored, _column, page: _user(page.stamp.created_by)),
    "last_edited_time": PropertyType(accept=None, show=lambda _stored, _column, page: page.stamp.last_edited_time),
    "last_edited_by": PropertyType(accept=None, show=lambda _stored, _column, page: _user(page.stamp.last_edited_by)),
}
