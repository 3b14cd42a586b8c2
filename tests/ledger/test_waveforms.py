from __future__ import annotations

from daemon.ledger import Ledger
from tests.ledger.given import a_track


def test_the_last_picture_is_kept(ledger: Ledger) -> None:
    track_id = a_track(ledger)

    assert ledger.waveforms.of(track_id) is None
    ledger.waveforms.keep(track_id, bytes([129, 127]) * 1000)
    ledger.waveforms.keep(track_id, bytes([200, 20]) * 1000)
    assert ledger.waveforms.of(track_id) == bytes([200, 20]) * 1000
