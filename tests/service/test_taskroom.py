"""Which recording a track is, ordered and answered in Agent-Tasks, through the whole house: whatever is known by now,
what is chosen is what the row has shown, or what the person has named."""

from __future__ import annotations

import re

import pytest

from daemon import links
from daemon.board.lost_columns import lost_columns
from daemon.models import Asked, Candidate, Service, Weighed
from daemon.service import deciding
from daemon.service.taskroom import TaskRoom
from tests.house import a_home
from tests.ledger.given import a_ref
from tests.service.errands.at_work import desk_of, failed, filed, named

A, B, C, D = (f"https://www.youtube.com/watch?v={letter * 11}" for letter in "abcd")
ELSEWHERE = "https://www.youtube.com/watch?v=elsewhere01"
WHERE_ITS_NAME_STANDS = ("title", "Input", "Track")


def weighed(*urls):
    return [
        Weighed(
            candidate=Candidate(
                service=Service.YOUTUBE, id=url[-11:], url=url, title=f"Take {url[-1]}", channel="Ada Reyes"
            ),
            score=0.6,
            verdict="ask",
            evidence="as long as it should be",
        )
        for url in urls
    ]


class Here:
    """A house with Agent-Tasks, and the person."""

    def __init__(self, home, desk):
        self.desk, self.ledger, self.twins = desk, desk.rooms.ledger, home.world.twins
        self.room = TaskRoom(desk.rooms, desk)
        [self._source] = self.twins.notion.data_source_ids(self.twins.tasks_db_id)

    # --- what the person does ---

    def orders(self, name, **values):
        return self.twins.notion.add_row_as_person(self._source, {"Name": name, **values})

    def orders_choice(self, track_id, where):
        """Of Night Ferry, which stands in the title, in Input, or is what Track leads to."""
        match where:
            case "title":
                row = self.orders("cratekeeper: choose Night Ferry")
            case "Input":
                row = self.orders("cratekeeper: choose", Input="Night Ferry")
            case _:
                row = self.orders("which one is it", Job="choose", Track=[self.page_of(track_id)])
        self.turn()
        assert self.says(row).startswith("Which is Ada Reyes - Night Ferry?")
        return row

    def edits(self, row_id, **values):
        self.twins.notion.edit_as_person(row_id, values)
        self.turn()

    def loses(self, column):
        [tracks] = self.twins.notion.data_source_ids(self.twins.tracks_db_id)
        self.twins.notion.change_columns_as_person(tracks, {column: None})
        self.desk.rooms.board.columns.look()

    # --- what happens here ---

    def turn(self):
        """One look, and the jobs that are due."""
        self.room.look()
        self.room.work(long=False)
        self.room.carry()

    def asked_about(self, title, *urls, ref=None):
        """A track of that name, which could be any of these."""
        track_id = named(self.desk, ref or a_ref(), title)
        self.is_searched(track_id, *urls)
        return track_id

    def is_searched(self, track_id, *urls):
        """Once more, from elsewhere: `Redo` in its row of Tracks, the command line. The person is to say which."""
        self.ledger.tracks.restart(track_id)
        self.ledger.tracks.remember_weighed(track_id, weighed(*urls))
        self.ledger.tracks.finish(track_id, Asked(question="Which of these?"))

    def comes_to_its_end(self, track_id, row, end):
        """The first is chosen there, and made."""
        self.twins.notion.edit_as_person(row, {"Input": "1"})
        self.room.look()
        self.room.work(long=False, stopping=lambda: self.pinned(track_id) is not None)
        end(self.desk.rooms, track_id)
        self.turn()

    # --- what is seen ---

    def page_of(self, track_id):
        """Its row in Tracks."""
        self.desk.rooms.adopt()
        self.desk.rooms.outbox.carry_due(stopping=lambda: False)
        return self.ledger.outbox.mirror("notion", track_id).remote_id

    @property
    def rows(self):
        return self.twins.notion.rows(self.twins.tasks_db_id)

    def the_question(self):
        self.room.ask()
        [row_id] = self.rows
        return row_id

    def row(self, row_id):
        return self.rows[row_id]

    def says(self, row_id):
        return self.rows[row_id]["Result"]

    def status(self, row_id):
        return self.rows[row_id]["Status"]

    def pinned(self, track_id):
        one = self.ledger.decisions.pinned(track_id)
        return one and one.url

    def decided(self, track_id):
        return {one.candidate.url: one.verdict for one in self.ledger.decisions.of(track_id)}

    def asks(self, row_id):
        """About which track that order asks, and what it lists; what it says, where it asks nothing."""
        asked, *listed = self.says(row_id).splitlines()
        about = re.search(r"Which is Ada Reyes - (.+)\?", asked)
        if about is None or self.status(row_id) != "Blocked":
            return self.status(row_id), self.says(row_id)
        return about[1], [line.split()[-1] for line in listed]


