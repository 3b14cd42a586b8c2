"""Who uploaded it, and what that says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from daemon.identity.aliases import sounds_like
from daemon.identity.folding import name_words, same_name, squashed, word_set, words
from daemon.identity.noise import LABEL_WORDS
from daemon.identity.titles import latin_words, segments
from daemon.identity.versions import marks
from daemon.models import Candidate
from daemon.pipeline.matching.wanted import Name, Wanted

_TOPIC = " - Topic"
_AROUND = word_set(
    """
    official oficial officiel music musik musica tv channel band vevo records the videos video hq
    """
)
"""Words that an artist's channel has around the name."""
_SUFFIX = re.compile(r"(?<=..)(?:official|music|vevo|tv)$")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff0-9'’&. ]+")
TELLING = frozenset(
    {"karaoke", "cover", "nightcore", "sped up", "slowed", "8d", "bass boosted", "reaction", "tutorial", "loop"}
    | {"acapella", "instrumental", "parody", "type beat", "stems", "ai", "orchestral"}
)
"""What a channel can be given over to, so that its titles need not say it."""


@dataclass(frozen=True, slots=True)
class Uploader:
    """A channel, seen from what is wanted."""

    names: frozenset[str] = frozenset()
    """What it may be called, squashed."""
    own: bool = False
    """It is a main artist's."""
    helpers: bool = False
    """It is a guest's or a remixer's."""
    topic: bool = False
    """Filled by YouTube from what labels deliver."""
    stranger: bool = False
    """A topic channel, or credits, of somebody who is not wanted."""
    label: bool = False
    verified: bool = False
    foreign: bool = False
    """It is written in another alphabet than the wanted artist."""
    beside: tuple[str, ...] = ()
    """What its name says beside that of a main artist: whoever plays that one's songs, maybe."""
    given_to: frozenset[str] = frozenset()

    @property
    def worth(self) -> float:
        """0 to 1, for the score."""
        if self.own or self.helpers:
            return 1.0 if self.topic else 0.95 if self.verified else 0.8
        return 0.6 if self.label and self.verified else 0.5 if self.verified or self.label else 0.4


def uploader(wanted: Wanted, candidate: Candidate) -> Uploader:
    """Who it is."""
    topic = candidate.channel.endswith(_TOPIC)
    names, given_to, label = _channel(candidate.channel.removesuffix(_TOPIC))
    own = _is_any(names, wanted.mains)
    foreign = not own and bool(names) and _is_foreign(wanted, candidate.channel.removesuffix(_TOPIC))
    own = own or (foreign and _sounds_like(names, wanted.mains))
    helpers = not own and _is_any(names, (*wanted.makers, *wanted.guests))
    credits_wanted = own or _credits(candidate, wanted)
    return Uploader(
        names=names,
        own=own or (topic and credits_wanted),
        helpers=helpers,
        topic=topic,
        stranger=(topic and not (own or helpers or credits_wanted)) or (bool(candidate.artists) and not credits_wanted),
        label=label,
        verified=candidate.verified,
        foreign=foreign and not own,
        beside=() if own or helpers or label else _beside(words(candidate.channel), wanted.mains),
        given_to=frozenset() if own or helpers or label else given_to,
    )


@lru_cache(4096)
def _channel(channel: str) -> tuple[frozenset[str], frozenset[str], bool]:
    """What it may be called, squashed; what it is given over to; whether it is a label's."""
    said = words(channel)
    names = {squashed(name_words(one)) for one in (channel, *_spellings(channel))}
    names |= {squashed(tuple(word for word in said if word not in _AROUND))}
    names |= {_SUFFIX.sub("", name) for name in names}
    given_to = frozenset() if "along" in said else marks(said, strict=False).kinds & TELLING
    return frozenset(names) - {""}, given_to, not LABEL_WORDS.isdisjoint(said)


def _spellings(channel: str) -> list[str]:
    """The parts of a name that stands there twice, for readers of two alphabets."""
    if channel.isascii():
        return []  # `Nova (UK)` is another one than Nova
    parts = segments(channel)
    spelt = [part.text for part in parts] if len(parts) > 1 else []
    if not channel.isascii():
        spelt += ["".join(_LATIN.findall(channel)).strip(), _LATIN.sub("", channel).strip(" /()|-")]
    return spelt


def _is_foreign(wanted: Wanted, channel: str) -> bool:
    if channel.isascii():
        return not wanted.artist_latin
    return wanted.artist_latin != bool(latin_words(channel))


def _is_any(names: frozenset[str], people: Iterable[Name]) -> bool:
    return any(one.squashed in names for one in people)


def _beside(said: tuple[str, ...], people: Iterable[Name]) -> tuple[str, ...]:
    for one in people:
        if one.words[0] in said and len(said) > len(one.words) and set(one.words) <= set(said):
            return tuple(word for word in said if word not in one.words and word not in _AROUND)
    return ()


def _sounds_like(names: frozenset[str], people: Iterable[Name]) -> bool:
    return any(sounds_like((name,), one.words) for one in people for name in names)


def _credits(candidate: Candidate, wanted: Wanted) -> bool:
    people = (*wanted.mains, *wanted.makers)
    return any(same_name(artist, one.spelt) for artist in candidate.artists for one in people) or _joined(
        candidate, wanted
    )


def _joined(candidate: Candidate, wanted: Wanted) -> bool:
    """Whether `A & B` stands on one side and A and B on the other."""
    theirs = {squashed(name_words(one)) for one in candidate.artists}
    return any(name.parts and {part.squashed for part in name.parts} <= theirs for name in wanted.mains)
