"""`redo`: once more, whoever asks how often."""

from __future__ import annotations

import dataclasses

import pytest

from daemon.errors import NotFound, Refused
from daemon.jobs.verbs import Complete, Failed, GoOn, Wording
from daemon.models import Status
from daemon.service.errands.redoing import redo
from tests.house import a_home
from tests.ledger.given import a_ref
from tests.service.errands.at_work import AtWork, desk_of, failed, filed, named, would


@pytest.fixture
def desk(tmp_path):
    with a_home(tmp_path) as home, desk_of(home) as desk:
        yield desk


@pytest.fixture
def night_ferry(desk):
    track_id = named(desk, a_ref(), "Night Ferry")
    filed(desk.rooms, track_id)
    return track_id


def status(desk, track_id):
    return desk.rooms.ledger.tracks.get(track_id).status


@pytest.mark.parametrize("how", ["words", "key", "relation"])
def test_a_track_is_queued_once_more_and_waited_for(desk, night_ferry, how):
    text = {"words": "ferry ada", "key": night_ferry[:12], "relation": "this one please"}[how]
    job = AtWork(redo(desk), text, track_id=night_ferry if how == "relation" else None)
    waiting = job.until_it_waits()
    assert waiting.tracks == (night_ferry,)
    assert status(desk, night_ferry) is Status.QUEUED
    filed(desk.rooms, night_ferry)
    ended = job.work()
    assert ended == Complete(text="Ada Reyes - Night Ferry: Done", links=(f"/music/{night_ferry}.m4a",))


def test_a_portion_that_runs_twice_is_one_attempt_more(desk, night_ferry):
    job = AtWork(redo(desk), "night ferry")
    job.work()
    before = dict(job.memory)
    job.work()
    filed(desk.rooms, night_ferry)
    job.memory = before  # killed before it could be kept that the track was queued; meanwhile it has ended
    assert isinstance(job.until_it_waits(), Complete)
    assert desk.rooms.ledger.tracks.get(night_ferry).attempt == 2


def test_one_that_is_under_way_is_waited_for(desk):
    track_id = named(desk, a_ref(), "Night Ferry")
    attempt = desk.rooms.ledger.tracks.restart(track_id)
    job = AtWork(redo(desk), "night ferry")
    waiting = job.until_it_waits()
    assert waiting.text == "It was under way already. Ada Reyes - Night Ferry: 1 under way"
    assert desk.rooms.ledger.tracks.get(track_id).attempt == attempt
    failed(desk.rooms, track_id, "It is not to be had.")
    assert isinstance(ended := job.work(), Failed)
    assert ended.reason.endswith("Ada Reyes - Night Ferry: Failed: It is not to be had.")


def test_one_that_the_person_dismisses_meanwhile_ends_the_wait(desk, night_ferry):
    job = AtWork(redo(desk), "night ferry")
    assert isinstance(job.until_it_waits(), GoOn)
    desk.rooms.ledger.tracks.dismiss(night_ferry, Status.SKIP)
    assert job.work().text == "Ada Reyes - Night Ferry: Skip"


def test_who_is_meant_must_be_plain(desk, night_ferry):
    named(desk, a_ref(), "Night Train")
    for text, error, says in (
        ("", Refused, "Which track"),
        ("night", Refused, "could be 2 tracks"),
        ("slow river", NotFound, "No track is called"),
        ("https://open.spotify.com/track/0123456789012345678901", NotFound, "no track with the link"),
        ("https://open.spotify.com/playlist/0123456789012345678901", Refused, "is a list"),
    ):
        with pytest.raises(error, match=says):
            redo(desk).read(Wording(text=text))


def test_a_dry_run_says_how_it_stands(desk, night_ferry):
    verb = redo(desk)
    asked = verb.read(Wording(text="night ferry"))
    assert would(verb, asked) == "Would make it once more. It stands so: Ada Reyes - Night Ferry: Done"
    desk.rooms.ledger.tracks.restart(night_ferry)
    assert would(verb, asked) == "Would wait for Ada Reyes - Night Ferry, which is under way."
    assert status(desk, night_ferry) is Status.PROCESSING


@pytest.mark.parametrize("part", ["ice", "2", "voice"])
def test_a_part_of_a_word_names_no_track(desk, part):
    filed(desk.rooms, named(desk, a_ref(), "Voices 12"))
    with pytest.raises(NotFound):
        redo(desk).read(Wording(text=part))
    assert redo(desk).read(Wording(text="VOICES")) == redo(desk).read(Wording(text="ada: “12”"))


def test_a_name_without_letters_is_a_name(desk):
    track_id = named(desk, a_ref(), "!!!")
    filed(desk.rooms, track_id)
    assert redo(desk).read(Wording(text="!!!")).track_id == track_id


def test_a_link_behind_which_there_is_nothing_is_told_so(desk):
    empty = dataclasses.replace(desk, refs_of=lambda _text: iter(()))
    with pytest.raises(Refused, match="There is no track behind https"):
        redo(empty).read(Wording(text="https://soundcloud.com/a/b"))
