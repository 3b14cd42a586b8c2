"""What is looked for, folded once, so that every candidate is compared with the same prepared words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from daemon.identity.credits import credited, reading_of
from daemon.identity.folding import name_words, squashed, word_set, words
from daemon.identity.titles import latin_words, names_in
from daemon.identity.versions import BY_LENGTH, MADE
from daemon.identity.works import Work, core, is_classical, work_of
from daemon.models import Track

AS_LIKED = "as-liked"
_NAMED = {"extended": "Extended Mix", "radio": "Radio Edit", "instrumental": "Instrumental"}
_PREFERRED = {name: frozenset({name}) for name in _NAMED}

_ONE_OF_MANY = word_set(
    """
    home stay love hold on closer alone forever intro lost paradise runaway fire gold ghost angel heaven hurt
    sorry happy crazy burn fly free rise time you me us go run
    """
)
"""Titles that everybody has a song of."""


@dataclass(frozen=True, slots=True)
class Name:
    """A person or a band."""

    words: tuple[str, ...]
    squashed: str
    spelt: str
    parts: tuple[Name, ...] = ()
    """The single names in `A & B`, which may be one band or two artists."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A version that will do."""

    kinds: frozenset[str]
    as_version: str | None = None
    """None: the one that was liked."""
    longer: bool = False
    shorter: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A track, prepared."""

    track: Track
    title: tuple[str, ...]
    title_squashed: str
    subtitles: tuple[tuple[str, ...], ...]
    mains: tuple[Name, ...]
    guests: tuple[Name, ...]
    makers: tuple[Name, ...]
    kinds: frozenset[str]
    places: frozenset[str]
    goals: tuple[Goal, ...]
    duration_s: float | None
    work: Work | None
    """None: it is no classical piece."""
    core: frozenset[str]
    """The words of a classical title, without the composer's."""
    title_latin: bool
    artist_latin: bool
    common: bool
    """Whether the title is short or often used, so that it says little by itself."""
    explained: frozenset[str] = field(default_factory=frozenset)
    """Words that may stand about: those of the album, the names, the title."""


def wanted(track: Track, preference: Sequence[str]) -> Wanted:
    """Prepares a track for comparing."""
    track = credited(track)
    reading = reading_of(track)
    said = words(track.title)
    work = work_of(track.title, said)
    mains = _names(track.artists)
    guests, makers = _names(track.featured), _names(track.remixers)
    kinds = _settled(frozenset(track.version), mains, bool(makers))
    explained = {word for name in (*mains, *guests, *makers) for word in name.words}
    explained.update(said, words(track.album or ""), words(track.genre or ""))
    return Wanted(
        track=track,
        title=reading.bare,
        title_squashed=squashed(reading.bare),
        subtitles=reading.subtitles,
        mains=mains,
        guests=guests,
        makers=makers,
        kinds=kinds,
        places=frozenset(reading.places),
        goals=_goals(kinds, preference),
        duration_s=track.duration_s,
        work=work if is_classical(work, said) else None,
        core=core(reading.bare),
        title_latin=_is_latin(track.title),
        artist_latin=_is_latin(track.artist),
        common=len(squashed(reading.bare)) <= 2 or (len(reading.bare) == 1 and reading.bare[0] in _ONE_OF_MANY),
        explained=frozenset(explained),
    )


def _is_latin(text: str) -> bool:
    return text.isascii() or len(latin_words(text)) == len(set(words(text)))


def _settled(kinds: frozenset[str], mains: Sequence[Name], made: bool) -> frozenset[str]:
    """An edit that nobody is named for is a radio edit by another name; the artist's own `Mira Vale's 2AM Version` is
    the `2AM Version`."""
    if "edit" in kinds and not made:
        kinds = kinds - {"edit"} | {"radio"}
    own = {spelt for name in mains for word in name.words for spelt in (word, word + "s")}
    return frozenset(without(kind, own) if kind.endswith(" version") else kind for kind in kinds)


def without(kind: str, names: Collection[str]) -> str:
    """A kind without these words in its name."""
    kept = [word for word in kind.split() if word not in names]
    return " ".join(kept) if len(kept) > 1 else kind


def _goals(kinds: frozenset[str], preference: Sequence[str]) -> tuple[Goal, ...]:
    goals: list[Goal] = []
    for wish in preference:
        if wish == AS_LIKED or wish in kinds or (wish == "instrumental" and kinds & {"karaoke", "acapella"}):
            goals.append(Goal(kinds))
        elif wish in _NAMED:
            as_wished = (kinds - BY_LENGTH if wish != "instrumental" else kinds) | _PREFERRED[wish]
            if "edit" in kinds and "edit" not in as_wished:
                as_wished |= {"edit"} if kinds & MADE - BY_LENGTH else frozenset()
            goals.append(Goal(as_wished, _NAMED[wish], longer=wish == "extended", shorter=wish == "radio"))
    return tuple(dict.fromkeys(goals)) or (Goal(kinds),)


def _names(names: Iterable[str]) -> tuple[Name, ...]:
    return tuple(_name(one) for one in names if words(one))


def _name(spelt: str) -> Name:
    said = name_words(spelt)
    parts = names_in(spelt)
    several = tuple(Name(name_words(one), squashed(name_words(one)), one) for one in parts) if len(parts) > 1 else ()
    return Name(said, squashed(said), spelt, several)
