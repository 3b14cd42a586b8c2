"""What starts us on a person's machine: the units, the agent, and the line for cron."""

from __future__ import annotations

import plistlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from daemon.cli.main import cli
from tests.house import ROOT

UNITS = ROOT / "systemd"
PROGRAM = "%h/cratekeeper/.venv/bin/cratekeeper"
MODES = ("daemon", "single")


@pytest.fixture
def systemd_analyze():
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed here")
    return found


def settings_of(unit):
    lines = (UNITS / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def words_of(command):
    """What comes after the program."""
    program, *words = shlex.split(command)
    assert program.endswith("/cratekeeper/.venv/bin/cratekeeper")
    return words


def assert_is_understood(words):
    """Our own command line knows these words; `--help` keeps it from acting on them."""
    assert words[0] == "--mode"
    assert words[1] in MODES
    assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0
    assert f"{words[1]}" in CliRunner().invoke(cli, ["--help"]).output


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path, systemd_analyze):
    program = tmp_path / "cratekeeper" / ".venv" / "bin" / "cratekeeper"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.timer")):
        (tmp_path / unit.name).write_text(unit.read_text().replace("%h", str(tmp_path)))
    units = [str(unit) for unit in (*tmp_path.glob("*.service"), *tmp_path.glob("*.timer"))]
    assert len(units) == 3
    ended = subprocess.run(
        [systemd_analyze, "verify", "--man=no", *units],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_ours = [line for line in ended.stderr.splitlines() if "cratekeeper" in line]
    assert (about_ours, ended.returncode) == ([], 0), ended.stderr


@pytest.mark.parametrize("unit", ["cratekeeper.service", "cratekeeper-once.service"])
def test_a_service_starts_a_mode_that_exists(unit):
    command = settings_of(unit)["ExecStart"]
    assert command.startswith(f"{PROGRAM} ")
    assert_is_understood(words_of(command))


def test_a_wrong_configuration_is_not_started_again_and_a_hung_loop_is():
    unit = settings_of("cratekeeper.service")
    assert unit["Type"] == "notify"
    assert unit["Restart"] == "on-failure"
    assert "78" in unit["RestartPreventExitStatus"].split()
    assert int(unit["WatchdogSec"]) >= 60
    assert int(unit["TimeoutStopSec"]) > 5, "we promise to be gone within five seconds"


def test_the_timer_starts_the_one_shot():
    assert settings_of("cratekeeper-once.timer")["Unit"] == "cratekeeper-once.service"
    once = settings_of("cratekeeper-once.service")
    assert (once["Type"], once["SuccessExitStatus"]) == ("oneshot", "75")


def test_the_launchd_agent_says_what_the_unit_says():
    agent = plistlib.loads((UNITS / "cratekeeper.plist").read_bytes())
    assert agent["ProgramArguments"][0] == "HOME/cratekeeper/.venv/bin/cratekeeper"
    assert_is_understood(agent["ProgramArguments"][1:])
    assert agent["KeepAlive"] == {"Crashed": True}
    assert agent["RunAtLoad"] is True
    assert agent["ExitTimeOut"] > 5


def test_the_page_names_only_files_that_exist_and_a_line_for_cron_that_works():
    page = (ROOT / "docs" / "running.md").read_text()
    for named in re.findall(r"(?<![\w/.])systemd/[\w.*-]+", page):
        assert list(ROOT.glob(named)), named
    [line] = re.findall(r"```cron\n(.+)\n```", page)
    *_when, command = line.split(maxsplit=5)
    command, _, log = command.partition(" 2>> ")
    assert Path(log).parent.name == "var"
    assert_is_understood(words_of(command))
