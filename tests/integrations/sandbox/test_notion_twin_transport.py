"""The twin without a socket: what goes wrong on order goes wrong as it does on a line."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from notion_client import Client
from notion_client.errors import APIResponseError, RequestTimeoutError

from daemon.errors import Unreachable
from integrations.notion import NotionEdge
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, TwinTransport
from integrations.sandbox.server import RequestLog, Server


class Line:
    """A twin with one data source, a transport to it, and a client on that."""

    def __init__(self) -> None:
        self.twin, self.faults, self.log = NotionTwin(), Faults(), RequestLog()
        self.database_id = self.twin.create_database("Tracks", {"Name": "title"})
        (self.source_id,) = self.twin.data_source_ids(self.database_id)
        self.transport = TwinTransport(self.twin, self.faults, self.log)
        self.http = httpx.Client(transport=self.transport)
        self.client = self.client_on(self.http)

    def client_on(self, http: httpx.Client, base_url: str = "https://api.notion.com") -> Any:
        return Client(
            client=http,
            auth=SANDBOX_TOKEN,
            base_url=base_url,
            timeout_ms=1000,
            retry=False,
            logger=logging.getLogger("tests"),
            log_level=50,
        )

    def create(self, client: Any = None) -> Any:
        parent = {"type": "data_source_id", "data_source_id": self.source_id}
        return (client or self.client).pages.create(parent=parent, properties={})

    def count(self) -> int:
        return len(self.twin.rows(self.database_id))


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.http.close()


def test_the_real_client_talks_to_the_twin_through_it(line: Line) -> None:
    row = line.create()
    assert line.client.pages.retrieve(row["id"])["id"] == row["id"]
    answer = line.client.data_sources.query(line.source_id, filter_properties=["a", "b"])
    assert len(answer["results"]) == 1
    logged = line.log.of("notion")
    assert [(one.method, one.status, one.host) for one in logged[:2]] == [
        ("POST", 200, "api.notion.com"),
        ("GET", 200, "api.notion.com"),
    ]
    assert logged[2].query == {"filter_properties": "a\nb"}


def test_our_edge_talks_to_the_twin_through_it(line: Line) -> None:
    with NotionEdge(SANDBOX_TOKEN, transport=line.transport) as edge:
        assert edge.database(line.database_id)["id"] == line.database_id
        line.transport.is_down = True
        with (
            NotionEdge(SANDBOX_TOKEN, transport=line.transport, sleep=lambda _s: None) as hasty,
            pytest.raises(Unreachable),
        ):
            hasty.me()


BROKEN: dict[str, tuple[Fault, type[Exception], int]] = {
    "503": (faults.server_error(503), APIResponseError, 0),
    "HTML 200": (faults.html(200), json.JSONDecodeError, 0),
    "429": (faults.rate_limited(3), APIResponseError, 0),
    "reset": (faults.reset(), httpx.NetworkError, 0),
    "lost": (faults.lost(), httpx.NetworkError, 1),
    "slow": (faults.slow(1.5), RequestTimeoutError, 1),
    "cut": (faults.cut(20), httpx.RemoteProtocolError, 1),
}
HARMLESS = {"slow but in time": faults.slow(0.01), "cut behind the end": faults.cut(100_000)}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_breaks_as_ordered_and_once(line: Line, name: str) -> None:
    fault, error, made = BROKEN[name]
    line.faults.add("notion", fault, method="POST", route="/v1/pages")
    with pytest.raises(error):
        line.create()
    assert line.count() == made
    assert line.log.of("notion")[-1].fault == fault.kind
    line.create()
    assert line.count() == made + 1


@pytest.mark.parametrize("name", HARMLESS)
def test_what_comes_whole_and_in_time_is_an_answer(line: Line, name: str) -> None:
    line.faults.add("notion", HARMLESS[name])
    assert line.create()["id"] in line.twin.rows(line.database_id)


@pytest.mark.parametrize("name", ["503", "HTML 200", "429", "reset", "lost", "cut"])
def test_a_socket_breaks_in_the_same_way(line: Line, name: str) -> None:
    fault, error, made = BROKEN[name]
    line.faults.add("notion", fault, method="POST", route="/v1/pages")
    with (
        Server(line.twin, faults=line.faults, log=line.log) as server,
        httpx.Client(trust_env=False) as http,
        pytest.raises((error, httpx.RemoteProtocolError)),
    ):
        line.create(line.client_on(http, server.url))
    assert line.count() == made


def test_while_it_is_down_nobody_hears_anything(line: Line) -> None:
    line.transport.is_down = True
    with pytest.raises(httpx.ConnectError):
        line.create()
    line.transport.is_down = False
    assert line.count() == 0
    assert line.log.of("notion") == []


def test_a_bug_in_the_twin_is_seen(line: Line) -> None:
    class Broken:
        name = "notion"

        def answer(self, _request: object) -> Any:
            raise ZeroDivisionError

    with httpx.Client(transport=TwinTransport(Broken())) as http, pytest.raises(ZeroDivisionError):
        http.get("https://api.notion.com/v1/users/me")
