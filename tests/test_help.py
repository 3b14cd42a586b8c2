"""`--help` is there at once: it imports next to nothing, and every command has one."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from daemon.cli.main import cli
from tests.house import ROOT

MAY_BE_IMPORTED = {
    "click",
    "daemon",
    "daemon.cli",
    "daemon.cli.exits",
    "daemon.cli.main",
    "daemon.errors",
    "daemon.jobs",
    "daemon.jobs.verbs",
    "daemon.models",
    "daemon.service",
    "daemon.service.errands",
    "daemon.service.errands.lines",
}
"""Beyond the standard library; of `daemon` module by module. Whoever adds to it measures first (`make bench`)."""

SAY_WHAT_IS_IMPORTED = """
import atexit, sys

before = set(sys.modules)

def say():
    for name in set(sys.modules) - before:
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names:
            print(name if top in ("daemon", "integrations") else top, file=sys.stderr)

atexit.register(say)
from daemon.cli.main import main
main()
"""


def commands() -> list[list[str]]:
    found: list[list[str]] = [[]]

    def walk(group: click.Group, words: list[str]) -> None:
        for name, command in group.commands.items():
            found.append([*words, name])
            if isinstance(command, click.Group):
                walk(command, [*words, name])

    walk(cli, [])
    return found


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_that_imports_next_to_nothing(words):
    ended = run("-c", SAY_WHAT_IS_IMPORTED, *words, "--help")
    assert ended.returncode == 0
    assert " ".join(["Usage:", "-c", *words]) in ended.stdout
    assert set(ended.stderr.split()) <= MAY_BE_IMPORTED


def test_help_is_what_one_sees_without_a_word():
    ended = run("-m", "daemon")
    assert ended.returncode == 0
    assert ended.stdout == run("-m", "daemon", "--help").stdout
    for words in ("Exit codes:", "--dry-run", "single", "sandbox"):
        assert words in ended.stdout


def test_the_version_is_told():
    ended = run("-m", "daemon", "--version")
    assert (ended.returncode, ended.stdout) == (0, "cratekeeper 0.1.0\n")


def test_an_unknown_word_is_no_defect_of_ours():
    ended = run("-m", "daemon", "--mode", "sinlge")
    assert ended.returncode == 2
    assert "single" in ended.stderr
    assert "Traceback" not in ended.stderr
