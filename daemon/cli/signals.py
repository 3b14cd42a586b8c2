"""SIGTERM and Ctrl-C: in order, and resumable.

The work has a thread of its own, and nothing ever breaks into it: an exception that a signal raises in the middle of a
transaction leaves it open, and everybody else in the process waits for its lock. The main thread does nothing but
listen.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")
_News = queue.SimpleQueue[None]
"""That something has happened. Its `put` is the one thing that a signal's handler may do at any moment: an Event's
`set` waits for ever when the signal comes in the middle of its `wait`."""

_LEAVES_WITHIN_S = 4.5
"""A service that is being asked and does not answer keeps nobody for longer. What ends in order needs less (`Pace`)."""


def until_stopped(work: Callable[[threading.Event], R], *, leaves_within_s: float | None = _LEAVES_WITHIN_S) -> R:
    """Does it in a thread, and answers or raises what that does. A signal sets the event that it is given.

    Raises KeyboardInterrupt when it has not ended `leaves_within_s` after that, or at the second signal: the process
    must then leave by `os._exit`. None: it ends by itself.
    """
    with _heard_signals() as news:
        stop, ended = threading.Event(), Future[R]()
        thread = threading.Thread(target=_do, args=(work, stop, ended, news), name="work", daemon=True)
        thread.start()
        news.get()
        if not ended.done():
            stop.set()
            try:
                news.get(timeout=leaves_within_s)
            except queue.Empty:
                raise KeyboardInterrupt from None
        if not ended.done():
            raise KeyboardInterrupt  # told twice
    thread.join()
    return ended.result()


def _do(work: Callable[[threading.Event], R], stop: threading.Event, ended: Future[R], news: _News) -> None:
    try:
        ended.set_result(work(stop))
    except BaseException as error:  # noqa: BLE001 -- raised where it is waited for
        ended.set_exception(error)
    finally:
        news.put(None)


@contextmanager
def _heard_signals() -> Iterator[_News]:
    news: _News = queue.SimpleQueue()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, lambda *_: news.put(None)) for one in signals]
    try:
        yield news
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
