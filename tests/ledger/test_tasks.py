"""Rows of Agent-Tasks and of Issues+Questions: raised once for a cause, closed, raised again; one at a time writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from daemon.ledger import Ledger
from daemon.ledger.jobs import OrderedIn
from daemon.ledger.tasks import BEHIND, BOOKMARK, LEFT, WRITING, Claim, Database
from daemon.models import Json
from tests.ledger.given import NOON, Clock, a_track
from tests.ledger.test_races import THREADS, at_once

LEASE_S = 60.0
KEY = "login/spotify"
ASKS: Json = {"Name": "Log in again", "Status": "Not Started"}
IS_OVER: Json = {"Status": "Complete", "Result": "Spotify answers again."}


def ask(ledger: Ledger, key: str = KEY, wanted: Json = ASKS, **more: object) -> bool:
    return ledger.tasks.raise_(key, kind="question", wanted=wanted, **more)  # type: ignore[arg-type]


def row_of(ledger: Ledger, key: str = KEY):
    row = ledger.tasks.get(key)
    assert row is not None
    return row


def claim(ledger: Ledger, host: str = "studio", databases: tuple[Database, ...] = ("tasks",)) -> Claim | None:
    return ledger.tasks.claim(host, LEASE_S, databases)


def claimed(ledger: Ledger, host: str = "studio") -> Claim:
    got = claim(ledger, host)
    assert got is not None
    return got


def write(ledger: Ledger, got: Claim | None = None) -> None:
    """As a carrier would, to the row `page`."""
    got = got or claimed(ledger)
    shows = row_of(ledger, got.key).wanted
    ledger.tasks.carried(got, "page", shows, shows)


def find_in_the_trash(ledger: Ledger) -> None:
    ledger.tasks.thrown_away(claimed(ledger))


class TestWhatIsAsked:
    def test_a_cause_is_raised_once_and_its_row_written_once(self, ledger: Ledger, clock: Clock) -> None:
        track_id = a_track(ledger)
        assert ask(ledger, memory={"kind": "login"}, host_id="studio", track_id=track_id)

        row = row_of(ledger)
        assert (row.database, row.kind, row.state, row.host_id, row.track_id) == (
            "tasks", "question", "open", "studio", track_id,
        )  # fmt: skip
        assert (row.wanted, row.memory, row.raised_at, row.due_at) == (ASKS, {"kind": "login"}, NOON, NOON)
        assert (row.remote_id, row.sought, row.gone, row.carried_at) == (None, False, False, None)
        assert ledger.tasks.pending() == 1

        clock.forward(5)
        write(ledger)
        assert ledger.tasks.pending() == 0
        assert claim(ledger) is None
        row = row_of(ledger)
        assert (row.remote_id, row.seen, row.wrote, row.carried_at) == ("page", ASKS, ASKS, NOON + 5)

    def test_raised_again_it_is_due_only_where_that_makes_a_difference(self, ledger: Ledger) -> None:
        ask(ledger, memory={"kind": "login"})
        write(ledger)

        assert not ask(ledger)
        assert not ask(ledger, memory={"kind": "login", "times": 2})
        assert ledger.tasks.pending() == 0, "what its room keeps for itself is nobody else's business"
        assert not ask(ledger, wanted={"Priority": "High"})

        row = row_of(ledger)
        assert row.wanted == {**ASKS, "Priority": "High"}
        assert row.memory == {"kind": "login", "times": 2}, "who says nothing of it changes nothing of it"
        assert (ledger.tasks.pending(), row.raised_at) == (1, NOON)

    def test_it_is_closed_once_and_shows_why(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger)
        write(ledger)
        clock.forward(100)

        assert ledger.tasks.close(KEY, IS_OVER)
        row = row_of(ledger)
        assert (row.state, row.closed_at, row.due_at) == ("closed", NOON + 100, NOON + 100)
        assert row.wanted == {**ASKS, **IS_OVER}
        write(ledger)
        assert not ledger.tasks.close(KEY, {"Result": "again"})
        assert not ledger.tasks.close("nobody", IS_OVER)
        assert ledger.tasks.pending() == 0
        assert row_of(ledger).wanted["Result"] == "Spotify answers again."

    def test_what_was_closed_is_raised_again_in_its_row(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger, memory={"kind": "login"})
        write(ledger)
        ledger.tasks.close(KEY, IS_OVER)
        write(ledger)
        clock.forward(100)

        assert ask(ledger, wanted={"Status": "Not Started", "Result": ""})
        row = row_of(ledger)
        assert (row.state, row.raised_at, row.closed_at, row.due_at) == ("open", NOON + 100, None, NOON + 100)
        assert row.wanted == {"Name": "Log in again", "Status": "Not Started", "Result": ""}
        assert (row.remote_id, row.memory) == ("page", {"kind": "login"})

    def test_a_row_that_was_thrown_away_is_left_alone(self, ledger: Ledger) -> None:
        ask(ledger)
        write(ledger)
        ledger.tasks.want(KEY, {"Priority": "High"})
        find_in_the_trash(ledger)

        assert row_of(ledger).gone
        assert not ask(ledger, wanted={"Priority": "Low"})
        ledger.tasks.want(KEY, {"Priority": "Critical"})
        ledger.tasks.hurry(KEY)
        ledger.tasks.hurry(KEY, 60.0)
        assert claim(ledger) is None
        ledger.tasks.close(KEY, IS_OVER)
        assert ledger.tasks.pending() == 0

    def test_when_its_cause_comes_again_there_is_a_new_row(self, ledger: Ledger) -> None:
        ask(ledger, memory={"kind": "login"})
        write(ledger)
        ledger.tasks.want(KEY, {"Priority": "High"})
        find_in_the_trash(ledger)
        ledger.tasks.close(KEY, IS_OVER)

        assert ask(ledger)
        row = row_of(ledger)
        assert (row.state, row.gone, row.remote_id, row.seen, row.wrote) == ("open", False, None, {}, {LEFT: ["page"]})
        assert (row.carried_at, row.attempts, row.memory) == (None, 0, {"kind": "login"})
        assert claimed(ledger).key == KEY

    def test_what_was_closed_may_be_raised_again_in_a_new_row(self, ledger: Ledger) -> None:
        """Where the person has made the old one theirs."""
        ask(ledger)
        write(ledger)
        assert not ask(ledger, in_new_row=True), "what is open stays where it is"
        assert row_of(ledger).remote_id == "page"
        ledger.tasks.close(KEY, IS_OVER)
        assert ask(ledger, in_new_row=True)
        row = row_of(ledger)
        assert (row.state, row.closed_at, row.remote_id, row.seen, row.wrote) == (
            "open",
            None,
            None,
            {},
            {LEFT: ["page"]},
        )
        assert claimed(ledger).key == KEY

    @pytest.mark.parametrize("is_open", [True, False])
    def test_what_stood_in_a_row_that_is_gone_is_begun_anew(self, ledger: Ledger, clock: Clock, is_open: bool) -> None:
        ask(ledger, memory={"kind": "login"})
        write(ledger)
        if not is_open:
            ledger.tasks.close(KEY, {})
        ledger.tasks.want(KEY, {"Priority": "High"})
        before = row_of(ledger)
        clock.forward(5)
        got = claimed(ledger)

        ledger.tasks.begin_anew(got)

        row = row_of(ledger)
        assert (row.remote_id, row.sought, row.gone, row.seen) == (None, False, False, {})
        assert row.wrote == {LEFT: ["page"]}, "that row is no longer ours, should it be found"
        assert (row.state, row.closed_at, row.raised_at) == (before.state, before.closed_at, before.raised_at)
        assert (row.wanted, row.memory) == (before.wanted, before.memory)
        assert (row.due_at, row.carried_at, row.attempts) == (clock.at, None, 0)
        assert row.revision > got.revision, "whoever wrote meanwhile wrote less than there is"
        assert claimed(ledger).key == KEY

    def test_what_else_it_shows(self, ledger: Ledger) -> None:
        ask(ledger)
        write(ledger)
        ledger.tasks.close(KEY, IS_OVER)
        write(ledger)

        ledger.tasks.want(KEY, {"Status": "Complete"})
        assert ledger.tasks.pending() == 0
        ledger.tasks.want(KEY, {"Result": "Heard."})
        assert (ledger.tasks.pending(), row_of(ledger).wanted["Result"]) == (1, "Heard.")
        assert row_of(ledger).state == "closed"
        ledger.tasks.want("nobody", {"Result": "Heard."})
        assert ledger.tasks.get("nobody") is None

    def test_what_its_room_keeps_is_replaced(self, ledger: Ledger) -> None:
        ask(ledger, memory={"kind": "login"})
        ledger.tasks.remember(KEY, {"answered_at": 1.0})
        assert row_of(ledger).memory == {"answered_at": 1.0}

    def test_of_many_who_raise_it_one_opens_it(self, ledger: Ledger) -> None:
        assert at_once([lambda: ask(ledger)] * THREADS).count(True) == 1
        assert at_once([lambda: ledger.tasks.close(KEY, IS_OVER)] * THREADS).count(True) == 1


class TestWhatThereIs:
    def test_the_row_that_stands_there(self, ledger: Ledger) -> None:
        ask(ledger)
        write(ledger)
        found = ledger.tasks.at("page")
        assert found is not None
        assert found == row_of(ledger)
        assert ledger.tasks.at("another") is None
        assert ledger.tasks.get("another") is None

    def test_the_open_ones_of_a_kind_oldest_first(self, ledger: Ledger, clock: Clock) -> None:
        for key in ("b", "a"):
            ask(ledger, key)
            clock.forward(1)
        ledger.tasks.raise_("d", kind="defect", database="issues", wanted={})
        ask(ledger, "over")
        ledger.tasks.close("over", IS_OVER)

        assert [row.key for row in ledger.tasks.open_ones("question")] == ["b", "a"]
        assert [row.key for row in ledger.tasks.open_ones("defect")] == ["d"]


class TestWriting:
    def test_who_waits_longest_goes_first_in_each_database(self, ledger: Ledger, clock: Clock) -> None:
        for key in ("b", "a"):
            ask(ledger, key)
            clock.forward(1)
        ledger.tasks.raise_("d", kind="defect", database="issues", wanted={})
        ledger.tasks.want("b", {"Priority": "High"})

        issue = claim(ledger, databases=("issues",))
        assert issue is not None
        assert issue.key == "d"
        assert [claimed(ledger).key, claimed(ledger).key] == ["b", "a"], "and a change costs nobody the place"
        assert claim(ledger, databases=("tasks", "issues")) is None
        assert claim(ledger, databases=()) is None

    def test_what_is_urgent_is_written_first(self, ledger: Ledger, clock: Clock) -> None:
        for key, urgency in (("last", 3), ("usual", 2), ("first", 0)):
            ledger.tasks.raise_(key, kind="question", wanted=ASKS, urgency=urgency)
            clock.forward(1)
        place = OrderedIn(row_id="row", seen={})
        ledger.jobs.order("sync", "", by="studio", place=place)  # somebody waits to see that it was taken
        assert [claimed(ledger).key for _ in range(4)] == ["first", place.key, "usual", "last"]

    def test_it_is_looked_at_now_or_in_a_while(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger)
        write(ledger)
        ledger.tasks.hurry(KEY, 60.0)
        assert (claim(ledger), row_of(ledger).due_at) == (None, NOON + 60)
        ledger.tasks.hurry(KEY)
        assert row_of(ledger).due_at == NOON
        ledger.tasks.hurry("nobody")
        assert ledger.tasks.pending() == 1

    def test_a_claim_holds_until_it_runs_out(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger)
        got = claimed(ledger)
        assert (got.revision, got.attempts, got.by, got.until) == (1, 1, "studio", NOON + LEASE_S)

        clock.forward(LEASE_S - 1)
        for host in ("studio", "laptop"):
            assert claim(ledger, host) is None
            assert ledger.tasks.claim_one(KEY, host, LEASE_S) is None
        clock.forward(1)
        assert claimed(ledger, "laptop").attempts == 2

    def test_one_of_ones_choice_due_or_not(self, ledger: Ledger) -> None:
        ask(ledger)
        write(ledger)
        got = ledger.tasks.claim_one(KEY, "studio", LEASE_S)
        assert got is not None
        assert ledger.tasks.pending() == 0
        assert ledger.tasks.claim_one(KEY, "laptop", LEASE_S) is None
        assert ledger.tasks.claim_one("nobody", "laptop", LEASE_S) is None

        ledger.tasks.release(got)
        assert (ledger.tasks.pending(), row_of(ledger).attempts) == (0, 0)
        assert ledger.tasks.claim_one(KEY, "laptop", LEASE_S) is not None

    def test_what_was_due_is_due_after_a_release(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger)
        ledger.tasks.postpone(claimed(ledger), NOON + 300, "503")
        before = row_of(ledger)
        got = ledger.tasks.claim_one(KEY, "studio", LEASE_S)
        assert got is not None
        ledger.tasks.release(got)
        assert row_of(ledger) == before
        clock.forward(300)
        assert claimed(ledger).attempts == 2

    def test_what_is_put_off_comes_back_with_its_history(self, ledger: Ledger, clock: Clock) -> None:
        ask(ledger)
        ledger.tasks.postpone(claimed(ledger), NOON + 300, "Notion answered 503")
        row = row_of(ledger)
        assert (row.due_at, row.attempts, row.last_error) == (NOON + 300, 1, "Notion answered 503")
        assert claim(ledger) is None

        clock.forward(300)
        got = claimed(ledger)
        assert got.attempts == 2
        write(ledger, got)
        assert (row_of(ledger).attempts, row_of(ledger).last_error) == (0, None)

    def test_a_change_does_not_wait_for_what_is_put_off(self, ledger: Ledger) -> None:
        ask(ledger)
        ledger.tasks.postpone(claimed(ledger), NOON + 300, "503")
        ledger.tasks.want(KEY, {"Priority": "High"})
        assert claimed(ledger).revision == 2

    def test_with_nothing_to_write_it_rests_unless_something_newer_waits(self, ledger: Ledger) -> None:
        ask(ledger)
        ledger.tasks.rest(claimed(ledger))
        assert (ledger.tasks.pending(), row_of(ledger).remote_id, row_of(ledger).carried_at) == (0, None, None)

        ledger.tasks.hurry(KEY)
        got = claimed(ledger)
        ledger.tasks.want(KEY, {"Priority": "High"})
        ledger.tasks.rest(got)
        assert claimed(ledger).attempts == 1

    def test_before_a_row_is_made_it_is_written_down_that_there_may_be_one(self, ledger: Ledger) -> None:
        ask(ledger)
        got = claimed(ledger)
        ledger.tasks.seek(got, {"Name": "x"})
        ledger.tasks.postpone(got, NOON, "the answer was lost")
        assert row_of(ledger).sought
        assert row_of(ledger).wrote == {WRITING: {"Name": "x"}}

        write(ledger)
        assert not row_of(ledger).sought

    def test_what_was_closed_before_its_row_was_found_is_still_looked_for(self, ledger: Ledger) -> None:
        ask(ledger)
        ledger.tasks.seek(claimed(ledger), {})
        ledger.tasks.close(KEY, IS_OVER)
        ask(ledger)
        assert row_of(ledger).sought

    def test_what_stands_there_is_added_to_what_is_known(self, ledger: Ledger) -> None:
        ask(ledger)
        ledger.tasks.carried(claimed(ledger), "page", {"Name": "x", "Input": ""}, {"Name": "x"})
        ledger.tasks.hurry(KEY)
        ledger.tasks.carried(claimed(ledger), "page", {"Input": "2"}, {"Result": "Heard."})
        assert row_of(ledger).seen == {"Name": "x", "Input": "2"}
        assert row_of(ledger).wrote == {"Name": "x", "Result": "Heard."}

    def test_what_is_read_there_is_there(self, ledger: Ledger) -> None:
        ask(ledger)
        write(ledger)
        ledger.tasks.hurry(KEY)
        find_in_the_trash(ledger)

        ledger.tasks.saw(KEY, {"Input": "2"})
        ledger.tasks.saw("nobody", {"Input": "2"})
        row = row_of(ledger)
        assert (row.gone, row.seen) == (False, {**ASKS, "Input": "2"})
        ledger.tasks.hurry(KEY)
        assert ledger.tasks.pending() == 1, "the person has taken it out of the trash"

    def test_a_host_that_begins_takes_back_what_a_killed_run_had_claimed(self, ledger: Ledger) -> None:
        ask(ledger, "ours")
        claimed(ledger, "studio")
        ask(ledger, "theirs")
        claimed(ledger, "laptop")
        assert claim(ledger) is None

        ledger.tasks.take_back("studio")

        again = claimed(ledger)
        assert (again.key, again.attempts) == ("ours", 1), "a kill is no failure of Notion's"
        assert claim(ledger) is None

    def test_no_row_is_claimed_twice(self, ledger: Ledger) -> None:
        for number in range(THREADS):
            ask(ledger, f"key{number}")
        got = at_once([lambda: claimed(ledger).key] * THREADS)
        assert len({*got}) == THREADS
        ledger.tasks.take_back("studio")
        one = at_once([lambda: ledger.tasks.claim_one("key0", "studio", LEASE_S)] * THREADS)
        assert len([got for got in one if got]) == 1


class TestAnotherDatabase:
    @pytest.fixture
    def rows(self, ledger: Ledger) -> None:
        """Everything that there may be, written and at rest."""
        for key in ("open", "over", "thrown away"):
            ask(ledger, key)
        ledger.tasks.raise_("handover", kind="handover", wanted={"Name": "x"})
        ledger.tasks.raise_("track", kind="track", wanted={})
        ledger.tasks.raise_("defect", kind="defect", database="issues", wanted={})
        ledger.jobs.order("sync", "", by="studio", place=OrderedIn(row_id="row", seen={}))
        ledger.tasks.close("over", IS_OVER)
        while (got := claim(ledger, databases=("tasks", "issues"))) is not None:
            if got.key == "thrown away":
                ledger.tasks.thrown_away(got)
            else:
                write(ledger, got)
        ledger.memos.remember(BOOKMARK, "noon")
        ledger.tasks.move_to("tasks", "here")
        ledger.tasks.move_to("tasks", "here")
        assert ledger.tasks.pending() == 0, "it was there from the start"

    @pytest.mark.usefixtures("rows")
    def test_who_waits_for_an_answer_is_asked_anew(self, ledger: Ledger) -> None:
        ledger.tasks.move_to("tasks", "elsewhere")

        due = {got.key for got in iter(lambda: claim(ledger), None)}
        assert due == {"open", "thrown away", "track"}
        for key in ("open", "over", "thrown away", "track", "handover"):
            row = row_of(ledger, key)
            assert (row.remote_id, row.sought, row.gone, row.seen) == (None, True, False, {}), key
            assert row.wrote.keys() <= {BEHIND}, "what stood there is known should it be ours again"
        assert row_of(ledger, "over").state == "closed"
        assert ledger.memos.recall(BOOKMARK) is None, "what stands there is read from the beginning"

    @pytest.mark.usefixtures("rows")
    def test_an_order_stays_where_it_was_given(self, ledger: Ledger) -> None:
        ledger.tasks.move_to("tasks", "elsewhere")

        ledger.jobs.stop(job := ledger.jobs.unfinished()[0], "")
        row = row_of(ledger, "order/row")
        assert (row.gone, row.due_at, job.task_key) == (True, None, "order/row")
        assert ledger.tasks.at("row") is None

    @pytest.mark.usefixtures("rows")
    def test_the_other_database_stays(self, ledger: Ledger) -> None:
        before = row_of(ledger, "defect")
        ledger.tasks.move_to("tasks", "elsewhere")
        assert row_of(ledger, "defect") == before
        ledger.tasks.move_to("issues", "here")
        assert row_of(ledger, "defect") == before
        ledger.memos.remember(BOOKMARK, "noon")
        ledger.tasks.move_to("issues", "elsewhere")
        assert row_of(ledger, "defect").remote_id is None
        assert ledger.memos.recall(BOOKMARK) == "noon"

    @pytest.mark.usefixtures("rows")
    def test_what_was_over_comes_again_in_a_new_row(self, ledger: Ledger) -> None:
        ledger.tasks.move_to("tasks", "elsewhere")
        assert ask(ledger, "over")
        assert (row_of(ledger, "over").remote_id, row_of(ledger, "over").due_at) == (None, NOON)

    def test_who_wrote_there_meanwhile_is_not_believed(self, ledger: Ledger) -> None:
        ask(ledger)
        ledger.tasks.move_to("tasks", "here")
        late = claimed(ledger)
        ledger.tasks.move_to("tasks", "elsewhere")
        ledger.tasks.rest(late)
        ledger.tasks.postpone(late, NOON + 300, "503")
        assert row_of(ledger).due_at == NOON


Story = Callable[[Ledger, Clock, Claim], None]


def change(ledger: Ledger, clock: Clock, got: Claim) -> None:
    ledger.tasks.want(KEY, {"Priority": f"at {ledger.tasks.pending()} {clock.at}"})


def run_out(ledger: Ledger, clock: Clock, got: Claim) -> None:
    clock.forward(LEASE_S)


def taken_over(ledger: Ledger, clock: Clock, got: Claim) -> None:
    clock.forward(LEASE_S)
    claimed(ledger, got.by)


def taken_over_and_written(ledger: Ledger, clock: Clock, got: Claim) -> None:
    clock.forward(LEASE_S)
    write(ledger, claimed(ledger, "laptop"))


def carried(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.carried(got, "page", {}, {})


def rested(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.rest(got)


def postponed(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.postpone(got, NOON + 3600, "503")


def thrown_away(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.thrown_away(got)


def begun_anew(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.begin_anew(got)


def released(ledger: Ledger, got: Claim) -> None:
    ledger.tasks.release(got)


@pytest.mark.parametrize(
    ("meanwhile", "report", "due_at"),
    [
        ((), carried, None),
        ((change,), carried, NOON),
        ((run_out,), carried, None),
        ((taken_over,), carried, NOON),
        ((taken_over_and_written,), carried, NOON + LEASE_S),
        ((change, taken_over_and_written), carried, NOON + LEASE_S),
        ((), rested, None),
        ((change,), rested, NOON),
        ((taken_over,), rested, NOON),
        ((taken_over_and_written,), rested, None),
        ((), postponed, NOON + 3600),
        ((change,), postponed, NOON + 3600),
        ((taken_over,), postponed, NOON),
        ((taken_over_and_written,), postponed, None),
        ((), thrown_away, None),
        ((change,), thrown_away, None),
        ((taken_over,), thrown_away, NOON),
        ((taken_over,), begun_anew, NOON),
        ((taken_over_and_written,), begun_anew, None),
        ((), released, NOON),
        ((taken_over,), released, NOON),
        ((taken_over_and_written,), released, None),
    ],
    ids=lambda value: "+".join(story.__name__ for story in value) or "nothing" if isinstance(value, tuple) else None,
)
def test_what_happens_between_a_claim_and_its_report(
    ledger: Ledger,
    clock: Clock,
    meanwhile: tuple[Story, ...],
    report: Callable[[Ledger, Claim], None],
    due_at: float | None,
) -> None:
    ask(ledger)
    got = claimed(ledger)
    for story in meanwhile:
        story(ledger, clock, got)

    report(ledger, got)

    assert row_of(ledger).due_at == due_at
    if taken_over in meanwhile:
        assert claim(ledger) is None, "who holds it now goes on holding it"


class Writing(RuleBasedStateMachine):
    """Two hosts write one row, whose cause comes and goes. However they are interleaved, late or dead, what the row
    does not show waits."""

    ledger: Ledger
    clock: Clock
    lives = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).lives += 1
        self.key = f"key{self.lives}"
        self.number = 0
        self.there: object = None
        self.held: list[tuple[Claim, object]] = []
        """Claimed, with what was to be written then."""
        self.written: list[tuple[Claim, object]] = []
        """Written there, not yet reported."""
        self.clock.forward(1000)
        while left := claim(self.ledger):  # of a life that ended badly
            self.ledger.tasks.thrown_away(left)

    @rule()
    def comes(self) -> None:
        self.number += 1
        is_open = (row := self.ledger.tasks.get(self.key)) is not None and row.state == "open"
        assert ask(self.ledger, self.key, {"Number": self.number}) is not is_open

    @rule()
    def goes(self) -> None:
        self.number += 1
        is_open = (row := self.ledger.tasks.get(self.key)) is not None and row.state == "open"
        assert self.ledger.tasks.close(self.key, {"Number": self.number}) is is_open

    @rule(host=st.sampled_from(["studio", "laptop"]))
    def take(self, host: str) -> None:
        if (got := claim(self.ledger, host)) is not None:
            assert all(other.until <= self.clock.at for other, _ in (*self.held, *self.written))
            self.held.append((got, self._wanted()))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def writes(self, data: st.DataObject) -> None:
        got, self.there = self._one_of(self.held, data)
        self.written.append((got, self.there))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def dies_or_fails(self, data: st.DataObject) -> None:
        got, _ = self._one_of(self.held, data)
        if data.draw(st.booleans()):
            self.ledger.tasks.postpone(got, self.clock.at + 100, "503")

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def reports(self, data: st.DataObject) -> None:
        got, value = self._one_of(self.written, data)
        self.ledger.tasks.carried(got, "page", {"Number": value}, {"Number": value})

    @rule(seconds=st.sampled_from([1.0, LEASE_S]))
    def waits(self, seconds: float) -> None:
        self.clock.forward(seconds)

    @invariant()
    def what_it_does_not_show_waits(self) -> None:
        row = self.ledger.tasks.get(self.key)
        if row is not None and not self.written and self.there != self._wanted():
            assert row.due_at is not None

    def teardown(self) -> None:
        for got, value in self.written:
            self.ledger.tasks.carried(got, "page", {"Number": value}, {"Number": value})
        for _ in range(4):
            self.clock.forward(1000)
            while due := claim(self.ledger):
                self.there = self._wanted()
                self.ledger.tasks.carried(due, "page", {"Number": self.there}, {})
        assert self.ledger.tasks.pending() == 0
        assert self.there == self._wanted()

    def _wanted(self) -> object:
        row = self.ledger.tasks.get(self.key)
        return None if row is None else row.wanted["Number"]

    def _one_of(self, pile: list[tuple[Claim, object]], data: st.DataObject) -> tuple[Claim, object]:
        return pile.pop(data.draw(st.integers(0, len(pile) - 1)))


def test_whatever_happens_the_newest_arrives(ledger: Ledger, clock: Clock) -> None:
    machine = type("Here", (Writing,), {"ledger": ledger, "clock": clock})
    plan = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=plan)
