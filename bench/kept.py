"""What is expensive to make and never changes is kept between runs: files, environments, the answers of peers.

In the user's cache folder, where nothing is missed when somebody clears it away.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

_NAME = "cratekeeper-bench"


def folder(name: str, version: str = "") -> Path:
    """A folder of that name, which stays; but what was kept under it for another version goes."""
    place = user_cache_path(_NAME) / name
    path = place / version
    if version and place.exists():
        for other in place.iterdir():
            if other != path:
                shutil.rmtree(other)
    path.mkdir(parents=True, exist_ok=True)
    return path


def made(path: Path, make: Callable[[], bytes]) -> Path:
    """The file at `path`, made unless it is there."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(make())
        draft.replace(path)
    return path


def answer(question: Sequence[str], file: Path, ask: Callable[[], Any]) -> Any:
    """What somebody said about that file, as JSON: asked unless it is known. The question names who was asked, in which
    version and how."""
    digest = hashlib.sha256("\0".join(question).encode())
    with file.open("rb") as stream:
        digest.update(hashlib.file_digest(stream, "sha256").digest())
    path = folder("answers") / f"{digest.hexdigest()[:32]}.json"
    return json.loads(made(path, lambda: json.dumps(ask()).encode()).read_text())


def environment(name: str, packages: Sequence[str]) -> Path:
    """The Python of an environment that holds these packages (as pip takes them). Raises CalledProcessError when they
    cannot be had."""
    place = folder(f"environment-{name}", hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12])
    python = place / "bin" / "python"
    stamp = place / "whole.stamp"
    if not stamp.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(install, check=True, capture_output=True)
        stamp.touch()
    return python


def empty_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes."""
    return tempfile.TemporaryDirectory(prefix="cratekeeper-bench-")
