"""Every way in which Notion can fail, in a week with it (`week.py`): what stands there afterwards is the same.

Here at some of the requests; `python -m bench board_faults` tries every way at every one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.board.office import SOUNDCLOUD_URL
from tests.board.week import KINDS, Weeks, a_week

STEPS = {"lost": 1, "reset": 5, "late": 5, "500": 5, "429 for two hours": 5}
SELDOM = 16
"""Every request is tried with a lost answer, every fifth with what is most like it, and every sixteenth with anything
else, each kind at other ones."""


@pytest.fixture(scope="module")
def weeks() -> Iterator[Weeks]:
    with a_week() as weeks:
        yield weeks


def test_the_undisturbed_week_is_as_it_should_be(weeks: Weeks) -> None:
    last = weeks.evenings[-1]
    assert len(weeks.troubles("lost")) > 60
    assert {row["Title"]: row["Status"] for row in last["rows"]} == {
        "Old": None,
        "Waiting": "Done",
        "A wish": None,
        "": None,
        "Mine": "Done",
        "Night Ferry!!": "Skip",
        "Tin Roof": "Done",
        f"At {SOUNDCLOUD_URL}": "Done",
        "Nobody Knows": "Done",
    } | {"Tin Roof": "Duplicate"}
    assert (last["artists"], last["playlists"]) == (["Ada", "Bo", "Cid", "Dee", "New Name"], ["Warm Up"])
    assert last["unfinished"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_changes_nothing(weeks: Weeks, kind: str) -> None:
    step = STEPS.get(kind, SELDOM)
    tried = weeks.troubles(kind)[list(KINDS).index(kind) % step :: step]
    left = {str(trouble): differs for trouble in tried if (differs := weeks.differences(trouble))}
    assert left == {}
