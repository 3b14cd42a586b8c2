"""What a candidate's title says, read word by word against what is wanted. Pure.

Every word of the title is given a meaning: the wanted name, somebody who is wanted, a word for a version, or noise.
What is left over speaks against it. Nobody knows all the words for a version in all languages; so a word that nothing
explains is taken for one, unless its place and form say otherwise: `[LTR014]` is a catalogue's, `| Low Tide Records` a
label's, `(Noa Barak)` behind `נועה ברק` the same name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from daemon.identity.aliases import may_be
from daemon.identity.folding import same_name, squashed, words
from daemon.identity.noise import has_pressing, is_label, is_noise, without_noise
from daemon.identity.titles import Segment, is_source, latin_words
from daemon.identity.version_words import YEAR
from daemon.identity.versions import MADE_OF_IT, marks
from daemon.models import Candidate
from daemon.pipeline.matching.finding import ALIKE, ARTIST, GUEST, KNOWN, MAKER, TITLE, Finder
from daemon.pipeline.matching.offered import Offered
from daemon.pipeline.matching.wanted import Wanted

_ANNOUNCING = re.compile(r"new|premiere|exclusive|[a-h]\d{1,2}|0\d")
"""What stands before an artist without belonging to the name; `A1` is the side of a record, `04` its place there."""
_OFFICIAL = "official"
"""`(Official Pseudo Video)` is a sort of upload, whatever the sort."""
_PLACE_ON_RECORD = re.compile(r"0\d|1\d")
_TRACK_NUMBER = re.compile(r"\s*[\[(]?\d{1,3}\s*[.)\]]\s*(?=\D)")


_OCCASIONS = frozenset({"live", "acoustic", "demo"})
"""The kinds beside which a place or a day is named; beside others, an unknown word makes another kind of it."""


def offered(wanted: Wanted, candidate: Candidate, others: Collection[str] = ()) -> Offered:
    """Reads a candidate. `others` are the names, squashed, of the channels that the same search found: one that stands
    in brackets is a label's, likely."""
    return _Reader(wanted, candidate, others).read()


