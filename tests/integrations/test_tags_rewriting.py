"""New tags for a file that the person has: the old file or the new one, whole, whatever happens."""

import errno
import fcntl
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.errors import BadMedia, Transient
from daemon.models import Format, Tags
from integrations.tags import Rewritten, read, rewrite, rewriting, write, write_verified
from tests.integrations.rewriting_killed import TAGS
from tests.integrations.tag_files import sound_of, untagged

OLD = Tags(title="old title", artists=("A", "B"), bpm=128.0)


@pytest.fixture(params=list(Format))
def path(request, tmp_path) -> Path:
    path = untagged(tmp_path, request.param)
    write(path, OLD)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def alone(path: Path) -> bool:
    return list(path.parent.iterdir()) == [path]


def test_the_tags_are_new_and_the_rest_is_as_it_was(path):
    path.chmod(0o640)
    os.utime(path, ns=(1, 1))
    sound = sound_of(path)
    done = rewrite(path, TAGS)
    assert (read(path).title, read(path).bpm, read(path).artists) == ("new title", 64.0, ("A", "B"))
    assert sound_of(path) == sound
    assert path.stat().st_mode & 0o777 == 0o640
    assert done.changed
    assert (done.size, done.mtime_ns, done.sha256) == (path.stat().st_size, path.stat().st_mtime_ns, sha256(path))
    assert done.mtime_ns > 1
    assert alone(path)


def test_what_has_these_tags_already_is_not_touched(path):
    before = path.stat()
    done = rewrite(path, OLD)
    assert path.stat() == before
    assert done == Rewritten(changed=False, size=before.st_size, mtime_ns=before.st_mtime_ns, sha256=sha256(path))
    assert alone(path)


def test_another_name_of_the_file_keeps_the_old_tags(path, tmp_path_factory):
    other = tmp_path_factory.mktemp("work") / path.name
    other.hardlink_to(path)
    before = other.read_bytes()
    rewrite(path, TAGS)
    assert other.read_bytes() == before
    assert (path.stat().st_nlink, other.stat().st_nlink) == (1, 1)


def test_a_symbolic_link_stays_one(path, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / path.name
    link.symlink_to(path)
    rewrite(link, TAGS)
    assert link.is_symlink()
    assert read(path).title == "new title"


@contextmanager
def meanwhile(monkeypatch, act):
    """`act` happens while the copy is being written."""

    def and_then(copy, tags):
        write_verified(copy, tags)
        act()

    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "write_verified", and_then)
        yield


def saved_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")


def saved_as_a_new_file(path: Path) -> None:
    (path.parent / "theirs").write_bytes(b"theirs")
    (path.parent / "theirs").rename(path)


@pytest.mark.parametrize("save", [saved_in_place, saved_as_a_new_file])
def test_what_another_program_saved_meanwhile_stays(path, monkeypatch, save):
    with meanwhile(monkeypatch, lambda: save(path)), pytest.raises(Transient, match=path.name):
        rewrite(path, TAGS)
    assert path.read_bytes().endswith((b"!", b"theirs"))
    assert alone(path)


def test_what_was_removed_meanwhile_does_not_come_back(path, monkeypatch):
    with meanwhile(monkeypatch, path.unlink), pytest.raises(Transient):
        rewrite(path, TAGS)
    assert list(path.parent.iterdir()) == []


def test_a_file_that_is_not_to_be_written_stays(path):
    path.chmod(0o444)
    before = path.stat()
    with pytest.raises(PermissionError, match=path.name):
        rewrite(path, TAGS)
    assert path.stat() == before


def test_an_error_names_the_file_and_leaves_it(tmp_path):
    path = tmp_path / "track.wav"
    path.write_bytes(b"nonsense" * 100)
    with pytest.raises(BadMedia, match=r"track\.wav"):
        rewrite(path, TAGS)
    assert path.read_bytes() == b"nonsense" * 100
    assert alone(path)


@contextmanager
def no_file_larger_than(size: int):
    """As near to a full disk as a test can come without one: every write beyond it fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("more", [-1000, -1, 0, 1000])
def test_a_full_disk_leaves_the_old_file(path, more):
    before = path.read_bytes()
    with no_file_larger_than(len(before) + more), pytest.raises(OSError):
        rewrite(path, TAGS)
    assert path.read_bytes() == before
    assert alone(path)


def test_what_a_killed_rewriting_left_is_cleared_away_and_nothing_else(path):
    leftover = path.parent / ".cratekeeper-0123456789abcdef.tags.wav"
    others = [path.parent / ".cratekeeper-0123.tags.wav", path.parent / ".cratekeeper"]
    for file in (leftover, *others):
        file.write_bytes(b"")
    rewrite(path, TAGS)
    assert not leftover.exists()
    assert all(file.exists() for file in others)


LEFTOVER = ".cratekeeper-0123456789abcdef.tags.wav"


def no_locks(*_) -> None:
    """As many a share over the network answers."""
    raise OSError(errno.ENOTSUP, "no locks here")


@pytest.mark.parametrize(("days", "stays"), [(0.9, True), (1.1, False)])
def test_where_there_are_no_locks_a_leftover_goes_after_a_day(path, monkeypatch, days, stays):
    leftover = path.parent / LEFTOVER
    leftover.write_bytes(b"")
    os.utime(leftover, ns=(1, 1))  # as the original's, which it takes over
    now = time.time()
    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(time, "time", lambda: now + days * 24 * 3600)
    rewrite(path, TAGS)
    assert leftover.exists() is stays
    assert read(path).title == "new title"


def test_a_copy_that_somebody_is_writing_stays_however_old(path, monkeypatch):
    leftover = path.parent / LEFTOVER
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30 * 24 * 3600)
    with leftover.open("xb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        rewrite(path, TAGS)
        assert leftover.exists()
    rewrite(path, OLD)
    assert not leftover.exists()


def test_killed_at_any_moment_it_is_the_old_file_or_the_new_one(path):
    old = sha256(path)
    lives = subprocess.run(
        [sys.executable, "-m", "tests.integrations.rewriting_killed", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    ).stdout.splitlines()
    *killed, (end, new) = [tuple(life.split()) for life in lives]
    assert (end, new) == ("done", sha256(path))
    assert new != old
    assert len(killed) > 15
    found = [found for _, found in killed]
    assert found == sorted(found, key=[old, new].index)  # the old one, and from one moment on the new one
    assert {old, new} == set(found)
    assert {ended for ended, _ in killed} == {"killed"}
    assert alone(path)
