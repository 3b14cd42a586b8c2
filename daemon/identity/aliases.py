"""Whether words in one alphabet may be a name that is known in another: `(Noa Barak)` behind `נועה ברק`. Pure.

Where letters have sounds, the consonants are compared, roughly, for vowels are left out in Hebrew and Arabic and
written in many ways elsewhere. Han characters have no single reading: of them only their number can be compared with
that of the syllables, and whether the Latin words are made of such syllables at all; `(Unplugged)` is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from daemon.identity.folding import squashed

_HEBREW = zip("אבגדהוזחטיכךלמםנןסעפףצץקרשת", "-bgd--z-t-kklmmnns-ppcckrst", strict=True)
_ARABIC = zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءؤئ", "-bttj-kddrzsssdtz-gfkklmn--------", strict=True)
_LETTERS = str.maketrans({letter: sound.strip("-") for letter, sound in (*_HEBREW, *_ARABIC)})
"""Of the letters that sound like vowels, or like nothing, nothing."""
_DIGRAPHS = re.compile("shch|sch|sh|ch|zh|ts|tz|kh|gh|th|ph|ck|dh")
_OF_DIGRAPHS = {"kh": "k", "gh": "k", "ck": "k", "th": "t", "dh": "t", "ph": "p"}
_CLASSES = str.maketrans(
    {"b": "p", "v": "p", "f": "p", "w": "p", "g": "k", "q": "k", "c": "s", "z": "s", "j": "s", "x": "s", "d": "t"}
    | {"r": "l"}
    | dict.fromkeys("aeiouyh0123456789")
)
_TWICE = re.compile(r"(.)\1+")
_WRONG_OF = 4
"""One wrong consonant is forgiven for every so many."""
_TELLING = 3
"""So many consonants are no chance."""

_HAN = re.compile("[\u3400-\u9fff]")
_HAN_RUN = re.compile("[\u3400-\u9fff]+|[^\u3400-\u9fff]+")
_SYLLABLE = re.compile(
    "(?:zh|ch|sh|ts|ky|gy|ny|hy|my|ry|py|by|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|on|ia|ie|iu|ua|uo|ui|ue|er|[aeiou])"
)
_MOST_SYLLABLES = 3
"""So many belong to a Han character, in Japanese."""


def may_be(said: Sequence[str], name: Sequence[str]) -> bool:
    """Whether folded words may be the same name in another alphabet."""
    one, other = squashed(tuple(said)), squashed(tuple(name))
    if bool(_HAN.search(one)) != bool(_HAN.search(other)):
        return _as_many(one, other) if _HAN.search(one) else _as_many(other, one)
    mine, theirs = consonants(one), consonants(other)
    if not mine or not theirs:
        return False
    return Levenshtein.distance(mine, theirs) <= max(len(mine), len(theirs)) // _WRONG_OF


def sounds_like(said: Sequence[str], name: Sequence[str]) -> bool:
    """Whether folded words surely are the same name in another alphabet: enough consonants, and all the same."""
    mine = consonants(squashed(tuple(said)))
    return len(mine) >= _TELLING and mine.isascii() and mine == consonants(squashed(tuple(name)))


@lru_cache(4096)
def consonants(text: str) -> str:
    """What a text sounds like without its vowels: voiced as voiceless, nothing twice; without the
    figures that stand for Arabic letters in `Share3`."""
    text = _DIGRAPHS.sub(lambda found: _OF_DIGRAPHS.get(found.group(), "s"), text.translate(_LETTERS))
    return _TWICE.sub(r"\1", text.translate(_CLASSES))


def _as_many(han: str, latin: str) -> bool:
    """Whether the Latin words are as many syllables as the Han characters may have; kana among them are Latin here, and
    must be there as they are: `夜の港` is not `Hikari`."""
    runs = _HAN_RUN.findall(han)
    shape = re.compile("".join(f"([a-z]{{{len(run)},}})" if run >= "\u3400" else re.escape(run) for run in runs))
    read = shape.fullmatch(latin)
    if read is None:
        return False
    characters = [len(run) for run in runs if run >= "\u3400"]
    found = [_syllables(text) for text in read.groups()]
    return all(some <= syllables <= _MOST_SYLLABLES * some for some, syllables in zip(characters, found, strict=True))


@lru_cache(4096)
def _syllables(latin: str) -> int:
    """How many Chinese or Japanese syllables a text is made of; 0: it is not."""
    count, at = 0, 0
    while at < len(latin):
        found = _SYLLABLE.match(latin, at)
        if found is None:
            if latin[at] == "n" or latin[at : at + 1] == latin[at + 1 : at + 2]:
                at += 1  # the Japanese n, and doubled consonants
                continue
            return 0
        count, at = count + 1, found.end()
    return count
