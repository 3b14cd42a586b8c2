"""`kill -9` at every system call that writes, while a track is shelved with the real ledger: strace counts the calls of
an undisturbed run, and then ends a fresh process as it is about to make each of them.

What a file system holds when a call begins is what the call before left; so nothing is missed between two of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from daemon.models import Format
from daemon.pipeline.shelving.volumes import MARKER
from tests.house import ROOT
from tests.pipeline.shelving import images
from tests.torture import shelving_child

_WRITES = (
    "write", "pwrite64", "writev", "copy_file_range", "sendfile", "ftruncate", "link", "linkat", "rename", "renameat",
    "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlink", "fsync", "fdatasync", "sync_file_range",
    "fallocate", "chmod", "fchmod", "utimensat",
)  # fmt: skip
_SQLITES = ("pwrite64", "fdatasync")
"""The ledger's calls, and none of ours."""
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")
_ANOTHERS = {"library/Peak/another's.m4a": b"another's", "backup/artist - TITLE.m4a": b"", "wav-backup/x.wav": b"x"}
_HERE = {
    "library/Peak/Artist - Title.m4a",
    "library/Peak/Artist - Title.aiff",
    "backup/Artist - Title (2).m4a",
    "wav-backup/Artist - Title.wav",
}
_TO_TAKE = {
    "backup/Artist - Title (2).m4a": "collected/backup.m4a",
    "wav-backup/Artist - Title.wav": "collected/wav-backup.wav",
}

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def strace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program, where it is installed and may look into others."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed")
    log = tmp_path_factory.mktemp("strace") / "log"
    done = subprocess.run([program, "-o", str(log), "true"], capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()}")
    return program


@pytest.fixture(scope="session")
def ready_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ready")
    with shelving_child.ledger_of(root) as ledger:
        shelving_child.track_in(ledger)
    return root / "ledger.db"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system, for work files that cannot be linked."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to write to without root")
    folder = shm / f"cratekeeper-kills-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def exfat_disk(tmp_path: Path) -> Iterator[Path]:
    with images.mounted(images.EXFAT_FUSE, tmp_path, in_memory=True) as folder:
        yield folder


