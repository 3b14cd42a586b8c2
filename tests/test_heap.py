"""One heap for all threads, as glibc itself tells of it."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

COUNTED = """
import ctypes, sys, threading
from daemon.cli.heap import share_one_heap

libc = ctypes.CDLL(None)
if sys.argv[1] == "shared":
    share_one_heap()
all_there = threading.Barrier(5)

def allocate():
    libc.malloc(1000)
    all_there.wait()

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
all_there.wait()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fflush(file)
"""


def heaps(how):
    told = subprocess.run([sys.executable, "-c", COUNTED, how], capture_output=True, text=True, check=True, timeout=60)
    return told.stdout.count("<heap nr=")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="glibc's alone")
def test_threads_share_one_heap():
    assert heaps("each its own") > 1
    assert heaps("shared") == 1
