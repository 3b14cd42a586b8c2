"""A copy that an inbox is owed is made when its drive comes back, and not twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.ledger import Ledger
from daemon.models import Candidate, Failed, Filed, Format, Rendered, Service, Track
from daemon.pipeline.owed import Owed
from daemon.pipeline.shelving import Shelf, Shelving
from daemon.service.oneshot import single
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.world import COPPER_SUN, LOW_TIDE
from tests.house import a_home
from tests.ledger.given import Clock, a_track
from tests.pipeline.shelving.files import rendered_file


@pytest.fixture
def home(tmp_path):
    inboxes = {"BACKUP_DIR": str(tmp_path / "dj"), "WAV_BACKUP_DIR": str(tmp_path / "player")}
    with a_home(tmp_path, **inboxes) as home:
        yield home


def run(home):
    settings = home.settings
    with open_house(settings, lambda _told: None, Outside(settings)) as rooms:
        return single(rooms)


def test_what_was_away_gets_its_copy_once_it_is_back(home):
    dj, player = home.folder / "dj", home.folder / "player"
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    assert run(home).owed == ()
    for inbox in (dj, player):
        inbox.rename(inbox.with_suffix(".unplugged"))

    home.world.person.likes_on_soundcloud(COPPER_SUN)
    ended = run(home)
    assert len(ended.tracks) == 1, "the track itself is filed"
    assert sorted(reason.split(":")[0] for reason in ended.owed) == ["BACKUP_DIR", "WAV_BACKUP_DIR"]
    assert sorted(reason.split(":")[0] for reason in run(home).owed) == ["BACKUP_DIR", "WAV_BACKUP_DIR"]
    assert not dj.exists(), "nothing is made where a drive should be"

    for inbox in (dj, player):
        inbox.with_suffix(".unplugged").rename(inbox)
    assert run(home).owed == ()
    name = "Anouk Fields - Copper Sun"
    assert (dj / f"{name}.m4a").is_file()
    assert (player / f"{name}.wav").is_file()
    assert list((home.folder / "var" / "owed").iterdir()) == []

    (dj / f"{name}.m4a").unlink()  # the DJ program has taken it in
    assert run(home).owed == ()
    assert not (dj / f"{name}.m4a").exists(), "delivered once"


# --- one debt, with the real ledger ----------------------------------------------------------------------------------


class Debtor:
    """A house whose BACKUP_DIR is away, and one track."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder, self.ledger = folder, ledger
        self.inbox, self.library, self.owed_dir = folder / "dj", folder / "music", folder / "var" / "owed"
        self.shelf = Shelf(out_dir=self.library, backup_dir=self.inbox, memory=ledger.shelf_memory)
        self.owed = Owed(ledger, self.shelf, self.owed_dir)
        self.track_id = a_track(ledger)
        self.track = Track(title="Title", artists=("Artist",))
        self.inbox.write_text("in the way")

    def files(self, sound: bytes) -> Shelving:
        """As the step `shelve` does."""
        rendered: list[Rendered] = [rendered_file(self.folder / "work", Format.M4A, sound)]
        shelving = self.shelf.shelve(self.track_id, self.track, None, rendered)
        for file in shelving.files:
            self.ledger.files.record(self.track_id, file)
        if shelving.waiting:
            self.owed.keep(self.track_id, self.track, None, rendered, None, shelving.waiting)
        return shelving

    def concludes(self, shelving: Shelving) -> None:
        self.ledger.tracks.finish(self.track_id, Filed(files=shelving.files))

    def plugs_in(self) -> None:
        self.inbox.unlink()
        self.inbox.mkdir()

    @property
    def delivered(self) -> list[bytes]:
        return [file.read_bytes() for file in self.inbox.iterdir()]


@pytest.fixture
def debtor(tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", Clock()) as ledger:
        yield Debtor(tmp_path, ledger)


def test_what_waits_is_not_spoilt_by_a_program_that_writes_into_the_librarys_file(debtor):
    debtor.concludes(debtor.files(b"sound"))
    (filed,) = debtor.library.rglob("*.m4a")
    with filed.open("r+b") as file:
        file.write(b"cues!")
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]


def test_the_inbox_gets_its_copy_also_while_the_library_is_away(debtor):
    debtor.concludes(debtor.files(b"sound"))
    debtor.library.rename(debtor.folder / "unplugged")
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]
    assert not debtor.library.exists()


def test_nothing_is_paid_before_the_track_is_filed_to_its_end(debtor):
    shelving = debtor.files(b"sound")
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    debtor.concludes(shelving)
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]


def test_a_sound_that_the_person_has_decided_against_is_owed_to_nobody(debtor):
    debtor.concludes(debtor.files(b"the wrong one"))
    other = Candidate(service=Service.YOUTUBE, id="x", url="https://youtube.example/x", title="Title")
    debtor.ledger.decisions.pin(debtor.track_id, other, "me", anew=True)
    (wrong,) = debtor.library.rglob("*.m4a")
    wrong.unlink()  # moved aside
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    assert list(debtor.library.rglob("*.m4a")) == [], "the debt has filed it anew"
    debtor.ledger.tracks.begin(debtor.track_id)
    debtor.ledger.tracks.restart(debtor.track_id)
    debtor.concludes(debtor.files(b"the right one"))
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"the right one"]
    assert list(debtor.owed_dir.iterdir()) == []


def test_another_sound_takes_the_place_of_the_one_that_waited(debtor):
    debtor.files(b"the wrong one")
    debtor.ledger.files.mark_missing([str(file) for file in debtor.library.rglob("*.m4a")])
    (wrong,) = debtor.library.rglob("*.m4a")
    wrong.unlink()
    debtor.concludes(debtor.files(b"the right one"))
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"the right one"]


def test_a_track_that_is_no_longer_filed_is_owed_nothing(debtor):
    debtor.files(b"sound")
    debtor.ledger.tracks.finish(debtor.track_id, Failed(reason="no", step="shelve"))
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    assert debtor.owed.of(debtor.track_id) == ()
    assert list(debtor.owed_dir.iterdir()) == []
