"""A copy that an inbox is owed is made when its drive comes back, and not twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from daemon.errors import Transient
from daemon.ledger import Ledger
from daemon.models import (
    Asked,
    Candidate,
    Duplicate,
    Failed,
    Filed,
    Format,
    MetadataOnly,
    Rendered,
    Service,
    Status,
    Track,
)
from daemon.pipeline.disks import Disks
from daemon.pipeline.owed import Owed
from daemon.pipeline.shelving import Shelf, Shelving, Waiting
from daemon.pipeline.shelving.notes import Job
from daemon.pipeline.shelving.shelf import Room
from daemon.service.oneshot import single
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.world import COPPER_SUN, LOW_TIDE
from tests.house import a_home
from tests.ledger.given import Clock, a_file, a_track
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
        self.track = Track(title="Title", artists=("Artist",))
        self.shelf_with(lambda *_: None)
        self.owed_dir.mkdir(parents=True)
        self.inbox.write_text("in the way")
        self.collected: dict[str, bytes] = {}
        self.next_track()

    def shelf_with(self, room: Room) -> None:
        self.shelf = Shelf(
            out_dir=self.library,
            memory=self.ledger.shelf_memory,
            backup_dir=self.inbox,
            wav_backup_dir=self.inbox,
            room=room,
        )
        self.owed = Owed(self.ledger, self.shelf, self.owed_dir)

    def next_track(self) -> None:
        self.track_id = a_track(self.ledger)

    def files(self, sound: bytes, format: Format = Format.M4A) -> Shelving:
        """As the step `shelve` does."""
        rendered: list[Rendered] = [rendered_file(self.folder / "work", format, sound)]
        shelving = self.shelf.shelve(self.track_id, self.track, None, rendered)
        for file in shelving.files:
            self.ledger.files.record(self.track_id, file)
        if shelving.waiting:
            self.owed.keep(self.track_id, self.track, None, rendered, None, shelving.waiting)
        return shelving

    def concludes(self, shelving: Shelving) -> None:
        self.ledger.tracks.finish(self.track_id, Filed(files=shelving.files))

    def is_owed(self, sound: bytes, track_id: str, format: Format = Format.M4A) -> None:
        """As the step `shelve` does while the inbox is away."""
        rendered = rendered_file(self.folder / "work", format, sound)
        waiting = Waiting(role="backup", format=format, reason="away")
        self.owed.keep(track_id, self.track, None, [rendered], None, [waiting])

    def has_old_name(self, host: str) -> None:
        """One debt per track, whoever's it was."""
        ((name, value),) = self.debts.items()
        self.ledger.memos.forget(name)
        self.ledger.memos.remember(f"owed/{self.track_id}", json.dumps(json.loads(value) | {"host": host}))

    def once_while_paying(self, happens: Callable[[], None]) -> None:
        """The shelf asks for room in the inbox just before it copies."""
        left = [happens]

        def room(_setting: str, _folder: Path, _need_bytes: int) -> None:
            if left:
                left.pop()()

        self.shelf_with(room)

    def plugs_in(self) -> None:
        self.inbox.unlink()
        self.inbox.mkdir()

    def collects(self) -> None:
        """The DJ program takes in what is there."""
        for file in self.inbox.iterdir():
            self.collected[f"{len(self.collected)} {file.name}"] = file.read_bytes()
            file.unlink()

    @property
    def debts(self) -> dict[str, str]:
        return self.ledger.memos.beginning("owed/")

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


@pytest.mark.parametrize(
    "outcome", [Failed(reason="no", step="fetch"), MetadataOnly(reason="no"), Asked(question="Which?", choices=())]
)
def test_a_track_whose_files_stand_is_owed_its_copy_however_a_later_attempt_ended(debtor, outcome):
    debtor.concludes(debtor.files(b"sound"))
    debtor.ledger.files.mark_missing([str(file) for file in debtor.library.rglob("*.m4a")])
    debtor.ledger.tracks.finish(debtor.track_id, outcome)
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]
    assert list(debtor.owed_dir.iterdir()) == []


def test_a_duplicate_is_owed_nothing(debtor):
    debtor.files(b"sound")
    original = a_track(debtor.ledger)
    debtor.ledger.tracks.finish(debtor.track_id, Duplicate(of=original, evidence="the same"))
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    assert debtor.debts == {}
    assert list(debtor.owed_dir.iterdir()) == []


