"""The chunk of a WAV or an AIFF that holds its ID3 tag. Every other chunk keeps its bytes, wherever it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from daemon.errors import BadMedia
from daemon.models import Format

_HEADER_BYTES = 8
_FIRST_CHUNK = 12
"""Behind the container's name, its size, and what it contains."""
_LARGEST = 0xFFFF_FFFF
_BLOCK_BYTES = 1 << 20
_TAG_IDS = (b"id3 ", b"ID3 ")
"""Programs write the one or the other into either container, and read both."""


@dataclass(frozen=True, slots=True)
class _Container:
    names: tuple[bytes, ...]
    contents: tuple[bytes, ...]
    order: Literal["little", "big"]
    tag_id: bytes
    """Of a chunk that we make."""


_CONTAINERS = {
    Format.WAV: _Container((b"RIFF",), (b"WAVE",), "little", b"id3 "),
    Format.AIFF: _Container((b"FORM",), (b"AIFF", b"AIFC"), "big", b"ID3 "),
}


@dataclass(frozen=True, slots=True)
class _Chunk:
    id: bytes
    start: int
    """Of its header."""
    size: int
    """As its header says: without the header, and without the byte that makes it even."""

    @property
    def body(self) -> int:
        return self.start + _HEADER_BYTES

    @property
    def end(self) -> int:
        return self.body + self.size + self.size % 2


def read_tag(path: Path, format: Format) -> bytes | None:
    """What the tag's chunk holds; None where there is none. Raises BadMedia when the file is not of that format or its
    chunks do not add up, OSError as the disk does."""
    with path.open("rb") as file:
        chunk = _tag_chunk(_chunks(file, path, _CONTAINERS[format]))
        if chunk is None:
            return None
        file.seek(chunk.body)
        return file.read(chunk.size)


def write_tag(path: Path, format: Format, tag: bytes) -> None:
    """Puts the tag, whose length is even, into its chunk, in place; a new chunk comes last. Raises as `read_tag`."""
    container = _CONTAINERS[format]
    with path.open("r+b") as file:
        chunks = _chunks(file, path, container)
        end = chunks[-1].end if chunks else _FIRST_CHUNK
        old = _tag_chunk(chunks) or _Chunk(container.tag_id, end, -_HEADER_BYTES)
        if old.size == len(tag):
            file.seek(old.body)
            file.write(tag)
            return
        whole = end - _HEADER_BYTES + len(tag) - old.size - old.size % 2
        if whole > _LARGEST:
            raise BadMedia(f"{path.name} is too long for tags: a {path.suffix} file holds 4 GB.")
        if end > _length(file):
            file.truncate(end)  # the zero that an odd chunk at the end lacked
        new = old.id + len(tag).to_bytes(4, container.order) + tag
        _splice(file, old.start, old.end - old.start, new)
        file.seek(4)
        file.write(whole.to_bytes(4, container.order))


def _chunks(file: BinaryIO, path: Path, container: _Container) -> list[_Chunk]:
    head = file.read(_FIRST_CHUNK)
    if len(head) < _FIRST_CHUNK or head[:4] not in container.names or head[8:] not in container.contents:
        raise BadMedia(f"{path.name} is not the {path.suffix} file that its name says. Make it again.")
    end = _HEADER_BYTES + int.from_bytes(head[4:8], container.order)
    length = _length(file)
    if end > length + 1:  # of one that ends with an odd chunk, the last byte is often left out
        raise BadMedia(f"{path.name} is cut off: {length:,} bytes of {end:,}. Make it again.")
    return list(_walk(file, path, container, end))


def _walk(file: BinaryIO, path: Path, container: _Container, end: int) -> Iterator[_Chunk]:
    start = _FIRST_CHUNK
    while start + _HEADER_BYTES <= end:
        file.seek(start)
        header = file.read(_HEADER_BYTES)
        chunk = _Chunk(header[:4], start, int.from_bytes(header[4:], container.order))
        if chunk.body + chunk.size > end:
            raise BadMedia(f"{path.name}: its chunk {chunk.id!r} is cut off. Make it again.")
        yield chunk
        start = chunk.end


def _tag_chunk(chunks: list[_Chunk]) -> _Chunk | None:
    return next((chunk for chunk in chunks if chunk.id in _TAG_IDS), None)


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _splice(file: BinaryIO, start: int, old_bytes: int, new: bytes) -> None:
    """Replaces that stretch of the file; what follows moves, block by block."""
    source, target, left = start + old_bytes, start + len(new), _length(file) - start - old_bytes
    if target > source:
        for offset in range((left - 1) // _BLOCK_BYTES * _BLOCK_BYTES, -1, -_BLOCK_BYTES) if left else ():
            _move(file, source + offset, target + offset, min(_BLOCK_BYTES, left - offset))
    elif target < source:
        for offset in range(0, left, _BLOCK_BYTES):
            _move(file, source + offset, target + offset, min(_BLOCK_BYTES, left - offset))
        file.truncate(target + left)
    file.seek(start)
    file.write(new)


def _move(file: BinaryIO, source: int, target: int, size: int) -> None:
    file.seek(source)
    block = file.read(size)
    file.seek(target)
    file.write(block)
