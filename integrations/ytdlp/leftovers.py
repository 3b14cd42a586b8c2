"""What an interrupted download left in its folder, and what of it may be taken up again.

One stream over HTTP is one `.part`, and goes on behind its last byte. A stream in pieces (HLS, DASH) is kept piece by
piece until it is whole: yt-dlp writes a piece into its `.part` first and into its book of pieces afterwards, so that a
kill between the two would give that piece twice, and a spoilt or missing book the whole beginning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECEIPT = "source.json"
_MARK = "begun.json"
_NEW_MARK = f"{_MARK}.new"
_MARKED_BY = ("webpage_url", "format_id", "filesize", "duration")
_PIECE = ".part-Frag"
"""In the name of every piece; one that is not whole yet ends in `.part` once more."""
_OVER_HTTP = ("http", "https")


def in_pieces(info: Mapping[str, Any]) -> bool:
    """Whether this stream comes in pieces."""
    return info.get("protocol") not in _OVER_HTTP


def make_ready(folder: Path, info: Mapping[str, Any]) -> None:
    """Drops what is not of the very stream that `info` tells of, and what is put together anew from pieces."""
    mark = folder / _MARK
    if mark.exists() and _read(mark) != _marks(info):
        for file in _unfinished(folder):
            file.unlink()
        mark.unlink()
    if in_pieces(info):
        for file in _unfinished(folder):
            if file.suffix in (".part", ".ytdl") and _PIECE not in file.name:
                file.unlink()


def mark(folder: Path, info: Mapping[str, Any]) -> None:
    """Says whose the unfinished files here are. An uploader may put another recording in the place of the first: their
    bytes are never glued together. Whole or not at all: half a mark is nobody's, and would cost what is there."""
    unfinished = folder / _NEW_MARK
    unfinished.write_text(json.dumps(_marks(info)))
    unfinished.replace(folder / _MARK)


def taken_so_far(folder: Path) -> int:
    """Bytes that need not be fetched again."""
    return sum(file.stat().st_size for file in _unfinished(folder))


def clear(folder: Path) -> None:
    """Removes the pieces of a download that is whole now."""
    for file in folder.glob(f"*{_PIECE}*"):
        file.unlink()
    (folder / _MARK).unlink(missing_ok=True)


def _unfinished(folder: Path) -> list[Path]:
    """A finished one is called `source.…`; a folder is none."""
    return [
        file
        for file in folder.iterdir()
        if file.is_file() and file.name not in (_MARK, _NEW_MARK) and not file.name.startswith("source.")
    ]


def _marks(info: Mapping[str, Any]) -> dict[str, Any]:
    return {name: info.get(name) for name in _MARKED_BY}


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except ValueError:
        return None
