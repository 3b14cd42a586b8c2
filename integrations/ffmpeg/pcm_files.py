"""WAV and AIFF, written by hand: FFmpeg gives a 24-bit WAV the format code 0xFFFE, which some players do not read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from daemon.errors import BadMedia
from daemon.models import Format
from integrations.ffmpeg.quantising import Integers

_WAV_FORMAT_PCM = 0x0001
_SIZE_LIMIT_BYTES = 0xFFFFFFFF - 4_000_000
"""Sizes are 32 bits wide in both; the rest is room for headers and for tags with a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PcmSpec:
    """How the samples lie in the file."""

    channels: int
    sample_rate_hz: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        """One sample of every channel."""
        return self.channels * self.bits // 8

    def fits(self, frames: int) -> bool:
        """Whether so many samples of a channel can be told of in 32 bits."""
        return frames * self.frame_bytes <= _SIZE_LIMIT_BYTES


class PcmFileWriter:
    """A WAV or AIFF file; its sizes are filled in at the end."""

    def __init__(self, target: Path, spec: PcmSpec, format: Literal[Format.WAV, Format.AIFF]) -> None:
        self._spec = spec
        self._format = format
        self._frames = 0
        self._file = target.open("wb")
        self._name = target.name

    def __enter__(self) -> Self:
        self._file.write(self._header())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            if kind is None:
                self._file.write(b"\0" * (self._data_bytes % 2))
                self._file.seek(0)
                self._file.write(self._header())

    def write(self, block: Integers) -> None:
        self._frames += block.shape[1]
        if not self._spec.fits(self._frames):
            raise BadMedia(
                f"{self._name} would pass 4 GB, more than {self._format.upper()} can hold: "
                "leave that format out, or render it with fewer bits."
            )
        self._file.write(_interleaved(block, self._spec.bits, "<" if self._format is Format.WAV else ">").data)

    @property
    def _data_bytes(self) -> int:
        return self._frames * self._spec.frame_bytes

    def _header(self) -> bytes:
        return (_wav_header if self._format is Format.WAV else _aiff_header)(self._spec, self._frames)


def _interleaved(block: Integers, bits: int, byte_order: Literal["<", ">"]) -> npt.NDArray[Any]:
    if bits == 16:
        return np.ascontiguousarray(block.T, f"{byte_order}i2")
    words = np.ascontiguousarray(block.T, f"{byte_order}i4")
    significant = slice(0, 3) if byte_order == "<" else slice(1, 4)
    return np.ascontiguousarray(words.reshape(-1, 1).view(np.uint8)[:, significant])


def _wav_header(spec: PcmSpec, frames: int) -> bytes:
    data_bytes = frames * spec.frame_bytes
    rate_hz = spec.sample_rate_hz
    format_chunk = struct.pack(
        "<HHIIHH", _WAV_FORMAT_PCM, spec.channels, rate_hz, rate_hz * spec.frame_bytes, spec.frame_bytes, spec.bits
    )
    chunks = b"fmt " + struct.pack("<I", len(format_chunk)) + format_chunk + b"data" + struct.pack("<I", data_bytes)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + _padded(data_bytes)) + b"WAVE" + chunks


def _aiff_header(spec: PcmSpec, frames: int) -> bytes:
    data_bytes = frames * spec.frame_bytes
    common = struct.pack(">hIh", spec.channels, frames, spec.bits) + _extended(spec.sample_rate_hz)
    # The sound's chunk begins with an offset and a block size, both unused.
    chunks = b"COMM" + struct.pack(">I", len(common)) + common + b"SSND" + struct.pack(">III", 8 + data_bytes, 0, 0)
    return b"FORM" + struct.pack(">I", 4 + len(chunks) + _padded(data_bytes)) + b"AIFF" + chunks


def _padded(size: int) -> int:
    """Chunks begin on even bytes; the filling counts for the file, not for the chunk."""
    return size + size % 2


def _extended(value: int) -> bytes:
    """An 80-bit float, as AIFF writes its rate."""
    exponent = value.bit_length() - 1
    return struct.pack(">HQ", 16383 + exponent, value << (63 - exponent))
