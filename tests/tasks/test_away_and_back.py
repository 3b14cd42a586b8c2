"""Orders and questions across what comes between: a kill, another database for a while, the trash, a correction."""

from __future__ import annotations

import itertools
from contextlib import contextmanager, suppress

import pytest

from daemon.errors import Unreachable
from daemon.ledger.store import Store
from daemon.models import Choice
from daemon.tasks.concern import Concern
from tests.tasks.desk import a_desk


class KilledError(BaseException):
    """As nobody can catch it."""


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def before_transaction(monkeypatch):
    """Lets something happen before the ledger's transaction of that number; `for_good` before all that follow too, for
    who is killed cleans nothing up. Yields a list that stays empty where there are not so many."""
    plainly = Store.writing

    @contextmanager
    def letting(number, happen, *, for_good=False):
        numbers, happened = itertools.count(), []

        @contextmanager
        def writing(store):
            now = next(numbers)
            if now == number or (for_good and now > number):
                happened.append(now)
                happen()
            with plainly(store) as connection:
                yield connection

        with monkeypatch.context() as patched:
            patched.setattr(Store, "writing", writing)
            yield happened

    return letting


def rounds(desk):
    """Enough for one order; what `settle` does, in less time."""
    for _ in range(2):
        desk.clock.forward(3600)
        desk.tick()
        desk.running.work(long=False)
        desk.running.work(long=True)
        desk.carrier.carry_due()


def starts_again(desk):
    desk.ledger.tasks.take_back(desk.host_id)
    desk.ledger.jobs.take_back(desk.host_id)


def a_portion_is_done(desk):
    """The first of an order that takes several."""
    desk.running.work(long=True, stopping=iter([False, True]).__next__)


# --- kills, and a ledger that does not answer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("corrected", "trouble"),
    [("redo Night Ferry", KilledError), ("redo Night Ferry", Unreachable), ("nonsense", KilledError)],
)
def test_a_corrected_order_is_never_lost_between_two_transactions(desk, before_transaction, corrected, trouble):
    def comes():
        raise trouble("The ledger is away.")

    for number in itertools.count():
        row_id = desk.orders("cratekeeper: redo Night Fery")
        desk.tick()
        assert desk.row(row_id)["Status"] == "In Progress"
        desk.edits(row_id, Name=f"cratekeeper: {corrected}")
        with before_transaction(number, comes, for_good=trouble is KilledError) as came, suppress(trouble):
            desk.tick()
        starts_again(desk)
        rounds(desk)
        if corrected == "nonsense":
            assert desk.works.done == [], f"before transaction {number}"
            assert desk.row(row_id)["Result"].startswith("“nonsense” is none of our jobs")
        else:
            assert desk.works.done == ["Night Ferry"], f"before transaction {number}"
            assert desk.row(row_id)["Status"] == "Complete"
        if not came:
            break
        desk.works.done.clear()
    assert number > 3


def test_what_was_thrown_away_is_not_done_whenever_the_kill_comes(desk, before_transaction):
    def comes():
        raise KilledError

    for number in itertools.count():
        row_id = desk.orders("cratekeeper: verify x")
        desk.tick()
        desk.twin.trash_as_person(row_id)
        desk.clock.forward(700)
        with before_transaction(number, comes, for_good=True) as came, suppress(KilledError):
            desk.carrier.carry_due()
        starts_again(desk)
        desk.carrier.carry_due()
        rounds(desk)
        assert desk.works.done == [], f"before transaction {number}"
        if not came:
            break
    assert number > 1


def test_the_end_of_a_job_is_shown_at_the_next_round_whenever_it_comes(desk, before_transaction):
    """The other thread ends it while the carrier looks at its row."""
    for number in itertools.count():
        row_id = desk.orders("cratekeeper: verify x")
        desk.tick()
        a_portion_is_done(desk)
        desk.clock.forward(60)
        with before_transaction(number, lambda: desk.running.work(long=True)) as came:
            desk.carrier.carry_due()
        desk.running.work(long=True)
        desk.clock.forward(20)
        desk.tick()
        assert desk.row(row_id)["Status"] == "Complete", f"it ended before transaction {number}"
        if not came:
            break
    assert number > 2


# --- another database, and back --------------------------------------------------------------------------------------


