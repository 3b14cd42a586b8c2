"""The pattern that file names are made by (FILE_TEMPLATE): `{playlist}/{artist} - {title}`. Pure."""

from __future__ import annotations

from functools import cache
from string import Formatter

DEFAULT = "{playlist}/{artist} - {title}"

FIELDS = {
    "artist": "Unknown artist",
    "title": "Untitled",
    "album": "Unknown album",
    "playlist": "Unassigned",
    "bpm": "No tempo",
    "key": "No key",
    "year": "No year",
    "camelot": "No key",
    "genre": "No genre",
    "remixer": "No remixer",
    "version": "Original",
}
"""What it may hold, each with what stands there where nothing is known."""

_MOST_LITERAL_BYTES = 100
"""Of a folder's or file's name, what the template itself may take: all eleven fields have room beside it."""


@cache
def parts_of(template: str) -> tuple[str, ...]:
    """The folders of a template and, last, its file name. Raises ValueError when it cannot be used, and says why
    without repeating it."""
    parts = tuple(template.split("/"))
    if template.startswith("/"):
        raise ValueError("it begins with a slash, but is a place below OUT_DIR: leave that slash out.")
    if any(part.strip() in (".", "..") for part in parts):
        raise ValueError("it may not hold a folder called . or ..: no name leaves OUT_DIR.")
    if any(part.strip(" .") == "" for part in parts):
        raise ValueError("it has an empty folder or file name: check its slashes and dots.")
    if "\\" in template:
        raise ValueError("it has a backslash: folders are parted with / on every system.")
    fields = [fields_in(part) for part in parts]
    if "title" not in fields[-1]:
        raise ValueError("it needs {title} in the file name, after the last slash.")
    if any(literal_bytes(part) > _MOST_LITERAL_BYTES for part in parts):
        raise ValueError("it has so many words of its own that no title fits: shorten it.")
    return parts


def fields_in(part: str) -> set[str]:
    """The fields of a folder's or file's name. Raises as `parts_of` does."""
    try:
        pieces = list(Formatter().parse(part))
    except ValueError as error:
        raise ValueError(f"it cannot be read ({error}): check its braces.") from error
    names = set()
    for _, name, spec, conversion in pieces:
        if name is None:
            continue
        if name not in FIELDS or spec or conversion:
            raise ValueError(f"it may hold {', '.join(f'{{{field}}}' for field in FIELDS)}, just so, and nothing else.")
        names.add(name)
    return names


def literal_bytes(part: str) -> int:
    """How long a name of this pattern is without its fields."""
    return len(part.format_map(dict.fromkeys(FIELDS, "")).encode(errors="surrogatepass"))
