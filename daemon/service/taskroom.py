"""Agent-Tasks and Issues+Questions, one host's part: what is asked of the person, and what is ordered of us."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from daemon.chain import trouble
from daemon.errors import DaemonError
from daemon.jobs.running import Running
from daemon.ledger.tasks import TaskRow
from daemon.service.answering import Answering
from daemon.service.discovering import NOTION, keep_parking
from daemon.service.errands import errands
from daemon.service.errands.desk import Desk
from daemon.service.rooms import Rooms
from daemon.service.survey import Survey
from daemon.tasks.answers import LookAgain, Wrong, read_answer
from daemon.tasks.asking import about_in, choices_in
from daemon.tasks.carrier import SERVICES, TaskCarrier, may_ask
from daemon.tasks.causes import concerns
from daemon.tasks.following import Following
from daemon.tasks.intake import TaskIntake
from daemon.tasks.keeping import Keeping

log = logging.getLogger(__name__)

_ONE_SHOT_S = 60.0
"""How long a run that is about to end sees to tasks; what is left then goes on with the next."""


class TaskRoom:
    """What the loop does about tasks. Without Agent-Tasks the questions stand in the ledger alone."""

    def __init__(self, rooms: Rooms, desk: Desk | None = None) -> None:
        """`desk`: what our verbs work with."""
        self._rooms = rooms
        desk = desk or Desk(rooms=rooms, refs_of=rooms.refs_of)
        verbs = errands(desk)
        self._survey = Survey(rooms)
        self._answering = Answering(rooms=rooms, ref_of_address=desk.ref_of, look_afresh=self._survey.forget)
        self._keeping = Keeping(rooms.ledger, host_id=rooms.host_id, clock=rooms.clock)
        self._following = Following(
            rooms.ledger, per_track=rooms.track_tasks, hand_over=rooms.hand_over, clock=rooms.clock
        )
        self._following.begin()
        self._running = Running(rooms.ledger, verbs, host_id=rooms.host_id)
        self._boards = rooms.task_boards
        self._intake = TaskIntake(
            rooms.ledger,
            lambda: self._boards["tasks"](),
            verbs,
            self._hear,
            host_id=rooms.host_id,
            who=rooms.signature,
            clock=rooms.clock,
        )
        self._carrier = TaskCarrier(rooms.ledger, self._boards, self._intake, host_id=rooms.host_id, clock=rooms.clock)

    def look(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """What people and agents wrote there since the last look; what is new is claimed at once. Answers how many
        orders are new."""
        ledger = self._rooms.ledger
        if "tasks" not in self._boards or not may_ask(ledger) or ledger.services.parked(SERVICES["tasks"]):
            return 0
        try:
            orders = self._intake.catch_up()
        except DaemonError as error:
            keep_parking(self._rooms, trouble(NOTION, error))
            log.warning("Agent-Tasks could not be looked at: %s", error)
            return 0
        self.carry(stopping=stopping)
        return orders

    def ask(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Sees what needs the person, and keeps the questions true to it; new ones are written at once."""
        for title in self._keeping.keep(concerns(self._survey.look())):
            log.warning("needs you: %s", title.partition(": ")[2])
        self._following.follow()
        self.carry(stopping=stopping)

    def work(self, *, long: bool, stopping: Callable[[], bool] = lambda: False) -> int:
        """Takes the turns of the jobs that are due; answers how many."""
        count = self._running.work(long=long, stopping=stopping)
        if count:
            self.carry(stopping=stopping)
        return count

    def carry(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Writes what is to be written there."""
        return self._carrier.carry_due(stopping=stopping) if self._boards else 0

    def _hear(self, task: TaskRow, text: str) -> str:
        kind = str(task.memory.get("kind"))
        answer = read_answer(kind, text, choices_in(task.wrote), about_in(task.wrote)) if text else LookAgain()
        if isinstance(answer, Wrong):
            log.info("%s: %s", task.key, answer.sentence)
        return self._answering.answer(kind, task.track_id, task.key, answer)


def see_to_tasks(rooms: Rooms, stop: threading.Event) -> None:
    """All of it once, for a run that is about to end: who runs this from cron is asked, and obeyed, too."""
    if stop.is_set():
        return
    room, until = TaskRoom(rooms), time.monotonic() + _ONE_SHOT_S

    def is_late() -> bool:
        return stop.is_set() or time.monotonic() > until

    room.look(is_late)
    for long in (False, True):
        room.work(long=long, stopping=is_late)
    room.ask(is_late)
