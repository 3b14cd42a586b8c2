"""Foreign errors made ours, and what is repeated for how long."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from notion_client.errors import RequestTimeoutError, build_request_error

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from integrations.notion.edge import ATTEMPTS, Invalid, LostAnswer, NotionEdge
from integrations.notion.foreign_errors import LONGEST_WAIT_S, retry_after_s, translated
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog, Server

NOW = 1_795_176_000.0


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
        ("-inf", 0.0),
        ("1e300", LONGEST_WAIT_S),
        ("Fri, 20 Nov 2026 12:01:00 -0000", 60.0),
        ("Fri, 20 Nov 2026 14:01:00 +0200", 60.0),
        ("Fri, 20 Nov 9999 12:00:00 GMT", LONGEST_WAIT_S),
        ("Fri, 99 Nov 2026 12:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("\u0661\u0662", 12.0),
    ],
)
def test_reads_retry_after(header: str | None, expected: float | None) -> None:
    assert retry_after_s(header, NOW) == expected


class Line:
    """An edge and the twin at its other end."""

    def __init__(
        self, server: Server, twin: NotionTwin, orders: Faults, log: RequestLog, token: str, patience_s: float
    ) -> None:
        self.twin, self.faults, self.log = twin, orders, log
        self.slept_s: list[float] = []
        self.edge = NotionEdge(
            token, base_url=server.url + "/", timeout_s=patience_s, clock=lambda: NOW, sleep=self.slept_s.append
        )
        (self.source_id,) = twin.data_source_ids(twin.create_database("Rows", {"Name": "title"}))
        self.row_id = twin.add_row_as_person(self.source_id, {})

    def create(self) -> Any:
        return self.edge.create_page(self.source_id, {"Name": {"title": [{"text": {"content": "A"}}]}})


@pytest.fixture
def token() -> str:
    return SANDBOX_TOKEN


@pytest.fixture
def line(token: str, patience_s: float) -> Iterator[Line]:
    orders, log, twin = Faults(), RequestLog(), NotionTwin()
    with Server(twin, faults=orders, log=log) as server:
        line = Line(server, twin, orders, log, token, patience_s)
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


@pytest.mark.parametrize("fault", [faults.slow(60)], ids=["slow"])
def test_repeats_what_was_not_answered_in_time(line: Line, fault: Fault) -> None:
    line.faults.add("notion", fault)
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


@pytest.mark.parametrize("header", [None, "soon", "nan", "", "Fri, 99 Nov 2026 12:00:00 GMT"])
def test_a_rate_limit_that_says_nothing_sensible_is_waited_for_as_any_fault(line: Line, header: str | None) -> None:
    line.faults.add("notion", faults.rate_limited(header), times=None)
    with pytest.raises(RateLimited) as raised:
        line.edge.me()
    assert raised.value.retry_after_s is None
    assert len(line.slept_s) == ATTEMPTS - 1


def test_a_rate_limit_until_a_date_is_told_in_seconds(line: Line) -> None:
    line.faults.add("notion", faults.rate_limited("Fri, 20 Nov 2026 13:00:00 GMT"))
    with pytest.raises(RateLimited) as raised:
        line.edge.me()
    assert raised.value.retry_after_s == 3600


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
    with pytest.raises(LostAnswer, match="looked up before it is done again"):
        line.create()
    assert len(line.log.of()) <= 1  # a slow answer is logged when it is given
    assert line.slept_s == []


def test_an_overload_is_a_rate_limit_but_no_reason_to_create_twice(line: Line) -> None:
    line.faults.add("notion", faults.server_error(529))
    with pytest.raises(RateLimited):
        line.create()
    assert len(line.log.of()) == 1


LASTING: list[tuple[Fault, type[DaemonError]]] = [
    *[(faults.server_error(status), Unreachable) for status in (409, 500, 502, 503, 504)],
    *[(faults.html(status), Unreachable) for status in (200, 400, 401, 403, 404, 500, 502, 503, 504)],
    (faults.server_error(529), RateLimited),
    (faults.html(529), RateLimited),
    (faults.html(429), RateLimited),
    (faults.rate_limited(), RateLimited),
    (faults.rate_limited(86400), RateLimited),
    (faults.reset(), Unreachable),
    (faults.lost(), Unreachable),
    (faults.cut(10), Unreachable),
    *[
        (faults.answer(200, body), Unreachable)
        for body in (b"", b"[]", b"{}", b"null", b'{"object": "', b"\xff\xfe", b'{"object": "\xc3("}')
    ],
    *[(faults.answer(200, b'{"object": "%s"}' % kind), Unreachable) for kind in (b"page", b"list", b"database")],
    (faults.answer(302, b""), Unreachable),
    (faults.answer(401, b'{"code": "unauthorized", "message": "No."}'), AuthExpired),
    (faults.answer(403, b'{"code": "restricted_resource", "message": "No."}'), Refused),
    (faults.answer(404, b'{"code": "object_not_found", "message": "No."}'), NotFound),
    (faults.answer(400, b'{"code": "validation_error", "message": "No."}'), Invalid),
    (faults.answer(418, b'{"code": "teapot", "message": "No."}'), Refused),
]
CALLS: dict[str, tuple[Any, ...]] = {
    "me": (),
    "database": ("0" * 32,),
    "data_source": ("0" * 32,),
    "query": ("0" * 32, {}),
    "page": ("0" * 32,),
    "children": ("0" * 32,),
    "search": ({},),
    "update_page": ("0" * 32, {}),
    "change_columns": ("0" * 32, {}),
    "create_page": ("0" * 32, {}),
    "create_database": ("0" * 32, "Tracks", {}),
}


@pytest.mark.parametrize(
    ("fault", "expected"), LASTING, ids=lambda one: f"{one.kind}-{one.status}" if isinstance(one, Fault) else ""
)
def test_every_fault_has_its_name_at_every_call(line: Line, fault: Fault, expected: type[DaemonError]) -> None:
    line.faults.add("notion", fault, times=None)
    for call, arguments in CALLS.items():
        with pytest.raises(expected) as raised:
            getattr(line.edge, call)(*arguments)
        assert type(raised.value) in (expected, LostAnswer), call
        assert SANDBOX_TOKEN not in f"{raised.value!r} {raised.value.__cause__!r}"
        if expected is Unreachable and call.startswith("create") and fault.status != 409:
            assert isinstance(raised.value, LostAnswer)


def test_a_refused_connection_is_tried_again_and_told() -> None:
    with Server(NotionTwin(), faults=Faults(), log=RequestLog()) as server:
        gone = server.url
    slept_s: list[float] = []
    with NotionEdge("ntn_x", base_url=gone, sleep=slept_s.append) as edge, pytest.raises(Unreachable) as raised:
        edge.create_page("0" * 32, {})
    assert not isinstance(raised.value, LostAnswer)
    assert len(slept_s) == ATTEMPTS - 1


# --- databases and columns -------------------------------------------------------------------------------------------


def test_makes_a_database_and_finds_it(line: Line) -> None:
    made = line.edge.create_database(line.twin.root_page_id, "Tracks", {"Title": {"title": {}}, "BPM": {"number": {}}})
    (source,) = line.edge.database(made["id"])["data_sources"]
    assert set(line.edge.data_source(source["id"])["properties"]) == {"Title", "BPM"}
    wanted = {"query": "Tracks", "filter": {"property": "object", "value": "data_source"}}
    assert [found["id"] for found in line.edge.search(wanted)["results"]] == [source["id"]]


def test_a_database_whose_answer_is_lost_is_not_made_again(line: Line) -> None:
    line.faults.add("notion", faults.lost())
    with pytest.raises(LostAnswer):
        line.edge.create_database(line.twin.root_page_id, "Tracks", {"Title": {"title": {}}})
    assert len(line.log.of()) == 1


def test_adding_a_column_twice_adds_it_once(line: Line) -> None:
    line.faults.add("notion", faults.lost())
    answer = line.edge.change_columns(line.source_id, {"BPM": {"number": {}}})
    assert set(answer["properties"]) == {"Name", "BPM"}
    assert len(line.log.of()) == 2


# --- the pace --------------------------------------------------------------------------------------------------------


class Now:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def paced(line: Line, now: Now, **pace: Any) -> NotionEdge:
    transport = TwinTransport(line.twin, faults=line.faults, log=line.log)
    return NotionEdge(SANDBOX_TOKEN, monotonic=now, sleep=now.sleep, transport=transport, **pace)


def test_every_request_is_paced(line: Line) -> None:
    now = Now()
    with paced(line, now) as edge:
        for _ in range(10):
            edge.me()
        assert now.seconds == 0
        for _ in range(30):
            edge.page(line.row_id)
        assert now.seconds == pytest.approx(10, abs=0.1)
    assert len(line.log.of()) == 40


def test_the_pace_is_an_argument(line: Line) -> None:
    now = Now()
    with paced(line, now, requests_per_s=1.0, burst=2) as edge:
        for _ in range(5):
            edge.me()
    assert now.seconds == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("fault", [faults.rate_limited(0), faults.server_error(529), faults.html(429)])
def test_a_complaint_slows_down_what_follows(line: Line, fault: Fault) -> None:
    now = Now()
    with paced(line, now, burst=1) as edge:
        edge.me()
        line.faults.add("notion", fault)
        edge.me()
        before = now.seconds
        edge.me()
        assert now.seconds - before == pytest.approx(1 / 1.56, abs=0.02)


def test_an_attempt_again_is_paced_too(line: Line) -> None:
    now = Now()
    line.faults.add("notion", faults.rate_limited(0), times=3)
    with paced(line, now, burst=1) as edge:
        edge.me()
    assert now.seconds == pytest.approx(1 / 1.5 + 1 / 0.75 + 1 / 0.375, abs=0.05)


@pytest.mark.parametrize(
    ("cut_off", "expected"),
    [(httpx.ConnectTimeout, Unreachable), (httpx.ReadTimeout, LostAnswer), (httpx.WriteTimeout, LostAnswer)],
)
def test_a_line_that_was_never_there_has_lost_nothing(
    cut_off: type[httpx.TimeoutException], expected: type[DaemonError]
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise cut_off("too late", request=request)

    with NotionEdge("ntn_x", sleep=lambda _s: None, transport=httpx.MockTransport(answer)) as edge:
        with pytest.raises(Unreachable) as raised:
            edge.create_page("0" * 32, {})
        assert type(raised.value) is expected
    assert len(asked) == (1 if expected is LostAnswer else ATTEMPTS)


@pytest.mark.parametrize("token", ["", "ntn_with blank", "ntn_with\nbreak", "ntn_ünïcode", "ntn_wrong"])
def test_a_bad_token_is_told_without_showing_it(line: Line, token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AuthExpired, match="NOTION_TOKEN") as raised:
        line.edge.me()
    said = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r} {caplog.text}"
    assert not token or token not in said
