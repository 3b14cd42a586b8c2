"""Is it the recording that it claims to be? What a register of fingerprints says of the sound, against what we know of
the track. Pure.

A false alarm costs the person a review, and registers are written by people: composers stand for performers, titles are
translated, a fingerprint has been sent in under a wrong name. So a contradiction has to be plain, and every recording
that is named has to contradict; where anything may be read either way, the verdict is that we do not know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rapidfuzz import fuzz

from daemon.identity.folding import same_name, squashed, words
from daemon.models import Recognised, Track

SURE = 0.8
"""From this score on, a recording that agrees confirms the track."""
CERTAIN = 0.9
"""From this score on, a recording that contradicts counts against it."""

_ALIKE = 55
"""Two unrelated names seldom reach this ratio (0 to 100); from here on a misspelling is possible."""
_SAME = 88
_LETTERS_LEAST = 4
"""A shorter name is found inside others by chance."""

_BRACKETED = re.compile(r"[(\[{【（「『]([^()\[\]{}【】（）「」『』]*)[)\]}】）」』]")
_SEPARATOR = re.compile(r"\s+[-–—~|/]\s+|\s*[:：|]\s+|[\"“”„]")
_FEATURING = re.compile(r"\b(?:feat|ft|featuring)\b\.?.*", re.I)
_CATALOGUED = re.compile(
    r"\b(?:op|opus|bwv|kv?|woo|hwv|rv)\.?\s?\d|\b(?:no|nr|n°)\.?\s?\d+ (?:in|en)\b|\b(?:major|minor|dur|moll)\b", re.I
)
"""Works that go by a number have nicknames, and a name in each language."""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAYS_NOTHING = _listed("id untitled unknown intro outro interlude skit track demo wip preview clip audio")
_NOBODY = frozenset({"various artists", "various", "va", "unknown", "unknown artist", "no artist", "anonymous"})
_SMALL = _listed("a an and the of in on to for with my your you i me it is de la le les el los der die das und")
_NUMERALS = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip

_REMIX = frozenset({"remix", "rmx", "remixed", "rework", "reworked", "refix", "bootleg", "flip", "mashup"})
_MIXES = _REMIX | {"mix", "edit", "dub", "version", "vip"}
_NO_NAME = (
    _MIXES | _SMALL | {"club", "radio", "extended", "official", "original", "vocal", "new", "by", "mixed", "full"}
)
_PLAIN_KINDS = {
    "acoustic": "acoustic",
    "unplugged": "acoustic",
    "instrumental": "instrumental",
    "karaoke": "karaoke",
    "acapella": "a cappella",
    "cappella": "a cappella",
}
_ALL_KINDS = {"live", "remix", *_PLAIN_KINDS.values()}
_BEHIND_LIVE = frozenset({"at", "in", "from", "on", "version", "session", "sessions", "recording", "acoustic", "tour"})

_Words = tuple[str, ...]
_Likeness = Literal["same", "other", "open"]
_Fit = Literal["agrees", "contradicts", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What the register's answer means for this track."""

    verdict: Literal["confirmed", "unknown", "another"]
    evidence: str
    """One line a person understands."""


def judge_recognised(track: Track, recognised: Sequence[Recognised]) -> Recognition:
    """Whether the sound is known as this track, as another one, or neither can be said."""
    by_score = sorted(recognised, key=lambda one: -one.score)
    if not by_score:
        return Recognition(verdict="unknown", evidence="AcoustID does not know this sound")
    best = by_score[0]
    if best.score < SURE:
        return Recognition(verdict="unknown", evidence=f"AcoustID is not sure: perhaps {_named(best)}")
    weighed = [(one, _fit(track, one)) for one in by_score]
    for one, fit in weighed:
        if fit == "agrees":
            verdict: Literal["confirmed", "unknown"] = "confirmed" if one.score >= SURE else "unknown"
            return Recognition(verdict=verdict, evidence=f"AcoustID knows the sound as {_named(one)}")
    if best.score >= CERTAIN and all(fit == "contradicts" for one, fit in weighed if one.score >= SURE):
        return Recognition(verdict="another", evidence=f"AcoustID knows the sound as {_named(best)}")
    evidence = f"AcoustID knows the sound as {_named(best)}, which neither agrees nor clearly differs"
    return Recognition(verdict="unknown", evidence=evidence)


def _named(one: Recognised) -> str:
    by = f" by {', '.join(one.artists)}" if one.artists else ""
    return f"“{one.title}”{by} ({one.score:.0%})"


