"""What a way of choosing did with each case, and how that adds up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from bench.matching.cases import Case
from daemon.identity.credits import credited
from daemon.models import Candidate, Track, Weighed
from daemon.pipeline import matching

Outcome = Literal["right", "wrong", "asked", "declined"]

_Z_95 = 1.959963984540054
_TOKEN_RATIO_ABOVE = 80.0
"""What a plain token ratio has to exceed to be believed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was made of one candidate list."""

    taken: Candidate | None
    """The first one accepted."""
    asked: tuple[Candidate, ...] = ()
    """Whom the person is asked about, where nothing was accepted."""
    weighed: tuple[Weighed, ...] = ()


Chooser = Callable[[Track, Sequence[Candidate], Sequence[str]], Choice]


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, what was chosen, and whether that was right."""

    case: Case
    choice: Choice

    @property
    def outcome(self) -> Outcome:
        if self.choice.taken is not None:
            return "right" if self.choice.taken.id in self.case.right else "wrong"
        return "asked" if self.choice.asked else "declined"

    @property
    def asked_well(self) -> bool:
        """The person was asked, and the right one was among the choices."""
        return self.outcome == "asked" and any(one.id in self.case.right for one in self.choice.asked)

    @property
    def missed(self) -> bool:
        """Worth a look: wrong, asked, or declined although it was there."""
        return self.outcome in ("wrong", "asked") or (self.outcome == "declined" and bool(self.case.right))


def judge(cases: Iterable[Case], choose: Chooser) -> list[Judged]:
    """Every case through the same chooser. What the chooser raises goes through, with the case's name on it."""
    judged: list[Judged] = []
    for case in cases:
        try:
            choice = choose(case.track, case.candidates, case.preference)
        except Exception as error:
            error.add_note(f"in the case {case.name}")
            raise
        judged.append(Judged(case, choice))
    return judged


# --- choosers --------------------------------------------------------------------------------------------------------


def ours(track: Track, candidates: Sequence[Candidate], preference: Sequence[str]) -> Choice:
    """As the program does it."""
    weighed = tuple(matching.weigh(credited(track), candidates, preference))
    taken = matching.accepted(weighed)
    if taken:
        return Choice(taken[0].candidate, weighed=weighed)
    return Choice(None, tuple(one.candidate for one in matching.doubtful(weighed)), weighed)


def first_hit(_track: Track, candidates: Sequence[Candidate], _preference: Sequence[str]) -> Choice:
    """As most peers do it: whatever the search puts first."""
    return Choice(candidates[0] if candidates else None)


def token_ratio(track: Track, candidates: Sequence[Candidate], _preference: Sequence[str]) -> Choice:
    """As the more careful peers do it: the words of artist and title against those of the video's title."""
    wanted = f"{' '.join(track.artists)} {track.title}".casefold()
    rated = [(fuzz.token_set_ratio(wanted, one.title.casefold()), -place) for place, one in enumerate(candidates)]
    best, place = max(rated, default=(0.0, 0))
    return Choice(candidates[-place] if best > _TOKEN_RATIO_ABOVE else None)


# --- sums ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """0 to 1; of nothing, nothing."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.part, self.whole)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2%} = {self.part}/{self.whole} [{low:.2%}, {high:.2%}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cases ended how."""

    cases: int = 0
    there: int = 0
    """Cases in which a right one can be had."""
    right: int = 0
    wrong: int = 0
    asked: int = 0
    asked_well: int = 0
    """Of the asked: the right one is among the choices."""
    declined: int = 0

    @property
    def wrong_share(self) -> Share:
        """Of the accepted."""
        return Share(self.wrong, self.right + self.wrong)

    @property
    def right_share(self) -> Share:
        """Of those that are there."""
        return Share(self.right, self.there)

    @property
    def asked_share(self) -> Share:
        return Share(self.asked, self.cases)


def tally(judged: Iterable[Judged]) -> Tally:
    """Counts them."""
    all_of_it = list(judged)
    ended = [one.outcome for one in all_of_it]
    return Tally(
        cases=len(all_of_it),
        there=sum(bool(one.case.right) for one in all_of_it),
        right=ended.count("right"),
        wrong=ended.count("wrong"),
        asked=ended.count("asked"),
        asked_well=sum(one.asked_well for one in all_of_it),
        declined=ended.count("declined"),
    )


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of Wilson's for a share; of nothing, everything is possible."""
    if not whole:
        return 0.0, 1.0
    share, z_squared = part / whole, _Z_95**2
    middle = share + z_squared / (2 * whole)
    reach = _Z_95 * math.sqrt(share * (1 - share) / whole + z_squared / (4 * whole**2))
    scale = 1 + z_squared / whole
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
