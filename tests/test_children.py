"""Child processes: they answer, they fail alone, they never outlive anybody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading

import psutil
import pytest

from daemon.children import Children, Patience
from daemon.errors import NotFound, Transient

HERE = "tests.child_jobs"


def quiet(_fraction, _text):
    return None


@pytest.fixture
def fifo(tmp_path):
    """Opening it for writing blocks until the job reads it: no sleeping, no polling."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def children():
    pool = Children(at_once=2, reuse=True, idle_s=60)
    yield pool
    pool.stop()


def test_answers_with_what_the_job_returned_and_passes_progress_on(children):
    said = []
    answer = children.run(
        f"{HERE}:double", {"number": 21}, lambda fraction, text: said.append((fraction, text)), timeout_s=30
    )
    assert answer == 42
    assert said == [(0.5, "half-way")]


def test_a_child_is_used_again_and_keeps_what_a_library_prints_apart(children):
    first = children.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30)
    second = children.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30)
    assert first == second != os.getpid()


def test_without_reuse_every_job_gets_a_fresh_process_and_none_is_left():
    pool = Children(at_once=1, reuse=False)
    pids = {pool.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30) for _ in range(2)}
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    pool.stop()


def test_an_error_of_ours_comes_back_as_itself(children):
    with pytest.raises(NotFound, match="gone for good"):
        children.run(f"{HERE}:not_found", {}, quiet, timeout_s=30)


def test_a_bug_comes_back_with_its_traceback(children):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        children.run(f"{HERE}:bug", {}, quiet, timeout_s=30)


def test_a_child_that_dies_fails_its_own_job_and_no_neighbours(children, fifo):
    answers = []
    neighbour = threading.Thread(
        target=lambda: answers.append(children.run(f"{HERE}:wait_for_a_line", {"path": str(fifo)}, quiet, timeout_s=30))
    )
    neighbour.start()
    with pytest.raises(Transient, match="SIGKILL"):
        children.run(f"{HERE}:kill_yourself", {}, quiet, timeout_s=30)
    with fifo.open("w") as pipe:
        pipe.write("still here\n")
    neighbour.join(30)
    assert answers == ["still here"]


@pytest.mark.parametrize(
    ("patience", "why"),
    [
        ({"timeout_s": 60}, "took longer than 60 s"),
        ({"timeout_s": 3600, "stall_s": 60}, "made no progress for 60 s"),
    ],
    ids=["too long", "no more progress"],
)
def test_one_that_outlasts_our_patience_is_ended_with_all_that_it_started(patience, why):
    now_s = 0.0
    said, family = [], []

    def a_minute_later(_fraction, text):
        nonlocal now_s
        now_s += 60
        said.append(text)
        family.extend(psutil.Process(pool.pids()[0]).children())

    pool = Children(at_once=1, reuse=True, clock=lambda: now_s)
    with pytest.raises(Transient, match=why):
        pool.run(f"{HERE}:start_a_grandchild_and_hang", {}, a_minute_later, **patience)
    assert (said, pool.pids()) == (["started"], [])
    assert len(family) == 1
    assert not psutil.wait_procs(family, timeout=10)[1]
    pool.stop()


def test_one_that_makes_progress_may_take_longer_than_a_stall(fifo):
    now_s = 0.0

    def twenty_seconds_later(_fraction, _text):
        nonlocal now_s
        now_s += 20
        os.write(both_ends, b"go on\n")

    both_ends = os.open(fifo, os.O_RDWR)  # so that neither side waits for the other to open it
    pool = Children(at_once=1, reuse=False, clock=lambda: now_s)
    pool.run(
        f"{HERE}:tell_of_every_line",
        {"path": str(fifo), "lines": 5},
        twenty_seconds_later,
        timeout_s=3600,
        stall_s=60,
    )
    os.close(both_ends)
    assert now_s == 100


