"""Foreign errors made ours, and what is repeated for how long."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from notion_client.errors import RequestTimeoutError, build_request_error

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from integrations.notion.edge import ATTEMPTS, Invalid, LostAnswer, NotionEdge, retry_after_s, translated
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin
from integrations.sandbox.server import RequestLog, Server

NOW = 1_795_176_000.0
TIMEOUT_S = 1.0
"""Waited out by each test of a slow answer; long enough for a busy machine."""


def failure(status: int, code: str | None = None, **headers: str) -> Exception:
    body = "<html>" if code is None else f'{{"object": "error", "code": "{code}", "message": "Said so."}}'
    response = httpx.Response(status, headers=headers)
    return build_request_error(response, body)


TRANSLATIONS: list[tuple[Exception, type[DaemonError]]] = [
    (failure(401, "unauthorized"), AuthExpired),
    (failure(403, "restricted_resource"), Refused),
    (failure(404, "object_not_found"), NotFound),
    (failure(400, "validation_error"), Invalid),
    (failure(400, "missing_version"), Invalid),
    (failure(429, "rate_limited"), RateLimited),
    (failure(429), RateLimited),
    (failure(529, "service_overload"), RateLimited),
    (failure(409, "conflict_error"), Unreachable),
    (failure(500, "internal_server_error"), Unreachable),
    (failure(502), Unreachable),
    (failure(503, "service_unavailable"), Unreachable),
    (failure(504, "gateway_timeout"), Unreachable),
    (failure(403), Unreachable),
    (failure(404), Unreachable),
    (RequestTimeoutError(), Unreachable),
    (httpx.ConnectError("refused"), Unreachable),
    (httpx.RemoteProtocolError("broken"), Unreachable),
]


@pytest.mark.parametrize(("error", "expected"), TRANSLATIONS)
def test_translates(error: Exception, expected: type[DaemonError]) -> None:
    told = translated(error, "read the row", NOW)
    assert type(told) is expected
    assert "read the row" in str(told)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("86400", 86400.0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_reads_retry_after(header: str | None, expected: float | None) -> None:
    assert retry_after_s(header, NOW) == expected


class Line:
    """An edge and the twin at its other end."""

    def __init__(self, server: Server, twin: NotionTwin, orders: Faults, log: RequestLog, token: str) -> None:
        self.twin, self.faults, self.log = twin, orders, log
        self.slept_s: list[float] = []
        self.edge = NotionEdge(token, base_url=server.url + "/", timeout_s=TIMEOUT_S, sleep=self.slept_s.append)
        (self.source_id,) = twin.data_source_ids(twin.create_database("Rows", {"Name": "title"}))
        self.row_id = twin.add_row_as_person(self.source_id, {})

    def create(self) -> Any:
        return self.edge.create_page(self.source_id, {"Name": {"title": [{"text": {"content": "A"}}]}})


@pytest.fixture
def token() -> str:
    return SANDBOX_TOKEN


@pytest.fixture
def line(token: str) -> Iterator[Line]:
    orders, log, twin = Faults(), RequestLog(), NotionTwin()
    with Server(twin, faults=orders, log=log) as server:
        line = Line(server, twin, orders, log, token)
        yield line
        line.edge.close()


PASSING: list[tuple[str, Fault]] = [
    ("429", faults.rate_limited(2)),
    ("429 without a word", faults.rate_limited()),
    ("503", faults.server_error(503)),
    ("409", faults.server_error(409)),
    ("529", faults.server_error(529)),
    ("HTML 502", faults.html(502)),
    ("HTML 200", faults.html(200)),
    ("another JSON 200", faults.answer(200, b"[]")),
    ("reset", faults.reset()),
    ("lost", faults.lost()),
    ("cut", faults.cut(10)),
]


@pytest.mark.parametrize(("_why", "fault"), PASSING, ids=[row[0] for row in PASSING])
@pytest.mark.parametrize("call", ["me", "query", "page", "update_page"])
def test_repeats_what_is_safe_to_repeat(line: Line, _why: str, fault: Fault, call: str) -> None:
    line.faults.add("notion", fault)
    arguments: dict[str, tuple[Any, ...]] = {
        "me": (),
        "query": (line.source_id, {}),
        "page": (line.row_id,),
        "update_page": (line.row_id, {}),
    }
    assert getattr(line.edge, call)(*arguments[call])["object"]
    assert len(line.slept_s) == 1


def test_repeats_what_was_not_answered_in_time(line: Line) -> None:
    line.faults.add("notion", faults.slow(60))
    assert line.edge.page(line.row_id)["id"] == line.row_id
    assert len(line.slept_s) == 1


def test_waits_as_long_as_it_is_asked_to(line: Line) -> None:
    line.faults.add("notion", faults.rate_limited(3))
    line.edge.me()
    assert line.slept_s == [3.0]


def test_a_long_wait_is_the_callers(line: Line) -> None:
    line.faults.add("notion", faults.rate_limited(600))
    with pytest.raises(RateLimited) as raised:
        line.edge.me()
    assert (raised.value.retry_after_s, raised.value.service) == (600.0, "notion")
    assert line.slept_s == []


def test_gives_up_after_some_attempts(line: Line) -> None:
    line.faults.add("notion", faults.server_error(500), times=None)
    with pytest.raises(Unreachable):
        line.edge.me()
    assert len(line.log.of()) == ATTEMPTS
    assert line.slept_s == sorted(line.slept_s)


SURELY_UNDONE: list[tuple[str, Fault]] = [("429", faults.rate_limited(1)), ("409", faults.server_error(409))]
MAYBE_DONE: list[tuple[str, Fault]] = [
    ("503", faults.server_error(503)),
    ("HTML 502", faults.html(502)),
    ("HTML 200", faults.html(200)),
    ("another JSON 200", faults.answer(200, b"[]")),
    ("reset", faults.reset()),
    ("lost", faults.lost()),
    ("cut", faults.cut(10)),
    ("slow", faults.slow(60)),
]


@pytest.mark.parametrize(("_why", "fault"), SURELY_UNDONE, ids=[row[0] for row in SURELY_UNDONE])
def test_repeats_a_create_that_surely_did_not_happen(line: Line, _why: str, fault: Fault) -> None:
    line.faults.add("notion", fault)
    line.create()
    assert len(line.log.of()) == 2


@pytest.mark.parametrize(("_why", "fault"), MAYBE_DONE, ids=[row[0] for row in MAYBE_DONE])
def test_never_repeats_a_create_that_may_have_happened(line: Line, _why: str, fault: Fault) -> None:
    line.faults.add("notion", fault)
    with pytest.raises(LostAnswer, match="look it up by its key"):
        line.create()
    assert len(line.log.of()) <= 1  # a slow answer is logged when it is given
    assert line.slept_s == []


def test_an_overload_is_a_rate_limit_but_no_reason_to_create_twice(line: Line) -> None:
    line.faults.add("notion", faults.server_error(529))
    with pytest.raises(RateLimited):
        line.create()
    assert len(line.log.of()) == 1


def test_a_refused_connection_is_tried_again_and_told() -> None:
    with Server(NotionTwin(), faults=Faults(), log=RequestLog()) as server:
        gone = server.url
    slept_s: list[float] = []
    with NotionEdge("ntn_x", base_url=gone, sleep=slept_s.append) as edge, pytest.raises(Unreachable) as raised:
        edge.create_page("0" * 32, {})
    assert not isinstance(raised.value, LostAnswer)
    assert len(slept_s) == ATTEMPTS - 1


@pytest.mark.parametrize("token", ["", "ntn_with blank", "ntn_with\nbreak", "ntn_ünïcode", "ntn_wrong"])
def test_a_bad_token_is_told_without_showing_it(line: Line, token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AuthExpired, match="NOTION_TOKEN") as raised:
        line.edge.me()
    said = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r} {caplog.text}"
    assert not token or token not in said
