"""Each file once, where the person wants it, whatever was there and whenever the process was killed."""

import itertools
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.errors import Transient
from daemon.models import Format, Shelved, Track
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.shelving.shelf import destinations
from daemon.pipeline.shelving.volumes import MARKER
from tests.pipeline.shelving.crate import TRACK, Crate
from tests.pipeline.shelving.files import rendered_file
from tests.pipeline.shelving.hostile import hostile
from tests.pipeline.shelving.kills import KillAt, Killed


@pytest.fixture
def crate(tmp_path: Path) -> Crate:
    return Crate(tmp_path / "crate")


@pytest.mark.parametrize(
    ("format", "has_backup", "has_wav_backup", "roles"),
    [
        (Format.M4A, False, False, ("library",)),
        (Format.M4A, True, False, ("library", "backup")),
        (Format.M4A, False, True, ("library",)),
        (Format.AIFF, True, True, ("library",)),
        (Format.WAV, True, False, ("library",)),
        (Format.WAV, True, True, ("wav_backup",)),
    ],
)
def test_destinations(format, has_backup, has_wav_backup, roles):
    assert destinations(format, has_backup=has_backup, has_wav_backup=has_wav_backup) == roles


def test_every_file_goes_where_it_belongs(crate):
    rendered = crate.rendered()
    shelving = crate.shelve(rendered, playlist="Peak")
    by_format = {file.format: Path(file.path).read_bytes() for file in rendered}
    assert crate.visible() == {
        "library/Peak/Artist - Title.m4a": by_format[Format.M4A],
        "library/Peak/Artist - Title.aiff": by_format[Format.AIFF],
        "backup/Artist - Title.m4a": by_format[Format.M4A],
        "wav-backup/Artist - Title.wav": by_format[Format.WAV],
    }
    assert shelving.waiting == ()
    assert len(shelving.files) == 4
    for shelved in shelving.files:
        status = Path(shelved.path).stat()
        assert (shelved.size, shelved.mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert crate.leftovers() == []


def test_without_inboxes_everything_is_in_the_library(crate):
    crate.shelve(crate.rendered(), backup_dir=None, wav_backup_dir=None)
    assert sorted(crate.visible()) == [f"library/Unassigned/Artist - Title.{e}" for e in ("aiff", "m4a", "wav")]


def test_the_inbox_copy_is_not_the_librarys_file(crate):
    crate.shelve(crate.rendered())
    with (crate.backup / "Artist - Title.m4a").open("r+b") as file:
        file.write(b"retagged in place")
    assert (crate.library / "Unassigned/Artist - Title.m4a").read_bytes().startswith(b"m4asound")


def test_a_template_of_the_persons_own(crate):
    track = Track(title="Title", artists=("Artist",), release_date="2024-01-01")
    crate.shelve(crate.rendered(), track=track, template="{year}/{title}", backup_dir=None, wav_backup_dir=None)
    assert "library/2024/Title.m4a" in crate.visible()
    with pytest.raises(ValueError, match="it may hold"):
        Shelf(out_dir=crate.library, memory=crate.memory, template="{nope}")


# --- once ------------------------------------------------------------------------------------------------------------


def test_an_inbox_that_is_emptied_at_once_gets_no_name_twice(crate):
    """Its program would take the second file for the first."""
    for number in range(3):
        crate.record(crate.shelve(crate.rendered(bytes([number])), track_id=f"t{number}"), f"t{number}")
        crate.collect()
    names = sorted(file.name for file in (crate.collected / "backup").iterdir())
    assert names == ["0 Artist - Title.m4a", "1 Artist - Title (2).m4a", "2 Artist - Title (3).m4a"]


def test_again_is_the_same_answer_and_writes_nothing(crate):
    rendered = crate.rendered()
    first = crate.shelve(rendered)
    before = crate.visible()
    assert crate.shelve(rendered) == first
    crate.record(first)
    assert crate.shelve(rendered) == first
    assert crate.visible() == before


def test_what_an_inbox_was_given_is_never_given_again(crate):
    first = crate.shelve(crate.rendered())
    crate.collect()
    assert crate.shelve(crate.rendered()) == first
    crate.record(first)
    crate.shelve(crate.rendered())
    crate.collect()
    assert sorted(path for path in crate.visible() if "library" not in path) == [
        "collected/backup/0 Artist - Title.m4a",
        "collected/wav-backup/0 Artist - Title.wav",
    ]


@pytest.mark.parametrize("role", ["backup", "wav_backup", "library"])
def test_what_the_ledger_alone_remembers_is_not_written_again(crate, role, tmp_path):
    """Shelved by an installation whose notes are gone."""
    for format_ in Format:
        crate.memory.record(
            "t1", Shelved(role=role, format=format_, path=str(tmp_path / "moved"), size=1, mtime_ns=1, sha256="")
        )
    folder = {"backup": "backup", "wav_backup": "wav-backup", "library": "library"}[role]
    assert not any(file.role == role for file in crate.shelve(crate.rendered()).files)
    assert not any(path.startswith(folder + "/") for path in crate.visible())


def test_a_file_the_person_moved_stays_where_it_is(crate):
    first = crate.shelve(crate.rendered())
    crate.record(first)
    (crate.library / "Unassigned/Artist - Title.m4a").rename(crate.library / "mine.m4a")
    crate.shelve(crate.rendered())
    assert "library/Unassigned/Artist - Title.m4a" not in crate.visible()


# --- collisions ------------------------------------------------------------------------------------------------------


def test_another_track_of_the_same_name_gets_a_suffix_on_all_its_files(crate):
    crate.record(crate.shelve(crate.rendered(b"one")))
    before = crate.visible()
    second = crate.shelve(crate.rendered(b"two"), track_id="t2")
    after = crate.visible()
    assert {path: after[path] for path in before} == before
    assert sorted(after.keys() - before.keys()) == [
        "backup/Artist - Title (2).m4a",
        "library/Unassigned/Artist - Title (2).aiff",
        "library/Unassigned/Artist - Title (2).m4a",
        "wav-backup/Artist - Title (2).wav",
    ]
    assert crate.shelve(crate.rendered(b"two"), track_id="t2") == second


def test_all_formats_take_the_number_of_the_first(crate):
    (crate.library / "Unassigned").mkdir(parents=True)
    (crate.library / "Unassigned" / "artist - title.M4A").write_bytes(b"somebody's")
    rendered = sorted(crate.rendered(), key=lambda file: file.format is not Format.M4A)
    crate.shelve(rendered)
    assert "library/Unassigned/Artist - Title (2).aiff" in crate.visible()
    assert "library/Unassigned/Artist - Title (2).m4a" in crate.visible()


def test_a_name_that_the_ledger_holds_for_an_absent_file_is_not_given_away(crate):
    crate.record(crate.shelve(crate.rendered(b"one")))
    (crate.library / "Unassigned/Artist - Title.m4a").unlink()
    crate.shelve(crate.rendered(b"two"), track_id="t2", track=Track(title="TITLE", artists=("ARTIST",)))
    assert "library/Unassigned/Artist - Title.m4a" not in crate.visible()
    assert "library/Unassigned/ARTIST - TITLE (2).m4a" in crate.visible()


def test_a_folder_is_found_again_in_any_case(crate):
    crate.shelve(crate.rendered(b"one"), playlist="House")
    crate.shelve(crate.rendered(b"two"), track_id="t2", track=Track(title="B", artists=("A",)), playlist="HOUSE")
    assert [path.name for path in crate.library.iterdir() if path.name != MARKER] == ["House"]


def test_a_file_where_the_folder_should_be_is_left_alone(crate):
    crate.library.mkdir(parents=True)
    (crate.library / "house").write_bytes(b"a file")
    crate.shelve(crate.rendered(), playlist="House")
    assert crate.visible()["library/house"] == b"a file"
    assert "library/House (2)/Artist - Title.m4a" in crate.visible()


def shelve_hostile_names(tmp_path: Path, disk: Path) -> None:
    """Every track is filed, each under a name of its own, and none loses a byte to another."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(hostile, hostile, st.sampled_from(["", "..", "House", "HOUSE", "con"])), max_size=6))
    def each_is_filed(wanted):
        example = next(examples)
        crate = Crate(tmp_path / f"crate-{example}")
        expected = {}
        for number, (artist, title, playlist) in enumerate(wanted):
            rendered = rendered_file(crate.work, Format.M4A, str(number).encode())
            crate.library = disk / f"library-{example}"
            shelving = crate.shelve(
                [rendered],
                track_id=str(number),
                track=Track(title=title, artists=(artist,)),
                playlist=playlist,
                backup_dir=None,
            )
            crate.record(shelving, str(number))
            expected[shelving.files[0].path] = str(number).encode()
        assert len(expected) == len(wanted)
        assert {path: Path(path).read_bytes() for path in expected} == expected
        assert len([file for file in crate.library.rglob("*.m4a") if file.is_file()]) == len(wanted)

    examples = itertools.count()
    each_is_filed()


def test_hostile_names_on_this_disk(tmp_path):
    shelve_hostile_names(tmp_path, tmp_path)


def test_hostile_names_on_a_disk_blind_to_case(tmp_path, caseless_disk):
    shelve_hostile_names(tmp_path, caseless_disk)


# --- folders that are away -------------------------------------------------------------------------------------------


def test_an_inbox_that_is_away_waits_and_the_others_go_on(crate):
    crate.record(crate.shelve(crate.rendered(b"one")))
    crate.backup.rename(crate.root / "unplugged")
    rendered = crate.rendered(b"two")
    track = Track(title="B", artists=("A",))
    first = crate.shelve(rendered, track_id="t2", track=track)
    assert [(one.role, one.format) for one in first.waiting] == [("backup", Format.M4A)]
    assert "BACKUP_DIR: the folder" in first.waiting[0].reason
    assert "plug the drive in" in first.waiting[0].reason
    assert {file.role for file in first.files} == {"library", "wav_backup"}
    assert not crate.backup.exists()
    (crate.root / "unplugged").rename(crate.backup)
    later = crate.shelve(rendered, track_id="t2", track=track)
    assert later.waiting == ()
    assert set(first.files) < set(later.files)
    assert "backup/A - B.m4a" in crate.visible()


def test_an_inbox_is_served_while_the_library_is_away(crate):
    """Once the library's files are recorded, a delivery that waited needs the library no more."""
    crate.backup.parent.mkdir(exist_ok=True)
    crate.backup.write_bytes(b"not a folder")
    rendered = crate.rendered()
    crate.record(crate.shelve(rendered))
    crate.backup.unlink()
    crate.library.rename(crate.root / "unplugged")
    assert crate.shelve(rendered).waiting == ()
    assert "backup/Artist - Title.m4a" in crate.visible()


def test_a_library_that_is_away_is_waited_for(crate):
    crate.record(crate.shelve(crate.rendered(b"one")))
    crate.library.rename(crate.root / "unplugged")
    with pytest.raises(Transient, match=r"OUT_DIR: the library .* is not there"):
        crate.shelve(crate.rendered(b"two"), track_id="t2")
    assert not crate.library.exists()


def test_a_full_inbox_waits_and_is_delivered_when_there_is_room(crate, mount, tmp_path):
    disk = mount("small", "-t", "tmpfs", "-o", "size=1m", "none")
    rendered = crate.rendered()
    full = crate.shelve(rendered, backup_dir=disk / "in")
    assert [one.role for one in full.waiting] == ["backup"]
    assert "is full" in full.waiting[0].reason
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True, timeout=30)
    assert crate.shelve(rendered, backup_dir=disk / "in").waiting == ()
    assert (disk / "in" / "Artist - Title.m4a").stat().st_size == rendered[0].size
    assert [path.name for path in (disk / "in").iterdir()] == ["Artist - Title.m4a"]


