"""SIGTERM and Ctrl-C: the work hears of them, and nothing breaks into it."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading

import pytest

from daemon.cli.signals import until_stopped

LONG_S = 60.0
BOTH = pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])


def tell(order=signal.SIGTERM):
    os.kill(os.getpid(), order)


def test_it_answers_what_the_work_answers_and_leaves_the_signals_as_they_were():
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    assert until_stopped(lambda stop: stop.is_set()) is False
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_it_raises_what_the_work_raises(error):
    def work(_stop):
        raise error

    with pytest.raises(type(error)) as raised:
        until_stopped(work)
    assert raised.value is error


@BOTH
def test_the_work_is_told_and_ends_in_order(order):
    def work(stop):
        tell(order)
        return stop.wait(LONG_S)

    assert until_stopped(work) is True


@BOTH
def test_it_is_heard_whichever_thread_takes_it(order):
    """The kernel may give a signal to any of them; it was the main thread that slept on then."""

    def work(stop):
        assert not stop.wait(0.1), "by now the main thread listens"
        signal.pthread_kill(threading.get_ident(), order)
        return stop.wait(LONG_S)

    assert until_stopped(work) is True


@BOTH
def test_nothing_breaks_into_a_transaction(tmp_path, order):
    """What an exception leaves open in the middle of one, everybody else waits for."""
    ledger = sqlite3.connect(tmp_path / "l", isolation_level=None, check_same_thread=False)
    ledger.execute("CREATE TABLE t (n INTEGER)")

    def work(stop):
        ledger.execute("BEGIN IMMEDIATE")
        tell(order)
        assert stop.wait(LONG_S)
        ledger.execute("INSERT INTO t VALUES (1)")
        ledger.execute("COMMIT")
        return ledger.in_transaction

    assert until_stopped(work) is False
    assert ledger.execute("SELECT count(*) FROM t").fetchone() == (1,)
    ledger.close()


class Deaf:
    """Work that does not end, whatever it is told, until the test lets it go."""

    def __init__(self, told):
        self._told, self._free, self._gone = told, threading.Event(), threading.Event()

    def __call__(self, stop):
        for _ in range(self._told):
            tell()
            assert stop.wait(LONG_S)  # two at the same moment are one
        self._free.wait(LONG_S)
        self._gone.set()

    def let_go(self):
        self._free.set()
        assert self._gone.wait(LONG_S)


@pytest.mark.parametrize(
    ("told", "within_s"), [pytest.param(1, 0.01, id="once, after its time"), pytest.param(2, None, id="twice, at once")]
)
def test_who_asked_for_an_end_does_not_wait_for_what_hears_nothing(told, within_s):
    deaf = Deaf(told)
    with pytest.raises(KeyboardInterrupt):
        until_stopped(deaf, leaves_within_s=within_s)
    deaf.let_go()
