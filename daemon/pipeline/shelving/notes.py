"""What is noted of a file from just before it gets its name, so that a killed call can be taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from daemon.models import Format, Rendered, ShelfRole, Shelved
from daemon.pipeline.shelving.placing import Announce, Part
from daemon.pipeline.shelving.publishing import Checkpoint


class Memory(Protocol):
    """What was shelved before. The ledger keeps it; what `shelve` answers is recorded there by the caller."""

    def was_delivered(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        """Whether this inbox has had this track's file, wherever it is now."""
        ...

    def was_taken_back(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        """Whether what was delivered does not count any more: the person has decided for another sound."""
        ...

    def path_of(self, track_id: str, role: ShelfRole, format: Format) -> str | None:
        """Where this track's file is recorded to be."""
        ...

    def owner_of(self, path: str) -> str | None:
        """The track whose file is recorded at this path, compared by `collision_key`. What was taken back and is not
        there any more owns nothing."""
        ...

    def recall(self, name: str) -> str | None:
        """What was last remembered under this name."""
        ...

    def remember(self, name: str, value: str) -> None:
        """Keeps the value; it survives a kill as soon as this returns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the memory holds of one file, from just before it gets its name."""

    path: str
    size: int
    sha256: str
    mtime_ns: int = 0
    part: str = ""
    """The announced copy in an inbox; empty in the library, and while there is none."""
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file of one track on its way to one place."""

    track_id: str
    role: ShelfRole
    rendered: Rendered

    @property
    def format(self) -> Format:
        return self.rendered.format

    @property
    def note_name(self) -> str:
        return f"shelving/{self.track_id}/{self.role}/{self.format}"

    def note(self, path: Path, part: Part | None = None) -> Note:
        return Note(
            path=str(path),
            size=self.rendered.size,
            sha256=self.rendered.sha256,
            mtime_ns=part.mtime_ns if part else 0,
            part=str(part.path) if part else "",
        )

    def shelved(self, note: Note) -> Shelved:
        return Shelved(
            role=self.role,
            format=self.format,
            path=note.path,
            size=note.size,
            mtime_ns=note.mtime_ns,
            sha256=note.sha256,
        )


class Notes:
    """The notes, one for each file, role and track."""

    def __init__(self, memory: Memory, checkpoint: Checkpoint) -> None:
        self._memory = memory
        self._checkpoint = checkpoint

    def of(self, job: Job) -> Note | None:
        """What was noted last."""
        value = self._memory.recall(job.note_name)
        return None if value is None else Note(**json.loads(value))

    def keep(self, job: Job, note: Note) -> None:
        self._memory.remember(job.note_name, json.dumps(asdict(note)))
        self._checkpoint("noted")

    def done(self, job: Job, note: Note) -> Shelved:
        """Notes that the file has its name."""
        done = replace(note, done=True)
        self.keep(job, done)
        return job.shelved(done)

    def announcer(self, job: Job, target: Path) -> Announce:
        """For `place`: notes the hidden copy that is about to become `target`."""
        return lambda part: self.keep(job, job.note(target, part))
