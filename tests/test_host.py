"""One id and one process to a host, whoever races, forks or is killed."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from daemon.errors import ConfigError
from daemon.host import Holder, HostLock, host_id

RACERS = 8


@contextmanager
def python(code, *arguments):
    """A process of its own, which says a line when it is ready and ends when its stdin closes."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


# --- the id ----------------------------------------------------------------------------------------------------------


def test_the_id_is_made_once_and_kept(tmp_path):
    var_dir = tmp_path / "new" / "var"
    first = host_id(var_dir)
    assert len(first) == 16
    assert int(first, 16)
    assert host_id(var_dir) == first
    assert [file.name for file in var_dir.iterdir()] == ["host.id"], "no draft is left"
    assert host_id(tmp_path / "another") != first


def test_threads_that_ask_at_the_same_moment_get_the_same_id(tmp_path):
    barrier = threading.Barrier(RACERS)

    def ask(_):
        barrier.wait()
        return host_id(tmp_path / "var")

    with ThreadPoolExecutor(RACERS) as racers:
        assert len(set(racers.map(ask, range(RACERS)))) == 1
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["host.id"]


ASK = """
import sys
from pathlib import Path
from daemon.host import host_id
print("ready", flush=True)
sys.stdin.readline()
print(host_id(Path(sys.argv[1])), flush=True)
"""


def test_processes_that_ask_at_the_same_moment_get_the_same_id(tmp_path):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, tmp_path / "var"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    assert len({racer.communicate(timeout=20)[0] for racer in racers}) == 1


def test_an_emptied_id_is_said_and_not_taken_for_one(tmp_path):
    host_id(tmp_path)
    (tmp_path / "host.id").write_text("\n")
    with pytest.raises(ConfigError, match=r"host\.id is empty; delete it"):
        host_id(tmp_path)


# --- the lock --------------------------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from daemon.host import HostLock
lock = HostLock(Path(sys.argv[1]))
assert lock.take("daemon")
print("held", flush=True)
sys.stdin.readline()
"""

HOLD_WITH_A_CHILD_AT_WORK = """
import sys
from pathlib import Path
from daemon.children import Children
from daemon.host import HostLock
lock = HostLock(Path(sys.argv[1]))
assert lock.take("daemon")
Children(at_once=1, reuse=True).run(
    "tests.child_jobs:start_a_grandchild_and_hang", {}, lambda *_: print("held", flush=True), timeout_s=60
)
"""


def test_the_file_says_who_holds_the_host(tmp_path):
    lock = HostLock(tmp_path / "var")
    assert lock.take("single")
    assert json.loads((tmp_path / "var" / "daemon.lock").read_text()) == {"pid": os.getpid(), "mode": "single"}
    lock.release()


def test_taking_it_again_is_fine_and_releasing_it_lets_the_next_one_in(tmp_path):
    ours, theirs = HostLock(tmp_path), HostLock(tmp_path)
    assert ours.take("daemon")
    assert ours.take("daemon")
    assert not theirs.take("single")
    ours.release()
    ours.release()
    assert theirs.take("single")
    assert ours.holder() == Holder(os.getpid(), "single"), "shorter than what stood there, and nothing of that is left"
    theirs.release()


def test_a_second_process_is_refused_and_knows_by_whom(tmp_path):
    with python(HOLD, tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        ours = HostLock(tmp_path)
        assert not ours.take("single")
        assert ours.holder() == Holder(holder.pid, "daemon")
        holder.communicate("leave\n", timeout=20)
        assert ours.take("single")
        ours.release()


def test_whether_it_is_taken_is_seen_without_a_trace(tmp_path):
    ours, others = HostLock(tmp_path / "var"), HostLock(tmp_path / "var")
    assert not others.is_taken()
    assert list(tmp_path.iterdir()) == []
    ours.take("daemon")
    assert others.is_taken()
    assert others.holder() == ours.holder()
    ours.release()
    assert not others.is_taken()


def test_who_only_looks_keeps_nobody_out_however_long_it_takes(tmp_path, monkeypatch):
    """It may lose its turn in the middle of a look, on a machine that has much to do."""
    (tmp_path / "daemon.lock").touch()
    looks = os.open(tmp_path / "daemon.lock", os.O_RDONLY)
    fcntl.flock(looks, fcntl.LOCK_SH)
    turns = itertools.count(1)
    monkeypatch.setattr(time, "sleep", lambda _s: os.close(looks) if next(turns) == 20 else None)
    ours = HostLock(tmp_path)
    assert ours.take("daemon")
    assert next(turns) == 21
    ours.release()


def test_nobody_is_named_where_nothing_can_be_read(tmp_path):
    lock = HostLock(tmp_path)
    assert lock.holder() is None
    (tmp_path / "daemon.lock").write_text("{")
    assert lock.holder() is None


@pytest.mark.parametrize("hold", [HOLD, HOLD_WITH_A_CHILD_AT_WORK], ids=["alone", "with a child at work"])
def test_kill_9_frees_it_at_once(tmp_path, hold):
    with python(hold, tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        family = psutil.Process(holder.pid).children(recursive=True)
        holder.kill()
        holder.wait()
        ours = HostLock(tmp_path)
        assert ours.take("single"), "the kernel's lock goes with its process"
        ours.release()
    assert not psutil.wait_procs(family, timeout=10)[1]


def test_a_child_that_still_runs_does_not_keep_the_lock(tmp_path):
    """The same with a child that is stopped, and so certainly outlives its parent: only a forked one would keep it."""
    with python(HOLD_WITH_A_CHILD_AT_WORK, tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        family = psutil.Process(holder.pid).children(recursive=True)
        for member in family:
            member.send_signal(signal.SIGSTOP)
        holder.kill()
        holder.wait()
        try:
            assert all(member.is_running() for member in family)
            ours = HostLock(tmp_path)
            assert ours.take("single")
            ours.release()
        finally:
            for member in family:
                member.send_signal(signal.SIGCONT)
    assert not psutil.wait_procs(family, timeout=10)[1]