class Mistyped:
    """AGENT_TASKS_DB_ID names what is none of ours, for a while."""

    def __init__(self, desk):
        self._desk = desk
        desk.ledger.tasks.move_to("tasks", desk.tasks_id)

    def away(self):
        self._desk.ledger.tasks.move_to("tasks", "mistyped")

    def back(self):
        self._desk.ledger.tasks.move_to("tasks", self._desk.tasks_id)


class AnotherInUse(Mistyped):
    """It names another database, where things go on, for a while."""

    def away(self):
        desk = self._desk
        self._before = desk.tasks_id, desk.source_id, desk.board
        desk.ledger.tasks.move_to("tasks", desk.another_database())
        desk.tick()

    def back(self):
        desk = self._desk
        desk.tick()
        desk.tasks_id, desk.source_id, desk.board = self._before
        super().back()


@pytest.fixture(params=[Mistyped, AnotherInUse])
def setting(request, desk):
    return request.param(desk)


def test_what_was_done_is_done_once_more_in_its_own_row_when_it_is_set_back(desk, setting):
    row_id = desk.orders("cratekeeper: redo Night Ferry")
    desk.settle()
    setting.away()
    setting.back()
    desk.settle()
    assert desk.works.done == ["Night Ferry"]
    desk.edits(row_id, Status="Not Started")
    for _ in range(30):  # as often as the daemon looks within some minutes
        desk.clock.forward(20)
        desk.tick()
        desk.running.work(long=False)
        desk.carrier.carry_due()
    assert desk.works.done == ["Night Ferry"] * 2
    assert list(desk.rows) == [row_id], "no row is ever made for an order"
    assert desk.row(row_id)["Status"] == "Complete"
    assert desk.row(row_id)["Result"].startswith("Done: Night Ferry")


def test_what_ended_meanwhile_is_told_in_its_row(desk, setting):
    row_id = desk.orders("cratekeeper: verify x")
    desk.tick()
    assert desk.row(row_id)["Status"] == "In Progress"
    setting.away()
    desk.running.work(long=True)
    setting.back()
    desk.tick()
    assert desk.row(row_id)["Status"] == "Complete"
    assert desk.row(row_id)["Result"].startswith("Done: x")
    desk.settle()
    assert desk.works.done == ["x"]
    assert list(desk.rows) == [row_id]


def test_what_is_at_work_all_the_while_goes_on_and_is_told_in_its_row(desk, setting):
    row_id = desk.orders("cratekeeper: verify x")
    desk.tick()
    setting.away()
    setting.back()
    desk.tick()
    assert desk.row(row_id)["Status"] == "In Progress"
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.works.done) == ("Complete", ["x"])


def test_what_was_taken_and_done_though_its_row_says_not_started_is_not_done_again(desk, setting):
    row_id = desk.orders("cratekeeper: redo x", Status="Not Started")
    desk.intake.catch_up()  # Notion does not answer the write that would say so
    desk.running.work(long=False)
    setting.away()
    setting.back()
    desk.settle()
    assert desk.works.done == ["x"]
    assert desk.row(row_id)["Status"] == "Complete"


def test_what_was_ordered_anew_meanwhile_is_done_once(desk, setting):
    row_id = desk.orders("cratekeeper: redo x")
    desk.settle()
    setting.away()
    desk.edits(row_id, Status="Not Started")
    setting.back()
    desk.settle()
    assert desk.works.done == ["x", "x"]
    assert desk.row(row_id)["Status"] == "Complete"


def test_without_a_status_column_nothing_is_done_again(desk, setting):
    desk.twin.change_columns_as_person(desk.source_id, {"Status": None})
    row_id = desk.orders("cratekeeper: redo x")
    desk.settle()
    setting.away()
    setting.back()
    desk.settle()
    assert desk.works.done == ["x"]
    assert list(desk.rows) == [row_id]


def which_one(letters="ab"):
    choices = tuple(Choice(label=letter, value=f"https://y.example/{letter}") for letter in letters)
    return Concern(
        key="choose/1",
        kind="choose",
        severity="Medium",
        title="cratekeeper: Which of these is Night Ferry?",
        happened="Two could be it.",
        todo="Say which.",
        gone="It is decided.",
        choices=choices,
    )


def ask(desk, *concerns):
    desk.clock.forward(60)
    desk.keeping.keep(concerns)
    desk.carrier.carry_due()


