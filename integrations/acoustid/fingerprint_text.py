"""Chromaprint's words as the text that AcoustID reads. Pure.

Each word is told by the bits in which it differs from the one before it, each bit by its distance from the last, and
the end of a word by a zero. Distances are packed into three bits; what a seven leaves over goes into five bits each,
behind all of them. In front stand the algorithm and the number of words; around it all is URL-safe base64 without
padding.

Method: Chromaprint 1.5.1 (MIT), `src/fingerprint_compressor.cpp`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

_ALGORITHM = 1
"""Counted from zero: what Chromaprint's programs call algorithm 2."""
_GAP_BITS, _REST_BITS = 3, 5
_GAP_MOST = 2**_GAP_BITS - 1
_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def fingerprint_text(words: Sequence[int]) -> str:
    """The words as `fpcalc` would print them; fewer than 2**24."""
    gaps, rests = [], []
    before = 0
    for word in words:
        for gap in _gaps(word ^ before):
            gaps.append(min(gap, _GAP_MOST))
            if gap >= _GAP_MOST:
                rests.append(gap - _GAP_MOST)
        gaps.append(0)
        before = word
    head = bytes([_ALGORITHM]) + len(words).to_bytes(3)
    packed = head + _packed(gaps, _GAP_BITS) + _packed(rests, _REST_BITS)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _gaps(bits: int) -> Iterator[int]:
    """How far each bit that is set lies above the one before; the lowest bit lies 1 above nothing."""
    last = 0
    while bits:
        place = (bits & -bits).bit_length()
        yield place - last
        last = place
        bits &= bits - 1


def _packed(values: Sequence[int], width: int) -> bytes:
    """The first value in the lowest bits of the first byte, and so on. As one long number, whose digits they are."""
    number = int("".join(_DIGITS[value] for value in reversed(values)) or "0", 2**width)
    return number.to_bytes((len(values) * width + 7) // 8, "little")