class Traced:
    """Runs of the child under strace."""

    def __init__(self, strace: str, nursery: subprocess.Popen[str]) -> None:
        self._strace = strace
        self._nursery = nursery

    def run(self, scene: Scene, *options: str) -> int:
        """The exit code of a process that shelves in that scene."""
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write(json.dumps([str(scene.root), str(scene.work)]) + "\n")
        self._nursery.stdin.flush()
        pid = int(self._nursery.stdout.readline())
        tracer = [self._strace, "-f", "-q", "-p", str(pid), *options]
        done = subprocess.run(tracer, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return int(self._nursery.stdout.readline())


@pytest.fixture(scope="module")
def traced(strace: str, ready_ledger: Path) -> Iterator[Traced]:
    child = [sys.executable, "-B", "-m", "tests.torture.shelving_child", str(ready_ledger.parent)]
    with subprocess.Popen(child, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
        yield Traced(strace, nursery)
        assert nursery.stdin
        nursery.stdin.close()


class Scene:
    """Three folders with somebody's files in them, work files, and a ledger."""

    def __init__(self, root: Path, work: Path, ready_ledger: Path, places: Path | None = None) -> None:
        self.root, self.work = root, work
        root.mkdir(parents=True)
        work.mkdir(parents=True, exist_ok=True)
        ledger = work / "ledger.db"  # in memory: syncing it three hundred times would take minutes
        shutil.copy(ready_ledger, ledger)
        (root / "ledger.db").symlink_to(ledger)
        for name in ("library", "backup", "wav-backup"):
            if places is not None:  # on a disk of another kind; the ledger stays on this one
                (places / root.name / name).mkdir(parents=True)
                (root / name).symlink_to(places / root.name / name)
        for name, content in _ANOTHERS.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        shelving_child.render(work)
        (root / "collected").mkdir()

    def clear_away(self) -> None:
        for name in ("library", "backup", "wav-backup"):
            shutil.rmtree((self.root / name).resolve())
        shutil.rmtree(self.root)

    def finish(self) -> None:
        """The next run, in this process: that spares a start."""
        with shelving_child.ledger_of(self.root) as ledger:
            first = shelving_child.shelve(self.root, self.work, ledger)
            assert shelving_child.shelve(self.root, self.work, ledger) == first, "once more is once too often"

    def visible(self) -> dict[str, bytes]:
        return {name: content for name, content in self.everything().items() if "/." not in name}

    def everything(self) -> dict[str, bytes]:
        folders = ("library", "backup", "wav-backup", "collected")
        files = [file for name in folders for file in (self.root / name).rglob("*") if file.is_file()]
        return {str(file.relative_to(self.root)): file.read_bytes() for file in files if file.name != MARKER}

    def collect(self) -> None:
        """What the owners of the inboxes do: take what is theirs, whenever it is there."""
        for name, ours in _TO_TAKE.items():
            if (self.root / name).exists() and (self.root / name).stat().st_size:  # what is empty is no music
                assert not (self.root / ours).exists(), f"{name} was delivered twice"
                shutil.move(self.root / name, self.root / ours)


def kill_at_every_write(
    traced: Traced,
    scene: Callable[[str], Scene],
    say: Callable[[str], None],
    *,
    but: tuple[str, ...] = (),
    reservations: bool = False,
) -> None:
    calls = counted(traced, scene("reference"), [call for call in _WRITES if call not in but])
    say(f"{sum(calls.values())} kills: {', '.join(f'{count} {call}' for call, count in calls.items())}")
    for call, count in calls.items():
        for nth in range(1, count + 1):
            where = f"{call} {nth} of {count}"
            one = scene(f"{call}-{nth}")
            kill = f"inject={call}:signal=SIGKILL:when={nth}"
            assert traced.run(one, "-o", "/dev/null", "-e", f"trace={call}", "-e", kill) == -signal.SIGKILL, where
            nothing_is_half_there(one, where, reservations)
            one.collect()
            one.finish()
            one.collect()
            left = one.everything()
            assert set(left) == set(_ANOTHERS) | {name for name in _HERE if name.startswith("library")} | set(
                _TO_TAKE.values()
            ), where
            nothing_is_half_there(one, where, reservations=False)
            one.clear_away()


def counted(traced: Traced, scene: Scene, writes: Sequence[str]) -> Counter[str]:
    log = scene.root / "strace.log"
    assert traced.run(scene, "-o", str(log), "-e", f"trace={','.join(writes)}") == 0
    assert set(scene.everything()) == _HERE | set(_ANOTHERS)
    return Counter(found[1] for line in log.read_text().splitlines() if (found := _CALL.match(line)))


def nothing_is_half_there(scene: Scene, where: str, reservations: bool) -> None:
    seen = scene.visible()
    for name, content in _ANOTHERS.items():
        assert seen.pop(name, None) == content, f"{where}: {name} was touched"
    whole = {hashlib.sha256((scene.work / f"rendered.{made}").read_bytes()).hexdigest() for made in Format}
    for name, content in seen.items():
        is_reserved = reservations and content == b""
        assert is_reserved or hashlib.sha256(content).hexdigest() in whole, f"{where}: {name} is not whole"


def test_links_and_copies_on_one_file_system(elsewhere, traced, ready_ledger, say):
    """And every page that SQLite writes."""
    kill_at_every_write(traced, lambda name: Scene(elsewhere / name, elsewhere / name / "work", ready_ledger), say)


def test_copies_across_file_systems(tmp_path, elsewhere, traced, ready_ledger, say):
    def scene(name: str) -> Scene:
        return Scene(tmp_path / name, elsewhere, ready_ledger)

    kill_at_every_write(traced, scene, say, but=_SQLITES)


def test_a_disk_that_knows_neither_links_nor_exclusive_renames(
    tmp_path, elsewhere, exfat_disk, traced, ready_ledger, say
):
    """There, a name can only be taken with an empty file; for one moment, and never with half a file."""

    def scene(name: str) -> Scene:
        return Scene(tmp_path / name, elsewhere, ready_ledger, places=exfat_disk)

    kill_at_every_write(traced, scene, say, but=_SQLITES, reservations=True)


def test_bytes_are_on_the_medium_before_their_name_and_the_name_before_it_is_recorded(
    tmp_path, elsewhere, traced, ready_ledger
):
    for scene in (
        Scene(elsewhere / "linked", elsewhere / "linked" / "work", ready_ledger),
        Scene(tmp_path / "copied", elsewhere, ready_ledger),
    ):
        log = scene.root / "strace.log"
        wanted = "trace=fsync,link,linkat,renameat2,write,openat"
        assert traced.run(scene, "-y", "-o", str(log), "-e", wanted) == 0
        for name in _HERE:
            in_order(log.read_text().splitlines(), scene.root / name, scene.work)


def in_order(lines: list[str], target: Path, work: Path) -> None:
    """Synced: the bytes; then the name is given; then synced: the folder."""
    (named,) = [at for at, line in enumerate(lines) if "O_" not in line and f'"{target}"' in line and "= 0" in line]
    source = lines[named].split('"')[1]
    assert re.search(r"\b(link|linkat|renameat2)\(", lines[named])
    assert "renameat2" not in lines[named] or "RENAME_NOREPLACE" in lines[named]
    synced = [at for at, line in enumerate(lines) if "fsync(" in line and f"<{source}>" in line and at < named]
    assert synced, f"{target} got its name before its bytes were on the medium"
    assert not [line for line in lines[synced[-1] : named] if "write(" in line and f"<{source}>" in line]
    after = [line for line in lines[named:] if "fsync(" in line and f"<{target.parent}>" in line]
    assert after, f"the name {target} is not on the medium"
