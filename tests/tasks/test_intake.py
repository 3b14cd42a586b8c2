"""Orders in Agent-Tasks: taken once, answered in their row, and nobody else's row touched."""

from __future__ import annotations

import pytest

from daemon.errors import RateLimited
from integrations.sandbox import faults
from tests.tasks.desk import a_desk


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def test_an_order_is_claimed_done_and_answered(desk):
    row_id = desk.orders("cratekeeper: redo Night Ferry", Status="Not Started")
    assert desk.asked(desk.tick) == [
        "GET databases",
        "GET data_sources",
        "POST data_sources",
        "GET pages",
        "PATCH pages",
    ]
    assert desk.row(row_id)["Status"] == "In Progress"
    assert "cratekeeper on here" in desk.row(row_id)["Result"]

    desk.settle()
    assert desk.works.done == ["Night Ferry"]
    assert desk.row(row_id)["Status"] == "Complete"
    assert desk.row(row_id)["Result"] == "Done: Night Ferry\nhttps://www.notion.so/row"
    assert desk.row(row_id)["Name"] == "cratekeeper: redo Night Ferry"


def test_a_claim_costs_three_requests_and_an_idle_look_one(desk):
    desk.tick()
    desk.clock.forward(3600)
    assert desk.asked(desk.tick) == ["POST data_sources"]
    desk.orders("cratekeeper: redo Night Ferry")
    assert desk.asked(desk.tick) == ["POST data_sources", "GET pages", "PATCH pages"]
    desk.settle()
    assert desk.asked(desk.tick) == ["POST data_sources"], "its own writing is no news"


@pytest.mark.parametrize(
    ("row", "done"),
    [
        ({"Name": "cratekeeper: redo Night Ferry"}, ["Night Ferry"]),
        ({"Name": "Cratekeeper:  REDO   Night Ferry", "Status": "Not Started"}, ["Night Ferry"]),
        ({"Name": "cratekeeper: redo", "Input": "Night Ferry"}, ["Night Ferry"]),
        ({"Name": "Please", "Job": "redo", "Input": "Night Ferry"}, ["Night Ferry"]),
        ({"Name": "cratekeeper: redo Night Ferry", "Job": "redo"}, ["Night Ferry"]),
        ({"Name": "cratekeeper: redo x", "Status": "Complete"}, []),
        ({"Name": "cratekeeper: redo x", "Status": "In Progress"}, []),
        ({"Name": "cratekeeper: redo Night", "Job": "redo", "Input": "Ferry"}, ["Night Ferry"]),
        ({"Name": "cratekeeper: redo x", "Source Agent": "cratekeeper"}, ["x"]),
        ({"Name": "cratekeeper: redo x", "Job": "nightly"}, ["x"]),
        ({"Name": "cratekeeper: look into the backups", "Job": "devops"}, []),
        ({"Name": "cratekeeper: redo x", "Dedupe Key": "cratekeeper/login/spotify"}, []),
        ({"Name": "redo Night Ferry"}, []),
        ({"Name": "mixer: redo Night Ferry"}, []),
        ({"Name": "Night Ferry", "Job": "master", "Input": "x"}, []),
        ({"Name": "cratekeepers: redo Night Ferry"}, []),
    ],
)
def test_which_rows_are_orders(desk, row, done):
    desk.tick()
    row_id = desk.orders(row.pop("Name"), **row)
    before = dict(desk.row(row_id))
    desk.settle()
    assert desk.works.done == done
    if not done:
        assert desk.row(row_id) == before


@pytest.mark.parametrize("name", ["cratekeeper: wash the dishes", "cratekeeper:", "cratekeeper: Syncing"])
def test_what_is_none_of_our_jobs_is_answered_with_the_list_of_them(desk, name):
    row_id = desk.orders(name)
    desk.settle()
    assert desk.row(row_id)["Status"] == "Blocked"
    assert "redo <words>" in desk.row(row_id)["Result"]

    desk.edits(row_id, Name="cratekeeper: redo Night Ferry", Status="Not Started")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Complete"