def test_what_was_taken_back_is_owed_to_nobody_also_when_nothing_takes_its_place(debtor):
    debtor.concludes(debtor.files(b"the wrong one"))
    other = Candidate(service=Service.YOUTUBE, id="x", url="https://youtube.example/x", title="Title")
    debtor.ledger.decisions.reject(debtor.track_id, other, "me", anew=True)
    debtor.ledger.tracks.begin(debtor.track_id)
    debtor.ledger.tracks.restart(debtor.track_id)
    debtor.ledger.tracks.finish(debtor.track_id, MetadataOnly(reason="nowhere"))
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    assert debtor.debts == {}


# --- several debts ---------------------------------------------------------------------------------------------------


def test_two_tracks_of_one_name_get_two_names_in_an_inbox_that_is_emptied_at_once(debtor):
    debtor.plugs_in()
    for sound in (b"one", b"two"):
        debtor.concludes(debtor.files(sound))
        debtor.collects()
        debtor.next_track()
    assert debtor.collected == {"0 Artist - Title.m4a": b"one", "1 Artist - Title (2).m4a": b"two"}


def test_a_track_that_failed_for_a_name_goes_through_the_next_time(debtor):
    """Its copy was put there and noted; its row was refused, for another track had that path."""
    debtor.plugs_in()
    rendered = [rendered_file(debtor.folder / "work", Format.M4A, b"two")]
    debtor.files(b"one")
    first_id = debtor.track_id
    debtor.collects()
    debtor.next_track()
    name = Job(track_id=debtor.track_id, role="backup", rendered=rendered[0]).note_name
    taken = {"path": str(debtor.inbox / "Artist - Title.m4a"), "size": 3, "sha256": rendered[0].sha256}
    debtor.ledger.memos.remember(name, json.dumps(taken | {"part": "", "mtime_ns": 1, "done": True}))
    debtor.ledger.tracks.finish(debtor.track_id, Failed(reason="belongs to another track", step="shelve"))

    debtor.ledger.tracks.requeue(debtor.track_id)
    debtor.concludes(debtor.files(b"two"))
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.DONE
    for track_id in (first_id, debtor.track_id):
        assert debtor.ledger.shelf_memory.path_of(track_id, "backup", Format.M4A) == taken["path"]
    assert debtor.delivered == [], "it was delivered before"


def test_a_debt_that_cannot_be_paid_keeps_nobody_from_the_next(debtor):
    ids = []
    for sound in (b"one", b"two", b"three"):
        ids.append(debtor.track_id)
        debtor.concludes(debtor.files(sound))
        debtor.next_track()
    first, second, _ = sorted(debtor.debts, key=lambda name: ids.index(name.rpartition("/")[2]))
    debtor.ledger.memos.remember(first, "{}")
    debtor.ledger.memos.remember(second.replace(ids[1], "nobody"), debtor.debts[second])
    debtor.plugs_in()
    reasons = debtor.owed.deliver()
    assert len(reasons) == 2
    assert ids[0] in reasons[0]
    assert sorted(debtor.delivered) == [b"three", b"two"]
    assert len(debtor.owed.deliver()) == 2, "and it can be asked again"


def test_a_debt_is_paid_by_the_host_whose_inboxes_they_are(debtor):
    """Another one has its own folders, and nothing to pay with."""
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, host_id="here")
    debtor.concludes(debtor.files(b"sound"))
    debtor.plugs_in()
    assert Owed(debtor.ledger, debtor.shelf, debtor.folder / "there", host_id="there").deliver() == []
    assert debtor.delivered == []
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]


def test_each_host_has_its_own_debts(debtor):
    """One track, filed by two hosts whose inboxes are both away."""
    for host in ("here", "there"):
        debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir / host, host_id=host)
        shelving = debtor.files(b"sound")
    debtor.concludes(shelving)
    assert len(debtor.debts) == 2
    debtor.plugs_in()
    here = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir / "here", host_id="here")
    assert here.deliver() == []
    assert debtor.delivered == [b"sound"]
    assert here.formats_of(debtor.track_id) == frozenset()
    assert debtor.owed.formats_of(debtor.track_id) == {Format.M4A}
    assert list(debtor.debts) == [f"owed/there/{debtor.track_id}"]


@pytest.mark.parametrize("whose", ["", "here"])
def test_a_debt_under_its_old_name_is_paid_by_its_host(debtor, whose):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, host_id="here")
    debtor.concludes(debtor.files(b"sound"))
    debtor.has_old_name(whose)
    assert debtor.owed.formats_of(debtor.track_id) == {Format.M4A}
    assert len(debtor.owed.deliver()) == 1
    assert list(debtor.debts) == [f"owed/here/{debtor.track_id}"]
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]
    assert debtor.debts == {}


