"""Which version a title speaks of: the words that make it another recording, and who made it. Pure.

A version word counts only where it is one: `Glass Harbour (Live)` is a live recording, `Live Forever` and
`(Live Forever)` are not. Where a title is only read, not compared with a wanted one, this is judged by the place
(`strict`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.identity.folding import word_set
from daemon.identity.version_words import (
    ALONE,
    HAN_SAYS_NOTHING,
    HAN_VERSION,
    HARMLESS,
    HOURS,
    IN_HAN,
    KINDS,
    LANGUAGES,
    NUMBER_WORDS,
    PART_WORDS,
    PHRASES,
    PLAIN_WORDS,
    ROMAN_NUMBERS,
    YEAR,
)

__all__ = ["BY_LENGTH", "KINDS", "MADE", "MADE_OF_IT", "Marks", "marks", "may_mark"]

MADE = word_set(
    """
    extended remix vip radio cover instrumental lofi dub edit bootleg mashup
    """
)
"""The kinds that somebody makes, who is then named: `Sunder Remix`."""
BY_LENGTH = frozenset({"radio", "edit", "extended"})
"""The same recording, cut shorter or drawn longer. An edit that somebody is named for is none of them."""
MADE_OF_IT = MADE - {"edit", "bootleg", "mashup", "cover"}
"""With somebody's name before it, each of these is that one's remix too: `Sunder Extended Mix`."""

_VERSION_ENDS = word_set(
    """
    version ver versione versiya versao versio vers ver2 bajon versija wersja
    """
)
_ADJECTIVES = word_set(
    """
    official original new the full main a an my our your his her their and by s extended radio club unofficial
    final special exclusive free hq hd vs of on in
    """
)
_GO_ON = word_set(
    """
    at from in on by for with version session sessions performance video edit mix recording recorded remix take
    demo acoustic ep album lounge en im a au aus w v de do da no ao der dem die el la the studio tape bootleg show
    und and to of set cover dub rework beat style
    """
)
"""Words that may stand behind a version word without making a phrase of their own of it."""
_END_ALONE = frozenset({"live", "concert", "tour", "festival", "set", "clean", "short", "minus"})
"""At the end of a longer phrase these are ordinary words: `(Where I Live)`."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a run of words says of the version."""

    kinds: frozenset[str] = frozenset()
    makers: tuple[int, ...] = ()
    """Where the words stand that name whoever made it."""
    used: frozenset[int] = frozenset()
    """Where the words stand that say all this, the makers' names among them."""

    def __bool__(self) -> bool:
        return bool(self.used)


_NOTHING = Marks()


def may_mark(words: Sequence[str]) -> bool:
    """Whether there is any word in it that could speak of a version: a quick look that spares a long one."""
    if not _TRIGGERS.isdisjoint(words):
        return True
    return any(word[0] >= _HAN or (word[0].isdigit() and HOURS.fullmatch(word)) for word in words)


_HAN = "\u3400"
_TRIGGERS = frozenset(PHRASES) | _VERSION_ENDS | PART_WORDS | LANGUAGES | {"mix", "hour", "hours", "h", "hr", "hrs"}


def marks(words: Sequence[str], *, strict: bool) -> Marks:
    """Reads a run of folded words: the inside of brackets, or what follows a dash, or what was left over of a title.

    With `strict`, words that are also ordinary ones count only in the place of a version word.
    """
    if not may_mark(words):
        return _NOTHING
    kinds: set[str] = set()
    used: set[int] = set()
    first_made = _phrases(words, strict, kinds, used)
    if not all("a" <= word[0] <= "z" for word in words):
        _hours(words, kinds, used)
        _in_han(words, kinds, used)
    _parts(words, kinds, used)
    first_made = _somebodys_mix(words, kinds, used, first_made)
    makers = _makers(words, used, first_made) if first_made is not None else []
    if makers and kinds & MADE_OF_IT:
        kinds.add("remix")
    used.update(makers)
    if first_made is None or not makers:
        _some_version(words, kinds, used)
    _languages(words, kinds, used, strict)
    kinds.discard(HARMLESS)
    return Marks(frozenset(kinds), tuple(makers), frozenset(used)) if used else _NOTHING


def _phrases(words: Sequence[str], strict: bool, kinds: set[str], used: set[int]) -> int | None:
    """Marks every known phrase; answers where the first one stands that somebody may be named for."""
    first_made: int | None = None
    at, end = 0, len(words)
    while at < end:
        for phrase, kind in PHRASES.get(words[at], ()):
            past = at + len(phrase)
            if tuple(words[at:past]) == phrase and not (strict and _is_plain(words, at, past)):
                kinds.add(kind)
                used.update(range(at, past))
                if kind in MADE and first_made is None:
                    first_made = at
                at = past - 1
                break
        at += 1
    return first_made


