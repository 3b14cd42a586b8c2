"""What the person answers, done on a real ledger: each answer twice, for a kill may come in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon import links
from daemon.board.columns import RECONCILED, Columns
from daemon.board.intake import REFUSED
from daemon.errors import NotFound, Refused
from daemon.models import Asked, Layout, Status
from daemon.service.answering import Answering
from daemon.service.pausing import pause, resume
from daemon.tasks.answers import Address, Chosen, LookAgain, Word, Wrong, read_answer
from daemon.tasks.causes import concerns
from tests.service.surveyed import a_surveyed_house, doubtful

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
ONE, TWO = "https://www.youtube.com/watch?v=one", "https://www.youtube.com/watch?v=two"


def ref_of(text):
    link = links.read(text)
    return link.ref() if isinstance(link, links.TrackLink) else None


class Answered:
    """A house with a question, answered as the person would: by what they write."""

    def __init__(self, house):
        self.house = house
        self.looks = 0
        self.answering = Answering(rooms=house.rooms, ref_of_address=ref_of, look_afresh=self._look_afresh)

    def _look_afresh(self):
        self.looks += 1
        self.house.survey.forget()

    def write(self, text, *, question=None):
        """Into Input of the only question that is open."""
        if question is None:
            [question] = self.questions()
        answer = read_answer(question.kind, text, question.choices, question.about)
        done = self.answering.answer(question.kind, question.track_id, question.key, answer)
        assert self.answering.answer(question.kind, question.track_id, question.key, answer).endswith("."), "once more"
        return done

    def questions(self):
        return concerns(self.house.look())

    def status(self, track_id):
        return self.house.ledger.tracks.get(track_id).status

    def decided(self, track_id):
        return {one.candidate.url: one.verdict for one in self.house.ledger.decisions.of(track_id)}


@pytest.fixture
def house(tmp_path):
    with a_surveyed_house(tmp_path, EAGLE_API_BASE="http://127.0.0.1:1") as house:
        yield house


@pytest.fixture
def answered(house):
    return Answered(house)


# --- which one -------------------------------------------------------------------------------------------------------


def test_a_number_is_what_it_is_made_from(house, answered):
    track = house.asked_about(doubtful("one"), doubtful("two"))
    assert answered.write("2") == "Choice 2 is what it is made from."
    assert answered.decided(track) == {TWO: "pinned"}
    assert answered.status(track) is Status.QUEUED
    assert answered.questions() == []


def test_a_number_means_what_it_meant_when_it_was_asked(house, answered):
    track = house.asked_about(doubtful("one"), doubtful("two"))
    [question] = answered.questions()
    house.ledger.tracks.remember_weighed(track, [doubtful("three"), doubtful("two"), doubtful("one")])
    answered.write("1", question=question)
    assert answered.decided(track) == {ONE: "pinned"}


def test_what_is_offered_no_more_is_still_what_was_chosen(house, answered):
    track = house.asked_about(doubtful("dQw4w9WgXcQ"), doubtful("two"))
    [question] = answered.questions()
    house.ledger.tracks.remember_weighed(track, [doubtful("two")])
    answered.write("1", question=question)
    assert answered.decided(track) == {VIDEO: "pinned"}


@pytest.mark.parametrize("text", ["1", VIDEO])
def test_an_answer_that_comes_again_does_not_stop_what_it_began(house, answered, text):
    track = house.asked_about(doubtful("one"))
    [question] = answered.questions()
    said = answered.write(text)
    house.ledger.tracks.restart(track)
    assert answered.write(text, question=question) == said
    assert not house.ledger.tracks.is_overtaken(track)


def test_a_number_that_nobody_offered_is_refused(house, answered):
    track = house.asked_about(doubtful("one"))
    with pytest.raises(Refused, match="1 can be chosen"):
        answered.answering.answer("choose", track, f"choose/{track}", Chosen(4))
    assert answered.status(track) is Status.NEEDS_REVIEW


def test_an_address_is_what_it_is_made_from(house, answered):
    track = house.asked_about(doubtful("one"))
    assert answered.write(VIDEO) == f"From now on it is taken from {VIDEO}."
    assert answered.decided(track) == {VIDEO: "pinned"}
    assert answered.questions() == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://example.invalid/a/page", "leads to no track"),
        ("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC", "lets nobody have the sound"),
    ],
)
def test_an_address_without_sound_is_refused(house, answered, address, told):
    track = house.asked_about(doubtful("one"))
    with pytest.raises(Refused, match=told):
        answered.write(address)
    assert answered.status(track) is Status.NEEDS_REVIEW


def test_the_address_of_another_track_is_refused(house, answered):
    other = house.ledger.tracks.open(ref_of(VIDEO)).track_id
    track = house.asked_about(doubtful("one"))
    with pytest.raises(Refused, match="another track of yours"):
        answered.write(VIDEO)
    assert (answered.decided(track), answered.decided(other)) == ({}, {})


def test_none_of_these_is_searched_for_again_and_deletes_nothing(house, answered):
    track = house.track()
    kept = house.hold(track)
    house.ledger.tracks.remember_weighed(track, [doubtful("one"), doubtful("two")])
    house.ledger.tracks.finish(track, Asked(question="Which?"))
    assert "searched for again" in answered.write("reject")
    assert answered.decided(track) == {ONE: "rejected", TWO: "rejected"}
    assert answered.status(track) is Status.QUEUED
    assert Path(house.ledger.quarantine.get(kept).path).exists()


def test_nothing_to_reject_is_said(house, answered):
    track = house.asked_about()
    with pytest.raises(Refused, match="Nothing of that is offered any more"):
        answered.write("reject")
    assert answered.status(track) is Status.NEEDS_REVIEW


def test_skip_leaves_it_alone_for_good(house, answered):
    track = house.asked_about(doubtful("one"))
    assert "alone for good" in answered.write("skip")
    assert answered.status(track) is Status.SKIP
    assert answered.questions() == []


def test_complete_without_a_decision_is_asked_again(house, answered):
    track = house.asked_about(doubtful("one"))
    with pytest.raises(Refused, match=r"still needs you.*number 1.*reject"):
        answered.write("Complete")
    [question] = answered.questions()
    house.ledger.tracks.dismiss(track, Status.SKIP)
    assert answered.write("Complete", question=question) == "It is decided."


# --- quarantine ------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(house):
    track = house.track()
    kept = house.hold(track)
    house.ledger.tracks.finish(track, Asked(question="Listen to it."))
    return track, kept


@pytest.mark.parametrize("word", ["release", "1"])
def test_a_download_that_is_good_is_what_it_is_made_from(house, answered, held, word):
    track, kept = held
    assert "The download is good" in answered.write(word)
    assert house.ledger.quarantine.get(kept).state == "released"
    assert answered.status(track) is Status.QUEUED
    assert answered.questions() == []


@pytest.mark.parametrize("word", ["discard", "2"])
def test_a_download_that_is_not_wanted_is_thrown_away(house, answered, held, word):
    track, kept = held
    assert answered.write(word) == "It was thrown away."
    assert not Path(house.ledger.quarantine.get(kept).path).exists()
    assert answered.status(track) is Status.QUEUED


def test_a_download_that_somebody_took_away_cannot_be_released(house, answered, held):
    _, kept = held
    Path(house.ledger.quarantine.get(kept).path).unlink()
    with pytest.raises(NotFound, match="is gone"):
        answered.write("release")


def test_it_is_still_to_be_heard(house, answered, held):
    with pytest.raises(Refused, match=r"still needs you.*`release`"):
        answered.write("done")


def test_a_choice_in_quarantine_is_released(house, answered):
    track = house.track()
    kept = house.hold(track)
    house.ledger.tracks.remember_weighed(track, [doubtful("one")])
    house.ledger.tracks.finish(track, Asked(question="Which?"))
    answered.write("2")
    assert house.ledger.quarantine.get(kept).state == "released"


# --- failures and orders ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["retry", "Complete"])
def test_a_failed_track_is_tried_once_more(house, answered, word):
    track = house.failed()
    [question] = answered.questions()
    assert answered.write(word) == "It is tried once more."
    assert answered.write(word, question=question) == "It is under way already."
    assert answered.status(track) is Status.QUEUED
    assert answered.questions() == []


def test_a_failed_track_is_taken_from_elsewhere(house, answered):
    track = house.failed()
    answered.write(VIDEO)
    assert (answered.status(track), answered.decided(track)) == (Status.QUEUED, {VIDEO: "pinned"})


@pytest.mark.parametrize("word", ["skip", "Complete"])
def test_an_order_that_was_refused_is_forgotten(house, answered, word):
    track = house.track()
    house.ledger.memos.remember(REFUSED + track, "No.")
    assert answered.write(word) == "That order is forgotten."
    assert answered.questions() == []
    assert answered.status(track) is Status.PROCESSING


# --- services, disks, columns ----------------------------------------------------------------------------------------


def test_a_service_is_called_what_people_call_it(house, answered):
    house.ledger.services.park("youtube", None, "Log in.", "login")
    assert answered.write("Complete") == "YouTube is asked again now."


@pytest.mark.parametrize("kind", ["login", "barred"])
def test_a_service_that_is_mended_is_asked_again_at_once(house, answered, kind):
    track = house.track()
    house.ledger.outbox.enqueue("eagle", track, delay_s=3600)
    house.ledger.services.park("eagle", None, "Log in.", kind)
    assert answered.write("Complete") == "Eagle is asked again now."
    assert house.ledger.services.parked("eagle") is None
    assert house.ledger.outbox.waiting(track)[0].due_at <= house.rooms.clock() + 1
    assert answered.questions() == []


def test_eagle_is_asked_again(house, answered):
    house.ledger.outbox.enqueue("eagle", house.track())
    house.ledger.services.park("eagle", house.clock() + 60, "It is not running.")
    answered.write("Complete")
    assert house.ledger.services.parked("eagle") is None


def test_a_rate_limit_is_waited_for_whatever_anybody_says(house, answered):
    for _ in range(4):
        house.ledger.services.park("notion", house.clock() - 1, "Slow down.", "rate")
    house.ledger.services.park("notion", house.clock() + 60, "Slow down.", "rate")
    with pytest.raises(Refused, match="goes on by itself: Slow down"):
        answered.write("Complete")
    assert house.ledger.services.parked("notion") is not None


def test_a_drive_that_is_back_is_used_at_once(house, answered, tmp_path):
    key = f"volume/OUT_DIR/{house.rooms.host_id}"
    assert answered.answering.answer("volume", None, key, LookAgain()).startswith("Looked again")
    assert answered.looks == 1
    answering = Answering(
        rooms=rooms_with(house, owed=SimpleNamespace(deliver=lambda: ["It is away still."])), ref_of_address=ref_of
    )
    with pytest.raises(Refused, match="It is away still"):
        answering.answer("volume", None, key, LookAgain())
    assert "within some minutes" in answering.answer("volume", None, "volume/OUT_DIR/another", LookAgain())
    assert answering.answer("disk", None, key.replace("volume", "disk"), LookAgain())


def test_a_lost_column_is_looked_for_and_can_be_done_without(house):
    layout = Layout(place="Tracks", columns={"Title": "a:title", "BPM": "b:number"})
    board: Any = SimpleNamespace(layout=lambda again: layout)
    columns = Columns(house.ledger, lambda: board)
    answered = Answered(house)
    answered.answering = Answering(
        rooms=rooms_with(house, board=SimpleNamespace(columns=columns)), ref_of_address=ref_of
    )
    columns.look()
    layout = Layout(place="Tracks", columns={"Title": "a:title"})
    columns.look()
    [question] = answered.questions()
    with pytest.raises(Refused, match="Still missing: BPM"):
        answered.write("Complete")
    assert answered.write("skip") == "Done without: BPM."
    assert answered.questions() == []
    layout = Layout(place="Tracks", columns={"Title": "a:title", "BPM": "c:number"})
    assert answered.write("Complete", question=question) == "The columns are there."
    assert house.ledger.memos.recall(RECONCILED) == "0", "its rows are filled at the next look"


def test_what_can_only_be_done_elsewhere_is_said(house, answered):
    pause(house.ledger, house.clock())
    with pytest.raises(Refused, match="`cratekeeper job resume`"):
        answered.write("Complete")
    [question] = answered.questions()
    resume(house.ledger)
    assert answered.write("Complete", question=question) == "Looked again."
    house.consent = "It ends today."
    with pytest.raises(Refused, match="It ends today"):
        answered.answering.answer("consent", None, "consent/spotify", LookAgain())


def test_what_is_wrong_or_about_nobody_is_refused(answered):
    with pytest.raises(Refused, match="no answer"):
        answered.answering.answer("choose", "x", "choose/x", Wrong("That is no answer."))
    for answer in (Address(VIDEO), Word("skip"), Chosen(1)):
        with pytest.raises(NotFound, match="does not know the track"):
            answered.answering.answer("choose", None, "choose/x", answer)


def rooms_with(house, **parts: Any):
    return replace(house.rooms, **parts)
