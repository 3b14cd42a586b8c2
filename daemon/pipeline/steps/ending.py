"""What it came to."""

from __future__ import annotations

import shutil

from daemon.errors import trouble_of
from daemon.errors_json import from_json
from daemon.ledger.anew import DISMISSED
from daemon.models import Json, Outcome, Postponed
from daemon.pipeline.judging import outcome_of, own_faults_in
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.telling import telling


class Ending(Desk):
    """The last steps."""

    def judge(self, order: Order, step: str, error: Json) -> Outcome:
        """What an error means for this track."""
        events = self._ledger.events.of(order.track_id)
        own = own_faults_in(event.detail for event in events if event.step == "finish")
        outcome = outcome_of(error, step, attempt=order.attempt, own_faults=own, now=self._parts.clock())
        if isinstance(outcome, Postponed) and outcome.service:
            kind = trouble_of(from_json(error))
            self._ledger.services.park(outcome.service, outcome.not_before, outcome.reason, kind)
        return outcome

    def conclude(self, order: Order, outcome: Outcome) -> Outcome:
        """Clears the work folder, and writes the end into the ledger, which puts it into the outbox.

        In this order: what is at its end is never taken up again, so nobody would come back to clear up."""
        with telling(self._parts.tell, order.track_id, "conclude") as account:
            is_wanted = self._ledger.tracks.get(order.track_id).status not in DISMISSED
            self._clear_up(order, keep_downloads=is_wanted and isinstance(outcome, Postponed))
            self._ledger.tracks.finish(order.track_id, outcome)
            account.result = outcome.kind
            return outcome

    def _clear_up(self, order: Order, *, keep_downloads: bool) -> None:
        """Of a track that is put off, only what was fetched is worth its room: the rest is quickly made again."""
        work = self._work(order)
        if not keep_downloads:
            shutil.rmtree(work, ignore_errors=True)
            return
        for left in work.iterdir() if work.is_dir() else ():
            if left.is_file():
                left.unlink(missing_ok=True)