@pytest.fixture
def here(tmp_path):
    with a_home(tmp_path) as home, desk_of(home) as desk:
        yield Here(home, desk)


# --- a number means what the row shows -------------------------------------------------------------------------------


@pytest.mark.parametrize("where", WHERE_ITS_NAME_STANDS)
def test_a_number_means_what_the_orders_question_shows_and_not_what_is_known_by_now(here, where):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, where)
    here.is_searched(track, C, D, B)
    here.turn()
    assert here.asks(row) == ("Night Ferry", [A, B]), "it goes on showing what it asked"
    here.edits(row, Input="2")
    assert here.pinned(track) == B


def test_a_number_means_the_same_though_one_before_it_was_rejected_elsewhere(here):
    track = here.asked_about("Night Ferry", A, B, C)
    row = here.orders_choice(track, "title")
    deciding.reject(here.desk.rooms, here.ledger.tracks.get(track), links.read(A).ref(), "command line")
    here.is_searched(track, B, C)
    here.edits(row, Input="2")
    assert here.pinned(track) == B


@pytest.mark.parametrize("where", WHERE_ITS_NAME_STANDS)
def test_a_number_that_is_corrected_before_its_turn_means_what_the_row_shows(here, where):
    track, other = here.asked_about("Night Ferry", A, B), here.asked_about("Gate 1", C, D)
    row = here.orders_choice(track, where)
    here.is_searched(track, C, D)
    here.twins.notion.edit_as_person(row, {"Input": "2"})
    here.room.look()
    here.edits(row, Input="1")
    assert (here.pinned(track), here.pinned(other)) == (A, None)


@pytest.mark.parametrize("where", WHERE_ITS_NAME_STANDS)
def test_a_number_that_was_stopped_before_its_turn_never_means_what_was_not_shown(here, where):
    track, other = here.asked_about("Night Ferry", A, B), here.asked_about("Gate 2", C, D)
    row = here.orders_choice(track, where)
    here.is_searched(track, C, D)
    here.twins.notion.edit_as_person(row, {"Input": "2"})
    here.room.look()
    here.edits(row, Status="Complete")
    here.edits(row, Status="Not Started")
    assert here.pinned(track) in (None, B)
    assert here.pinned(other) is None
    assert "Gate" not in here.says(row)


def test_a_list_that_was_asked_anew_is_the_one_that_counts(here):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, "Input")
    here.is_searched(track, C, D)
    here.edits(row, Input="7")
    assert here.asks(row) == ("Night Ferry", [C, D])
    here.is_searched(track, A, B)
    here.edits(row, Input="2")
    assert here.pinned(track) == D


@pytest.mark.parametrize("number", ["2", "#2", "2.", "No. 2"])
@pytest.mark.parametrize("where", ["title", "Input"])
def test_a_number_is_understood_as_in_our_own_questions(here, where, number):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, where)
    here.edits(row, Input=number)
    assert here.pinned(track) == B


# --- which track it is about -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [failed, filed])
@pytest.mark.parametrize("where", WHERE_ITS_NAME_STANDS)
def test_a_bare_number_after_the_end_asks_anew_about_the_same_track(here, where, end):
    """The row shows no list by then, so the number can mean nothing yet."""
    track, other = here.asked_about("Night Ferry", A, B), here.asked_about("Gate 2", C, D)
    row = here.orders_choice(track, where)
    here.comes_to_its_end(track, row, end)
    assert here.status(row) == ("Failed" if end is failed else "Complete")
    here.ledger.tracks.remember_weighed(track, weighed(B, D))
    here.edits(row, Input="2", **({"Status": "Not Started"} if end is filed else {}))
    assert here.asks(row) == ("Night Ferry", [B, D])
    assert here.pinned(track) == A, "as it was"
    here.edits(row, Input="1")
    assert here.pinned(track) == B
    assert here.pinned(other) is None


