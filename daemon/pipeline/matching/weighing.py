"""How well a candidate fits: single scores, and doubts that no other score can outvote. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from daemon.identity.folding import squashed, words
from daemon.identity.version_words import YEAR
from daemon.identity.versions import BY_LENGTH
from daemon.models import Candidate, Source, Track, Verdict, Weighed
from daemon.pipeline.matching.channels import TELLING, Uploader, uploader
from daemon.pipeline.matching.finding import ALIKE
from daemon.pipeline.matching.gate import Length, gate
from daemon.pipeline.matching.offered import Offered
from daemon.pipeline.matching.reading import offered
from daemon.pipeline.matching.wanted import AS_LIKED, Goal, Wanted, wanted

ACCEPT = 0.80
"""At least this: taken without asking."""
ASK = 0.60
"""At least this: the person is asked. Below: it is not there."""
ASKED_ABOUT = 3
"""That many at most."""

_WEIGHTS = {"title": 0.35, "artists": 0.30, "duration": 0.15, "words": 0.10, "channel": 0.10}

_THE_ARTISTS_OWN = frozenset({"cover", "mashup"})
"""Kinds that the artist's own channel need not name."""
_SOMEBODYS = frozenset({"remix", "edit", "bootleg"})
_ON_STAGE = frozenset({"live", "acoustic"})
_UNLIKELY, _DOUBTFUL, _UNSURE = 0.40, 0.70, 0.78
"""What a score cannot rise above, for doubts of three strengths: almost certainly another recording; maybe; most
likely the right one."""

