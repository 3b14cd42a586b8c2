"""Chromaprint's algorithm 2, which is what AcoustID speaks: the same words as libchromaprint, whole track, no program.

The sound (mono, 11,025 Hz) is cut into frames of 0.37 s, 0.12 s apart; the power between 28 and 3,520 Hz is summed by
pitch class, smoothed over five frames and scaled to unit length. Sixteen classifiers then slide over this image of
time and pitch: each compares two areas of it with each other and answers with one of four levels. Sixteen times two
bits make a word for each moment.

The sound may come in blocks: the image is kept, 1.4 MB an hour, and the classifiers slide over it at the end.

Method and tables: Chromaprint 1.5.1 (MIT), `src/fingerprinter_configuration.cpp`, `src/chroma.cpp`, `src/filter.h`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Framer, Sound, Spectrum, Tape, power

SAMPLE_RATE_HZ = 11_025
FRAME = 4096
HOP = FRAME // 3
WORDS_PER_S = SAMPLE_RATE_HZ / HOP

_LOWEST_HZ, _HIGHEST_HZ = 28, 3520
_FIRST_BIN = round(_LOWEST_HZ * FRAME / SAMPLE_RATE_HZ)
_END_BIN = round(_HIGHEST_HZ * FRAME / SAMPLE_RATE_HZ)
_LOWEST_A_HZ = 440 / 16
_SMOOTHING = (0.25, 0.75, 1.0, 0.75, 0.25)
_SILENT_NORM = 0.01
"""A frame whose vector is shorter than this counts as silent."""
_SPAN = 16
"""Smoothed frames that one word looks at."""
_FRAMES_BEHIND_A_WORD = _SPAN + len(_SMOOTHING) - 1
_WORDS_AT_ONCE = 2**13
"""A quarter of an hour: what is done at the end takes the same memory for any length."""
_GRAY_CODE = np.array([0, 1, 3, 2], np.uint32)
"""Neighbouring levels differ in one bit."""

_Values = npt.NDArray[np.float64]
_Area = Callable[[int, int, int, int], _Values]
"""(first frame, first pitch, end frame, end pitch) → the image's sum over that area, for every moment."""


class _Compare(Enum):
    """Which two areas of a rectangle are set against each other."""

    ALL = auto()
    UPPER_LOWER = auto()
    LATER_EARLIER = auto()
    DIAGONALS = auto()
    MIDDLE_PITCHES = auto()
    MIDDLE_MOMENTS = auto()


@dataclass(frozen=True, slots=True)
class _Classifier:
    compare: _Compare
    pitch: int
    height: int
    width: int
    thresholds: tuple[float, float, float]


_CLASSIFIERS = (
    _Classifier(_Compare.ALL, 4, 3, 15, (1.98215, 2.35817, 2.63523)),
    _Classifier(_Compare.MIDDLE_PITCHES, 4, 6, 15, (-1.03809, -0.651211, -0.282167)),
    _Classifier(_Compare.UPPER_LOWER, 0, 4, 16, (-0.298702, 0.119262, 0.558497)),
    _Classifier(_Compare.DIAGONALS, 8, 2, 12, (-0.105439, 0.0153946, 0.135898)),
    _Classifier(_Compare.DIAGONALS, 4, 4, 8, (-0.142891, 0.0258736, 0.200632)),
    _Classifier(_Compare.MIDDLE_PITCHES, 0, 3, 5, (-0.826319, -0.590612, -0.368214)),
    _Classifier(_Compare.UPPER_LOWER, 2, 2, 9, (-0.557409, -0.233035, 0.0534525)),
    _Classifier(_Compare.LATER_EARLIER, 7, 3, 4, (-0.0646826, 0.00620476, 0.0784847)),
    _Classifier(_Compare.LATER_EARLIER, 6, 2, 16, (-0.192387, -0.029699, 0.215855)),
    _Classifier(_Compare.LATER_EARLIER, 1, 3, 2, (-0.0397818, -0.00568076, 0.0292026)),
    _Classifier(_Compare.MIDDLE_MOMENTS, 10, 1, 15, (-0.53823, -0.369934, -0.190235)),
    _Classifier(_Compare.DIAGONALS, 6, 2, 10, (-0.124877, 0.0296483, 0.139239)),
    _Classifier(_Compare.LATER_EARLIER, 1, 1, 14, (-0.101475, 0.0225617, 0.231971)),
    _Classifier(_Compare.DIAGONALS, 5, 6, 4, (-0.0799915, -0.00729616, 0.063262)),
    _Classifier(_Compare.UPPER_LOWER, 9, 2, 12, (-0.272556, 0.019424, 0.302559)),
    _Classifier(_Compare.DIAGONALS, 4, 2, 14, (-0.164292, -0.0321188, 0.0846339)),
)


