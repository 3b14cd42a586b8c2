"""What a title says, read by itself: the name, the guests, the version and who made it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from daemon.identity.folding import name_words, squashed, word_set, words
from daemon.identity.noise import is_noise
from daemon.identity.titles import Segment, is_source, names_in, segments
from daemon.identity.version_words import ALONE, HARMLESS, PHRASES, PLAIN_WORDS
from daemon.identity.versions import marks
from daemon.identity.works import looks_classical

_WITH = re.compile(r"^with\s+(?=[A-Z\W])")
_EMPTY = word_set(
    """
    the a an at in on from by of and to for with de la le el s
    """
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a title says, read by itself."""

    bare: tuple[str, ...]
    """The words of the name alone."""
    subtitles: tuple[tuple[str, ...], ...] = ()
    """What stands in brackets and is neither a version, nor a guest, nor noise."""
    kinds: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    """The words beside a version word that say where or when: `at the pier`."""
    makers: tuple[str, ...] = ()
    """Who made the version, as the title spells it."""
    featured: tuple[str, ...] = ()
    """The guests, as the title spells them."""
    artists: tuple[str, ...] = ()
    """Who stands before the dash of `Mira Vale - Glass Harbour`, as the title spells it."""


@dataclass(slots=True)
class _Notes:
    """What was read so far."""

    artists: tuple[str, ...]
    kinds: set[str] = field(default_factory=set)
    places: list[str] = field(default_factory=list)
    makers: list[str] = field(default_factory=list)
    featured: list[str] = field(default_factory=list)
    names: list[Segment] = field(default_factory=list)
    subtitles: list[tuple[str, ...]] = field(default_factory=list)


@lru_cache(1024)
def read(title: str, artists: tuple[str, ...] = (), uploaded: bool = False) -> Reading:
    """Reads a title. `artists` are those known from elsewhere: a part that names one of them is not part of the name.
    With `uploaded`, somebody wrote it by hand, and what stands before a dash is likely the artist."""
    notes = _Notes(artists)
    parts = segments(title)
    for part in parts:
        _note(part, notes, last=part is parts[-1])
    covering = "cover" in notes.kinds and not _keys(notes.makers).isdisjoint(_keys(artists))
    credited, names = _before_the_dash(notes.names, artists, uploaded and not covering)
    bare = _version_at_the_end([word for part in names for word in part.words], artists, notes.kinds, notes.makers)
    return Reading(
        bare=tuple(bare) or words(title),
        subtitles=tuple(notes.subtitles),
        kinds=frozenset(notes.kinds),
        places=tuple(notes.places),
        makers=tuple(notes.makers),
        featured=tuple(notes.featured),
        artists=credited,
    )


def _note(part: Segment, notes: _Notes, *, last: bool) -> None:
    """What a stretch is. After the name has begun, brackets and what follows a dash may speak of the version."""
    if part.lead == "feature":
        notes.featured += _names(part.text, notes.artists, apart=True)
    elif part.bracketed and (guests := _WITH.match(part.text)):
        notes.featured += _names(part.text[guests.end() :], notes.artists, apart=True)
    elif part.lead == "produced" or _says_nothing(part, notes, last):
        return
    elif notes.names and part.bracketed and not part.quoted:
        notes.subtitles.append(part.words)
    else:
        notes.names.append(part)


def _says_nothing(part: Segment, notes: _Notes, last: bool) -> bool:
    """Whether a stretch is none of the name, once what it says of the version is noted."""
    if not notes.names:
        return part.bracketed and not last and is_noise(part.words)
    return is_source(part) or _is_version(part, notes) or is_noise(part.words)


def _is_version(part: Segment, notes: _Notes) -> bool:
    """Whether a stretch speaks of the version; if so, what it says is noted."""
    said = marks(part.words, strict=True)
    if not said:
        return False
    left = [word for at, word in enumerate(part.words) if at not in said.used]
    if left and not said.kinds and not is_noise(left):
        return False  # `(2011 Remaster)` says nothing; `(Deluxe Feelings)` is a name
    notes.kinds |= said.kinds
    if said.makers:
        notes.makers += _names(_spelt(part, said.makers), notes.artists, apart=False)
    notes.places += [word for word in left if word not in _EMPTY]
    return True


