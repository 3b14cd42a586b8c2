"""Text as it is compared: what a person means by "the same name", whatever the case, the accents and the keyboard.
Pure.

Folding is cached, because the same names are looked at for every candidate of a search.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import OSA

from daemon.identity.scripts import in_latin
from daemon.identity.writing import JOINERS, VOWEL_SIGNS

_CACHED = 8192
_SLIPS, _SHORTEST_WITH_SLIP = 2, 5
_SOUNDS = {"ph": "f", "kh": "h", "ts": "c", "tz": "c", "zh": "z", "sh": "s", "ch": "c", "yo": "e", "ya": "a", "yu": "u"}
_SOUNDS |= {"ou": "u", "oe": "o", "ue": "u", "ae": "a", "iy": "i", "ij": "i", "th": "t", "y": "i", "j": "i", "w": "v"}
_SOUND = re.compile("|".join(_SOUNDS) + r"|(.)(?=\1)")

_UNHEARD = JOINERS | dict.fromkeys(map(ord, "’‘´ʼ′"), None)
_DOTTED = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?![^\W_]))")
"""The dots of `R.E.M.`"""
_DOLLAR_LETTER = re.compile(r"(?<=[a-z])\$|\$(?=[a-z])")
_BANG_LETTER = re.compile(r"(?<=[a-z])!(?=[a-z])")
_OF_INCHES = ('"', "”", "″", "''", "inch")
_INCHES = re.compile(r"\b(7|12)\s?(?:\"|”|''|″|-?\s?inch\b)")
_AND = re.compile(r"\s*[&+]\s*")
_AT = re.compile(r"\s@\s?|@\s")
_COMBINING = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
_WORD = re.compile(rf"[\u3400-\u9fff]+|(?:[^\W_\u3400-\u9fff]|[{VOWEL_SIGNS}])+")
"""Han characters stand beside Latin letters without a blank; they are words of their own."""


@lru_cache(_CACHED)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case and Latin letters, without accents and marks: `Beyoncé & JAY-Z` is `beyonce and
    jay z`."""
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    text = text.casefold()
    if any(mark in text for mark in _OF_INCHES):
        text = _INCHES.sub(r" \1 inch ", text)
    if "'" in text or "`" in text:
        text = text.replace("'", "").replace("`", "")
    if not text.isascii():
        text = text.translate(_UNHEARD)
        text = _COMBINING.sub("", unicodedata.normalize("NFKD", in_latin(unicodedata.normalize("NFC", text))))
        text = in_latin(text)  # once more for letters that were foreign under their accents
    if "$" in text or "!" in text:
        text = _BANG_LETTER.sub("i", _DOLLAR_LETTER.sub("s", text))
    if "&" in text or "+" in text:
        text = _AND.sub(" and ", text)
    if "@" in text:
        text = _AT.sub(" at ", text)
    if "." in text:
        text = _DOTTED.sub(r"\1", text)
    return tuple(_WORD.findall(text))


def word_set(table: str) -> frozenset[str]:
    """The words of a table that is written as text."""
    return frozenset(table.split())


def fold(text: str) -> str:
    """The words of a text, a blank between them; two texts that differ in spelling habits alone are equal."""
    return " ".join(words(text))


def squashed(text_words: tuple[str, ...]) -> str:
    """Without blanks: `Run Away` and `Runaway`, `AC/DC` and `ACDC` are equal."""
    return "".join(text_words)


@lru_cache(_CACHED)
def name_words(name: str) -> tuple[str, ...]:
    """A person's or a band's name to compare by: without a leading `the`, which people leave out."""
    said = words(name)
    return said[1:] if len(said) > 1 and said[0] == "the" else said


def same_name(one: str, other: str) -> bool:
    """Whether two spellings mean the same person or band. A slip of the pen in a long name is forgiven."""
    return slips(name_words(one), name_words(other)) is not None


def slips(one: tuple[str, ...], other: tuple[str, ...]) -> int | None:
    """By how many slips of the pen two texts differ: none, one, or two in two words; None: they are not the same."""
    first, second = squashed(one), squashed(other)
    if not first or first == second:
        return 0 if first else None
    if len(one) == len(other):
        wrong = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
        if len(wrong) <= _SLIPS and all(_slip(a, b) for a, b in wrong):
            return len(wrong)
    return 1 if len(one) != len(other) and _slip(first, second) else None


def _slip(one: str, other: str) -> bool:
    """Whether one word is the other with one letter wrong: not in a short word, never the first letter, never a digit,
    never only an `s` at the end, which makes another word of it. `Aasgaard` for `Åsgard` is none at all."""
    longest = max(len(one), len(other))
    if longest < _SHORTEST_WITH_SLIP or one[0] != other[0] or _is_plural(one, other) or _is_plural(other, one):
        return False
    if any(c.isdigit() for c in one + other) and _digits(one) != _digits(other):
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1 or _plainer(one) == _plainer(other)


def _is_plural(many: str, one: str) -> bool:
    return many == one + "s" and not one.endswith("s")


def _plainer(word: str) -> str:
    """How it sounds, roughly: transliterations differ in just these letters."""
    return _SOUND.sub(lambda match: _SOUNDS.get(match.group(), ""), word)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
