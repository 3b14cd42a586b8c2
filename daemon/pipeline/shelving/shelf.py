"""Files what was rendered: the library, and the inboxes of other programs.

What is about to be put where is noted in the memory first, so that after a kill the same file is taken up under the
same name. An inbox is emptied by its owner, so a look into it proves nothing: there, a note together with the hidden
part that is gone proves the delivery.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daemon import file_template
from daemon.errors import Transient
from daemon.models import Format, Heard, Rendered, ShelfRole, Shelved, Track
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.pipeline.shelving.folders import made_below
from daemon.pipeline.shelving.names import NameFields, fields_of, file_name, with_suffix
from daemon.pipeline.shelving.notes import Job, Memory, Note, Notes
from daemon.pipeline.shelving.placing import Placed, clear_away_leftovers, is_file_of, place, was_published
from daemon.pipeline.shelving.publishing import Checkpoint
from daemon.pipeline.shelving.volumes import ready_inbox, ready_library

_SETTINGS: dict[ShelfRole, str] = {"library": "OUT_DIR", "backup": "BACKUP_DIR", "wav_backup": "WAV_BACKUP_DIR"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A copy that has to wait for its folder."""

    role: ShelfRole
    format: Format
    reason: str
    """A sentence for the person: the setting, the folder, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelving:
    """How far shelving got."""

    files: tuple[Shelved, ...]
    """Where this track's files are, or were delivered to: those of this call and those noted by earlier ones."""
    waiting: tuple[Waiting, ...] = ()
    """Call `shelve` again for these, later; what is in `files` is not written twice."""


class LibraryWaits(Transient):
    """The library is away or refuses. The inboxes were served all the same: `shelving` says how far that got."""

    def __init__(self, trouble: Transient, shelving: Shelving) -> None:
        super().__init__(str(trouble), service=trouble.service, retry_after_s=trouble.retry_after_s)
        self.shelving = shelving


Room = Callable[[str, Path, int], None]
"""`room(setting, folder, need_bytes)` raises Transient where so much more would leave too little free."""


def destinations(format: Format, *, has_backup: bool, has_wav_backup: bool) -> tuple[ShelfRole, ...]:
    """Where a file of this format goes."""
    if format is Format.WAV:
        return ("wav_backup",) if has_wav_backup else ("library",)
    if format is Format.M4A and has_backup:
        return ("library", "backup")
    return ("library",)


def folder_memo(role: ShelfRole, folder: Path) -> str:
    """Under which name the memory keeps how a folder was known when it was last there."""
    return f"shelving/{role}/{folder}"


