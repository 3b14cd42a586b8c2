"""What every test is held to: loopback only, and nothing left behind."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading

import psutil
import pytest
from hypothesis import settings

from tests.postgres import postgres_server

# Shared machines are slow by fits and starts: a deadline would judge the neighbours. No database: leave nothing.
settings.register_profile("house", deadline=None, database=None)
settings.load_profile("house")

GRACE_S = 5.0
"""A thread or a child that was told to end may take a moment; one that was not told is still there after this."""

SHORT_PATIENCE_S, LONG_PATIENCE_S = 1.0, 20.0

# Nothing of the machine's owner may leak into a test, and no test may ask for a proxy's help.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_OURS = ("NOTION_", "SPOTIFY_", "YTDLP_", "ACOUSTID_")
for name in [*os.environ]:
    if name.lower() in _PROXIES or name.startswith(_OURS):
        del os.environ[name]
# Two test processes on two cores, each with numpy's threads for both, would wait for each other. As our children do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="session")
def loopback_only():
    """Python's own sockets reach nothing but this machine. (What is compiled, such as curl-cffi, is held by the network
    namespace that `.ci/run` makes.)"""
    real_connect = socket.socket.connect

    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            try:
                fine = ipaddress.ip_address(host).is_loopback
            except ValueError:
                fine = host == "localhost"
            if not fine:
                raise AssertionError(f"a test tried to reach {host}: tests talk to the sandbox on loopback only")
        return real_connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server, started for the first test that wants one."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def patience_s(request) -> float:
    """How long a client waits for the answer of its twin. A machine may stall for seconds; only the tests of an answer
    that comes too late, which have a slow fault among their parameters, wait it out."""
    given = request.node.callspec.params.values() if hasattr(request.node, "callspec") else ()
    is_slow = any(one == "slow" or getattr(getattr(one, "fault", one), "kind", "") == "slow" for one in given)
    return SHORT_PATIENCE_S if is_slow else LONG_PATIENCE_S


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test fails in place of being skipped where CRATEKEEPER_MUST_NOT_SKIP names a fixture of its: `postgres`."""
    report = yield
    needed = set(os.environ.get("CRATEKEEPER_MUST_NOT_SKIP", "").split(",")) & set(getattr(item, "fixturenames", ()))
    if report.skipped and needed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but it must not be, for it needs {', '.join(needed)}: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def nothing_left_behind(request):
    """Fails the test that leaves a thread, a process, an open socket, or a file in a work folder."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    threads, processes, sockets = _threads(), _processes(), _sockets()
    yield
    left = [
        *_left_threads(threads),
        *_left_processes(processes),
        *(f"socket {one}" for one in _sockets() - sockets),
        *_left_work_files(folder),
    ]
    assert not left, f"left behind: {', '.join(left)}"


def _threads():
    return set(threading.enumerate())


def _left_threads(before):
    for thread in _threads() - before:
        thread.join(GRACE_S)
    return [f"thread {thread.name}" for thread in _threads() - before if thread.is_alive()]


def _processes():
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _left_processes(before):
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=GRACE_S)
    # A PostgreSQL server is started once for a session, by the first test that wants one.
    return [f"process {child.pid} {child.name()}" for child in alive if "postgres" not in child.name()]


def _sockets():
    return {
        (connection.laddr, connection.raddr)
        for connection in psutil.Process().net_connections(kind="inet")
        if connection.status in (psutil.CONN_LISTEN, psutil.CONN_ESTABLISHED)
    }


def _left_work_files(folder):
    found = folder.glob("**/var/work/*") if folder else ()
    return [f"work file {file.relative_to(folder)}" for file in found]
