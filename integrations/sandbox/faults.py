"""Faults on order: what goes wrong, where, and how often. One mechanism for every twin."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["answer", "reset", "slow", "lost", "cut"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which an answer goes wrong. Made by the functions below."""

    kind: FaultKind
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    after_bytes: int = 0


def rate_limited(retry_after: float | str | None = None) -> Fault:
    """429, with a Retry-After of any length (or a date, or nonsense, or none)."""
    headers = () if retry_after is None else (("Retry-After", f"{retry_after}"),)
    body = b'{"object": "error", "status": 429, "code": "rate_limited", "message": "You have been rate limited."}'
    return Fault("answer", 429, (("Content-Type", "application/json"), *headers), body)


def server_error(status: int = 503) -> Fault:
    """A 5xx with a JSON body that says little."""
    body = b'{"object": "error", "status": %d, "code": "internal_server_error", "message": "Sandbox fault."}' % status
    return Fault("answer", status, (("Content-Type", "application/json"),), body)


def html(status: int = 502) -> Fault:
    """What a proxy in between says, whatever was asked (also with status 200)."""
    return Fault("answer", status, (("Content-Type", "text/html"),), b"<html><h1>Bad Gateway</h1></html>")


def answer(status: int, body: bytes, content_type: str = "application/json") -> Fault:
    """Exactly this answer in place of the twin's."""
    return Fault("answer", status, (("Content-Type", content_type),), body)


def reset() -> Fault:
    """The connection is reset before the twin has seen the request."""
    return Fault("reset")


def slow(seconds: float) -> Fault:
    """The right answer, late."""
    return Fault("slow", seconds=seconds)


def lost() -> Fault:
    """Done, but the answer lost: the twin acts on the request, then the connection breaks."""
    return Fault("lost")


def cut(after_bytes: int) -> Fault:
    """The body breaks off after so many bytes."""
    return Fault("cut", after_bytes=after_bytes)


@dataclass(slots=True)
class _Order:
    system: str
    method: str
    route: str
    fault: Fault
    times: int | None
    skip: int


@dataclass(slots=True)
class Faults:
    """The faults on order; thread-safe. The first order that fits a request, and is not used up, is taken."""

    met: int = 0
    """How many requests have met one."""
    _orders: list[_Order] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self, system: str, fault: Fault, *, method: str = "*", route: str = "*", times: int | None = 1, skip: int = 0
    ) -> None:
        """Orders `fault` for requests to `system` whose method and path fit (shell patterns: `/v1/pages*`; the path
        has no query), after letting `skip` of them through, for `times` requests (None: until `clear`)."""
        with self._lock:
            self._orders.append(_Order(system, method, route, fault, times, skip))

    def clear(self, system: str | None = None) -> None:
        """Drops every order, or those of one system."""
        with self._lock:
            self._orders = [order for order in self._orders if system is not None and order.system != system]

    def take(self, system: str, method: str, path: str) -> Fault | None:
        """The fault for this request, if one is due."""
        with self._lock:
            for order in self._orders:
                fits = order.system == system and fnmatch.fnmatchcase(method, order.method)
                if not (fits and fnmatch.fnmatchcase(path, order.route)) or order.times == 0:
                    continue
                if order.skip > 0:
                    order.skip -= 1
                    continue
                if order.times is not None:
                    order.times -= 1
                self.met += 1
                return order.fault
        return None