_A_SENTENCE = 5
"""So many unexplained words are no version's name."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    ceiling: float
    reason: str


def weigh(track: Track, candidates: Sequence[Candidate], preference: Sequence[str] = (AS_LIKED,)) -> list[Weighed]:
    """Every candidate with its verdict and the evidence, best first. An accepted one of a version that the person
    prefers comes before one of the version that was liked; views settle only what nothing else does."""
    aim = wanted(track, preference)
    channels = frozenset(squashed(words(candidate.channel)) for candidate in candidates)
    weighed = [_weigh(aim, candidate, channels) for candidate in candidates]
    weighed.sort(key=lambda one: (one[0], -round(one[1].score, 3), -(one[1].candidate.views or 0)))
    return [one for _rank, one in weighed]


def accepted(weighed: Sequence[Weighed]) -> tuple[Source, ...]:
    """Those good enough to take without asking, as sources, in the same order."""
    return tuple(
        Source(candidate=one.candidate, score=one.score, evidence=one.evidence, as_version=one.as_version)
        for one in weighed
        if one.verdict == "accept"
    )


def doubtful(weighed: Sequence[Weighed]) -> list[Weighed]:
    """Those to ask the person about: the three best that are neither accepted nor out of the question."""
    return [one for one in weighed if one.verdict == "ask"][:ASKED_ABOUT]


def _weigh(aim: Wanted, candidate: Candidate, channels: Collection[str]) -> tuple[int, Weighed]:
    """The candidate as the first of the wished-for versions that it is, and how far back that wish stands."""
    lengths = [gate(aim.duration_s, goal, candidate) for goal in aim.goals]
    if not any(length.fit for length in lengths):
        return len(aim.goals), _refused(candidate, lengths[-1].words)
    said, channel = offered(aim, candidate, channels), uploader(aim, candidate)
    best: Weighed | None = None
    for rank, (goal, length) in enumerate(zip(aim.goals, lengths, strict=True)):
        one = _judge(aim, goal, length, candidate, said, channel) if length.fit else _refused(candidate, length.words)
        if one.verdict == "accept":
            return rank, one
        if best is None or one.score > best.score or (best.score == one.score == 0 and goal.as_version is None):
            best = one
    return len(aim.goals), best or _refused(candidate, lengths[-1].words)


def _refused(candidate: Candidate, reason: str) -> Weighed:
    return Weighed(candidate=candidate, score=0.0, verdict="decline", evidence=reason)


def _judge(aim: Wanted, goal: Goal, length: Length, candidate: Candidate, said: Offered, channel: Uploader) -> Weighed:
    parts = _parts(length, said, channel)
    doubts = sorted(_doubts(aim, goal, length, said, channel), key=lambda one: one.ceiling)
    score = sum(weight * parts[name] for name, weight in _WEIGHTS.items())
    if doubts:
        score = min(score, doubts[0].ceiling)
    verdict: Verdict = "accept" if score >= ACCEPT else "ask" if score >= ASK else "decline"
    good = [f"title {100 * parts['title']:.0f} %", f"artist {100 * parts['artists']:.0f} %"]
    notes = [*(one.reason for one in doubts), *good, length.words, *_whence(candidate, channel)]
    as_version = goal.as_version if verdict != "decline" else None
    return Weighed(
        candidate=candidate,
        score=round(score, 3),
        verdict=verdict,
        evidence=", ".join(dict.fromkeys(notes)),
        parts={name: round(value, 3) for name, value in parts.items()},
        as_version=as_version,
    )


def _whence(candidate: Candidate, channel: Uploader) -> list[str]:
    if not candidate.channel:
        return []
    sort = "the artist's own channel " if channel.own and not channel.topic else ""
    return [f"from {sort}{candidate.channel}"]


def _parts(length: Length, said: Offered, channel: Uploader) -> dict[str, float]:
    artists = 1.0 if channel.own or said.artist_in_title else 0.8 if channel.helpers or said.maker else 0.0
    if artists == 1.0 and not said.artists_all and not channel.own:
        artists = 0.9
    return {
        "title": said.title,
        "artists": artists,
        "duration": length.fit,
        "words": max(0.0, 1 - 0.2 * len(said.aside) - 0.2 * len(said.remarks) - 0.3 * len(said.other_guests)),
        "channel": channel.worth,
    }


def _doubts(aim: Wanted, goal: Goal, length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    yield from _doubts_of_name(aim, length, said, channel)
    yield from _doubts_of_people(aim, length, said, channel)
    if said.title <= ALIKE:
        return  # It is another song: what else it says was not read.
    yield from _doubts_of_words(length, said, channel)
    yield from _doubts_of_version(aim, goal, length, said, channel)
    if not length.certain:
        sure = channel.own and said.title == 1.0 and not aim.common
        yield _Doubt(_UNSURE if sure else _UNLIKELY, length.words)
    if not length.known:
        yield from _doubts_without_length(aim, length, said, channel)
    if channel.given_to and not goal.kinds & TELLING:
        yield _Doubt(_UNLIKELY, f"a channel of another sort: {_listed(channel.given_to)}")


def _doubts_without_length(aim: Wanted, length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    everybody = {name.squashed for name in aim.mains} <= said.named | channel.names
    who = everybody or channel.verified or (aim.work is not None and _a_performer(aim, said, channel))
    sure = channel.own and said.title == 1.0 and not (said.aside or said.remarks) and who
    if not sure:
        yield _Doubt(
            _UNSURE if (said.artist_in_title or channel.own) and not length.coming else _UNLIKELY, length.words
        )


def _doubts_of_name(aim: Wanted, length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    if said.work_differs:
        yield _Doubt(_UNLIKELY, f"another piece: {said.work_differs}")
    if said.title < 0.8 or (said.title_by == "slip" and len(aim.title_squashed) < 8 and not length.certain):
        yield _Doubt(_UNLIKELY, "another title")
    if said.title_by == "slip" and not (channel.own or said.artist_in_title):
        yield _Doubt(_UNLIKELY, "title spelt otherwise")
    if said.beside_title and "mashup" not in aim.kinds:
        likely = aim.work is not None and length.close
        yield _Doubt(_DOUBTFUL if likely else _UNLIKELY, f"another title: also {_quoted(said.beside_title)}")


def _doubts_of_people(aim: Wanted, length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    if _spelt_otherwise(aim, length, said, channel):
        yield _Doubt(_UNSURE, "the artist is written in other letters")
    elif channel.stranger:
        yield _Doubt(_UNLIKELY, "another artist")
    elif not (channel.own or said.artist_in_title or (said.maker or channel.helpers)):
        yield _Doubt(_UNLIKELY, "the artist is not named")
    if said.before and not _many_names(aim):
        yield _Doubt(_UNLIKELY, f"another artist: {_quoted(said.before)}")
    if said.beside_artist and not _many_names(aim):
        yield _Doubt(_DOUBTFUL if length.close else _UNLIKELY, f"with another artist: {_quoted(said.beside_artist)}")
    if said.other_guests:
        alone = not aim.guests and length.close
        yield _Doubt(_UNSURE if alone else _UNLIKELY, f"with another guest: {_quoted(said.other_guests)}")
    if aim.work is not None and not _a_performer(aim, said, channel):
        yield _Doubt(_UNLIKELY, "the performer is not named")


def _doubts_of_words(length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    """Words that nothing explains may name a version in a language that nobody foresaw, and so may words that are
    missing: whose channel it is does not help. A whole sentence is no version."""
    maybe = _DOUBTFUL if length.close else _UNLIKELY
    if channel.beside and not channel.topic:
        yield _Doubt(_UNSURE, f"a channel of the artist's and {_quoted(channel.beside)}")
    if said.lacking:
        yield _Doubt(maybe, f"does not say {_quoted(said.lacking)}")
    if unexplained := [*said.remarks, *said.aside, *(() if channel.own else said.translated)]:
        yield _Doubt(maybe if len(unexplained) < _A_SENTENCE else _UNLIKELY, f"also says {_quoted(unexplained)}")


def _many_names(aim: Wanted) -> bool:
    """Whether others than the wanted may be named: a composer, or those whose songs a mash-up is made of."""
    return aim.work is not None or "mashup" in aim.kinds


def _spelt_otherwise(aim: Wanted, length: Length, said: Offered, channel: Uploader) -> bool:
    """Whether it may be the same artist, whose name is written in other letters here: the title, in letters that few
    share, and the length are the same."""
    telling = said.title == 1.0 and not aim.title_latin and length.close
    return telling and channel.foreign and (channel.topic or channel.verified) and not said.artist_in_title


def _a_performer(aim: Wanted, said: Offered, channel: Uploader) -> bool:
    """Whether somebody is named who plays it. Where several are credited, the first is the composer, as a rule."""
    performers = aim.mains[1:] or aim.mains
    return any(name.squashed in said.named or name.squashed in channel.names for name in performers)


def _doubts_of_version(aim: Wanted, goal: Goal, length: Length, said: Offered, channel: Uploader) -> Iterator[_Doubt]:
    theirs = _theirs(said)
    other = theirs ^ goal.kinds
    if channel.own and length.close:
        other -= _THE_ARTISTS_OWN - theirs
    if other <= BY_LENGTH and length.close and goal.as_version is None:
        other = frozenset()
    if other:
        more = theirs - goal.kinds
        reason = f"other version: {_listed(more)}" if more else f"not {_listed(goal.kinds - theirs)}"
        yield _Doubt(_UNSURE if _by_another_word(other, theirs, goal, length, said) else _UNLIKELY, reason)
    if said.other_makers:
        yield _Doubt(_UNLIKELY, f"somebody else's version: {_quoted(said.other_makers)}")
    elif goal.kinds & _SOMEBODYS and aim.makers and not (said.maker or _makers_own(length, said, channel)):
        yield _Doubt(_UNLIKELY, "whose version it is is not said")
    if _apart(aim.places, said.places):
        yield _Doubt(_UNLIKELY, f"another occasion: {_quoted(sorted(said.places))}")


def _makers_own(length: Length, said: Offered, channel: Uploader) -> bool:
    """Whether a version that nobody is named for is the wanted one's: from that one's channel, or that one's beside the
    artist."""
    return length.close and (channel.helpers or said.makers_named)


def _theirs(said: Offered) -> frozenset[str]:
    """The kinds that a candidate is of; an edit that nobody is named for is a radio edit by another name."""
    theirs = frozenset(said.kinds)
    if "edit" in theirs and not said.maker and not said.other_makers:
        return theirs - {"edit"} | {"radio"}
    return theirs


def _by_another_word(other: frozenset[str], theirs: frozenset[str], goal: Goal, length: Length, said: Offered) -> bool:
    """Whether people call the same thing by both words: one's remix and edit, an acoustic and a live recording."""
    if not length.close:
        return False
    both = bool(theirs) and bool(goal.kinds)
    return both and ((other <= _SOMEBODYS and said.maker) or other <= _ON_STAGE)


def _apart(places: Collection[str], others: Collection[str]) -> bool:
    """Whether two recordings were made at different places, or in different years."""
    for is_year in (True, False):
        mine = {one for one in places if bool(YEAR.fullmatch(one)) is is_year}
        theirs = {one for one in others if bool(YEAR.fullmatch(one)) is is_year}
        if mine and theirs and mine.isdisjoint(theirs):
            return True
    return False


def _listed(kinds: Sequence[str] | set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(kinds))


def _quoted(said: Sequence[str]) -> str:
    return f"“{' '.join(said)}”"
