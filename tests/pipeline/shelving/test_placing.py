"""A finished file gets its name whole or not at all, and never over anything."""

import errno
import os
import resource
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from daemon.errors import BadMedia, NotFound, Transient
from daemon.models import Rendered
from daemon.pipeline.shelving.placing import Part, Placed, Taken, place
from daemon.pipeline.shelving.publishing import WAYS, Unsupported, by_link, by_rename, by_reservation
from tests.pipeline.shelving.files import SOUND, rendered_file
from tests.pipeline.shelving.kills import KillAt, Killed

NAME = "Artist - Title.m4a"
by_each_way = pytest.mark.parametrize("way", [by_rename, by_link, by_reservation])


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def put(rendered: Rendered, target: Path, **options) -> Placed | Taken:
    return place(rendered, target, setting="OUT_DIR", **options)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def work_file(tmp_path: Path) -> Rendered:
    return rendered_file(tmp_path / "work")


# --- where it goes -----------------------------------------------------------------------------------------------


def test_on_one_file_system_the_file_gets_a_second_name(work_file, shelf):
    result = put(work_file, shelf / NAME)
    assert result == Placed(path=shelf / NAME, mtime_ns=(shelf / NAME).stat().st_mtime_ns)
    assert (shelf / NAME).samefile(work_file.path)
    assert names_in(shelf) == [NAME]


def test_an_inbox_gets_bytes_of_its_own(work_file, shelf):
    put(work_file, shelf / NAME, shared=False)
    assert (shelf / NAME).read_bytes() == Path(work_file.path).read_bytes()
    assert not (shelf / NAME).samefile(work_file.path)


def test_across_file_systems_the_file_is_copied(tmp_path, shelf, other_disk):
    work_file = rendered_file(other_disk)
    assert isinstance(put(work_file, shelf / NAME), Placed)
    assert (shelf / NAME).read_bytes() == Path(work_file.path).read_bytes()
    assert names_in(shelf) == [NAME]


@by_each_way
def test_every_way_places(way, work_file, shelf):
    result = put(work_file, shelf / NAME, shared=False, ways=(way,))
    assert result == Placed(path=shelf / NAME, mtime_ns=(shelf / NAME).stat().st_mtime_ns)
    assert names_in(shelf) == [NAME]


def test_a_way_that_is_not_known_here_is_passed_over(work_file, shelf):
    def unknown(*_):
        raise Unsupported(errno.EINVAL, "no such flag")

    assert isinstance(put(work_file, shelf / NAME, shared=False, ways=(unknown, by_link)), Placed)


def test_the_longest_name_has_room_for_a_hidden_part(work_file, shelf):
    name = "é" * 125 + ".m4a"
    assert isinstance(put(work_file, shelf / name, shared=False), Placed)


# --- what is there already ---------------------------------------------------------------------------------------


def test_again_changes_nothing(work_file, shelf):
    first = put(work_file, shelf / NAME, shared=False)
    assert put(work_file, shelf / NAME, shared=False) == first


@by_each_way
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("others", [b"", b"somebody's", SOUND[:-1] + b"t"])
def test_another_file_is_never_touched(way, shared, others, work_file, shelf):
    (shelf / NAME).write_bytes(others)
    before = (shelf / NAME).stat()
    assert put(work_file, shelf / NAME, shared=shared, ways=(way,)) == Taken(by=shelf / NAME)
    assert (shelf / NAME).read_bytes() == others
    assert (shelf / NAME).stat().st_ino == before.st_ino
    assert names_in(shelf) == [NAME]


@by_each_way
@pytest.mark.parametrize("others", [b"", b"somebody's"])
def test_nor_one_that_comes_while_we_copy(way, others, work_file, shelf):
    announced = []

    def somebody_is_faster(part):
        announced.append(part)
        if part is not None:
            (shelf / NAME).write_bytes(others)

    result = put(work_file, shelf / NAME, shared=False, ways=(way,), announce=somebody_is_faster)
    assert result == Taken(by=shelf / NAME)
    assert (shelf / NAME).read_bytes() == others
    assert names_in(shelf) == [NAME]
    assert announced[1:] == [None]


