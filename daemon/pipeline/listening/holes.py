"""Holes: stretches where the sound is switched off and on again, with nothing of the way down or up.

A pause that somebody plays dies away over tenths of a second. Where data is missing, the sound stops within a few
milliseconds; but a lossy codec that was given such a hole rings on, or begins too early, for as long as some dry drums
do. So two kinds are told apart: holes, with an edge like a knife's on both sides, and sudden stops. A producer's hard
mute looks like a hole, too: whether it is one is for `daemon.pipeline.proof` to say, which knows the beat.

The sound is probed twenty times a second, which no silence of half a second escapes; only what is found is looked at
closely.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound

SHORTEST_S = 0.5

_SILENCE = 10 ** (-70 / 20)
"""-70 dBFS: codecs do not keep digital silence to the last bit."""
_PROBE_S = 0.05
_PROBE_SAMPLES = 32
_BLOCK_S = 0.001
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


def sudden_silences(planar: Sound, sample_rate_hz: int) -> SuddenSilences:
    """Those in (channels, samples) of sound, at most a hundred of either kind. Raises nothing."""
    measured = [
        _measured(planar, sample_rate_hz, first, last) for first, last in _quiet_stretches(planar, sample_rate_hz)
    ]
    sudden = [gap for gap in measured if gap is not None and gap.sudden and gap.length_s >= SHORTEST_S]
    return SuddenSilences(
        holes=_stretches(gap for gap in sudden if gap.cut_out),
        stops=_stretches(gap for gap in sudden if not gap.cut_out),
    )


def _stretches(gaps: Iterable[_Gap]) -> Stretches:
    return tuple((round(gap.start_s, 3), round(gap.length_s, 3)) for gap in gaps)[:_MOST]


def _quiet_stretches(planar: Sound, sample_rate_hz: int) -> list[tuple[int, int]]:
    """Where probe after probe hears nothing for long enough: the first and the last sample of the outermost probes."""
    hop = round(_PROBE_S * sample_rate_hz)
    if hop < _PROBE_SAMPLES or not len(planar) or planar.shape[1] < hop:
        return []
    probes = np.lib.stride_tricks.sliding_window_view(planar, _PROBE_SAMPLES, axis=1)[:, ::hop]
    quiet = np.abs(probes).max(axis=(0, 2)) <= _SILENCE
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    fewest = int(SHORTEST_S / _PROBE_S) - 2
    stretches = [(int(begin), int(end) - 1) for begin, end in edges.reshape(-1, 2) if end - begin >= fewest]
    return [(first * hop, last * hop + _PROBE_SAMPLES) for first, last in stretches]


def _measured(planar: Sound, sample_rate_hz: int, first: int, last: int) -> _Gap | None:
    """The silence around these samples, measured block by block; None where there is no loud sound on either side."""
    reach = round((_CONTEXT_S + 2 * _PROBE_S) * sample_rate_hz)
    middle = (first + last) // 2
    before = _peaks(planar[:, max(0, first - reach) : middle][:, ::-1], sample_rate_hz)
    after = _peaks(planar[:, middle : last + reach], sample_rate_hz)
    falls, rises = _edge(before), _edge(after)
    if falls is None or rises is None:
        return None
    block_s = _block_size(sample_rate_hz) / sample_rate_hz
    return _Gap(
        start_s=middle / sample_rate_hz - falls.sounds_at * block_s,
        length_s=(falls.sounds_at + rises.sounds_at) * block_s,
        falls_s=falls.blocks * block_s,
        rises_s=rises.blocks * block_s,
    )


@dataclass(frozen=True, slots=True)
class _Edge:
    """One end of a silence, seen from its middle, in blocks."""

    sounds_at: int
    """How far away the sound is at full level."""
    blocks: int
    """How long it is neither silent nor at full level."""


def _edge(peaks: npt.NDArray[np.float32]) -> _Edge | None:
    """The end of the silence that these blocks begin with; None where the silence has none, or no loud sound behind."""
    audible = np.flatnonzero(peaks > _SILENCE)
    if not len(audible):
        return None
    heard = peaks[audible[0] : audible[0] + round(_CONTEXT_S / _BLOCK_S)]
    level = np.percentile(heard, 75)
    if level < _LOUD:
        return None
    full = int(audible[0]) + int(np.argmax(heard >= _FULL_LEVEL * level))
    return _Edge(full, full - int(audible[0]))


def _peaks(planar: Sound, sample_rate_hz: int) -> npt.NDArray[np.float32]:
    """The highest sample of any channel, millisecond by millisecond."""
    size = _block_size(sample_rate_hz)
    blocks = planar.shape[1] // size
    highest: npt.NDArray[np.float32] = np.abs(planar[:, : blocks * size]).reshape(len(planar), blocks, size).max((0, 2))
    return highest


def _block_size(sample_rate_hz: int) -> int:
    return max(1, round(_BLOCK_S * sample_rate_hz))