def test_a_question_is_found_again_and_an_answer_in_it_is_heard(desk, setting):
    ask(desk, which_one())
    [row_id] = desk.rows
    setting.away()
    setting.back()
    ask(desk, which_one())
    assert list(desk.rows) == [row_id], "one row for each cause"
    desk.edits(row_id, Input="1")
    desk.tick()
    assert desk.answers == [("choose/1", "1")]
    assert desk.offered == ["https://y.example/a", "https://y.example/b"]
    assert desk.row(row_id)["Result"] == "Heard: 1."


def test_an_answer_that_was_given_meanwhile_is_heard_as_the_row_shows_it(desk, setting):
    ask(desk, which_one("ab"))
    [row_id] = desk.rows
    setting.away()
    desk.edits(row_id, Input="2")
    setting.back()
    ask(desk, which_one("cd"))
    assert desk.answers == [("choose/1", "2")]
    assert desk.offered == ["https://y.example/a", "https://y.example/b"]


def test_a_question_that_was_asked_there_too_is_found_again(desk):
    setting = AnotherInUse(desk)
    ask(desk, which_one())
    [row_id] = desk.rows
    setting.away()
    ask(desk, which_one())
    assert [row["Name"] for row in desk.rows.values()] == [which_one().title]
    setting.back()
    ask(desk, which_one())
    assert list(desk.rows) == [row_id]
    desk.edits(row_id, Input="2")
    desk.tick()
    assert desk.answers == [("choose/1", "2")]


def test_a_question_that_is_over_by_then_is_closed_in_its_row(desk, setting):
    ask(desk, which_one())
    [row_id] = desk.rows
    setting.away()
    setting.back()
    ask(desk)
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Complete", "It is decided.")
    assert list(desk.rows) == [row_id]


@pytest.mark.parametrize("was_over", [True, False])
def test_a_question_with_other_choices_by_then_shows_them_and_numbers_mean_them(desk, setting, was_over):
    ask(desk, which_one("ab"))
    [row_id] = desk.rows
    if was_over:
        ask(desk)
    setting.away()
    setting.back()
    ask(desk, which_one("cd"))
    assert desk.answers == [], "that it says Complete is our own doing"
    assert desk.row(row_id)["Status"] == "Not Started"
    assert "2. d https://y.example/d" in desk.row(row_id)["Description"]
    desk.edits(row_id, Input="2")
    desk.tick()
    assert desk.offered == ["https://y.example/c", "https://y.example/d"]


@pytest.mark.parametrize("was_over", [True, False])
def test_what_was_heard_before_is_not_heard_once_more(desk, setting, was_over):
    ask(desk, which_one())
    [row_id] = desk.rows
    desk.edits(row_id, Input="skip")
    desk.tick()
    if was_over:
        ask(desk)
    setting.away()
    setting.back()
    ask(desk, which_one())
    desk.settle()
    assert desk.answers == [("choose/1", "skip")]


# --- the trash, and back ---------------------------------------------------------------------------------------------


WHEN = ("taken", "claimed", "at work")
"""How far it was when it was thrown away; its row still says Not Started where it was only taken."""


def back_from_the_trash(desk, when):
    """A row of an order that was away long enough for us to notice. Answers its id."""
    row_id = desk.orders("cratekeeper: verify x", Status="Not Started")
    desk.intake.catch_up()
    if when != "taken":
        desk.carrier.carry_due()
    if when == "at work":
        a_portion_is_done(desk)
    desk.twin.trash_as_person(row_id)
    for _ in range(2):
        desk.clock.forward(700)
        desk.carrier.carry_due()
    desk.clock.forward(600)
    desk.twin.restore_as_person(row_id)
    return row_id


@pytest.mark.parametrize("when", WHEN)
def test_a_row_that_is_back_says_that_it_was_stopped_and_how_it_is_done(desk, when):
    row_id = back_from_the_trash(desk, when)
    desk.settle()
    assert desk.works.done == []
    assert desk.row(row_id)["Status"] == "Blocked"
    assert "its row was thrown away" in desk.row(row_id)["Result"]
    assert "Not Started" in desk.row(row_id)["Result"]
    desk.edits(row_id, Status="Not Started")
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.works.done) == ("Complete", ["x"])


@pytest.mark.parametrize("when", ["claimed", "at work"])
def test_a_row_that_is_back_and_not_started_at_once_is_done(desk, when):
    desk.edits(back_from_the_trash(desk, when), Status="Not Started")
    desk.settle()
    assert desk.works.done == ["x"]


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("at_once", [True, False])
def test_other_words_in_a_row_that_is_back_are_an_order(desk, when, at_once):
    row_id = back_from_the_trash(desk, when)
    if not at_once:
        desk.settle()
    desk.edits(row_id, Name="cratekeeper: verify", Input="y")
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.works.done) == ("Complete", ["y"])
    assert desk.row(row_id)["Result"].startswith("Done: y")


