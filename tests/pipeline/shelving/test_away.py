"""A target that is away, full or forbidden waits; the others go on, and nothing is made under its empty mount point."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.errors import Transient
from daemon.models import Track
from daemon.pipeline.shelving import LibraryWaits
from daemon.pipeline.shelving.volumes import MARKER
from tests.pipeline.shelving import images
from tests.pipeline.shelving.crate import Crate
from tests.pipeline.shelving.files import SOUND
from tests.pipeline.shelving.kills import Killed

B = Track(title="B", artists=("A",))
EXT4 = images.Kind("ext4", ("mkfs.ext4", "-q"), ("mount", "-o", "loop"), size_mb=32, is_blind_to_case=False)


@pytest.fixture
def crate(tmp_path: Path) -> Crate:
    return Crate(tmp_path / "crate")


@pytest.fixture
def forbid() -> Iterator[Callable[[Path], None]]:
    """Makes a folder that not even root may write to."""
    forbidden: list[Path] = []

    def forbid(folder: Path) -> None:
        forbidden.append(folder)
        if os.geteuid() != 0:
            folder.chmod(0o555)
            return
        done = subprocess.run(["chattr", "+i", str(folder)], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            pytest.skip(f"root may write everywhere here: {done.stderr.strip()}")

    yield forbid
    for folder in forbidden:
        allow(folder)


def allow(folder: Path) -> None:
    if os.geteuid() != 0:
        folder.chmod(0o755)
    else:
        subprocess.run(["chattr", "-i", str(folder)], capture_output=True, timeout=30, check=False)


def unmount_lazily(disk: Path) -> None:
    """As when a drive is pulled: what is open stays so, and the folder is an empty one of the disk below."""
    subprocess.run(["umount", "--lazy", str(disk)], check=True, timeout=30)


def mount_again(disk: Path) -> None:
    subprocess.run(["mount", "-o", "loop", f"{disk}.img", str(disk)], check=True, timeout=30)


def served(crate: Crate) -> list[str]:
    return sorted(path for path in crate.visible() if not path.startswith("library/"))


# --- the library -----------------------------------------------------------------------------------------------------


def unplugged(crate: Crate) -> Callable[[], Path]:
    crate.library.rename(crate.root / "unplugged")
    return lambda: (crate.root / "unplugged").rename(crate.library)


def test_the_inboxes_are_served_while_the_library_is_away_and_not_twice(crate):
    crate.record(crate.shelve(crate.rendered(b"one")))
    crate.collect()
    plug_in = unplugged(crate)
    rendered = crate.rendered(b"two")
    with pytest.raises(LibraryWaits, match=r"^OUT_DIR: the library .* is not there; plug the drive in") as waits:
        crate.shelve(rendered, track_id="t2", track=B)
    assert [file.role for file in waits.value.shelving.files] == ["backup", "wav_backup"]
    assert served(crate)[:1] == ["backup/A - B.m4a"]
    assert not crate.library.exists()
    crate.record(waits.value.shelving, "t2")
    crate.collect()
    with pytest.raises(LibraryWaits):
        crate.shelve(rendered, track_id="t2", track=B)
    plug_in()
    done = crate.shelve(rendered, track_id="t2", track=B)
    assert {file.role for file in done.files} == {"library", "backup", "wav_backup"}
    assert len([path for path in crate.visible() if path.startswith("library/Unassigned/A - B.")]) == 2
    assert len(list((crate.root / "collected").rglob("*A - B*"))) == 2, "each inbox had it once"
    assert [path for path in served(crate) if not path.startswith("collected")] == []


def test_inboxes_are_served_also_if_nobody_wrote_down_that_they_were(crate):
    """The caller was killed before it could record what LibraryWaits told."""
    crate.record(crate.shelve(crate.rendered(b"one")))
    plug_in = unplugged(crate)
    rendered = crate.rendered(b"two")
    with pytest.raises(LibraryWaits):
        crate.shelve(rendered, track_id="t2", track=B)
    crate.collect()
    plug_in()
    assert len(crate.shelve(rendered, track_id="t2", track=B).files) == 4
    assert not any(path.startswith(("backup/A", "wav-backup/A")) for path in crate.visible())


def test_a_full_library_keeps_no_inbox_waiting(crate, mount):
    disk = mount("small", "-t", "tmpfs", "-o", "size=1m", "none")
    rendered = crate.rendered()
    with pytest.raises(LibraryWaits, match=r"OUT_DIR: .* is full\. Make room there"):
        crate.shelve(rendered, out_dir=disk / "library")
    assert served(crate) == ["backup/Artist - Title.m4a", "wav-backup/Artist - Title.wav"]
    assert [file.name for file in (disk / "library").rglob("*") if file.is_file()] == [MARKER]
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True, timeout=30)
    crate.collect()
    assert len(crate.shelve(rendered, out_dir=disk / "library").files) == 4
    assert len(list((disk / "library").rglob("Artist*"))) == 2
    assert all(path.startswith("collected/") for path in served(crate))


def test_a_library_that_may_not_be_written_to_keeps_no_inbox_waiting(crate, forbid):
    crate.record(crate.shelve(crate.rendered(b"one")))
    forbid(crate.library / "Unassigned")
    with pytest.raises(LibraryWaits, match=r"OUT_DIR: .* may not be written to"):
        crate.shelve(crate.rendered(b"two"), track_id="t2", track=B)
    assert "backup/A - B.m4a" in crate.visible()


# --- the inboxes -----------------------------------------------------------------------------------------------------


def test_a_forbidden_inbox_waits_and_the_others_go_on(crate, forbid):
    crate.backup.mkdir()
    forbid(crate.backup)
    rendered = crate.rendered()
    shelving = crate.shelve(rendered)
    assert [one.role for one in shelving.waiting] == ["backup"]
    assert "BACKUP_DIR" in shelving.waiting[0].reason
    assert "may not be written to by this program" in shelving.waiting[0].reason
    assert {file.role for file in shelving.files} == {"library", "wav_backup"}
    allow(crate.backup)
    assert crate.shelve(rendered).waiting == ()
    assert "backup/Artist - Title.m4a" in crate.visible()


def test_a_read_only_inbox_waits_and_the_others_go_on(crate, mount):
    disk = mount("frozen", "-t", "tmpfs", "-o", "ro", "none")
    shelving = crate.shelve(crate.rendered(), wav_backup_dir=disk)
    assert [(one.role, "is read-only" in one.reason) for one in shelving.waiting] == [("wav_backup", True)]
    assert {file.role for file in shelving.files} == {"library", "backup"}


def test_too_little_room_in_one_folder_holds_up_no_other(crate):
    def room(setting: str, folder: Path, need_bytes: int) -> None:
        assert need_bytes > 1_000_000
        if folder == crate.backup:
            raise Transient(f"{setting} has too little room")

    shelving = crate.shelve(crate.rendered(), room=room)
    assert [(one.role, one.reason) for one in shelving.waiting] == [("backup", "BACKUP_DIR has too little room")]
    assert len(shelving.files) == 3
    with pytest.raises(LibraryWaits, match="too little room"):
        crate.shelve(
            crate.rendered(b"two"), track_id="t2", room=lambda setting, *_: room(setting, crate.backup, 2_000_000)
        )


def test_reasons_do_not_depend_on_the_track_so_that_each_is_told_once(crate, mount):
    disk = mount("small", "-t", "tmpfs", "-o", "size=1m", "none")
    reasons = [
        crate.shelve(crate.rendered(name.encode() + SOUND), track_id=name, track=Track(title=name), backup_dir=disk)
        for name in ("one", "two")
    ]
    assert reasons[0].waiting == reasons[1].waiting != ()


# --- drives that go in the middle ------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["cleared", "part begun", "chunk written", "part synced", "announced"])
def test_an_inbox_that_is_pulled_in_the_middle(moment, crate, tmp_path):
    """The inbox is the drive itself: what came a moment too late would lie under its mount point."""
    with images.mounted(EXT4, tmp_path) as disk:
        crate.shelve(crate.rendered(b"one"), backup_dir=disk)

        def pull(where: str) -> None:
            if where == moment and os.path.ismount(disk):
                unmount_lazily(disk)

        rendered = crate.rendered(b"two")
        kept = {"track_id": "t2", "track": B, "wav_backup_dir": None}
        before = crate.shelve(rendered, backup_dir=None, **kept)  # so that the moments are the inbox's
        assert before.waiting == ()
        shelving = crate.shelve(rendered, backup_dir=disk, checkpoint=pull, **kept)
        assert [one.role for one in shelving.waiting] == ["backup"], moment
        assert list(disk.iterdir()) == [], "nothing under the mount point of a drive that is not there"
        mount_again(disk)
        assert crate.shelve(rendered, backup_dir=disk, **kept).waiting == ()
        assert sorted(file.name for file in disk.iterdir() if file.name != "lost+found") == [
            "A - B.m4a",
            "Artist - Title.m4a",
        ], "once, and no leftovers"


@pytest.mark.parametrize("moment", ["noted", "cleared", "work file synced", "part begun", "chunk written"])
def test_a_library_that_is_pulled_in_the_middle(moment, crate, tmp_path):
    """Its files lie in the drive's root: a link made a moment too late would succeed, on the disk below."""
    here = {"template": "{artist} - {title}"}
    with images.mounted(EXT4, tmp_path) as disk:
        crate.record(crate.shelve(crate.rendered(b"one"), out_dir=disk, **here))

        def pull(where: str) -> None:
            if where == moment and os.path.ismount(disk):
                unmount_lazily(disk)

        rendered = crate.rendered(b"two")
        with pytest.raises(LibraryWaits, match="OUT_DIR"):
            crate.shelve(rendered, track_id="t2", track=B, out_dir=disk, checkpoint=pull, **here)
        assert list(disk.iterdir()) == [], "nothing under the mount point of a drive that is not there"
        assert "backup/A - B.m4a" in crate.visible(), "the others go on"
        mount_again(disk)
        assert len(crate.shelve(rendered, track_id="t2", track=B, out_dir=disk, **here).files) == 4
        assert len([*disk.glob("*.m4a"), *disk.glob("*.aiff"), *disk.glob(".*part")]) == 4, "once, and no leftovers"


