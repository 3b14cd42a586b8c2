"""A pause: nothing new is taken up by itself. What is under way is finished; looking, carrying and jobs go on, and what
a person asks for at the command line is done."""

from __future__ import annotations

from datetime import UTC, datetime

from daemon.ledger import Ledger

_MEMO = "jobs/paused"


def paused_since(ledger: Ledger) -> float | None:
    """Since when, in unix seconds; None: there is no pause."""
    since = ledger.memos.recall(_MEMO)
    return None if since is None else float(since)


def pause(ledger: Ledger, now: float) -> float:
    """From now on, or since it was paused before, which is answered."""
    since = paused_since(ledger)
    if since is None:
        ledger.memos.remember(_MEMO, repr(now))
        return now
    return since


def resume(ledger: Ledger) -> float | None:
    """Ends the pause; answers since when there was one."""
    since = paused_since(ledger)
    ledger.memos.forget(_MEMO)
    return since


def in_words(since: float) -> str:
    """The pause, and how it ends."""
    return f"paused since {moment(since)}; `cratekeeper job resume`"


def moment(unix_s: float) -> str:
    """A time as a person here reads it, to the minute."""
    return datetime.fromtimestamp(unix_s, UTC).astimezone().isoformat(sep=" ", timespec="minutes")
