"""What the person writes into a question's `Input`, or sets its status to, and what we understand by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeGuard, get_args

from daemon.models import Choice

Order = Literal["skip", "reject", "release", "discard", "retry"]
"""A word that is an answer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice of that number, and what it stood for when it was offered."""

    number: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Take it from there."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """Do that."""

    word: Order
    shown: tuple[str, ...] = ()
    """What it is about: the values of the choices that the row offered, or whatever else it named."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The person has seen to it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Nothing that is understood here; the sentence says what would be."""

    sentence: str


Answer = Chosen | Address | Word | LookAgain | Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What can be answered to one kind of question."""

    address: str = ""
    """What an address would mean; empty: none is wanted."""
    words: Mapping[Order, str] = field(default_factory=dict)
    """What each word means."""


_LEAVE = "leave this track alone for good"
UNDERSTOOD: dict[str, Understood] = {
    "choose": Understood(
        address="the address of the right one",
        words={"reject": "none of these, search again", "skip": _LEAVE},
    ),
    "quarantine": Understood(
        address="the address of a better one",
        words={"release": "it is good", "discard": "throw it away", "skip": _LEAVE},
    ),
    "failed": Understood(
        address="an address to take it from",
        words={"retry": "try once more", "skip": _LEAVE},
    ),
    "refused": Understood(words={"skip": "forget that order"}),
    "column": Understood(words={"skip": "do without that column"}),
}
"""By kind of concern; of the others nothing is asked but to look again."""
_ONLY_LOOK = Understood()

_SAME: dict[str, Order] = {
    "skipped": "skip", "leave it": "skip", "ignore": "skip",
    "rejected": "reject", "none": "reject", "none of these": "reject",
    "released": "release", "good": "release", "keep": "release", "keep it": "release",
    "discarded": "discard", "delete": "discard", "throw away": "discard",
    "again": "retry", "try again": "retry", "try once more": "retry",
}  # fmt: skip
_LOOK = frozenset({"", "complete", "completed", "done", "look again", "look", "fixed", "ok"})
_NUMBER = re.compile(r"(?:no\.?|number|choice|choose|#)?\s*([0-9]{1,6})\s*[.)]?")
_ADDRESS = re.compile(r"(?:https?://|spotify:)\S+|(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)


def number_in(text: str) -> int | None:
    """The number of a choice: `2`, `2.`, `#2`, `choice 2`; None for anything else."""
    number = _NUMBER.fullmatch(_plain(text))
    return int(number[1]) if number else None


def read_answer(kind: str, text: str, choices: Sequence[Choice], about: Sequence[str] = ()) -> Answer:
    """What was answered to a question of that kind, with those choices, or that named something else; nothing at all,
    or that it is done, asks for a look. Raises nothing."""
    said, plain = _said(text), _plain(text)
    understood = UNDERSTOOD.get(kind, _ONLY_LOOK)
    if (number := number_in(text)) is not None:
        return _chosen(kind, number, choices)
    if _ADDRESS.fullmatch(said):
        return Address(said) if understood.address else _wrong(said, kind, choices)
    if plain in _LOOK:
        return LookAgain()
    word = _SAME.get(plain, plain)
    if is_order(word) and word in understood.words:
        return Word(word, tuple(about) or tuple(choice.value for choice in choices))
    if word == "retry":  # where there is nothing to be tried, it asks for a look
        return LookAgain()
    return _wrong(said, kind, choices)


def how_to_answer(kind: str, choices: Sequence[Choice]) -> str:
    """One sentence: what can be written."""
    understood = UNDERSTOOD.get(kind, _ONLY_LOOK)
    ways = [f"a number from 1 to {len(choices)}"] if len(choices) > 1 else ["the number 1"] * len(choices)
    ways += [understood.address] if understood.address else []
    ways += [f"`{word}` ({meaning})" for word, meaning in understood.words.items()]
    look = "Status Complete has us look again."
    return f"Answer in Input: {_either(ways)}. {look}" if ways else f"Nothing is to be written here; {look}"


def is_order(word: str) -> TypeGuard[Order]:
    """Whether it is one of the words."""
    return word in get_args(Order)


def _said(text: str) -> str:
    return " ".join(text.split()).strip("`'\"“”<> ")


def _plain(text: str) -> str:
    return _said(text).casefold().rstrip(".!")


def _chosen(kind: str, number: int, choices: Sequence[Choice]) -> Answer:
    if not 1 <= number <= len(choices):
        return _wrong(str(number), kind, choices)
    value = choices[number - 1].value
    return Word(value) if is_order(value) else Chosen(number, value)


def _wrong(said: str, kind: str, choices: Sequence[Choice]) -> Wrong:
    shown = said if len(said) <= _LONGEST_SHOWN else f"{said[:_LONGEST_SHOWN]}…"
    return Wrong(f"“{shown}” is no answer to this. {how_to_answer(kind, choices)}")


_LONGEST_SHOWN = 80


def _either(ways: Sequence[str]) -> str:
    return ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])} or {ways[-1]}"
