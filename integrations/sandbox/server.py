"""A small loopback HTTP server for the twins: plain HTTP, or a CONNECT proxy with TLS of its own.

One `Server` is one listener; it logs every request, applies the ordered faults, and hands the rest to its twin.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import trustme

from integrations.sandbox.faults import Fault, Faults

LOOPBACK = "127.0.0.1"
_READ = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. `path` has no query and is unquoted; header names are lower case."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object. Raises ValueError."""
        return json.loads(self.body) if self.body else {}

    def form(self) -> dict[str, str]:
        """The body as a submitted form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """What a twin answers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of_json(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """JSON, as every API here speaks it."""
        return Response(status, json.dumps(value).encode(), (("Content-Type", "application/json"), *headers))

    @staticmethod
    def of_bytes(body: bytes, mime: str, request: Request | None = None) -> Response:
        """A file. With `request`, its `Range: bytes=a-b` is honoured, so that downloads can be resumed."""
        headers = (("Content-Type", mime), ("Accept-Ranges", "bytes"))
        wanted = request.headers.get("range", "") if request else ""
        if not wanted.startswith("bytes="):
            return Response(200, body, headers)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        if start >= len(body):
            return Response(416, b"", (*headers, ("Content-Range", f"bytes */{len(body)}")))
        span = f"bytes {start}-{end}/{len(body)}"
        return Response(206, body[start : end + 1], (*headers, ("Content-Range", span)))


class Twin(Protocol):
    """One outside system, or several behind one proxy."""

    name: str
    """The system's name in faults and in the log."""

    def answer(self, request: Request) -> Response:
        """What the real one would say. Called from several threads at once."""
        ...


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the request log."""

    system: str
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    status: int | None
    """None: the connection was broken on order."""
    fault: str | None = None
    at: float = field(default_factory=time.monotonic)
    """When it was answered, in monotonic seconds."""


@dataclass(slots=True)
class RequestLog:
    """Every request that reached the sandbox, in order; thread-safe."""

    _lines: list[Logged] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, line: Logged) -> None:
        with self._lock:
            self._lines.append(line)

    def clear(self) -> None:
        with self._lock:
            self._lines.clear()

    def of(self, system: str | None = None, method: str | None = None, path: str | None = None) -> list[Logged]:
        """The lines that fit; `path` is a prefix."""
        with self._lock:
            return [
                line
                for line in self._lines
                if (system is None or line.system == system)
                and (method is None or line.method == method)
                and (path is None or line.path.startswith(path))
            ]


class Authority:
    """The sandbox's own certificates, made on the spot and kept in memory."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @property
    def certificate_pem(self) -> bytes:
        """What a client has to trust."""
        return self._ca.cert_pem.bytes()

    def context_for(self, host: str) -> ssl.SSLContext:
        """A server context with a certificate for `host`."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.set_alpn_protocols(["http/1.1"])
                self._ca.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


class Server:
    """One listener on loopback. `with Server(...)` or `start()` and `stop()`; after `stop` no thread or socket is left.

    With an `authority` it also speaks CONNECT, and answers for any host inside its own TLS. `system_of` names the
    system of a request where one proxy stands for several (default: the twin's name).
    """

    def __init__(
        self,
        twin: Twin,
        *,
        faults: Faults,
        log: RequestLog,
        authority: Authority | None = None,
        system_of: Callable[[Request], str] | None = None,
        port: int = 0,
    ) -> None:
        self._twin = twin
        self._faults = faults
        self._log = log
        self._authority = authority
        self._system_of = system_of or (lambda _request: twin.name)
        self._listener = socket.create_server((LOOPBACK, port))
        self.port: int = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._acceptor = threading.Thread(target=self._accept, name=f"sandbox-{twin.name}", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._acceptor.start()

    def stop(self) -> None:
        """Closes everything at once, answers half-way included."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            _break(connection)
        for thread in [self._acceptor, *threads]:
            if thread.ident is not None:
                thread.join(timeout=10)

    # --- connections -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(
                target=self._serve, args=(connection,), name=f"sandbox-{self._twin.name}-connection", daemon=True
            )
            # Head and body go out in two pieces; without this the second would wait for the client's receipt.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                if self._stopping.is_set():
                    connection.close()
                    return
                self._connections.add(connection)
                self._threads.add(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        current = connection
        try:
            for request in self._requests(current):
                if request.method == "CONNECT" and self._authority is not None:
                    current = self._tunnel(current, request.path)
                    for inner in self._requests(current):
                        self._reply(current, inner)
                    return
                self._reply(current, request)
        except (OSError, h11.ProtocolError, _Broken):
            pass  # the client went away, or we were ordered to break the line
        finally:
            with self._guard:
                self._connections.discard(connection)
                self._connections.discard(current)
                self._threads.discard(threading.current_thread())
            current.close()
            connection.close()

    def _tunnel(self, connection: socket.socket, target: str) -> socket.socket:
        assert self._authority is not None  # noqa: S101 -- checked by the caller
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host = target.rsplit(":", 1)[0]
        tunnel = self._authority.context_for(host).wrap_socket(connection, server_side=True)
        with self._guard:
            self._connections.add(tunnel)
        return tunnel

    def _requests(self, connection: socket.socket) -> Iterator[Request]:
        """Parses requests until the client closes. The reply to each is sent on the raw socket by `_reply`."""
        state = h11.Connection(h11.SERVER)
        while True:
            head: h11.Request | None = None
            body = bytearray()
            while True:
                event = state.next_event()
                if event is h11.NEED_DATA:
                    if state.they_are_waiting_for_100_continue:
                        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    state.receive_data(connection.recv(_READ))
                elif isinstance(event, h11.Request):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    break
                else:
                    return
            assert head is not None  # noqa: S101 -- h11 gives no end without a beginning
            yield _request(head, bytes(body))
            if head.method == b"CONNECT":
                return
            # Answers are written by hand (faults want broken ones); h11 hears of a plain one, to keep its states.
            state.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            state.send(h11.EndOfMessage())
            if state.our_state is h11.MUST_CLOSE:
                return
            state.start_next_cycle()

    # --- answers -----------------------------------------------------------------------------------------------------

    def _reply(self, connection: socket.socket, request: Request) -> None:
        system = self._system_of(request)
        fault = self._faults.take(system, request.method, request.path)
        response = self._answer(request, fault)
        shown = None if response is None or (fault and fault.kind == "lost") else response.status
        self._log.append(
            Logged(
                system, request.method, request.host, request.path, request.query, shown, fault.kind if fault else None
            )
        )
        if response is None or (fault and fault.kind == "lost"):
            _reset(connection)
            raise _Broken
        body = b"" if request.method == "HEAD" else response.body
        connection.sendall(_head(response))
        if fault and fault.kind == "cut":
            connection.sendall(body[: fault.after_bytes])
            connection.close()
            raise _Broken
        connection.sendall(body)

    def _answer(self, request: Request, fault: Fault | None) -> Response | None:
        """The answer, or None for a line that breaks before the twin hears of the request."""
        if fault is None or fault.kind in ("lost", "cut"):
            return self._ask_twin(request)
        if fault.kind == "slow":
            self._stopping.wait(fault.seconds)
            return self._ask_twin(request)
        if fault.kind == "answer":
            return Response(fault.status, fault.body, fault.headers)
        return None

    def _ask_twin(self, request: Request) -> Response:
        try:
            return self._twin.answer(request)
        except Exception as error:  # noqa: BLE001 -- a bug in a twin must be seen by the test, not hang its client
            return Response.of_json({"sandbox_bug": repr(error)}, status=599)


class _Broken(Exception):
    """The connection was broken on order."""


def _request(head: h11.Request, body: bytes) -> Request:
    target = urlsplit(head.target.decode())
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
    path = head.target.decode() if head.method == b"CONNECT" else unquote(target.path)
    query: dict[str, str] = {}
    for name, value in parse_qsl(target.query, keep_blank_values=True):
        # A parameter that comes several times stands in a line each.
        query[name] = f"{query[name]}\n{value}" if name in query else value
    return Request(head.method.decode(), headers.get("host", ""), path, query, headers, body)


def _head(response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status} Sandbox"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if response.status not in (204, 304):
        lines.append(f"Content-Length: {len(response.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(connection: socket.socket) -> None:
    """Ends a connection with a reset: the client sees a broken line and no clean end."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _break(connection: socket.socket) -> None:
    """Ends a connection that another thread may be reading from: that thread wakes up."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
