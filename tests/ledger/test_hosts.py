from __future__ import annotations

from daemon.ledger import Ledger
from tests.ledger.given import NOON, Clock


def test_a_host_that_is_not_heard_of_is_dead(ledger: Ledger, clock: Clock) -> None:
    ledger.hosts.beat("studio", 11, "daemon")
    ledger.hosts.beat("laptop", 22, "single")
    clock.forward(60)
    ledger.hosts.beat("laptop", 22, "single")

    assert ledger.hosts.dead(60) == ()
    (dead,) = ledger.hosts.dead(59)
    assert (dead.host_id, dead.pid, dead.mode, dead.heartbeat_at) == ("studio", 11, "daemon", NOON)


def test_another_pid_is_a_new_start(ledger: Ledger, clock: Clock) -> None:
    ledger.hosts.beat("studio", 11, "daemon")
    clock.forward(10)
    ledger.hosts.beat("studio", 11, "daemon")
    clock.forward(1)
    assert [host.started_at for host in ledger.hosts.dead(0)] == [NOON]

    ledger.hosts.beat("studio", 12, "daemon")
    clock.forward(1)
    assert [host.started_at for host in ledger.hosts.dead(0)] == [NOON + 11]