def test_a_debt_of_another_host_under_its_old_name_is_left_to_it(debtor):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, host_id="here")
    debtor.concludes(debtor.files(b"sound"))
    debtor.has_old_name("there")
    old = debtor.debts
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == []
    assert debtor.debts == old


@pytest.mark.parametrize("can_be_read", [True, False])
def test_what_is_owed_now_takes_the_place_of_a_debt_under_its_old_name(debtor, can_be_read):
    debtor.files(b"sound")
    debtor.has_old_name("")
    if not can_be_read:
        debtor.ledger.memos.remember(f"owed/{debtor.track_id}", "{}")
    debtor.concludes(debtor.files(b"sound"))
    assert list(debtor.debts) == [f"owed//{debtor.track_id}"]


# --- a debt that changes while debts are paid ------------------------------------------------------------------------


def test_a_debt_that_was_replaced_while_others_were_paid_is_paid_with_the_new_sound(debtor):
    for _ in range(2):
        debtor.concludes(debtor.files(b"the old one"))
        debtor.next_track()
    paid_last = max(debtor.debts).rpartition("/")[2]
    debtor.plugs_in()
    debtor.once_while_paying(lambda: debtor.is_owed(b"the new one", paid_last))
    assert debtor.owed.deliver() == []
    assert sorted(debtor.delivered) == [b"the new one", b"the old one"]


def test_a_debt_that_is_replaced_while_it_is_paid_is_not_lost(debtor):
    debtor.concludes(debtor.files(b"sound"))
    debtor.plugs_in()
    debtor.once_while_paying(lambda: debtor.is_owed(b"louder", debtor.track_id, Format.WAV))
    debtor.owed.deliver()
    assert debtor.owed.formats_of(debtor.track_id) == {Format.WAV}
    assert debtor.owed.deliver() == []
    assert sorted(debtor.delivered) == [b"louder", b"sound"]
    backups = [
        file.shelved.format for file in debtor.ledger.files.of(debtor.track_id) if file.shelved.role != "library"
    ]
    assert sorted(backups) == [Format.M4A, Format.WAV], "what was delivered is written down"
    assert debtor.debts == {}


def test_a_debt_that_is_replaced_before_it_is_found_empty_handed_decides_for_itself(debtor):
    debtor.concludes(debtor.files(b"sound"))
    shutil.rmtree(debtor.owed_dir)
    debtor.ledger.files.mark_missing([str(file) for file in debtor.library.rglob("*.m4a")])
    debtor.plugs_in()
    debtor.once_while_paying(lambda: debtor.is_owed(b"louder", debtor.track_id))
    assert debtor.owed.deliver() == []
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.DONE, "there is something to pay with"
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"louder"]


def test_a_kill_while_a_debt_is_forgotten_leaves_no_files_behind(debtor):
    debtor.files(b"sound")
    debtor.ledger.tracks.finish(debtor.track_id, Duplicate(of=a_track(debtor.ledger), evidence="the same"))
    with closing(sqlite3.connect(debtor.folder / "ledger.db")) as database:
        database.execute("CREATE TRIGGER killed BEFORE DELETE ON memos BEGIN SELECT RAISE(ABORT, 'killed'); END")
        with suppress(Exception):
            debtor.owed.deliver()
        assert len(debtor.debts) == 1
        assert list(debtor.owed_dir.iterdir()) == []
        database.execute("DROP TRIGGER killed")
    assert debtor.owed.deliver() == []
    assert debtor.debts == {}


def test_reasons_do_not_change_while_nothing_else_does(debtor):
    """The daemon tells each once: free room changes with every look."""
    debtor.plugs_in()
    disks = Disks(debtor.folder, 10**18)

    def room(setting: str, folder: Path, need_bytes: int) -> None:
        if setting == "BACKUP_DIR":
            disks.for_shelf(setting, folder, need_bytes)

    debtor.shelf_with(room)
    debtor.concludes(debtor.files(b"sound"))
    first = debtor.owed.deliver()
    (debtor.folder / "more").write_bytes(bytes(50_000_000))
    assert debtor.owed.deliver() == first
    assert len(first) == 1
    assert "minutes" not in first[0]


# --- no room to put anything aside -----------------------------------------------------------------------------------


def full(_need_bytes: int) -> None:
    raise Transient("VAR_DIR has too little room.")


