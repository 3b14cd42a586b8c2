"""Sizes and cursors of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from integrations.sandbox.notion.refusals import Refusal, bad_body, invalid

_T = TypeVar("_T")

PAGE_SIZE_LIMIT = 100


def page_size(asked: Any, where: str = "body") -> int:
    """The size asked for, which must be from 1 to 100. Raises Refusal."""
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise bad_body(f"{where}.page_size", "a number ≥ `1`", asked)
    if asked > PAGE_SIZE_LIMIT:
        raise bad_body(f"{where}.page_size", f"≤ `{PAGE_SIZE_LIMIT}`", asked)
    return asked


def query_size(query: Mapping[str, str]) -> int:
    """The same, asked for in the address; 100 where nothing is asked. Raises Refusal."""
    asked = query.get("page_size", f"{PAGE_SIZE_LIMIT}")
    return page_size(int(asked) if asked.isdecimal() else asked, "query")


def window(ids: Sequence[str], things: Sequence[_T], cursor: Any, size: int) -> tuple[Sequence[_T], str | None]:
    """The things from the one that the cursor names on, and the cursor of those behind. Raises Refusal."""
    if cursor is not None and cursor not in ids:
        raise bad_cursor(cursor)
    start = 0 if cursor is None else ids.index(cursor)
    following = ids[start + size] if start + size < len(ids) else None
    return things[start : start + size], following


def cursor_id(cursor: Any) -> str:
    """A cursor that is the id of a thing. Raises Refusal."""
    try:
        return str(UUID(cursor))
    except (AttributeError, TypeError, ValueError):
        raise bad_body("body.start_cursor", "a valid uuid", cursor) from None


def bad_cursor(cursor: Any) -> Refusal:
    """400: no such place in the list."""
    return invalid(f"The start_cursor provided is invalid: {cursor}")
