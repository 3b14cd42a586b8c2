"""Everything that can be told from decoded sound, in one pass over memory. Pure: no file, no decoder, no clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from daemon.models import Key, Loudness, Tempo
from daemon.pipeline.listening import bandwidth, chroma, chromaprint, key, onset, waveform
from daemon.pipeline.listening import holes as gaps
from daemon.pipeline.listening import loudness as levels
from daemon.pipeline.listening import tempo as pulse
from daemon.pipeline.listening.framing import Sound

_LOUDEST_BELIEVABLE = 1e5
"""100 dB over full scale. Decoders may overshoot 1, but not so far: beyond this a sample is broken, not loud."""
_LOWEST_RATE_HZ = levels.LOWEST_RATE_HZ
_CANCELLED = 0.05
"""The channels' mean holds less than this share of their power: they are turned against each other."""
_ONE_EAR = 1e-6
"""-60 dB between the channels."""
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
    silences: gaps.SuddenSilences


def listen(planar: Sound, sample_rate_hz: int) -> Sounds:
    """Everything about (channels, samples) of float sound, of any length and rate. Raises nothing, and changes nothing
    in `planar`; what cannot be told is None or empty. Below 4 kHz only the samples themselves are looked at."""
    sound, broken = _repaired(np.ascontiguousarray(planar, dtype=np.float32))
    mono, cancelled = _mono(sound)
    heard_tempo, tonality, fingerprint = _musical(mono, sample_rate_hz)
    loudness = levels.loudness(sound, sample_rate_hz)
    silence = waveform.silence(sound, sample_rate_hz)
    clipped = waveform.clipped_samples(sound)
    dc_offset = waveform.dc_offset(sound)
    flags = {
        "broken samples": broken,
        "silent": silence.throughout,
        "one ear": _one_ear(sound),
        "out of phase": cancelled,
        "clipped": clipped > 0,
        "dc offset": abs(dc_offset) > _NOTABLE_OFFSET,
        "drifting tempo": heard_tempo is not None and not heard_tempo.steady,
        "low rate": sample_rate_hz < _LOWEST_RATE_HZ,
    }
    return Sounds(
        tempo=heard_tempo,
        key=tonality.key if tonality else None,
        tuning_cents=tonality.tuning_cents if tonality else 0.0,
        loudness=loudness,
        fingerprint=fingerprint,
        peaks=waveform.picture(sound),
        silence_start_s=silence.start_s,
        silence_end_s=silence.end_s,
        clipped_samples=clipped,
        dc_offset=dc_offset,
        energy=waveform.energy(loudness, heard_tempo),
        flags=tuple(flag for flag, raised in flags.items() if raised),
        cutoff_hz=bandwidth.cutoff_hz(sound, sample_rate_hz),
        silences=gaps.sudden_silences(sound, sample_rate_hz),
    )


def _musical(mono: Sound, sample_rate_hz: int) -> tuple[Tempo | None, key.Tonality | None, npt.NDArray[np.uint32]]:
    """Tempo, tonality and fingerprint, each at the lowest rate that holds what it needs, made from the one before."""
    if sample_rate_hz < _LOWEST_RATE_HZ:
        return None, None, np.zeros(0, np.uint32)
    for_tempo = _resampled(mono, sample_rate_hz, onset.SAMPLE_RATE_HZ)
    for_fingerprint = _resampled(for_tempo, onset.SAMPLE_RATE_HZ, chromaprint.SAMPLE_RATE_HZ)
    for_key = _resampled(for_fingerprint, chromaprint.SAMPLE_RATE_HZ, chroma.SAMPLE_RATE_HZ)
    return pulse.tempo(for_tempo), key.tonality(for_key), chromaprint.fingerprint(for_fingerprint)


def _resampled(sound: Sound, from_hz: float, to_hz: float) -> Sound:
    """Low quality is enough: what is heard here lies well below the new rate's limit."""
    resampled: Sound = soxr.resample(sound, from_hz, to_hz, "LQ")
    return resampled


def _repaired(planar: Sound) -> tuple[Sound, bool]:
    """The sound with zeros where a sample is not a number or beyond belief, and whether there were any."""
    if not planar.size or max(planar.max(), -planar.min()) <= _LOUDEST_BELIEVABLE:
        return planar, False
    return np.where(np.abs(planar) <= _LOUDEST_BELIEVABLE, planar, np.float32(0)), True


def _mono(planar: Sound) -> tuple[Sound, bool]:
    """The channels' mean, and False; or where they cancel each other the strongest channel, and True."""
    if not planar.size:
        return np.zeros(0, np.float32), False
    if len(planar) == 1:
        return planar[0], False
    mean = planar.mean(axis=0)
    powers = _powers(planar)
    if np.dot(mean, mean) < _CANCELLED * powers.mean():
        return planar[np.argmax(powers)], True
    return mean, False


def _one_ear(planar: Sound) -> bool:
    if len(planar) != 2:
        return False
    quieter, louder = sorted(_powers(planar))
    return bool(quieter < _ONE_EAR * louder)


def _powers(planar: Sound) -> npt.NDArray[np.float32]:
    powers: npt.NDArray[np.float32] = np.einsum("ij,ij->i", planar, planar)
    return powers
