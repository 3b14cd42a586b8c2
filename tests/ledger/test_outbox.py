from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.outbox import Entry
from tests.ledger.given import NOON, Clock, a_track

LEASE_S = 60.0


def claim_one(ledger: Ledger, host: str = "studio") -> Entry:
    (entry,) = ledger.outbox.claim("notion", host, 10, LEASE_S)
    return entry


class TestOneRow:
    def test_a_row_waits_until_it_is_done(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        assert ledger.outbox.mirror("notion", track_id) is None

        entry = claim_one(ledger)
        assert (entry.track_id, entry.revision, entry.attempts) == (track_id, 1, 1)
        assert ledger.outbox.pending("notion") == 1
        ledger.outbox.done(entry, "page-1", {"Title": "x"})

        assert ledger.outbox.pending("notion") == 0
        assert ledger.outbox.claim("notion", "studio", 10, LEASE_S) == ()
        mirror = ledger.outbox.mirror("notion", track_id)
        assert mirror is not None
        assert (mirror.remote_id, mirror.seen) == ("page-1", {"Title": "x"})
        assert (mirror.carried_revision, mirror.at) == (1, NOON)

    def test_targets_do_not_mix(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("eagle", track_id)

        assert ledger.outbox.claim("notion", "studio", 10, LEASE_S) == ()
        assert (ledger.outbox.pending("notion"), ledger.outbox.pending("eagle")) == (0, 1)
        assert [row.target for row in ledger.outbox.waiting(track_id)] == ["eagle"]

    def test_many_changes_are_one_row(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        for _ in range(5):
            ledger.outbox.enqueue("notion", track_id)

        assert ledger.outbox.pending("notion") == 1
        assert claim_one(ledger).revision == 5

    def test_a_host_that_begins_takes_back_what_a_killed_run_had_claimed(self, ledger: Ledger, clock: Clock) -> None:
        ours, theirs = a_track(ledger), a_track(ledger)
        ledger.outbox.enqueue("notion", ours)
        claim_one(ledger, "studio")
        ledger.outbox.enqueue("notion", theirs)
        claim_one(ledger, "laptop")
        assert ledger.outbox.claim("notion", "studio", 10, LEASE_S) == ()

        ledger.outbox.take_back("studio")
        again = claim_one(ledger, "studio")
        assert (again.track_id, again.attempts) == (ours, 1), "a kill is no failure of Notion's"

    def test_a_postponed_row_comes_back_with_its_history(self, ledger: Ledger, clock: Clock) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        ledger.outbox.postpone(claim_one(ledger), NOON + 300, "Notion answered 503")

        assert ledger.outbox.claim("notion", "studio", 10, LEASE_S) == ()
        (waiting,) = ledger.outbox.waiting(track_id)
        assert (waiting.due_at, waiting.attempts, waiting.last_error) == (NOON + 300, 1, "Notion answered 503")

        clock.forward(300)
        entry = claim_one(ledger)
        assert entry.attempts == 2
        ledger.outbox.done(entry, "page-1", {})
        ledger.outbox.enqueue("notion", track_id)
        assert claim_one(ledger).attempts == 1

    def test_a_change_does_not_wait_for_a_postponed_row(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        ledger.outbox.postpone(claim_one(ledger), NOON + 300, "refused")

        ledger.outbox.enqueue("notion", track_id)

        assert claim_one(ledger).revision == 2

    def test_who_waits_longest_goes_first_and_keeps_the_place(self, ledger: Ledger, clock: Clock) -> None:
        tracks = [a_track(ledger) for _ in range(3)]
        for track_id in tracks:
            ledger.outbox.enqueue("notion", track_id)
            clock.forward(1)
        ledger.outbox.enqueue("notion", tracks[0])

        entries = ledger.outbox.claim("notion", "studio", 2, LEASE_S)
        assert [entry.track_id for entry in entries] == tracks[:2]

    def test_a_claim_holds_until_it_runs_out(self, ledger: Ledger, clock: Clock) -> None:
        ledger.outbox.enqueue("notion", a_track(ledger))
        claim_one(ledger, "studio")

        clock.forward(LEASE_S - 1)
        assert ledger.outbox.claim("notion", "laptop", 10, LEASE_S) == ()
        clock.forward(1)
        assert claim_one(ledger, "laptop").attempts == 2


class TestOneTrackOfOnesChoice:
    def take(self, ledger: Ledger, track_id: str, host: str = "studio") -> Entry | None:
        return ledger.outbox.claim_one("notion", track_id, host, LEASE_S)

    def test_due_or_not_it_is_had_once(self, ledger: Ledger, clock: Clock) -> None:
        due, resting = a_track(ledger), a_track(ledger)
        ledger.outbox.enqueue("notion", due)

        for track_id in (due, resting):
            entry = self.take(ledger, track_id)
            assert entry is not None
            assert (entry.track_id, entry.attempts, entry.claimed_until) == (track_id, 1, NOON + LEASE_S)
            assert self.take(ledger, track_id) is None, "nor another thread of this host"
            assert self.take(ledger, track_id, "laptop") is None
        assert ledger.outbox.claim("notion", "laptop", 10, LEASE_S) == ()

        clock.forward(LEASE_S)
        assert self.take(ledger, due, "laptop") is not None

    def test_what_a_carrier_has_is_not_to_be_had(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        claim_one(ledger)

        assert self.take(ledger, track_id, "laptop") is None

    def test_a_track_without_an_entry_gets_one_that_is_not_due(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        entry = self.take(ledger, track_id)
        assert entry is not None

        assert ledger.outbox.pending("notion") == 0
        ledger.outbox.release(entry)
        assert ledger.outbox.pending("notion") == 0
        with pytest.raises(NotFound):
            self.take(ledger, "nobody")

    def test_what_was_due_is_due_after_a_release_as_if_nothing_had_been(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        ledger.outbox.postpone(claim_one(ledger), NOON + 300, "503")
        before = ledger.outbox.waiting(track_id)
        entry = self.take(ledger, track_id)
        assert entry is not None

        ledger.outbox.release(entry)

        assert ledger.outbox.waiting(track_id) == before
        assert self.take(ledger, track_id, "laptop") is not None

    def test_a_late_release_takes_nothing_from_the_present_holder(self, ledger: Ledger, clock: Clock) -> None:
        track_id = a_track(ledger)
        late = self.take(ledger, track_id)
        assert late is not None
        clock.forward(LEASE_S)
        assert self.take(ledger, track_id, "laptop") is not None

        ledger.outbox.release(late)

        assert self.take(ledger, track_id) is None

    def test_with_nothing_to_carry_it_rests_unless_something_newer_waits(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.outbox.enqueue("notion", track_id)
        ledger.outbox.rest(claim_one(ledger))
        assert ledger.outbox.waiting(track_id) == ()
        assert ledger.outbox.mirror("notion", track_id) is None

        ledger.outbox.enqueue("notion", track_id)
        entry = claim_one(ledger)
        ledger.outbox.enqueue("notion", track_id)
        ledger.outbox.rest(entry)
        assert claim_one(ledger).attempts == 1

    def test_a_change_may_be_due_in_a_while(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        due = lambda: [one.due_at for one in ledger.outbox.waiting(track_id)]  # noqa: E731

        ledger.outbox.enqueue("notion", track_id, delay_s=60.0)
        assert due() == [NOON + 60]
        ledger.outbox.enqueue("notion", track_id, delay_s=10.0)
        assert due() == [NOON + 10]
        ledger.outbox.enqueue("notion", track_id, delay_s=60.0)
        assert due() == [NOON + 10]


Story = Callable[[Ledger, Clock, Entry], None]


def enqueue(ledger: Ledger, clock: Clock, entry: Entry) -> None:
    ledger.outbox.enqueue("notion", entry.track_id)


def run_out(ledger: Ledger, clock: Clock, entry: Entry) -> None:
    clock.forward(LEASE_S)


def taken_over(ledger: Ledger, clock: Clock, entry: Entry) -> None:
    clock.forward(LEASE_S)
    claim_one(ledger, entry.claimed_by)


def taken_over_and_done(ledger: Ledger, clock: Clock, entry: Entry) -> None:
    clock.forward(LEASE_S)
    ledger.outbox.done(claim_one(ledger, "laptop"), "page-1", {"by": "laptop"})


def done(ledger: Ledger, entry: Entry) -> None:
    ledger.outbox.done(entry, "page-1", {"by": "studio"})


def postpone(ledger: Ledger, entry: Entry) -> None:
    ledger.outbox.postpone(entry, NOON + 3600, "503")


@pytest.mark.parametrize(
    ("meanwhile", "report", "due_at"),
    [
        ((), done, None),
        ((enqueue,), done, NOON),
        ((enqueue, enqueue), done, NOON),
        ((run_out,), done, None),
        ((run_out, enqueue), done, NOON),
        ((taken_over,), done, NOON),
        ((taken_over, enqueue), done, NOON),
        ((enqueue, taken_over), done, NOON),
        ((taken_over_and_done,), done, NOON + LEASE_S),
        ((enqueue, taken_over_and_done), done, NOON + LEASE_S),
        ((), postpone, NOON + 3600),
        ((enqueue,), postpone, NOON + 3600),
        ((run_out,), postpone, NOON + 3600),
        ((taken_over,), postpone, NOON),
        ((taken_over_and_done,), postpone, None),
    ],
    ids=lambda value: "+".join(story.__name__ for story in value) or "nothing" if isinstance(value, tuple) else None,
)
def test_what_happens_between_a_claim_and_its_report(
    ledger: Ledger,
    clock: Clock,
    meanwhile: tuple[Story, ...],
    report: Callable[[Ledger, Entry], None],
    due_at: float | None,
) -> None:
    track_id = a_track(ledger)
    ledger.outbox.enqueue("notion", track_id)
    entry = claim_one(ledger)

    for story in meanwhile:
        story(ledger, clock, entry)
    report(ledger, entry)

    assert [row.due_at for row in ledger.outbox.waiting(track_id)] == ([] if due_at is None else [due_at])


def test_a_late_report_makes_the_present_holder_carry_once_more(ledger: Ledger, clock: Clock) -> None:
    """The late one may have written over what the holder wrote."""
    track_id = a_track(ledger)
    ledger.outbox.enqueue("notion", track_id)
    late = claim_one(ledger, "studio")
    clock.forward(LEASE_S)
    holder = claim_one(ledger, "laptop")

    done(ledger, late)
    ledger.outbox.done(holder, "page-1", {})

    assert claim_one(ledger, "laptop").revision == 2


class Carrying(RuleBasedStateMachine):
    """Two hosts carry two tracks to a target that keeps whatever was written last. However they are interleaved, late
    or lost, the target shows the newest in the end, and until then the row waits."""

    ledger: Ledger
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.outbox = self.ledger.outbox
        # In the order in which rows that are due at one moment are claimed: ids have a random end.
        self.tracks = sorted(a_track(self.ledger) for _ in range(2))
        self.newest = dict.fromkeys(self.tracks, 0)
        self.there = dict.fromkeys(self.tracks, 0)
        self.carried: list[tuple[Entry, int]] = []  # claimed, with what the ledger said then
        self.written: list[tuple[Entry, int]] = []  # written at the target, not yet reported
        self.latest_claim: dict[str, Entry] = {}

    @rule(which=st.integers(0, 1))
    def change(self, which: int) -> None:
        self.newest[self.tracks[which]] += 1
        self.outbox.enqueue("notion", self.tracks[which])

    @rule(host=st.sampled_from(["studio", "laptop"]), limit=st.integers(1, 2))
    def claim(self, host: str, limit: int) -> None:
        for entry in self.outbox.claim("notion", host, limit, LEASE_S):
            for other, _ in (*self.carried, *self.written):
                assert other.track_id != entry.track_id or other.claimed_until <= self.clock.at
            self.latest_claim[entry.track_id] = entry
            self.carried.append((entry, self.newest[entry.track_id]))

    @precondition(lambda self: self.carried)
    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        entry, value = self._take(self.carried, data)
        self.there[entry.track_id] = value
        self.written.append((entry, value))

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        entry, value = self._take(self.written, data)
        self.outbox.done(entry, "page", {"value": value})

    @precondition(lambda self: self.carried)
    @rule(data=st.data(), wait_s=st.sampled_from([1.0, 100.0]))
    def fail(self, data: st.DataObject, wait_s: float) -> None:
        entry, _ = self._take(self.carried, data)
        self.outbox.postpone(entry, self.clock.at + wait_s, "503")

    @precondition(lambda self: self.carried)
    @rule(data=st.data())
    def crash_before_writing(self, data: st.DataObject) -> None:
        self._take(self.carried, data)

    @precondition(lambda self: any(self._is_latest(entry) for entry, _ in self.written))
    @rule()
    def crash_before_reporting(self) -> None:
        self.written = [(entry, value) for entry, value in self.written if not self._is_latest(entry)]

    @rule(seconds=st.sampled_from([1.0, LEASE_S]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds)

    @invariant()
    def what_the_target_does_not_show_waits(self) -> None:
        unreported = {entry.track_id for entry, _ in self.written}
        for track_id in self.tracks:
            if self.there[track_id] != self.newest[track_id] and track_id not in unreported:
                assert self.outbox.waiting(track_id)

    def teardown(self) -> None:
        for entry, value in self.written:
            self.outbox.done(entry, "page", {"value": value})
        for _ in range(5):
            self.clock.forward(1000)
            for entry in self.outbox.claim("notion", "studio", 10, LEASE_S):
                self.there[entry.track_id] = self.newest[entry.track_id]
                self.outbox.done(entry, "page", {"value": self.newest[entry.track_id]})
        assert self.outbox.pending("notion") == 0
        assert self.there == self.newest
        for track_id, value in self.newest.items():
            mirror = self.outbox.mirror("notion", track_id)
            assert (mirror.seen if mirror else {"value": 0}) == {"value": value}

    def _take(self, pile: list[tuple[Entry, int]], data: st.DataObject) -> tuple[Entry, int]:
        return pile.pop(data.draw(st.integers(0, len(pile) - 1)))

    def _is_latest(self, entry: Entry) -> bool:
        return self.latest_claim[entry.track_id] == entry


def test_whatever_happens_the_newest_arrives(ledger: Ledger, clock: Clock) -> None:
    machine = type("Here", (Carrying,), {"ledger": ledger, "clock": clock})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
