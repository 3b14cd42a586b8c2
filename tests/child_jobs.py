"""Jobs that the tests of `daemon.children` run in a child process."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from daemon.errors import NotFound


def double(*, number, progress):
    progress(0.5, "half-way")
    return number * 2


def pid_after_printing(*, progress):
    print("a library that prints")  # noqa: T201
    return os.getpid()


def not_found(*, progress):
    raise NotFound("gone for good")


def bug(*, progress):
    return 1 // 0


def kill_yourself(*, progress):
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_a_line(*, path, progress):
    with Path(path).open() as pipe:
        return pipe.readline().strip()


def start_a_grandchild_and_hang(*, progress):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    progress(None, "started")
    threading.Event().wait()


def hang(*, progress):
    progress(None, "at it")
    threading.Event().wait()


def tell_of_every_line(*, path, lines, progress):
    for number in range(lines):
        progress(None, f"waiting for line {number}")
        wait_for_a_line(path=path, progress=progress)


def take(*, megabytes, progress):
    return len(bytearray(megabytes * 1_000_000))
