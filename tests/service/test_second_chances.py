"""What went wrong once is put right by the next run, without a second row and without a needless wait."""

from __future__ import annotations

import pytest

from daemon.service.finding import by_hand
from daemon.service.oneshot import one_shot, single
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox import faults
from integrations.sandbox.world import LOW_TIDE, recorded
from tests.house import a_home


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def run(home, link=None):
    settings = home.settings
    outside = Outside(settings)
    with open_house(settings, lambda _told: None, outside) as rooms:
        return one_shot(rooms, "url", by_hand(list(refs_of(link, outside)))) if link else single(rooms)


def rows(home):
    return list(home.world.twins.notion.rows(home.world.twins.tracks_db_id).values())


def test_a_corrected_token_ends_the_wait_for_it(home):
    run(home)  # first contact
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    right, home.environ["NOTION_TOKEN"] = home.environ["NOTION_TOKEN"], "ntn_wrong_wrong_wrong"
    assert run(home).tracks
    assert rows(home) == []
    home.world.log.clear()
    run(home)
    assert home.world.log.of("notion") == [], "parked: nothing is asked with a token that was refused"
    home.environ["NOTION_TOKEN"] = right
    run(home)
    assert [row["Status"] for row in rows(home)] == ["Done"]


def test_a_file_whose_rows_answer_was_lost_gets_no_second_row(home):
    file = home.folder / "Sunder - Low Tide.mp3"
    file.write_bytes(recorded(LOW_TIDE, "mp3").data)
    home.world.faults.add("notion", faults.lost(), method="POST", route="/v1/pages", skip=1)  # the artist's row
    run(home, str(file))
    assert len(rows(home)) == 1
    settings = home.settings
    with open_house(settings, lambda _told: None, Outside(settings)) as rooms:
        rooms.ledger.services.clear("notion")
        rooms.ledger.outbox.hurry("notion")
        rooms.outbox.carry_due()
        assert rooms.ledger.outbox.pending("notion") == 0
    assert len(rows(home)) == 1
