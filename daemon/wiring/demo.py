"""The sandbox, opened for the demo and for people who want to try things on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_sandbox(folder: Path, *, first_port: int = 0) -> Iterator[dict[str, str]]:
    """Serves the sandbox; yields the settings that lead there and keep all results in `folder`."""
    from integrations.sandbox.world import GLASS_HARBOUR, World

    with World(folder / "sandbox", first_port=first_port) as world:
        world.person.likes_on_spotify(GLASS_HARBOUR)
        yield {**world.environ(), "VAR_DIR": str(folder / "var"), "OUT_DIR": str(folder / "music")}