# --- kills -----------------------------------------------------------------------------------------------------------


def kill_when_linked(where: str) -> None:
    if where == "linked to the work file":
        raise Killed


def kill_everywhere(tmp_path: Path, work: Path | None) -> None:
    """Whenever it is killed, and whatever the DJ programs take meanwhile: in the end each file is there once."""
    count = KillAt()
    reference = Crate(tmp_path / "reference", work)
    reference.shelve(reference.rendered(), checkpoint=count)
    reference.collect()
    expected = reference.visible()
    assert len(count.passed) > 25
    for nth, where in enumerate(count.passed, start=1):
        crate = Crate(tmp_path / f"killed-{nth}", work)
        rendered = crate.rendered()
        with pytest.raises(Killed):
            crate.shelve(rendered, checkpoint=KillAt(nth))
        assert set(crate.visible().values()) <= set(expected.values()), where
        crate.collect()
        shelving = crate.shelve(rendered)
        crate.collect()
        assert crate.visible() == expected, where
        assert crate.leftovers() == [], where
        assert len(shelving.files) == 4
        assert crate.shelve(rendered) == shelving


def test_a_kill_at_any_write_on_one_file_system(tmp_path):
    kill_everywhere(tmp_path, None)


def test_a_kill_at_any_write_across_file_systems(tmp_path, other_disk):
    kill_everywhere(tmp_path, other_disk)


