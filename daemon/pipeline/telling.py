"""What a run says while it works: one value, heard by the terminal, the log and the ledger alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from daemon.ledger import Ledger
from daemon.ports import Progress


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened to one track."""

    track_id: str
    step: str
    state: Literal["begun", "progress", "done", "failed"]
    text: str = ""
    fraction: float | None = None


Tell = Callable[[Told], None]


_PROGRESS_EVERY_S = 2.0
"""How often the ledger is told how far a step is; the terminal hears of it all."""


def noted(tell: Tell, ledger: Ledger, clock: Callable[[], float]) -> Tell:
    """`tell` that also keeps, in the ledger, when each step began and how it ended, and now and then how far it is."""
    last_at: dict[str, float] = {}

    def note_and_tell(told: Told) -> None:
        if told.state != "progress":
            ledger.events.note(told.track_id, told.step, told.state, {"text": told.text} if told.text else None)
            if last_at.pop(told.track_id, None) is not None:
                ledger.tracks.no_progress(told.track_id)
        elif clock() - last_at.get(told.track_id, 0.0) >= _PROGRESS_EVERY_S:
            last_at[told.track_id] = clock()
            ledger.tracks.progress(told.track_id, told.step, told.fraction, told.text)
        tell(told)

    return note_and_tell


class Account:
    """What a step has to say about itself: progress while it runs, one sentence when it is done."""

    def __init__(self, tell: Tell, track_id: str, step: str) -> None:
        self._tell = tell
        self._track_id = track_id
        self._step = step
        self.result = ""
        """Set by the step: what it found out, in a few words."""

    @property
    def progress(self) -> Progress:
        return lambda fraction, text: self.say("progress", text, fraction)

    def say(
        self, state: Literal["begun", "progress", "done", "failed"], text: str = "", fraction: float | None = None
    ) -> None:
        self._tell(Told(self._track_id, self._step, state, text, fraction))


@contextmanager
def telling(tell: Tell, track_id: str, step: str) -> Iterator[Account]:
    """Tells when the step begins, and how it ends."""
    account = Account(tell, track_id, step)
    account.say("begun")
    try:
        yield account
    except BaseException as error:
        account.say("failed", str(error) or type(error).__name__)
        raise
    account.say("done", account.result)
