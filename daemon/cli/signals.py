"""SIGTERM and Ctrl-C: in order, and resumable.

The work has a thread of its own, and nothing ever breaks into it: an exception that a signal raises in the middle of a
transaction leaves it open, and everybody else in the process waits for its lock. The main thread does nothing but
listen.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TypeVar

R = TypeVar("R")

_LEAVES_WITHIN_S = 4.5
"""A service that is being asked and does not answer keeps nobody for longer. What ends in order needs less (`Pace`)."""
_ENDED = b"\0"
"""What the work says at its end. A signal says its number."""


def until_stopped(work: Callable[[threading.Event], R], *, leaves_within_s: float | None = _LEAVES_WITHIN_S) -> R:
    """Does it in a thread, and answers or raises what that does. A signal sets the event that it is given.

    Raises KeyboardInterrupt when it has not ended `leaves_within_s` after that, or at the second signal: the process
    must then leave by `os._exit`. None: it ends by itself.
    """
    with _an_ear() as (ear, mouth):
        stop, ended = threading.Event(), Future[R]()
        thread = threading.Thread(target=_do, args=(work, stop, ended, mouth), name="work", daemon=True)
        thread.start()
        ear.recv(1)
        if not ended.done():
            stop.set()
            ear.settimeout(leaves_within_s)
            with suppress(TimeoutError):
                ear.recv(1)
        if not ended.done():
            raise KeyboardInterrupt  # too late, or told twice
        thread.join()
    return ended.result()


def _do(work: Callable[[threading.Event], R], stop: threading.Event, ended: Future[R], mouth: socket.socket) -> None:
    try:
        ended.set_result(work(stop))
    except BaseException as error:  # noqa: BLE001 -- raised where it is waited for
        ended.set_exception(error)
    with suppress(OSError):  # nobody listens any more
        mouth.send(_ENDED)


@contextmanager
def _an_ear() -> Iterator[tuple[socket.socket, socket.socket]]:
    """What every signal can be heard with: (what is listened to, what is spoken into).

    A signal may be taken in any thread of the process, and by itself wakes none that waits for a lock or a queue:
    Python would run its handler only once the main thread does something again. So it writes a byte, at once and
    wherever it is taken, and the main thread waits for bytes.
    """
    signals = (signal.SIGTERM, signal.SIGINT)
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    with ear, mouth:
        mouth_before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        before = [signal.signal(one, lambda *_: None) for one in signals]
        try:
            yield ear, mouth
        finally:
            for one, handler in zip(signals, before, strict=True):
                signal.signal(one, handler)
            signal.set_wakeup_fd(mouth_before)
