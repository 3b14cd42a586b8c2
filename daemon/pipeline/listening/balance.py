"""How the channels stand to each other and to zero, and what becomes of them in mono."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.pieces import Piece

_CANCELLED = 0.05
"""The channels' mean holds less than this share of their power: they are turned against each other."""
_ONE_EAR = 1e-6
"""-60 dB between the channels."""


class Balance:
    """The channels of a sound that comes in pieces."""

    def __init__(self, channels: int) -> None:
        self._samples = 0
        self._sums = np.zeros(channels)
        self._powers = np.zeros(channels)
        self._mean_power = 0.0

    def take(self, piece: Piece) -> Sound:
        """The piece in mono: the channels' mean, or where that cancels them the channel that was strongest so far.

        Each piece is judged by itself, so that a track is heard that is turned against itself in places only. At a
        border between two choices the wave may jump, as it does between two bars of music.
        """
        samples = piece.held
        count = samples.shape[1]
        powers = np.array([np.dot(channel, channel) for channel in samples], np.float64)
        self._samples += count
        self._sums += samples @ np.ones(count, np.float32)
        self._powers += powers
        if len(samples) == 1:
            self._mean_power += float(powers[0])
            only: Sound = samples[0]
            return only
        mean: Sound = np.full(len(samples), 1 / len(samples), np.float32) @ samples
        mean_power = float(np.dot(mean, mean))
        self._mean_power += mean_power
        if mean_power < _CANCELLED * powers.mean():
            mono: Sound = samples[np.argmax(self._powers)]
            return mono
        return mean

    @property
    def one_ear(self) -> bool:
        """Nearly everything is in one of two channels."""
        if len(self._powers) != 2:
            return False
        quieter, louder = sorted(self._powers)
        return bool(quieter < _ONE_EAR * louder)

    @property
    def out_of_phase(self) -> bool:
        """The channels cancel each other, taken as a whole."""
        return self._mean_power < _CANCELLED * float(self._powers.mean())

    @property
    def dc_offset(self) -> float:
        """The mean of the channel that is furthest off zero, with its sign."""
        means: npt.NDArray[np.float64] = self._sums / max(1, self._samples)
        return float(means[np.argmax(np.abs(means))])
