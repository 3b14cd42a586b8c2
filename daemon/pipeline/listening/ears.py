"""Everything that can be told from decoded sound of any length, in one pass. Pure: no file, no decoder, no clock.

The sound is cut into pieces that fit the processor's cache, and every piece is given to everybody who listens; so ten
hours need little more memory than ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.models import Key, Loudness, Tempo
from daemon.pipeline.listening.balance import Balance
from daemon.pipeline.listening.bandwidth import TrebleMeter
from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.holes import HoleFinder, SuddenSilences
from daemon.pipeline.listening.loudness import LoudnessMeter
from daemon.pipeline.listening.musical import LOWEST_RATE_HZ, MusicalEar
from daemon.pipeline.listening.picture import Painter
from daemon.pipeline.listening.pieces import Piece, Pieces
from daemon.pipeline.listening.waveform import ClippingMeter, SilenceMeter, energy

_NOTABLE_OFFSET = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sounds:
    """What was heard; the sound's part of `daemon.models.Heard`."""

    tempo: Tempo | None
    key: Key | None
    tuning_cents: float
    """0 where nothing is tuned."""
    loudness: Loudness
    fingerprint: npt.NDArray[np.uint32]
    """Chromaprint words over the whole length."""
    peaks: npt.NDArray[np.float32]
    """(1000, 2): lowest and highest sample."""
    silence_start_s: float
    silence_end_s: float
    clipped_samples: int
    dc_offset: float
    energy: float
    """0 to 1."""
    flags: tuple[str, ...]
    """`broken samples`, `silent`, `one ear`, `out of phase`, `clipped`, `dc offset`, `drifting tempo`, `low rate`."""
    cutoff_hz: float | None
    """Where the treble breaks off; None where it does not."""
    silences: SuddenSilences


def listen(planar: Sound, sample_rate_hz: int) -> Sounds:
    """Everything about (channels, samples) of float sound that is in memory as a whole; as `Ears`."""
    ears = Ears(len(planar), sample_rate_hz)
    ears.hear(planar)
    return ears.sounds()


class Ears:
    """Hears a sound block by block. What is heard does not depend on how the sound was cut into blocks.

    Any length and any rate is answered; what cannot be told is None or empty. Below 4 kHz only the samples themselves
    are looked at. Raises nothing.
    """

    def __init__(self, channels: int, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._pieces = Pieces(channels, sample_rate_hz)
        channels = max(1, channels)
        self._broken = False
        self._balance = Balance(channels)
        self._musical = MusicalEar(sample_rate_hz)
        self._loudness = LoudnessMeter(channels, sample_rate_hz)
        self._silence = SilenceMeter(sample_rate_hz)
        self._clipping = ClippingMeter()
        self._painter = Painter()
        self._treble = TrebleMeter(channels, sample_rate_hz)
        self._holes = HoleFinder(sample_rate_hz)

    def hear(self, block: Sound) -> None:
        """The next (channels, samples) of the sound, of any length. They are not changed, nor kept."""
        for piece in self._pieces.take(block):
            self._hear(piece)

    def sounds(self) -> Sounds:
        """What was heard. To be asked once, after the last block."""
        for piece in self._pieces.rest():
            self._hear(piece)
        silences = self._holes.silences()
        cutoff_hz = self._treble.cutoff_hz()
        del self._treble  # its windows are as large as what the musical ear needs now
        heard = self._musical.heard()
        loudness = self._loudness.loudness()
        silence = self._silence.silence()
        clipped = self._clipping.clipped_samples()
        dc_offset = self._balance.dc_offset
        flags = {
            "broken samples": self._broken,
            "silent": silence.throughout,
            "one ear": self._balance.one_ear,
            "out of phase": self._balance.out_of_phase,
            "clipped": clipped > 0,
            "dc offset": abs(dc_offset) > _NOTABLE_OFFSET,
            "drifting tempo": heard.tempo is not None and not heard.tempo.steady,
            "low rate": self._rate_hz < LOWEST_RATE_HZ,
        }
        return Sounds(
            tempo=heard.tempo,
            key=heard.tonality.key if heard.tonality else None,
            tuning_cents=heard.tonality.tuning_cents if heard.tonality else 0.0,
            loudness=loudness,
            fingerprint=heard.fingerprint,
            peaks=self._painter.picture(),
            silence_start_s=silence.start_s,
            silence_end_s=silence.end_s,
            clipped_samples=clipped,
            dc_offset=dc_offset,
            energy=energy(loudness, heard.tempo),
            flags=tuple(flag for flag, raised in flags.items() if raised),
            cutoff_hz=cutoff_hz,
            silences=silences,
        )

    def _hear(self, piece: Piece) -> None:
        self._broken |= piece.broken
        self._musical.take(self._balance.take(piece))
        self._loudness.take(piece)
        self._silence.take(piece)
        self._clipping.take(piece)
        self._painter.take(piece)
        self._treble.take(piece)
        self._holes.take(piece)
