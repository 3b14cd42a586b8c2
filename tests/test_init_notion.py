"""`cratekeeper init notion`: what is shown, asked and done; against the twin, through the real client."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from daemon.cli.init_notion import Wish, init_notion
from daemon.errors import ConfigError
from daemon.secrets import Masker, secrets_of
from daemon.settings import Settings, load
from daemon.settings.env_adding import add_to_env_file
from daemon.settings.env_file import read_env_file
from daemon.wiring.founding import ids_in
from integrations.notion.edge import NotionEdge
from integrations.notion.founding import Founding
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server
from tests.house import a_home

A_TRACKS_ID = "11111111-2222-4333-8444-555555555555"
THREE = ["ARTISTS_DB_ID", "PLAYLISTS_DB_ID", "TRACKS_DB_ID"]


class Desk:
    """A person with a `.env`, before a terminal or not."""

    def __init__(self, folder: Path, twin: NotionTwin, url: str, log: RequestLog) -> None:
        self.folder, self.twin, self.log = folder, twin, log
        self.url = url
        self.env_file: Path | None = folder / ".env"
        self.env_file.write_text("# mine\nTRACKS_DB_ID=\nLOG_LEVEL=INFO")
        self.settings_read: Callable[[], None] = lambda: None
        """What happens once the settings were read."""

    @contextmanager
    def opened(self, settings: Settings) -> Iterator[Founding]:
        """As in the house, without its pace."""
        self.settings_read()
        token = settings.notion_token.get_secret_value()
        with NotionEdge(token, base_url=self.url, sleep=lambda _s: None, requests_per_s=1e6, burst=10_000) as edge:
            yield Founding(edge, ids_in(settings))

    def run(self, typed: str | None = None, **wish) -> Result:
        """`typed`: what somebody types; None: nobody is there."""

        @click.command()
        def command() -> None:
            loaded = load({"NOTION_TOKEN": SANDBOX_TOKEN}, self.env_file, self.folder)
            masker = Masker(secrets_of(loaded.settings))
            code = init_notion(loaded, masker, Wish(**wish), interactive=typed is not None, opened=self.opened)
            raise click.exceptions.Exit(code)

        return CliRunner().invoke(command, input=typed, catch_exceptions=True)

    @property
    def written(self) -> dict[str, str]:
        """The ids in the `.env`."""
        assert self.env_file is not None
        return {name: value for name, value in read_env_file(self.env_file, {}).values.items() if "DB_ID" in name}

    @property
    def titles(self) -> list[str]:
        return sorted(database["title"] for database in self.twin.dump()["databases"])

    def changed_something(self) -> bool:
        writes = [line for line in self.log.of("notion") if line.method == "PATCH" or line.path == "/v1/databases"]
        return bool(writes) or self.written != {}


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    log, twin = RequestLog(), NotionTwin()
    with Server(twin, faults=Faults(), log=log) as server:
        yield Desk(tmp_path, twin, server.url, log)


# --- without a terminal ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [{}, {"dry_run": True}, {"dry_run": True, "yes": True}], ids=str)
def test_nobody_there_and_no_yes_is_a_plan(desk, wish):
    told = desk.run(**wish)
    assert told.exit_code == 0
    assert 'Notion knows us as "Cratekeeper"' in told.output
    assert 'Tracks: would be made under "Sandbox", with 3' in told.output
    assert "A plan only: nothing was changed." in told.output
    assert not desk.changed_something()


def test_a_dry_run_asks_nobody_anything(desk):
    told = desk.run("", dry_run=True)
    assert (told.exit_code, "Number" in told.output, "[y/N]" in told.output) == (0, False, False)
    assert not desk.changed_something()


def test_yes_makes_it_and_writes_the_ids(desk):
    desk.env_file.chmod(0o640)
    told = desk.run(yes=True, make_all=True)
    assert told.exit_code == 0, told.output
    assert desk.titles == ["Agent-Tasks", "Artists", "Issues+Questions", "Playlists", "Tracks"]
    assert 'Making the database Tracks under "Sandbox" …' in told.output
    assert len(desk.written) == 5
    assert f"TRACKS_DB_ID={desk.written['TRACKS_DB_ID']}" in told.output
    assert desk.env_file.read_text().startswith("# mine\nTRACKS_DB_ID=\nLOG_LEVEL=INFO\n")
    assert stat.S_IMODE(desk.env_file.stat().st_mode) == 0o640
    assert [file.name for file in desk.folder.iterdir()] == [".env"]


def test_twice_changes_nothing_more(desk):
    desk.run(yes=True, make_all=True)
    text = desk.env_file.read_bytes()
    told = desk.run(yes=True, make_all=True)
    assert (told.exit_code, desk.env_file.read_bytes()) == (0, text)
    assert "Nothing is missing in Notion." in told.output
    assert len(desk.titles) == 5


def test_after_a_kill_before_the_ids_were_written_they_are_found(desk):
    text = desk.env_file.read_bytes()
    desk.run(yes=True)
    first = desk.written
    desk.env_file.write_bytes(text)
    told = desk.run(yes=True)
    assert (told.exit_code, desk.written) == (0, first)
    assert "found by its title" in told.output
    assert len(desk.titles) == 3


def test_without_an_env_file_the_lines_are_shown(desk):
    desk.env_file = None
    told = desk.run(yes=True)
    assert told.exit_code == 0
    assert "TRACKS_DB_ID=" in told.output
    assert f"These belong into {desk.folder / '.env'}" in told.output
    assert "No .env was read, so that is left to you." in told.output


def test_a_file_that_cannot_be_written_leaves_the_lines_to_the_person(desk):
    desk.settings_read = desk.env_file.unlink
    told = desk.run(yes=True)
    assert told.exit_code == 1
    assert "They could not be written (No such file or directory). Write them there yourself." in told.output
    assert "TRACKS_DB_ID=" in told.output


def test_yes_does_not_guess(desk):
    desk.twin.create_database("Tracks", {"Name": "title"})
    desk.twin.create_database("Tracks", {"Name": "title"})
    told = desk.run(yes=True)
    assert isinstance(told.exception, ConfigError)
    assert [problem.setting for problem in told.exception.problems] == ["TRACKS_DB_ID"]
    assert "2 databases may be meant: https://" in str(told.exception)
    assert not desk.changed_something()


def test_yes_wants_a_page_where_there_are_several(desk):
    with NotionEdge(SANDBOX_TOKEN, base_url=desk.url) as edge:
        made = edge._client.pages.create(
            parent={"page_id": desk.twin.root_page_id},
            properties={"title": {"title": [{"text": {"content": "Music"}}]}},
        )
    told = desk.run(yes=True)
    assert isinstance(told.exception, ConfigError)
    assert told.exception.problems[0].setting == "--page"
    assert '"Music" https://' in str(told.exception)
    assert not desk.changed_something()
    assert 'Tracks: would be made under "Music"' in desk.run(page=made["url"]).output
    assert desk.run(yes=True, page=made["id"].replace("-", "")).exit_code == 0
    assert len(desk.titles) == 3


def test_an_address_that_is_none(desk):
    told = desk.run(page="over there")
    assert isinstance(told.exception, ConfigError)
    assert told.exception.problems[0].setting == "--page"


def test_what_is_missing_and_what_is_wrong_is_said(desk):
    database_id = seed_tracks_database(desk.twin)
    (source_id,) = desk.twin.data_source_ids(database_id)
    desk.twin.change_columns_as_person(source_id, {"Redo": None, "Key": {"number": {}}, "BPM": {"name": "Tempo"}})
    told = desk.run().output
    assert 'Tracks: "Tracks", found by its title  https://' in told
    assert 'BPM is "Tempo"' in told
    assert "missing  Redo (checkbox): would be added" in told
    assert 'note     "Key" is of type number, not text or select: it is left as it is' in told
    assert 'Artists: "Artists", which Tracks points to' in told


# --- before a terminal -----------------------------------------------------------------------------------------------


def test_a_person_is_asked_before_anything_is_done(desk):
    told = desk.run("1\nn\n")  # the page; no
    assert told.exit_code == 0
    assert "Under which page are new databases to be made?" in told.output
    assert "Do this in Notion? [y/N]" in told.output
    assert told.output.endswith("Nothing was changed.\n")
    assert not desk.changed_something()


def test_a_person_agrees_to_notion_and_not_to_the_file(desk):
    told = desk.run("1\ny\nn\n")
    assert told.exit_code == 0
    assert (len(desk.titles), desk.written) == (3, {})
    assert "TRACKS_DB_ID=" in told.output


def test_a_person_agrees_to_both(desk):
    assert desk.run("1\ny\ny\n").exit_code == 0
    assert sorted(desk.written) == THREE


def test_a_person_chooses_by_number(desk):
    ids = [desk.twin.create_database("Tracks", {"Name": "title"}) for _ in range(2)]
    told = desk.run("2\ny\ny\n")
    assert told.exit_code == 0, told.output
    assert "Which of these is your Tracks database?" in told.output
    assert desk.written["TRACKS_DB_ID"] in ids
    assert desk.titles == ["Tracks", "Tracks"]


def test_what_was_found_is_offered_and_may_be_declined(desk):
    theirs = desk.twin.create_database("Tracks", {"Name": "title"})
    told = desk.run("0\n1\ny\ny\n")  # not that one; the page: it is not offered once more
    assert told.exit_code == 0, told.output
    assert desk.written["TRACKS_DB_ID"] != theirs
    assert desk.titles == ["Artists", "Playlists", "Tracks", "Tracks"]


def test_control_characters_in_a_title_do_not_reach_the_terminal(desk):
    desk.twin.create_database("Tracks\x1b", {"Name": "title"})
    told = desk.run().output
    assert ('Tracks: "Tracks' in told, "\x1b" in told) == (True, False)


# --- the .env --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", [b"", b"A=1", b"A=1\n", b"A=1\r\nB='x y'\r\n", b"# only words", b"A='open"], ids=repr
)
def test_lines_are_added_and_none_is_changed(tmp_path, before):
    file = tmp_path / "real.env"
    file.write_bytes(before)
    file.chmod(0o600)
    link = tmp_path / ".env"
    link.symlink_to(file)
    add_to_env_file(link, {"TRACKS_DB_ID": A_TRACKS_ID})
    assert file.read_bytes().startswith(before)
    assert read_env_file(link, {}).values["TRACKS_DB_ID"] == A_TRACKS_ID
    assert (link.is_symlink(), stat.S_IMODE(file.stat().st_mode)) == (True, 0o600)


# --- the program -----------------------------------------------------------------------------------------------------


def test_the_program_from_nothing_to_a_running_house(tmp_path):
    with a_home(tmp_path) as home:
        env_file = tmp_path / "own.env"
        env_file.write_text("LOG_LEVEL=INFO\n")
        for name in ("TRACKS_DB_ID", "AGENT_TASKS_DB_ID", "ISSUES_DB_ID"):
            del home.environ[name]
        home.world.twins.notion.load(NotionTwin().dump())

        planned = home.run("--env-file", str(env_file), "init", "notion")
        assert planned.returncode == 0, planned.stderr
        assert "Add --yes to do it." in planned.stdout
        assert home.world.twins.notion.dump()["databases"] == []

        done = home.run("--env-file", str(env_file), "init", "notion", "--yes")
        assert done.returncode == 0, done.stderr
        assert sorted(name for name in read_env_file(env_file, {}).values if "DB_ID" in name) == THREE
        assert SANDBOX_TOKEN not in planned.stdout + done.stdout + done.stderr

        home.environ["NOTION_TOKEN"] = ""
        refused = home.run("init", "notion", "--yes")
        assert refused.returncode == 78
        assert "NOTION_TOKEN: is not set." in refused.stderr
