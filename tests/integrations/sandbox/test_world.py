"""What is kept of the sandbox from one run to the next."""

from __future__ import annotations

import json

from integrations.sandbox.world import World


def test_the_databases_stay_the_same(tmp_path):
    with World(tmp_path) as first:
        environ = first.environ()
    with World(tmp_path) as second:
        for name in ("TRACKS_DB_ID", "AGENT_TASKS_DB_ID", "ISSUES_DB_ID"):
            assert second.environ()[name] == environ[name]
        titles = list(second.twins.notion.data_source_titles().values())
    assert sorted(titles) == ["Agent-Tasks", "Artists", "Issues+Questions", "Playlists", "Tracks"]


def test_a_state_from_before_there_were_tasks_gets_them(tmp_path):
    with World(tmp_path) as first:
        (tracks_source,) = first.twins.notion.data_source_ids(first.twins.tracks_db_id)
        row_id = first.twins.notion.add_row_as_person(tracks_source, {"Title": "Strobe"})
    file = tmp_path / "sandbox.json"
    kept = json.loads(file.read_text())
    extra = {kept.pop("tasks_db_id"), kept.pop("issues_db_id")}
    notion = kept["notion"]
    notion["databases"] = [one for one in notion["databases"] if one["id"] not in extra]
    notion["data_sources"] = [one for one in notion["data_sources"] if one["database_id"] not in extra]
    file.write_text(json.dumps(kept))
    with World(tmp_path) as second:
        twins = second.twins
        assert list(twins.notion.rows(twins.tracks_db_id)) == [row_id]
        (source,) = twins.notion.data_source_ids(twins.tasks_db_id)
        task = twins.notion.add_row_as_person(source, {"Name": "cratekeeper: verify", "Track": [row_id]})
    with World(tmp_path) as third:
        assert list(third.twins.notion.rows(third.twins.tasks_db_id)) == [task]
        assert list(third.twins.notion.rows(third.twins.issues_db_id)) == []