class _Reader(Finder):
    """A title that is being read."""

    def __init__(self, wanted: Wanted, candidate: Candidate, others: Collection[str]) -> None:
        super().__init__(wanted, candidate)
        self._others = others
        if self.words and self.words[0].isdigit() and _TRACK_NUMBER.match(candidate.title):
            self.role[0] = KNOWN

    def read(self) -> Offered:
        self.find_wanted()
        if self.said.title <= ALIKE:
            return self.said  # It is another song: what else is said does not matter.
        self.find_subtitles()
        self.scripts()
        self._announcement()
        self._heading()
        self._composer()
        for number, part in enumerate(self.parts):
            self._left_over(number, part)
        self._lacking()
        return self.said

    def _lacking(self) -> None:
        """What the wanted title says in brackets, and this one nowhere."""
        for subtitle in self.wanted.subtitles:
            people = (*self.wanted.mains, *self.wanted.guests)
            here = {*self.words, *words(self.candidate.channel), *(word for one in people for word in one.words)}
            lacking = [word for word in without_noise(subtitle, aside=True) if word not in here]
            said = squashed(subtitle) in squashed(tuple(self.words)) or may_be(subtitle, self.wanted.title)
            if lacking and not said and self.said.title_by != "subtitle":
                self.said.lacking += lacking

    def _announcement(self) -> None:
        """`NEW!!! Mira Vale …`"""
        if len(self.role) > 1 and not self.role[0] and self.role[1] == ARTIST and _ANNOUNCING.fullmatch(self.words[0]):
            self.role[0] = KNOWN
        name = self.title_at[0] if self.title_at else 0
        for part, begin in zip(self.parts[1:], self.begins[1:], strict=True):
            ahead = begin < name and part.lead == "dash" and len(part.words) == 1
            if ahead and _PLACE_ON_RECORD.fullmatch(part.words[0]):
                self.role[begin] = KNOWN

    def _heading(self) -> None:
        """`Track of the week: Mira Vale - …`: what stands before a colon announces what follows, unless it says which
        version that is."""
        if not self.parts or ": " not in self.parts[0].text:
            return
        first = self.parts[0].words
        said = words(self.parts[0].text.partition(": ")[0])
        past = len(said)
        announced = 0 < past < len(first) and ARTIST in self.role[past : len(first)] and not any(self.role[:past])
        if announced and not marks(said, strict=False).kinds:
            self.role[:past] = [KNOWN] * past

    def _composer(self) -> None:
        """Of a classical work, the composer stands before it: `Benning: Piano Sonata …`."""
        if self.wanted.work is None or self.title_at is None:
            return
        number = max(at for at, begin in enumerate(self.begins) if begin <= self.title_at[0])
        before, colon, _rest = self.parts[number].text.partition(": ")
        past = self.begins[number] + len(words(before))
        if colon and past <= self.title_at[0]:
            self.role[self.begins[number] : past] = [role or KNOWN for role in self.role[self.begins[number] : past]]

    # --- what is left ------------------------------------------------------------------------------------------------

    def _left_over(self, number: int, part: Segment) -> None:
        begin = self.begins[number]
        roles = self.role[begin : begin + len(part.words)]
        if part.lead == "produced" or ("" not in roles and MAKER not in roles):
            return
        left = [word for word, role in zip(part.words, roles, strict=True) if not role]
        if TITLE not in roles and (is_source(part) or (self._stands_aside(part) and is_label(part.words))):
            return
        said = marks(left, strict=False)
        of_version = bool(said.kinds) and (bool(marks(left, strict=True).kinds) or len(said.used) == len(left))
        if said.kinds:
            named = self._no_alias(part, left, [left[at] for at in said.makers])
            self.said.kinds |= self._read_makers(part, roles, named, said.kinds)
        first = min(said.used, default=len(left))
        explained = self.wanted.explained
        ahead = [word for at, word in enumerate(left) if at < first and word not in explained]
        behind = [word for at, word in enumerate(left) if at > first and at not in said.used and word not in explained]
        if self._is_translation(part, roles, left):
            self.said.translated += left
            return
        if ahead := self._no_alias(part, left, ahead):
            self._place(part, roles, ahead, of_version and TITLE not in roles and bool(said.kinds & _OCCASIONS))
        if behind := self._no_alias(part, left, behind):
            self._place(part, roles, behind, of_version and bool(said.kinds & _OCCASIONS))

    def _read_makers(
        self, part: Segment, roles: Sequence[str], named: list[str], kinds: frozenset[str]
    ) -> frozenset[str]:
        """Who is named beside a version word: the wanted maker, nobody, or somebody else. Answers the kinds, now that
        this is known."""
        behind = roles[len(roles) - roles[::-1].index(TITLE) :] if TITLE in roles else roles
        here = {role for role in behind if role in {MAKER, ARTIST, GUEST}}
        own = {word + "s" for maker in self.wanted.makers for word in maker.words}
        others = without_noise([word for word in named if word not in self.wanted.explained and word not in own])
        if MAKER in here or (ARTIST in here and self._makers_are_artists()) or self._names_maker(named):
            self.said.maker = True
            if kinds & MADE_OF_IT or "mix" in kinds:
                kinds = kinds - {"mix"} | {"remix"}
        elif here and kinds & {"remix", "edit", "bootleg"}:
            self.said.other_makers += [word for word, role in zip(part.words, roles, strict=True) if role in here]
        self.said.other_makers += others
        return kinds

    def _names_maker(self, named: Sequence[str]) -> bool:
        said = squashed(tuple(without_noise(named)))
        return any(said.startswith(maker.squashed) for maker in self.wanted.makers)

    def _makers_are_artists(self) -> bool:
        return any(same_name(m.spelt, a.spelt) for m in self.wanted.makers for a in self.wanted.mains)

    # --- the same name in another alphabet ---------------------------------------------------------------------------

    def _no_alias(self, part: Segment, left: Sequence[str], rest: list[str]) -> list[str]:
        """Without a wanted name in another alphabet than the wanted one, written for others to read. A word for a
        version may be written in another alphabet, too: only what may be read like the name is one."""
        here = self.title_latin and self.artist_latin
        if not rest or (part.text.isascii() and here):
            return rest
        latin = latin_words(part.text)
        foreign = [word for word in rest if (word not in latin) is here and not word.isdigit()]
        said = foreign if self.title_latin == self.artist_latin else rest
        if said and (self._is_behind_artist(part, foreign) or any(map(self._is_alias, (left, said)))):
            return [word for word in rest if word not in said]
        return rest

    def _is_translation(self, part: Segment, roles: Sequence[str], left: list[str]) -> bool:
        """Whether a stretch in brackets right behind the name may be its translation: several words, all of them in
        Latin letters, where the name is not. Whether they are is for the artist's own channel to know."""
        if self.title_latin or len(left) < 2 or TITLE in roles or not part.bracketed or self._is_alias(left):
            return False
        behind = self.title_at is not None and self.begins[self.parts.index(part)] == self.title_at[1]
        return behind and latin_words(part.text).issuperset(left) and not (is_noise(left) or marks(left, strict=False))

    def _is_behind_artist(self, part: Segment, foreign: Sequence[str]) -> bool:
        """Whether words in another alphabet stand between the artist and the name: there it is the artist's."""
        if not foreign or self.title_at is None:
            return False
        at = self.words.index(foreign[0], self.begins[self.parts.index(part)])
        return 0 < at < self.title_at[0] and self.role[at - 1] == ARTIST

    def _is_alias(self, said: Sequence[str]) -> bool:
        names = [self.wanted.title, *(name.words for name in (*self.wanted.mains, *self.wanted.guests))]
        names += [(*names[1], *names[0]), (*names[0], *names[1])] if len(names) > 1 else []
        return any(may_be(said, name) for name in names)

    # --- where it stands ---------------------------------------------------------------------------------------------

    def _place(self, part: Segment, roles: Sequence[str], rest: list[str], of_version: bool) -> None:
        said = self.said
        years = [word for word in rest if YEAR.fullmatch(word)]
        alone = not (TITLE in roles or ARTIST in roles)
        rest = without_noise(rest, aside=alone and (part.bracketed or part.lead != "dash" or of_version))
        if not (rest or (of_version and years)) or (alone and self._is_harmless(part, rest)):
            return
        if part.lead == "feature":
            said.other_guests += rest
        elif of_version and (part.bracketed or part.lead):
            said.places.update(rest, years)
        elif TITLE in roles:
            said.beside_title += rest
        elif ARTIST in roles and not part.bracketed:
            said.beside_artist += rest
        elif part.in_round or (part.lead in {"dash", "slash"} and self._behind_the_title(part)):
            said.remarks += rest
        elif part.bracketed or (part.lead != "dash" and (part.lead or self._behind_the_title(part))):
            said.aside += rest
        else:
            said.before += rest

    def _is_harmless(self, part: Segment, rest: Sequence[str]) -> bool:
        """Whether a stretch of its own says nothing of the recording, by its form alone: a tag, a label, the number of
        a pressing, or whoever uploaded it."""
        if part.lead == "tag" or is_label(part.words):
            return True
        if _OFFICIAL in part.words and len(rest) == 1:
            return True
        if has_pressing(part.text) and not part.in_round:
            return self._stands_aside(part) or self._behind_the_title(part)
        return self._stands_aside(part) and (self._is_channel(part.words) or self._is_channel(rest))

    @staticmethod
    def _stands_aside(part: Segment) -> bool:
        """In square brackets or behind a bar, where labels are named, rather than versions and performers."""
        return (part.bracketed and not part.in_round) or part.lead == "bar"

    def _is_channel(self, named: Sequence[str]) -> bool:
        """Whether these words, but for a number at their end, name the channel, or another that was found. One word out
        of several may be anything: `[8D]` says more than that it is from `8D Cosmos`."""
        text = squashed(tuple(named)).rstrip("0123456789")
        own = squashed(words(self.candidate.channel))
        return text == own or (len(named) > 1 and (text in self._others or text in own))

    def _behind_the_title(self, part: Segment) -> bool:
        begin = self.begins[self.parts.index(part)]
        return self.title_at is not None and begin >= self.title_at[1] and self.said.artist_in_title