def _is_plain(words: Sequence[str], at: int, past: int) -> bool:
    """Whether a version word is only a word here."""
    if past - at > 1 or words[at] not in PLAIN_WORDS:
        return False
    if past == len(words):
        return at > 0 and words[at] in _END_ALONE and not _all_known(words[:at])
    following = words[past]
    return not (following in _GO_ON or following in ALONE or YEAR.fullmatch(following) is not None)


def _all_known(words: Sequence[str]) -> bool:
    return all(word in ALONE or word in _ADJECTIVES or YEAR.fullmatch(word) is not None for word in words)


def _hours(words: Sequence[str], kinds: set[str], used: set[int]) -> None:
    for at, word in enumerate(words):
        if not word[0].isdigit() or at in used:
            continue
        if HOURS.fullmatch(word):
            kinds.add("loop")
            used.add(at)
        elif at + 1 < len(words) and HOURS.fullmatch(word + words[at + 1]):
            kinds.add("loop")
            used.update((at, at + 1))


def _in_han(words: Sequence[str], kinds: set[str], used: set[int]) -> None:
    for at, word in enumerate(words):
        if word[0] < _HAN or at in used:
            continue
        said = [kind for part, kind in IN_HAN.items() if part in word]
        if not said and word.endswith(HAN_VERSION):
            said = [] if any(part in word for part in HAN_SAYS_NOTHING) else [f"{word} version"]
        if said:
            kinds.update(said)
            used.add(at)


def _parts(words: Sequence[str], kinds: set[str], used: set[int]) -> None:
    """`Pt. 2` and `Part II` are both `part 2`."""
    if PART_WORDS.isdisjoint(words):
        return
    for at, word in enumerate(words[:-1]):
        if word in PART_WORDS and at not in used:
            number = number_of(words[at + 1])
            if number is not None:
                kinds.add(f"{'vol' if word.startswith('vol') else 'part'} {number}")
                used.update((at, at + 1))


def number_of(word: str) -> str | None:
    """The number that a word after `part` means: `2`, `ii` and `two` are all `2`."""
    if word.isdigit():
        return word.lstrip("0") or "0"
    return ROMAN_NUMBERS.get(word) or NUMBER_WORDS.get(word)


def _somebodys_mix(words: Sequence[str], kinds: set[str], used: set[int], first_made: int | None) -> int | None:
    """A `Sunder Mix` is a remix; a `Mix` that nobody is named for is a mix."""
    if "mix" not in words:
        return first_made
    for at, word in enumerate(words):
        if word != "mix" or at in used:
            continue
        used.add(at)
        if any(i not in used and words[i] not in _ADJECTIVES for i in range(at)):
            kinds.add("remix")
            first_made = at if first_made is None else min(first_made, at)
        elif not kinds - {HARMLESS}:
            kinds.add("mix")
    return first_made


def _makers(words: Sequence[str], used: set[int], first_made: int) -> list[int]:
    before = [at for at in range(first_made) if at not in used]
    named = [at for at in before if words[at] not in _ADJECTIVES and not YEAR.fullmatch(words[at])]
    if named:
        return [at for at in before if named[0] <= at <= named[-1]]
    for at in range(first_made, len(words)):
        if words[at] == "by" or (at in used and words[at] == "by"):
            return [i for i in range(at + 1, len(words)) if i not in used]
    return []


def _some_version(words: Sequence[str], kinds: set[str], used: set[int]) -> None:
    """`Spanish Version`, `Movie Ver.`: of a kind that has no name of its own here."""
    if _VERSION_ENDS.isdisjoint(words):
        return
    for at, word in enumerate(words):
        if word not in _VERSION_ENDS or at in used:
            continue
        said = [i for i in range(at) if i not in used and words[i] not in _ADJECTIVES and not YEAR.fullmatch(words[i])]
        if not said and at and at - 1 not in used and YEAR.fullmatch(words[at - 1]):
            said = [at - 1]  # a new recording; `2011 Remaster` never comes here
        if said:
            kinds.add(" ".join(words[i] for i in said) + " version")
        used.update([*said, at])


def _languages(words: Sequence[str], kinds: set[str], used: set[int], strict: bool) -> None:
    if LANGUAGES.isdisjoint(words):
        return
    spoken = [at for at, word in enumerate(words) if word in LANGUAGES and at not in used]
    left = [at for at in range(len(words)) if at not in used and words[at] not in {"en", "in", "auf", "version"}]
    if spoken and (not strict or spoken == left):
        kinds.update(f"{words[at]} version" for at in spoken)
        used.update(spoken)