def test_an_input_that_means_nothing_is_answered_and_can_be_put_right(desk):
    row_id = desk.orders("cratekeeper: redo")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Blocked"
    assert desk.row(row_id)["Result"].startswith("Which one? Say it.")

    desk.edits(row_id, Input="Night Ferry")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Complete"
    assert desk.works.done == ["Night Ferry"]


def test_a_title_that_is_put_right_is_taken_without_another_word(desk):
    row_id = desk.orders("cratekeeper: wash the dishes")
    desk.settle()
    desk.edits(row_id, Name="cratekeeper: redo Night Ferry")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Complete"
    assert desk.works.done == ["Night Ferry"]


def test_what_is_typed_while_we_write_is_still_heard(desk):
    """Between our look at the row and our writing of it."""
    row_id = desk.orders("cratekeeper: choose", Input="1")
    desk.settle()
    real = desk.board.update

    def update_while_somebody_types(there, values):
        desk.twin.edit_as_person(there, {"Input": "2"})
        return real(there, values)

    desk.board.update = update_while_somebody_types
    desk.ledger.tasks.want(f"order/{row_id}", {"Result": "x"})
    desk.edits(row_id, Result="something else")
    desk.ledger.tasks.hurry(f"order/{row_id}")
    desk.carrier.carry_due()
    desk.board.update = real
    desk.settle()
    assert desk.works.done == ["2"]
    assert desk.row(row_id)["Status"] == "Complete"


def test_a_question_of_a_job_is_answered_in_its_input(desk):
    row_id = desk.orders("cratekeeper: choose", Input="1")
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Blocked", "Which of them, 1 or 2?")
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Complete"


def test_what_failed_says_why(desk):
    row_id = desk.orders("cratekeeper: report x")
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Failed", "It is not so.")
    assert desk.works.done == ["x"]


def test_setting_it_back_to_not_started_orders_it_again_once(desk):
    row_id = desk.orders("cratekeeper: redo Night Ferry")
    desk.settle()
    desk.edits(row_id, Status="Not Started")
    desk.settle()
    assert desk.works.done == ["Night Ferry"] * 2
    assert desk.row(row_id)["Status"] == "Complete"


def test_a_job_that_the_person_calls_done_is_stopped(desk):
    row_id = desk.orders("cratekeeper: sync x")
    desk.tick()
    job = desk.ledger.jobs.claim("here", ["sync"])
    desk.running.turn(job)
    desk.carrier.carry_due()
    desk.edits(row_id, Status="Failed")
    desk.tick()
    desk.settle()
    assert desk.works.portions == [("x", 0)]
    assert desk.row(row_id)["Status"] == "Failed"
    assert desk.row(row_id)["Result"].startswith("Stopped by you")


def test_a_row_that_is_thrown_away_stops_its_job(desk):
    row_id = desk.orders("cratekeeper: sync x")
    desk.tick()
    desk.running.turn(desk.ledger.jobs.claim("here", ["sync"]))
    desk.twin.trash_as_person(row_id)
    desk.settle()
    assert desk.works.done == []
    assert desk.ledger.jobs.unfinished() == ()
    assert row_id not in desk.rows


def test_progress_is_told_now_and_then_and_not_at_every_portion(desk):
    row_id = desk.orders("cratekeeper: verify x")
    desk.tick()

    def portions():
        desk.running.turn(desk.ledger.jobs.claim("here", ["verify"]))
        desk.running.turn(desk.ledger.jobs.claim("here", ["verify"]))
        desk.carrier.carry_due()

    assert desk.asked(portions) == []
    desk.clock.forward(60)
    assert desk.asked(desk.carrier.carry_due) == ["GET pages", "PATCH pages"]
    assert desk.row(row_id)["Result"].startswith("1 of 3: at it\nBegun by cratekeeper on here")