def _fit(track: Track, recording: Recognised) -> _Fit:
    title, artist = _titles(track.title, recording.title), _artists(track, recording)
    if artist == "open" or title == "open":
        return "open"
    if title == "other":
        return "contradicts"
    if artist == "other":  # a cover, or the composer, or the label's account: only the sound could tell
        return "open"
    fits: dict[_Likeness, _Fit] = {"same": "agrees", "other": "contradicts", "open": "open"}
    return fits[_versions(track, recording.title)]


# --- titles ----------------------------------------------------------------------------------------------------------


def _titles(ours: str, theirs: str) -> _Likeness:
    one, other = _head(ours), _head(theirs)
    if not one or not other or not _share_script(ours, theirs):
        return "same" if one and one == other else "open"
    if _numerals(one) == _numerals(other) and (_is_same_text(one, other) or _is_part(ours, theirs)):
        return "same"
    if _says_little(ours, one) or _says_little(theirs, other) or _may_be_same(words(ours), words(theirs), one, other):
        return "open"
    return "other"


def _head(title: str) -> _Words:
    """The words of a title without brackets, guests, and what stands behind a dash."""
    bare = _FEATURING.sub("", _BRACKETED.sub(" ", title)).strip()
    return words(re.split(r"\s[-–—]\s", bare)[0]) or words(title)


def _parts(title: str) -> Iterator[_Words]:
    """Everything in a title that may be the name itself: `Artist - Name`, `Work: Movement`, a translation in
    brackets."""
    for text in (_BRACKETED.sub(" ", title), *_BRACKETED.findall(title)):
        for part in _SEPARATOR.split(_FEATURING.sub("", text)):
            if part and part.strip():
                yield words(part)


def _is_part(ours: str, theirs: str) -> bool:
    """Whether the whole name of one stands as a part in the other."""
    one, other = _head(ours), _head(theirs)
    return any(_is_long(other) and part == other for part in _parts(ours)) or any(
        _is_long(one) and part == one for part in _parts(theirs)
    )


def _is_same_text(one: _Words, other: _Words) -> bool:
    one, other = (tuple(str(_NUMERALS.get(word, word)) for word in head) for head in (one, other))
    if squashed(one) == squashed(other) or same_name(" ".join(one), " ".join(other)):
        return True
    return fuzz.token_sort_ratio(" ".join(one), " ".join(other)) >= _SAME


def _may_be_same(ours: _Words, theirs: _Words, our_head: _Words, their_head: _Words) -> bool:
    """Whether they share a word, or letters enough for a misspelling."""
    if (set(ours) & set(theirs)) - _SMALL:
        return True
    one, other = squashed(our_head), squashed(their_head)
    shorter, longer = sorted((one, other), key=len)
    return (len(shorter) >= _LETTERS_LEAST and shorter in longer) or fuzz.ratio(one, other) >= _ALIKE


def _says_little(title: str, head: _Words) -> bool:
    return bool(_CATALOGUED.search(title)) or all(word in _SAYS_NOTHING or word.isdigit() for word in head)


def _numerals(head: _Words) -> set[str]:
    return {str(_NUMERALS.get(word, word)) for word in head if word.isdigit() or word in _NUMERALS}


def _is_long(name: _Words) -> bool:
    return len(squashed(name)) >= _LETTERS_LEAST or not squashed(name).isascii()


# --- artists ---------------------------------------------------------------------------------------------------------


def _artists(track: Track, recording: Recognised) -> _Likeness:
    ours, theirs = _people(*track.artists, *track.featured, *track.remixers), _people(*recording.artists)
    if not ours or not theirs:
        return "open"
    if any(_is_same_person(one, other) for one in ours for other in theirs):
        return "same"
    if any(_is_named_in(one, track.title) for one in theirs) or any(_is_named_in(one, recording.title) for one in ours):
        return "same"
    pairs = [(one, other) for one in ours for other in theirs]
    if any(not _share_script(one, other) or _may_be_same_person(one, other) for one, other in pairs):
        return "open"
    return "other"


def _people(*names: str) -> list[str]:
    return [name for name in names if " ".join(words(name)) not in _NOBODY and words(name)]


def _is_same_person(one: str, other: str) -> bool:
    """Also `Mira Vale & The Engines`, `Mira Vale Official` and `MiraValeVEVO` are Mira Vale."""
    if same_name(one, other):
        return True
    shorter, longer = sorted((squashed(words(one)), squashed(words(other))), key=len)
    return _is_named_in(one, other) or _is_named_in(other, one) or longer in (f"{shorter}vevo", f"{shorter}music")