def test_what_was_over_before_it_was_thrown_away_stays_so(desk):
    row_id = desk.orders("cratekeeper: redo x")
    desk.settle()
    desk.twin.trash_as_person(row_id)
    desk.clock.forward(700)
    desk.tick()
    desk.twin.restore_as_person(row_id)
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.works.done) == ("Complete", ["x"])


# --- corrected while at work -----------------------------------------------------------------------------------------


@pytest.fixture
def at_work(desk):
    """The row of an order of which a portion is done."""
    row_id = desk.orders("cratekeeper: verify x")
    desk.tick()
    a_portion_is_done(desk)
    return row_id


def test_a_correction_is_done_after_what_is_at_work(desk, at_work):
    desk.edits(at_work, Name="cratekeeper: verify y")
    desk.settle()
    assert desk.works.done == ["x", "y"]
    assert desk.row(at_work)["Status"] == "Complete"
    assert desk.row(at_work)["Result"].startswith("Done: y")


def test_a_correction_after_our_last_look_is_done_too(desk, at_work):
    desk.edits(at_work, Name="cratekeeper: verify y")
    desk.running.work(long=True)
    desk.settle()
    assert desk.works.done == ["x", "y"]


def test_words_that_are_only_taken_away_order_nothing(desk):
    row_id = desk.orders("cratekeeper: verify", Input="x")
    desk.tick()
    a_portion_is_done(desk)
    desk.edits(row_id, Input="")
    desk.settle()
    assert (desk.works.done, desk.row(row_id)["Status"]) == (["x"], "Complete")


def test_words_that_are_taken_away_from_a_question_are_an_order(desk):
    row_id = desk.orders("cratekeeper: choose 2", Input="nonsense")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Blocked"
    desk.edits(row_id, Input="")
    desk.settle()
    assert (desk.works.done, desk.row(row_id)["Status"]) == (["2"], "Complete")


def test_one_that_is_stopped_as_it_ends_is_not_followed(desk, at_work):
    desk.edits(at_work, Name="cratekeeper: verify y")
    desk.tick()
    desk.running.work(long=True)
    desk.edits(at_work, Status="Complete")
    desk.settle()
    assert desk.works.done == ["x"]


def test_of_several_corrections_the_last_is_done(desk, at_work):
    for words in ("y", "z"):
        desk.edits(at_work, Name=f"cratekeeper: verify {words}")
        desk.tick()
    desk.settle()
    assert desk.works.done == ["x", "z"]


def test_a_correction_that_is_taken_back_is_none(desk, at_work):
    for words in ("y", "x"):
        desk.edits(at_work, Name=f"cratekeeper: verify {words}")
        desk.tick()
    desk.settle()
    assert desk.works.done == ["x"]
    desk.edits(at_work, Name="cratekeeper: verify y")
    desk.settle()
    assert desk.works.done == ["x"], "what is done is done"


def test_one_that_is_taken_back_after_the_end_is_none_either(desk, at_work):
    desk.edits(at_work, Name="cratekeeper: verify y")
    desk.tick()
    desk.running.work(long=True)
    for words in ("x", "z"):
        desk.edits(at_work, Name=f"cratekeeper: verify {words}")
        desk.settle()
    assert desk.works.done == ["x"], "what is done is done"


def test_a_correction_is_not_done_where_it_is_stopped_with_it(desk, at_work):
    desk.edits(at_work, Name="cratekeeper: verify y", Status="Complete")
    desk.settle()
    assert desk.works.done == []


def test_a_correction_is_done_once_whatever_is_killed(desk, before_transaction):
    def comes():
        raise KilledError

    for number in itertools.count():
        row_id = desk.orders("cratekeeper: verify x")
        desk.tick()
        a_portion_is_done(desk)
        desk.edits(row_id, Name="cratekeeper: verify y")
        desk.tick()
        desk.running.work(long=True)
        with before_transaction(number, comes, for_good=True) as came, suppress(KilledError):
            desk.tick()
        starts_again(desk)
        rounds(desk)
        assert desk.works.done == ["x", "y"], f"before transaction {number}"
        if not came:
            break
        desk.works.done.clear()
    assert number > 3