def _spelt(part: Segment, where: Sequence[int]) -> str:
    """The maker's name as the title spells it; of `Sunder's Late Night Remix`, Sunder."""
    spelling = re.findall(r"\S+", part.text)
    owner = [number for number, word in enumerate(spelling) for _ in words(word)]
    if len(owner) != len(part.words):
        return " ".join(part.words[at] for at in where)
    own = [spelling[number] for number in dict.fromkeys(owner[at] for at in where)]
    return re.sub(r"['’]s(?:\s.*)?$", "", " ".join(own).strip(" ,"))


def _names(text: str, artists: tuple[str, ...], *, apart: bool) -> tuple[str, ...]:
    """The names in a text. A band that is known by its whole name stays whole; where nothing is known, `apart` says
    whether `A & B` are two."""
    parts = names_in(text)
    known = _keys(artists)
    if squashed(name_words(text)) in known:
        return (text.strip(),)
    if not apart and (artist := _begins_with(text, artists)):
        return (artist,)
    if len(parts) < 2:
        return (text.strip(),)
    return parts if apart or all(squashed(name_words(part)) in known for part in parts) else (text.strip(),)


def _keys(artists: Sequence[str]) -> set[str]:
    return {squashed(name_words(artist)) for artist in artists}


def _begins_with(text: str, artists: tuple[str, ...]) -> str | None:
    """The artist whom a maker's name begins with: of `Sunder Baile`, Sunder."""
    said = name_words(text)
    return next((one for one in artists if said[: len(name_words(one))] == name_words(one)), None)


def _before_the_dash(
    names: list[Segment], artists: tuple[str, ...], uploaded: bool
) -> tuple[tuple[str, ...], list[Segment]]:
    """Parts the artist from the name, where both stand in the title."""
    if len(names) < 2:
        return (), names
    known = {squashed(name_words(one)) for artist in artists for one in (artist, *names_in(artist))}
    for part in (names[0], names[-1]):
        said = {squashed(name_words(one)) for one in (part.text, *names_in(part.text))}
        if said & known:
            rest = [other for other in names if other is not part]
            return (names_in(part.text) if squashed(name_words(part.text)) not in known else (part.text,)), rest
    if uploaded and names[1].lead == "dash" and not any(looks_classical(part.words) for part in names):
        return (names[0].text,), names[1:]
    return (), names


def _version_at_the_end(bare: list[str], artists: tuple[str, ...], kinds: set[str], makers: list[str]) -> list[str]:
    """`Glass Harbour Extended Mix` without brackets: phrases of two words, and words that mean nothing else."""
    if (
        len(bare) > 2
        and (part := marks(bare[-2:], strict=True))
        and all(kind.startswith("part ") for kind in part.kinds)
    ):
        kinds.update(part.kinds)
        bare = bare[:-2] if part.kinds else bare
    for size in (3, 2, 1):
        tail = tuple(bare[-size:])
        if len(bare) <= size or len(tail) < size or not _means_a_version(tail):
            continue
        kinds.update(kind for phrase, kind in PHRASES[tail[0]] if phrase == tail and kind != HARMLESS)
        rest = bare[:-size]
        for artist in artists:
            name = words(artist)
            if tail[-1] != "version" and len(rest) > len(name) and tuple(rest[-len(name) :]) == name:
                makers.append(artist)
                return rest[: -len(name)]
        return rest
    return bare


def _means_a_version(tail: tuple[str, ...]) -> bool:
    if len(tail) == 1 and (tail[0] in PLAIN_WORDS or tail[0] not in ALONE):
        return False
    return any(phrase == tail for phrase, _kind in PHRASES.get(tail[0], ()))
