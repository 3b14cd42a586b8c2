"""`kill -9` while Notion does what it is asked and nobody hears of it, and while Eagle breaks the line."""

from __future__ import annotations

import pytest

from daemon.models import Status
from integrations.sandbox import faults
from integrations.sandbox.server import Logged
from tests.house import Home
from tests.lives import Life, Watch, living, watching
from tests.torture.ten_tracks import TEN_LIKES, rows_beside_tracks

LIKES = tuple(like for like in TEN_LIKES if like.where == "soundcloud")[:3]
_PATIENCE_S = 240.0

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300)]


def test_lost_answers_and_kills_make_no_second_row_and_no_second_item(home: Home) -> None:
    world = home.world
    world.faults.add("notion", faults.lost(), method="POST", route="/v1/pages", times=None)
    world.faults.add("notion", faults.lost(), method="PATCH", route="/v1/pages/*", times=2)
    world.faults.add("eagle", faults.lost(), method="POST", route="/api/v2/item/add", times=None)
    world.faults.add("eagle", faults.reset(), times=4, skip=1)
    for like in LIKES:
        like.happens_in(world)
    with watching(home) as watch:
        kills = 0
        while not kill_at_the_next_fault(home, watch):
            kills += 1
        assert kills >= len(LIKES), "hardly anything was killed at a broken line"
        tracks = watch.ledger.tracks.newest(100)
        assert [track.status for track in tracks] == [Status.DONE] * len(LIKES)
        rows = world.twins.notion.rows(world.twins.tracks_db_id)
        assert sorted(rows) == sorted(watch.ledger.outbox.mirror("notion", track.id).remote_id for track in tracks)
        items = [item["id"] for item in world.twins.eagle.items]
        assert sorted(items) == sorted(watch.ledger.outbox.mirror("eagle", track.id).remote_id for track in tracks)
        assert {row["Eagle File ID"] for row in rows.values()} == set(items)
    done_unheard = [line for line in world.log.of("notion", "POST", "/v1/pages") if line.fault == "lost"]
    assert len(done_unheard) == len(LIKES) + rows_beside_tracks(world), (
        "every row was made without anybody hearing of it, once"
    )


def kill_at_the_next_fault(home: Home, watch: Watch) -> bool:
    """One life; answers whether it came to rest instead of meeting a fault."""
    before = len(broken_lines(home))
    with living(home) as life:
        assert life.until(lambda: len(broken_lines(home)) > before or is_at_rest(life, watch), _PATIENCE_S), life.said
        return len(broken_lines(home)) == before


def is_at_rest(life: Life, watch: Watch) -> bool:
    waits_are_over(watch)
    return bool(life.said) and watch.is_quiet(len(LIKES))


def waits_are_over(watch: Watch) -> None:
    """As if the minutes had passed that a service is given after a fault."""
    for parked in watch.ledger.services.all():
        watch.ledger.services.clear(parked.name)
    for track in watch.ledger.tracks.newest(100):
        for entry in watch.ledger.outbox.waiting(track.id):
            if entry.last_error:
                watch.ledger.outbox.enqueue(entry.target, entry.track_id)


def broken_lines(home: Home) -> list[Logged]:
    return [line for line in home.world.log.of() if line.fault]
