"""The sound as it will be in every file, kept in the work folder: what one decode leaves for the rendering.

`master.pcm` holds interleaved little-endian integers (16 bits in two bytes, 24 bits in four) and `master.json` what
they are and which file they were made from. The second is written last: without it, or with one that does not fit,
there is no master, and it is made again. The same source gives the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import soxr

from integrations.ffmpeg.pcm_files import PcmSpec
from integrations.ffmpeg.quantising import Bits, Integers, Quantiser

_SOUND, _FACTS = "master.pcm", "master.json"
_DITHER_SEED: Final = 1
"""Always the same, so that rendering again after a kill gives the same bytes."""
_BLOCK = 1 << 16
_VERSION = 2
"""Of what is written; to be raised whenever the same source would give other integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a master is made from, and how."""

    source_name: str
    source_size: int
    source_mtime_ns: int
    bits: Bits
    sample_rate_hz: int | None
    """None: the source's own."""
    version: int = _VERSION

    @classmethod
    def of(cls, source: Path, bits: Bits, sample_rate_hz: int | None) -> Self:
        """For that file as it is now. Raises OSError when it is not there."""
        status = source.stat()
        return cls(
            source_name=source.name,
            source_size=status.st_size,
            source_mtime_ns=status.st_mtime_ns,
            bits=bits,
            sample_rate_hz=sample_rate_hz,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """A whole master in a folder."""

    path: Path
    spec: PcmSpec
    frames: int
    """Samples of one channel."""
    limited: int
    """How many samples lay beyond full scale and are held at it."""

    def blocks(self) -> Iterator[Integers]:
        """The sound from beginning to end, planar. Raises OSError as the disk does."""
        word, channels = _word(self.spec.bits), self.spec.channels
        with self.path.open("rb") as file:
            while (words := np.fromfile(file, word, _BLOCK * channels)).size:
                yield words.reshape(-1, channels).T


def find_master(folder: Path, recipe: Recipe) -> Master | None:
    """The master in that folder, if it is whole and made by that recipe; None when there is none."""
    try:
        facts = json.loads((folder / _FACTS).read_bytes())
        size = (folder / _SOUND).stat().st_size
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(facts, dict) or facts.get("recipe") != asdict(recipe):
        return None
    master = _as_told(folder, facts)
    word_bytes = _word(recipe.bits).itemsize
    return master if size == master.frames * master.spec.channels * word_bytes else None


def _as_told(folder: Path, facts: dict[str, Any]) -> Master:
    return Master(path=folder / _SOUND, spec=PcmSpec(**facts["spec"]), frames=facts["frames"], limited=facts["limited"])


class MasterWriter:
    """Takes decoded sound block by block; `finish` makes it a master. Without it nothing but a draft is left behind.

    `make_room` is asked before anything is written, with the bytes that come next: it may refuse by raising.
    """

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        *,
        channels: int,
        source_rate_hz: int,
        make_room: Callable[[int], None] = lambda _size: None,
    ) -> None:
        self._folder = folder
        self._recipe = recipe
        self._make_room = make_room
        rate_hz = recipe.sample_rate_hz or source_rate_hz
        self._spec = PcmSpec(channels=channels, sample_rate_hz=rate_hz, bits=recipe.bits)
        self._resampler = None
        if rate_hz != source_rate_hz:
            self._resampler = soxr.ResampleStream(source_rate_hz, rate_hz, channels, quality="VHQ")
        self._quantiser = Quantiser(channels, recipe.bits, _DITHER_SEED)
        self._frames = 0
        self._draft = folder / f"draft-{_SOUND}"
        self._file = self._draft.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        finally:
            self._draft.unlink(missing_ok=True)  # a disk that is full shall not stay full of it

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """The next samples, planar. Raises OSError as the disk does, and what `make_room` raises."""
        self._quantise(self._resampled(block, last=False))

    def finish(self) -> Master:
        """The master, whole and under its own name."""
        if self._resampler is not None:
            self._quantise(self._resampled(np.empty((self._spec.channels, 0), np.float32), last=True))
        self._put(self._quantiser.rest())
        # Else a crash of the machine could leave a file of the right length and of zeros.
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        facts = {
            "recipe": asdict(self._recipe),
            "spec": asdict(self._spec),
            "frames": self._frames,
            "limited": self._quantiser.limited,
        }
        told = self._folder / _FACTS
        told.unlink(missing_ok=True)  # an older one must not speak for this sound
        self._draft.replace(self._folder / _SOUND)
        draft = told.with_name(f"draft-{_FACTS}")
        draft.write_text(json.dumps(facts))
        draft.replace(told)
        return _as_told(self._folder, facts)

    def _resampled(self, block: npt.NDArray[np.float32], *, last: bool) -> npt.NDArray[np.float32]:
        if self._resampler is None:
            return block
        resampled: npt.NDArray[np.float32] = self._resampler.resample_chunk(np.ascontiguousarray(block.T), last=last)
        return resampled.T

    def _quantise(self, block: npt.NDArray[np.float32]) -> None:
        for integers in self._quantiser.take(block):
            self._put(integers)

    def _put(self, integers: Integers) -> None:
        words = np.ascontiguousarray(integers.T, _word(self._spec.bits))
        self._make_room(words.nbytes)
        self._file.write(words.data)
        self._frames += integers.shape[1]


def _word(bits: int) -> np.dtype[Any]:
    return np.dtype("<i2" if bits == 16 else "<i4")