def test_the_urgent_goes_first_and_equals_take_turns(desk):
    desk.orders("cratekeeper: sync a")
    desk.orders("cratekeeper: sync b")
    desk.orders("cratekeeper: redo c", Priority="Low")
    desk.orders("cratekeeper: redo d", Priority="Critical")
    desk.tick()
    order = []
    while (job := desk.ledger.jobs.claim("here", ["sync", "redo"])) is not None:
        order.append(job.input)
        desk.clock.forward(1)
        desk.running.turn(job)
    assert (order[0], order[-1]) == ("d", "c")
    assert [set(order[at : at + 2]) for at in (1, 3, 5, 7)] == [{"a", "b"}] * 4


def test_a_service_that_does_not_answer_is_waited_for(desk):
    desk.works.trouble = [RateLimited("Spotify asks for patience.", service="spotify", retry_after_s=600)]
    row_id = desk.orders("cratekeeper: redo x")
    desk.tick()
    desk.running.work(long=False)
    desk.clock.forward(300)
    assert desk.running.work(long=False) == 0
    desk.carrier.carry_due()
    assert desk.row(row_id)["Result"].startswith("Waits: Spotify asks for patience.")
    desk.settle()
    assert desk.row(row_id)["Status"] == "Complete"


@pytest.mark.parametrize("fault", [faults.lost, faults.reset, lambda: faults.server_error(500), lambda: faults.cut(20)])
def test_an_answer_that_is_lost_costs_nothing(desk, fault):
    desk.tick()
    row_id = desk.orders("cratekeeper: redo Night Ferry")
    desk.faults.add("notion", fault(), method="PATCH", route="/v1/pages/*", times=6)
    desk.settle()
    assert desk.works.done == ["Night Ferry"]
    assert desk.row(row_id)["Status"] == "Complete"
    assert len(desk.rows) == 1


def test_a_status_column_without_our_words_says_it_in_the_result(desk):
    desk.twin.change_columns_as_person(
        desk.source_id,
        {"Status": {"status": {"options": [{"name": name} for name in ("Not started", "In progress", "Done")]}}},
    )
    failed, asked = desk.orders("cratekeeper: report x"), desk.orders("cratekeeper: choose", Input="1")
    desk.settle()
    assert desk.row(failed)["Result"] == "Failed: It is not so."
    assert desk.row(asked)["Result"] == "Blocked: Which of them, 1 or 2?"


def test_a_long_and_urgent_job_lets_others_have_their_turn(desk):
    desk.orders("cratekeeper: verify urgent", Priority="Critical")
    desk.orders("cratekeeper: sync b", Priority="Low")
    desk.tick()
    order = []
    for _ in range(8):
        job = desk.ledger.jobs.claim("here", ["sync", "verify"])
        order.append(job.input)
        desk.clock.forward(100)
        desk.running.turn(job)
    assert order[0] == "urgent"
    assert order.index("b") < 4


class TestOtherWords:
    """What is corrected in a row while its order is not over."""

    def test_what_is_corrected_before_its_turn_is_what_is_done(self, desk):
        row_id = desk.orders("cratekeeper: redo", Input="Night")
        desk.tick()
        desk.edits(row_id, Input="Night Ferry")
        desk.settle()
        assert desk.works.done == ["Night Ferry"]
        assert desk.row(row_id)["Status"] == "Complete"

    def test_what_is_corrected_while_it_is_at_work_is_heard_once_it_asks(self, desk):
        row_id = desk.orders("cratekeeper: choose", Input="1")
        desk.tick()
        job = desk.ledger.jobs.claim("here", ["choose"])
        desk.ledger.jobs.understood(job.id, {"text": "1", "track_id": None})
        desk.edits(row_id, Input="2")
        desk.tick()
        desk.ledger.jobs.end(job, "blocked", "Which of them, 1 or 2?")
        desk.settle()
        assert desk.works.done == ["2"]
        assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"].splitlines()[0]) == ("Complete", "Done: 2")

    def test_what_failed_begins_anew_in_other_words(self, desk):
        row_id = desk.orders("cratekeeper: report", Input="x")
        desk.settle()
        assert desk.row(row_id)["Status"] == "Failed"
        desk.edits(row_id, Name="cratekeeper: redo", Input="Night Ferry")
        desk.settle()
        assert desk.works.done == ["x", "Night Ferry"]

    def test_what_is_done_is_done_whatever_is_written_over_it(self, desk):
        row_id = desk.orders("cratekeeper: redo", Input="Night Ferry")
        desk.settle()
        desk.edits(row_id, Input="Day Ferry")
        desk.settle()
        assert desk.works.done == ["Night Ferry"]

    def test_not_started_is_put_right_while_it_is_under_way(self, desk):
        row_id = desk.orders("cratekeeper: verify x")
        desk.tick()
        desk.edits(row_id, Status="Not Started")
        desk.tick()
        assert desk.row(row_id)["Status"] == "In Progress"

    def test_what_becomes_urgent_goes_first(self, desk):
        row_id = desk.orders("cratekeeper: verify x", Priority="Low")
        desk.tick()
        desk.edits(row_id, Priority="Critical")
        desk.tick()
        assert desk.ledger.jobs.last_of(f"order/{row_id}").priority == 0


