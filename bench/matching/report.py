"""The tables: per class and in all, by hand and generated apart, tuning and kept back apart, baselines beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bench.matching import judge
from bench.matching.cases import Case, by_hand
from bench.matching.grammar import LIES, generated
from bench.matching.judge import Judged, Share, Tally, tally
from bench.matching.timing import timed
from bench.report import Report

_BASELINES = {"first hit": judge.first_hit, "token ratio": judge.token_ratio}
_HEADINGS = (
    *("", "n", "there", "right", "wrong", "asked (well)", "declined"),
    *("wrong of the accepted", "right of those there", "asked of all"),
)
_WRONG_AT_MOST, _RIGHT_AT_LEAST, _ASKED_AT_MOST = 0.005, 0.92, 0.06
_ABOUT = (
    "ours, and two baselines, over the same candidate lists; 95 % Wilson intervals in brackets; "
    "`asked (well)`: of the asked, the right one is among the choices."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts(Report):
    """A report that is more tables than numbers."""

    tables: tuple[Table, ...]

    def as_text(self) -> str:
        """For people."""
        return "\n\n".join([Report.as_text(self), *(table.as_text() for table in self.tables)])

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return Report.as_json(self) | {"tables": [table.as_json() for table in self.tables]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One half of the cases of one origin (or of both)."""

    name: str
    classes: dict[str, Tally]
    beyond: dict[str, Tally]
    """Classes that are shown, and in no sum."""
    whole: Tally
    baselines: dict[str, Tally]
    held: bool
    """Whether the wanted numbers are asked of this one."""

    def as_text(self) -> str:
        """Aligned columns, and what is met of what is wanted."""
        rows = [*self.classes.items(), ("in all", self.whole)]
        rows += [(f"baseline: {name}", sums) for name, sums in self.baselines.items()]
        rows += [(f"({name}, in no sum)", sums) for name, sums in self.beyond.items()]
        lines = list(_columns([_HEADINGS, *(_cells(name, sums) for name, sums in rows)]))
        return "\n".join([self.name, *lines, *(self._verdicts() if self.held else ())])

    def as_json(self) -> dict[str, Any]:
        """Plain counts; shares and intervals follow from them."""
        return dataclasses.asdict(self)

    def _verdicts(self) -> Iterator[str]:
        sums = self.whole
        yield _verdict("wrong of the accepted", sums.wrong_share, "at most", _WRONG_AT_MOST)
        yield _verdict("right of those there", sums.right_share, "at least", _RIGHT_AT_LEAST)
        yield _verdict("asked of all", sums.asked_share, "at most", _ASKED_AT_MOST)


def verdicts() -> Verdicts:
    """Everything: both halves of both origins, and the time of weighing."""
    written, made = by_hand(), list(generated())
    judged = [table for name, cases in _parts(written, made) if (table := _table(name, cases))]
    return Verdicts(name="matching", about=_ABOUT, numbers=timed(made), tables=tuple(judged))


def tuning(kinds: Sequence[str], *, misses: bool) -> Iterator[str]:
    """The half that may be tuned on: its tables, and every case that went wrong, was asked or was missed. Only the
    classes named; of none, all."""
    for name, cases in (("by hand", by_hand()), ("generated", list(generated(kinds)))):
        mine = [case for case in cases if not case.kept_back and (not kinds or case.kind in kinds)]
        judged = judge.judge(mine, judge.ours)
        if misses:
            yield from (_story(one) for one in judged if one.missed and one.case.kind != LIES)
        if mine:
            yield _summed(f"{name}, for tuning", mine, judged, held=False).as_text()


def _parts(written: list[Case], made: list[Case]) -> Iterator[tuple[str, list[Case]]]:
    for half, kept_back in (("for tuning", False), ("KEPT BACK", True)):
        for origin, cases in (("by hand", written), ("generated", made), ("both", written + made)):
            yield f"{origin}, {half}", [case for case in cases if case.kept_back == kept_back]


def _table(name: str, cases: list[Case]) -> Table | None:
    if not cases:
        return None
    return _summed(name, cases, judge.judge(cases, judge.ours), held=cases[0].kept_back)


def _summed(name: str, cases: list[Case], judged: list[Judged], *, held: bool) -> Table:
    honest = [case for case in cases if case.kind != LIES]
    classes = {kind: tally(one for one in judged if one.case.kind == kind) for kind in _kinds(cases)}
    return Table(
        name=name,
        classes={kind: sums for kind, sums in classes.items() if kind != LIES},
        beyond={kind: sums for kind, sums in classes.items() if kind == LIES},
        whole=tally(one for one in judged if one.case.kind != LIES),
        baselines={name: tally(judge.judge(honest, choose)) for name, choose in _BASELINES.items()},
        held=held,
    )


def _kinds(cases: Iterable[Case]) -> list[str]:
    return sorted({case.kind for case in cases})


# --- text ------------------------------------------------------------------------------------------------------------


def _cells(name: str, sums: Tally) -> tuple[str, ...]:
    return (
        name,
        *map(str, (sums.cases, sums.there, sums.right, sums.wrong)),
        f"{sums.asked} ({sums.asked_well})",
        str(sums.declined),
        *map(str, (sums.wrong_share, sums.right_share, sums.asked_share)),
    )


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.rjust(width) if 0 < column < 7 else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _verdict(what: str, share: Share, bound: str, limit: float) -> str:
    kept = share.value <= limit if bound == "at most" else share.value >= limit
    return f"  {'met' if kept else 'NOT MET'}: {what} {share}, wanted {bound} {limit:.1%}"


def _story(one: Judged) -> str:
    """A case that went wrong, for the one who tunes: every candidate with its score and evidence."""
    track = one.case.track
    told = f"{'; '.join(track.artists)} | {track.title} | {_clock(track.duration_s)}"
    head = f"{one.outcome.upper()} {one.case.kind} {one.case.name}: ? {told} | wants {','.join(one.case.preference)}"
    return "\n".join(chain([head], _candidates(one), [""]))


def _candidates(one: Judged) -> Iterator[str]:
    weighed = {each.candidate.id: each for each in one.choice.weighed}
    taken = one.choice.taken
    for hit in one.case.candidates:
        sign = "+" if hit.id in one.case.right else "-"
        mark = ">" if taken and taken.id == hit.id else "?" if hit in one.choice.asked else " "
        channel = hit.channel + (" ✓" if hit.verified else "")
        length = "LIVE" if hit.live else _clock(hit.duration_s)
        yield f"  {mark}{sign} {hit.title} | {channel} | {length} | {hit.views}{_truth(one.case, hit.id)}"
        if each := weighed.get(hit.id):
            parts = " ".join(f"{name}={value:.2f}" for name, value in each.parts.items())
            yield f"       {each.score:.3f} {each.verdict}: {each.evidence}{f' ({parts})' if parts else ''}"


def _truth(case: Case, video_id: str) -> str:
    return f"   <{case.truth[video_id]}>" if video_id in case.truth else ""


def _clock(duration_s: float | None) -> str:
    if duration_s is None:
        return "-"
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes}:{seconds:02d}"
