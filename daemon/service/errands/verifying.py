"""`verify <track>`: do its row, its files, their tags, tempo and key agree? It looks, and changes nothing.

One check a call: the files, their tags, the row in Notion, the sound. What does not agree is told at the end, all of it
together. What the person says of a track (an edit, a locked field, a row of their own) is no disagreement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from daemon.board.in_flight import InFlight
from daemon.board.merging import merge
from daemon.board.showing import Showing
from daemon.errors import BadMedia, NotFound, Refused, RowGone, Transient
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Portion, Wording
from daemon.ledger import Ledger
from daemon.ledger.board import RETAG
from daemon.ledger.tracks import TrackRow
from daemon.models import BoardRow, Format, Heard, Json, KeyNotation, Service, Shelved, Status, Tags
from daemon.service.errands.agreement import Found, by_ear, in_row, in_tags, lengths, said_of, samples

_MOST_WAITS = 20
_WAIT_S = 30.0
"""Ten minutes in all: what is under way, or on its way to the row and the files, mostly arrives within seconds."""
_UNDER_WAY = (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """What is asked."""

    track_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A file's samples, in few words."""

    duration_s: float
    samples: str
    """The SHA-256 of all of them; the same for the same integers in another format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """What is heard of a file."""

    heard: Heard
    words: bytes
    """Its fingerprint, as the ledger keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files are read. Every one raises BadMedia, NotFound, Refused, Transient."""

    tags: Callable[[Path], Tags]
    decode: Callable[[Path], Decoded]
    listen: Callable[[Path], Listened]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How the row in Notion is read."""

    of: Callable[[str], BoardRow]
    """By its id. Raises RowGone."""
    as_read: Callable[[Mapping[str, Any]], Json]
    """How values would be read back (`daemon.ports.Board`)."""


@dataclass(slots=True)
class _SoFar:
    """What a job remembers from one call to the next."""

    step: int = 0
    waits: int = 0
    problems: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written_into: list[str] = field(default_factory=list)
    """Files that are not byte for byte as we left them: their sound has to be looked at."""


class _AwayError(Exception):
    """The library's drive is not there, and this file is on it."""