class Shelf:
    """The places of one person. Raises ValueError when the name template cannot be used."""

    def __init__(
        self,
        *,
        out_dir: Path,
        memory: Memory,
        backup_dir: Path | None = None,
        wav_backup_dir: Path | None = None,
        template: str = file_template.DEFAULT,
        room: Room = lambda _setting, _folder, _need_bytes: None,
        checkpoint: Checkpoint = lambda _: None,
    ) -> None:
        file_template.parts_of(template)
        self._room = room
        self._out_dir = out_dir
        inboxes: dict[ShelfRole, Path | None] = {"backup": backup_dir, "wav_backup": wav_backup_dir}
        self._inboxes = {role: folder for role, folder in inboxes.items() if folder is not None}
        self._memory = memory
        self._template = template
        self._notes = Notes(memory, checkpoint)
        self._checkpoint = checkpoint

    def shelve(
        self,
        track_id: str,
        track: Track,
        playlist: str | None,
        rendered: Sequence[Rendered],
        heard: Heard | None = None,
    ) -> Shelving:
        """Puts every file where it belongs, once. After a kill at any point, the same call ends with the same answer.
        An inbox that is away or refuses is named in `waiting`. Where the library is or does, the inboxes are served
        first, and then LibraryWaits is raised. NotFound or BadMedia mean that the work files have to be made again."""
        fields = _fields(track, playlist, heard)
        jobs = self._jobs(track_id, rendered)
        files, trouble = self._file_all([job for job in jobs if job.role == "library"], fields)
        inboxes = self._deliver_all([job for job in jobs if job.role != "library"], fields)
        shelving = Shelving(files=files + inboxes.files, waiting=inboxes.waiting)
        if trouble is not None:
            raise LibraryWaits(trouble, shelving) from trouble
        return shelving

    def deliver(
        self,
        track_id: str,
        track: Track,
        playlist: str | None,
        rendered: Sequence[Rendered],
        heard: Heard | None = None,
    ) -> Shelving:
        """As `shelve`, for the inboxes alone: the library is neither asked nor touched."""
        jobs = [job for job in self._jobs(track_id, rendered) if job.role != "library"]
        return self._deliver_all(jobs, _fields(track, playlist, heard))

    def _jobs(self, track_id: str, rendered: Sequence[Rendered]) -> list[Job]:
        return [Job(track_id=track_id, role=role, rendered=file) for file in rendered for role in self._roles(file)]

    def _roles(self, file: Rendered) -> tuple[ShelfRole, ...]:
        return destinations(
            file.format, has_backup="backup" in self._inboxes, has_wav_backup="wav_backup" in self._inboxes
        )

    # --- the library -------------------------------------------------------------------------------------------------

    def _file_all(self, jobs: Sequence[Job], fields: NameFields) -> tuple[tuple[Shelved, ...], Transient | None]:
        """What is filed, and the trouble that ended it."""
        files: tuple[Shelved, ...] = ()
        for job in jobs:
            path = self._memory.path_of(job.track_id, job.role, job.format)
            try:
                files += (self._file_once(job, fields),) if path is None else self._recorded(job, path)
            except Transient as trouble:
                return files, trouble
        return files, None

    def _recorded(self, job: Job, path: str) -> tuple[Shelved, ...]:
        """What the memory has as shelved is left alone, wherever the person has moved it."""
        note = self._notes.of(job)
        return () if note is None else (job.shelved(replace(note, path=path)),)

    def _file_once(self, job: Job, fields: NameFields) -> Shelved:
        self._be_ready(job.role, self._out_dir)
        with told_as_transient(_SETTINGS[job.role], self._out_dir):
            if before := self._filed_before(job):
                return before
            self._room(_SETTINGS[job.role], self._out_dir, job.rendered.size)
            return self._file(job, fields)

    def _filed_before(self, job: Job) -> Shelved | None:
        """What a killed call has put there, found by its note."""
        note = self._notes.of(job)
        if note is None:
            return None
        clear_away_leftovers(Path(note.path), job.note_name)
        if self._is_anothers(Path(note.path), job):
            return None
        if self._is_owed_anew(job, note) or not is_file_of(Path(note.path), note.size, note.sha256):
            return None
        return self._notes.done(job, replace(note, mtime_ns=Path(note.path).stat().st_mtime_ns))

    def _file(self, job: Job, fields: NameFields) -> Shelved:
        targets = self._library_names(job, fields)
        while True:
            target = next(targets)
            if self._is_anothers(target, job):
                continue
            note = job.note(target)
            self._notes.keep(job, note)
            result = place(
                job.rendered,
                target,
                setting=_SETTINGS[job.role],
                owner=job.note_name,
                still_there=lambda: self._be_ready(job.role, self._out_dir),
                checkpoint=self._checkpoint,
            )
            if isinstance(result, Placed):
                return self._notes.done(job, replace(note, mtime_ns=result.mtime_ns))

    def _is_anothers(self, path: Path, job: Job) -> bool:
        """Whether the name is another track's, also while its file is not there."""
        return self._memory.owner_of(str(path)) not in (None, job.track_id)

    def _library_names(self, job: Job, fields: NameFields) -> Iterator[Path]:
        """Beside the track's other files first, so that all formats bear one name; then by the template, numbered."""
        for sibling in self._siblings(job):
            if sibling.is_relative_to(self._out_dir) and sibling.parent.is_dir():
                yield sibling.with_suffix(f".{job.format}")
        name = file_name(fields, job.format, self._template)
        self._be_ready(job.role, self._out_dir)  # a look at what a killed call has left may have taken long
        folder = made_below(self._out_dir, name.parent.parts)
        for number in itertools.count(1):
            yield folder / with_suffix(name.name, number)

    def _siblings(self, job: Job) -> Iterator[Path]:
        for format_ in Format:
            sibling = replace(job, rendered=replace(job.rendered, format=format_))
            path = self._memory.path_of(job.track_id, job.role, format_)
            note = self._notes.of(sibling)
            if path is not None:
                yield Path(path)
            elif note is not None and (note.done or format_ is job.format):
                yield Path(note.path)

    # --- the inboxes -------------------------------------------------------------------------------------------------

    def _deliver_all(self, jobs: Sequence[Job], fields: NameFields) -> Shelving:
        files: tuple[Shelved, ...] = ()
        waiting: tuple[Waiting, ...] = ()
        for job in jobs:
            try:
                files += self._deliver(job, fields)
            except Transient as trouble:
                waiting += (Waiting(role=job.role, format=job.format, reason=str(trouble)),)
        return Shelving(files=files, waiting=waiting)

    def _deliver(self, job: Job, fields: NameFields) -> tuple[Shelved, ...]:
        note = self._notes.of(job)
        if note is not None and note.done and not self._is_owed_anew(job, note):
            return (job.shelved(note),)
        if self._memory.was_delivered(job.track_id, job.role, job.format):
            return ()
        inbox = self._inboxes[job.role]
        self._be_ready(job.role, inbox)
        with told_as_transient(_SETTINGS[job.role], inbox):
            if note is not None:
                went = not note.done and _went_into(inbox, note)
                clear_away_leftovers(inbox / Path(note.path).name, job.note_name)
                if went:
                    return (self._notes.done(job, note),)
            self._room(_SETTINGS[job.role], inbox, job.rendered.size)
            return (self._put_in(inbox, job, fields),)

    def _is_owed_anew(self, job: Job, note: Note) -> bool:
        """Whether the person has decided for another sound since, and this is that other sound."""
        is_another = note.sha256 != job.rendered.sha256
        return is_another and self._memory.was_taken_back(job.track_id, job.role, job.format)

    def _put_in(self, inbox: Path, job: Job, fields: NameFields) -> Shelved:
        name = file_name(fields, job.format, self._template).name
        numbers = itertools.count(1)
        while True:
            target = inbox / with_suffix(name, next(numbers))
            if self._is_anothers(target, job):  # taken away, perhaps; but its program knows files by name
                continue
            result = place(
                job.rendered,
                target,
                setting=_SETTINGS[job.role],
                owner=job.note_name,
                still_there=lambda: self._be_ready(job.role, inbox),
                shared=False,  # the owner of an inbox edits what it takes: not the library's bytes
                announce=self._notes.announcer(job, target),
                checkpoint=self._checkpoint,
            )
            if isinstance(result, Placed):
                return self._notes.done(job, replace(job.note(target), mtime_ns=result.mtime_ns))

    # --- are they there -----------------------------------------------------------------------------------------------

    def _be_ready(self, role: ShelfRole, folder: Path) -> None:
        """Raises Transient when the folder is not really there."""
        name = folder_memo(role, folder)
        known = self._memory.recall(name)
        ready = ready_library if role == "library" else ready_inbox
        found = ready(folder, _SETTINGS[role], known)
        if found != known:
            self._checkpoint("folder ready")
            self._memory.remember(name, found)


def _went_into(inbox: Path, note: Note) -> bool:
    """Whether the copy that a killed call had announced got its name."""
    part = Path(note.part)
    return bool(note.part) and part.parent == inbox and was_published(part)


def _fields(track: Track, playlist: str | None, heard: Heard | None) -> NameFields:
    tempo, key = (heard.tempo, heard.key) if heard else (None, None)
    return fields_of(
        track,
        playlist=playlist,
        bpm=tempo.bpm if tempo else None,
        key=key.name if key else None,
        camelot=key.camelot if key else None,
    )
