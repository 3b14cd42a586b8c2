"""Text cut so that Notion takes it, and no letter is cut in two. Pure.

Notion counts as JavaScript does, in UTF-16 code units; a request may also not be larger than 500 KB.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator

PIECE_LENGTH = 2000
"""Most code units in one text content."""
PIECES_LIMIT = 100
TEXT_BYTES = 400_000
"""Most bytes of JSON that one text may be, so that it fits into a request."""

_ELLIPSIS = "…"
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F3FF + 1)
_FLAG_LETTERS = range(0x1F1E6, 0x1F1FF + 1)
_TAGS = range(0xE0020, 0xE007F + 1)
_CLUSTER_LIMIT = 32
"""Further back than this nobody looks for the beginning of a letter: some people pile up accents for fun."""


def storable(text: str) -> str:
    """Without what neither JSON in UTF-8 nor Notion's database can hold: lone surrogates, NUL."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


def width(text: str) -> int:
    """Code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def pieces(text: str) -> list[str]:
    """`text` in as many contents as it needs; what exceeds a hundred of them, or a request, ends in an ellipsis."""
    whole = storable(text)
    cut = list(_cut(whole, PIECE_LENGTH))
    if len(cut) <= PIECES_LIMIT and json_bytes(whole) <= TEXT_BYTES:
        return cut
    kept: list[str] = []
    room = TEXT_BYTES - json_bytes(_ELLIPSIS)
    for piece in cut[:PIECES_LIMIT]:
        if (size := json_bytes(piece)) > room:
            kept.append(_fitting(piece, room))
            break
        kept.append(piece)
        room -= size
    last = kept.pop()
    return [*kept, shortened(last, PIECE_LENGTH - 1) + _ELLIPSIS]


def shortened(text: str, limit: int) -> str:
    """The beginning of `text`, of at most `limit` code units."""
    return next(_cut(text, limit), "")


def json_bytes(text: str) -> int:
    """How much of a request it takes up."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - len('""')


def _fitting(text: str, room: int) -> str:
    """As much of the beginning as takes up no more bytes than `room`."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if json_bytes(text[:middle]) <= room else (low, middle - 1)
    return text[: _boundary(text, 0, low)] if low < len(text) else text


def _cut(text: str, limit: int) -> Iterator[str]:
    start = used = 0
    index = 0
    while index < len(text):
        wide = 2 if text[index] > "\uffff" else 1
        if used + wide > limit:
            index = _boundary(text, start, index)
            yield text[start:index]
            start, used = index, 0
            continue
        used += wide
        index += 1
    if start < len(text):
        yield text[start:]


def _boundary(text: str, start: int, index: int) -> int:
    """The place at `index` or a little before it where a letter begins; `index` where there is none."""
    for place in range(index, max(start, index - _CLUSTER_LIMIT), -1):
        if not _clings(text, start, place):
            return place
    return index


def _clings(text: str, start: int, place: int) -> bool:
    """Whether what begins at `place` is one letter with what is before it."""
    before, after = text[place - 1], text[place]
    if _JOINER in (before, after) or ord(after) in _SKIN_TONES or ord(after) in _TAGS:
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc"):  # accents, vowel signs, variation selectors
        return True
    if (before, after) == ("\r", "\n"):
        return True
    if ord(after) in _FLAG_LETTERS and ord(before) in _FLAG_LETTERS:
        run = place
        while run > start and ord(text[run - 1]) in _FLAG_LETTERS:
            run -= 1
        return (place - run) % 2 == 1
    return False
