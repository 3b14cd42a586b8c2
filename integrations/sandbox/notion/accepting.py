"""What each type of column takes from the API: `(where, value, column)` to the stored value, or a Refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion.records import Property
from integrations.sandbox.notion.refusals import bad_body, invalid

TEXT_LIMIT = 2000
ELEMENTS_LIMIT = 100
URL_LIMIT = 2000
NAMES_LIMIT = 100
"""Most multi-select options or relations in one value, and most characters in an option's name."""


def pieces_of(where: str, value: Any) -> list[str]:
    """The contents of a rich-text array. Raises Refusal."""
    if not isinstance(value, list):
        raise bad_body(where, "an array", value)
    if len(value) > ELEMENTS_LIMIT:
        raise bad_body(f"{where}.length", f"≤ `{ELEMENTS_LIMIT}`", len(value))
    return [_text_content(f"{where}[{index}]", element) for index, element in enumerate(value)]


def stored_text(pieces: list[str]) -> str | list[str]:
    """Pieces as they are kept: one alone as it is, for there are many."""
    filled = [piece for piece in pieces if piece]
    return filled if len(filled) > 1 else "".join(filled)


def accept_text(where: str, value: Any, _column: Property) -> str | list[str]:
    """Raises Refusal for what is no rich text, and above the limits."""
    return stored_text(pieces_of(where, value))


def accept_number(where: str, value: Any, _column: Property) -> float | None:
    """Raises Refusal for anything but a number or null."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise bad_body(where, "a number or `null`", value)
    return value


def accept_line(where: str, value: Any, _column: Property) -> str | None:
    """An address, say. Raises Refusal for an empty one: that is null."""
    if value is not None and not isinstance(value, str):
        raise bad_body(where, "a string or `null`", value)
    if value == "":
        raise bad_body(where, "populated or `null`", value)
    if value is not None and _utf16_length(value) > URL_LIMIT:
        raise bad_body(f"{where}.length", f"≤ `{URL_LIMIT}`", _utf16_length(value))
    return value


def accept_checkbox(where: str, value: Any, _column: Property) -> bool:
    """Raises Refusal for anything but true and false."""
    if not isinstance(value, bool):
        raise bad_body(where, "a boolean", value)
    return value


def accept_select(where: str, value: Any, column: Property) -> str | None:
    """An option, new ones included. Raises Refusal for a name that no option can have."""
    if value is None:
        return None
    name = _option_name(where, value, column)
    if "," in name:
        raise invalid("Invalid select option, commas not allowed: " + name)
    return name


def accept_status(where: str, value: Any, column: Property) -> str | None:
    """An option that is there. Raises Refusal for any other."""
    if value is None:
        return None
    name = _option_name(where, value, column)
    if all(option["name"] != name for option in column.config["options"]):
        raise invalid(f'Invalid status option. Status option "{name}" does not exist".')
    return name


def accept_multi_select(where: str, value: Any, column: Property) -> list[str]:
    """Options, new ones included, each once. Raises Refusal."""
    options = _array(where, value)
    names = [accept_select(f"{where}[{index}]", option, column) for index, option in enumerate(options)]
    return list(dict.fromkeys(name for name in names if name is not None))


def accept_relation(where: str, value: Any, _column: Property) -> list[str]:
    """Ids of rows, each once; whether they are there is not asked here. Raises Refusal."""
    ids = (_id_of(f"{where}[{index}]", item) for index, item in enumerate(_array(where, value)))
    return list(dict.fromkeys(ids))


def accept_date(where: str, value: Any, _column: Property) -> str | Json | None:
    """The beginning alone, where that is all. Raises Refusal for what is no ISO 8601 date."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_body(where, "an object or `null`", value)
    start, end, zone = _moment(f"{where}.start", value.get("start", ...)), value.get("end"), value.get("time_zone")
    if end is None and zone is None:
        return start
    return {"start": start, "end": None if end is None else _moment(f"{where}.end", end), "time_zone": zone}


def accept_files(where: str, value: Any, _column: Property) -> list[Json]:
    """External files only. Raises Refusal."""
    for index, item in enumerate(_array(where, value)):
        external = item.get("external") if isinstance(item, dict) else None
        if not isinstance(external, dict) or not external.get("url"):
            raise bad_body(f"{where}[{index}].external.url", "defined", ...)
    return [{"name": item.get("name", ""), "type": "external", "external": item["external"]} for item in value]


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
