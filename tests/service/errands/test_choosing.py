"""`choose`: a number, a link, and what a number meant when it was written."""

from __future__ import annotations

import re

import pytest

from daemon.jobs.verbs import Blocked, Complete, GoOn
from daemon.models import Asked, Candidate, Fetched, Service, Status, Weighed
from daemon.service.errands.choosing import choose
from tests.house import a_home
from tests.ledger.given import a_ref
from tests.service.errands.at_work import AtWork, desk_of, filed, named, would

LIVE, STUDIO = "https://www.youtube.com/watch?v=livelivelve", "https://www.youtube.com/watch?v=studiostudi"
ELSEWHERE = "https://www.youtube.com/watch?v=elsewhere01"


@pytest.fixture
def desk(tmp_path):
    with a_home(tmp_path) as home, desk_of(home) as desk:
        yield desk


def weighed(*urls):
    return [
        Weighed(
            candidate=Candidate(
                service=Service.YOUTUBE, id=url[-11:], url=url, title=f"Night Ferry {number}", channel="Ada"
            ),
            score=0.6,
            verdict="ask",
            evidence="as long as it should be",
        )
        for number, url in enumerate(urls)
    ]


@pytest.fixture
def night_ferry(desk):
    """The person is asked which of two it is."""
    track_id = named(desk, a_ref(), "Night Ferry")
    desk.rooms.ledger.tracks.restart(track_id)
    desk.rooms.ledger.tracks.remember_weighed(track_id, weighed(LIVE, STUDIO))
    desk.rooms.ledger.tracks.finish(track_id, Asked(question="Which of these?"))
    return track_id


def pinned(desk, track_id):
    return desk.rooms.ledger.decisions.pinned(track_id).url


@pytest.mark.parametrize("choice", ["2", STUDIO])
@pytest.mark.parametrize("how", ["words", "relation"])
def test_a_number_or_the_link_of_a_candidate_is_decided_and_waited_for(desk, night_ferry, choice, how):
    text = f"night ferry {choice}" if how == "words" else choice
    job = AtWork(choose(desk), text, track_id=night_ferry if how == "relation" else None)
    waiting = job.until_it_waits()
    assert waiting.tracks == (night_ferry,)
    assert pinned(desk, night_ferry) == STUDIO
    assert desk.rooms.ledger.decisions.pinned(night_ferry).title == "Night Ferry 1", "as it was weighed"
    assert desk.rooms.ledger.tracks.get(night_ferry).status is Status.QUEUED
    filed(desk.rooms, night_ferry)
    assert job.work().text == "Ada Reyes - Night Ferry: Done"


def test_a_link_to_something_else_is_taken_too(desk, night_ferry):
    job = AtWork(choose(desk), ELSEWHERE, track_id=night_ferry)
    assert isinstance(job.until_it_waits(), GoOn)
    assert pinned(desk, night_ferry) == ELSEWHERE


def test_a_number_means_what_it_meant_when_it_was_read(desk, night_ferry):
    job = AtWork(choose(desk), "2", track_id=night_ferry)
    job.work()
    desk.rooms.ledger.tracks.remember_weighed(night_ferry, weighed(STUDIO, LIVE))
    job.until_it_waits()
    assert pinned(desk, night_ferry) == STUDIO


def test_a_decision_is_made_once_whatever_is_killed_between(desk, night_ferry):
    job = AtWork(choose(desk), "1", track_id=night_ferry)
    job.work()
    before = dict(job.memory)
    job.work()
    filed(desk.rooms, night_ferry)
    job.memory = before
    assert isinstance(job.until_it_waits(), Complete)
    row = desk.rooms.ledger.tracks.get(night_ferry)
    assert (row.status, row.attempt) == (Status.DONE, 2)


def test_a_download_in_quarantine_is_released_once(desk, night_ferry, tmp_path):
    kept = tmp_path / "kept.opus"
    kept.write_bytes(b"sound")
    fetched = Fetched(path=str(kept), size=5, service=Service.YOUTUBE, url=ELSEWHERE)
    candidate = weighed(ELSEWHERE)[0].candidate
    kept_id = desk.rooms.ledger.quarantine.keep(night_ferry, str(kept), 5, "3 % too short", fetched, None, candidate)
    job = AtWork(choose(desk), "3", track_id=night_ferry)
    job.work()
    before = dict(job.memory)
    job.work()
    job.memory = before  # killed before it could be kept
    assert isinstance(job.until_it_waits(), GoOn)
    assert desk.rooms.ledger.quarantine.get(kept_id).state == "released"
    assert pinned(desk, night_ferry) == ELSEWHERE


def test_without_a_choice_the_choices_are_the_question(desk, night_ferry):
    for text, track_id in (("night ferry", None), ("", night_ferry)):
        blocked = AtWork(choose(desk), text, track_id=track_id).work()
        assert isinstance(blocked, Blocked)
        question, first, second = blocked.question.splitlines()
        assert question == "Which is Ada Reyes - Night Ferry? Write a number beside the track, or a link to another:"
        assert first == f"1  Night Ferry 0 (Ada), as long as it should be {LIVE}"
        assert second.startswith("2  Night Ferry 1")


@pytest.mark.parametrize("choice", ["0", "3", "second"])
def test_none_of_the_choices_is_asked_once_more_with_what_there_is(desk, night_ferry, choice):
    """Blocked, not failed: what is corrected is heard."""
    blocked = AtWork(choose(desk), choice, track_id=night_ferry).work()
    assert isinstance(blocked, Blocked)
    assert re.match(f"“{choice}” is none of the choices. Which is Ada(.|\n)*1  Night Ferry 0", blocked.question)
    assert desk.rooms.ledger.decisions.pinned(night_ferry) is None


def test_what_has_no_sound_for_anybody_is_refused(desk, night_ferry):
    job = AtWork(choose(desk), "https://open.spotify.com/track/0123456789012345678901", track_id=night_ferry)
    blocked = job.until_it_waits()
    assert isinstance(blocked, Blocked)
    assert re.match("Spotify lets nobody(.|\n)*1  Night Ferry 0", blocked.question)


def test_a_dry_run_says_from_what(desk, night_ferry):
    verb = choose(desk)
    job = AtWork(verb, "2", track_id=night_ferry)
    assert would(verb, job.asked) == f"Would make Ada Reyes - Night Ferry from {STUDIO}"
    assert would(verb, AtWork(verb, "", track_id=night_ferry).asked).startswith("Would ask: Which is")
    assert desk.rooms.ledger.decisions.pinned(night_ferry) is None
