"""Tracks that a verb waits for: how they wait, and how they ended, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.jobs.verbs import Complete, Failed, GoOn, Portion
from daemon.ledger.tracks import TrackRow
from daemon.models import Json, Status
from daemon.service import pausing
from daemon.service.rooms import Rooms
from daemon.service.taking import waits
from daemon.tasks.rows import name_of

UNDER_WAY = (Status.QUEUED, Status.PROCESSING)
LOOK_AGAIN_S = 15.0
"""Nobody waits for the second in which a track ended."""
_LINKS = 20
_NOTION_PAGE = "https://www.notion.so/"


def wait_for(rooms: Rooms, track_id: str, memory: Json, *, said: str = "") -> Portion:
    """Goes on until that track has ended. `said` stands before how it ended."""
    row = rooms.ledger.tracks.get(track_id)
    if row.status in UNDER_WAY:
        text = f"{said}{name_of(row)}: {how_they_wait(rooms, [row])}"
        return GoOn(memory=memory, of=1, text=text, wait_s=LOOK_AGAIN_S, tracks=(track_id,))
    ended = f"{said}{how_it_ended(rooms, row)}"
    if row.status is Status.FAILED:
        return Failed(reason=ended)
    return Complete(text=ended, links=links_of(rooms, [row]))


def how_they_wait(rooms: Rooms, rows: Sequence[TrackRow]) -> str:
    """What keeps those that have not ended; of several that are put off, the one whose turn comes first says why."""
    now = rooms.clock()
    put_off = sorted((row for row in rows if waits(row, now)), key=lambda row: row.not_before or now)
    at_it = [row for row in rows if row.status is Status.PROCESSING and row not in put_off]
    parts = []
    if at_it:
        step = at_it[0].progress
        parts.append(f"{step.step}, {step.text}" if len(rows) == 1 and step else f"{len(at_it)} under way")
    if put_off:
        until = pausing.moment(put_off[0].not_before or now)
        which = "put off" if len(rows) == 1 else f"{len(put_off)} put off, the first"
        parts.append(f"{which} until {until}: {put_off[0].reason or 'no reason is known'}")
    if left := len(rows) - len(at_it) - len(put_off):
        since = pausing.paused_since(rooms.ledger)
        turn = "waits for its turn" if len(rows) == 1 else f"{left} wait for their turn"
        parts.append(turn if since is None else f"{turn} ({pausing.in_words(since)})")
    return "; ".join(parts)


def how_it_ended(rooms: Rooms, row: TrackRow) -> str:
    """One line."""
    twin = f" of {name_of(rooms.ledger.tracks.get(row.duplicate_of))}" if row.duplicate_of else ""
    reason = f": {row.reason}" if row.reason else ""
    return f"{name_of(row)}: {row.status.value}{twin}{reason}"


def links_of(rooms: Rooms, rows: Iterable[TrackRow]) -> tuple[str, ...]:
    """Where what became of them is seen: each one's row, or else its first file; of the first few."""
    found: list[str] = []
    for row in rows:
        if len(found) >= _LINKS:
            break
        mirror = rooms.ledger.outbox.mirror("notion", row.id)
        if mirror is not None and mirror.gone is None:
            found.append(f"{_NOTION_PAGE}{mirror.remote_id.replace('-', '')}")
        else:
            theirs = rooms.ledger.files.of(row.duplicate_of or row.id)
            found += [file.shelved.path for file in theirs if file.missing_since is None][:1]
    return tuple(dict.fromkeys(found))
