"""One track on its way to the shelf, as the step `shelve` does it: library and both inboxes, with the real ledger.

`python -m tests.torture.shelving_child LEDGER` reads lines `[root, work]` and forks a process for each, which waits
until somebody traces it, and then shelves. A fork has everything imported: that makes hundreds of kills affordable.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from daemon.ledger import Ledger
from daemon.models import Format, Rendered, Service, Shelved, Track, TrackRef
from daemon.pipeline.shelving import Shelf

TRACK = Track(title="Title", artists=("Artist",))
_PR_SET_PTRACER = 0x59616D61
_ANYBODY = 2**64 - 1
_SOUND = b"sound" * 500_000
"""More than two chunks, so that a copy has an inside to be killed in."""


def ledger_of(root: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{root / 'ledger.db'}", time.time)


def track_in(ledger: Ledger) -> str:
    ref = TrackRef(service=Service.SPOTIFY, id="1", url="https://spotify.example/1", found_in="url")
    return ledger.tracks.open(ref).track_id


def render(work: Path) -> None:
    for format_ in Format:
        (work / f"rendered.{format_}").write_bytes(format_.encode() + _SOUND)


def rendered_in(work: Path) -> list[Rendered]:
    files = [(format_, work / f"rendered.{format_}") for format_ in Format]
    return [
        Rendered(
            format=format_,
            path=str(file),
            size=file.stat().st_size,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for format_, file in files
    ]


def shelve(root: Path, work: Path, ledger: Ledger) -> tuple[Shelved, ...]:
    shelf = Shelf(
        out_dir=root / "library",
        backup_dir=root / "backup",
        wav_backup_dir=root / "wav-backup",
        memory=ledger.shelf_memory,
    )
    track_id = track_in(ledger)
    shelving = shelf.shelve(track_id, TRACK, "Peak", rendered_in(work))
    assert not shelving.waiting, shelving.waiting
    for file in shelving.files:
        ledger.files.record(track_id, file)
    return shelving.files


def shelve_when_traced(root: Path, work: Path) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANYBODY))  # without it, Yama allows ancestors only
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text():
        time.sleep(0.001)
    with ledger_of(root) as ledger:
        shelve(root, work, ledger)


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    ledger_of(Path(sys.argv[1])).close()  # everything that is imported late
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            shelve_when_traced(*map(Path, json.loads(line)))
            os._exit(0)
        answer(pid)
        answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
