"""Work in child processes: what burns CPU, and what can hang or crash (codecs, downloads).

A child is spawned (never forked), gets one job at a time as a line of JSON, and answers with lines of JSON. It ends
when its pipe from the parent closes, so that a killed parent leaves no orphan; it ends by itself when it has been idle
for a while. A child that dies fails the job that it had, and no other.

Both sides are in this file: the parent's `Children`, and the child's `main` (`python -m daemon.children`).
"""

from __future__ import annotations

import collections
import contextlib
import importlib
import json
import logging
import math
import os
import queue
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn, Self

from daemon.errors import DaemonError, Transient
from daemon.errors_json import from_json, to_json
from daemon.ports import Progress

log = logging.getLogger(__name__)

_LAST_WORDS = 12
"""How many lines of a dead child's stderr go into the log."""


class Children:
    """A few child processes for one kind of work.

    `at_once` bounds how many jobs run at a time; further callers wait. With `reuse` a child takes the next job when it
    is done (imports are dear), and goes after `idle_s` without one; otherwise every job gets a fresh process. A child
    that wants more than `memory_bytes` fails its job; where the system keeps no such bound (macOS), there is none.
    """

    def __init__(
        self,
        *,
        at_once: int,
        reuse: bool,
        idle_s: float = 30.0,
        niceness: int = 0,
        memory_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._places = threading.BoundedSemaphore(at_once)
        self._reuse = reuse
        self._habits = _Habits(idle_s, niceness, memory_bytes or 0)
        self._guard = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._stopped = False

    def run(
        self,
        job: str,
        args: Mapping[str, Any],
        progress: Progress,
        *,
        timeout_s: float,
        stall_s: float | None = None,
    ) -> Any:
        """Runs `package.module:function` with `args` (and `progress`) in a child and answers what it returned.

        Raises what the job raised of `daemon.errors`; Transient when the child died, took longer than `timeout_s`, or
        told of no progress for `stall_s` (None: it need not), or ran out of memory; RuntimeError for a bug in the job,
        with the child's traceback.
        """
        with self._places:
            while True:
                child, is_fresh = self._take()
                try:
                    return child.run(job, args, progress, Patience(timeout_s, stall_s, self._clock))
                except _GoneBeforeBegun:
                    # An idle child may leave at the very moment when it is handed a job; a fresh one may not.
                    if is_fresh:
                        raise Transient(f"A worker process did not start. {child.last_words()}".strip()) from None
                finally:
                    self._give_back(child)

    def stop(self) -> None:
        """Ends every child now, with all that it started. Whoever waits for one gets Transient."""
        with self._guard:
            self._stopped = True
            idle, busy = list(self._idle), list(self._busy)
            self._idle.clear()
        for child in busy:
            child.end()  # whoever reads from it sees the end, and closes it
        for child in idle:
            child.kill()

    def pids(self) -> list[int]:
        """The children that live now."""
        with self._guard:
            return [child.pid for child in (*self._idle, *self._busy) if child.alive()]

    def _take(self) -> tuple[_Child, bool]:
        with self._guard:
            if self._stopped:
                raise Transient("The program is stopping; the work goes on at the next start.")
            while self._idle:
                child = self._idle.pop()
                if child.alive():
                    self._busy.add(child)
                    return child, False
                child.close()
            child = _Child(self._habits)
            self._busy.add(child)
            return child, True

    def _give_back(self, child: _Child) -> None:
        with self._guard:
            self._busy.discard(child)
            keep = self._reuse and not self._stopped and child.usable
            if keep:
                self._idle.append(child)
        if not keep:
            child.kill()


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a child lives; told to it as words of its command line."""

    idle_s: float
    niceness: int
    memory_bytes: int
    """0: as much as there is."""

    @classmethod
    def read(cls, words: Sequence[str]) -> Self:
        idle_s, niceness, memory_bytes = words
        return cls(float(idle_s), int(niceness), int(memory_bytes))

    def words(self) -> list[str]:
        return [str(self.idle_s), str(self.niceness), str(self.memory_bytes)]


_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Two children of one thread beat one child of two (docs/decisions), and leave the person's machine alone."""


class Patience:
    """How long a job may take: in all, and without a word."""

    def __init__(self, timeout_s: float, stall_s: float | None, clock: Callable[[], float]) -> None:
        self._timeout_s = timeout_s
        self._stall_s = math.inf if stall_s is None else stall_s
        self._clock = clock
        self._begun = self._heard = clock()

    def heard(self) -> None:
        """The job told of progress."""
        self._heard = self._clock()

    def left_s(self) -> float:
        """How long to go on waiting for its next word."""
        now = self._clock()
        return max(0.0, min(self._begun + self._timeout_s - now, self._heard + self._stall_s - now))

    def why_over(self) -> str:
        """What ended it, in words that follow the job's name."""
        if self._clock() < self._begun + self._timeout_s:
            return f"made no progress for {self._stall_s:.0f} s"
        return f"took longer than {self._timeout_s:.0f} s"


class _GoneBeforeBegun(Exception):
    """The child was gone before it took the job: nothing has happened yet."""


class _Child:
    """The parent's end of one child process."""

    def __init__(self, habits: _Habits) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "daemon.children", *habits.words()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, so that what it starts can be ended with it
            env={**os.environ, **_ONE_THREAD},
        )
        self.pid = self._process.pid
        self.usable = True
        self._rest = b""
        self._said: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
        self._ear = threading.Thread(target=self._listen, name=f"child-{self.pid}-stderr", daemon=True)
        self._ear.start()

    def alive(self) -> bool:
        return self._process.poll() is None

    def last_words(self) -> str:
        return " / ".join(self._said)

    def run(self, job: str, args: Mapping[str, Any], progress: Progress, patience: Patience) -> Any:
        """One job. After a death or a time-out the child is not `usable` any more."""
        begun = False
        self.usable = False
        try:
            self._send({"job": job, "args": dict(args)})
            while True:
                answer = self._receive(patience, job)
                patience.heard()
                if "begun" in answer:
                    begun = True
                elif "progress" in answer:
                    progress(*answer["progress"])
                else:
                    break
        except (EOFError, BrokenPipeError) as error:
            if not begun:
                raise _GoneBeforeBegun from error
            raise Transient(self._obituary(job)) from error
        self.usable = True
        if "error" in answer:
            raise from_json(answer["error"])
        if "defect" in answer:
            raise RuntimeError(f"{job} failed in its child process:\n{answer['defect']}")
        return answer["ok"]

    def kill(self) -> None:
        """Ends the child and all that it started, and lets go of it."""
        self._end_group()
        self.close()

    def end(self) -> None:
        """Ends the child and all that it started. Its pipes stay open, for another thread may be reading them."""
        self._end_group()
        self._process.wait()

    def _end_group(self) -> None:
        if self._process.returncode is None:  # once it was waited for, its number may be somebody else's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Waits for the end and closes the pipes."""
        self._process.wait()
        self._ear.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError, ValueError):
                _pipe(pipe).close()

    def _send(self, request: Mapping[str, Any]) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(json.dumps(request).encode() + b"\n")
        pipe.flush()

    def _receive(self, patience: Patience, job: str) -> dict[str, Any]:
        pipe = _pipe(self._process.stdout)
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not ready.select(patience.left_s()):
                    why = patience.why_over()
                    self.kill()
                    raise Transient(f"{_short(job)} {why} and was ended. It is tried again by itself.")
                piece = os.read(pipe.fileno(), 65536)
                if not piece:
                    raise EOFError
                self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _listen(self) -> None:
        for line in _pipe(self._process.stderr):
            text = line.decode(errors="replace").rstrip()
            self._said.append(text)
            log.debug("child %d: %s", self.pid, text)

    def _obituary(self, job: str) -> str:
        self._end_group()  # what it had started must not outlive it
        code = self._process.wait()
        self._ear.join()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        words = self.last_words()
        return f"The worker process for {_short(job)} {how}. {words}".strip()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 -- all three were asked for
    return pipe


