"""Ten thousand hostile names: as names alone, and on real disks that are blind to case, two colliding tracks each."""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daemon.models import Format, Rendered, Track, collision_key
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.shelving.volumes import MARKER
from tests.pipeline.shelving import images
from tests.pipeline.shelving.hostile import hostile
from tests.pipeline.shelving.memory import MemoryInMemory
from tests.pipeline.shelving.test_names import assert_named_safely

_MANY = 10_000
_TRACKS_IN_A_LIBRARY = 200

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]

TWISTS: dict[str, Callable[[str], str]] = {
    "the same": lambda text: text,
    "upper case": str.upper,
    "swapped case": str.swapcase,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "blanks around": lambda text: f"  {text} . ",
}


@settings(max_examples=_MANY, suppress_health_check=[HealthCheck.too_slow])
@given(hostile, hostile, hostile, st.sampled_from(Format), st.integers(1, 10**6))
@example("CON", "", "NUL", Format.AIFF, 2)
@example("..", "../../etc/passwd", "..", Format.M4A, 3)
def test_every_name_is_safe_and_below_the_root(artist, title, playlist, format, number):
    assert_named_safely(artist, title, playlist, format, number)


@pytest.fixture
def exfat_disk(tmp_path: Path) -> Iterator[Path]:
    with images.mounted(images.EXFAT_FUSE, tmp_path, in_memory=True) as folder:
        yield folder


@pytest.fixture
def ntfs_disk(tmp_path: Path) -> Iterator[Path]:
    with images.mounted(images.NTFS_FUSE, tmp_path, in_memory=True) as folder:
        yield folder


@pytest.fixture
def folded_disk(tmp_path: Path) -> Iterator[Path]:
    with images.mounted(images.CASEFOLD, tmp_path, in_memory=True) as folder:
        yield folder


def test_on_exfat(tmp_path, exfat_disk):
    file_them_all(tmp_path, exfat_disk, names=_MANY)


def test_on_ntfs_as_windows_would_have_it(tmp_path, ntfs_disk):
    file_them_all(tmp_path, ntfs_disk, names=1000)


def test_on_ext4_that_folds_case(tmp_path, folded_disk):
    file_them_all(tmp_path, folded_disk, names=_MANY)


def file_them_all(tmp_path: Path, disk: Path, names: int) -> None:
    """Each track and its twin in name get names of their own, and neither loses a byte to the other."""
    numbers = itertools.count()
    memory = MemoryInMemory()
    work = tmp_path / "work"
    work.mkdir()

    @settings(max_examples=names // 2, suppress_health_check=[HealthCheck.too_slow])
    @given(hostile, hostile, hostile, st.sampled_from(sorted(TWISTS)))
    @example("Artist", "Title", "..", "swapped case")
    @example("ſtrauß", "ı İ ﬁ \u212a", "con", "upper case")
    def both_are_filed(artist, title, playlist, twist):
        number = next(numbers)
        library = disk / f"library-{number // _TRACKS_IN_A_LIBRARY}"
        shelf = Shelf(out_dir=library, memory=memory)
        tracks = Track(title=title, artists=(artist,)), Track(title=TWISTS[twist](title), artists=(artist,))
        paths = []
        for which, track in enumerate(tracks):
            content = f"{number}/{which}".encode()
            (shelved,) = shelf.shelve(content.decode(), track, playlist, [rendered(work, content)]).files
            memory.record(content.decode(), shelved)
            paths.append(Path(shelved.path))
        assert [path.read_bytes() for path in paths] == [f"{number}/{which}".encode() for which in (0, 1)]
        assert all(path.resolve().is_relative_to(library.resolve()) for path in paths)
        assert not paths[0].samefile(paths[1])

    both_are_filed()
    there = [str(file) for file in disk.rglob("*") if file.is_file() and file.name != MARKER]
    assert len(there) == len(memory.paths()) >= names, "something was left behind, or lost"
    # ntfs-3g shows names in lower case when it is told to ignore it.
    assert set(map(collision_key, there)) == set(map(collision_key, memory.paths())), "a name was changed by the disk"


def rendered(work: Path, content: bytes) -> Rendered:
    file = work / "rendered.m4a"
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    return Rendered(format=Format.M4A, path=str(file), size=len(content), sha256=hashlib.sha256(content).hexdigest())
