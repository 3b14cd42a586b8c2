"""One heap for all threads.

glibc gives every thread a heap of its own, lest they wait for each other. Ours wait for the interpreter anyway, and a
daemon that idles in twenty of them keeps one and a half megabytes more for it (`python -m bench idle`).
"""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""`malloc.h`."""


def share_one_heap() -> None:
    """To be called before there are threads. Elsewhere than with glibc nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
