"""A program for a test: rewrites the tags of a file again and again, each time killed one call to the system later.

`python -m tests.integrations.rewriting_killed FILE` prints one line for each life: how it ended, and what the file is
then, by its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from daemon.models import Tags
from integrations.tags import rewrite

TAGS = Tags(title="new title", bpm=64.0, artwork_jpeg=b"\xff\xd8" + bytes(5000))
_CALLS = frozenset(
    {"open", "flock", "write", "flush", "truncate", "fsync", "close", "chmod", "utime", "chown"}
    | {"copyfileobj", "replace", "rename", "unlink"}
)


def killed_at(number: int) -> None:
    """From now on this process dies just before its so-manieth call that could change a file."""
    left = number

    def count(_: FrameType, event: str, called: Any) -> None:
        nonlocal left
        if event == "c_call" and getattr(called, "__name__", "") in _CALLS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


def main(path: Path) -> None:
    old = path.read_bytes()
    for number in range(10_000):
        child = os.fork()
        if child == 0:
            killed_at(number)
            rewrite(path, TAGS)
            sys.setprofile(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else "failed"
        sys.stdout.write(f"{ended} {hashlib.sha256(path.read_bytes()).hexdigest()}\n")
        if ended != "killed":
            return
        path.write_bytes(old)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
