"""Finding names among the words of a title. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.identity.aliases import sounds_like
from daemon.identity.folding import slips
from daemon.identity.titles import latin_words, segments

_NEAR = 3
"""Texts that differ by more letters than this are not compared: that is no slip of the pen."""


class Words:
    """The words of a title in a row, each with its role once that is known. A word is found once only."""

    def __init__(self, title: str) -> None:
        self.parts = segments(title)
        self.words = [word for part in self.parts for word in part.words]
        self.is_ascii = title.isascii()
        self.role = [""] * len(self.words)
        """What each word is; empty: not known."""
        self.initials = {word[0] for word in self.words}
        """With which letters its words begin: a quick look that spares a long one."""
        self.begins: list[int] = []
        """Where each part begins."""
        at = 0
        for part in self.parts:
            self.begins.append(at)
            at += len(part.words)

    def take(self, begin: int, past: int, role: str) -> None:
        for at in range(begin, past):
            self.role[at] = role

    def find(self, needle: Sequence[str], start: int) -> int | None:
        """Where these words stand in a row, none of them spoken for."""
        if not needle:
            return None
        size, first = len(needle), needle[0]
        hay = self.words
        for at in range(start, len(hay) - size + 1):
            if hay[at] == first and tuple(hay[at : at + size]) == needle and not any(self.role[at : at + size]):
                return at
        return None

    def whole_or_last(self, needle: Sequence[str]) -> int | None:
        """Where a title stands: best as a whole segment, else the last time it is said."""
        found: int | None = None
        at = self.find(needle, 0)
        while at is not None:
            if not found or not self.is_segment(found, len(needle)) or self.is_segment(at, len(needle)):
                found = at
            at = self.find(needle, at + 1)
        return found

    def is_segment(self, at: int, size: int) -> bool:
        return at in self.begins and len(self.parts[self.begins.index(at)].words) == size

    def spelt_together(self, text: str) -> tuple[int, int] | None:
        """Where `Run Away` stands for `Runaway`."""
        if len(text) < 4:
            return None
        for at, word in enumerate(self.words):
            if self.role[at] or not text.startswith(word):
                continue
            joined, past = word, at + 1
            while len(joined) < len(text) and past < len(self.words) and not self.role[past]:
                joined += self.words[past]
                past += 1
            if joined == text:
                return at, past
        return None

    def misspelt(self, text: tuple[str, ...]) -> tuple[int, int, int] | None:
        """Where it stands with slips of the pen, and how many."""
        if not text:
            return None
        hay, size, first, length = self.words, len(text), text[0][0], sum(map(len, text))
        for at, word in enumerate(hay):
            if self.role[at] or word[0] != first:
                continue
            for past in range(at + max(1, size - 1), min(at + size + 1, len(hay)) + 1):
                if abs(sum(map(len, hay[at:past])) - length) > _NEAR or any(self.role[at:past]):
                    continue
                if (wrong := slips(text, tuple(hay[at:past]))) is not None:
                    return at, past, wrong
        return None

    def sounding(self, text: tuple[str, ...], *, latin: bool) -> tuple[int, int] | None:
        """Where a whole stretch in one alphabet sounds like this text in another; `latin`: the text's is ours."""
        if latin and self.is_ascii:
            return None
        for part, begin in zip(self.parts, self.begins, strict=True):
            past = begin + len(part.words)
            other = bool(latin_words(part.text)) != latin and not any(self.role[begin:past])
            if other and sounds_like(part.words, text):
                return begin, past
        return None
