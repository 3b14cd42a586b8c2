"""Finding what is wanted in a candidate's title: the name, the people, the numbers of a work. Pure."""

from __future__ import annotations

from rapidfuzz import fuzz

from daemon.identity.folding import squashed, words
from daemon.identity.noise import without_noise
from daemon.identity.titles import latin_words
from daemon.identity.works import work_of
from daemon.models import Candidate
from daemon.pipeline.matching.offered import Offered
from daemon.pipeline.matching.spotting import Words
from daemon.pipeline.matching.wanted import Name, Wanted

TITLE, ARTIST, GUEST, MAKER, KNOWN = "title", "artist", "guest", "maker", "known"
"""The roles that a word may have."""

ALIKE = 0.75
"""What a name that is only alike may count for at most."""
_A_SLIP, _BY_SUBTITLE, _BY_NUMBER = 0.06, 0.85, 0.9


class Finder(Words):
    """A title in which the wanted words are looked for; what was found is noted in `said`."""

    def __init__(self, wanted: Wanted, candidate: Candidate) -> None:
        super().__init__(candidate.title)
        self.wanted = wanted
        self.candidate = candidate
        self.said = Offered()
        self.title_at: tuple[int, int] | None = None
        self.title_latin, self.artist_latin = wanted.title_latin, wanted.artist_latin
        self._found: set[str] = set()

    def find_wanted(self) -> None:
        """The title first, for its words are not to be taken for people."""
        self._names_longer_than_the_title()
        self._find_title()
        self._find_people()
        if self.wanted.work is not None:
            self._compare_works()
        elif "mashup" in self.wanted.kinds:
            self._compare_mashups()

    def find_subtitles(self) -> None:
        """What the wanted title says in brackets. It may be left out; then nobody knows whether it mattered."""
        for subtitle in self.wanted.subtitles:
            if (at := self.find(subtitle, 0)) is not None:
                self.take(at, at + len(subtitle), TITLE)

    def scripts(self) -> None:
        """In which letters the name and the artist stand here."""
        if self.candidate.title.isascii():
            self.title_latin = self.title_latin or TITLE in self.role
            self.artist_latin = self.artist_latin or ARTIST in self.role
            return
        latin = latin_words(self.candidate.title)
        self.title_latin = self._is_latin(TITLE, self.wanted.title_latin, latin)
        self.artist_latin = self._is_latin(ARTIST, self.wanted.artist_latin, latin)

    def _is_latin(self, wanted_role: str, otherwise: bool, latin: frozenset[str]) -> bool:
        said = zip(self.words, self.role, strict=True)
        found = {word for word, role in said if role == wanted_role and word != "and" and not word.isdigit()}
        return latin.issuperset(found) if found else otherwise

    def _names_longer_than_the_title(self) -> None:
        """So that an artist called `Home Alone` is not taken for a song called `Home`."""
        title = set(self.wanted.title)
        for name in self.wanted.mains:
            if len(name.words) > len(title) and title <= set(name.words):
                self._find_name(name, ARTIST)

    def _find_title(self) -> None:
        title = self.wanted.title
        if (at := self.whole_or_last(title)) is not None:
            self.take(at, at + len(title), TITLE)
            self.title_at = (at, at + len(title))
            self.said.title = 1.0
        elif (span := self.spelt_together(self.wanted.title_squashed)) is not None:
            self.take(*span, TITLE)
            self.title_at = span
            self.said.title = 1.0
        else:
            self._find_title_otherwise()

    def _find_title_otherwise(self) -> None:
        if (span := self.misspelt(self.wanted.title)) is not None:
            begin, past, wrong = span
            self.said.title, self.said.title_by = 1 - _A_SLIP * wrong, "slip"
            self.take(begin, past, TITLE)
            self.title_at = (begin, past)
            return
        if (heard := self.sounding(self.wanted.title, latin=self.wanted.title_latin)) is not None:
            self.said.title, self.said.title_by = 1 - _A_SLIP, "slip"
            self.take(*heard, TITLE)
            self.title_at = heard
            return
        for subtitle in self.wanted.subtitles:
            if len(squashed(subtitle)) > 5 and (at := self.whole_or_last(subtitle)) is not None:
                self.said.title, self.said.title_by = _BY_SUBTITLE, "subtitle"
                self.take(at, at + len(subtitle), TITLE)
                self.title_at = (at, at + len(subtitle))
                return
        self.said.title = ALIKE * fuzz.token_set_ratio(" ".join(self.wanted.title), " ".join(self.words)) / 100

    def _find_people(self) -> None:
        said = self.said
        credited = {squashed(words(one)) for one in self.candidate.artists}
        all_named = True
        for name in self.wanted.mains:
            there = self._find_name(name, ARTIST) or self._find_parts(name)
            said.artist_in_title = said.artist_in_title or there
            all_named = all_named and (there or name.squashed in credited)
            if there or name.squashed in credited:
                said.named.add(name.squashed)
        said.artists_all = all_named
        for name in self.wanted.guests:
            said.guests += self._find_name(name, GUEST) or name.squashed in credited
        for name in self.wanted.makers:
            said.makers_named = self._find_name(name, MAKER) or said.makers_named

    def _find_parts(self, name: Name) -> bool:
        """`A & B` may stand as `A feat. B`; a half of it alone is not enough."""
        return bool(name.parts) and sum(self._find_name(part, ARTIST) for part in name.parts) == len(name.parts)

    def _find_name(self, name: Name, role: str) -> bool:
        found = name.squashed in self._found
        if name.squashed[0] not in self.initials:
            return found or self._in_other_letters(name, role)
        start = 0
        while (at := self.find(name.words, start)) is not None:
            self.take(at, at + len(name.words), role)
            found, start = True, at + len(name.words)
        if not found and (span := self.spelt_together(name.squashed) or self.misspelt(name.words)):
            self.take(span[0], span[1], role)
            found = True
        found = found or self._in_other_letters(name, role)
        if found:
            self._found.add(name.squashed)
        return found

    def _in_other_letters(self, name: Name, role: str) -> bool:
        """Whether a whole stretch of the title is the name in another alphabet, to the ear."""
        if role == ARTIST and (at := self.sounding(name.words, latin=self.wanted.artist_latin)) is not None:
            self.take(*at, role)
            return True
        return False

    def _compare_works(self) -> None:
        wanted, said = self.wanted.work, self.said
        if wanted is None:
            return
        theirs = work_of(self.candidate.title, tuple(self.words))
        said.work_differs = wanted.contradicts(theirs)
        if said.title == 1 or not wanted.confirms(theirs):
            return
        if self.wanted.core <= set(self.words):
            said.title, said.title_by = 1.0, ""
        elif theirs.movement or not wanted.movement:
            said.title, said.title_by = _BY_NUMBER, "number"

    def _compare_mashups(self) -> None:
        """Both songs are named, with whose they are in between or without."""
        songs = set(without_noise(self.wanted.title))
        if self.said.title < 1 and len(songs) > 1 and songs <= set(self.words):
            self.said.title, self.said.title_by = 1.0, ""
            for at, word in enumerate(self.words):
                self.role[at] = self.role[at] or (TITLE if word in songs else "")
