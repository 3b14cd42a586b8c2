"""What is gathered, from a real ledger and real folders; what it means is `tests/tasks/test_causes.py`."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from daemon.board.columns import Columns
from daemon.board.intake import REFUSED
from daemon.ledger.adoption import Adopted
from daemon.models import Asked, Layout, Status, Track
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.pipeline.shelving.volumes import ready_library
from daemon.service import survey
from daemon.service.pausing import pause, resume
from daemon.service.survey import Survey
from daemon.service.taskroom import see_to_tasks
from daemon.tasks.causes import concerns
from daemon.tasks.facts import Held, Told
from tests.ledger.given import a_ref
from tests.service.surveyed import NAME, a_surveyed_house, doubtful


@pytest.fixture
def house(tmp_path):
    with a_surveyed_house(tmp_path, BACKUP_DIR=str(tmp_path / "inbox"), EAGLE_API_BASE="http://127.0.0.1:1") as house:
        yield house


def keys(facts):
    return [concern.key for concern in concerns(facts)]


def test_a_house_in_order_concerns_nobody(house):
    house.track()
    facts = house.look()
    assert concerns(facts) == []
    assert (facts.now, facts.host_id, facts.min_free_gb) == (house.clock(), house.rooms.host_id, 0)
    assert [folder.setting for folder in facts.folders] == ["OUT_DIR", "BACKUP_DIR", "VAR_DIR"]
    assert len({folder.disk for folder in facts.folders}) == 1
    assert all(folder.free_gb < 1e6 and folder.is_writable and not folder.away for folder in facts.folders)


# --- tracks ----------------------------------------------------------------------------------------------------------


def test_a_track_that_needs_review_is_told_with_its_choices_until_somebody_decides(house):
    track = house.asked_about(doubtful("one"), doubtful("two"), doubtful("three", "decline"))
    [review] = house.look().reviews
    assert (review.track_id, review.name) == (track, NAME)
    assert review.question == "Which of these is Night Ferry?"
    assert [choice.value[-3:] for choice in review.choices] == ["one", "two"]
    assert review.choices[0].why == "8 s longer"
    house.ledger.decisions.pin(track, doubtful("two").candidate, "a test", anew=True)
    assert keys(house.look()) == []


def test_a_track_is_read_again_when_it_changed_and_only_then(house):
    track = house.asked_about(doubtful("one"))
    first = house.look().reviews
    assert house.look().reviews[0] is first[0]
    house.clock.forward(1)
    house.ledger.tracks.requeue(track)
    house.ledger.tracks.begin(track)
    assert house.look().reviews == ()
    house.ledger.tracks.dismiss(track, Status.SKIP)
    assert keys(house.look()) == []


def test_what_is_asked_anew_between_two_looks_is_read_anew(house):
    track = house.asked_about(doubtful("one"))
    house.look()
    house.ledger.tracks.restart(track)
    house.ledger.tracks.remember_weighed(track, [doubtful("two")])
    house.ledger.tracks.finish(track, asked())
    assert [choice.value[-3:] for choice in house.look().reviews[0].choices] == ["two"]


def test_only_what_lies_in_quarantine_is_asked_about_as_such(house):
    track = house.track()
    kept = house.hold(track)
    assert house.look().held == (), "it is being worked on"
    house.ledger.tracks.finish(track, asked())
    facts = house.look()
    path = str(house.folder / "heard.opus")
    assert facts.held == (Held(kept_id=kept, track_id=track, name=NAME, path=path, reason="It is 8 s short."),)
    assert keys(facts) == [f"quarantine/{kept}"]
    house.ledger.decisions.discard(kept, "a test", anew=True)
    assert keys(house.look()) == []


def test_between_other_candidates_it_is_one_choice_of_several(house):
    track = house.track()
    kept = house.hold(track)
    house.ledger.tracks.remember_weighed(track, [doubtful("one")])
    house.ledger.tracks.finish(track, asked())
    facts = house.look()
    assert keys(facts) == [f"choose/{track}"]
    assert [choice.value for choice in facts.reviews[0].choices] == [
        "https://www.youtube.com/watch?v=one",
        f"release {kept}",
    ]


def test_a_failed_track_is_told_once_also_when_a_download_of_it_is_held(house):
    track = house.failed()
    assert house.look().failed == (Told(track_id=track, name=NAME, reason="The video is gone."),)
    kept = house.hold(track)
    assert keys(house.look()) == [f"quarantine/{kept}"]
    house.ledger.tracks.requeue(track)
    assert keys(house.look()) == []


def test_what_somebody_else_has_worked_on_is_not_ours_to_ask_about(house):
    for status in (Status.FAILED, Status.NEEDS_REVIEW):
        ref = a_ref()
        track = Track(title="Old", aliases=(ref.alias,))
        row = Adopted(row_id=status.value, ref=ref, track=track, status=status, values={})
        assert house.ledger.adoption.adopt([row]) == 1
    assert house.ledger.tracks.count_by_status() == {Status.FAILED: 1, Status.NEEDS_REVIEW: 1}
    assert keys(house.look()) == []


def test_of_very_many_the_oldest_have_a_row_each(house, monkeypatch):
    monkeypatch.setattr(survey, "_ROWS_A_CAUSE", 2)
    tracks = sorted(house.failed() for _ in range(4))
    assert keys(house.look()) == [f"failed/{tracks[0]}", f"failed/{tracks[1]}", "more/failed"]
    house.ledger.tracks.requeue(tracks[0])
    house.ledger.tracks.requeue(tracks[1])
    assert keys(house.look()) == [f"failed/{tracks[2]}", f"failed/{tracks[3]}"]


def test_an_order_that_was_refused_is_told_until_it_is_forgotten(house):
    track = house.track()
    house.ledger.memos.remember(REFUSED + track, "That is another track of yours already.")
    facts = house.look()
    assert facts.refused == (Told(track_id=track, name=NAME, reason="That is another track of yours already."),)
    house.ledger.memos.forget(REFUSED + track)
    assert keys(house.look()) == []


# --- services --------------------------------------------------------------------------------------------------------


def test_a_log_in_that_is_over_is_told_beyond_the_wait_until_the_service_answers(house):
    house.ledger.services.park("spotify", house.clock() - 1, "Log in.", "login")
    assert keys(house.look()) == ["login/spotify"]
    house.ledger.services.answered("spotify")
    assert keys(house.look()) == []


def test_eagle_is_told_of_while_something_waits_for_it(house):
    track = house.track()
    house.ledger.services.park("eagle", house.clock() + 60, "Eagle is not running.")
    assert keys(house.look()) == []
    house.ledger.outbox.enqueue("eagle", track)
    assert keys(house.look()) == [f"eagle/{house.rooms.host_id}"]
    house.ledger.services.clear("eagle")
    assert keys(house.look()) == []


def test_consent_that_ends_is_asked_after_once_a_minute(house):
    house.look()
    house.consent = "The Spotify log-in ends in 9 days."
    assert house.look().consent is None
    assert house.look_later().consent == "The Spotify log-in ends in 9 days."


# --- this machine ----------------------------------------------------------------------------------------------------


def test_a_library_that_is_away_is_told_and_what_waits_for_it(house):
    music = house.folder / "music"
    mark = ready_library(music, "OUT_DIR", None)
    house.ledger.memos.remember(folder_memo("library", music), mark)
    assert keys(house.look()) == []
    shutil.move(music, house.folder / "unplugged")
    assert keys(house.look()) == [], "a look at the disks is a minute old at most"
    house.survey.forget()
    [concern] = concerns(house.look())
    assert concern.key == f"volume/OUT_DIR/{house.rooms.host_id}"
    assert concern.host_id == house.rooms.host_id
    assert str(music) in concern.happened
    assert "Nothing waits" in concern.happened
    house.ledger.memos.remember(f"coming-home/{house.rooms.host_id}/x", "{}")
    [concern] = concerns(house.look_later())
    assert "Finished tracks wait" in concern.happened
    shutil.move(house.folder / "unplugged", music)
    assert keys(house.look_later()) == []


def test_an_inbox_that_is_away_is_told_and_the_copies_that_wait_for_it(house):
    inbox = house.folder / "inbox"
    house.ledger.memos.remember(folder_memo("backup", inbox), str(inbox))
    house.ledger.memos.remember(f"owed/{house.rooms.host_id}/x", "{}")
    [concern] = concerns(house.look())
    assert concern.key == f"volume/BACKUP_DIR/{house.rooms.host_id}"
    assert "Copies wait" in concern.happened


def test_a_folder_that_leads_in_circles_is_told_as_away(house):
    music = house.folder / "music"
    music.symlink_to(music)
    [folder] = [folder for folder in house.look().folders if folder.setting == "OUT_DIR"]
    assert folder.away or folder.is_writable


def test_a_disk_that_is_full_is_told(house):
    """Every disk is, for who wants a million gigabytes free."""
    house.survey = Survey(replace(house.rooms, min_free_gb=1e6))
    assert keys(house.look()) == [f"disk/OUT_DIR/{house.rooms.host_id}"]


# --- the board, and we ourselves -------------------------------------------------------------------------------------


def test_a_column_that_was_there_once_is_told_until_it_is_back(house):
    layout = Layout(place="Tracks", columns={"Title": "a:title", "BPM": "b:number"})
    columns = columns_of(house, lambda: layout)
    columns.look()
    assert keys(house.look()) == []
    layout = replace(layout, columns={"Title": "a:title"})
    columns.look()
    columns.look()
    assert house.look().lost_columns == ("BPM",)
    layout = replace(layout, columns={"Title": "a:title", "BPM": "c:number"})
    columns.look()
    assert keys(house.look()) == []


def test_a_pause_is_told_until_it_ends(house):
    pause(house.ledger, house.clock())
    assert keys(house.look()) == ["paused"]
    resume(house.ledger)
    assert keys(house.look()) == []


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_a_look_costs_the_same_few_queries_however_much_there_is(house):
    house.asked_about(doubtful("one"))
    house.failed()
    house.look()
    few = statements(house)
    for number in range(30):
        house.asked_about(doubtful("one"), title=f"T{number}")
        house.failed(f"F{number}")
        house.track(f"Q{number}")
    house.look()
    assert statements(house) == few
    assert len(few) <= 9


def statements(house):
    """What a look asks of the ledger."""
    asked = []

    def hear(connection, cursor, statement, parameters, context, executemany):
        asked.append(statement)

    engine = house.ledger._store.engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    house.look()
    sa.event.remove(engine, "before_cursor_execute", hear)
    return [one for one in asked if one.lstrip().upper().startswith("SELECT")]


def asked():
    return Asked(question="Listen to it, and release or discard it.")


def columns_of(house, layout):
    board: Any = SimpleNamespace(layout=lambda again: layout())
    return Columns(house.ledger, lambda: board)


def test_a_run_from_cron_sees_what_needs_the_person_also_without_agent_tasks(tmp_path):
    with a_surveyed_house(tmp_path / "house") as house:
        house.ledger.services.park("youtube", None, "YouTube wants a log-in.", "login")
        see_to_tasks(house.rooms, threading.Event())
        assert [task.key for task in house.ledger.tasks.open_ones("question")] == ["login/youtube"]
