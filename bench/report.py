"""What a bench found out, and how it is shown: a plain table for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["ours", "floor", "naive", "peer", "part"]
"""What a number stands for; `part` is a share of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One measured quantity."""

    what: str
    unit: str
    runs: tuple[float, ...]
    role: Role = "ours"
    beside: str = ""
    """How it compares with another number of the same run, or with what is allowed."""

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    def over(self, other: Number) -> Number:
        """The same number, with its ratio to `other` beside it."""
        return self.with_word(f"{_short(self.median / other.median)} × {other.what}")

    def within(self, limit: float) -> Number:
        """The same number, with the limit it is held to beside it."""
        verdict = "kept" if self.median <= limit else "BROKEN"
        return self.with_word(f"limit {_short(limit)} {self.unit}: {verdict}")

    def with_word(self, word: str) -> Number:
        """The same number, with one more remark beside it."""
        return dataclasses.replace(self, beside="; ".join(filter(None, (self.beside, word))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that one bench measured."""

    name: str
    about: str
    """How it was measured, in a sentence or two."""
    numbers: tuple[Number, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs; every single run is in it."""
        numbers = [dataclasses.asdict(number) | {"median": number.median} for number in self.numbers]
        return {"name": self.name, "about": self.about, "numbers": numbers}

    def as_text(self) -> str:
        """For people."""
        lines = [f"{self.name}: {self.about}", *_aligned([_cells(number) for number in self.numbers])]
        return "\n".join(lines)


def _cells(number: Number) -> tuple[str, ...]:
    many = len(number.runs) > 1
    spread = f"{_short(min(number.runs))} to {_short(max(number.runs))}, {len(number.runs)} runs" if many else ""
    return (number.role, number.what, _short(number.median), number.unit, spread, number.beside)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns of one width each; the third holds figures and is set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.rjust(width) if column == 2 else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _short(value: float) -> str:
    """Three digits that mean something, whatever the size."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