def test_a_name_chosen_before_the_kill_is_kept(crate):
    """Between the two tries another file goes, and its better name is free: the track is filed once all the same."""
    (crate.library / "Unassigned").mkdir(parents=True)
    in_the_way = crate.library / "Unassigned" / "Artist - Title.m4a"
    in_the_way.write_bytes(b"somebody's")
    rendered = [file for file in crate.rendered() if file.format is Format.M4A]
    with pytest.raises(Killed):
        crate.shelve(rendered, checkpoint=kill_when_linked)
    in_the_way.unlink()
    crate.shelve(rendered)
    filed = [path for path in crate.visible() if path.startswith("library")]
    assert filed == ["library/Unassigned/Artist - Title (2).m4a"]


def test_what_is_rendered_anew_after_the_kill_is_not_filed_beside_itself(crate):
    """Encoders write the time into their files: the same work gives other bytes."""
    with pytest.raises(Killed):
        crate.shelve(crate.rendered(b"first"), checkpoint=kill_when_linked)
    seen = {path: content for path, content in crate.visible().items() if path.startswith("library")}
    assert len(seen) == 1
    crate.shelve(crate.rendered(b"second"))
    after = {path: content for path, content in crate.visible().items() if path.startswith("library")}
    assert after.items() > seen.items()
    assert len(after) == 2


def test_a_delivery_that_failed_after_it_was_announced_is_made_later(crate, tmp_path):
    """The drive is pulled between the announcement and the name: the copy that is gone proves nothing then."""
    rendered = [rendered_file(tmp_path / "work")]

    def pull_the_drive(where):
        if where == "announced":
            raise OSError(5, "Input/output error")

    first = crate.shelve(rendered, checkpoint=pull_the_drive)
    assert [one.role for one in first.waiting] == ["backup"]
    assert crate.shelve(rendered).waiting == ()
    assert "backup/Artist - Title.m4a" in crate.visible()
    assert crate.leftovers() == []


def test_the_track_itself_is_only_read(crate):
    rendered = crate.rendered()
    crate.shelve(rendered, track=TRACK)
    assert all(Path(file.path).is_file() for file in rendered)
