"""How the value of a cell is remembered, and when two values say the same. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LONGEST_WHOLE = 200
"""Characters of text that are remembered as they are; of a longer one only what tells it from others."""
_DIGEST = "sha256"
_NUMBER_TOLERANCE = 1e-6
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", re.ASCII)


def remembered(value: Any) -> Any:
    """The value, or the digest of a long text. What is remembered already stays as it is."""
    if isinstance(value, str) and len(value) > _LONGEST_WHOLE:
        return {_DIGEST: hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()}
    return value


def is_empty(value: Any) -> bool:
    """Whether a cell with this value looks empty: so does a box that is not ticked."""
    return value is None or value is False or (isinstance(value, str | list | tuple) and not value)


def same(a: Any, b: Any) -> bool:
    """Whether two values, each whole or remembered, say the same."""
    if is_empty(a) or is_empty(b):
        return is_empty(a) and is_empty(b)
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        return bool(remembered(a) == remembered(b))
    if _is_number(a) and _is_number(b):
        return bool(a == b or abs(a - b) <= _NUMBER_TOLERANCE)
    if isinstance(a, str) and isinstance(b, str):
        return a == b or _same_moment(a, b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return set(a) == set(b)
    return type(a) is type(b) and bool(a == b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_moment(a: str, b: str) -> bool:
    """Whether both are moments, and the same one. A day is no moment."""
    one, other = _moment(a), _moment(b)
    return one is not None and one == other


def _moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
