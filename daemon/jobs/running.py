"""Works off what was ordered, a portion at a time: the most urgent first, equals in turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from daemon.errors import AuthExpired, DaemonError, NeedsPerson, Permanent, Transient
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Later, Portion, Table, Verb, Wording
from daemon.ledger import Ledger
from daemon.ledger.jobs import JobRow
from daemon.models import Json
from daemon.outbox import wait_s

log = logging.getLogger(__name__)


class Running:
    """The jobs of one host. What is killed in the middle of a portion does that portion again."""

    def __init__(self, ledger: Ledger, table: Table, *, host_id: str) -> None:
        self._ledger = ledger
        self._table = table
        self._host_id = host_id
        self._unsure: set[bool] = set()
        """The lanes to which the ledger did not answer: what it holds as ours there is in nobody's hands."""

    def work(self, *, long: bool, stopping: Callable[[], bool] = lambda: False) -> int:
        """Takes turns until nobody's is due; answers how many. The `long` verbs have a thread of their own, so that
        the others never wait for them."""
        verbs = [verb.name for verb in self._table if verb.is_long == long]
        if long in self._unsure:
            self._ledger.jobs.take_back(self._host_id, verbs)
            self._unsure.discard(long)
        count = 0
        try:
            while not stopping() and (job := self._ledger.jobs.claim(self._host_id, verbs)) is not None:
                self.turn(job)
                count += 1
        except DaemonError:
            self._unsure.add(long)
            raise
        return count

    def turn(self, job: JobRow) -> Portion:
        """One portion of a claimed job. Answers what came of it, which is in the ledger then."""
        try:
            portion = self._portion(job)
            self._settle(job, portion)
        except DaemonError:  # the ledger does not answer
            raise
        except BaseException:  # we are to leave: the next start does it again
            self._ledger.jobs.give_back(job)
            raise
        return portion

    def _settle(self, job: JobRow, portion: Portion) -> None:
        match portion:
            case GoOn():
                self._ledger.jobs.go_on(
                    job,
                    memory=portion.memory,
                    done=portion.done,
                    of_all=portion.of,
                    text=portion.text,
                    wait_s=portion.wait_s,
                )
            case Complete():
                self._ledger.jobs.end(job, "done", portion.text, portion.links)
            case Blocked():
                self._ledger.jobs.end(job, "blocked", portion.question, memory=portion.memory)
            case Failed():
                self._ledger.jobs.end(job, "failed", portion.reason)
            case Later():
                self._ledger.jobs.put_off(job, portion.wait_s, f"Waits: {portion.why}")

    def _portion(self, job: JobRow) -> Portion:
        try:
            verb = self._table.must(job.verb)
            before = self._before(job)
            try:
                asked = self._asked(verb, job, before)
            except Permanent as wrong:
                hint = f"Correct it in the title or in Input. Jobs: {self._table.in_words()}."
                return Blocked(question=f"{wrong} {hint}", memory=before)
            return verb.work(asked, job.memory)
        except (Transient, AuthExpired) as error:
            return Later(why=str(error), wait_s=wait_s(error, job.tries))
        except NeedsPerson as error:
            return Blocked(question="\n".join([error.question, *_numbered(error)]))
        except DaemonError as error:
            return Failed(reason=str(error))
        except Exception:
            log.exception("the job %s %s failed in a way that nobody foresaw", job.verb, job.id)
            return Failed(reason="A defect of ours; the log has the details.")

    def _before(self, job: JobRow) -> Json:
        """What the order that this one corrects, or answers, remembered."""
        before = None if job.asked is not None else self._ledger.jobs.before(job)
        return before.memory if before is not None and before.verb == job.verb else {}

    def _asked(self, verb: Verb[Any], job: JobRow, before: Json) -> Any:
        """The input, read once: what a word means may be another thing the next time."""
        adapter = TypeAdapter(verb.input)
        if job.asked is not None:
            return adapter.validate_python(job.asked)
        asked = verb.read(Wording.of(job.input, job.track_id, before))
        self._ledger.jobs.understood(job.id, adapter.dump_python(asked, mode="json"))
        return asked


def _numbered(error: NeedsPerson) -> list[str]:
    return [f"{number}. {choice.label} {choice.why}".rstrip() for number, choice in enumerate(error.choices, 1)]
