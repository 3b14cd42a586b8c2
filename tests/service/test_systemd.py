"""What systemd hears, on a real socket of its kind."""

from __future__ import annotations

import socket

import pytest

from daemon.service.systemd import Notifier


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(5)
        yield ear


def test_it_is_told_when_we_serve_and_that_all_is_well(systemd, tmp_path):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "180000000"})
    notifier.ready("5 done")
    notifier.alive()
    notifier.stopping()
    assert [systemd.recv(100).decode() for _ in range(3)] == ["READY=1\nSTATUS=5 done", "WATCHDOG=1", "STOPPING=1"]
    assert notifier.watchdog_s == 180


def test_an_abstract_socket_is_understood():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind("\0cratekeeper-test-notify")
        ear.settimeout(5)
        Notifier({"NOTIFY_SOCKET": "@cratekeeper-test-notify"}).status("looking")
        assert ear.recv(100) == b"STATUS=looking"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "x"}])
def test_without_a_listener_there_is_silence(environ):
    notifier = Notifier(environ)
    notifier.ready("x")
    notifier.alive()
    assert notifier.watchdog_s is None
