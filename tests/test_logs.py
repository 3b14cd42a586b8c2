"""Nothing that is logged shows a secret, whoever logs it; lines are short and readable; nothing stays set up."""

from __future__ import annotations

import base64
import io
import json
import logging
import math
import re
import subprocess
import sys
import threading
import warnings
from datetime import datetime
from urllib.parse import quote

import pytest
from notion_client import Client

from daemon.logs import STRANGERS, set_up
from daemon.secrets import Masker

TOKEN = "ntn_Recognisable-1234567890"
ODD = "Recognisable'\"+/=\\é 2"
LEARNT = "BQRecognisable-learnt"


@pytest.fixture
def masker():
    return Masker([TOKEN, ODD])


@pytest.fixture(params=["text", "json"])
def log(request, masker):
    """What was written so far, as a function; every kind of line."""
    stream = io.StringIO()
    undo = set_up("DEBUG", request.param, masker, stream)
    yield stream.getvalue
    undo()


def failing(message: str) -> None:
    raise ValueError(message)


# --- no secret survives ----------------------------------------------------------------------------------------------


def log_a_message():
    logging.getLogger("daemon.fetch").info(f"the token {TOKEN} and {ODD}")  # noqa: G004 -- how one slips in


def log_arguments():
    logging.getLogger("daemon.fetch").info("%s and %r and %s", TOKEN, ODD, {"Authorization": f"Bearer {TOKEN}"})


def log_an_address():
    query = f"https://h/p?token={quote(ODD)}&t={quote(ODD, safe='')}"
    logging.getLogger("httpx").warning("HTTP Request: GET %s", query)


def log_headers():
    basic = base64.b64encode(f"client:{ODD}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Cookie": ODD, "X": [(b"a", ODD.encode())]}
    logging.getLogger("urllib3.connectionpool").debug("headers: %r", headers)


def log_a_traceback():
    try:
        try:
            failing(f"401 for {TOKEN}")
        except ValueError as error:
            error.add_note(f"note: {ODD!r}")
            raise RuntimeError(f"while using {ODD}") from error
    except RuntimeError:
        logging.getLogger("daemon.fetch").exception("failed with %s", TOKEN)


def log_a_group():
    group = ExceptionGroup(f"several for {TOKEN}", [ValueError(ODD), KeyError(TOKEN)])
    logging.getLogger("daemon.fetch").error("failed", exc_info=group)


def log_the_stack():
    exec(f"import logging; logging.getLogger('daemon.x').info('{TOKEN}', stack_info=True)")  # noqa: S102 -- a stack of its own


def log_extra_fields():
    extra = {
        "url": f"https://h/?t={TOKEN}",
        TOKEN: 1,
        "deep": {"list": [ODD, {"k": (TOKEN,)}]},
        "thing": ValueError(ODD),
    }
    logging.getLogger("daemon.fetch").info("done", extra=extra)


def log_arguments_that_do_not_fit():
    logging.getLogger("daemon.fetch").info("%d of %d", TOKEN)


def log_a_name():
    logging.getLogger(f"daemon.{TOKEN}").info("hello")


def log_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # `catch_warnings` has put pytest's recorder back: route them again
        logging.captureWarnings(True)
        warnings.warn(f"unclosed connection with {TOKEN}", ResourceWarning, stacklevel=1)


def log_a_record_from_elsewhere():
    error = ValueError(TOKEN)
    fields = {
        "name": "child",
        "msg": "%s",
        "args": (ODD,),
        "levelname": "INFO",
        "levelno": 20,
        "exc_info": (ValueError, error, None),
    }
    logging.getLogger("child").handle(logging.makeLogRecord(fields | {"stack_info": TOKEN}))


def crash():
    try:
        failing(TOKEN)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def crash_a_thread():
    thread = threading.Thread(target=failing, args=(TOKEN,))
    thread.start()
    thread.join()


def crash_a_cleanup():
    class Broken:
        def __del__(self) -> None:
            failing(TOKEN)

    Broken()


LEAKS = [
    log_a_message,
    log_arguments,
    log_an_address,
    log_headers,
    log_a_traceback,
    log_a_group,
    log_the_stack,
    log_extra_fields,
    log_arguments_that_do_not_fit,
    log_a_name,
    log_a_warning,
    log_a_record_from_elsewhere,
    crash,
    crash_a_thread,
    crash_a_cleanup,
]


