"""Sounds that have little in common, for measuring meters against each other: each `(rate, seconds) -> planar sound`.

Full scale is 1; `hot` goes beyond it. The same arguments give the same samples.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from bench.proof_files import music
from integrations.sandbox.music import Piece, Samples, play

_Line = npt.NDArray[np.float64]


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _times(rate_hz: int, duration_s: float) -> _Line:
    return np.arange(round(rate_hz * duration_s)) / rate_hz


def _stereo(left: _Line, right: _Line | None = None) -> Samples:
    return np.asarray([left, left if right is None else right], np.float32)


def _band(noise: _Line, rate_hz: int, low_hz: float, high_hz: float) -> _Line:
    """What lies between, scaled to a mean power of one."""
    spectrum = scipy.fft.rfft(noise)
    frequencies = np.arange(len(spectrum)) * rate_hz / len(noise)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    heard = scipy.fft.irfft(spectrum, len(noise))
    return np.asarray(heard / np.sqrt(np.mean(heard**2)))


# --- music -----------------------------------------------------------------------------------------------------------


def mastered(rate_hz: int, duration_s: float) -> Samples:
    return music(1, duration_s, rate_hz)


def mastered_too(rate_hz: int, duration_s: float) -> Samples:
    return music(2, duration_s, rate_hz)


def bright(rate_hz: int, duration_s: float) -> Samples:
    """As the sandbox plays it: drums as bright as noise."""
    return play(Piece("Bright", "Nobody", 131.0, "Ebm", duration_s, seed=33), rate_hz)


def dense(rate_hz: int, duration_s: float) -> Samples:
    """Three pieces at once, pressed against the ceiling without corners."""
    parts = [Piece("Dense", "Nobody", bpm, key, duration_s, seed) for bpm, key, seed in _THREE]
    together = np.sum([play(part, rate_hz) for part in parts], axis=0)
    return np.asarray(0.98 * np.tanh(3 * together), np.float32)


_THREE = ((92.0, "C", 5), (138.0, "Am", 6), (174.0, "G", 7))


def clipped(rate_hz: int, duration_s: float) -> Samples:
    """Twelve dB too loud, cut off at full scale."""
    return np.clip(4 * bright(rate_hz, duration_s), -1, 1)


def clipped_below(rate_hz: int, duration_s: float) -> Samples:
    """Cut off, then turned down: no sample at full scale, and as many corners."""
    return np.asarray(0.7 * np.clip(6 * mastered(rate_hz, duration_s), -1, 1), np.float32)


def hot(rate_hz: int, duration_s: float) -> Samples:
    """Beyond full scale by up to 3.5 dB, as float files and decoders of loud lossy files are."""
    return np.asarray(1.66 * mastered(rate_hz, duration_s), np.float32)


def quiet(rate_hz: int, duration_s: float) -> Samples:
    """40 dB below."""
    return np.asarray(0.01 * mastered_too(rate_hz, duration_s), np.float32)


def very_quiet(rate_hz: int, duration_s: float) -> Samples:
    """54 dB below: some 60 steps of 16 bits."""
    return np.asarray(0.002 * mastered_too(rate_hz, duration_s), np.float32)


def with_long_silence(rate_hz: int, duration_s: float) -> Samples:
    """A fifth of it silent before, a third within."""
    sound = mastered(rate_hz, duration_s).copy()
    length = sound.shape[1]
    sound[:, : length // 5] = 0
    sound[:, length // 2 : 5 * length // 6] = 0
    return sound


def crescendo(rate_hz: int, duration_s: float) -> Samples:
    """From -66 dB up to the top: half of it below one gate or the other."""
    sound = mastered_too(rate_hz, duration_s)
    return np.asarray(sound * 10 ** np.linspace(-3.3, 0, sound.shape[1]), np.float32)


def in_one_ear(rate_hz: int, duration_s: float) -> Samples:
    sound = mastered(rate_hz, duration_s).copy()
    sound[1] = 0
    return sound


def off_centre(rate_hz: int, duration_s: float) -> Samples:
    """With direct current under it."""
    return np.asarray(0.7 * mastered(rate_hz, duration_s) + 0.15, np.float32)


# --- no music --------------------------------------------------------------------------------------------------------


def speech_like(rate_hz: int, duration_s: float) -> Samples:
    """Noise in three formants, four syllables a second, a breath every other second."""
    rng, time_s = _rng(3), _times(rate_hz, duration_s)
    formants = ((350, 800, 1.0), (1100, 1900, 0.5), (2400, 3300, 0.25))
    voice = np.sum(
        [share * _band(rng.standard_normal(len(time_s)), rate_hz, low, high) for low, high, share in formants], axis=0
    )
    syllables = np.sin(2 * np.pi * 2 * time_s) ** 2 * (time_s % 2.3 < 1.7)
    words = 0.3 + 0.7 * rng.random(round(2 * duration_s) + 2)[(2 * time_s).astype(np.intp)]
    return _stereo(0.1 * voice * syllables * words)


def bursts(rate_hz: int, duration_s: float) -> Samples:
    """30 ms of a tone, each another one and elsewhere, in digital silence."""
    rng, sound = _rng(4), np.zeros((2, round(rate_hz * duration_s)))
    time_s = _times(rate_hz, 0.03)
    for start_s in np.arange(0.2, duration_s - 0.1, 0.37):
        tone = np.sin(2 * np.pi * rng.uniform(100, 0.4 * rate_hz) * time_s) * np.hanning(len(time_s))
        first = round(start_s * rate_hz)
        sound[:, first : first + len(tone)] += rng.uniform(0.05, 0.95) * rng.random((2, 1)) * tone
    return np.asarray(sound, np.float32)


def clicks(rate_hz: int, duration_s: float) -> Samples:
    """Single samples over faint noise: the sharpest peak that there is."""
    rng = _rng(5)
    sound = 0.003 * rng.standard_normal((2, round(rate_hz * duration_s)))
    sound[:, :: rate_hz // 3] += 0.8
    return np.asarray(sound, np.float32)


def quarter_sine(rate_hz: int, duration_s: float) -> Samples:
    """At a quarter of the rate, sampled at its worst: the wave rises 3.01 dB above every sample."""
    phase = np.pi / 2 * np.arange(round(rate_hz * duration_s)) + np.pi / 4
    return _stereo(0.9 * np.sin(phase))


def nearly_quarter_sines(rate_hz: int, duration_s: float) -> Samples:
    """Beside a quarter and beside a third of the rate, beating against the samples; one in each ear."""
    turns = np.arange(round(rate_hz * duration_s))
    return _stereo(0.95 * np.sin(2 * np.pi * 0.25007 * turns), 0.8 * np.sin(2 * np.pi * 0.33341 * turns + 1))


def organ(rate_hz: int, duration_s: float) -> Samples:
    """Pure tones, 30 cents off, a new chord every three seconds."""
    time_s = _times(rate_hz, duration_s)
    chord = (time_s // 3).astype(np.intp) % 4
    tones = np.array([[0, 4, 7, 12], [5, 9, 12, 17], [7, 11, 14, 19], [9, 12, 16, 21]])[chord]
    frequency_hz = 220 * 2 ** ((tones + 0.3) / 12)
    phase = np.cumsum(2 * np.pi * frequency_hz / rate_hz, axis=0)
    return _stereo(0.2 * np.sin(phase).sum(axis=1), 0.2 * np.sin(phase + 0.4).sum(axis=1))


def sweep(rate_hz: int, duration_s: float) -> Samples:
    """From 20 Hz to 0.45 of the rate, equal octaves in equal times."""
    time_s = _times(rate_hz, duration_s)
    octaves = np.log(0.45 * rate_hz / 20) / duration_s
    return _stereo(0.8 * np.sin(2 * np.pi * 20 * (np.exp(octaves * time_s) - 1) / octaves))


def square(rate_hz: int, duration_s: float) -> Samples:
    """110 Hz with hard corners, at 0.5 and 0.9 by turns."""
    time_s = _times(rate_hz, duration_s)
    return _stereo(np.where(time_s % 4 < 2, 0.5, 0.9) * np.sign(np.sin(2 * np.pi * 110.3 * time_s + 0.1)))


def white_clipped(rate_hz: int, duration_s: float) -> Samples:
    """The worst between samples that can be had: noise, all of it at the ceiling or the floor."""
    noise = 0.12 * _rng(6).standard_normal((2, round(rate_hz * duration_s)))
    return np.sign(np.asarray(noise, np.float32))


def rumble(rate_hz: int, duration_s: float) -> Samples:
    """20 to 70 Hz, where the weighting is steepest."""
    noise = _rng(7).standard_normal(round(rate_hz * duration_s))
    return _stereo(0.2 * _band(noise, rate_hz, 20, 70))


def hiss(rate_hz: int, duration_s: float) -> Samples:
    """Treble alone, from 0.3 of the rate up to 0.45."""
    noise = _rng(8).standard_normal(round(rate_hz * duration_s))
    return _stereo(0.1 * _band(noise, rate_hz, 0.3 * rate_hz, 0.45 * rate_hz))