def test_a_library_that_is_pulled_before_its_folder_is_made(crate, tmp_path):
    """What comes before may take long: a look at hundreds of megabytes that a killed call has left."""
    with images.mounted(EXT4, tmp_path) as disk:
        crate.record(crate.shelve(crate.rendered(b"one"), out_dir=disk))

        def pull(setting: str, *_: object) -> None:
            if setting == "OUT_DIR" and os.path.ismount(disk):
                unmount_lazily(disk)

        with pytest.raises(LibraryWaits, match="OUT_DIR"):
            crate.shelve(crate.rendered(b"two"), track_id="t2", track=B, playlist="New", out_dir=disk, room=pull)
        assert list(disk.iterdir()) == [], "nothing under the mount point of a drive that is not there"
        mount_again(disk)


def test_links_in_a_circle_are_told(crate):
    (crate.root / "a").symlink_to(crate.root / "b")
    (crate.root / "b").symlink_to(crate.root / "a")
    with pytest.raises(Transient, match=r"OUT_DIR: .* is not a folder that can be made or used"):
        crate.shelve(crate.rendered(), out_dir=crate.root / "a" / "Music")


# --- what is not ours ------------------------------------------------------------------------------------------------


def killed_in_the_inbox(crate: Crate, moment: str, track_id: str) -> None:
    def kill(where: str) -> None:
        if where == moment:
            raise Killed

    with pytest.raises(Killed):
        crate.shelve(crate.rendered(track_id.encode()), track_id=track_id, checkpoint=kill)