@pytest.mark.parametrize("leak", LEAKS)
def test_no_secret_survives(leak, log, capfd):
    leak()
    written = log()
    assert written
    assert "***" in written or leak is log_extra_fields
    for everything in (written, *capfd.readouterr()):
        assert "Recognisable" not in everything
        assert base64.b64encode(ODD.encode()).decode()[:12] not in everything


def test_a_token_that_is_learnt_later_is_masked_from_then_on(log, masker):
    masker.add(LEARNT)
    logging.getLogger("daemon.spotify").info("refreshed: %s", LEARNT)
    assert LEARNT not in log()


@pytest.mark.parametrize("name", ["notion_client", "someone.else"])
def test_handlers_that_others_bring_show_no_secret_either(log, name, capfd):
    logger = logging.getLogger(name)
    theirs = logging.StreamHandler()
    logger.addHandler(theirs)
    try:
        failing(TOKEN)
    except ValueError:
        logger.exception("for %s", ODD, stack_info=True)
    finally:
        logger.removeHandler(theirs)
    printed = capfd.readouterr().err
    assert "for ***" in printed
    assert "Recognisable" not in printed


def test_the_handler_that_notion_client_brings_shows_no_secret(log, capfd):
    logger = logging.getLogger("notion_client")
    with Client(auth=TOKEN) as client:
        client.logger.warning("request with %s", TOKEN)
    added = [handler for handler in logger.handlers if isinstance(handler, logging.StreamHandler)]
    for handler in added:
        logger.removeHandler(handler)
    assert added, "notion_client brings none any more: this test has lost its reason"
    assert "request with ***" in capfd.readouterr().err


def test_dbos_brings_no_handler_of_its_own_once_the_log_is_set_up():
    program = (
        "import sys, logging; from daemon.logs import set_up; from daemon.secrets import Masker;"
        "set_up('INFO', 'text', Masker(['Recognisable']), sys.stdout);"
        "import dbos; logging.getLogger('dbos').warning('for Recognisable')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"\S+ \S+ WARN  dbos: for \*\*\*\n", run.stdout)
    assert run.stderr == ""


def test_a_whole_program_that_crashes_shows_no_secret():
    program = (
        "from daemon.logs import set_up; from daemon.secrets import Masker;"
        f"set_up('INFO', 'text', Masker([{TOKEN!r}]));"
        f"raise RuntimeError('refused: ' + {TOKEN!r})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert "RuntimeError: refused: ***" in run.stderr
    assert "Recognisable" not in run.stdout + run.stderr


def test_a_broken_stream_prints_nothing_and_stops_nothing(masker, capfd):
    stream = io.StringIO()
    undo = set_up("INFO", "text", masker, stream)
    stream.close()
    logging.getLogger("daemon.fetch").info("for %s", TOKEN)
    undo()
    assert capfd.readouterr() == ("", "")


# --- how a line looks ------------------------------------------------------------------------------------------------


@pytest.fixture
def written(request, masker):
    """Logs through `set_up` in the format and level that the test names; gives the stream."""
    undoes = []

    def start(level="INFO", style="text") -> io.StringIO:
        stream = io.StringIO()
        undoes.append(set_up(level, style, masker, stream))
        return stream

    yield start
    for undo in undoes:
        undo()


def test_text_lines_are_short_and_readable(written):
    stream = written()
    logging.getLogger("daemon.pipeline.fetch").info("2.1 of %s MB", 5.2)
    logging.getLogger("integrations.notion").warning("slow")
    logging.getLogger("dbos.engine").error("gone")
    logging.getLogger("daemon.engine").critical("over")
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    patterns = ["INFO  fetch: 2.1 of 5.2 MB", "WARN  notion: slow", "ERROR dbos.engine: gone", "FATAL engine: over"]
    for line, pattern in zip(stream.getvalue().splitlines(), patterns, strict=True):
        assert re.fullmatch(f"{time} {re.escape(pattern)}", line)


def test_a_title_can_neither_forge_a_line_nor_reach_the_terminal(written):
    stream = written()
    title = "A\n2026-01-01 00:00:00 INFO  fetch: forged\x1b[2J\r\x9b1m"
    try:
        failing(title)
    except ValueError:
        logging.getLogger("daemon.fetch").exception(title)
    lines = stream.getvalue().removesuffix("\n").split("\n")
    assert [line for line in lines[1:] if not line.startswith("    ")] == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", stream.getvalue())
    assert "    Traceback (most recent call last):" in lines


def test_json_lines_are_one_object_each(written):
    stream = written(style="json")
    log = logging.getLogger("daemon.fetch")
    log.info(
        "line one\nline %s", "two", extra={"track": "t1", "bpm": 128.0, "odd": math.nan, "of": {"a", 1}, "no": None}
    )
    try:
        failing("oh é")
    except ValueError:
        log.exception("failed", stack_info=True, extra={"level": "mine"})
    log.info("plain", stack_info=True)
    first, second, third = (json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().splitlines())
    moment = datetime.fromisoformat(first.pop("ts"))
    assert moment.tzinfo is not None
    assert sorted(first.pop("of"), key=str) == [1, "a"]
    rest = {"level": "INFO", "logger": "daemon.fetch", "message": "line one\nline two"}
    assert first == rest | {"track": "t1", "bpm": 128.0, "odd": "nan", "no": None}
    assert second["level"] == "ERROR"
    assert second["traceback"].endswith("ValueError: oh é")
    assert second["stack"].startswith("Stack (most recent call last)")
    assert "traceback" not in third
    assert third["stack"].startswith("Stack (most recent call last)")


def test_json_stays_json_when_a_secret_is_a_number(written, masker):
    masker.add("123456")
    stream = written(style="json")
    logging.getLogger("daemon.x").info("code", extra={"code": 123456, "other": 7})
    line = json.loads(stream.getvalue())
    assert (line["code"], line["other"]) == ("***", 7)


def test_what_cannot_be_shown_stops_nothing(written):
    class Shy:
        def __str__(self) -> str:
            raise RuntimeError

    stream = written(style="json")
    logging.getLogger("daemon.x").info("here: %s", Shy(), extra={"shy": Shy()})
    line = json.loads(stream.getvalue())
    assert line["message"].startswith("here: %s (arguments that do not fit")
    assert line["shy"] == "<Shy that cannot be shown>"


# --- who may speak ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("DEBUG", "DEBUG", "DEBUG"),
        ("INFO", "INFO", "WARNING"),
        ("WARNING", "WARNING", "WARNING"),
        ("ERROR", "ERROR", "ERROR"),
    ],
)
def test_libraries_speak_from_warning_on_unless_we_debug(written, level, ours, theirs):
    stream = written(level)
    for name in ("daemon.fetch", *STRANGERS):
        for each in ("DEBUG", "INFO", "WARNING", "ERROR"):
            logging.getLogger(name).log(logging.getLevelNamesMapping()[each], "%s says %s.", name, each)
    text = stream.getvalue()
    for name, lowest in (("daemon.fetch", ours), *((name, theirs) for name in STRANGERS)):
        said = re.findall(rf"{name} says (\w+)\.", text)
        levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
        assert said == levels[levels.index(lowest) :]


