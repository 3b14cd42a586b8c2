"""What a person decides about a track's sound: which source it is taken from, which one never again, and what becomes
of a download in quarantine. Decisions are kept for ever; the track is worked on anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import NotFound, Refused
from daemon.identity.writing import words_and_signs, written_words
from daemon.ledger.quarantine import Kept
from daemon.ledger.tracks import TrackRow
from daemon.models import Candidate, Choice, Service, Status, TrackRef
from daemon.pipeline.quarantine import Quarantine
from daemon.pipeline.sources import RELEASE, candidate_at, is_one_place, open_choices
from daemon.references import known_row, known_track
from daemon.service.rooms import Rooms

_EVERY_TRACK = 10**9
_SHOWN = 5
_LEAST_OF_AN_ID = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was done about it."""

    row: TrackRow
    notes: tuple[str, ...] = ()
    """What else the person should know."""


# --- which track -----------------------------------------------------------------------------------------------------


def track_of(rooms: Rooms, text: str, ref: TrackRef | None) -> TrackRow:
    """The track that a person means: by the beginning of our key, by the link in `ref`, or by words of its artist and
    title. Raises NotFound, and Refused when it could be several."""
    if ref is not None:
        row = known_row(rooms.ledger, ref)
        if row is None:
            raise NotFound(f"The ledger has no track with the link {text}. `cratekeeper --mode url` takes it up.")
        return row
    key, words = text.strip().casefold(), {*words_and_signs(text)}
    there = rooms.ledger.tracks.newest(_EVERY_TRACK)
    rows = [row for row in there if _is_meant(row, key, words)]
    if not rows:  # signs that are in no name stand there for their own sake: ✅
        words = {word for word in words if written_words(word) or any(is_named(row, [word]) for row in there)}
        rows = [row for row in there if _is_meant(row, key, words)]
    if not rows:
        raise NotFound(f"No track is called “{text}”. Give words of its artist and title, its link or its key.")
    rows = [row for row in rows if _is_called(row, words)] or rows  # there may be a live one, and remixes
    if len(rows) > 1:
        some = "\n".join(f"  {row.id}  {row.track.artist} - {row.track.title}" for row in rows[:_SHOWN])
        raise Refused(f"“{text}” could be {len(rows)} tracks; give more words, or the key of one:\n{some}")
    return rows[0]


def _is_meant(row: TrackRow, key: str, words: set[str]) -> bool:
    if len(key) >= _LEAST_OF_AN_ID and row.id.startswith(key):
        return True
    return row.duplicate_of is None and is_named(row, words)


def is_named(row: TrackRow, words: Iterable[str]) -> bool:
    """Whether all of them, and there are some, stand in its artist's name and its title: whole ones, `ice` is not in
    “Voices”."""
    wanted, name = set(words), _name(row)
    return bool(wanted) and wanted <= {*written_words(name), *name.casefold().split()}


def _is_called(row: TrackRow, words: set[str]) -> bool:
    """Whether that is its whole name, or its whole title."""
    return words in ({*words_and_signs(_name(row))}, {*words_and_signs(row.track.title)})


# --- sources ---------------------------------------------------------------------------------------------------------


def pin(rooms: Rooms, row: TrackRow, ref: TrackRef, by: str) -> Decided:
    """From now on this track's sound comes from there. Raises Refused where no sound can be had, and for what is
    another track already."""
    if ref.service is Service.SPOTIFY:
        raise Refused(
            f"Spotify lets nobody have the sound of {ref.url}. Give an address at YouTube or SoundCloud, or a file."
        )
    if known_track(rooms.ledger, ref) not in (None, row.id):
        raise Refused(f"{ref.url} is another track of yours already; nothing is fetched again for it.")
    return _pinned(rooms, row, candidate_at(ref, row.track), by)


