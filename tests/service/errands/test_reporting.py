"""`report`: everything that matters, in one cell."""

from __future__ import annotations

import dataclasses

import pytest

from daemon.cli.status import lines
from daemon.models import Asked, Duplicate, Postponed
from daemon.service.errands.reporting import AT_MOST, events_from, fitted, report
from daemon.service.reporting import gather
from tests.house import a_home
from tests.ledger.given import a_ref
from tests.service.errands.at_work import AtWork, desk_of, failed, filed, named

DAY_S = 24 * 3600.0


@pytest.fixture
def desk(tmp_path):
    with a_home(tmp_path) as home, desk_of(home) as desk:
        yield desk


def said(desk):
    return AtWork(report(desk)).work().text.splitlines()


def test_an_empty_crate_is_a_few_lines(desk):
    assert said(desk) == [
        "Tracks: none yet.",
        "In the last day: nothing.",
        "In the last week: nothing.",
        "Running here: nothing.",
    ]


def test_it_says_what_was_done_what_waits_and_why_and_what_needs_the_person(desk):
    rooms = desk.rooms
    done, gone, asked, late, twin = (named(desk, a_ref(), f"Song {number}") for number in range(5))
    filed(rooms, done)
    failed(rooms, gone, "It is not to be had.")
    for track_id, outcome in (
        (asked, Asked(question="Which of these?")),
        (late, Postponed(reason="The volume is away.", not_before=rooms.clock() + 3600)),
        (twin, Duplicate(of=done, evidence="the same sound")),
    ):
        rooms.ledger.tracks.restart(track_id)
        rooms.ledger.tracks.finish(track_id, outcome)
    rooms.ledger.services.park("soundcloud", rooms.clock() + 600, "slow down")
    rooms.ledger.services.park("spotify", None, "log in again")
    text = "\n".join(said(desk))
    for line in (
        "1 done",
        "In the last day: 1 filed, 1 already there, 1 asked about, 1 failed.",
        "In the last week: 1 filed, 1 already there, 1 asked about, 1 failed.",
        "Needs you: 1 to be decided",
        "  Ada Reyes - Song 2: Needs review: Which of these?",
        "Needs you: spotify: log in again",
        "Put off: 1, the first until ",
        "  1: The volume is away.",
        ": soundcloud: slow down",
        "  Ada Reyes - Song 1: Failed: It is not to be had.",
    ):
        assert line in text


def test_what_was_done_is_counted_by_when_it_was_done(desk):
    for number in range(3):
        filed(desk.rooms, named(desk, a_ref(), f"Song {number}"), f"/music/{number}.m4a")
    later = desk.rooms.clock() + 2 * DAY_S
    rooms = dataclasses.replace(desk.rooms, clock=lambda: later)
    text = "\n".join(said(dataclasses.replace(desk, rooms=rooms)))
    assert "In the last day: nothing." in text
    assert "In the last week: 3 filed." in text


def test_the_diary_is_read_from_that_moment_on_however_long_it_is(desk):
    ledger = desk.rooms.ledger
    for number in range(40):
        ledger.events.note(None, "test", "told", {"number": number})
    everything = ledger.events.since(0)
    for event in (everything[0], everything[1], everything[17], everything[-1]):
        assert [one.id for one in events_from(ledger, event.at)] == [one.id for one in everything if one.at >= event.at]
    assert list(events_from(ledger, everything[-1].at + 1)) == []


def test_it_always_fits_and_says_what_is_left_out(desk):
    many = [f"{number} {'x' * 300}" for number in range(30)]
    text = fitted(many)
    *shown, last = text.splitlines()
    assert len(text) <= AT_MOST
    assert len(shown) >= 10
    assert all(len(line) <= 160 for line in shown)
    assert last == f"… and {30 - len(shown)} lines more; `cratekeeper --mode status` says them"
    assert fitted(["a", "b"]) == "a\nb"


def test_what_is_asked_of_the_person_is_among_it_the_urgent_first(desk):
    for title, priority in (("The disk is full", "High"), ("Log in again", "Critical")):
        wanted = {"Name": f"cratekeeper: {title}", "Priority": priority}
        desk.rooms.ledger.tasks.raise_(title, kind="question", wanted=wanted)
    desk.rooms.ledger.tasks.raise_("over", kind="question", wanted={"Name": "cratekeeper: Over", "Priority": "Low"})
    desk.rooms.ledger.tasks.close("over", {})
    assert [line for line in said(desk) if line.startswith("Needs you")] == [
        "Needs you: Log in again.",
        "Needs you: The disk is full.",
    ]
    shown = list(lines(gather(desk.rooms)))
    assert "Needs you   Log in again" in shown
