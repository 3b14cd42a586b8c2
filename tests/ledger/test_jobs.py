"""What was ordered: each order taken once, worked on by one at a time, in fair turns, and told of now and then."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from daemon.ledger import Ledger
from daemon.ledger.jobs import JobRow, OrderedIn, State
from tests.ledger.given import NOON, Clock, a_track
from tests.ledger.test_races import THREADS, at_once

PLACE = OrderedIn(row_id="row", seen={"Name": "cratekeeper: sync likes", "Status": None})
VERBS = ("sync", "redo")


@pytest.fixture
def two(ledger: Ledger, url: str, clock: Clock) -> Iterator[tuple[Ledger, Ledger]]:
    """Two machines on one ledger."""
    with Ledger.open(url, clock) as other:
        yield ledger, other


def order(ledger: Ledger, text: str = "likes", verb: str = "sync", **more: object) -> JobRow:
    job = ledger.jobs.order(verb, text, by="studio", **more)  # type: ignore[arg-type]
    assert job is not None
    return job


def claim(ledger: Ledger, host: str = "studio", verbs: Collection[str] = VERBS) -> JobRow | None:
    return ledger.jobs.claim(host, verbs)


def turn_of(ledger: Ledger, host: str = "studio") -> str:
    """Whose turn it is, by its input; it is in that host's hands now."""
    job = claim(ledger, host)
    return "nobody's" if job is None else job.input


def claimed(ledger: Ledger, host: str = "studio") -> JobRow:
    job = claim(ledger, host)
    assert job is not None
    return job


def go_on(ledger: Ledger, job: JobRow, done: int = 1, text: str = "at it", wait_s: float = 0.0) -> None:
    ledger.jobs.go_on(job, memory={"at": done}, done=done, of_all=9, text=text, wait_s=wait_s)


def portion(ledger: Ledger, done: int = 1, text: str = "at it") -> None:
    """A turn of whoever's turn it is."""
    go_on(ledger, claimed(ledger), done, text)


def due_at(ledger: Ledger) -> float | None:
    row = ledger.tasks.get(PLACE.key)
    assert row is not None
    return row.due_at


def write(ledger: Ledger) -> None:
    """As a carrier would: the row shows how it stands now."""
    got = ledger.tasks.claim_one(PLACE.key, "carrier", 60.0)
    assert got is not None
    ledger.tasks.carried(got, "row", {}, {})


