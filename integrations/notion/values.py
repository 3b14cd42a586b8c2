"""Plain values to and from Notion's property values. Pure.

Plain values: text, numbers, booleans, ISO 8601 dates; lists of text for multi-selects and relations. None is "empty".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from daemon.models import Json
from integrations.notion.columns import Fitted
from integrations.notion.texts import pieces, shortened, storable, width

NAMES_LIMIT = 100
"""Most options or relations in one value, and most characters in an option's name."""
URL_LENGTH = 2000
DECIMALS = 3

_FIRST_DAY = {len("2026"): "-01-01", len("2026-11"): "-01"}

_LEFT_OUT = None
"""Told to the caller for a value that cannot stand in its column: then the column is not written at all."""
_MENTIONS_SHOWN = 25
"""Of more mentions of pages or people in one text, a row shows no more than these."""


def to_property(fitted: Fitted, value: Any) -> Json | None:
    """The property value that says `value`, or None where this column cannot say it and is better left alone
    (a status option that the person does not have, an address that is none, not a number)."""
    return _ENCODERS[fitted.type](fitted, value)


class Unreadable(Exception):
    """A value that a row does not show whole, or that means nothing to us."""


def from_property(fitted: Fitted, answered: Json) -> Any:
    """The plain value that a row's property value says, in our units and words. Raises Unreadable."""
    if answered.get("has_more"):
        raise Unreadable
    return _DECODERS[fitted.type](fitted, answered[fitted.type])


def as_answered(fitted: Fitted, written: Json) -> Json:
    """What Notion answers to a property value that it was given."""
    value = written[fitted.type]
    if fitted.type in ("title", "rich_text"):
        value = [{"type": "text", "plain_text": piece["text"]["content"]} for piece in value]
    return {fitted.type: value}


def our_word(fitted: Fitted, option: str) -> str:
    """The word of ours that the person's option means; their own where it means none."""
    folded = option.casefold()
    for word, synonyms in fitted.column.synonyms.items():
        if folded in (str(word).casefold(), *(synonym.casefold() for synonym in synonyms)):
            return str(word)
    return option


# --- writing ---------------------------------------------------------------------------------------------------------


def _text(fitted: Fitted, value: Any) -> Json:
    text = "" if value is None else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return {fitted.type: [{"text": {"content": piece}} for piece in pieces(text)]}


def _number(fitted: Fitted, value: Any) -> Json | None:
    if value is None:
        return {"number": None}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _LEFT_OUT
    try:
        rounded = round(float(value) * fitted.scale, DECIMALS)
        return {"number": int(rounded) if rounded == int(rounded) else rounded}
    except (OverflowError, ValueError):  # beyond all numbers, or none at all
        return _LEFT_OUT


def _url(_fitted: Fitted, value: Any) -> Json | None:
    if not value:
        return {"url": None}
    if not isinstance(value, str) or not _is_address(value.strip()):
        return _LEFT_OUT
    return {"url": value.strip()}


def _checkbox(_fitted: Fitted, value: Any) -> Json:
    return {"checkbox": bool(value)}


def _select(fitted: Fitted, value: Any) -> Json:
    names = _option_names(value)
    return {"select": {"name": _known_option(fitted, names[0]) or names[0]} if names else None}


def _status(fitted: Fitted, value: Any) -> Json | None:
    if not value:
        return {"status": None}
    option = _known_option(fitted, str(value))
    return {"status": {"name": option}} if option else _LEFT_OUT


def _multi_select(fitted: Fitted, value: Any) -> Json:
    names = dict.fromkeys(_known_option(fitted, name) or name for name in _option_names(value))
    return {"multi_select": [{"name": name} for name in list(names)[:NAMES_LIMIT]]}


def _date(_fitted: Fitted, value: Any) -> Json | None:
    if not value:
        return {"date": None}
    moment = _moment(value)
    return {"date": {"start": moment}} if moment else _LEFT_OUT


def _relation(_fitted: Fitted, value: Any) -> Json:
    ids = [value] if isinstance(value, str) else list(value or ())
    once = dict.fromkeys(_page_id(storable(str(page_id))) for page_id in ids)
    return {"relation": [{"id": page_id} for page_id in list(once)[:NAMES_LIMIT]]}


_ENCODERS: dict[str, Callable[[Fitted, Any], Json | None]] = {
    "title": _text,
    "rich_text": _text,
    "number": _number,
    "url": _url,
    "checkbox": _checkbox,
    "select": _select,
    "status": _status,
    "multi_select": _multi_select,
    "date": _date,
    "relation": _relation,
}


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_text(_fitted: Fitted, answered: list[Json]) -> str | None:
    if sum(piece.get("type") == "mention" for piece in answered) >= _MENTIONS_SHOWN:
        raise Unreadable
    return "".join(piece["plain_text"] for piece in answered) or None


def _read_number(fitted: Fitted, answered: float | None) -> float | None:
    if answered is None:
        return None
    if not math.isfinite(answered):
        raise Unreadable
    return round(answered / fitted.scale, DECIMALS)


def _read_as_is(_fitted: Fitted, answered: Any) -> Any:
    return answered


def _read_option(fitted: Fitted, answered: Json | None) -> str | None:
    return None if answered is None else our_word(fitted, str(answered["name"]))


def _read_options(_fitted: Fitted, answered: list[Json]) -> list[str]:
    return [str(option["name"]) for option in answered]


def _read_date(_fitted: Fitted, answered: Json | None) -> str | None:
    if answered is None:
        return None
    if (moment := _moment(answered["start"])) is None:
        raise Unreadable
    return moment


def _read_relation(_fitted: Fitted, answered: list[Json]) -> list[str]:
    return [_page_id(str(related["id"])) for related in answered]


_DECODERS: dict[str, Callable[[Fitted, Any], Any]] = {
    "title": _read_text,
    "rich_text": _read_text,
    "number": _read_number,
    "url": _read_as_is,
    "checkbox": _read_as_is,
    "select": _read_option,
    "status": _read_option,
    "multi_select": _read_options,
    "date": _read_date,
    "relation": _read_relation,
}


# --- words -----------------------------------------------------------------------------------------------------------


def _option_names(value: Any) -> list[str]:
    """Option names out of text or a list; a comma, which no option may hold, parts two names."""
    parts = [value] if isinstance(value, str) else list(value or ())
    given = (name.strip() for part in parts for name in storable(str(part)).split(","))
    names = [shortened(name, NAMES_LIMIT).strip() for name in given]
    return [name for name in names if name]


def _known_option(fitted: Fitted, word: str) -> str | None:
    """The person's own option for `word`: that word in any case, or else a synonym."""
    options = {option.casefold(): option for option in reversed(fitted.options)}
    if word in fitted.options:
        return word
    words = (word, *fitted.column.synonyms.get(word, ()))
    return next((options[candidate.casefold()] for candidate in words if candidate.casefold() in options), None)


# --- addresses, dates, ids -----------------------------------------------------------------------------------------


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    whole = parts.scheme in ("http", "https") and bool(parts.netloc)
    return whole and width(text) <= URL_LENGTH and text.isprintable() and " " not in text


def _moment(value: Any) -> str | None:
    """A date, or a time in UTC to the second; a year or a month begins on its first day. None for nonsense."""
    text = str(value)
    whole = text + _FIRST_DAY.get(len(text), "")
    try:
        if len(whole) == len("2026-11-20"):
            return date.fromisoformat(whole).isoformat()
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).isoformat(timespec="seconds")
    except OverflowError:  # before the first year, or after the last
        return None


def _page_id(text: str) -> str:
    """In the spelling that answers have; as it is where it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return text
