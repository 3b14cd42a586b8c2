"""Our own rows in Agent-Tasks: made once, changed where something differs, and left to the person where they wrote."""

from __future__ import annotations

import pytest

from daemon.errors import Refused, Unreachable
from daemon.models import Choice, Service, Track, TrackRef
from daemon.tasks.causes import Concern
from integrations.sandbox import faults
from tests.tasks.desk import a_desk


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


def login(**more):
    about = {
        "key": "login/spotify",
        "kind": "login",
        "severity": "High",
        "title": "cratekeeper: Log in to Spotify again",
        "happened": "Spotify refuses the log-in.",
        "todo": "Run `cratekeeper login spotify`.",
        "gone": "Spotify answers again.",
    }
    return Concern(**{**about, **more})


def the_row(desk):
    [row_id] = desk.rows
    return row_id


def ask(desk, *concerns):
    desk.keeping.keep(concerns)
    desk.carrier.carry_due()


def test_a_question_is_raised_once_changed_closed_and_raised_again_in_its_row(desk):
    assert desk.asked(lambda: ask(desk, login()))[-1:] == ["POST pages"]
    row_id = the_row(desk)
    assert desk.row(row_id)["Name"] == "cratekeeper: Log in to Spotify again"
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Priority"]) == ("Not Started", "High")
    assert desk.row(row_id)["Dedupe Key"] == "cratekeeper/login/spotify"
    assert desk.row(row_id)["Source Agent"] == "cratekeeper"
    assert "Run `cratekeeper login spotify`." in desk.row(row_id)["Description"]

    assert desk.asked(lambda: ask(desk, login())) == [], "nothing has changed"
    assert desk.asked(lambda: ask(desk, login(happened="It is gone altogether."))) == ["GET pages", "PATCH pages"]
    assert "It is gone altogether." in desk.row(row_id)["Description"]

    ask(desk)
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Complete", "Spotify answers again.")
    assert desk.asked(lambda: ask(desk)) == []

    ask(desk, login())
    assert the_row(desk) == row_id
    assert desk.row(row_id)["Status"] == "Not Started"
    assert not desk.row(row_id)["Result"]


def test_what_is_over_before_another_database_was_written_is_not_told_there(desk):
    desk.ledger.tasks.move_to("tasks", "here")
    ask(desk, login())
    before = {**desk.rows}
    desk.ledger.tasks.move_to("tasks", "elsewhere")
    desk.twin.trash_as_person(the_row(desk))  # in the other one there is none
    desk.keeping.keep([])
    desk.carrier.carry_due()
    assert desk.rows.keys() <= before.keys()


def test_what_comes_and_goes_at_once_is_not_asked(desk):
    away = login(key="volume/OUT_DIR/here", kind="volume", stands_for_s=600.0)
    ask(desk, away)
    assert desk.rows == {}
    desk.clock.forward(300)
    ask(desk)
    desk.clock.forward(400)
    ask(desk, away)
    assert desk.rows == {}, "it has begun anew"
    desk.clock.forward(600)
    ask(desk, away)
    assert len(desk.rows) == 1


def test_what_concerns_another_machine_is_left_to_it(desk):
    ask(desk, login(host_id="studio"))
    ask(desk)
    assert desk.row(the_row(desk))["Status"] == "Not Started"


def test_what_the_person_writes_in_our_row_stays(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Name="Spotify!", Priority="Low", Description="my notes")
    ask(desk, login(severity="Critical", happened="Another reason."))
    desk.settle()
    assert [desk.row(row_id)[name] for name in ("Name", "Priority", "Description")] == ["Spotify!", "Low", "my notes"]
    ask(desk)
    assert desk.row(row_id)["Status"] == "Complete"


