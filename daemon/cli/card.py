"""The card at the end of a run: what became of a track, from the ledger; pure but for reading it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from daemon.chain import Answer
from daemon.ledger import Ledger
from daemon.ledger.outbox import Target
from daemon.ledger.tracks import TrackRow
from daemon.logs import tamed
from daemon.models import Heard, Json, Status
from daemon.quality import LIMITED, source_quality
from daemon.service.oneshot import Run
from daemon.tasks.rows import name_of

Line = tuple[str, str]


_CARDS = 3
"""Up to so many tracks get a card each; of more, everybody gets a line."""


def of_run(run: Run, ledger: Ledger, *, nothing: str = "Nothing new.") -> str:
    """Everything that a run has to say: a card or a line for each track, or `nothing` and what every source said."""
    return "\n".join([_what_became(run, ledger, nothing), *(f"Waits: {tamed(reason)}" for reason in run.owed)])


def _what_became(run: Run, ledger: Ledger, nothing: str) -> str:
    if not run.tracks:
        said = [f"  {answer.source:<17} {tamed(_said(answer))}" for answer in run.answers]
        return "\n".join([nothing, *said])
    rows = [ledger.tracks.get(track_id) for track_id in run.tracks]
    if len(rows) <= _CARDS:
        return "\n\n".join(draw(name_of(row), lines_of(row, run, ledger)) for row in rows)
    return "\n".join(tamed(_line(row)) for row in rows)


def as_values(run: Run, ledger: Ledger, *, mode: str, code: int) -> Json:
    """The same for a program."""
    return {
        "mode": mode,
        "exit_code": code,
        "sources": [{"name": one.source, "verdict": one.verdict, "text": one.text} for one in run.answers],
        "tracks": [_track_values(ledger.tracks.get(track_id), ledger) for track_id in run.tracks],
        "handed_to": run.handed_to,
        "owed": list(run.owed),
    }


def _track_values(row: TrackRow, ledger: Ledger) -> Json:
    heard = row.heard
    return {
        "id": row.id,
        "title": row.track.title,
        "artists": list(row.track.artists),
        "status": row.status.value,
        "reason": row.reason,
        "duplicate_of": row.duplicate_of,
        "found_in": row.found_in,
        "source": row.fetched.url if row.fetched else None,
        "bpm": heard.tempo.bpm if heard and heard.tempo else None,
        "key": heard.key.name if heard and heard.key else None,
        "flags": list(heard.flags) if heard else [],
        "files": [file.shelved.path for file in ledger.files.of(row.id)],
        "not_carried": {one.target: one.last_error for one in ledger.outbox.waiting(row.id)},
    }


def _line(row: TrackRow) -> str:
    return f"{row.status.value:<14} {name_of(row)}" + (f": {row.reason}" if row.reason else "")


def lines_of(row: TrackRow, run: Run, ledger: Ledger) -> list[Line]:
    """The card's lines."""
    lines = [("Status", row.status.value + (f": {row.reason}" if row.reason else ""))]
    if row.duplicate_of:
        lines.append(("Twin", name_of(ledger.tracks.get(row.duplicate_of))))
    lines.append(("Found in", row.found_in + (f" ({row.playlist})" if row.playlist else "")))
    if row.fetched and row.source:
        lines.append(("Sound from", f"{row.fetched.service.value}: {row.fetched.url}"))
        lines.append(("Because", f"{row.source.score:.2f} of 1: {row.source.evidence}"))
    lines += _heard(row)
    lines += [("File" if n == 0 else "", filed.shelved.path) for n, filed in enumerate(ledger.files.of(row.id))]
    lines += _delivered(row, run, ledger)
    if run.handed_to:
        lines.append(("Done by", run.handed_to))
    return lines


def draw(title: str, lines: Sequence[Line]) -> str:
    """A frame around it in a terminal; plain lines where the output goes elsewhere."""
    width = max((len(name) for name, _ in lines), default=0)
    body = [f"{name:<{width}}  {tamed(text)}" for name, text in lines]
    title = tamed(title)
    if not sys.stdout.isatty():
        return "\n".join([title, *(f"  {line}" for line in body)])
    rule = "─" * max(len(title), 40)
    return "\n".join([f"╭─ {title} {rule[len(title) :]}", *(f"│  {line}" for line in body), f"╰──{rule}"])


def exit_code(run: Run, ledger: Ledger) -> int:
    """0 done or nothing to do, 1 the track failed for good, 75 try again later."""
    if not run.tracks:
        return 75 if any(answer.verdict in ("failed", "parked") for answer in run.answers) else 0
    ends = {ledger.tracks.get(track_id).status for track_id in run.tracks}
    if Status.FAILED in ends:
        return 1
    return 75 if ends & {Status.QUEUED, Status.PROCESSING} or not run.is_whole else 0


def _said(answer: Answer) -> str:
    return f"{answer.verdict}: {answer.text}" if answer.text else answer.verdict


def _heard(row: TrackRow) -> list[Line]:
    heard = row.heard
    if heard is None:
        return []
    lines: list[Line] = []
    if heard.tempo:
        other = f", or {heard.tempo.alternative_bpm:.2f}" if heard.tempo.alternative_bpm else ""
        lines.append(("Tempo", f"{heard.tempo.bpm:.2f} BPM (confidence {heard.tempo.confidence:.0%}{other})"))
    if heard.key:
        lines.append(("Key", f"{heard.key.name}, {heard.key.camelot} (confidence {heard.key.confidence:.0%})"))
    if heard.loudness.integrated_lufs is not None:
        lines.append(("Loudness", f"{heard.loudness.integrated_lufs:.1f} LUFS"))
    if row.fetched:
        lines.append(("Quality", source_quality(heard, row.fetched)))
    if heard.flags:
        lines.append(("Note", "; ".join(_flag(flag, heard) for flag in heard.flags)))
    return lines


def _flag(flag: str, heard: Heard) -> str:
    if flag != LIMITED:
        return flag
    return f"{heard.limited_samples:,} samples beyond full scale, held at it"


def _delivered(row: TrackRow, run: Run, ledger: Ledger) -> list[Line]:
    lines: list[Line] = []
    waiting = {entry.target: entry for entry in ledger.outbox.waiting(row.id)}
    targets: tuple[tuple[Target, str], ...] = (("eagle", "Eagle"), ("notion", "Notion"))
    for target, name in targets:
        mirror = ledger.outbox.mirror(target, row.id)
        if target in waiting and any(delivery.target == target for delivery in run.deliveries):
            lines.append((name, f"waits: {waiting[target].last_error or 'not carried yet'}"))
        elif mirror:
            lines.append((name, f"{'item' if target == 'eagle' else 'row'} {mirror.remote_id}"))
    return lines
