"""The log: one stream, short lines for people or one JSON object a line for machines, and no secret in either.

Masking happens twice. When a record is made its message, traceback and stack are masked, because libraries put handlers
of their own on their loggers (dbos, notion_client), and those write too. When we write a record, everything in it is
masked again, its extra fields and what came from elsewhere included.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from math import isfinite
from types import TracebackType
from typing import Any, Literal, TextIO

from daemon.secrets import Masker

_log = logging.getLogger(__name__)

STRANGERS = (
    "spotipy",
    "notion_client",
    "yt_dlp",
    "dbos",
    "httpx",
    "httpcore",
    "urllib3",
    "alembic",
    "apscheduler",
)
"""Loggers that are not ours: below WARNING they speak only when we debug, and only through our handler."""

_OWN_ROOMS = ("daemon.", "integrations.")
_SHORT_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_TAMED = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    ord("\n"): "\n    ",
    ord("\t"): "\t",
}
"""A title with an escape sequence must not reach the terminal, nor one with a line break look like a line of ours."""
_PLAIN = logging.Formatter()
_STANDARD_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def set_up(
    level: str, format: Literal["text", "json"], masker: Masker, stream: TextIO | None = None
) -> Callable[[], None]:
    """Sends every log line, every warning and every exception that nobody caught to `stream` (without one to whatever
    `sys.stderr` is at that moment: a live display may borrow it). Returns what undoes all of it.

    A second call takes the place of the first; undoing either of them, or one twice, does no harm.
    """
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, _OurHandler)]:
        earlier.undo()
    with ExitStack() as undo:
        ours = _OurHandler(stream)
        ours.setFormatter(_JsonLines(masker) if format == "json" else _TextLines(masker))
        root.addHandler(ours)
        undo.callback(root.removeHandler, ours)
        _set_level(root, logging.getLevelNamesMapping()[level], undo)
        for name in STRANGERS:
            _take_over(logging.getLogger(name), root.level, undo)
        _mask_new_records(masker, undo)
        _catch_the_uncaught(undo)
        logging.captureWarnings(True)
        undo.callback(logging.captureWarnings, False)
        ours.undo = undo.pop_all().close
    return ours.undo


# --- what is set, and put back ---------------------------------------------------------------------------------------


class _OurHandler(logging.StreamHandler[TextIO]):
    """Marks the handler as ours, and carries what undoes the set-up that made it."""

    undo: Callable[[], None]

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream or sys.stderr)
        self._follows_stderr = stream is None

    def emit(self, record: logging.LogRecord) -> None:
        if self._follows_stderr:
            self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging calls it so
        """Silence: the stream is broken, and logging's own answer would print the record unmasked."""


def _set_level(logger: logging.Logger, level: int, undo: ExitStack) -> None:
    undo.callback(logger.setLevel, logger.level)
    logger.setLevel(level)


def _take_over(stranger: logging.Logger, level: int, undo: ExitStack) -> None:
    """Off with its own handlers. The empty one in their place keeps dbos from bringing its own when it is imported."""
    own_handlers, propagates = list(stranger.handlers), stranger.propagate

    def give_back() -> None:
        stranger.handlers[:] = own_handlers
        stranger.propagate = propagates

    undo.callback(give_back)
    stranger.handlers[:] = [logging.NullHandler()]
    stranger.propagate = True
    _set_level(stranger, level if level <= logging.DEBUG else max(level, logging.WARNING), undo)


def _mask_new_records(masker: Masker, undo: ExitStack) -> None:
    make = logging.getLogRecordFactory()

    def make_masked(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = masker.mask(_message_of(record)), None
        if record.exc_info:
            # Formatters print the text that is there already, in place of one of their own.
            record.exc_text = masker.mask(_PLAIN.formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = masker.mask(record.stack_info)
        return record

    undo.callback(logging.setLogRecordFactory, make)
    logging.setLogRecordFactory(make_masked)


def _catch_the_uncaught(undo: ExitStack) -> None:
    def uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            _log.warning("interrupted")
        else:
            _log.critical("this is a bug: nobody expected this error", exc_info=(kind, error or kind(), trace))

    def uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def uncaught_in_cleanup(args: sys.UnraisableHookArgs) -> None:
        uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    for module, name, hook in (
        (sys, "excepthook", uncaught),
        (sys, "unraisablehook", uncaught_in_cleanup),
        (threading, "excepthook", uncaught_in_thread),
    ):
        undo.callback(setattr, module, name, getattr(module, name))
        setattr(module, name, hook)


# --- how a line looks ------------------------------------------------------------------------------------------------


class _TextLines(logging.Formatter):
    """`2026-11-20 17:03:11 INFO  fetch: …`, in local time; every further line is indented."""

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self._masker = masker

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).astimezone()
        level = _SHORT_LEVELS.get(record.levelname, record.levelname)
        text = tamed("\n".join([_message_of(record), *_traces_of(record).values()]))
        return self._masker.mask(f"{time:%Y-%m-%d %H:%M:%S} {level:<5} {_room_of(record.name)}: {text}")


class _JsonLines(logging.Formatter):
    """One object a line: `ts`, `level`, `logger`, `message`, where there are any `traceback` and `stack`, and the
    record's extra fields under their own names."""

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self._masker = masker

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message_of(record),
            **_traces_of(record),
        }
        taken = _STANDARD_FIELDS | fields.keys()
        extra = {name: value for name, value in vars(record).items() if name not in taken}
        return json.dumps(self._masked(fields | extra), ensure_ascii=False)

    def _masked(self, value: object) -> object:
        """The same in JSON's own types. Masked before it is written: a secret number would else leave broken JSON."""
        if isinstance(value, Mapping):
            return {self._masker.mask(str(key)): self._masked(held) for key, held in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._masked(held) for held in value]
        text = _as_text(value)
        masked = self._masker.mask(text)
        is_plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))
        return value if is_plain and masked == text else masked


def tamed(text: str) -> str:
    """Fit for a terminal, wherever it came from: no control characters, and every further line indented."""
    return text.translate(_TAMED)


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- any str() or % may fail; a log call must not fail the work
        return f"{_as_text(record.msg)} (arguments that do not fit: {_as_text(record.args)})"


def _as_text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- as above
        return f"<{type(value).__name__} that cannot be shown>"


def _traces_of(record: logging.LogRecord) -> dict[str, str]:
    """The traceback and the stack, as far as the record has them."""
    traceback = record.exc_text or (_PLAIN.formatException(record.exc_info) if record.exc_info else "")
    traces = {"traceback": traceback, "stack": record.stack_info or ""}
    return {name: trace for name, trace in traces.items() if trace}


def _room_of(logger_name: str) -> str:
    """Our own modules by their last name; a library by its whole one, for it is a name of its own."""
    return logger_name.rpartition(".")[2] if logger_name.startswith(_OWN_ROOMS) else logger_name
