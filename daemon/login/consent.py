"""How long a person's yes to Spotify lasts: six months, and refreshing the log-in does not make it longer. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from daemon.models import Check, Consent

LASTS_DAYS = 182
WARNS_DAYS = 14
_DAY_S = 86_400.0
_NAME = "Spotify log-in"
_LOG_IN = "Run `cratekeeper login spotify`"


@dataclass(frozen=True, slots=True)
class Fine:
    """Nothing to do yet."""


@dataclass(frozen=True, slots=True)
class EndsSoon:
    """A new log-in is due."""

    days: int
    """Whole days left; 0 on the last one."""


@dataclass(frozen=True, slots=True)
class Over:
    """Six months have passed: Spotify may refuse us any time."""


ConsentStanding = Fine | EndsSoon | Over


def consent_standing(consented_at: float, now: float) -> ConsentStanding:
    """How a consent of that moment stands now; both in unix seconds."""
    left_s = consented_at + LASTS_DAYS * _DAY_S - now
    if left_s <= 0:
        return Over()
    return EndsSoon(math.floor(left_s / _DAY_S)) if left_s <= WARNS_DAYS * _DAY_S else Fine()


def last_day(consent: Consent) -> str:
    """The day on which it ends, for people: `21 May 2027`."""
    end = datetime.fromtimestamp(consent.given_at + LASTS_DAYS * _DAY_S, UTC).astimezone()
    return f"{end.day} {end:%B %Y}"


def warning(consent: Consent, now: float) -> str | None:
    """What to tell the person while it ends soon or is over; None while all is well. The same all day long."""
    match consent_standing(consent.given_at, now):
        case Fine():
            return None
        case EndsSoon(days):
            left = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
            return f"The Spotify log-in ends {left} ({last_day(consent)}{_doubt(consent)}). {_LOG_IN} to renew it."
        case Over():
            ended = f"The six months of the Spotify log-in were over on {last_day(consent)}{_doubt(consent)}"
            return f"{ended}: it may end any time. {_LOG_IN} to renew it."


def check(consent: Consent | None, now: float, *, ignores_seed: bool) -> Check:
    """Doctor's line. `ignores_seed`: SPOTIFY_REFRESH_TOKEN was changed after the log-in that is kept."""
    if consent is None:
        text = "none is kept yet; SPOTIFY_REFRESH_TOKEN, where it is set, is kept at its first use."
        return Check(name=_NAME, level="warning", text=text, todo=f"{_LOG_IN}.")
    told = warning(consent, now)
    if told is not None:
        return Check(name=_NAME, level="warning", text=told, todo=f"{_LOG_IN}.")
    if ignores_seed:
        text = "SPOTIFY_REFRESH_TOKEN was changed after the log-in that is kept, and counts for nothing."
        todo = f"{_LOG_IN}; or remove spotify-token.json from VAR_DIR, and the new token is used."
        return Check(name=_NAME, level="warning", text=text, todo=todo)
    return Check(name=_NAME, level="ok", text=f"lasts until {last_day(consent)}{_doubt(consent)}.")


def _doubt(consent: Consent) -> str:
    return "" if consent.known else ", counted from its first use here; it may be earlier"