@pytest.mark.parametrize("end", [None, failed, filed])
@pytest.mark.parametrize("where", WHERE_ITS_NAME_STANDS)
def test_a_bare_link_answers_about_the_same_track(here, where, end):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, where)
    if end is not None:
        here.comes_to_its_end(track, row, end)
    here.edits(row, Input=ELSEWHERE, **({"Status": "Not Started"} if end is filed else {}))
    assert here.pinned(track) == ELSEWHERE


def test_the_link_of_one_that_is_offered_chooses_it(here):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, "Input")
    assert "or a link to another" in here.says(row)
    here.edits(row, Input=B)
    assert here.pinned(track) == B
    assert here.ledger.decisions.pinned(track).title == "Take b", "as it was weighed"


def test_through_several_answers_it_stays_the_same_track(here):
    track, other = here.asked_about("Night Ferry", A, B), here.asked_about("Gate 7", C, D)
    row = here.orders_choice(track, "Input")
    for none_of_them in ("7", "9", "7"):
        here.edits(row, Input=none_of_them)
        assert here.asks(row) == ("Night Ferry", [A, B])
        assert f"“{none_of_them}” is none of the choices" in here.says(row)
    here.edits(row, Input="2")
    assert (here.pinned(track), here.pinned(other)) == (B, None)


def test_another_name_in_input_is_another_track(here):
    track, other = here.asked_about("Night Ferry", A, B), here.asked_about("Gate 2", C, D)
    row = here.orders_choice(track, "Input")
    here.edits(row, Input="Gate")
    assert here.asks(row) == ("Gate 2", [C, D])
    here.edits(row, Input="1")
    assert (here.pinned(track), here.pinned(other)) == (None, C)


def test_the_link_of_another_track_of_yours_is_not_fetched_again(here):
    track = here.asked_about("Night Ferry", A, B)
    here.ledger.tracks.open(links.read(C).ref())
    row = here.orders("cratekeeper: choose Night Ferry", Input=C)
    here.turn()
    assert here.asks(row) == ("Night Ferry", [A, B])
    assert f"{C} is another track of yours already" in here.says(row)
    assert here.decided(track) == {}
    here.edits(row, Input="2")
    assert here.pinned(track) == B


# --- what is a choice, and what is not -------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["not 2", "1 or 2", "it is 1 and not 2"])
@pytest.mark.parametrize("where", ["title", "Track"])
def test_words_around_a_number_are_no_choice(here, where, said):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, where)
    here.edits(row, Input=said)
    assert here.pinned(track) is None
    assert here.asks(row) == ("Night Ferry", [A, B])
    assert f"“{said}” is none of the choices" in here.says(row)


@pytest.mark.parametrize("said", ["not 2", "1 or 2", "Night Ferry not 2"])
def test_words_around_a_number_are_no_choice_either_where_the_name_stood_before(here, said):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders_choice(track, "Input")
    here.edits(row, Input=said)
    assert (here.pinned(track), here.status(row)) == (None, "Blocked")


@pytest.mark.parametrize("name", ["Ada Reyes - Song 2", "Song 2"])
def test_a_number_that_belongs_to_the_name_is_no_choice(here, name):
    track = here.asked_about("Song 2", A, B, C)
    row = here.orders(f"cratekeeper: choose {name}")
    here.turn()
    assert here.pinned(track) is None
    assert here.asks(row) == ("Song 2", [A, B, C])
    row = here.orders(f"cratekeeper: choose {name} 2")
    here.turn()
    assert here.pinned(track) == B


def test_a_wrong_number_in_the_title_is_put_right_in_input(here):
    track = here.asked_about("Night Ferry", A, B)
    row = here.orders("cratekeeper: choose Night Ferry 3")
    here.turn()
    assert here.asks(row) == ("Night Ferry", [A, B])
    assert "“3” is none of the choices" in here.says(row)
    here.edits(row, Input="1")
    assert here.pinned(track) == A


@pytest.mark.parametrize("choice", ["2", B])
def test_the_choice_may_stand_on_a_line_of_its_own(here, choice):
    track = here.asked_about("Night Ferry", A, B)
    here.orders("cratekeeper: choose", Input=f"Night Ferry\n{choice}")
    here.turn()
    assert here.pinned(track) == B


# --- our own questions -----------------------------------------------------------------------------------------------


def test_reject_rejects_what_was_shown_and_nothing_else(here):
    track = here.asked_about("Night Ferry", A, B)
    row = here.the_question()
    here.is_searched(track, B, C)
    here.edits(row, Input="reject")
    assert here.decided(track) == {B: "rejected"}


