"""A name whose file was taken back is another track's to have, as soon as the file is out of the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.ledger import Ledger
from daemon.models import Candidate, Filed, Format, Service, Track
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.withdrawing import Withdrawals
from tests.ledger.given import Clock, a_track
from tests.pipeline.shelving.files import rendered_file

TRACK = Track(title="Title", artists=("Artist",))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", Clock()) as ledger:
        yield ledger


@pytest.fixture
def file(tmp_path: Path, ledger: Ledger) -> Callable[[str, bytes], str]:
    """As the steps do; answers the name in the library."""

    def file(track_id: str, sound: bytes) -> str:
        shelf = Shelf(out_dir=tmp_path / "music", memory=ledger.shelf_memory)
        shelving = shelf.shelve(track_id, TRACK, None, [rendered_file(tmp_path / "work", Format.M4A, sound)])
        ledger.tracks.finish(track_id, Filed(files=shelving.files))
        return Path(shelving.files[0].path).name

    return file


def take_back(ledger: Ledger, track_id: str) -> None:
    other = Candidate(service=Service.YOUTUBE, id="x", url="https://youtube.example/x", title="Title")
    ledger.decisions.reject(track_id, other, "me", anew=True)


def test_a_track_that_takes_the_place_of_another_gets_its_name(tmp_path, ledger, file):
    original, second, third = a_track(ledger), a_track(ledger), a_track(ledger)
    withdrawals = Withdrawals(ledger, tmp_path / "music", lambda: True, tmp_path / "aside")
    assert file(original, b"sound") == "Artist - Title.m4a"
    take_back(ledger, original)
    assert file(second, b"another") == "Artist - Title (2).m4a", "the file that was taken back is still there"
    withdrawals.carry_out(original)
    assert file(third, b"sound") == "Artist - Title.m4a"
    assert [filed.shelved.path for filed in ledger.files.of(original)] == [
        str(tmp_path / "music/Unassigned/Artist - Title.m4a")
    ]


def test_a_file_that_another_track_has_by_now_is_not_taken_for_ones_own(tmp_path, ledger, file):
    original, second = a_track(ledger), a_track(ledger)
    file(original, b"sound")
    take_back(ledger, original)
    Withdrawals(ledger, tmp_path / "music", lambda: True, tmp_path / "aside").carry_out(original)
    file(second, b"sound")
    assert file(original, b"sound") == "Artist - Title (2).m4a"