@pytest.mark.parametrize(
    ("words_at_s", "stall_s", "ends_at_s", "why"),
    [
        ([], None, 100, "took longer than 100 s"),
        ([], 30, 30, "made no progress for 30 s"),
        ([10, 20], 30, 50, "made no progress for 30 s"),
        ([25, 50, 75, 95], 30, 100, "took longer than 100 s"),
        ([], 500, 100, "took longer than 100 s"),
    ],
)
def test_patience_ends_with_the_time_or_with_the_progress(words_at_s, stall_s, ends_at_s, why):
    now_s = 1000.0
    patience = Patience(100, stall_s, clock=lambda: now_s)
    for word_at_s in words_at_s:
        now_s = 1000.0 + word_at_s
        assert patience.left_s() > 0
        patience.heard()
    assert now_s + patience.left_s() == 1000.0 + ends_at_s
    now_s = 1000.0 + ends_at_s
    assert patience.left_s() == 0
    assert patience.why_over() == why


@pytest.mark.skipif(sys.platform != "linux", reason="no other system keeps a process to a bound")
def test_who_wants_too_much_memory_fails_alone_and_another_child_takes_the_next_job():
    pool = Children(at_once=1, reuse=True, memory_bytes=300_000_000)
    first = pool.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30)
    with pytest.raises(Transient, match=r"take ran out of memory \(it may take 300 MB\)"):
        pool.run(f"{HERE}:take", {"megabytes": 400}, quiet, timeout_s=30)
    assert pool.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30) != first
    assert pool.run(f"{HERE}:take", {"megabytes": 100}, quiet, timeout_s=30) == 100_000_000
    pool.stop()


def test_a_child_without_a_bound_takes_what_there_is(children):
    assert children.run(f"{HERE}:take", {"megabytes": 400}, quiet, timeout_s=30) == 400_000_000


def test_an_idle_child_leaves_by_itself_and_the_next_job_still_runs():
    pool = Children(at_once=1, reuse=True, idle_s=0.05)
    first = pool.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=10)
    assert pool.run(f"{HERE}:pid_after_printing", {}, quiet, timeout_s=30) != first
    pool.stop()


def test_stop_ends_a_running_job_at_once_and_refuses_new_ones(fifo):
    pool = Children(at_once=1, reuse=True)
    failures = []

    def job():
        try:
            pool.run(f"{HERE}:wait_for_a_line", {"path": str(fifo)}, quiet, timeout_s=60)
        except Transient as error:
            failures.append(error)

    running = threading.Thread(target=job)
    running.start()
    with fifo.open("w"):  # opens only once the child reads: the job is under way
        pool.stop()
    running.join(10)
    assert len(failures) == 1
    with pytest.raises(Transient, match="stopping"):
        pool.run(f"{HERE}:double", {"number": 1}, quiet, timeout_s=5)


CHILD = [sys.executable, "-m", "daemon.children"]


def order_double(child):
    child.stdin.write(json.dumps({"job": f"{HERE}:double", "args": {"number": 1}}).encode() + b"\n")
    child.stdin.flush()


def test_an_idle_child_leaves_quietly_but_not_before_its_first_job():
    child = subprocess.Popen(
        [*CHILD, "0", "0", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with child:
        order_double(child)
        assert child.wait(timeout=20) == 0
        assert json.loads(child.stdout.readlines()[-1]) == {"ok": 2}
        assert child.stderr.read() == b""


def test_a_child_that_nobody_listens_to_ends_at_once():
    """The parent may be gone before its child has said that it took the job."""
    child = subprocess.Popen(
        [*CHILD, "60", "0", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with child:
        child.stdout.close()
        order_double(child)
        assert child.wait(timeout=20) == -signal.SIGKILL
        assert child.stderr.read() == b""


def test_children_and_grandchildren_end_when_the_parent_is_killed():
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
            from daemon.children import Children
            Children(at_once=1, reuse=True).run("{HERE}:start_a_grandchild_and_hang", {{}}, print, timeout_s=60)
        """),
        ],
        stdout=subprocess.PIPE,
    )
    parent.stdout.readline()  # its first progress: the grandchild runs
    family = psutil.Process(parent.pid).children(recursive=True)
    assert len(family) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
