"""Two machines on one ledger and one Agent-Tasks: two hundred orders at once, with kills, lost answers and refusals.
Each is done once, each row ends right, and the rows of others stay as they were, byte for byte."""

from __future__ import annotations

import json
import random

import pytest

from daemon.errors import DaemonError
from daemon.ledger import Ledger
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import (
    NotionTwin,
    seed_agent_tasks_database,
    seed_issues_database,
    seed_tracks_database,
)
from integrations.sandbox.server import RequestLog
from tests.board.living import DyingTransport, KilledError
from tests.ledger.given import Clock
from tests.tasks.desk import TaskDesk

STRANGERS = 20
VERBS = ("redo", "sync", "verify", "report", "choose")
PRIORITIES = (None, "Low", "High", "Critical")
TROUBLES = (
    faults.lost,
    faults.reset,
    lambda: faults.server_error(502),
    lambda: faults.cut(30),
    lambda: faults.rate_limited(2),
)


class Town:
    """The two machines."""

    def __init__(self, url, seed):
        self.chance = random.Random(seed)
        self.clock, self.orders, self.log = Clock(), Faults(), RequestLog()
        self.twin = NotionTwin(clock=self.clock)
        tracks_id = seed_tracks_database(self.twin)
        self.places = tracks_id, seed_agent_tasks_database(self.twin, tracks_id), seed_issues_database(self.twin)
        self.ledgers = {host: Ledger.open(url, self.clock) for host in ("studio", "laptop")}
        self.transports = {}
        self.desks = {host: self._desk(host) for host in self.ledgers}
        self.done = {host: desk.works for host, desk in self.desks.items()}

    def _desk(self, host):
        transport = DyingTransport(self.twin, faults=self.orders, log=self.log)
        desk = TaskDesk(
            self.ledgers[host], self.clock, self.twin, self.places, self.orders, self.log, host_id=host,
            transport=transport,
        )  # fmt: skip
        self.transports[host] = transport
        return desk

    def close(self):
        for desk in self.desks.values():
            desk.edge.close()
        for ledger in self.ledgers.values():
            ledger.close()

    @property
    def works_done(self):
        return [text for desk in self.desks.values() for text in desk.works.done]

    def something_happens(self):
        """One host does something; perhaps it dies of it, and begins again."""
        self.clock.forward(self.chance.choice((1, 5, 40)))
        host = self.chance.choice(("studio", "laptop"))
        desk = self.desks[host]
        if self.chance.random() < 0.25:
            self.orders.add("notion", self.chance.choice(TROUBLES)(), skip=self.chance.randrange(4))
        if self.chance.random() < 0.2:
            self.transports[host].dies_at = self.chance.randrange(6)
            self.transports[host].has_acted = self.chance.random() < 0.5
        try:
            act = self.chance.choice((desk.tick, desk.carrier.carry_due, lambda: self._some_turns(desk)))
            act()
        except KilledError:
            desk.ledger.tasks.take_back(host)
            desk.ledger.jobs.take_back(host)
        except DaemonError:
            pass  # whoever looks tries again at the next tick
        finally:
            self.transports[host].dies_at = None

    def _some_turns(self, desk):
        for _ in range(self.chance.randrange(1, 40)):
            job = desk.ledger.jobs.claim(desk.host_id, VERBS)
            if job is None:
                return
            if self.chance.random() < 0.03:
                raise KilledError  # before it has begun with it
            desk.running.turn(job)


@pytest.mark.parametrize("seed", [1, 2])
def test_orders_to_two_machines_are_each_done_once(url, seed):
    live_through(url, seed, 30)


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(3, 5))
def test_two_hundred_orders_at_once_are_each_done_once(url, seed):
    live_through(url, seed, 200)


def live_through(url, seed, orders):
    town = Town(url, seed)
    try:
        [source_id] = town.twin.data_source_ids(town.places[1])
        strangers = [
            town.twin.add_row_as_person(
                source_id,
                {"Name": f"mixer: sync {number}", "Status": "Not Started", "Job": ("master" if number % 2 else None)},
            )
            for number in range(STRANGERS)
        ]
        before = json.dumps([town.twin.rows(town.places[1])[row_id] for row_id in strangers], sort_keys=True)
        ordered = {}
        for number in range(orders):
            verb = VERBS[number % len(VERBS)]
            text = "2" if verb == "choose" else f"{verb}-{number}"
            values = {"Name": f"cratekeeper: {verb} {text}", "Priority": town.chance.choice(PRIORITIES)}
            ordered[town.twin.add_row_as_person(source_id, values)] = verb
        for _ in range(2 * orders):
            town.something_happens()
        town.orders.clear()
        for _ in range(3):
            for desk in town.desks.values():
                desk.settle()

        rows = town.twin.rows(town.places[1])
        assert {rows[row_id]["Status"] for row_id, verb in ordered.items() if verb != "report"} == {"Complete"}
        assert {rows[row_id]["Status"] for row_id, verb in ordered.items() if verb == "report"} == {"Failed"}
        assert len(rows) == orders + STRANGERS
        done = town.works_done
        expected = sorted(text for text in ordered_texts(rows, ordered))
        assert sorted(done) == expected
        assert json.dumps([rows[row_id] for row_id in strangers], sort_keys=True) == before
    finally:
        town.close()


def ordered_texts(rows, ordered):
    return [rows[row_id]["Name"].split()[-1] for row_id in ordered]