class Fingerprinter:
    """Takes the fingerprint of mono sound at 11,025 Hz that comes in blocks."""

    def __init__(self) -> None:
        self._framer = Framer(_window(), HOP, _FIRST_BIN, _END_BIN)
        self._image = Tape(12)

    def take(self, block: Sound) -> None:
        """The next block, of any length."""
        for spectrum in self._framer.take(block):
            self._image.add(_pitch_classes(spectrum))

    def words(self) -> npt.NDArray[np.uint32]:
        """One word for every 0.124 s; empty for less than 2.7 s of sound. A silent stretch gives one and the same word.
        To be asked once, when everything was taken."""
        for spectrum in self._framer.rest():
            self._image.add(_pitch_classes(spectrum))
        image = self._image.rows()
        words = np.zeros(max(0, len(image) - _FRAMES_BEHIND_A_WORD + 1), np.uint32)
        for start in range(0, len(words), _WORDS_AT_ONCE):
            end = min(start + _WORDS_AT_ONCE, len(words))
            words[start:end] = _words(_smoothed(image[start : end + _FRAMES_BEHIND_A_WORD - 1]))
        return words


def fingerprint(sound: Sound) -> npt.NDArray[np.uint32]:
    """The same of a whole sound."""
    fingerprinter = Fingerprinter()
    fingerprinter.take(sound)
    return fingerprinter.words()


def _pitch_classes(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    return power(spectrum) @ _bins_to_pitch_classes()


def _words(image: _Values) -> npt.NDArray[np.uint32]:
    moments = len(image) - _SPAN + 1
    area = _area_sums(image, moments)
    words = np.zeros(moments, np.uint32)
    for classifier in _CLASSIFIERS:
        words = (words << np.uint32(2)) | _GRAY_CODE[_levels(classifier, area)]
    return words


def _smoothed(image: npt.NDArray[np.float32]) -> _Values:
    """Five frames run into each other, and every frame scaled to unit length; a silent one is all zero."""
    count = len(image) - len(_SMOOTHING) + 1
    smooth = np.zeros((count, 12))
    for shift, weight in enumerate(_SMOOTHING):
        smooth += weight * image[shift : shift + count]
    norm = np.sqrt((smooth * smooth).sum(axis=1, keepdims=True))
    return np.where(norm < _SILENT_NORM, 0, smooth / np.maximum(norm, _SILENT_NORM))


def _area_sums(image: _Values, moments: int) -> _Area:
    """Sums over any rectangle in four look-ups each, by an integral image."""
    integral = np.zeros((len(image) + 1, 13))
    integral[1:, 1:] = image.cumsum(axis=0).cumsum(axis=1)

    def area(first_frame: int, first_pitch: int, end_frame: int, end_pitch: int) -> _Values:
        columns = integral[:, end_pitch] - integral[:, first_pitch]
        return columns[end_frame : end_frame + moments] - columns[first_frame : first_frame + moments]

    return area


def _levels(classifier: _Classifier, area: _Area) -> npt.NDArray[np.intp]:
    one, other = _two_areas(classifier, area)
    return np.searchsorted(classifier.thresholds, np.log((1 + one) / (1 + other)), side="right")


def _two_areas(classifier: _Classifier, area: _Area) -> tuple[_Values, _Values]:
    low, high = classifier.pitch, classifier.pitch + classifier.height
    end = classifier.width
    half_pitch, half_time = low + classifier.height // 2, classifier.width // 2
    third_pitch, third_time = classifier.height // 3, classifier.width // 3
    whole = area(0, low, end, high)
    match classifier.compare:
        case _Compare.ALL:
            return whole, np.zeros_like(whole)
        case _Compare.UPPER_LOWER:
            part = area(0, half_pitch, end, high)
        case _Compare.LATER_EARLIER:
            part = area(half_time, low, end, high)
        case _Compare.DIAGONALS:
            part = area(0, half_pitch, half_time, high) + area(half_time, low, end, half_pitch)
        case _Compare.MIDDLE_PITCHES:
            part = area(0, low + third_pitch, end, low + 2 * third_pitch)
        case _Compare.MIDDLE_MOMENTS:
            part = area(third_time, low, 2 * third_time, high)
    return part, whole - part


@cache
def _window() -> Sound:
    return np.hamming(FRAME).astype(np.float32)


@cache
def _bins_to_pitch_classes() -> npt.NDArray[np.float32]:
    octaves = np.log2(np.arange(_FIRST_BIN, _END_BIN) * SAMPLE_RATE_HZ / FRAME / _LOWEST_A_HZ)
    pitch_class = (12 * (octaves - np.floor(octaves))).astype(np.intp)
    table = np.zeros((_END_BIN - _FIRST_BIN, 12), np.float32)
    table[np.arange(len(table)), pitch_class] = 1
    return table