class TestOrders:
    def test_from_the_command_line_it_stands_in_no_row(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        job = order(ledger, "this one", "redo", track_id=track_id, priority=1)
        assert (job.verb, job.input, job.track_id, job.priority) == ("redo", "this one", track_id, 1)
        assert (job.state, job.task_key, job.begun_by, job.worked_on_by) == ("waiting", None, "studio", None)
        assert (job.asked, job.memory, job.links, job.tries) == (None, {}, (), 0)
        assert (job.created_at, job.turn_at, job.begun_at, job.ended_at) == (NOON, NOON, None, None)
        assert ledger.jobs.get(job.id) == job
        go_on(ledger, claimed(ledger))
        ledger.jobs.put_off(claimed(ledger), 0.0, "503")
        ledger.jobs.end(claimed(ledger), "done", "all of it")
        assert ledger.jobs.get(job.id).state == "done"
        assert ledger.tasks.pending() == 0

    def test_the_row_it_stands_in_is_ours_to_answer_from_then_on(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        job = order(ledger, track_id=track_id, place=PLACE)
        row = ledger.tasks.at("row")
        assert row is not None
        assert (row.key, row.kind, row.database, row.state) == (job.task_key, "order", "tasks", "open")
        assert (row.seen, row.track_id, row.due_at, row.carried_at) == (PLACE.seen, track_id, NOON, None)
        assert ledger.jobs.last_of(PLACE.key) == job
        assert ledger.jobs.last_of("order/another") is None

    def test_it_is_taken_once(self, ledger: Ledger) -> None:
        job = order(ledger, place=PLACE)
        for known in (None, "another"):
            assert ledger.jobs.order("sync", "likes", by="laptop", place=PLACE, after=known) is None
            assert not ledger.jobs.answer(PLACE, "No job is named.", by="laptop", after=known)
        assert [one.id for one in ledger.jobs.unfinished()] == [job.id]

    def test_ordered_anew_in_its_row_it_is_another_job(self, ledger: Ledger, clock: Clock) -> None:
        first = order(ledger, place=PLACE)
        ledger.jobs.end(claimed(ledger), "done", "")
        write(ledger)
        clock.forward(-3600)  # the clock was put right
        track_id = a_track(ledger)

        anew = OrderedIn(row_id="row", seen={"Status": "Not Started", "Input": "2"})
        second = order(ledger, place=anew, track_id=track_id, after=first.id)

        assert second.created_at > first.created_at
        assert ledger.jobs.last_of(PLACE.key) == second
        row = ledger.tasks.get(PLACE.key)
        assert row is not None
        assert row.seen == {"Name": "cratekeeper: sync likes", "Status": "Not Started", "Input": "2"}
        assert (row.track_id, row.due_at) == (track_id, clock.at)
        assert ledger.jobs.get(first.id).state == "done"

    def test_what_is_no_order_is_answered_in_its_row_and_over(self, ledger: Ledger) -> None:
        assert ledger.jobs.answer(PLACE, "“dance” is none of our jobs.", by="studio")
        job = ledger.jobs.last_of(PLACE.key)
        assert job is not None
        assert (job.state, job.text, job.turn_at, job.ended_at) == (
            "blocked",
            "“dance” is none of our jobs.",
            None,
            NOON,
        )
        assert (claim(ledger), due_at(ledger)) == (None, NOON)
        assert order(ledger, place=PLACE, after=job.id).state == "waiting"

    def test_of_two_machines_that_hear_of_it_one_takes_it(self, two: tuple[Ledger, Ledger]) -> None:
        after = None
        for _ in range(5):
            taken = at_once(
                [
                    lambda ledger=ledger, known=after: ledger.jobs.order("sync", "", by="", place=PLACE, after=known)  # type: ignore[misc]
                    for ledger in two * 2
                ]
            )
            [job] = [job for job in taken if job is not None]
            assert two[0].jobs.last_of(PLACE.key) == job
            after = job.id
        assert [job.id for job in two[0].jobs.unfinished()] == [after], "what stood there before made way"

    def test_it_is_taken_or_answered_and_not_both(self, two: tuple[Ledger, Ledger]) -> None:
        ours, theirs = two
        took, answered = at_once(
            [
                lambda: ours.jobs.order("sync", "", by="", place=PLACE) is not None,
                lambda: theirs.jobs.answer(PLACE, "No.", by=""),
            ]
        )
        assert took is not answered


class TestTurns:
    def test_the_most_urgent_first_then_who_waits_longest(self, ledger: Ledger, clock: Clock) -> None:
        for text, priority in (("low", 3), ("second", 2), ("third", 2), ("high", 1)):
            order(ledger, text, priority=priority)
            clock.forward(1)
        assert [job.input for job in ledger.jobs.unfinished()] == ["high", "second", "third", "low"]
        assert [turn_of(ledger) for _ in range(5)] == ["high", "second", "third", "low", "nobody's"]

    @pytest.mark.parametrize(("waited_s", "turns"), [(179, ["urgent", "low"]), (181, ["low", "urgent"])])
    def test_who_waits_long_enough_goes_before_the_urgent(
        self, ledger: Ledger, clock: Clock, waited_s: float, turns: list[str]
    ) -> None:
        order(ledger, "low", priority=3)
        clock.forward(waited_s)
        order(ledger, "urgent", priority=0)
        assert [job.input for job in ledger.jobs.unfinished()] == turns
        assert [turn_of(ledger), turn_of(ledger)] == turns

    def test_a_turn_is_in_one_hand(self, ledger: Ledger, clock: Clock) -> None:
        waiting = order(ledger)
        clock.forward(5)
        job = claim(ledger)
        assert job is not None
        assert (job.id, job.state, job.worked_on_by, job.begun_at) == (waiting.id, "running", "studio", NOON + 5)
        for host in ("studio", "laptop"):
            assert claim(ledger, host) is None

    def test_only_verbs_that_are_known_here(self, ledger: Ledger) -> None:
        order(ledger, verb="dance")
        assert claim(ledger) is None
        assert claim(ledger, verbs=()) is None
        assert claim(ledger, verbs=["dance"]) is not None

    def test_who_had_a_turn_stands_behind_its_equals(self, ledger: Ledger, clock: Clock) -> None:
        for text in "abc":
            order(ledger, text)
            clock.forward(1)
        turns = []
        for _ in range(7):
            clock.forward(1)
            job = claimed(ledger)
            turns.append(job.input)
            go_on(ledger, job)
        assert turns == [*"abcabca"]

    def test_how_far_it_is(self, ledger: Ledger, clock: Clock) -> None:
        order(ledger)
        ledger.jobs.put_off(claimed(ledger), 0.0, "503")
        clock.forward(1)
        job = claimed(ledger)
        clock.forward(1)
        go_on(ledger, job, done=3, wait_s=20.0)

        job = ledger.jobs.get(job.id)
        assert (job.state, job.memory, job.done, job.of_all, job.text) == ("running", {"at": 3}, 3, 9, "at it")
        assert (job.turn_at, job.tries, job.worked_on_by, job.begun_at) == (NOON + 22, 0, None, NOON)
        clock.forward(19)
        assert turn_of(ledger) == "nobody's"
        clock.forward(1)
        assert turn_of(ledger) == "likes"

    def test_what_cannot_be_done_now_is_tried_again_later(self, ledger: Ledger, clock: Clock) -> None:
        order(ledger)
        for tries in (1, 2):
            job = claimed(ledger)
            ledger.jobs.put_off(job, 60.0, "Waits: 503")
            job = ledger.jobs.get(job.id)
            assert (job.tries, job.text, job.turn_at, job.worked_on_by) == (tries, "Waits: 503", clock.at + 60, None)
            assert turn_of(ledger) == "nobody's"
            clock.forward(60)

    def test_a_wait_of_years_is_another_clocks(self, ledger: Ledger, clock: Clock) -> None:
        clock.forward(30 * 365 * 24 * 3600.0)
        order(ledger)
        clock.at = NOON
        assert turn_of(ledger) == "likes"

    def test_what_is_given_back_keeps_its_place(self, ledger: Ledger, clock: Clock) -> None:
        order(ledger, "first")
        clock.forward(1)
        order(ledger, "second")
        ledger.jobs.give_back(claimed(ledger))
        assert turn_of(ledger, "laptop") == "first"

    def test_what_was_understood_stays(self, ledger: Ledger) -> None:
        job = order(ledger)
        ledger.jobs.understood(job.id, {"ids": ["a", "b"]})
        go_on(ledger, claimed(ledger))
        assert ledger.jobs.get(job.id).asked == {"ids": ["a", "b"]}

    def test_no_turn_is_had_twice(self, two: tuple[Ledger, Ledger]) -> None:
        for number in range(2 * THREADS):
            order(two[0], str(number))
        ledgers = two * THREADS
        turns = at_once([lambda ledger=ledger: turn_of(ledger) for ledger in ledgers])  # type: ignore[misc]
        assert sorted(turns, key=int) == [str(number) for number in range(2 * THREADS)]


class TestEnds:
    @pytest.mark.parametrize("state", ["done", "blocked", "failed", "stopped"])
    def test_it_is_over(self, ledger: Ledger, clock: Clock, state: State) -> None:
        order(ledger, place=PLACE)
        job = claimed(ledger)
        write(ledger)
        clock.forward(3)
        ledger.jobs.end(job, state, "All of it.", ["https://n.example/a", "/music"])

        job = ledger.jobs.get(job.id)
        assert (job.state, job.text, job.links) == (state, "All of it.", ("https://n.example/a", "/music"))
        assert (job.ended_at, job.turn_at, job.worked_on_by) == (NOON + 3, None, None)
        assert due_at(ledger) == NOON + 3, "an end is told at once"
        clock.forward(3600)
        assert claim(ledger) is None
        assert ledger.jobs.unfinished() == ()

    def test_the_person_stops_what_nobody_works_on_too(self, ledger: Ledger) -> None:
        job = order(ledger)
        ledger.jobs.stop(job, "Stopped by you.")
        assert ledger.jobs.get(job.id).state == "stopped"
        assert claim(ledger) is None

    @pytest.mark.parametrize("how", ["goes on", "is put off", "is given back", "is done", "is stopped"])
    def test_what_is_stopped_in_the_middle_of_a_portion_stays_so(self, ledger: Ledger, clock: Clock, how: str) -> None:
        order(ledger, place=PLACE)
        job = claimed(ledger)
        ledger.jobs.stop(job, "Stopped by you.")
        before = ledger.jobs.get(job.id)
        assert (before.state, before.turn_at, before.worked_on_by) == ("stopped", None, None)
        write(ledger)
        clock.forward(3)

        report(ledger, job, how)

        assert ledger.jobs.get(job.id) == before, "that is what its row shows"
        assert due_at(ledger) is None, "there is nothing new to tell"


def report(ledger: Ledger, job: JobRow, how: str) -> None:
    """What came of a portion."""
    match how:
        case "goes on":
            go_on(ledger, job, done=5)
        case "is put off":
            ledger.jobs.put_off(job, 60.0, "Waits: 503")
        case "is given back":
            ledger.jobs.give_back(job)
        case "is done":
            ledger.jobs.end(job, "done", "All of it.")
        case "is stopped":
            ledger.jobs.stop(job, "Stopped by somebody else.")


class TestTelling:
    def test_progress_is_told_every_thirty_seconds_at_most(self, ledger: Ledger, clock: Clock) -> None:
        order(ledger, place=PLACE)
        portion(ledger, 1)
        assert due_at(ledger) == NOON, "nothing was told yet"
        write(ledger)

        clock.forward(10)
        portion(ledger, 2)
        assert due_at(ledger) == NOON + 30
        clock.forward(10)
        portion(ledger, 3)
        assert due_at(ledger) == NOON + 30
        clock.forward(40)
        write(ledger)
        clock.forward(31)
        portion(ledger, 4)
        assert due_at(ledger) == clock.at

    def test_where_nothing_is_new_nothing_is_told(self, ledger: Ledger) -> None:
        order(ledger, place=PLACE)
        portion(ledger, 1)
        write(ledger)
        portion(ledger, 1)
        assert due_at(ledger) is None
        portion(ledger, 1, "at something else")
        assert due_at(ledger) == NOON + 30

    def test_that_it_waits_is_told_too_and_an_end_does_not_wait(self, ledger: Ledger) -> None:
        order(ledger, place=PLACE)
        write(ledger)
        ledger.jobs.put_off(claimed(ledger), 0.0, "Waits: 503")
        assert due_at(ledger) == NOON + 30
        ledger.jobs.end(claimed(ledger), "failed", "No.")
        assert due_at(ledger) == NOON


class TestDeath:
    def test_a_host_that_begins_takes_back_what_it_had(self, ledger: Ledger) -> None:
        order(ledger, "ours")
        order(ledger, "theirs")
        turns = {host: turn_of(ledger, host) for host in ("studio", "laptop")}
        ledger.jobs.take_back("studio")
        assert [turn_of(ledger), turn_of(ledger)] == [turns["studio"], "nobody's"]

    def test_what_the_dead_had_is_free(self, ledger: Ledger) -> None:
        for text in "abc":
            order(ledger, text)
        turns = {host: turn_of(ledger, host) for host in ("studio", "laptop", "attic")}
        ledger.jobs.leave_by_hosts([])
        ledger.jobs.leave_by_hosts(["nobody"])
        assert turn_of(ledger) == "nobody's"
        ledger.jobs.leave_by_hosts(["laptop", "attic"])
        assert {turn_of(ledger), turn_of(ledger)} == {turns["laptop"], turns["attic"]}
        assert turn_of(ledger) == "nobody's"

    def test_who_has_lost_count_takes_back_one_lane(self, ledger: Ledger, clock: Clock) -> None:
        for text, verb in (("ours", "sync"), ("the other lane's", "redo"), ("theirs", "sync")):
            order(ledger, text, verb)
            clock.forward(1)
        assert [turn_of(ledger), turn_of(ledger), turn_of(ledger, "laptop")] == ["ours", "the other lane's", "theirs"]
        ledger.jobs.take_back("studio", ["sync"])
        assert [turn_of(ledger), turn_of(ledger)] == ["ours", "nobody's"]

    @pytest.mark.parametrize("how", ["goes on", "is put off", "is given back", "is done"])
    def test_who_was_left_for_dead_has_no_say_any_more(self, ledger: Ledger, clock: Clock, how: str) -> None:
        """A laptop that slept in the middle of a portion: by now it is in other hands."""
        order(ledger, place=PLACE)
        late = claimed(ledger, "laptop")
        ledger.jobs.leave_by_hosts(["laptop"])
        holder = claimed(ledger, "studio")
        write(ledger)
        clock.forward(3)

        report(ledger, late, how)

        assert ledger.jobs.get(holder.id) == holder
        assert (claim(ledger), due_at(ledger)) == (None, None)
        go_on(ledger, holder, done=7)
        assert ledger.jobs.get(holder.id).done == 7


class Turns(RuleBasedStateMachine):
    """Two hosts, and jobs of two priorities. Time passes between any two deeds. A job is in one hand at most; whoever
    claims gets the one whose turn it is: a step of priority counts as much as a minute of waiting."""

    ledger: Ledger
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.turn_at: dict[str, float] = {}
        """Of those that are not over."""
        self.priority: dict[str, int] = {}
        self.held: dict[str, JobRow] = {}
        self.late: list[JobRow] = []
        """In the hands of those who were left for dead, and do not know it."""
        self.passed_over: dict[str, list[str]] = {}
        """By job, its equals that had a turn since it began to wait."""
        for job in self.ledger.jobs.unfinished():  # of a life that ended badly
            self.ledger.jobs.stop(job, "")

    @rule(priority=st.integers(1, 2))
    def ordered(self, priority: int) -> None:
        job = order(self.ledger, priority=priority)
        self._waits(job.id, 0.0)
        self.priority[job.id] = priority

    @rule(host=st.sampled_from(["studio", "laptop"]))
    def claims(self, host: str) -> None:
        now = self.clock.at
        due = [id for id, at in self.turn_at.items() if id not in self.held and at <= now]
        first = min(due, key=lambda id: self.turn_at[id] + 60 * self.priority[id], default=None)
        job = claim(self.ledger, host)
        assert (job and job.id) == first
        if job is not None:
            self.held[job.id] = job
            for id in due:
                if id != job.id and self.priority[id] == self.priority[job.id]:
                    self.passed_over[id].append(job.id)
                    assert len(set(self.passed_over[id])) == len(self.passed_over[id]), "one had two turns meanwhile"

    @precondition(lambda self: self.held)
    @rule(data=st.data(), wait_s=st.sampled_from([0.0, 5.0]), goes_on=st.booleans())
    def ends_a_portion(self, data: st.DataObject, wait_s: float, goes_on: bool) -> None:
        job = self._one_in_hand(data)
        if goes_on:
            go_on(self.ledger, job, wait_s=wait_s)
        else:
            self.ledger.jobs.put_off(job, wait_s, "503")
        self._waits(job.id, wait_s)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def ends(self, data: st.DataObject) -> None:
        job = self._one_in_hand(data)
        self.ledger.jobs.end(job, "done", "")
        del self.turn_at[job.id]

    @rule(seconds=st.sampled_from([10.5, 60.5]))
    def time_passes(self, seconds: float) -> None:
        self.clock.forward(seconds)

    @rule(host=st.sampled_from(["studio", "laptop"]), began=st.booleans())
    def dies(self, host: str, began: bool) -> None:
        if began:
            self.ledger.jobs.take_back(host)
        else:
            self.ledger.jobs.leave_by_hosts([host])
        for id in [id for id, job in self.held.items() if job.worked_on_by == host]:
            job = self.held.pop(id)
            if not began:
                self.late.append(job)
            for passed in self.passed_over.values():  # that was no turn
                if id in passed:
                    passed.remove(id)

    @precondition(lambda self: any(self._is_elsewhere(job) for job in self.late))
    @rule(data=st.data(), how=st.sampled_from(["goes on", "is put off", "is given back", "is done"]))
    def wakes_up(self, data: st.DataObject, how: str) -> None:
        job = data.draw(st.sampled_from([job for job in self.late if self._is_elsewhere(job)]))
        self.late.remove(job)
        report(self.ledger, job, how)

    @invariant()
    def each_is_in_the_hand_that_has_it(self) -> None:
        self.clock.forward(1)
        assert {job.id: job.worked_on_by for job in self.ledger.jobs.unfinished()} == {
            id: self.held[id].worked_on_by if id in self.held else None for id in self.turn_at
        }

    def teardown(self) -> None:
        """No job starves: each has its turn soon, whatever its priority."""
        for host in ("studio", "laptop"):
            self.ledger.jobs.take_back(host)
        turns = set()
        for _ in range(len(self.turn_at) + 4 if self.turn_at else 0):
            self.clock.forward(20)
            job = claimed(self.ledger)
            turns.add(job.id)
            go_on(self.ledger, job)
        assert turns == {*self.turn_at}
        for job in self.ledger.jobs.unfinished():
            self.ledger.jobs.stop(job, "")
        assert claim(self.ledger) is None

    def _waits(self, id: str, wait_s: float) -> None:
        self.turn_at[id] = self.clock.at + wait_s
        self.passed_over[id] = []

    def _one_in_hand(self, data: st.DataObject) -> JobRow:
        return self.held.pop(data.draw(st.sampled_from(list(self.held))))

    def _is_elsewhere(self, job: JobRow) -> bool:
        """Over, free, or in the hands of another host: whoever comes back has no say in it."""
        return job.id not in self.held or self.held[job.id].worked_on_by != job.worked_on_by


def test_no_job_starves_and_none_is_in_two_hands(ledger: Ledger, clock: Clock) -> None:
    machine = type("Here", (Turns,), {"ledger": ledger, "clock": clock})
    plan = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=plan)
