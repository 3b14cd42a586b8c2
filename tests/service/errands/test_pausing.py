"""`pause` and `resume`: nothing new is begun meanwhile."""

from __future__ import annotations

import pytest

from daemon.cli.status import lines
from daemon.errors import Refused
from daemon.jobs.verbs import Wording
from daemon.service.errands import errands
from daemon.service.errands.lines import LINES
from daemon.service.errands.pausing import pause, resume
from daemon.service.line import begin_line
from daemon.service.pausing import paused_since
from daemon.service.reporting import gather
from daemon.service.rooms import TRACKS
from tests.house import a_home
from tests.ledger.given import a_ref, a_track
from tests.service.errands.at_work import AtWork, desk_of, named


@pytest.fixture
def desk(tmp_path):
    with a_home(tmp_path) as home, desk_of(home) as desk:
        yield desk


@pytest.fixture
def engine(desk):
    engine = desk.rooms.make_engine()
    engine.start([])
    yield engine
    engine.stop(0, desk.rooms.end_children)


def test_nothing_is_taken_up_between_the_two(desk, engine):
    a_track(desk.rooms.ledger)
    since = AtWork(pause(desk)).work()
    assert since.text.startswith("Paused since ")
    first = paused_since(desk.rooms.ledger)
    AtWork(pause(desk)).work()
    assert paused_since(desk.rooms.ledger) == first, "it was paused then, and not anew"
    assert begin_line(desk.rooms, engine, queue=TRACKS, limit=5) == []
    assert AtWork(resume(desk)).work().text.endswith("tracks are taken up again.")
    assert AtWork(resume(desk)).work().text == "Nothing is paused."
    assert len(begin_line(desk.rooms, engine, queue=TRACKS, limit=5)) == 1


def test_whoever_looks_is_told(desk):
    named(desk, a_ref(), "Night Ferry")
    AtWork(pause(desk)).work()
    said = list(lines(gather(desk.rooms)))[1]
    assert said.startswith("Paused      since ")
    assert "cratekeeper job resume" in said
    table = errands(desk)
    assert "Paused since" in AtWork(table.must("report")).work().text
    waiting = AtWork(table.must("redo"), "night ferry").until_it_waits()
    assert "waits for its turn (paused since" in waiting.text
    AtWork(resume(desk)).work()
    assert "aused" not in "\n".join(lines(gather(desk.rooms)))


def test_what_would_not_be_heeded_is_refused(desk):
    for verb in (pause(desk), resume(desk)):
        with pytest.raises(Refused, match="“until Monday” would not be heeded"):
            verb.read(Wording(text="until Monday"))


def test_the_words_that_help_shows_are_those_of_the_table(desk):
    table = list(errands(desk))
    assert [(verb.name, verb.takes, verb.help, verb.is_long) for verb in table] == [
        (line.name, line.takes, line.help, line.is_long) for line in LINES
    ]
