"""The command line as a person meets it: exit codes, warnings, a dry run that changes nothing, Ctrl-C, faces."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from daemon.ledger import Ledger
from integrations.sandbox import faults
from integrations.sandbox.world import COPPER_SUN, GLASS_HARBOUR, LOW_TIDE
from tests.house import ROOT, a_home

ESCAPE = "\x1b"
END = "--- the end of what the program said ---"
STEPS = ("resolve", "known", "search", "fetch", "listen", "claim", "render", "shelve", "conclude")


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def state_of(home) -> dict[str, str]:
    """Everything that a run could have changed: every file and folder, and what the twins hold."""
    files = {
        str(path.relative_to(home.folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "/"
        for path in home.folder.rglob("*")
    }
    twins = home.world.twins
    return files | {"notion": json.dumps(twins.notion.dump()), "eagle": json.dumps(twins.eagle.dump())}


def writes_to(world) -> list[tuple[str, str, str]]:
    """The requests that change something outside. A query and a search are POSTs that only read; a token is lent."""
    reading = re.compile(r"/api/token|/v1/data_sources/[^/]+/query|/youtubei/v1/(search|player|next)")
    return [
        (line.system, line.method, line.path)
        for line in world.log.of()
        if line.method not in ("GET", "HEAD", "CONNECT") and not reading.fullmatch(line.path)
    ]


DIE_WHILE_WRITING = """
import os, sqlite3, sys

ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("PRAGMA cache_size = 1")
ledger.execute("BEGIN IMMEDIATE")
ledger.execute("CREATE TABLE torn (x)")
for _ in range(200):
    ledger.execute("INSERT INTO torn VALUES (?)", ("x" * 2000,))