class Verifying:
    """The verb."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        find: Callable[[Wording], TrackRow],
        reading: Reading,
        row: Row | None,
        lost_files: Callable[[str], list[str]],
        is_library_there: Callable[[], bool],
        out_dir: Path,
        key_notation: KeyNotation,
    ) -> None:
        """`find` names the track that a wording means; raises NotFound, Refused. `row` None: there is no Notion."""
        self._ledger = ledger
        self._find = find
        self._reading = reading
        self._row = row
        self._lost_files = lost_files
        self._is_library_there = is_library_there
        self._out_dir = out_dir
        self._key_notation = key_notation
        self._showing = Showing(ledger)
        self._in_flight = InFlight(ledger)
        self._checks = (
            ("the files", self._check_files),
            ("the tags", self._check_tags),
            ("the row in Notion", self._check_row),
            ("the sound", self._check_sound),
        )

    def read(self, wording: Wording) -> Verify:
        """Of a duplicate it is the original that is looked at. Raises Refused, NotFound."""
        row = self._find(wording)
        while row.status is Status.DUPLICATE and row.duplicate_of is not None:
            row = self._ledger.tracks.get(row.duplicate_of)
        return Verify(track_id=row.id)

    def work(self, asked: Verify, memory: Json) -> Portion:
        """One check. Raises Transient, and what the reader of the row raises."""
        so_far = _SoFar(**memory)
        track = self._ledger.tracks.get(asked.track_id)
        if (awaited := self._awaited(track)) and so_far.waits < _MOST_WAITS:
            # From the beginning: what was looked at may be another by then.
            again = _SoFar(waits=so_far.waits + 1)
            tracks = (track.id,) if track.status in _UNDER_WAY else ()
            return GoOn(memory=asdict(again), of=len(self._checks), text=awaited, wait_s=_WAIT_S, tracks=tracks)
        if track.status in _UNDER_WAY:
            return Failed(reason=f"{_name(track)}: {awaited}; there is nothing to look at yet.")
        if awaited and so_far.step == 0:
            so_far.problems.append(f"{awaited}, and have for a while: `cratekeeper status {track.id}` says why.")
        try:
            found = self._checks[so_far.step][1](track, so_far)
        except _AwayError as away:
            return Blocked(
                question=f"{away} could not be looked at: the drive of OUT_DIR ({self._out_dir}) is not mounted. "
                "Plug it in and set Status to Not Started."
            )
        so_far.problems += found.problems
        so_far.agreed += found.agreed
        so_far.notes += found.notes
        so_far.step += 1
        if so_far.step == len(self._checks):
            return self._ending(track, so_far)
        next_one = self._checks[so_far.step][0]
        return GoOn(memory=asdict(so_far), done=so_far.step, of=len(self._checks), text=f"looks at {next_one}")

    def _awaited(self, track: TrackRow) -> str | None:
        """What is still under way, and would be taken for a disagreement."""
        if track.status is Status.QUEUED and track.reason:
            return f"it is Queued ({track.reason})"
        if track.status in _UNDER_WAY:
            return f"it is {track.status.value}"
        if self._ledger.memos.recall(RETAG + track.id) is not None:
            return "its files still wait for what you changed in Notion"
        if self._row and any(entry.target == "notion" for entry in self._ledger.outbox.waiting(track.id)):
            return "its row in Notion is still to be written"
        return None

    # --- the files ---------------------------------------------------------------------------------------------------

    def _check_files(self, track: TrackRow, so_far: _SoFar) -> Found:
        found, there = Found(), 0
        for file in self._recorded(track.id):
            path = Path(file.path)
            if not path.is_file():
                if not self._is_library_there():
                    raise _AwayError(file.path)
                found.problems.append(f"{file.path} is not there. Put it back, or order `redo {track.id}`.")
                continue
            there += 1
            if not file.sha256:
                found.notes.append(f"{file.path} was there before us: how it looked then is not known.")
            elif not _is_as_left(path, file):
                so_far.written_into.append(file.path)
        known = "\n".join(found.problems)
        lost = [what for what in self._lost_files(track.id) if what not in known]
        found.problems += [f"{what}: it is missing. `redo {track.id}` makes it." for what in lost]
        if track.status is Status.DONE and not there and not found.problems:
            found.problems.append(f"It is Done, and has no file in the library. Order `redo {track.id}`.")
        if there:
            found.agreed.append("1 file" if there == 1 else f"{there} files")
        return found

    def _recorded(self, track_id: str) -> list[Shelved]:
        """The library's files that count, the M4A first."""
        files = [file.shelved for file in self._ledger.files.of(track_id) if file.missing_since is None]
        return sorted(
            (file for file in files if file.role == "library"), key=lambda one: list(Format).index(one.format)
        )

    def _there(self, track_id: str) -> list[Shelved]:
        """Those of them that can be read now; whether the others should be there has been asked already."""
        files = self._recorded(track_id)
        there = [file for file in files if Path(file.path).is_file()]
        if files and not there and not self._is_library_there():
            raise _AwayError(files[0].path)
        return there

    # --- their tags --------------------------------------------------------------------------------------------------

    def _check_tags(self, track: TrackRow, _so_far: _SoFar) -> Found:
        found = Found()
        wanted = said_of(track, self._seen(track.id), self._key_notation)
        files = self._there(track.id)
        for file in files:
            try:
                there = self._reading.tags(Path(file.path))
            except (BadMedia, NotFound, Refused) as trouble:
                found.problems.append(f"{file.path}: its tags cannot be read. {trouble}")
                continue
            found.problems += [
                f"{file.path}: {what}. Say in the row in Notion which is right: the files follow."
                for what in in_tags(wanted, there)
            ]
        if files and not found.problems:
            found.agreed.append("their tags")
        return found

    # --- the row in Notion -------------------------------------------------------------------------------------------

    def _check_row(self, track: TrackRow, _so_far: _SoFar) -> Found:
        mirror = self._ledger.outbox.mirror("notion", track.id)
        if self._row is None:
            return Found(notes=["There is no Notion: no row was looked at."])
        if mirror is None:
            return Found(problems=["It has no row in Notion. `cratekeeper reconcile` sees to it."])
        thrown_away = Found(notes=["You threw its row in Notion away; that stays so."])
        if mirror.gone:
            return thrown_away
        if (parked := self._ledger.services.parked(Service.NOTION)) is not None:
            raise Transient(parked.reason)
        try:
            row = self._row.of(mirror.remote_id)
        except RowGone:
            return thrown_away
        if row.in_trash:
            return thrown_away
        merged = merge(self._showing.of(track), self._in_flight.known(mirror), row.values)
        due = self._row.as_read(merged.write) if merged.write else {}
        found = Found(problems=[f"{what}. `cratekeeper reconcile` puts it right." for what in in_row(due, row.values)])
        if merged.edits:
            found.notes.append(f"You changed {', '.join(sorted(merged.edits))} in its row just now; that counts soon.")
        if not found.problems:
            found.agreed.append("its row in Notion")
        return found

    def _seen(self, track_id: str) -> Mapping[str, Any]:
        mirror = self._ledger.outbox.mirror("notion", track_id)
        return mirror.seen if mirror else {}

    # --- the sound ---------------------------------------------------------------------------------------------------

    def _check_sound(self, track: TrackRow, so_far: _SoFar) -> Found:
        found = Found()
        decoded: dict[str, Decoded] = {}
        files = self._there(track.id)
        for file in files:
            try:
                decoded[file.path] = self._reading.decode(Path(file.path))
            except (BadMedia, NotFound, Refused) as trouble:
                found.problems.append(f"{file.path}: it cannot be played. {trouble} {_anew(track)}")
        if not decoded:
            return found
        ours = {file.path for file in files if file.sha256}
        found.problems += [
            f"{what} {_anew(track)}"
            for what in (
                *lengths({path: one.duration_s for path, one in decoded.items()}, ours),
                *samples({path: one.samples for path, one in decoded.items() if path in ours}, so_far.written_into),
            )
        ]
        # One that somebody has written into tells more than one that is as we left it.
        path = next((path for path in decoded if path in so_far.written_into), next(iter(decoded)))
        listened = self._reading.listen(Path(path))
        if not self._is_its_sound(track, listened):
            found.problems.append(f"{path} does not sound like this track any more. {_anew(track)}")
        elif so_far.written_into and not found.problems:
            names = ", ".join(so_far.written_into)
            found.notes.append(f"Another program has written into {names}; the sound is the same.")
        heard = by_ear(track, self._seen(track.id), listened.heard)
        todo = f"Say in its row in Notion which is right, or order `redo {track.id}`."
        found.problems += [f"{path}: {what}. {todo}" for what in heard.problems]
        found.agreed += heard.agreed
        found.notes += heard.notes
        return found

    def _is_its_sound(self, track: TrackRow, listened: Listened) -> bool:
        """Whether it is the sound that the ledger keeps for the track; true where it keeps none."""
        kept = self._ledger.sounds.words(track.id)
        if not kept or not listened.words or track.heard is None:
            return True
        from daemon.pipeline.twins import same_recording, words_of  # late: numpy is 12 MB of an idle daemon

        theirs = (words_of(listened.words), listened.heard.duration_s)
        return same_recording(words_of(kept), track.heard.duration_s, *theirs, closely=True) is not None

    # --- the end -----------------------------------------------------------------------------------------------------

    def _ending(self, track: TrackRow, so_far: _SoFar) -> Portion:
        notes = " ".join(so_far.notes)
        if so_far.problems:
            count = len(so_far.problems)
            what = "One thing does" if count == 1 else f"{count} things do"
            lines = "\n".join(f"- {problem}" for problem in so_far.problems)
            return Failed(reason=f"{_name(track)}: {what} not agree:\n{lines}\n{notes}".rstrip())
        agreed = ", ".join(so_far.agreed) or "there is nothing to compare"
        text = f"{_name(track)}: everything agrees: {agreed}. {notes}".rstrip()
        return Complete(text=text, links=tuple(file.path for file in self._recorded(track.id)))


def _is_as_left(path: Path, file: Shelved) -> bool:
    """Byte for byte. Raises Transient while the disk does not give it."""
    try:
        if path.stat().st_size != file.size:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError as error:
        raise Transient(f"{path} cannot be read now ({error.strerror or error}); it is tried again.") from error


def _anew(track: TrackRow) -> str:
    return f"Move it aside and order `redo {track.id}`: it is made anew."


def _name(track: TrackRow) -> str:
    return f"{track.track.artist} - {track.track.title}"
