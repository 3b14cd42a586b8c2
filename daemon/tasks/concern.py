"""A thing that needs the person, and how such things are looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from daemon.models import Choice
from daemon.tasks.facts import Facts

Severity = Literal["Critical", "High", "Medium", "Low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that needs the person."""

    key: str
    """The same for as long as the cause is: `login/spotify`."""
    kind: str
    severity: Severity
    title: str
    happened: str
    todo: str
    """What to do, with the command, the setting or the place in Notion."""
    gone: str
    """What is said once the cause is gone."""
    host_id: str | None = None
    """The machine that it is about; None: it is the same for all."""
    track_id: str | None = None
    choices: tuple[Choice, ...] = ()
    """Numbered by their places, from 1."""
    about: tuple[str, ...] = ()
    """What else an answer may be about, which has no number: columns."""
    stands_for_s: float = 0.0
    """How long it must have stood before anybody is bothered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a cause found; the rest of a concern is the same for all of its kind."""

    of: str
    """What it is about; with the kind, the key."""
    title: str
    happened: str
    todo: str
    gone: str
    severity: Severity | None = None
    """Where it is another than the cause's."""
    host_id: str | None = None
    track_id: str | None = None
    choices: tuple[Choice, ...] = ()
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A line of the table."""

    kind: str
    severity: Severity
    look: Callable[[Facts], Iterable[Seen]]
    stands_for_s: float = 0.0