def unpin(rooms: Rooms, row: TrackRow) -> Decided:
    """Its sound is searched for again as if nothing had been chosen. Files that are there stay."""
    if rooms.ledger.decisions.pinned(row.id) is None:
        raise Refused(f"Nothing was chosen for {_name(row)}.")
    rooms.ledger.decisions.unpin(row.id, anew=row.status is not Status.DONE)
    return _decided(rooms, row)


def reject(rooms: Rooms, row: TrackRow, ref: TrackRef | None, by: str) -> Decided:
    """That source (None: the one its files were made from) is never taken for this track again. Raises Refused when
    there is none to reject."""
    if ref is not None:
        candidate = candidate_at(ref, row.track)
    elif row.source is not None:
        candidate = row.source.candidate
    else:
        raise Refused(f"{_name(row)} has no source yet. Give the link of the one that you do not want.")
    is_in_use = row.source is not None and is_one_place(row.source.candidate, candidate)
    anew = is_in_use or row.status is not Status.DONE
    rooms.ledger.decisions.reject(row.id, candidate, by, anew=anew)
    return _decided(rooms, row, () if anew else ("Its files were not made from that; they stay.",))


def choices(rooms: Rooms, row: TrackRow) -> list[Choice]:
    """What can be chosen for it by number, from 1."""
    return open_choices(rooms.ledger, row.id)


def choose(rooms: Rooms, row: TrackRow, number: int, by: str) -> Decided:
    """The choice of that number. Raises Refused when there is none."""
    offered = choices(rooms, row)
    if not 1 <= number <= len(offered):
        raise Refused(f"For {_name(row)} {len(offered)} can be chosen; give the number of one, or a link to another.")
    value = offered[number - 1].value
    if value.startswith(RELEASE):
        return release(rooms, rooms.ledger.quarantine.get(value.removeprefix(RELEASE)), by)
    weighed = next(one for one in row.weighed if one.candidate.url == value)
    return _pinned(rooms, row, weighed.candidate, by)


def _pinned(rooms: Rooms, row: TrackRow, candidate: Candidate, by: str) -> Decided:
    in_use = row.source if row.status in (Status.DONE, Status.PROCESSING) else None
    anew = in_use is None or not is_one_place(in_use.candidate, candidate)
    rooms.ledger.decisions.pin(row.id, candidate, by, anew=anew)
    return _decided(rooms, row)


# --- quarantine ------------------------------------------------------------------------------------------------------


def release(rooms: Rooms, kept: Kept, by: str) -> Decided:
    """The person has heard it, and it is good: the track is made from it."""
    if kept.state != "held":
        raise Refused(f"That download was {kept.state} before.")
    if not Path(kept.path).is_file():
        raise NotFound(f"{kept.path} is gone; nothing is left to release. `cratekeeper quarantine discard` forgets it.")
    rooms.ledger.decisions.release(kept.id, by)
    return _decided(rooms, rooms.ledger.tracks.get(kept.track_id))


def discard(rooms: Rooms, kept: Kept, by: str) -> Decided:
    """The person does not want it: its source is never taken again for this track, and the file is deleted. Safe to
    repeat: a kill in between leaves the file, and the next call deletes it."""
    row = rooms.ledger.tracks.get(kept.track_id)
    rooms.ledger.decisions.discard(kept.id, by, anew=row.status is Status.NEEDS_REVIEW)
    Quarantine.throw_away(kept)
    return _decided(rooms, row)


def _decided(rooms: Rooms, row: TrackRow, notes: tuple[str, ...] = ()) -> Decided:
    """What stands now, and what became of the files that were taken back."""
    moved = rooms.withdrawals.carry_out(row.id)
    row = rooms.ledger.tracks.get(row.id)
    delivered = tuple(
        f"{file.shelved.path} was delivered to another program; take it away there."
        for file in rooms.ledger.files.of(row.id)
        if moved and file.missing_since is not None and file.shelved.role != "library"
    )
    return Decided(row=row, notes=(*moved, *delivered, *notes))


def _name(row: TrackRow) -> str:
    return f"{row.track.artist} - {row.track.title}"
