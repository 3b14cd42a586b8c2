"""Holes: stretches where the sound is switched off and on again, with nothing of the way down or up.

A pause that somebody plays dies away over tenths of a second. Where data is missing, the sound stops within a few
milliseconds; but a lossy codec that was given such a hole rings on, or begins too early, for as long as some dry drums
do. So two kinds are told apart: holes, with an edge like a knife's on both sides, and sudden stops. A producer's hard
mute looks like a hole, too: whether it is one is for `daemon.pipeline.proof` to say, which knows the beat.

All of it is seen in the outline, to a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.pieces import Piece, bin_samples

SHORTEST_S = 0.5

_SILENCE = 10 ** (-70 / 20)
"""-70 dBFS: codecs do not keep digital silence to the last bit."""
_SHORTEST_QUIET_S = 0.35
"""So long nothing is heard: with the ways down and up it may be half a second."""
_LOWEST_RATE_HZ = 640
"""Below, a bin of the outline is coarser than an edge."""
_CONTEXT_S = 0.5
"""What is heard so long before and after gives the level that an edge is measured by."""
_LOUD = 10 ** (-36 / 20)
_FULL_LEVEL = 10 ** (-12 / 20)
"""Of that level: so near it the sound still counts as going on."""
_KNIFE_S = 0.010
"""From full level to silence, or back: faster than anything that is played."""
_SUDDEN_FALL_S, _SUDDEN_RISE_S = 0.16, 0.10
"""What Opus makes of a knife's edge where the sound stops, and AAC and Vorbis where it begins again."""
_MOST = 100

Stretches = tuple[tuple[float, float], ...]
"""Start and length in seconds of each."""


@dataclass(frozen=True, slots=True)
class SuddenSilences:
    """Silences of half a second or more between loud sound. Silence at the ends is none of them."""

    holes: Stretches
    """Cut out as with a knife."""
    stops: Stretches
    """Reached too fast for most music, but not at once."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch of silence, and for how long the sound falls into it and rises out of it."""

    start_s: float
    length_s: float
    falls_s: float
    rises_s: float

    @property
    def cut_out(self) -> bool:
        return max(self.falls_s, self.rises_s) <= _KNIFE_S

    @property
    def sudden(self) -> bool:
        return self.falls_s <= _SUDDEN_FALL_S and self.rises_s <= _SUDDEN_RISE_S


class HoleFinder:
    """Looks for them in a sound that comes in pieces. What is kept is what a gap may yet be measured by: half a second
    before it, and of the gap itself, however long, no more than that."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._bins_per_s = sample_rate_hz / bin_samples(sample_rate_hz)
        self._context = round(_CONTEXT_S * self._bins_per_s)
        self._fewest = round(_SHORTEST_QUIET_S * self._bins_per_s)
        self._deaf = sample_rate_hz < _LOWEST_RATE_HZ
        self._peaks = np.zeros(0, np.float32)
        """The highest sample of any channel, bin by bin: the last ones."""
        self._first = 0
        """Which bin of the sound the first of these is."""
        self._left_out = 0
        """So many bins of silence are missing from the gap that comes next, because it is a long one."""
        self._measured_to = 0
        """Where in `_peaks` the last gap ends that was measured."""
        self._sudden: list[_Gap] = []

    def take(self, piece: Piece) -> None:
        if not self._deaf:
            self._peaks = np.concatenate([self._peaks, piece.reach.max(axis=0)])
            self._measure(ended=False)

    def silences(self) -> SuddenSilences:
        """Those in everything that was taken, at most a hundred of either kind."""
        if not self._deaf:
            self._measure(ended=True)
        return SuddenSilences(
            holes=_stretches(gap for gap in self._sudden if gap.cut_out),
            stops=_stretches(gap for gap in self._sudden if not gap.cut_out),
        )

    def _measure(self, *, ended: bool) -> None:
        """Measures every gap behind which enough was heard, and forgets what is needed no more."""
        audible = np.flatnonzero(self._peaks > _SILENCE)
        silent_from = int(audible[-1]) + 1 if len(audible) else 0
        needed = silent_from
        for begin, end in _quiet_stretches(self._peaks, self._fewest):
            if end <= self._measured_to:
                continue
            if not ended and end + self._context > len(self._peaks):
                needed = begin
                break
            self._note(begin, end)
            self._measured_to = end
            self._first += self._left_out
            self._left_out = 0
        too_many = max(0, len(self._peaks) - silent_from - 2 * self._context)
        forgotten = max(0, needed - self._context)
        self._peaks = self._peaks[forgotten : len(self._peaks) - too_many]
        self._left_out += too_many
        self._first += forgotten
        self._measured_to = max(0, self._measured_to - forgotten)

    def _note(self, begin: int, end: int) -> None:
        falls, rises = self._edge(self._peaks[:begin][::-1]), self._edge(self._peaks[end:])
        if falls is None or rises is None:
            return
        gap = _Gap(
            start_s=(self._first + begin - falls) / self._bins_per_s,
            length_s=(falls + end - begin + self._left_out + rises) / self._bins_per_s,
            falls_s=falls / self._bins_per_s,
            rises_s=rises / self._bins_per_s,
        )
        if gap.sudden and gap.length_s >= SHORTEST_S:
            self._sudden.append(gap)

    def _edge(self, outwards: npt.NDArray[np.float32]) -> int | None:
        """How many bins the sound that borders on a gap takes to its full level; None where it is not loud."""
        heard = outwards[: self._context]
        if not len(heard):
            return None
        level = np.percentile(heard, 75)
        return None if level < _LOUD else int(np.argmax(heard >= _FULL_LEVEL * level))


def _stretches(gaps: Iterable[_Gap]) -> Stretches:
    return tuple((round(gap.start_s, 3), round(gap.length_s, 3)) for gap in gaps)[:_MOST]


def _quiet_stretches(peaks: npt.NDArray[np.float32], fewest: int) -> list[tuple[int, int]]:
    """Where nothing is heard for long enough: the first bin, and the first one behind."""
    quiet = np.concatenate(([False], peaks <= _SILENCE, [False]))
    edges = np.flatnonzero(quiet[1:] != quiet[:-1])
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2) if end - begin >= fewest]
