"""Polite gaps: when a service may be asked next, over all threads, processes and hosts on one ledger."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger.store import Store, put
from daemon.ledger.tables import paces

LONGEST_LINE_S = 3600.0
"""How far ahead a turn can be. Gaps are seconds and a handful wait, so a turn that is later was booked under another
clock. Narrower than `daemon.ledger.patience`: whoever books a turn sits and waits for it."""


class Paces:
    """One line of turns per service."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def book(self, service: str, gap_s: float) -> float:
        """Takes the next turn at this service, and keeps the others away for `gap_s` behind it. Answers the seconds to
        wait until then: 0 when it is now. A turn that is not used is lost, and does no harm."""
        with self._store.writing() as connection:
            now = self._store.now()
            booked = connection.execute(sa.select(paces.c.next_at).where(paces.c.service == service)).scalar()
            turn = next_turn(booked, now)
            put(connection, paces, {"service": service}, {"next_at": turn + gap_s})
            return turn - now


def next_turn(booked_until: float | None, now: float) -> float:
    """The moment from which a service is free: now, or the end of what is booked."""
    if booked_until is None or not now < booked_until <= now + LONGEST_LINE_S:
        return now
    return booked_until
