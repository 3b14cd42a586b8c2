"""The stretches that a title falls into. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from daemon.identity.folding import word_set, words

_BRACKET = r"(?P<open>[(\[{【「『〈《〔（［])|(?P<close>[)\]}】」』〉》〕）］])"
_CREDIT = (
    r"|(?P<feature>(?<![^\W_])(?:feat\.?|ft\.?|featuring|f/|w/)(?=[\s:])[\s:]*)"
    r"|(?P<produced>(?<![^\W_])(?:prod\.?(?:\s+by\b)?|produced\s+by|dir(?:ected)?\.?\s+by|shot\s+by)(?=[\s:.])[\s:.]*)"
)
_BREAK = (
    r"|(?P<dash>\s+[-–~‐‑−]+\s+|\s+[-–]+(?=[^\W_])|(?<=[^\W_])[-–]+\s+|\s*[—―]+\s*)"
    r"|(?P<bar>\s*[|｜•·‖¦]+\s*|\s*//+\s*|\s+:+\s+|\s+\.\s+)|(?P<slash>\s+/\s+)|(?P<tag>(?<!\S)#(?=[^\W\d_]))"
)
_MARK = re.compile(rf"(?=\W|[fwpds])(?:{_BRACKET}{_CREDIT}{_BREAK})", re.IGNORECASE)
_MARK_WITHOUT_CREDITS = re.compile(rf"(?=\W)(?:{_BRACKET}{_BREAK})")
"""What each begins with is looked at first: most letters of a title begin nothing."""
_CREDIT_STARTS = ("ft", "feat", "w/", "f/", "prod", "dir", "shot")
_QUOTES = ("「", "『", "〈", "《")


class Segment(NamedTuple):
    """A stretch of a title between two marks."""

    text: str
    words: tuple[str, ...]
    bracketed: bool
    lead: str
    """What stands before it: `dash`, `bar`, `slash`, `feature`, `produced`, `tag`, or nothing."""
    in_round: bool = False
    """In `(…)`, where people say which version it is; in `[…]` they rather name a label."""
    quoted: bool = False
    """In the brackets in which Chinese and Japanese put a title: 「」『』《》."""


@lru_cache(4096)
def segments(title: str) -> tuple[Segment, ...]:
    """The stretches of a title, in order, the empty ones left out."""
    found: list[Segment] = []
    stack: list[str] = []
    lead, begin = "", 0

    def close(end: int) -> None:
        text = title[begin:end].strip()
        if text and (said := words(text)):
            inside = stack[-1] if stack else ""
            found.append(Segment(text, said, bool(stack), lead, inside in ("(", "（"), inside in _QUOTES))

    lower = title.lower()
    pattern = _MARK if any(start in lower for start in _CREDIT_STARTS) else _MARK_WITHOUT_CREDITS
    for mark in pattern.finditer(title):
        close(mark.start())
        begin = mark.end()
        kind = mark.lastgroup or ""
        lead = kind if kind not in {"open", "close"} else ""
        if kind == "open":
            stack.append(mark.group())
        elif kind == "close" and stack:
            stack.pop()
    close(len(title))
    return tuple(found)


_SOURCES = word_set("album ep lp single film movie motion picture series game musical anime")
_QUOTED = re.compile(r"[\"“”„«»‘「『]")


def is_source(part: Segment) -> bool:
    """Whether a part says what the music was made for, or what it was published on: `From "Autumn Pharmacy", Pt. 3`.
    Its numbers are not the song's. `(From Kitchen Sessions)` says where it was played."""
    if not (part.bracketed or part.lead == "dash"):
        return False
    said = set(part.words)
    if {"ost", "soundtrack"} & said:
        return True
    return part.words[0] in _FROM and (bool(_SOURCES & said) or _QUOTED.search(part.text) is not None)


_FROM = word_set("from taken off")
_JOINTS = re.compile(r"\s*(?:,|;|、|&|＆|\+|×|\s(?:x|and|und|et|y|e|vs\.?|con|with|/)\s)\s*", re.IGNORECASE)


def names_in(text: str) -> tuple[str, ...]:
    """The single names in `Solo Nine & Kite`. A band's name may come apart in it: for comparing only, or for guests."""
    return tuple(name for name in (part.strip() for part in _JOINTS.split(text)) if words(name))


_LATIN_RUN = re.compile(r"\d*[A-Za-z\u00c0-\u024f\u1e00-\u1eff][A-Za-z\u00c0-\u024f\u1e00-\u1eff0-9'’]*")


@lru_cache(2048)
def latin_words(text: str) -> frozenset[str]:
    """The words of a text that are written in Latin letters, folded."""
    return frozenset(word for run in _LATIN_RUN.findall(text) for word in words(run))
