"""Files that say in a few bytes whether they are whole, where FFmpeg reads what is there and misses the cut."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from daemon.errors import BadMedia

_NOT_SAID: Final = (0, 0xFFFFFFFF)
"""A program that wrote into a pipe could not come back to fill in the size."""
_HARDLY_SAID_FROM: Final = 0x7F000000
"""Some such programs (sox) write about as much as fits, each its own number. Of a file that is nowhere near so long,
that tells nothing either."""

_OGG_PAGE_LIMIT: Final = 27 + 255 + 255 * 255
_OGG_TAIL: Final = 2 * _OGG_PAGE_LIMIT
"""Room for tags of other kinds behind the last page; more than that, and nothing is said."""
_OGG_HEADER: Final = 27
"""Its last byte says how many segments the page has."""
_OGG_END_OF_STREAM: Final = 0x04


def refuse_cut(path: Path) -> None:
    """Raises BadMedia for a WAV, AIFF, W64, CAF or Ogg that ends before it is over; OSError when it cannot be read."""
    with path.open("rb") as file:
        mark = file.read(4)
        if mark in _JUDGES:
            _JUDGES[mark](path, file, os.fstat(file.fileno()).st_size)


def says_its_end(path: Path) -> bool:
    """False for an Ogg whose last page is not marked as the last. Web radio and joined pieces of a stream lack the mark
    although they are whole, so that it is worth a word and no refusal. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return True
        page = _last_page(file, os.fstat(file.fileno()).st_size)
    return len(page) < _OGG_HEADER or bool(page[5] & _OGG_END_OF_STREAM)


def _judge_riff(path: Path, file: BinaryIO, size: int) -> None:
    _judge_chunk(path, int.from_bytes(file.read(4), "little"), size)


def _judge_aiff(path: Path, file: BinaryIO, size: int) -> None:
    _judge_chunk(path, int.from_bytes(file.read(4), "big"), size)


def _judge_chunk(path: Path, stated: int, size: int) -> None:
    """The one chunk that holds all others; the byte that makes it even may be missing."""
    is_made_up = stated >= _HARDLY_SAID_FROM and size < stated // 2
    if stated not in _NOT_SAID and not is_made_up:
        _refuse(path, size - 8, stated, spare=1)


def _judge_w64(path: Path, file: BinaryIO, size: int) -> None:
    """Its sizes are 64 bits wide, stand behind marks of 16 bytes, and count those too."""
    file.seek(16)
    _refuse(path, size, _unless_open(int.from_bytes(file.read(8), "little")))


def _judge_caf(path: Path, file: BinaryIO, size: int) -> None:
    """Chunk after chunk up to the one with the sound, whose size may be left open (-1). What comes behind it, FFmpeg
    misses by itself where it needs it."""
    position = 8
    while position + 12 <= size:
        file.seek(position)
        kind, stated = file.read(4), int.from_bytes(file.read(8), "big", signed=True)
        position += 12 + max(0, stated)
        if kind == b"data":
            break
    _refuse(path, size, position)


def _judge_ogg(path: Path, file: BinaryIO, size: int) -> None:
    """The last page has to be all there."""
    page = _last_page(file, size)
    if not page:
        return
    segments = page[_OGG_HEADER : _OGG_HEADER + page[_OGG_HEADER - 1]] if len(page) >= _OGG_HEADER else b""
    whole = _OGG_HEADER + len(segments) + sum(segments)
    if len(page) < _OGG_HEADER or len(segments) < page[_OGG_HEADER - 1] or len(page) < whole:
        raise BadMedia(f"{path.name} breaks off in the middle of a page. Fetch it again.")


def _last_page(file: BinaryIO, size: int) -> bytes:
    """It and what stands behind it; empty where none is near the end."""
    file.seek(max(0, size - _OGG_TAIL))
    tail = file.read()
    start = tail.rfind(b"OggS")
    return tail[start:] if start >= 0 else b""


def _unless_open(stated: int) -> int:
    """64 bits that were left at nothing or at their highest tell nothing."""
    return 0 if stated >= 1 << 63 else stated


def _refuse(path: Path, actual: int, stated: int, spare: int = 0) -> None:
    if actual + spare < stated:
        raise BadMedia(f"{path.name} breaks off: {actual:,} of {stated:,} bytes are there. Fetch it again.")


_JUDGES: Final[dict[bytes, Callable[[Path, BinaryIO, int], None]]] = {
    b"RIFF": _judge_riff,
    b"FORM": _judge_aiff,
    b"riff": _judge_w64,
    b"caff": _judge_caf,
    b"OggS": _judge_ogg,
}