def test_without_room_for_a_copy_it_is_paid_from_the_librarys_file(debtor, caplog):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, full)
    for sound in (b"one", b"two"):
        debtor.concludes(debtor.files(sound))
        debtor.next_track()
    assert list(debtor.owed_dir.rglob("*")) == [], "not a byte"
    assert [record.getMessage() for record in caplog.records if "VAR_DIR" in record.getMessage()] == [
        "VAR_DIR has too little room. So copies for folders that are away are not put aside: they are made from the "
        "library's files, or made anew, once those folders are back."
    ]
    one, two = sorted(debtor.library.rglob("*.m4a"), key=lambda file: len(file.name))
    two.rename(two.with_name("moved by the person.m4a"))
    with one.open("r+b") as file:
        file.write(b"cue")  # a DJ program has written into it
    debtor.plugs_in()
    assert len(debtor.owed.deliver()) == 1, "the one that was moved"
    assert debtor.delivered == [b"cue"]
    assert debtor.ledger.tracks.count_by_status()[Status.DONE] == 2
    two.with_name("moved by the person.m4a").rename(two)
    assert debtor.owed.deliver() == []
    assert sorted(debtor.delivered) == [b"cue", b"two"]
    assert debtor.debts == {}


def test_what_the_library_does_not_have_is_made_anew_once_the_inbox_is_back(debtor):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, full)
    debtor.concludes(debtor.files(b"sound", Format.WAV))
    assert len(debtor.owed.deliver()) == 1
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.DONE, "nothing is made for a folder that is away"
    debtor.plugs_in()
    assert [reason.partition(",")[0] for reason in debtor.owed.deliver()] == ["Artist - Title is made anew"]
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.QUEUED
    assert debtor.owed.deliver() == []
    debtor.concludes(debtor.files(b"sound", Format.WAV))
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]
    assert debtor.debts == {}


def test_what_cannot_be_made_anew_is_tried_once_and_then_told(debtor):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, full)
    shelving = debtor.files(b"sound", Format.WAV)
    debtor.ledger.tracks.finish(debtor.track_id, Filed(files=(*shelving.files, a_file(str(debtor.folder / "a.m4a")))))
    debtor.plugs_in()
    (reason,) = debtor.owed.deliver()
    assert "is made anew" in reason
    for _ in range(2):
        debtor.ledger.tracks.restart(debtor.track_id)
        debtor.ledger.tracks.finish(debtor.track_id, Failed(reason="nowhere", step="fetch"))
        for _ in range(2):
            (reason,) = debtor.owed.deliver()
            assert "See to that track" in reason
            assert debtor.ledger.tracks.get(debtor.track_id).status is Status.DONE, "the M4A stands"


def test_a_kill_before_it_was_queued_to_be_made_anew_takes_nothing_from_the_debt(debtor):
    debtor.owed = Owed(debtor.ledger, debtor.shelf, debtor.owed_dir, full)
    shelving = debtor.files(b"sound", Format.WAV)
    debtor.concludes(shelving)
    debtor.plugs_in()
    debtor.owed.deliver()
    debtor.concludes(shelving)  # as if it had never been queued
    (reason,) = debtor.owed.deliver()
    assert "is made anew" in reason
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.QUEUED


def test_a_copy_that_somebody_has_cleared_away_is_made_from_the_librarys_file(debtor):
    debtor.concludes(debtor.files(b"sound"))
    shutil.rmtree(debtor.owed_dir)
    debtor.plugs_in()
    assert debtor.owed.deliver() == []
    assert debtor.delivered == [b"sound"]


def test_what_can_be_had_from_nowhere_of_a_track_that_failed_is_told(debtor):
    debtor.concludes(debtor.files(b"sound", Format.WAV))
    debtor.ledger.files.record(debtor.track_id, a_file())  # another format, which stands
    debtor.ledger.tracks.finish(debtor.track_id, Asked(question="Which?", choices=()))
    shutil.rmtree(debtor.owed_dir)
    debtor.plugs_in()
    (reason,) = debtor.owed.deliver()
    assert "See to that track" in reason
    assert debtor.ledger.tracks.get(debtor.track_id).status is Status.NEEDS_REVIEW


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_half(debtor):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(debtor.owed_dir)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting takes root")
    try:
        debtor.concludes(debtor.files(bytes(2_000_000)))
        assert [file for file in debtor.owed_dir.rglob("*") if file.is_file()] == []
        debtor.plugs_in()
        assert debtor.owed.deliver() == []
        assert debtor.delivered == [bytes(2_000_000)]
    finally:
        subprocess.run(["umount", str(debtor.owed_dir)], check=True)