def test_an_answer_in_input_is_heard_once(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.answers == [("login/spotify", "2")]
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("In Progress", "Heard: 2.")


def test_a_wrong_answer_says_what_can_be_written(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="nonsense")
    desk.settle()
    assert desk.answers == []
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == (
        "Not Started",
        "“nonsense” is no answer. Write 1 or 2.",
    )
    desk.edits(row_id, Input="1")
    desk.settle()
    assert desk.answers == [("login/spotify", "1")]


def test_done_means_look_again_and_what_is_still_so_is_asked_again(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Status="Complete")
    desk.tick()
    ask(desk, login())
    assert desk.answers == [("login/spotify", "")]
    assert desk.row(row_id)["Status"] == "Complete", "it may take a while"

    desk.clock.forward(1200)
    ask(desk, login())
    assert desk.row(row_id)["Status"] == "Not Started"
    assert desk.row(row_id)["Result"].startswith("Still so.")


def test_a_row_that_was_thrown_away_is_not_made_again_until_the_cause_has_been_gone(desk):
    ask(desk, login())
    desk.twin.trash_as_person(the_row(desk))
    ask(desk, login(happened="Another reason."))
    ask(desk, login(happened="And another."))
    assert desk.rows == {}
    ask(desk)
    ask(desk, login())
    assert len(desk.rows) == 1


def test_a_closed_row_that_was_thrown_away_is_asked_in_a_new_one(desk):
    ask(desk, login())
    ask(desk)
    desk.twin.trash_as_person(the_row(desk))
    desk.clock.forward(3600)
    ask(desk, login())
    desk.settle()
    assert desk.row(the_row(desk))["Status"] == "Not Started"


def test_what_came_and_went_while_notion_was_away_is_never_written(desk):
    desk.ledger.services.park("notion", desk.clock() + 600, "away")
    ask(desk, login())
    ask(desk)
    desk.clock.forward(3600)
    assert desk.asked(desk.carrier.carry_due) == []
    assert desk.rows == {}


def test_an_answer_that_cannot_be_done_yet_is_done_later(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.nobody_answers = True
    desk.edits(row_id, Input="later")
    desk.settle()
    assert desk.answers == []
    assert desk.row(row_id)["Result"] == "Waits: Nobody answers."

    desk.nobody_answers = False
    desk.settle()
    assert desk.answers == [("login/spotify", "later")]
    assert desk.row(row_id)["Result"] == "Heard: later."


def test_an_answer_that_was_heard_is_no_answer_to_what_is_asked_later(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.row(row_id)["Input"] == "2"
    ask(desk)
    desk.clock.forward(3600)
    ask(desk, login())
    assert desk.row(row_id)["Input"] == "", "the row is as new"
    assert len(desk.answers) == 1

    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.answers == [("login/spotify", "2")] * 2
    assert desk.row(row_id)["Input"] == "2"


def test_what_was_said_of_another_list_does_not_count_for_this_one(desk):
    ask(desk, which("https://y.example/a", "https://y.example/b"))
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.tick()
    desk.clock.forward(900)
    desk.keeping.keep([which("https://y.example/c", "https://y.example/d")])
    desk.edits(row_id, Status="Complete")  # before they can see that it is asked anew
    desk.settle()
    assert desk.answers == [("choose/1", "2"), ("choose/1", "")]


def test_what_is_still_so_after_an_answer_wants_another(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.tick()
    desk.clock.forward(900)
    ask(desk, login())
    row = desk.row(row_id)
    assert (row["Status"], row["Input"], row["Result"]) == ("Not Started", "", "Still so. Heard: 2.")


def test_what_they_write_while_it_is_asked_anew_is_heard_and_stays(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.tick()
    ask(desk)
    desk.clock.forward(3600)
    desk.keeping.keep([login()])
    desk.edits(row_id, Input="3")
    desk.settle()
    assert desk.row(row_id)["Input"] == "3"
    assert desk.answers == [("login/spotify", "2"), ("login/spotify", "3")]


def test_an_answer_to_what_is_over_is_told_so(desk):
    ask(desk, login())
    row_id = the_row(desk)
    ask(desk)
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.answers == []
    assert desk.row(row_id)["Result"] == "Spotify answers again. That was before your answer came."


def test_what_came_of_an_answer_stays_when_the_matter_is_over(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Input="2")
    desk.tick()
    ask(desk)
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Complete", "Heard: 2.")


def test_a_question_that_the_person_calls_something_else_is_still_heard(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Name="Spotify!!")
    desk.settle()
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.answers == [("login/spotify", "2")]
    assert desk.row(row_id)["Name"] == "Spotify!!"


@pytest.mark.parametrize("word", ["Blocked", "Failed"])
def test_only_complete_says_that_it_is_seen_to(desk, word):
    ask(desk, login())
    row_id = the_row(desk)
    desk.edits(row_id, Status=word)
    desk.settle()
    assert desk.answers == []
    assert desk.row(row_id)["Status"] == word


def test_each_complete_that_is_refused_goes_back(desk):
    def refuse(_task, _text):
        raise Refused("It still needs you.")

    ask(desk, login())
    row_id = the_row(desk)
    desk.intake._hear = refuse
    for _ in range(3):
        desk.edits(row_id, Status="Complete")
        desk.settle()
        assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Not Started", "It still needs you.")


def test_a_complete_that_cannot_be_done_yet_stays_and_is_done_later(desk):
    def nobody(_task, _text):
        raise Unreachable("Nobody answers.")

    ask(desk, login())
    row_id = the_row(desk)
    hear, desk.intake._hear = desk.intake._hear, nobody
    desk.edits(row_id, Status="Complete")
    desk.settle()
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Complete", "Waits: Nobody answers.")
    desk.intake._hear = hear
    desk.settle()
    assert desk.answers == [("login/spotify", "")]
    assert (desk.row(row_id)["Status"], desk.row(row_id)["Result"]) == ("Complete", "Heard: done.")


def test_a_copy_of_a_question_is_no_order_and_is_never_written(desk):
    ask(desk, login())
    copy = desk.twin.duplicate_as_person(the_row(desk))
    before = dict(desk.row(copy))
    desk.settle()
    ask(desk)
    desk.settle()
    assert desk.row(copy) == before


@pytest.mark.parametrize("fault", [faults.lost, faults.reset, lambda: faults.server_error(500), lambda: faults.cut(20)])
def test_a_row_whose_answer_was_lost_is_not_made_twice(desk, fault):
    desk.faults.add("notion", fault(), method="POST", route="/v1/pages", times=2)
    ask(desk, login())
    desk.settle()
    assert desk.row(the_row(desk))["Name"] == "cratekeeper: Log in to Spotify again"


def test_the_numbers_of_a_row_whose_making_nobody_confirmed_count(desk):
    desk.faults.add("notion", faults.lost(), method="POST", route="/v1/pages")
    ask(desk, which("https://y.example/a", "https://y.example/b"))
    desk.edits(the_row(desk), Input="2")
    desk.settle()
    assert desk.offered == ["https://y.example/a", "https://y.example/b"]
    assert desk.answers == [("choose/1", "2")]


def test_the_text_of_a_row_whose_making_nobody_confirmed_is_ours(desk):
    desk.faults.add("notion", faults.lost(), method="POST", route="/v1/pages")
    ask(desk, which("https://y.example/a", "https://y.example/b"))
    row_id = the_row(desk)
    ask(desk, which("https://y.example/c", "https://y.example/d"))
    desk.settle()
    assert "https://y.example/d" in desk.row(row_id)["Description"]
    desk.edits(row_id, Input="1")
    desk.settle()
    assert desk.offered == ["https://y.example/c", "https://y.example/d"]


def test_a_new_row_is_not_taken_for_the_one_before_it(desk):
    ask(desk, login())
    before = the_row(desk)
    desk.edits(before, Description="my notes")
    ask(desk)
    desk.settle()
    desk.faults.add("notion", faults.lost(), method="POST", route="/v1/pages")
    ask(desk, login())
    desk.settle()
    ask(desk)
    desk.settle()
    assert {row_id: row["Status"] for row_id, row in desk.rows.items()}.pop(before) == "Complete"
    assert len(desk.rows) == 2
    assert all(row["Status"] == "Complete" for row in desk.rows.values()), "none is an orphan"
    assert desk.row(before)["Description"] == "my notes"


def test_it_leads_to_its_track_once_that_has_a_row(desk):
    ref = TrackRef(service=Service.SPOTIFY, id="1", url="https://open.spotify.com/track/1", found_in="spotify-liked")
    track_id = desk.ledger.tracks.open(ref, Track(title="Night Ferry")).track_id
    choose = login(key=f"choose/{track_id}", kind="choose", track_id=track_id)
    ask(desk, choose)
    assert desk.row(the_row(desk))["Track"] in (None, [])

    [tracks_source] = desk.twin.data_source_ids(desk.tracks_id)
    tracks_row = desk.twin.add_row_as_person(tracks_source, {"Title": "Night Ferry"})
    desk.ledger.board.bind(track_id, tracks_row, {}, [])
    ask(desk, login(key=f"choose/{track_id}", kind="choose", track_id=track_id, happened="More."))
    assert desk.row(the_row(desk))["Track"] == [tracks_row]


def test_an_outage_is_waited_for_and_then_each_row_is_written_once(desk):
    desk.faults.add("notion", faults.server_error(503), times=None)
    concerns = [login(key=f"failed/{number}", kind="failed") for number in range(5)]
    for _ in range(20):
        ask(desk, *concerns)
        desk.clock.forward(60)
    assert desk.rows == {}
    desk.faults.clear()
    desk.clock.forward(7200)
    asked = desk.asked(lambda: ask(desk, *concerns))
    assert asked.count("POST pages") == 5
    assert len(desk.rows) == 5


def test_a_claim_and_what_is_critical_do_not_wait_behind_many_others(desk):
    ask(desk)
    desk.keeping.keep([login(key=f"failed/{number}", kind="failed", severity="Medium") for number in range(40)])
    desk.keeping.keep([login(key="login/notion", severity="Critical")])
    desk.orders("cratekeeper: redo Night Ferry")
    desk.intake.catch_up()
    turns = iter([False, False, True])
    desk.carrier.carry_due(stopping=lambda: next(turns))
    assert [row["Status"] for row in desk.rows.values() if row["Name"].endswith("Night Ferry")] == ["In Progress"]
    assert [row["Priority"] for row in desk.rows.values() if row["Source Agent"]] == ["Critical"]


def test_another_database_is_asked_anew_and_read_from_its_beginning(desk):
    desk.ledger.tasks.move_to("tasks", desk.tasks_id)
    ask(desk, login())
    old = desk.orders("cratekeeper: redo Old")
    desk.settle()
    other = desk.another_database()
    waiting = desk.orders("cratekeeper: redo New")
    desk.ledger.tasks.move_to("tasks", other)
    ask(desk, login())
    desk.settle()
    assert desk.works.done == ["Old", "New"]
    assert desk.row(waiting)["Status"] == "Complete"
    assert [row["Name"] for row in desk.rows.values() if row["Source Agent"]] == [login().title]
    assert old not in desk.rows
    assert desk.asked(desk.carrier.carry_due) == []


def test_without_a_key_column_a_row_of_the_same_title_is_not_taken_for_another(desk):
    desk.twin.change_columns_as_person(desk.source_id, {"Dedupe Key": None})
    ask(desk, login(key="failed/1", kind="failed"))
    desk.faults.add("notion", faults.lost(), method="POST", route="/v1/pages", times=1)
    ask(desk, login(key="failed/1", kind="failed"), login(key="failed/2", kind="failed"))
    desk.settle()
    ask(desk, login(key="failed/2", kind="failed"))
    desk.settle()
    assert {"Complete", "Not Started"} <= {row["Status"] for row in desk.rows.values()}


def test_an_answer_in_a_row_that_comes_back_from_the_trash_is_shown(desk):
    ask(desk, login())
    row_id = the_row(desk)
    desk.twin.trash_as_person(row_id)
    ask(desk, login(happened="Another reason."))
    desk.twin.restore_as_person(row_id)
    desk.edits(row_id, Input="2")
    desk.settle()
    assert desk.answers == [("login/spotify", "2")]
    assert desk.row(row_id)["Result"] == "Heard: 2."


def which(*values, **more):
    choices = tuple(Choice(label=value, value=value) for value in values)
    return login(key="choose/1", kind="choose", choices=choices, **more)


def test_a_number_means_what_the_row_shows_and_not_what_is_known_by_now(desk):
    ask(desk, which("https://y.example/a", "https://y.example/b"))
    row_id = the_row(desk)
    desk.ledger.services.park("notion", desk.clock() + 3600, "slow down", "rate")
    ask(desk, which("https://y.example/c", "https://y.example/d"))
    desk.ledger.services.clear("notion")
    desk.edits(row_id, Input="1")
    desk.intake.catch_up()
    assert desk.offered == ["https://y.example/a", "https://y.example/b"]

    desk.settle()
    assert "https://y.example/c" in desk.row(row_id)["Description"]
    desk.edits(row_id, Input="2")
    desk.intake.catch_up()
    assert desk.offered == ["https://y.example/c", "https://y.example/d"]


def test_where_the_text_is_the_persons_numbers_go_on_meaning_what_stands_there(desk):
    ask(desk, which("https://y.example/a"))
    row_id = the_row(desk)
    desk.edits(row_id, Description=f"{desk.row(row_id)['Description']} (asked Ada)")
    ask(desk, which("https://y.example/c"))
    desk.settle()
    desk.edits(row_id, Input="1")
    desk.intake.catch_up()
    assert desk.offered == ["https://y.example/a"]

    ask(desk)
    desk.settle()
    ask(desk, which("https://y.example/c"))
    desk.settle()
    assert len(desk.rows) == 2, "their notes stay, and the matter is asked in a row of its own"
    [new] = set(desk.rows) - {row_id}
    assert "https://y.example/c" in desk.row(new)["Description"]


def test_a_database_that_is_out_of_sight_is_left_alone_and_told(desk):
    ask(desk, login())
    desk.twin.unshare(desk.tasks_id)
    desk.clock.forward(3600)
    ask(desk, login(happened="Another reason."))
    assert [(one.name, one.kind) for one in desk.ledger.services.troubles()] == [("agent-tasks", "barred")]
    desk.clock.forward(60)
    assert desk.asked(desk.carrier.carry_due) == []
    desk.ledger.tasks.raise_("defect/1", kind="defect", database="issues", wanted={"Name": "A defect"})
    desk.carrier.carry_due()
    assert len(desk.twin.rows(desk.issues_id)) == 1, "the other database goes on"

    desk.twin.share(desk.tasks_id)
    desk.settle()
    assert "Another reason." in desk.row(the_row(desk))["Description"]
    assert desk.ledger.services.troubles() == ()


@pytest.mark.parametrize("fault", [faults.lost, lambda: faults.cut(20)])
def test_a_text_whose_answer_was_lost_is_ours_and_its_numbers_count(desk, fault):
    ask(desk, which("https://y.example/a"))
    row_id = the_row(desk)
    desk.faults.add("notion", fault(), method="PATCH", route="/v1/pages/*", times=4)
    ask(desk, which("https://y.example/c"))
    assert "https://y.example/c" in desk.row(row_id)["Description"]
    desk.edits(row_id, Input="1")
    desk.intake.catch_up()
    assert desk.offered == ["https://y.example/c"]
    desk.settle()
    ask(desk, which("https://y.example/e"))
    assert "https://y.example/e" in desk.row(row_id)["Description"], "it is no note of the person's"


def test_our_own_closing_whose_answer_was_lost_is_nobodys_answer(desk):
    ask(desk, login())
    desk.faults.add("notion", faults.lost(), method="PATCH", route="/v1/pages/*", times=4)
    ask(desk)
    assert desk.row(the_row(desk))["Status"] == "Complete"
    desk.clock.forward(3600)
    ask(desk, login())
    desk.settle()
    assert desk.answers == []
    assert desk.row(the_row(desk))["Status"] == "Not Started"
