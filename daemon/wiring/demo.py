"""The sandbox, opened for the demo and for people who want to try things on it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import ConfigError, Problem

if TYPE_CHECKING:
    from integrations.sandbox.notion import PersonScript

log = logging.getLogger(__name__)


@contextmanager
def open_sandbox(folder: Path, *, first_port: int = 0, person: Path | None = None) -> Iterator[dict[str, str]]:
    """Serves the sandbox; yields the settings that lead there and keep all results in `folder`. `person` is a script
    of what somebody does in Notion meanwhile. Raises ConfigError for a script that is wrong."""
    from integrations.sandbox.notion import PersonScript, ScriptError
    from integrations.sandbox.world import GLASS_HARBOUR, World

    with World(folder / "sandbox", first_port=first_port) as world:
        world.person.likes_on_spotify(GLASS_HARBOUR)
        try:
            script = PersonScript(world.twins.notion, person.read_text().splitlines() if person else [])
        except ScriptError as error:
            raise ConfigError([Problem("--person", str(error))]) from error
        with _acted(script):
            yield {**world.environ(), "VAR_DIR": str(folder / "var"), "OUT_DIR": str(folder / "music")}


@contextmanager
def _acted(script: PersonScript) -> Iterator[None]:
    """Somebody does what the script says, at its pace, until it is over or the sandbox is."""
    from integrations.sandbox.notion import ScriptError

    over = threading.Event()

    def act() -> None:
        try:
            while not over.is_set() and (done := script.step()):
                log.info("the person: line %d, %s", done.line, done.verb)
                over.wait(done.pause_s)
        except ScriptError as error:
            log.warning("the person's script stops: %s", error)

    hands = threading.Thread(target=act, name="sandbox-person", daemon=True)
    hands.start()
    try:
        yield
    finally:
        over.set()
        hands.join()
