"""`pause` and `resume`."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.errors import Refused
from daemon.jobs.verbs import Complete, Verb, Wording
from daemon.models import Json
from daemon.service import pausing
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import PAUSE, RESUME


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A verb that takes no input."""


def nothing(name: str, wording: Wording) -> Nothing:
    """Reads no input. Raises Refused where there is one: it would not be heeded."""
    if wording.text.strip():
        raise Refused(f"“{name}” takes nothing; “{wording.text.strip()}” would not be heeded.")
    return Nothing()


def pause(desk: Desk) -> Verb[Nothing]:
    """Until `resume`."""

    def work(_asked: Nothing, _memory: Json) -> Complete:
        since = pausing.pause(desk.rooms.ledger, desk.rooms.clock())
        return Complete(
            text=f"Paused since {pausing.moment(since)}: the daemon takes up nothing new until `resume`. "
            "What is under way is finished."
        )

    return PAUSE.verb(input=Nothing, read=lambda wording: nothing(PAUSE.name, wording), work=work)


def resume(desk: Desk) -> Verb[Nothing]:
    """Ends the pause. Resuming what is not paused changes nothing."""

    def work(_asked: Nothing, _memory: Json) -> Complete:
        since = pausing.resume(desk.rooms.ledger)
        if since is None:
            return Complete(text="Nothing is paused.")
        return Complete(text=f"It was paused since {pausing.moment(since)}; tracks are taken up again.")

    return RESUME.verb(input=Nothing, read=lambda wording: nothing(RESUME.name, wording), work=work)