class TestWhichTrack:
    """Where `Track` does not lead to the one that is meant."""

    def test_several_are_refused(self, desk):
        tracks = [desk.twin.add_row_as_person(desk.twin.data_source_ids(desk.tracks_id)[0], {}) for _ in range(2)]
        row_id = desk.orders("cratekeeper: redo", Track=tracks)
        desk.settle()
        assert desk.works.done == []
        assert desk.row(row_id)["Status"] == "Blocked"
        assert desk.row(row_id)["Result"] == "Track leads to 2 rows, and `redo` does one: leave one there."

    def test_one_that_nobody_knows_is_not_taken_for_all_of_them(self, desk):
        track = desk.twin.add_row_as_person(desk.twin.data_source_ids(desk.tracks_id)[0], {})
        row_id = desk.orders("cratekeeper: redo", Track=[track])
        desk.settle()
        assert desk.works.done == []
        assert "is not known here" in desk.row(row_id)["Result"]


def test_the_answer_to_an_orders_question_knows_what_was_asked(desk):
    row_id = desk.orders("cratekeeper: choose night ferry")
    desk.tick()
    job = desk.ledger.jobs.claim("here", ["choose"])
    desk.ledger.jobs.end(job, "blocked", "Which of them, 1 or 2?", memory={"offered": ["a", "b"]})
    desk.carrier.carry_due()
    desk.edits(row_id, Input="2")
    desk.tick()
    answer = desk.ledger.jobs.last_of(f"order/{row_id}")
    assert answer.input == "night ferry\n2", "what stands in the title, and what stands in Input"
    assert desk.ledger.jobs.before(answer).memory == {"offered": ["a", "b"]}


def test_a_row_that_is_thrown_away_stops_its_job_without_news_too_and_says_so_once_it_is_back(desk):
    row_id = desk.orders("cratekeeper: verify x")
    desk.tick()
    desk.twin.trash_as_person(row_id)
    for _ in range(2):
        desk.clock.forward(700)
        desk.carrier.carry_due()
    assert desk.ledger.jobs.last_of(f"order/{row_id}").state == "blocked"
    desk.clock.forward(600)
    desk.twin.restore_as_person(row_id)
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.works.done) == ("Blocked", [])
    assert desk.row(row_id)["Result"].startswith("Stopped: its row was thrown away.")


def test_a_database_that_is_ours_again_is_obeyed_again(desk):
    row_id = desk.orders("cratekeeper: redo Night Ferry")
    for place in ("here", "elsewhere", "here"):
        desk.ledger.tasks.move_to("tasks", place)
        if place == "here":
            desk.settle()
    assert desk.works.done == ["Night Ferry"], "it is done, and says so"
    desk.edits(row_id, Status="Not Started")
    desk.settle()
    assert desk.works.done == ["Night Ferry"] * 2
