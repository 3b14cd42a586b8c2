from __future__ import annotations

import pytest

from daemon.errors import Refused
from daemon.ledger import Ledger
from tests.ledger.given import NOON, Clock, a_file, a_track


def test_a_file_returns_as_it_was_recorded(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    shelved = a_file("/music/Warm Up/Ä – B.m4a", size=5_000_000_000)

    ledger.files.record(track_id, shelved)

    (filed,) = ledger.files.of(track_id)
    assert (filed.shelved, filed.filed_at, filed.missing_since) == (shelved, NOON, None)
    assert ledger.files.owner(shelved.path) == track_id


def test_recording_a_file_again_renews_what_it_looks_like_and_keeps_the_day(ledger: Ledger, clock: Clock) -> None:
    track_id = a_track(ledger)
    ledger.files.record(track_id, a_file("/music/a.m4a", size=1))
    clock.forward(60)

    ledger.files.record(track_id, a_file("/music/a.m4a", size=2))

    (filed,) = ledger.files.of(track_id)
    assert (filed.shelved.size, filed.filed_at) == (2, NOON)


def test_a_path_belongs_to_one_track(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    ledger.files.record(first, a_file("/music/a.m4a"))

    with pytest.raises(Refused, match=rf"/music/a\.m4a belongs to another track \({first}\)"):
        ledger.files.record(second, a_file("/music/a.m4a"))

    assert ledger.files.of(second) == ()
    assert ledger.files.owner("/music/b.m4a") is None


def test_files_come_in_the_order_of_filing(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    for name in ("c", "a", "b"):
        ledger.files.record(track_id, a_file(f"/music/{name}"))

    assert [filed.shelved.path for filed in ledger.files.of(track_id)] == ["/music/c", "/music/a", "/music/b"]
