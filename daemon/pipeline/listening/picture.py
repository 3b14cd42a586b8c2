"""A picture of the wave: its extremes in a thousand points, though how long it is shows only when it has ended."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound
from daemon.pipeline.listening.pieces import Piece

PICTURE_POINTS = 1000

_COLUMNS = 1 << 15
"""Of which at least half are full in the end: so a point's borders are right to a sixteenth of its width."""


class Painter:
    """Draws a sound that comes in pieces. A sound of one piece is drawn to the sample. Of a longer one columns are
    kept; when there are too many of them, every two become one."""

    def __init__(self) -> None:
        self._only: Sound | None = None
        self._lowest = np.full(_COLUMNS, np.inf, np.float32)
        self._highest = np.full(_COLUMNS, -np.inf, np.float32)
        self._bins_per_column = 1
        self._bins = 0
        self._bin_samples = 1
        self._samples = 0

    def take(self, piece: Piece) -> None:
        self._only = None if self._samples else piece.samples.copy()
        self._samples += piece.samples.shape[1]
        self._bin_samples = piece.bin_samples
        lowest, highest = piece.lowest.min(axis=0), piece.highest.max(axis=0)
        while self._bins + len(lowest) > _COLUMNS * self._bins_per_column:
            self._fold()
        columns = np.arange(self._bins, self._bins + len(lowest)) // self._bins_per_column
        first = np.flatnonzero(np.diff(columns, prepend=-1))
        at = columns[first]
        self._lowest[at] = np.minimum(self._lowest[at], np.minimum.reduceat(lowest, first))
        self._highest[at] = np.maximum(self._highest[at], np.maximum.reduceat(highest, first))
        self._bins += len(lowest)

    def picture(self) -> npt.NDArray[np.float32]:
        """(1000, 2): the lowest and the highest sample of any channel in each thousandth of what was taken."""
        if not self._samples:
            return np.zeros((PICTURE_POINTS, 2), np.float32)
        starts = np.arange(PICTURE_POINTS) * self._samples // PICTURE_POINTS
        if self._only is not None:
            return _drawn(self._only.min(axis=0), self._only.max(axis=0), starts)
        column = self._bin_samples * self._bins_per_column
        full = -(-self._bins // self._bins_per_column)
        return _drawn(self._lowest[:full], self._highest[:full], starts // column)

    def _fold(self) -> None:
        half = _COLUMNS // 2
        self._lowest[:half] = np.minimum(self._lowest[0::2], self._lowest[1::2])
        self._highest[:half] = np.maximum(self._highest[0::2], self._highest[1::2])
        self._lowest[half:], self._highest[half:] = np.inf, -np.inf
        self._bins_per_column *= 2


def _drawn(lowest: Sound, highest: Sound, starts: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    return np.stack([np.minimum.reduceat(lowest, starts), np.maximum.reduceat(highest, starts)], axis=1)
