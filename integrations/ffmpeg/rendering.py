"""Finished sound files: ALAC in M4A, WAV and AIFF, with the same integers in each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Protocol, Self

import av
import numpy as np

from daemon.models import Format
from integrations.ffmpeg.pcm_files import PcmFileWriter, PcmSpec
from integrations.ffmpeg.quantising import Integers, Pcm

_BLOCK = 1 << 16

# 15 % faster than the encoder's own choice of 4 to 6, and no larger.
_ALAC_OPTIONS = {"min_prediction_order": "4", "max_prediction_order": "4"}


class SoundWriter(AbstractContextManager["SoundWriter"], Protocol):
    """A sound file in the making; it is whole once its `with` block has ended without an error."""

    def write(self, block: Integers) -> None:
        """The next samples, planar."""
        ...


def render(pcm: Pcm, format: Format, target: Path) -> None:
    """Writes the sound to `target`. Raises BadMedia when it is too long for the format, and OSError as the disk does;
    what was written until then is left for the caller to clear away."""
    spec = PcmSpec(channels=pcm.samples.shape[0], sample_rate_hz=pcm.sample_rate_hz, bits=pcm.bits)
    with open_writer(format, target, spec) as writer:
        for start in range(0, pcm.samples.shape[1], _BLOCK):
            writer.write(pcm.samples[:, start : start + _BLOCK])


def open_writer(format: Format, target: Path, spec: PcmSpec) -> SoundWriter:
    """A file to be written block by block, for sound that is too long to be held whole."""
    if format is Format.M4A:
        return _AlacWriter(target, spec)
    return PcmFileWriter(target, spec, format)


def holds(format: Format, spec: PcmSpec, frames: int) -> bool:
    """Whether so long a sound fits into that format at all."""
    return format is Format.M4A or spec.fits(frames)


class _AlacWriter:
    """ALAC in an M4A. The index stands at the end of the file, where tags can grow without moving the sound."""

    def __init__(self, target: Path, spec: PcmSpec) -> None:
        self._spec = spec
        self._layout = "mono" if spec.channels == 1 else "stereo"
        self._sample_format = "s16p" if spec.bits == 16 else "s32p"
        self._written = 0
        # `bitexact` leaves out the time of day and FFmpeg's version: the same sound is the same file.
        self._container = av.open(str(target), "w", format="ipod", options={"fflags": "+bitexact"})
        self._stream = self._container.add_stream("alac", rate=spec.sample_rate_hz, options=_ALAC_OPTIONS)
        self._stream.format = self._sample_format
        self._stream.layout = self._layout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._container:
            if kind is None:
                self._container.mux(self._stream.encode(None))

    def write(self, block: Integers) -> None:
        # FFmpeg takes 24 bits in the upper part of 32.
        aligned = block if self._spec.bits == 16 else np.left_shift(block, 8, order="C")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(aligned), format=self._sample_format, layout=self._layout
        )
        frame.sample_rate = self._spec.sample_rate_hz
        frame.time_base = Fraction(1, self._spec.sample_rate_hz)
        frame.pts = self._written
        self._written += block.shape[1]
        self._container.mux(self._stream.encode(frame))
