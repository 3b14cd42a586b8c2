"""Errors are named after what the caller does next.

DaemonError
├ ConfigError(problems)      every problem at once; exit 78
├ Transient(retry_after_s)   wait and try again
│ ├ Unreachable              no answer, or one that makes no sense
│ └ RateLimited              an answer that says: later
├ AuthExpired(service)       park that service, tell the person, carry on with the rest
├ NeedsPerson(question)      only the person can decide; carries the choices
└ Permanent                  trying again changes nothing
  ├ NotFound                 gone, private, or never there
  │ └ RowGone                the person threw that row away: leave it alone, and make no other
  ├ Protected                DRM or for sale only; never worked around
  ├ BadMedia                 not the audio it claims to be
  └ Refused                  the other side understood and said no

A duplicate, a metadata-only track, a refused preview: these are outcomes (`daemon.models`), not errors. Foreign
exceptions are translated once, at the integration's edge, with `from`. Anything that is not in this tree is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.models import Choice


class DaemonError(Exception):
    """Anything this program raises on purpose. `str()` is a sentence for the person: what happened, and what to do."""

    step: str | None = None
    """The step of the pipeline that raised it, where it passed through one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the configuration."""

    setting: str
    """The name the person wrote, e.g. `TRACKS_DB_ID`."""
    what: str
    """What is wrong, and what to do about it."""

    def __str__(self) -> str:
        return f"{self.setting}: {self.what}"


class ConfigError(DaemonError):
    """The configuration is wrong; nothing was started."""

    def __init__(self, problems: Sequence[Problem], hints: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.hints = tuple(hints)
        """What else was noticed: a misspelt name may be why another setting is wrong."""
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Transient(DaemonError):
    """It may work later. `retry_after_s` is what the other side asked for, or None when it did not say."""

    def __init__(self, message: str, *, service: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.service = service
        self.retry_after_s = retry_after_s


class Unreachable(Transient):
    """No answer, or one that makes no sense (a proxy's HTML, a reset, a timeout, a 5xx)."""


class RateLimited(Transient):
    """The service asks us to come back later."""


class AuthExpired(DaemonError):
    """A log-in is missing, wrong or over. Only that service is parked."""

    def __init__(self, message: str, *, service: str) -> None:
        super().__init__(message)
        self.service = service


class NeedsPerson(DaemonError):
    """We will not guess. The choices are the answers that we understand."""

    def __init__(self, question: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__(question)
        self.question = question
        self.choices = tuple(choices)


class Permanent(DaemonError):
    """Trying the same again changes nothing. `service` is named where it shuts us out altogether, and did not only
    refuse this one thing."""

    def __init__(self, message: str, *, service: str | None = None) -> None:
        super().__init__(message)
        self.service = service


class NotFound(Permanent):
    """Gone, private, or never there."""


class RowGone(NotFound):
    """The person threw the row away. It is left alone, and no other is made in its place."""


class Protected(Permanent):
    """DRM, or for sale only."""


class BadMedia(Permanent):
    """The bytes are not the audio they claim to be."""


class Refused(Permanent):
    """The other side understood, and said no."""


Trouble = Literal["login", "barred", "rate", "wait"]
"""What is the matter with a service: the log-in is over; it is good and lets us do nothing, or what we work in is out
of our sight; we were asked to slow down; no answer that makes sense."""


def trouble_of(error: DaemonError) -> Trouble:
    """What an error says of the service that it names."""
    if isinstance(error, AuthExpired):
        return "login"
    if isinstance(error, RateLimited):
        return "rate"
    return "wait" if isinstance(error, Transient) else "barred"
