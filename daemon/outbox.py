"""Carries what the ledger knows to the outside: to Eagle, and to Notion. Nothing else writes there.

The outbox holds one entry for a track and a target, never a queue of versions: what is carried is always the newest
state. Carrying is repeatable, so an answer that was lost costs nothing. A target that does not answer is left alone
until it may; the work on audio never waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from daemon.errors import AuthExpired, DaemonError, Permanent, Transient, trouble_of
from daemon.ledger import Ledger
from daemon.ledger.outbox import Entry, Target
from daemon.models import Json

log = logging.getLogger(__name__)

_LEASE_S = 300.0
_FIRST_WAIT_S = 30.0
_LONGEST_WAIT_S = 3600.0
_OF_THE_SILENCE = 0.25
_LONGEST_SILENCE_S = 900.0
"""A service that has been silent for an hour is asked every quarter of an hour."""
_DOUBLINGS = 7
"""As many as lead from the first wait past the longest."""
_LEAST_ASKED_S, _MOST_ASKED_S = 1.0, 7 * 24 * 3600.0
"""What a Retry-After is believed: `0` would have us ask without a pause, and nonsense never again."""
_REFUSED_WAIT_S = 3600.0
"""What was refused is looked at again every hour: somebody may have mended the column, the library, the permission."""
_LOGIN_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Carried:
    """What now stands outside."""

    remote_id: str
    seen: Json
    """The values as they stand there, of what was looked at or written: the base of the next comparison."""
    wrote: Json = field(default_factory=dict)
    """What we wanted of the values that were written; the target may have rounded or cut them."""


class Carrier(Protocol):
    """Brings one track's newest state to one target. Safe to repeat."""

    def carry(self, track_id: str) -> Carried | None:
        """None: there is nothing to carry. Raises what `daemon.errors` draws; then it is tried again later."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a round of carrying went, for one track and target."""

    track_id: str
    target: str
    error: str | None = None
    """Why not yet; None when it is there."""


class Outbox:
    """Works through what is due. Targets are served in their order: Eagle before Notion, whose row names the item."""

    def __init__(
        self, ledger: Ledger, carriers: Mapping[Target, Carrier], *, host_id: str, clock: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._carriers = carriers
        self._host_id = host_id
        self._clock = clock
        self._silent_since: dict[str, float] = {}
        """Since when a service has not answered: the longer, the less often it is asked, whatever waits for it."""

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(self._carriers)

    def carry_due(self, *, stopping: Callable[[], bool] = lambda: False) -> list[Delivery]:
        """Carries everything that is due; a target that asks for patience ends its own round only."""
        return [delivery for target in self._carriers for delivery in self._carry_target(target, stopping)]

    def _carry_target(self, target: Target, stopping: Callable[[], bool]) -> list[Delivery]:
        deliveries: list[Delivery] = []
        while not stopping() and self._ledger.services.parked(target) is None:
            # One at a time: what is not begun yet is free for others, and for the next start.
            entries = self._ledger.outbox.claim(target, self._host_id, 1, _LEASE_S)
            if not entries:
                break
            deliveries += [self._carry_entry(entry) for entry in entries]
        return deliveries

    def _carry_entry(self, entry: Entry) -> Delivery:
        try:
            carried = self._carriers[entry.target].carry(entry.track_id)
        except DaemonError as error:
            return self._put_off(entry, error)
        except Exception:
            log.exception("carrying %s to %s failed in a way that nobody foresaw", entry.track_id, entry.target)
            reason = f"A defect of ours while writing to {entry.target}; the log has the details."
            self._ledger.outbox.postpone(entry, self._clock() + _REFUSED_WAIT_S, reason)
            return Delivery(entry.track_id, entry.target, reason)
        self._silent_since.pop(entry.target, None)
        if carried is None:
            self._ledger.outbox.rest(entry)
        else:
            self._ledger.outbox.done(entry, carried.remote_id, carried.seen, carried.wrote)
            self._ledger.services.answered(entry.target)
        return Delivery(entry.track_id, entry.target)

    def _put_off(self, entry: Entry, error: DaemonError) -> Delivery:
        now = self._clock()
        until = now + wait_s(error, entry.attempts - 1)
        if isinstance(error, (Transient, AuthExpired, Permanent)) and error.service:  # not this entry's trouble
            silent_s = now - self._silent_since.setdefault(entry.target, now)
            if not isinstance(error, Transient) or error.retry_after_s is None:
                until = max(until, now + min(silent_s * _OF_THE_SILENCE, _LONGEST_SILENCE_S))
            self._ledger.services.park(error.service, until, str(error), trouble_of(error))
        self._ledger.outbox.postpone(entry, until, str(error))
        log.warning("%s: not carried to %s yet: %s", entry.track_id, entry.target, error)
        return Delivery(entry.track_id, entry.target, str(error))


def wait_s(error: DaemonError, attempts: int) -> float:
    """How long to leave an entry alone after this error; `attempts` counts the tries before it."""
    if isinstance(error, Transient):
        if error.retry_after_s is not None:
            return min(max(_LEAST_ASKED_S, error.retry_after_s), _MOST_ASKED_S)
        return min(_FIRST_WAIT_S * 2.0 ** min(attempts, _DOUBLINGS), _LONGEST_WAIT_S)
    return _LOGIN_WAIT_S if isinstance(error, AuthExpired) else _REFUSED_WAIT_S