def _short(job: str) -> str:
    return job.rpartition(":")[2]


# --- the child's side ------------------------------------------------------------------------------------------------


def main(habits: _Habits) -> NoReturn:
    """Serves jobs until the parent's pipe closes, nothing more has come for a while, or memory has run out.

    It never returns: Python would wait a second for the thread that reads requests, and then abort.
    """
    if habits.niceness:
        os.nice(habits.niceness)
    if habits.memory_bytes:
        _bound_memory(habits.memory_bytes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # Answers go out on a private copy of stdout; whatever a library prints goes to stderr.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()

    def say(**answer: Any) -> None:
        try:
            answers.write(json.dumps(answer).encode() + b"\n")
        except BrokenPipeError:
            _end_with_all()

    patience_s: float | None = None  # who is fresh was started for a job, which is on its way
    while True:
        try:
            request = requests.get(timeout=patience_s)
        except queue.Empty:
            os._exit(0)
        patience_s = habits.idle_s
        say(begun=True)
        try:
            say(**_work(request, lambda fraction, text: say(progress=[fraction, text])))
        except MemoryError:
            say(error=to_json(_out_of_memory(request["job"], habits.memory_bytes)))
            os._exit(0)  # nobody knows what a library left behind


def _bound_memory(size: int) -> None:
    """What is allocated counts, and what is mapped of files does not. Only Linux counts so; macOS takes the number and
    does not keep to it."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _out_of_memory(job: str, size: int) -> Transient:
    """Not BadMedia: it may have been the machine that had no more. What wants too much every time is given up after
    as many tries as every other fault of our own."""
    bound = f" (it may take {size / 1e6:.0f} MB)" if size else ""
    return Transient(f"{_short(job)} ran out of memory{bound} and was ended. It is tried again by itself.")


def _work(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    try:
        module, _, name = request["job"].partition(":")
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return {"ok": function(**request["args"], progress=progress)}
    except DaemonError as error:
        return {"error": to_json(error)}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- told to the parent, which raises it there
        return {"defect": traceback.format_exc()}


def _read_requests(requests: queue.Queue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    _end_with_all()


def _end_with_all() -> None:
    """The parent closed the pipe or died: whatever runs here, and whatever it started, ends now."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(_Habits.read(sys.argv[1:]))
