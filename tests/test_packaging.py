"""What is built, installed and pinned."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import daemon
from tests.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("bootstrap", "run", "dev")
PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==\S+")


def normalised(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """The requirements of a lock file: all lines of each, by name."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    found = {}
    for entry in re.findall(r"^[^\s#].*(?:\n[ \t].*)*", text, re.MULTILINE):
        pinned = PINNED.match(entry)
        assert pinned, f"{lock}.lock: {entry.splitlines()[0]} is not pinned to one version"
        found[normalised(pinned["name"])] = entry
    return found


def wanted(requirements: list[str]) -> set[str]:
    return {normalised(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in requirements}


def test_daemon_is_ours_and_not_that_of_python_daemon():
    assert Path(daemon.__file__) == ROOT / "daemon" / "__init__.py"


def test_the_console_script_is_the_same_as_the_module():
    script = Path(sys.executable).with_name("cratekeeper")
    told = [
        subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
        for command in ([str(script)], [sys.executable, "-m", "daemon"])
    ]
    assert told[0].replace("cratekeeper [OPTIONS]", "python -m daemon [OPTIONS]", 1) == told[1]
    assert "--mode" in told[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    ended = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    [file] = folder.glob("*.whl")
    with zipfile.ZipFile(file) as packed:
        yield {name: packed.read(name) for name in packed.namelist()}


def test_the_wheel_holds_both_packages_whole(wheel):
    sources = {
        str(file.relative_to(ROOT))
        for package in ("daemon", "integrations")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert sources <= set(wheel)
    for name in ("daemon/py.typed", "integrations/py.typed", "daemon/ledger/migrations/env.py"):
        assert name in wheel
    assert any(name.startswith("daemon/ledger/migrations/versions/v0001") for name in wheel)


def test_the_wheel_holds_nothing_else(wheel):
    assert {name.partition("/")[0].partition("-")[0] for name in wheel} == {"daemon", "integrations", "cratekeeper"}
    assert not [name for name in wheel if "__pycache__" in name or name.startswith("tests")]


def test_the_wheel_says_what_it_is(wheel):
    [entry_points] = [text.decode() for name, text in wheel.items() if name.endswith("entry_points.txt")]
    assert "cratekeeper = daemon.cli.main:main" in entry_points
    [metadata] = [text.decode() for name, text in wheel.items() if name.endswith("/METADATA")]
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: GPL-3.0-or-later" in metadata


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_by_hash(lock):
    for name, entry in entries(lock).items():
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
        assert hashes, f"{lock}.lock: {name} has no hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_packages_come_from(lock):
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    assert not re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", text)


def test_the_locks_hold_what_the_project_asks_for():
    assert wanted(PROJECT["project"]["dependencies"]) <= set(entries("run"))
    asked = [*PROJECT["dependency-groups"]["dev"], *PROJECT["project"]["optional-dependencies"]["postgres"]]
    assert wanted(asked) <= set(entries("dev"))
    assert wanted([*PROJECT["build-system"]["requires"], "uv", "editables"]) <= set(entries("bootstrap"))


def test_the_locks_agree():
    run, dev = entries("run"), entries("dev")
    for name in run:
        assert PINNED.match(run[name])[0] == PINNED.match(dev[name])[0]
