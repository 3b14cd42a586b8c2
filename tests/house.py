"""The whole program in a test: a sandbox world, and the real command line as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from daemon.ledger import Ledger
from daemon.settings import Settings, load
from integrations.sandbox.world import World

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
PROGRAM = ("-m", "daemon")


class Home:
    """One person's installation: a world of twins, settings that lead there, and folders of its own."""

    def __init__(self, folder: Path, world: World, **settings: str) -> None:
        self.folder = folder
        self.world = world
        self.environ = {
            **world.environ(),
            "VAR_DIR": str(folder / "var"),
            "OUT_DIR": str(folder / "music"),
            "SOURCE_TIMEOUT_S": "10",
            "DOWNLOAD_GAP_S": "0",
            "MIN_FREE_GB": "0",
            **settings,
        }

    @property
    def settings(self) -> Settings:
        return load(self.environ, None, self.folder).settings

    @property
    def music(self) -> list[str]:
        """The files on the shelf, by name."""
        return sorted(
            str(file.relative_to(self.folder / "music"))
            for file in (self.folder / "music").glob("**/*")
            if file.is_file() and not file.name.startswith(".")
        )

    def start(self, *words: str, program: Sequence[str] = PROGRAM, **more: str) -> subprocess.Popen[str]:
        """`python -m daemon …` as a process, with nothing of our own environment but what it needs to run."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        # A .env of the developer's must not reach a test: an empty one is named instead.
        blank = self.folder / "blank.env"
        blank.touch()
        return subprocess.Popen(
            [sys.executable, *program, *words],
            env={**kept, **self.environ, "CRATEKEEPER_ENV_FILE": str(blank), **more},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, timeout_s: float = 90, **more: str) -> subprocess.CompletedProcess[str]:
        """`start`, and wait for the end."""
        with self.start(*words, **more) as process:
            try:
                out, err = process.communicate(timeout=timeout_s)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the Tracks database, as plain values, oldest first."""
        return list(self.world.twins.notion.rows(self.world.twins.tracks_db_id).values())

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """What the installation knows, for whoever looks on."""
        with Ledger.open(self.settings.ledger_url.get_secret_value(), time.time) as ledger:
            yield ledger

    def forget_work(self) -> None:
        """Takes away what a postponed track keeps for its next attempt."""
        shutil.rmtree(self.folder / "var" / "work")


@contextmanager
def alive(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive its test."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def until(looked_for: Callable[[], T], what: str, *, timeout_s: float = 30.0) -> T:
    """Waits until `looked_for` answers something, and answers it. For what happens in other processes and threads."""
    deadline = time.monotonic() + timeout_s
    while not (found := looked_for()):
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain for {what}"
        time.sleep(0.02)
    return found


@contextmanager
def a_home(folder: Path, **settings: str):
    """A world and an installation in `folder`."""
    with World(folder / "sandbox") as world:
        yield Home(folder, world, **settings)
