"""An ID3 tag as a list of frames whose bytes nobody interprets, so that what is not ours can be put back as it was.

Mutagen would drop empty and unknown frames and everything behind a damaged one, take the mark of an unsynchronised
tag away from frames that need it, and mix two ways of counting sizes. Where a tag cannot be taken apart to its last
frame, it is refused, and the file stays as it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mutagen import id3

_id3: Any = id3
"""Mutagen says that it is typed, and has no types: what it makes is not checked."""

HEADER_BYTES = 10
"""Of a tag, and of a frame in it."""
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_FRAME_UNSYNCHRONISED = 0x02
"""In the second byte of a frame's flags; version 2.4 only."""
_FRAME_ID = re.compile(rb"[A-Z0-9]{3}[A-Z0-9 \0]")
"""iTunes wrote names of version 2.2 into tags of version 2.3, with a zero behind them."""

_ROOM_BYTES = 1024
_MOST_ROOM_BYTES = 64 * 1024


class Unreadable(Exception):
    """The tag cannot be taken apart."""


@dataclass(frozen=True, slots=True)
class RawTag:
    """Frames as they stand in the file, header and all."""

    version: int
    """2.3 or 2.4: the number behind the dot."""
    frames: tuple[bytes, ...]


def split(tag: bytes) -> RawTag:
    """Takes the tag apart; one of version 2.2 becomes 2.3. Raises Unreadable."""
    if len(tag) < HEADER_BYTES or tag[:3] != b"ID3" or tag[3] not in (2, 3, 4):
        raise Unreadable("it does not begin as one")
    version, flags = tag[3], tag[5]
    if version == 2:
        return split(_brought_forward(tag))
    body = tag[HEADER_BYTES : HEADER_BYTES + _synchsafe(tag[6:10])]
    if version == 3 and flags & _UNSYNCHRONISED:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED:
        body = body[_extended_bytes(body, version) :]
    if version == 3:
        return RawTag(3, tuple(_frames(body, _plain)))
    frames = _frames_of_version_4(body)
    if flags & _UNSYNCHRONISED:
        frames = [_marked_unsynchronised(frame) for frame in frames]
    return RawTag(4, tuple(frames))


def join(tag: RawTag, available: int) -> bytes:
    """The tag as bytes. It fills what is `available` if it fits and does not waste too much; else it gets some room to
    grow. The length is even."""
    body = b"".join(tag.frames)
    needed = HEADER_BYTES + len(body)
    if available % 2 == 0 and needed <= available <= needed + _MOST_ROOM_BYTES:
        length = available
    else:
        length = needed + _ROOM_BYTES + needed % 2
    header = b"ID3" + bytes([tag.version, 0, 0]) + _as_synchsafe(length - HEADER_BYTES)
    return header + body + bytes(length - needed)


def rendered(frames: Sequence[Any], version: int) -> list[bytes]:
    """Mutagen's frames as bytes, in the order in which players like to find them."""
    tag, file = _id3.ID3(), io.BytesIO()
    for frame in frames:
        tag.add(frame)
    tag.save(file, v1=0, v2_version=version, v23_sep=None, padding=lambda _: 0)
    return list(split(file.getvalue()).frames) if frames else []


def _frames(body: bytes, size_of: Callable[[bytes], int]) -> list[bytes]:
    frames: list[bytes] = []
    at = 0
    while at < len(body) and body[at]:  # a zero where a name should be: the rest is room to grow
        header = body[at : at + HEADER_BYTES]
        end = at + HEADER_BYTES + size_of(header[4:8])
        if len(header) < HEADER_BYTES or not _FRAME_ID.fullmatch(header[:4]) or end > len(body):
            raise Unreadable(f"it is damaged behind its frame {len(frames)}")
        frames.append(body[at:end])
        at = end
    return frames


def _frames_of_version_4(body: bytes) -> list[bytes]:
    try:
        return _frames(body, _synchsafe)
    except Unreadable:
        # iTunes counted as in version 2.3. Ours stand beside them, so theirs get the size that the standard wants.
        return [frame[:4] + _as_synchsafe(_plain(frame[4:8])) + frame[8:] for frame in _frames(body, _plain)]


def _marked_unsynchronised(frame: bytes) -> bytes:
    return frame[:9] + bytes([frame[9] | _FRAME_UNSYNCHRONISED]) + frame[10:]


def _extended_bytes(body: bytes, version: int) -> int:
    if _FRAME_ID.fullmatch(body[:4]):
        return 0  # announced, and not there
    return _synchsafe(body[:4]) if version == 4 else 4 + _plain(body[:4])


def _brought_forward(tag: bytes) -> bytes:
    file = io.BytesIO()
    _id3.ID3(io.BytesIO(tag), v2_version=3, load_v1=False).save(
        file, v1=0, v2_version=3, v23_sep=None, padding=lambda _: 0
    )
    return file.getvalue()


def _plain(four: bytes) -> int:
    return int.from_bytes(four, "big")


def _synchsafe(four: bytes) -> int:
    if any(byte & 0x80 for byte in four):
        raise Unreadable("a size in it makes no sense")
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=False))


def _as_synchsafe(size: int) -> bytes:
    if size >= 1 << 28:
        raise Unreadable("more than 256 MB do not fit")
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
