"""The 24 keys and how people write them: musical, Camelot, Open Key. Pure.

A key is counted from 0 (C) to 11 (B), and from 12 (Cm) to 23 (Bm).
"""

from __future__ import annotations

import re
import unicodedata

from daemon.models import Key

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""One spelling for each, in major and minor alike, as essentia and most taggers spell them."""

_HOUR_OF_C = {"camelot": 7, "open key": 0}
"""Where C and Am stand on each wheel, counted from 0."""

_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "sharp": 1, "b": -1, "flat": -1}
_MINOR = frozenset({"m", "min", "minor", "moll"})

_ON_A_WHEEL = re.compile(r"0?(?P<hour>[1-9]|1[0-2])\s*(?P<ring>[ABabMmDd])")
_MUSICAL = re.compile(
    r"(?P<tonic>[A-Ga-g])(?P<accidental>[#b]|[\s-]*(?:[Ss]harp|[Ff]lat))?"
    r"[\s-]*(?P<mode>m|M|min|minor|moll|maj|major|dur|)\.?"
)


def spelled(key: int) -> str:
    """The musical name: `Am`, `F#`, `Eb`."""
    return TONICS[key % 12] + ("m" if key >= 12 else "")


def camelot(key: int) -> str:
    """The Camelot wheel: `8B` is C, `8A` is Am, and a fifth up is one more."""
    return f"{_hour(key, 'camelot') + 1}{'A' if key >= 12 else 'B'}"


def open_key(key: int) -> str:
    """Open Key notation: `1d` is C, `1m` is Am, and a fifth up is one more."""
    return f"{_hour(key, 'open key') + 1}{'m' if key >= 12 else 'd'}"


def key_named(text: str) -> Key | None:
    """The key that a person means by `Am`, `F sharp minor`, `Db`, `08A` or `1m`; None for what is no key. Nobody doubts
    it: its confidence is 1."""
    said = unicodedata.normalize("NFKC", text).replace("♯", "#").replace("♭", "b").strip()
    number = _musical(said) if (on_a_wheel := _on_a_wheel(said)) is None else on_a_wheel
    if number is None:
        return None
    return Key(name=spelled(number), camelot=camelot(number), open_key=open_key(number), confidence=1.0)


def _hour(key: int, wheel: str) -> int:
    relative_major = (key + 3) % 12 if key >= 12 else key
    return (relative_major * 7 + _HOUR_OF_C[wheel]) % 12


def _on_a_wheel(said: str) -> int | None:
    found = _ON_A_WHEEL.fullmatch(said)
    if found is None:
        return None
    spelling = found["hour"] + found["ring"].lower()
    return next(key for key in range(24) if spelling in (camelot(key).lower(), open_key(key)))


def _musical(said: str) -> int | None:
    """A small `m` is minor and a large one major, as musicians write it; words may be written as one likes."""
    found = _MUSICAL.fullmatch(said) or _MUSICAL.fullmatch(said.lower())
    if found is None:
        return None
    accidental = (found["accidental"] or "").strip(" -").lower()
    tonic = (_SEMITONES[found["tonic"].lower()] + _ACCIDENTALS[accidental]) % 12
    return tonic + (12 if found["mode"] in _MINOR else 0)