def test_reject_of_what_is_offered_no_more_rejects_nothing_and_says_so(here):
    track = here.asked_about("Night Ferry", A, B)
    row = here.the_question()
    here.is_searched(track, C, D)
    here.edits(row, Input="reject")
    assert here.decided(track) == {}
    assert here.says(row)
    assert "Rejected" not in here.says(row)


def test_skip_does_without_the_columns_that_were_asked_about(here):
    here.desk.rooms.adopt()
    here.desk.rooms.board.columns.look()
    here.loses("Genre")
    row = here.the_question()
    here.loses("BPM")
    here.edits(row, Input="skip")
    assert lost_columns(here.ledger) == ("BPM",)
    assert here.says(row) == "Done without: Genre."


@pytest.fixture
def too_late(here):
    """It was asked whether it is A or B; the matter closes, and the answer comes too late for it; then it is asked, in
    the same row, whether it is C or D. Gives the track and the row."""

    def answers(*, before_it_closes):
        track = here.asked_about("Night Ferry", A, B)
        row = here.the_question()
        here.ledger.tracks.restart(track)
        if not before_it_closes:
            here.room.ask()
        here.twins.notion.edit_as_person(row, {"Input": "2"})
        here.room.ask()
        here.turn()
        assert here.status(row) == "Complete"
        assert "That was before your answer came." in here.says(row)
        here.ledger.tracks.remember_weighed(track, weighed(C, D))
        here.ledger.tracks.finish(track, Asked(question="Which of these?"))
        assert here.the_question() == row
        return track, row

    return answers


@pytest.mark.parametrize("before_it_closes", [False, True])
def test_what_came_too_late_is_no_answer_to_the_next_list(here, too_late, before_it_closes):
    track, row = too_late(before_it_closes=before_it_closes)
    assert not here.row(row)["Input"]
    here.edits(row, Status="Complete")
    assert here.pinned(track) is None
    assert "still needs you" in here.says(row)


@pytest.mark.parametrize("before_it_closes", [False, True])
def test_the_same_number_once_more_is_an_answer_to_the_next_list(here, too_late, before_it_closes):
    track, row = too_late(before_it_closes=before_it_closes)
    here.edits(row, Input="2")
    assert here.pinned(track) == D


# --- corrected to another track --------------------------------------------------------------------------------------


def test_a_title_that_is_corrected_to_another_track_is_about_that_one(here):
    ferry, lantern = here.asked_about("Night Ferry", A, B), here.asked_about("Lantern", C, D)
    row = here.orders("cratekeeper: choose Ada Reyes Night Ferry")
    here.turn()
    here.edits(row, Name="cratekeeper: choose Ada Reyes Lantern", Input="2")
    assert (here.pinned(ferry), here.pinned(lantern)) == (None, None), "its list was never shown in this row"
    assert "Which is Ada Reyes - Lantern?" in here.says(row)
    here.edits(row, Input="1")
    assert (here.pinned(ferry), here.pinned(lantern)) == (None, C)


def test_a_title_that_is_corrected_to_a_shorter_name_is_about_that_one(here):
    remix, ferry = here.asked_about("Night Ferry (Remix)", A, B), here.asked_about("Night Ferry", C, D)
    row = here.orders("cratekeeper: choose Night Ferry Remix")
    here.turn()
    here.edits(row, Name="cratekeeper: choose Ada Reyes - Night Ferry")
    here.edits(row, Input="2")
    assert (here.pinned(remix), here.pinned(ferry)) == (None, D)


def test_a_link_of_ours_that_stands_alone_names_the_track(here):
    own = links.read(C).ref()
    track = here.asked_about("Night Ferry", A, B, ref=own)
    row = here.orders(f"cratekeeper: choose {C}")
    here.turn()
    assert "Which is Ada Reyes - Night Ferry?" in here.says(row)
    here.edits(row, Status="Not Started")
    assert here.pinned(track) is None
    assert "Which is Ada Reyes - Night Ferry?" in here.says(row)


@pytest.mark.parametrize("name", ["!!!", "🔥"])
def test_a_name_without_letters_is_a_name(here, name):
    track = here.asked_about(name, A, B)
    others = [here.asked_about(title, C, D) for title in ("Song 2", "Gate 2")]
    here.orders(f"cratekeeper: choose {name} 2")
    here.turn()
    assert here.pinned(track) == B
    assert [here.pinned(one) for one in others] == [None, None]
