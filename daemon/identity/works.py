"""Classical works: what tells one from another is not the name but the numbers. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from daemon.identity.folding import word_set
from daemon.identity.version_words import ROMAN_NUMBERS

_CATALOGUE = re.compile(
    r"\b(op|opus|bwv|kv?|hwv|rv|woo|hob|deutsch|d|s|sz|bb|fp|wq|trv|wwv|buxwv|twv)\s?(?:([ivx]+)\s)?(\d+[a-z]?)\b"
)
_NUMBER = re.compile(r"\b(?:no|nr|number|num)\s?(\d+)\b")
_KEY = re.compile(r"\b([a-h])\s?(sharp|flat|is|es)?\s?(major|minor|dur|moll)\b")
_MOVEMENT = re.compile(r"\b(\d+)(?:st|nd|rd|th)\s(?:movement|mvt|mov)\b|\b(?:movement|mvt|mov|satz)\s(\d+|[ivx]+)\b")
_HEADED = re.compile(r"(?:[:,\-–—]|\"|^)\s*(\d{1,2}|[IVX]{1,4})\.\s*(?=[^\W\d_])")
_FORMS = word_set(
    """
    sonata symphony concerto prelude preludes fugue nocturne nocturnes etude etudes quartet quintet trio mass
    requiem suite cantata oratorio partita ballade scherzo impromptu waltz mazurka polonaise rhapsody fantasia
    toccata serenade overture variations bagatelle sinfonia sinfonie symphonie sonate konzert lied lieder aria
    """
)

_INSTRUMENTS = word_set(
    """
    piano violin cello viola flute oboe clarinet horn organ string strings violoncello klavier
    """
)

_OF_NUMBERS = word_set("in op opus no nr bwv kv hwv rv woo hob major minor dur moll sharp flat")


@dataclass(frozen=True, slots=True)
class Work:
    """The numbers by which a classical piece is known."""

    catalogue: frozenset[tuple[str, str]]
    """`("op", "27")`, `("bwv", "1007")`."""
    numbers: frozenset[str]
    """`No. 2`: of the opus, or of the kind (Symphony No. 5)."""
    key: str | None
    movement: str | None

    def contradicts(self, other: Work) -> str | None:
        """What tells the two apart for certain; None: nothing does."""
        systems = dict(other.catalogue)
        for system, number in self.catalogue:
            if systems.get(system, number) != number:
                return f"{system} {systems[system]}"
        if self.key and other.key and self.key != other.key:
            return other.key
        if self.movement and other.movement and self.movement != other.movement:
            return f"movement {other.movement}"
        if self.numbers and other.numbers and not self.numbers & other.numbers:
            return f"no. {', '.join(sorted(other.numbers))}"
        return None

    def confirms(self, other: Work) -> bool:
        """Whether a shared number of a catalogue says that both are the same piece."""
        return bool(self.catalogue & other.catalogue)


@lru_cache(512)
def work_of(title: str, said: tuple[str, ...]) -> Work:
    """The numbers in a title, which is given as written and in folded words."""
    text = " ".join(said)
    headed = _HEADED.search(title)
    movement = _MOVEMENT.search(text)
    number = movement[1] or movement[2] if movement else headed[1].lower() if headed else None
    key = _KEY.search(text)
    return Work(
        catalogue=frozenset((_system(one[1]), f"{one[2] or ''}{one[3]}") for one in _CATALOGUE.finditer(text)),
        numbers=frozenset(_NUMBER.findall(text)),
        key=f"{key[1]} {key[2] or ''} {_mode(key[3])}".replace("  ", " ") if key else None,
        movement=ROMAN_NUMBERS.get(number, number) if number else None,
    )


def is_classical(work: Work, said: tuple[str, ...]) -> bool:
    """Whether a title is that of a classical piece: it has a catalogue number, or a key and a form."""
    return bool(_FORMS & set(said)) and (bool(work.catalogue) or bool(work.key and work.numbers))


def looks_classical(said: tuple[str, ...]) -> bool:
    """Whether these words are a classical title: a form, with a number or a key."""
    text = " ".join(said)
    return bool(_FORMS & set(said)) and bool(_CATALOGUE.search(text) or _KEY.search(text))


def core(said: tuple[str, ...]) -> frozenset[str]:
    """The telling words of a classical title: its form, its instrument, the movement's name; without the composer
    before them, and without the numbers and the key, which are compared by themselves."""
    begin = next((at for at, word in enumerate(said) if word in _FORMS or word in _INSTRUMENTS), 0)
    return frozenset(
        word for word in said[begin:] if word not in _OF_NUMBERS and len(word) > 1 and not word.isdigit()
    ) - frozenset(ROMAN_NUMBERS)


def _system(name: str) -> str:
    return {"opus": "op", "kv": "k", "deutsch": "d"}.get(name, name)


def _mode(name: str) -> str:
    return {"dur": "major", "moll": "minor"}.get(name, name)
