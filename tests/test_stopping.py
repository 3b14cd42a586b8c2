"""Being told to stop while a step never ends: the program leaves in time, and what was begun goes on later."""

from __future__ import annotations

import pytest

from daemon.models import Status
from integrations.sandbox.music import Piece
from tests.house import a_home
from tests.lives import IN_A_HURRY, living, watching
from tests.program import changed

SHORT = Piece("Never Ending", "Mira Vale", 124.0, "Am", 8.0, seed=63)


@pytest.mark.parametrize(("mode", "code"), [("daemon", 0), pytest.param("single", 75, marks=pytest.mark.torture)])
def test_a_step_that_never_ends_keeps_nobody_from_leaving_and_runs_again_later(tmp_path, mode, code):
    with a_home(tmp_path, SYNC_INTERVAL_S="1") as home, watching(home) as watch:
        home.world.person.likes_on_soundcloud(SHORT)
        with living(home, changed(stuck="claim_sound", pace=IN_A_HURRY), mode) as life:
            assert life.until(lambda: watch.has_begun("claim_sound"), 40)
            assert life.stop() == code, life.said
        [row] = watch.ledger.tracks.unfinished()
        assert row.status is Status.PROCESSING

        assert home.run("--mode", "single").returncode == 0
        row = watch.ledger.tracks.get(row.id)
        assert (row.status, row.attempt) == (Status.DONE, 1)
        assert watch.begun().count((row.id, "fetch")) == 1, "it went on where it had been"