@pytest.mark.parametrize("kind", ["folder", "link to nowhere", "link to the same bytes"])
def test_what_is_no_plain_file_is_in_the_way(kind, work_file, shelf):
    target = shelf / NAME
    if kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(work_file.path if "bytes" in kind else "nowhere")
    assert put(work_file, target) == Taken(by=target)
    assert names_in(shelf) == [NAME]


@pytest.mark.parametrize("other", ["ARTIST - title.M4A", unicodedata.normalize("NFD", "Ärtist - Tïtle.m4a")])
def test_a_name_that_some_file_system_takes_for_the_same_is_taken(other, work_file, shelf):
    (shelf / other).write_bytes(b"another track")
    wanted = unicodedata.normalize("NFC", other).swapcase()
    assert put(work_file, shelf / wanted) == Taken(by=shelf / other)
    assert names_in(shelf) == [other]


def test_on_a_disk_blind_to_case_nothing_is_overwritten(work_file, caseless_disk):
    (caseless_disk / "artist - TITLE.m4a").write_bytes(b"another track")
    assert (caseless_disk / NAME).exists(), "this disk tells cases apart"
    assert isinstance(put(work_file, caseless_disk / NAME), Taken)
    assert (caseless_disk / NAME).read_bytes() == b"another track"
    assert isinstance(put(work_file, caseless_disk / "Artist - Title (2).m4a"), Placed)
    assert isinstance(put(work_file, caseless_disk / "Artist - Title (2).m4a"), Placed)


# --- kills ---------------------------------------------------------------------------------------------------------


@by_each_way
@pytest.mark.parametrize("shared", [True, False])
def test_a_kill_at_any_write_leaves_nothing_half_written(way, shared, work_file, tmp_path):
    count = KillAt()
    reference = tmp_path / "reference"
    reference.mkdir()
    put(work_file, reference / NAME, shared=shared, ways=(way,), checkpoint=count)
    for nth, where in enumerate(count.passed, start=1):
        shelf = tmp_path / f"killed-{nth}"
        shelf.mkdir()
        (shelf / "another's.m4a").write_bytes(b"another's")
        with pytest.raises(Killed):
            put(work_file, shelf / NAME, shared=shared, ways=(way,), checkpoint=KillAt(nth))
        if (shelf / NAME).exists() and where != "reserved":
            assert (shelf / NAME).read_bytes() == Path(work_file.path).read_bytes(), where
        assert isinstance(put(work_file, shelf / NAME, shared=shared, ways=(way,)), Placed), where
        assert (shelf / NAME).read_bytes() == Path(work_file.path).read_bytes(), where
        assert names_in(shelf) == [NAME, "another's.m4a"], where
        assert (shelf / "another's.m4a").read_bytes() == b"another's"


def test_leftovers_of_another_name_and_of_other_programs_stay(work_file, shelf):
    others = [
        ".Artist - Title.m4a.part",
        ".Artist - Title.m4a.12345678.crdownload",
        ".Other.m4a.12345678.cratekeeper-part",
    ]
    for other in others:
        (shelf / other).write_bytes(b"theirs")
    put(work_file, shelf / NAME, shared=False)
    assert names_in(shelf) == sorted([*others, NAME])


def test_a_part_that_is_being_written_is_not_taken_for_a_leftover(tmp_path, work_file, shelf):
    other = rendered_file(tmp_path / "work", content=b"another track of the same name")
    inner: list[Placed | Taken] = []

    def another_call_comes(part):
        if part is not None:
            inner.append(put(other, shelf / NAME))

    outer = put(work_file, shelf / NAME, shared=False, announce=another_call_comes)
    assert isinstance(inner[0], Placed)
    assert outer == Taken(by=shelf / NAME)
    assert (shelf / NAME).read_bytes() == b"another track of the same name"
    assert names_in(shelf) == [NAME]


