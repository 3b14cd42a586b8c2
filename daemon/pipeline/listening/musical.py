"""The musical side of a sound that comes in blocks: tempo, key and fingerprint, in one pass and bounded memory.

Each is heard at the lowest sample rate that holds what it needs, and each rate is made from the one before: 22,050 Hz
for the onsets, of which the tempo is told, 11,025 for the fingerprint, 5,512.5 for the notes. What is kept until the
end, mostly the onsets, is 7 MB for an hour of sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from daemon.models import Tempo
from daemon.pipeline.listening import chroma, chromaprint, key, onset, tempo
from daemon.pipeline.listening.framing import Sound

LOWEST_RATE_HZ = 4_000
"""Below there is nothing musical to be heard."""

_STEPS = np.float32(1 << 15)
"""Chromaprint hears integers of 16 bits, so that what is nearly nothing is silence to it."""
_QUALITY = "LQ"
"""Low is enough: what is heard lies well below the new rate's limit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Musical:
    """What was heard."""

    tempo: Tempo | None
    tonality: key.Tonality | None
    fingerprint: npt.NDArray[np.uint32]
    """Chromaprint words over the whole length."""


class MusicalEar:
    """Is fed a sound's mono blocks, and says at the end what was heard. What was heard does not depend on how the sound
    was cut into blocks; some ten thousand samples at a time are the fastest."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._cascade = _Cascade(sample_rate_hz) if sample_rate_hz >= LOWEST_RATE_HZ else None

    def take(self, mono: Sound) -> None:
        """The next block, of any length; it is not changed, nor kept."""
        if self._cascade:
            self._cascade.take(mono)

    def heard(self) -> Musical:
        """What the sound told; None where nothing can be told. To be asked once, when everything was taken."""
        cascade, self._cascade = self._cascade, None
        if not cascade:
            return Musical(tempo=None, tonality=None, fingerprint=np.zeros(0, np.uint32))
        cascade.take(np.zeros(0, np.float32), last=True)
        return cascade.heard()


class _Cascade:
    """From rate to rate, and at each somebody who listens."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._for_onsets = _resampler(sample_rate_hz, onset.SAMPLE_RATE_HZ)
        self._for_fingerprint = _resampler(onset.SAMPLE_RATE_HZ, chromaprint.SAMPLE_RATE_HZ)
        self._for_notes = _resampler(chromaprint.SAMPLE_RATE_HZ, chroma.SAMPLE_RATE_HZ)
        self._onsets = onset.OnsetListener()
        self._fingerprint = chromaprint.Fingerprinter()
        self._notes = chroma.ChromaListener()

    def take(self, mono: Sound, *, last: bool = False) -> None:
        block = self._for_onsets.resample_chunk(np.ascontiguousarray(mono, np.float32), last=last)
        self._onsets.take(block)
        block = self._for_fingerprint.resample_chunk(block, last=last)
        self._fingerprint.take(np.rint(block * _STEPS) / _STEPS)
        block = self._for_notes.resample_chunk(block, last=last)
        self._notes.take(block)

    def heard(self) -> Musical:
        """One after another, each making room for the next: the tempo needs the most."""
        fingerprint = self._fingerprint.words()
        del self._fingerprint
        tonality = key.tonality_of(self._notes.chroma())
        del self._notes
        onsets = self._onsets.strength()
        del self._onsets
        return Musical(tempo=tempo.tempo_of(onsets), tonality=tonality, fingerprint=fingerprint)


def _resampler(from_hz: float, to_hz: float) -> soxr.ResampleStream:
    return soxr.ResampleStream(from_hz, to_hz, num_channels=1, dtype="float32", quality=_QUALITY)