def test_another_track_of_the_same_name_does_not_clear_away_the_evidence(crate):
    """A part that is gone means to its track that it was delivered."""
    killed_in_the_inbox(crate, "announced", "t1")
    crate.record(crate.shelve(crate.rendered(b"t2"), track_id="t2"), "t2")
    crate.collect()
    crate.shelve(crate.rendered(b"t1"), track_id="t1")
    crate.collect()
    assert sorted(file.read_bytes()[:8] for file in (crate.collected / "backup").iterdir()) == [b"m4at1", b"m4at2"]
    assert crate.leftovers() == []


def test_a_leftover_is_cleared_away_also_when_the_track_has_another_name_by_now(crate):
    killed_in_the_inbox(crate, "chunk written", "t1")
    crate.shelve(crate.rendered(b"t1"), track_id="t1", track=B)
    assert crate.leftovers() == []


def test_somebodys_empty_file_beside_our_leftover_is_somebodys(crate):
    killed_in_the_inbox(crate, "chunk written", "t1")
    (crate.backup / "Artist - Title.m4a").touch()
    crate.shelve(crate.rendered(b"t1"), track_id="t1")
    assert crate.visible()["backup/Artist - Title.m4a"] == b""
    assert "backup/Artist - Title (2).m4a" in crate.visible()


def test_another_template_moves_and_doubles_nothing(crate):
    rendered = crate.rendered()
    first = crate.shelve(rendered)
    before = crate.visible()
    assert crate.shelve(rendered, template="{year}/{title}") == first, "not yet recorded"
    crate.record(first)
    assert crate.shelve(rendered, template="{year}/{title}") == first
    assert crate.visible() == before
    crate.shelve(crate.rendered(b"two"), track_id="t2", track=B, template="{year}/{title}")
    assert "library/No year/B.m4a" in crate.visible()


def test_rendering_again_does_not_reach_what_is_on_the_shelf(crate):
    crate.shelve(crate.rendered())
    before = crate.visible()
    crate.rendered()  # a new file under the same name, as rendering makes it
    shutil.rmtree(crate.work)
    assert crate.visible() == before