def test_when_the_announcement_fails_the_part_stays_as_evidence(work_file, shelf):
    def no_memory(_):
        raise RuntimeError("the ledger is away")

    with pytest.raises(RuntimeError):
        put(work_file, shelf / NAME, shared=False, announce=no_memory)
    assert [name.endswith(".cratekeeper-part") for name in names_in(shelf)] == [True]
    assert isinstance(put(work_file, shelf / NAME, shared=False), Placed)
    assert names_in(shelf) == [NAME]


# --- disks that refuse ---------------------------------------------------------------------------------------------


def test_a_full_disk_is_waited_for(work_file, mount):
    disk = mount("small", "-t", "tmpfs", "-o", "size=1m", "none")
    with pytest.raises(Transient, match=r"OUT_DIR: .*small is full\. Make room there") as told:
        put(work_file, disk / NAME)
    assert isinstance(told.value.__cause__, OSError)
    assert names_in(disk) == []


def test_a_disk_that_holds_no_big_files_is_waited_for(work_file, shelf):
    script = (
        "import resource, sys; from pathlib import Path; from daemon.models import Rendered, Format;"
        "from daemon.errors import Transient; from daemon.pipeline.shelving.placing import place;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY));"
        "work, size, sha256, target = sys.argv[1:];"
        "file = Rendered(format=Format.M4A, path=work, size=int(size), sha256=sha256)\n"
        "try: place(file, Path(target), setting='BACKUP_DIR', shared=False)\n"
        "except Transient as told: sys.exit(str(told))"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1 << 20
    done = subprocess.run(
        [sys.executable, "-c", script, work_file.path, str(work_file.size), work_file.sha256, str(shelf / NAME)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "BACKUP_DIR:" in done.stderr
    assert "cannot hold a file this big" in done.stderr
    assert names_in(shelf) == []


def test_a_read_only_disk_is_waited_for(work_file, mount):
    disk = mount("frozen", "-t", "tmpfs", "-o", "ro", "none")
    with pytest.raises(Transient, match=r"OUT_DIR: .*frozen is read-only"):
        put(work_file, disk / NAME)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_forbidden_folder_is_waited_for(work_file, shelf):
    shelf.chmod(0o555)
    with pytest.raises(Transient, match="may not be written to"):
        put(work_file, shelf / NAME)


def test_a_folder_that_is_gone_is_waited_for(work_file, tmp_path):
    with pytest.raises(Transient, match=r"OUT_DIR: .*gone does not answer"):
        put(work_file, tmp_path / "gone" / NAME)


def test_a_failed_publication_is_taken_back_before_the_part_goes(work_file, shelf):
    announced: list[Part | None] = []

    def fails(*_):
        raise OSError(errno.EIO, "the drive was pulled")

    with pytest.raises(Transient, match="does not answer"):
        put(work_file, shelf / NAME, shared=False, ways=(fails,), announce=announced.append)
    assert announced[1:] == [None]
    assert names_in(shelf) == []


# --- work files that are not what was rendered ---------------------------------------------------------------------


@pytest.mark.parametrize("shared", [True, False])
def test_a_work_file_that_is_gone(shared, work_file, shelf):
    Path(work_file.path).unlink()
    with pytest.raises(NotFound, match="gone from the work folder"):
        put(work_file, shelf / NAME, shared=shared)
    assert names_in(shelf) == []


def test_a_work_file_that_has_changed(work_file, shelf):
    Path(work_file.path).write_bytes(b"other bytes")
    with pytest.raises(BadMedia, match="has changed since it was rendered"):
        put(work_file, shelf / NAME, shared=False)
    assert names_in(shelf) == []


def test_the_best_way_comes_first():
    assert (by_rename, by_link, by_reservation) == WAYS
