"""SIGTERM and Ctrl-C: in order, and resumable."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONCE_MORE_S = 8.0
"""Longer than an end in order takes. Python loses the exception of a signal that comes in the middle of a finalizer or
of a library's callback; who has asked for an end must not have to ask twice."""


@contextmanager
def interrupted_by_signal() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run in order; it resumes at the next start."""
    is_over = threading.Event()
    insisting: list[threading.Thread] = []

    def insist() -> None:
        if not is_over.wait(_ONCE_MORE_S):
            os.kill(os.getpid(), signal.SIGTERM)

    def interrupt(_signal: int, _frame: object) -> None:
        if not insisting:
            insisting.append(threading.Thread(target=insist, name="insists on the end", daemon=True))
            insisting[0].start()
        raise KeyboardInterrupt

    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, interrupt) for one in signals]
    try:
        yield
    finally:
        is_over.set()
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that is set by either."""
    stop = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, lambda *_: stop.set()) for one in signals]
    try:
        yield stop
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
