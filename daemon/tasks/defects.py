"""What looks like a defect of ours goes to Issues+Questions: once for each place where it happens.

Everything that nobody foresaw is logged in one way, by `log.exception`; so the log is where it is heard of.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import traceback
from collections.abc import Callable
from pathlib import PurePath
from types import TracebackType

from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import Json
from daemon.tasks.rows import DESCRIPTION, NAME, NOT_STARTED, PRIORITY, STATUS, US

_OURS = ("daemon", "integrations")
_FRAMES_SHOWN = 12
_FOLDERS = re.compile(r"(?:file://|(?<![/\w]))/(?:[^/\n'\"]+/)+|(?<!\w)[A-Za-z]:\\(?:[^\\\n'\"]+\\)+")
"""Of a path the folders, blanks in their names and all: they are the machine's. Rather a word too many is gone."""
_LONGEST = 1_900
_TOLD_EVERY_S = 600.0
"""One that comes again at every look is written down so often."""


class DefectWatch(logging.Handler):
    """Raises an issue for what is logged with a traceback that is none of `daemon.errors`. Never in anybody's way: what
    goes wrong here is said on the terminal, and no more."""

    def __init__(self, ledger: Ledger, *, version: str, mask: Callable[[str], str], clock: Callable[[], float]) -> None:
        super().__init__(logging.ERROR)
        self._clock = clock
        self._ledger = ledger
        self._version = version
        self._mask = mask
        self._busy = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or isinstance(error, DaemonError) or getattr(self._busy, "now", False):
            return
        self._busy.now = True  # the ledger may log too
        try:
            key = f"defect/{signature(error)}"
            shows = issue(error, self._mask(record.getMessage()), self._version, self._mask)
            self._raise(key, shows)
        except Exception:  # noqa: BLE001 -- whatever it is: who logs is not to hear of it
            self.handleError(record)
        finally:
            self._busy.now = False

    def _raise(self, key: str, shows: Json) -> None:
        known, now = self._ledger.tasks.get(key), self._clock()
        if known is not None and now - float(known.memory.get("last_at", 0.0)) < _TOLD_EVERY_S:
            return
        memory = {"last_at": now}
        if known is None:
            self._ledger.tasks.raise_(key, kind="defect", database="issues", wanted=shows, memory=memory)
            return
        self._ledger.tasks.remember(key, memory)
        self._ledger.tasks.hurry(key)  # perhaps somebody has called it mended


def signature(error: BaseException) -> str:
    """The same for the same defect, whatever the data and wherever the lines have moved to."""
    words = [type(error).__name__, *(place.rpartition(":")[0] or place for place in _places(error.__traceback__))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def issue(error: BaseException, doing: str, version: str, mask: Callable[[str], str]) -> Json:
    """What the row says. Paths of the machine are left out: only where in our code it was."""
    kind = type(error).__name__
    where = _places(error.__traceback__)[-_FRAMES_SHOWN:]
    head = f"cratekeeper {version}: {_bare(doing)}\n\n{kind}: {_bare(mask(str(error)))}"
    tail = "\n".join(["", "", "Where, the innermost last:", *where])
    return {
        NAME: f"{US}: A defect of ours, {kind} in {where[-1].partition(' ')[0] if where else 'no place'}",
        STATUS: NOT_STARTED,
        PRIORITY: "High",
        DESCRIPTION: f"{head[: _LONGEST - len(tail)]}{tail}"[:_LONGEST],
    }


def _bare(text: str) -> str:
    return _FOLDERS.sub("…/", text)


def _places(trace: TracebackType | None) -> list[str]:
    """`daemon/outbox.py carry:96` for each frame of ours, and the innermost of somebody else's."""
    frames = traceback.extract_tb(trace)
    ours = [_place(frame) for frame in frames]
    return [place for place, frame in zip(ours, frames, strict=True) if place.startswith(_OURS) or frame is frames[-1]]


def _place(frame: traceback.FrameSummary) -> str:
    parts = PurePath(frame.filename).parts
    begin = max((index for index, part in enumerate(parts) if part in _OURS), default=len(parts) - 1)
    return f"{'/'.join(parts[begin:])} {frame.name}:{frame.lineno}"
