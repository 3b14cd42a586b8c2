"""The words of a text as they are written: whatever the case, and however a keyboard puts accents together. Pure.

For Python marks are no part of a word, and in many scripts they are letters: without them राम (Ram) and रोम (Rome)
are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def _marks(codes: Iterable[int]) -> str:
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code)).startswith("M"))


VOWEL_SIGNS = _marks((*range(0x0900, 0x1B00), *range(0xA800, 0xAC00)))
"""Of India and South East Asia."""
_ACCENTS_AND_POINTS = _marks((*range(0x0300, 0x0370), *range(0x0591, 0x0700)))
JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"), None)
"""What only shapes the letters beside it."""
_WORD = re.compile(rf"[\w{_ACCENTS_AND_POINTS}{VOWEL_SIGNS}]+")
_BETWEEN_NAMES = frozenset('-–—|/·:,;&+()[]“”"')


def written_words(text: str) -> tuple[str, ...]:
    """Its words in lower case."""
    text = unicodedata.normalize("NFC", text.translate(JOINERS)).casefold().replace("i\u0307", "i")
    return tuple(_WORD.findall(text))


def words_and_signs(text: str) -> tuple[str, ...]:
    """And what stands for a word without a letter in it, as in the name of a band called !!!; not what parts names."""
    signs = (word for word in text.split() if not written_words(word) and not _BETWEEN_NAMES.issuperset(word))
    return (*written_words(text), *signs) or tuple(text.split())
