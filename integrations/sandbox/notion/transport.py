"""The twin behind an httpx client without a socket between them: quick, and broken in the same ways on order.

NotionEdge(token, transport=TwinTransport(twin, faults))
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

import httpx

from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.server import Logged, Request, RequestLog, Response, Twin


class TwinTransport(httpx.BaseTransport):
    """Thread-safe, as far as the twin is. Nothing here sleeps: an answer that comes too late is a timeout at once.

    While `is_down` is set, nobody listens: every request ends in ConnectError, and the twin hears of none.
    """

    def __init__(self, twin: Twin, faults: Faults | None = None, log: RequestLog | None = None) -> None:
        self.is_down = False
        self._twin = twin
        self._faults = faults or Faults()
        self._log = log or RequestLog()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """What the twin answers, or what the fault on order makes of it. Raises httpx.TransportError, and whatever a
        bug in the twin raises."""
        if self.is_down:
            raise httpx.ConnectError("Nobody listens.", request=request)
        asked = _asked(request)
        fault = self._faults.take(self._twin.name, asked.method, asked.path)
        response = self._answer(asked, fault)
        lost = response is None or (fault is not None and fault.kind == "lost")
        self._log.append(
            Logged(
                self._twin.name,
                asked.method,
                asked.host,
                asked.path,
                asked.query,
                None if response is None or lost else response.status,
                fault.kind if fault else None,
            )
        )
        if response is None or lost:
            raise httpx.ReadError("The connection was reset.", request=request)
        if fault is not None and fault.kind == "slow" and _is_late(fault.seconds, request):
            raise httpx.ReadTimeout("The answer is late.", request=request)
        headers = [*response.headers, ("Content-Length", f"{len(response.body)}")]
        if fault is not None and fault.kind == "cut" and fault.after_bytes < len(response.body):
            stream = _CutShort(response.body[: fault.after_bytes])
            return httpx.Response(response.status, headers=headers, stream=stream, request=request)
        return httpx.Response(response.status, headers=headers, content=response.body, request=request)

    def _answer(self, asked: Request, fault: Fault | None) -> Response | None:
        """None: the line breaks before the twin hears of the request."""
        if fault is not None and fault.kind == "answer":
            return Response(fault.status, fault.body, fault.headers)
        if fault is not None and fault.kind == "reset":
            return None
        return self._twin.answer(asked)


class _CutShort(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning

    def __iter__(self) -> Iterator[bytes]:
        yield self._beginning
        raise httpx.RemoteProtocolError("The connection was closed before the whole body had come.")


def _asked(request: httpx.Request) -> Request:
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.url.query.decode(), keep_blank_values=True):
        # A parameter that comes several times stands in a line each.
        query[name] = f"{query[name]}\n{value}" if name in query else value
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, headers.get("host", ""), request.url.path, query, headers, request.read())


def _is_late(seconds: float, request: httpx.Request) -> bool:
    limit_s = request.extensions.get("timeout", {}).get("read")
    return limit_s is not None and seconds > limit_s