os.kill(os.getpid(), 9)
"""


# --- settings --------------------------------------------------------------------------------------------------------


def test_wrong_settings_are_told_all_at_once_with_what_to_do_and_nothing_starts(home):
    ended = home.run(
        "--mode",
        "single",
        TRACKS_DB_ID="the tracks one",
        SYNC_BATCH="many",
        NOTION_TOKEN="ntn_recognisable secret",
        YTDLP_PROXY="http://me:recognisable@",
    )
    assert ended.returncode == 78
    assert ended.stdout == ""
    for name in ("TRACKS_DB_ID", "SYNC_BATCH", "NOTION_TOKEN", "YTDLP_PROXY"):
        assert re.search(rf"^  {name}: .{{10,}}", ended.stderr, re.MULTILINE), ended.stderr
    assert "recognisable" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (home.folder / "var").exists()
    assert home.world.log.of() == []


def test_an_unknown_name_warns_and_the_run_goes_on(home):
    inherited = home.folder / "inherited.env"
    inherited.write_text("SPOTIFY_CLIENT_IDD=left over\nSOUNDCLOUD_USER_AGENT=left over\n")
    ended = home.run("--mode", "single", CRATEKEEPER_ENV_FILE=str(inherited))
    assert ended.returncode == 0
    assert "SPOTIFY_CLIENT_IDD is no setting of ours; did you mean SPOTIFY_CLIENT_ID?" in ended.stderr
    assert "SOUNDCLOUD_USER_AGENT is no setting of ours" in ended.stderr
    assert "Nothing new" in ended.stdout


def test_with_nothing_configured_it_says_what_to_set(home):
    home.environ = {name: home.environ[name] for name in ("VAR_DIR", "OUT_DIR")}
    ended = home.run("--mode", "single")
    assert ended.returncode == 0
    for name in ("SPOTIFY_CLIENT_ID", "SOUNDCLOUD_PROFILE", "NOTION_TOKEN", "TRACKS_DB_ID"):
        assert f"set {name}" in ended.stdout or f"and {name}" in ended.stdout


def test_a_folder_that_cannot_be_made_is_a_wrong_setting(home):
    (home.folder / "var").write_text("")
    ended = home.run("--mode", "single")
    assert ended.returncode == 78
    assert re.search(r"^  VAR_DIR: .*/var cannot be made", ended.stderr, re.MULTILINE)
    assert "Traceback" not in ended.stderr


# --- exit codes ------------------------------------------------------------------------------------------------------


def test_a_track_that_failed_for_good_is_1(home):
    home.world.person.likes_on_soundcloud(LOW_TIDE).status = 404
    ended = home.run("--mode", "single")
    assert ended.returncode == 1, ended.stderr
    assert "Failed: " in ended.stdout


def test_a_source_that_does_not_answer_is_75(home):
    home.world.faults.add("spotify", faults.server_error(503), times=None)
    ended = home.run("--mode", "single")
    assert ended.returncode == 75
    assert re.search(r"spotify-playing +failed: ", ended.stdout)


def test_a_database_that_does_not_answer_is_75_and_says_which_setting(home):
    ended = home.run("--mode", "single", DATABASE_URL="postgresql://me:pw@127.0.0.1:1/crate")
    assert ended.returncode == 75
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


# --- a dry run -------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_it_would_do_and_leaves_a_fresh_place_untouched(home):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    before = state_of(home)
    ended = home.run("--mode", "single", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    for words in ("nothing is changed", "Would take up: Mira Vale - Glass Harbour", "a row in Notion", "music"):
        assert words in ended.stdout
    assert state_of(home) == before | {"blank.env": hashlib.sha256(b"").hexdigest()}
    assert writes_to(home.world) == []


def test_a_dry_run_beside_a_ledger_changes_nothing_and_reads_it(home):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    assert home.run("--mode", "single").returncode == 0
    home.world.person.likes_on_soundcloud(COPPER_SUN)
    before = state_of(home)
    home.world.log.clear()
    ended = home.run("--mode", "single", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"Would take up: .*/copper-sun\b", ended.stdout)
    assert "low-tide" not in ended.stdout
    assert state_of(home) == before
    assert writes_to(home.world) == []


def test_a_dry_run_makes_no_tables_in_a_database_and_reads_those_there_are(home, postgres):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    with postgres.fresh_database() as name:
        url = postgres.url(name)
        assert "low-tide" in home.run("--mode", "single", "--dry-run", DATABASE_URL=url).stdout
        assert not Ledger.is_current(url)
        assert home.run("--mode", "single", DATABASE_URL=url).returncode == 0
        assert "Nothing new" in home.run("--mode", "single", "--dry-run", DATABASE_URL=url).stdout


def test_a_dry_run_keeps_a_log_in_that_would_else_be_lost(home):
    token = home.world.twins.spotify.accounts.consent(pkce=True)
    pkce = {"SPOTIFY_CLIENT_SECRET": "", "SPOTIFY_REFRESH_TOKEN": token}
    assert home.run("--mode", "single", "--dry-run", **pkce).returncode == 0
    ended = home.run("--mode", "single", "--dry-run", **pkce)
    assert "parked" not in ended.stdout, "the first refresh token is over: its successor was kept"


def test_a_dry_run_after_a_kill_in_the_middle_of_a_transaction(home):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    assert home.run("--mode", "single").returncode == 0
    ledger = home.folder / "var" / "ledger.db"
    subprocess.run([sys.executable, "-c", DIE_WHILE_WRITING, str(ledger)], timeout=60, check=False)
    assert (ledger.parent / "ledger.db-journal").stat().st_size > 0
    before = state_of(home)
    ended = home.run("--mode", "single", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "Nothing new would be taken up" in ended.stdout
    assert state_of(home) == before
    with closing(sqlite3.connect(ledger)) as mended:
        assert mended.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'torn'").fetchone() == (0,)


# --- ends and beginnings ---------------------------------------------------------------------------------------------


def test_ctrl_c_in_the_middle_is_75_and_the_next_run_finishes_it(home):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    home.world.faults.add("youtube", faults.slow(3600), method="POST", route="/youtubei/v1/search")
    with home.start("--mode", "single") as process:
        seen = [next(line for line in process.stderr if " known:" in line)]  # what comes next is the slow search
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 75, (seen, err)
    assert err.splitlines()[-1] == "Stopped. What was begun goes on at the next start."
    assert "Traceback" not in err
    assert out == ""
    home.world.faults.clear()
    ended = home.run("--mode", "single")
    assert ended.returncode == 0, ended.stderr
    assert len(home.music) == 3


def test_a_run_from_another_folder_uses_the_same_ledger(home, tmp_path):
    """As cron does it: relative paths are below the `.env`, wherever one stands."""
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    place.mkdir()
    elsewhere.mkdir()
    settings = {**home.environ, "VAR_DIR": "var", "OUT_DIR": "music"}
    (place / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))

    def run(cwd):
        command = [sys.executable, "-m", "daemon", "--env-file", str(place / ".env"), "--mode", "single"]
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=90)

    assert run(place).returncode == 0
    assert len(list((place / "music").rglob("*.*"))) >= 3
    again = run(elsewhere)
    assert again.returncode == 0, again.stderr
    assert "Nothing new" in again.stdout
    assert list(elsewhere.iterdir()) == []


# --- faces -----------------------------------------------------------------------------------------------------------


def test_a_json_log_is_one_object_a_line(home):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    ended = home.run("--mode", "single", LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    assert ended.returncode == 0
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert all({"ts", "level", "logger", "message"} <= set(line) for line in lines)
    assert any(line["message"].startswith("shelve:") for line in lines)
    assert ESCAPE not in ended.stdout


@pytest.fixture
def terminal(home):
    with Terminal(home) as terminal:
        yield terminal


class Terminal:
    """A pseudo-terminal with the program in it."""

    def __init__(self, home):
        self._home = home
        self._ours, self._theirs = pty.openpty()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._ours)
        os.close(self._theirs)

    def run(self, *words: str, stdout: int | None = None) -> tuple[int, str, str]:
        """The exit code, what was shown, and what went into a pipe (`stdout=subprocess.PIPE`)."""
        blank = self._home.folder / "blank.env"
        blank.touch()
        environ = {**self._home.environ, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "140"}
        process = subprocess.Popen(
            [sys.executable, "-m", "daemon", *words],
            cwd=ROOT,
            env={**environ, "CRATEKEEPER_ENV_FILE": str(blank)},
            stdin=self._theirs,
            stdout=self._theirs if stdout is None else stdout,
            stderr=self._theirs,
        )
        shown = bytearray()
        with process:
            reader = threading.Thread(target=self._read, args=(shown,))
            reader.start()
            try:
                piped, _ = process.communicate(timeout=90)
            finally:
                process.kill()
                os.write(self._theirs, END.encode())
                reader.join()
        return process.returncode, shown.decode().partition(END)[0], (piped or b"").decode()

    def _read(self, shown: bytearray) -> None:
        while END.encode() not in shown:
            shown += os.read(self._ours, 65536)


def test_in_a_terminal_each_step_is_seen_and_the_card_at_the_end(home, terminal):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    code, shown, _ = terminal.run("--mode", "single")
    assert code == 0, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    for step in STEPS:
        assert re.search(rf"✓ {step} ", plain), plain
    assert "╭─ Mira Vale - Glass Harbour" in plain
    assert plain.rstrip().splitlines()[-1].startswith("╰──")
    assert shown.endswith("\n")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is given back"


def test_no_escape_sequence_goes_into_a_pipe_though_the_steps_go_to_a_terminal(home, terminal):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    code, shown, piped = terminal.run("--mode", "single", stdout=subprocess.PIPE)
    assert code == 0, shown
    assert ESCAPE in shown
    assert "Sunder - Low Tide" in piped
    assert ESCAPE not in piped
    assert "╭" not in piped


def test_a_title_cannot_speak_to_the_terminal(home, terminal):
    home.world.person.likes_on_soundcloud(LOW_TIDE).title = "Low \x1b]0;owned\x07Tide [/b]"
    code, shown, _ = terminal.run("--mode", "single")
    assert code == 0, shown
    assert "\x1b]0;" not in shown
    assert "[/b]" in shown
