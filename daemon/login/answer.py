"""Where the answer of a log-in comes in: at the redirect address, when the browser is on this machine, and as a line
that a person pastes, when it is not. Both at once, in one thread.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from daemon.models import Consent

Judgement = Literal["yes", "no", "another log-in's", "no answer"]

_READ = 65_536
_LINE_MOST = 16_384
_TOLD_EVERY_S = 30.0


class LogIn(Protocol):
    """A service's side of a log-in."""

    def authorize_url(self, state: str) -> str:
        """Where the person says yes. `state` comes back with the answer."""
        ...

    def redeem(self, answer_url: str, state: str) -> None:
        """Logs in with the address that the person was sent back to. Raises Refused, AuthExpired, Transient."""
        ...

    def who(self) -> str:
        """The name of whom we are logged in as."""
        ...

    def consent(self) -> Consent | None:
        """When the person agreed."""
        ...

    def close(self) -> None: ...


def judge(address: str, state: str) -> Judgement:
    """What an address has to say to the question that was asked with `state`. Pure."""
    try:
        told = parse_qs(urlsplit(address.strip()).query)
    except ValueError:
        return "no answer"
    if not {"code", "error"} & told.keys():
        return "no answer"
    if told.get("state") != [state]:
        return "another log-in's"
    return "yes" if "code" in told else "no"


@dataclass(frozen=True, slots=True)
class Came:
    """An address that came in, by whichever way."""

    address: str
    pasted: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing came for a while."""

    left_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a person."""

    wait_s: float = 10 * 60.0
    turn_s: float = 1.0
    """How long to sleep in one go."""
    clock: Callable[[], float] = time.monotonic


class Closed(Exception):
    """There is no way left by which an answer could come, or no time."""


class Doors:
    """Both ways in, open while it is entered. `is_listening` says whether the browser can hand the answer over by
    itself; the redirect port may belong to another program."""

    def __init__(self, redirect_uri: str, typed: int | None) -> None:
        """`typed` is the file descriptor that pasted lines come from."""
        self._redirect = urlsplit(redirect_uri)
        self._typed = typed
        self._line = b""
        self._requests: dict[socket.socket, bytes] = {}
        self._open = ExitStack()
        self._ready = selectors.DefaultSelector()
        self._listener: socket.socket | None = None

    @property
    def is_listening(self) -> bool:
        return self._listener is not None

    def __enter__(self) -> Doors:
        self._open.callback(self._ready.close)
        self._open.callback(self._hang_up)
        self._listen()
        if self._typed is not None and not _can_watch(self._ready, self._typed):
            self._typed = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def answers(self, patience: Patience) -> Iterator[Came | Waiting]:
        """Every address that comes in, and now and then a `Waiting`. Raises Closed when patience ends, and when nothing
        can come any more."""
        begun_at = patience.clock()
        ends_at, tells_at = begun_at + patience.wait_s, begun_at + _TOLD_EVERY_S
        while (now := patience.clock()) < ends_at:
            if self._listener is None and self._typed is None:
                raise Closed
            if now >= tells_at:
                tells_at = now + _TOLD_EVERY_S
                yield Waiting(ends_at - now)
            for key, _ in self._ready.select(min(patience.turn_s, ends_at - now)):
                yield from self._take(key.fileobj)
        raise Closed

    # --- the browser -------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        host, port = self._redirect.hostname or "", self._redirect.port or 80
        if self._redirect.scheme != "http":
            return
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family)
        except OSError:
            return
        listener.setblocking(False)
        self._listener = self._open.enter_context(listener)
        self._ready.register(listener, selectors.EVENT_READ)

    def _take(self, what: object) -> Iterator[Came]:
        if what is self._listener:
            self._greet()
        elif isinstance(what, socket.socket):
            yield from self._hear(what)
        else:
            yield from self._read_typed()

    def _greet(self) -> None:
        assert self._listener is not None  # noqa: S101 -- it has just reported somebody
        try:
            connection, _ = self._listener.accept()
        except OSError:  # whoever knocked has gone
            return
        connection.setblocking(False)
        self._requests[connection] = b""
        self._ready.register(connection, selectors.EVENT_READ)

    def _hear(self, connection: socket.socket) -> Iterator[Came]:
        try:
            piece = connection.recv(_READ)
        except OSError:
            piece = b""
        request = self._requests[connection] + piece
        self._requests[connection] = request
        if piece and b"\r\n\r\n" not in request and len(request) < _LINE_MOST:
            return
        target = _target_of(request)
        fits = target is not None and urlsplit(target).path == (self._redirect.path or "/")
        _reply(connection, found=fits)
        self._forget(connection)
        if target is not None and fits:
            yield Came(f"{self._redirect.scheme}://{self._redirect.netloc}{target}", pasted=False)

    def _forget(self, connection: socket.socket) -> None:
        self._ready.unregister(connection)
        del self._requests[connection]
        connection.close()

    def _hang_up(self) -> None:
        for connection in [*self._requests]:
            self._forget(connection)

    # --- the person --------------------------------------------------------------------------------------------------

    def _read_typed(self) -> Iterator[Came]:
        assert self._typed is not None  # noqa: S101 -- it has just reported something
        try:
            piece = os.read(self._typed, _READ)
        except OSError:
            piece = b""
        if not piece:  # the end: nobody types here any more
            self._ready.unregister(self._typed)
            self._typed = None
        *lines, self._line = (self._line + (piece or b"\n")).split(b"\n")
        for line in lines:
            if line.strip():
                yield Came(line.decode(errors="replace").strip(), pasted=True)


def _can_watch(ready: selectors.BaseSelector, descriptor: int) -> bool:
    try:
        ready.register(descriptor, selectors.EVENT_READ)
    except (OSError, ValueError):  # a file, or nothing at all
        return False
    return True


def _target_of(request: bytes) -> str | None:
    """The path and query of a GET request."""
    words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return words[1] if len(words) == 3 and words[0] == "GET" else None


def _reply(connection: socket.socket, *, found: bool) -> None:
    text = "The answer is with Cratekeeper: its window says how it went. You can close this one." if found else ""
    body = f"<!doctype html><meta charset=utf-8><title>Cratekeeper</title><p>{text}".encode()
    head = (
        f"HTTP/1.1 {'200 OK' if found else '404 Not Found'}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    try:
        connection.sendall(head.encode() + body)
    except OSError:  # the browser does not wait for thanks
        return