def _may_be_same_person(one: str, other: str) -> bool:
    if (set(words(one)) & set(words(other))) - _SMALL:
        return True
    return fuzz.ratio(squashed(words(one)), squashed(words(other))) >= _ALIKE


def _is_named_in(name: str, text: str) -> bool:
    """Whether the name's words stand in the text, one behind the other."""
    said = words(name)
    return _is_long(said) and f" {' '.join(said)} " in f" {' '.join(words(text))} "


# --- versions --------------------------------------------------------------------------------------------------------


def _versions(track: Track, their_title: str) -> _Likeness:
    """MusicBrainz often leaves `live` and the like out of a title, and calls edits and mixes by many names: only what
    it does say speaks against the track, and a remix by somebody that it does not know of."""
    theirs, ours = _kinds(their_title), _kinds_told(track)
    if theirs - _kinds_possible(track):
        return "other"
    if "remix" in ours and "remix" in _kinds(track.title):
        remix = _remixes(_remixer(track.title) | _all_words(track.remixers), their_title)
        if remix != "same":
            return remix
    return "same" if theirs == ours else "open"


def _remixes(our_names: set[str], their_title: str) -> _Likeness:
    """Whether it is a remix by the same people."""
    if not our_names:
        return "open"
    if not any(_MIXES & set(part) for part in _asides(their_title)):
        return "other"
    their_names = _remixer(their_title)
    if our_names & their_names:
        return "same"
    one, other = " ".join(sorted(our_names)), " ".join(sorted(their_names))
    is_open = not other or not _share_script(one, other) or fuzz.ratio(one, other) >= _ALIKE
    return "open" if is_open else "other"


def _kinds(title: str) -> set[str]:
    """The versions that a title says beside its name."""
    return {kind for part in _asides(title) for kind in _kinds_said(part)}


def _kinds_said(part: _Words) -> Iterator[str]:
    yield from (_PLAIN_KINDS[word] for word in part if word in _PLAIN_KINDS)
    if _REMIX & set(part):
        yield "remix"
    if part[-2:] == ("recorded", "live") or (part[:1] == ("live",) and _goes_on_from_live(part[1:])):
        yield "live"


def _goes_on_from_live(rest: _Words) -> bool:
    return not rest or rest[0] in _BEHIND_LIVE or rest[0].isdigit()


def _kinds_told(track: Track) -> set[str]:
    """The versions that this track is, as far as it was told."""
    told = _kinds(track.title) | {_PLAIN_KINDS.get(word, word) for word in track.version}
    return (told | {"remix"} if track.remixers else told) & _ALL_KINDS


def _kinds_possible(track: Track) -> set[str]:
    """Every version that this track might be: a word anywhere in its title or album is enough."""
    said = {*words(track.title), *words(track.album or ""), *track.version}
    kinds = {_PLAIN_KINDS[word] for word in said if word in _PLAIN_KINDS}
    if said & _MIXES or track.remixers:
        kinds.add("remix")
    if said & {"live", "concert", "unplugged", "session", "sessions", "tour"}:
        kinds.add("live")
    return kinds


def _remixer(title: str) -> set[str]:
    """The words that name whoever made the remix; none for `2018 Remix` or `Club Remix`."""
    asides = [part for part in _asides(title) if _MIXES & set(part)]
    return {word for part in asides for word in part if word not in _NO_NAME and not word.isdigit()}


def _all_words(names: Sequence[str]) -> set[str]:
    return {word for name in names for word in words(name)}


def _asides(title: str) -> list[_Words]:
    """What stands in brackets or behind a dash."""
    behind_dash = re.split(r"\s[-–—]\s", _BRACKETED.sub(" ", title))[1:]
    return [words(text) for text in (*_BRACKETED.findall(title), *behind_dash)]


# --- scripts ---------------------------------------------------------------------------------------------------------


def _share_script(one: str, other: str) -> bool:
    """Whether both are written in one alphabet: only then does a difference mean that they differ. A name without
    letters can be compared with none."""
    return bool(_scripts(one) & _scripts(other))


def _scripts(text: str) -> set[str]:
    return {_script(character) for character in text if character.isalpha()}


@cache
def _script(letter: str) -> str:
    """`LATIN`, `CYRILLIC`, `CJK` …: the first word of a letter's name."""
    return unicodedata.name(letter, "?").partition(" ")[0].removeprefix("FULLWIDTH ")
