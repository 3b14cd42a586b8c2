"""What the person's cells say of a track: columns to edits, as `daemon.edits` keeps them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from daemon.board.merging import is_link
from daemon.board.remembered import is_empty
from daemon.keys import key_named

_SLOWEST_BPM, _FASTEST_BPM = 20.0, 400.0
_ADDRESS = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def edits_from(columns: Mapping[str, Any], measured_bpm: float | None = None) -> dict[str, Any]:
    """The edits that these cells make; an emptied one makes None: nothing is said any more. What cannot be understood
    makes none. `measured_bpm` is what was heard, whatever the person said of it before."""
    edits: dict[str, Any] = {}
    for column, (name, understood) in _MEANINGS.items():
        if column not in columns:
            continue
        value = columns[column]
        meant = None if _is_blank(value) else understood(value)
        # Camelot and Key name the same: what one of them says is not undone by the other's being emptied.
        if meant is not None or (_is_blank(value) and name not in edits):
            edits[name] = meant
    if edits.get("bpm") is not None and measured_bpm is not None:
        edits["bpm_measured"] = measured_bpm
    return edits


def _is_blank(value: Any) -> bool:
    return is_empty(value) or (isinstance(value, str) and not value.strip())


def _text(value: Any) -> str | None:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value).strip()


def _title(value: Any) -> str | None:
    return None if is_link(value) else _text(value)


def _names(value: Any) -> list[str] | None:
    return [name for part in str(value).split(",") if (name := part.strip())] or None


def _bpm(value: Any) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and _SLOWEST_BPM <= value <= _FASTEST_BPM else None


def _key(value: Any) -> str | None:
    key = key_named(str(value))
    return key.name if key else None


def _address(value: Any) -> str | None:
    text = str(value).strip()
    return text if _ADDRESS.fullmatch(text) else None


def _day(value: Any) -> str | None:
    day = str(value).strip()[:10]
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return None


_MEANINGS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "Title": ("title", _title),
    "Artist Name": ("artists", _names),
    "Album": ("album", _text),
    "Genre": ("genre", _text),
    "Release Date": ("release_date", _day),
    "Image URL": ("artwork_url", _address),
    "BPM": ("bpm", _bpm),
    "Camelot": ("key", _key),
    "Key": ("key", _key),
}
"""By column the edit that it makes, and how it is understood. Key comes after Camelot: it wins."""