def test_interrupting_is_no_bug(written):
    stream = written()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert stream.getvalue().endswith("WARN  logs: interrupted\n")


def test_without_a_stream_it_writes_to_whatever_stderr_is(masker, monkeypatch):
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    undo = set_up("INFO", "text", masker)
    logging.getLogger("daemon.x").info("one")
    monkeypatch.setattr(sys, "stderr", second)
    logging.getLogger("daemon.x").info("two")
    undo()
    assert first.getvalue().endswith("one\n")
    assert second.getvalue().endswith("two\n")
    assert "one" not in second.getvalue()


# --- nothing stays ---------------------------------------------------------------------------------------------------


def state():
    loggers = [logging.getLogger(), *map(logging.getLogger, STRANGERS), logging.getLogger("py.warnings")]
    each = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning)
    return each, hooks, logging.getLogRecordFactory()


def test_undoing_puts_everything_back(masker):
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())  # captureWarnings adds one, once and for all
    theirs = logging.StreamHandler(io.StringIO())
    logging.getLogger("dbos").addHandler(theirs)
    before = state()
    undo = set_up("DEBUG", "json", masker, io.StringIO())
    assert state() != before
    assert theirs not in logging.getLogger("dbos").handlers
    undo()
    assert state() == before
    undo()
    assert state() == before
    logging.getLogger("dbos").removeHandler(theirs)


def test_setting_up_twice_writes_each_line_once_and_undoes_cleanly(masker):
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())
    before = state()
    first, second = io.StringIO(), io.StringIO()
    undo_first = set_up("INFO", "text", masker, first)
    undo_second = set_up("INFO", "text", masker, second)
    logging.getLogger("daemon.x").info("once")
    undo_first()
    logging.getLogger("daemon.x").info("twice")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 2
    undo_second()
    assert state() == before
