"""The whole program stumbles over a defect of its own: the person reads of it in Issues+Questions."""

from __future__ import annotations

import json
from pathlib import Path

from integrations.sandbox.music import Piece
from tests.house import a_home
from tests.lives import IN_A_HURRY, living

SHORT = Piece("Half Way Up", "Mira Vale", 124.0, "Am", 8.0, seed=61)
STUMBLES = ("-m", "tests.program", json.dumps({"pace": IN_A_HURRY, "stumbles": "listen"}))


def test_a_defect_in_a_step_is_one_issue_and_the_daemon_lives_on(tmp_path: Path) -> None:
    with a_home(tmp_path, SYNC_INTERVAL_S="1") as home:
        notion, issues_id = home.world.twins.notion, home.world.twins.issues_db_id
        home.world.person.likes_on_soundcloud(SHORT)
        with living(home, STUMBLES) as life:
            assert life.until(lambda: bool(notion.rows(issues_id)), 90.0)
            [issue] = notion.rows(issues_id).values()
            assert issue["Name"].startswith("cratekeeper: A defect of ours, ZeroDivisionError in ")
            assert "the step listen failed" in issue["Description"]
            assert str(tmp_path) not in issue["Description"]
            assert life.stop() == 0


def test_a_job_on_the_command_line_tells_it_there_too(tmp_path: Path) -> None:
    with a_home(tmp_path) as home:
        track = home.world.person.likes_on_soundcloud(SHORT)
        ended = home.run("job", "sync", track.url, program=STUMBLES)
        assert ended.returncode != 0
        [issue] = home.world.twins.notion.rows(home.world.twins.issues_db_id).values()
        assert "the step listen failed" in issue["Description"]
