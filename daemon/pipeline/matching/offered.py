"""What a candidate's title and channel say, read word by word against what is wanted. Pure.

Every word of the title is given a meaning: the wanted name, somebody who is wanted, a word for a version, or noise.
What is left over speaks against it, the more the nearer it stands to the name or to the artist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from daemon.identity.folding import same_name, squashed, words
from daemon.identity.noise import LABEL_WORDS, without_noise
from daemon.identity.titles import Segment, is_source, latin_words
from daemon.identity.version_words import YEAR
from daemon.identity.versions import MADE_OF_IT, marks
from daemon.identity.works import work_of
from daemon.models import Candidate
from daemon.pipeline.matching.spotting import Words
from daemon.pipeline.matching.wanted import Name, Wanted

_TITLE, _ARTIST, _GUEST, _MAKER, _KNOWN = "title", "artist", "guest", "maker", "known"

_A_SLIP, _BY_SUBTITLE, _BY_NUMBER, _ALIKE = 0.06, 0.85, 0.9, 0.75
_ANNOUNCING = re.compile(r"new|premiere|exclusive|[a-h]\d{1,2}")
"""What stands before an artist without belonging to the name; `A1` is the side of a record."""
_TRACK_NUMBER = re.compile(r"\s*[\[(]?\d{1,3}\s*[.)\]]\s*(?=\D)")


@dataclass(slots=True)
class Offered:
    """A candidate, read."""

    title: float = 0.0
    """How much of the wanted name is there."""
    title_by: str = ""
    """`slip`, where it is spelt a little otherwise."""
    artist_in_title: bool = False
    artists_all: bool = False
    """Whether every main artist is named, somewhere."""
    named: set[str] = field(default_factory=set)
    """The main artists that are, squashed."""
    guests: int = 0
    maker: bool = False
    """Whether who made the wanted version is named as its maker."""
    kinds: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    other_makers: list[str] = field(default_factory=list)
    other_guests: list[str] = field(default_factory=list)
    beside_title: list[str] = field(default_factory=list)
    beside_artist: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """A part of its own before the dash: a label, or another artist."""
    aside: list[str] = field(default_factory=list)
    """In square brackets, or behind a bar: labels, mostly."""
    remarks: list[str] = field(default_factory=list)
    """In round brackets, or behind a dash: what sort of recording it is, mostly."""
    work_differs: str | None = None


def offered(wanted: Wanted, candidate: Candidate) -> Offered:
    """Reads a candidate."""
    return _Reader(wanted, candidate).read()


class _Reader(Words):
    """A title that is being read."""

    def __init__(self, wanted: Wanted, candidate: Candidate) -> None:
        super().__init__(candidate.title)
        self._wanted = wanted
        self._candidate = candidate
        self._title_at: tuple[int, int] | None = None
        self._title_latin, self._artist_latin = wanted.title_latin, wanted.artist_latin
        self._found: set[str] = set()
        if self.words and self.words[0].isdigit() and _TRACK_NUMBER.match(candidate.title):
            self.role[0] = _KNOWN
        self._said = Offered()

    def read(self) -> Offered:
        said = self._said
        self._names_longer_than_the_title()
        self._find_title()
        self._find_people()
        if self._wanted.work is not None:
            self._compare_works()
        elif "mashup" in self._wanted.kinds:
            self._compare_mashups()
        if said.title <= _ALIKE:
            return said  # It is another song: what else is said does not matter.
        self._find_subtitles()
        self._scripts()
        self._announcement()
        for number, part in enumerate(self.parts):
            self._left_over(number, part)
        return said

    # --- finding what is wanted --------------------------------------------------------------------------------------

    def _names_longer_than_the_title(self) -> None:
        """So that an artist called `Home Alone` is not taken for a song called `Home`."""
        title = set(self._wanted.title)
        for name in self._wanted.mains:
            if len(name.words) > len(title) and title <= set(name.words):
                self._find_name(name, _ARTIST)

    def _find_title(self) -> None:
        title = self._wanted.title
        if (at := self.whole_or_last(title)) is not None:
            self.take(at, at + len(title), _TITLE)
            self._title_at = (at, at + len(title))
            self._said.title = 1.0
        elif (span := self.spelt_together(self._wanted.title_squashed)) is not None:
            self.take(*span, _TITLE)
            self._title_at = span
            self._said.title = 1.0
        else:
            self._find_title_otherwise()

    def _find_title_otherwise(self) -> None:
        if (span := self.misspelt(self._wanted.title)) is not None:
            begin, past, wrong = span
            self._said.title, self._said.title_by = 1 - _A_SLIP * wrong, "slip"
            self.take(begin, past, _TITLE)
            self._title_at = (begin, past)
            return
        for subtitle in self._wanted.subtitles:
            if len(squashed(subtitle)) > 5 and (at := self.whole_or_last(subtitle)) is not None:
                self._said.title, self._said.title_by = _BY_SUBTITLE, "subtitle"
                self.take(at, at + len(subtitle), _TITLE)
                self._title_at = (at, at + len(subtitle))
                return
        self._said.title = _ALIKE * fuzz.token_set_ratio(" ".join(self._wanted.title), " ".join(self.words)) / 100

    def _find_people(self) -> None:
        said = self._said
        credited = {squashed(words(one)) for one in self._candidate.artists}
        all_named = True
        for name in self._wanted.mains:
            there = self._find_name(name, _ARTIST) or self._find_parts(name)
            said.artist_in_title = said.artist_in_title or there
            all_named = all_named and (there or name.squashed in credited)
            if there or name.squashed in credited:
                said.named.add(name.squashed)
        said.artists_all = all_named
        for name in self._wanted.guests:
            said.guests += self._find_name(name, _GUEST) or name.squashed in credited
        for name in self._wanted.makers:
            self._find_name(name, _MAKER)

    def _find_parts(self, name: Name) -> bool:
        """`A & B` may stand as `A feat. B`; a half of it alone is not enough."""
        return bool(name.parts) and sum(self._find_name(part, _ARTIST) for part in name.parts) == len(name.parts)

    def _find_name(self, name: Name, role: str) -> bool:
        found = name.squashed in self._found
        if name.squashed[0] not in self.initials:
            return found
        start = 0
        while (at := self.find(name.words, start)) is not None:
            self.take(at, at + len(name.words), role)
            found, start = True, at + len(name.words)
        if not found and (span := self.spelt_together(name.squashed) or self.misspelt(name.words)):
            self.take(span[0], span[1], role)
            found = True
        if found:
            self._found.add(name.squashed)
        return found

    def _find_subtitles(self) -> None:
        for subtitle in self._wanted.subtitles:
            if (at := self.find(subtitle, 0)) is not None:
                self.take(at, at + len(subtitle), _TITLE)

    # --- what is left ------------------------------------------------------------------------------------------------

    def _left_over(self, number: int, part: Segment) -> None:
        begin = self.begins[number]
        roles = self.role[begin : begin + len(part.words)]
        if part.lead == "produced" or ("" not in roles and _MAKER not in roles):
            return
        left = [word for word, role in zip(part.words, roles, strict=True) if not role]
        if is_source(part) and _TITLE not in roles:
            return
        said = marks(left, strict=False)
        of_version = bool(said.kinds) and (bool(marks(left, strict=True).kinds) or len(said.used) == len(left))
        if said.kinds:
            named = self._no_alias(part, [left[at] for at in said.makers])
            self._said.kinds |= self._read_makers(part, roles, named, said.kinds)
        first = min(said.used, default=len(left))
        explained = self._wanted.explained
        ahead = [word for at, word in enumerate(left) if at < first and word not in explained]
        behind = [word for at, word in enumerate(left) if at > first and at not in said.used and word not in explained]
        if ahead := self._no_alias(part, ahead):
            self._place(part, roles, ahead, of_version and _TITLE not in roles)
        if behind := self._no_alias(part, behind):
            self._place(part, roles, behind, of_version)

    def _read_makers(
        self, part: Segment, roles: Sequence[str], named: list[str], kinds: frozenset[str]
    ) -> frozenset[str]:
        """Who is named beside a version word: the wanted maker, nobody, or somebody else. Answers the kinds, now that
        this is known."""
        behind = roles[len(roles) - roles[::-1].index(_TITLE) :] if _TITLE in roles else roles
        here = {role for role in behind if role in {_MAKER, _ARTIST, _GUEST}}
        own = {word + "s" for maker in self._wanted.makers for word in maker.words}
        others = without_noise([word for word in named if word not in self._wanted.explained and word not in own])
        if _MAKER in here or (_ARTIST in here and self._makers_are_artists()) or self._names_maker(named):
            self._said.maker = True
            if kinds & MADE_OF_IT or "mix" in kinds:
                kinds = kinds - {"mix"} | {"remix"}
        elif here and kinds & {"remix", "edit", "bootleg"}:
            self._said.other_makers += [word for word, role in zip(part.words, roles, strict=True) if role in here]
        self._said.other_makers += others
        return kinds

    def _names_maker(self, named: Sequence[str]) -> bool:
        said = squashed(tuple(without_noise(named)))
        return any(said.startswith(maker.squashed) for maker in self._wanted.makers)

    def _no_alias(self, part: Segment, rest: list[str]) -> list[str]:
        """Without the words in another alphabet than the wanted ones: the same name, written for others to read."""
        latin_here = self._title_latin and self._artist_latin
        if not rest or (part.text.isascii() and latin_here):
            return rest
        latin = latin_words(part.text)
        if latin_here:
            return [word for word in rest if word in latin or word.isdigit()]
        if self._title_latin or self._artist_latin:
            return []
        return [word for word in rest if word not in latin]

    def _makers_are_artists(self) -> bool:
        return any(same_name(m.spelt, a.spelt) for m in self._wanted.makers for a in self._wanted.mains)

    def _place(self, part: Segment, roles: Sequence[str], rest: list[str], of_version: bool) -> None:
        said = self._said
        years = [word for word in rest if YEAR.fullmatch(word)]
        alone = not (_TITLE in roles or _ARTIST in roles)
        rest = without_noise(rest, aside=alone and (part.bracketed or part.lead != "dash" or of_version))
        if not (rest or (of_version and years)) or (
            alone and (part.lead == "tag" or not LABEL_WORDS.isdisjoint(part.words))
        ):
            return
        if part.lead == "feature":
            said.other_guests += rest
        elif of_version and (part.bracketed or part.lead):
            said.places.update(rest, years)
        elif _TITLE in roles:
            said.beside_title += rest
        elif _ARTIST in roles and not part.bracketed:
            said.beside_artist += rest
        elif part.in_round or (part.lead in {"dash", "slash"} and self._behind_the_title(part)):
            said.remarks += rest
        elif part.bracketed or (part.lead != "dash" and (part.lead or self._behind_the_title(part))):
            said.aside += [word for word in rest if word not in words(self._candidate.channel)]
        else:
            said.before += rest

    def _behind_the_title(self, part: Segment) -> bool:
        begin = self.begins[self.parts.index(part)]
        return self._title_at is not None and begin >= self._title_at[1] and self._said.artist_in_title

    # --- other ways to be the same name ------------------------------------------------------------------------------

    def _scripts(self) -> None:
        """In which letters the name and the artist stand here."""
        if self._candidate.title.isascii():
            self._title_latin = self._title_latin or _TITLE in self.role
            self._artist_latin = self._artist_latin or _ARTIST in self.role
            return
        latin = latin_words(self._candidate.title)
        self._title_latin = self._is_latin(_TITLE, self._wanted.title_latin, latin)
        self._artist_latin = self._is_latin(_ARTIST, self._wanted.artist_latin, latin)

    def _is_latin(self, wanted_role: str, otherwise: bool, latin: frozenset[str]) -> bool:
        said = zip(self.words, self.role, strict=True)
        found = {word for word, role in said if role == wanted_role and word != "and" and not word.isdigit()}
        return latin.issuperset(found) if found else otherwise

    def _announcement(self) -> None:
        """`NEW!!! Mira Vale …`"""
        if len(self.role) > 1 and not self.role[0] and self.role[1] == _ARTIST and _ANNOUNCING.fullmatch(self.words[0]):
            self.role[0] = _KNOWN

    def _compare_works(self) -> None:
        wanted, said = self._wanted.work, self._said
        if wanted is None:
            return
        theirs = work_of(self._candidate.title, tuple(self.words))
        said.work_differs = wanted.contradicts(theirs)
        if said.title == 1 or not wanted.confirms(theirs):
            return
        if self._wanted.core <= set(self.words):
            said.title, said.title_by = 1.0, ""
        elif theirs.movement or not wanted.movement:
            said.title, said.title_by = _BY_NUMBER, "number"

    def _compare_mashups(self) -> None:
        """Both songs are named, with whose they are in between or without."""
        songs = set(without_noise(self._wanted.title))
        if self._said.title < 1 and len(songs) > 1 and songs <= set(self.words):
            self._said.title, self._said.title_by = 1.0, ""
            for at, word in enumerate(self.words):
                self.role[at] = self.role[at] or (_TITLE if word in songs else "")
