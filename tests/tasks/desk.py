"""Agent-Tasks of one machine or two, before the twin of Notion, in one process and on one clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from daemon.errors import Refused, Unreachable
from daemon.jobs.running import Running
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Table, Verb, Wording
from daemon.ledger import Ledger
from daemon.ledger.tasks import Database
from daemon.ports import TaskBoard
from daemon.tasks.asking import choices_in
from daemon.tasks.carrier import TaskCarrier
from daemon.tasks.intake import TaskIntake
from daemon.tasks.keeping import Keeping
from integrations.notion import AGENT_TASKS, ISSUES, NotionEdge, NotionTasks
from integrations.notion import Table as NotionTable
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import (
    SANDBOX_TOKEN,
    NotionTwin,
    seed_agent_tasks_database,
    seed_issues_database,
    seed_tracks_database,
)
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog
from tests.ledger.given import Clock


@dataclass(frozen=True, slots=True)
class Said:
    """The input of every verb here."""

    text: str
    track_id: str | None = None


class Works:
    """What our verbs here have done: by input, how often each portion was begun."""

    def __init__(self):
        self.done: list[str] = []
        self.portions: list[tuple[str, int]] = []
        self.trouble: list[Exception] = []

    def table(self) -> Table:
        return Table(
            (
                self._verb("sync", self.many),
                self._verb("redo", self.once, takes_track=True),
                self._verb("verify", self.many, is_long=True),
                self._verb("choose", self.asks),
                self._verb("report", self.fails),
            )
        )

    def _verb(self, name, work, **more):
        return Verb(name=name, takes="<words>", help="", input=Said, read=self.read, work=work, **more)

    @staticmethod
    def read(wording: Wording) -> Said:
        if not wording.text and wording.track_id is None:
            raise Refused("Which one? Say it.")
        return Said(wording.text, wording.track_id)

    def once(self, said: Said, _memory):
        if self.trouble:
            raise self.trouble.pop(0)
        self.done.append(said.text)
        return Complete(text=f"Done: {said.text}", links=("https://www.notion.so/row",))

    def many(self, said: Said, memory):
        """Three portions."""
        if self.trouble:
            raise self.trouble.pop(0)
        number = memory.get("number", 0)
        self.portions.append((said.text, number))
        if number == 3:
            self.done.append(said.text)
            return Complete(text=f"Done: {said.text}")
        return GoOn(memory={"number": number + 1}, done=number, of=3, text="at it")

    def asks(self, said: Said, _memory):
        if said.text == "2":
            return self.once(said, _memory)
        return Blocked(question="Which of them, 1 or 2?")

    def fails(self, said: Said, _memory):
        self.done.append(said.text)
        return Failed(reason="It is not so.")


class TaskDesk:
    """One machine."""

    def __init__(self, ledger, clock, twin, places, orders, log, *, host_id="here", transport=None):
        self.ledger, self.clock, self.twin, self.faults, self.log = ledger, clock, twin, orders, log
        self.tracks_id, self.tasks_id, self.issues_id = places
        [self.source_id] = twin.data_source_ids(self.tasks_id)
        self.offered: list[str] = []
        self.works, self.answers, self.nobody_answers = Works(), [], False
        self.host_id = host_id
        self.transport = transport or TwinTransport(twin, faults=orders, log=log)
        self.edge = NotionEdge(
            SANDBOX_TOKEN,
            base_url="http://notion.invalid",
            sleep=lambda _s: None,
            clock=clock,
            transport=self.transport,
        )
        self.board = NotionTasks(NotionTable(self.edge, self.tasks_id, AGENT_TASKS, service="agent-tasks"))
        self.issues = NotionTasks(NotionTable(self.edge, self.issues_id, ISSUES, service="issues"), "Issues+Questions")
        table = self.works.table()
        self.running = Running(ledger, table, host_id=host_id)
        self.intake = TaskIntake(
            ledger, lambda: self.board, table, self._hear, host_id=host_id, who=f"cratekeeper on {host_id}", clock=clock
        )
        boards: dict[Database, Callable[[], TaskBoard]] = {"tasks": lambda: self.board, "issues": lambda: self.issues}
        self.carrier = TaskCarrier(ledger, boards, self.intake, host_id=host_id, clock=clock)
        self.keeping = Keeping(ledger, host_id=host_id, clock=clock)

    def _hear(self, task, text):
        if text == "nonsense":
            raise Refused("“nonsense” is no answer. Write 1 or 2.")
        if text == "later" and self.nobody_answers:
            raise Unreachable("Nobody answers.")
        self.offered = [choice.value for choice in choices_in(task.wrote)]
        self.answers.append((task.key, text))
        return f"Heard: {text or 'done'}."

    # --- what happens here ---

    def orders(self, name, **values):
        """Somebody writes a row, a while later. Answers its id."""
        self.clock.forward(600)
        named = {column.replace("_", " "): value for column, value in values.items()}
        return self.twin.add_row_as_person(self.source_id, {"Name": name, **named})

    def edits(self, row_id, **values):
        """Somebody edits a row, a while later."""
        self.clock.forward(600)
        self.twin.edit_as_person(row_id, {column.replace("_", " "): value for column, value in values.items()})

    def tick(self):
        """One look, and what follows from it at once."""
        self.intake.catch_up()
        self.carrier.carry_due()

    def settle(self):
        """Until nothing moves any more."""
        for _ in range(6):
            self.clock.forward(3600)
            self.tick()
            self.running.work(long=False)
            self.running.work(long=True)
            self.carrier.carry_due()

    def another_database(self):
        """AGENT_TASKS_DB_ID names another one from now on. Answers its id."""
        self.tasks_id = seed_agent_tasks_database(self.twin, self.tracks_id)
        [self.source_id] = self.twin.data_source_ids(self.tasks_id)
        self.board = NotionTasks(NotionTable(self.edge, self.tasks_id, AGENT_TASKS))
        return self.tasks_id

    # --- what is asked ---

    def asked(self, act):
        """What was asked of Notion meanwhile."""
        self.log.clear()
        act()
        return [f"{line.method} {line.path.split('/')[2]}" for line in self.log.of("notion")]

    def row(self, row_id):
        return self.twin.rows(self.tasks_id)[row_id]

    @property
    def rows(self):
        return self.twin.rows(self.tasks_id)


@contextmanager
def a_desk(folder):
    """Agent-Tasks of one machine in a new workspace."""
    clock, orders, log = Clock(), Faults(), RequestLog()
    twin = NotionTwin(clock=clock)
    with Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", clock) as ledger:
        tracks_id = seed_tracks_database(twin)
        places = tracks_id, seed_agent_tasks_database(twin, tracks_id), seed_issues_database(twin)
        desk = TaskDesk(ledger, clock, twin, places, orders, log)
        with desk.edge:
            yield desk
