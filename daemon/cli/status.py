"""`--mode status`: how everything stands, from the ledger; asks nobody outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from daemon.cli.card import title_of
from daemon.logs import tamed
from daemon.models import Json, Status
from daemon.secrets import Masker
from daemon.service.rooms import Rooms
from daemon.service.taking import waits

_SHOWN = 8


def status(rooms: Rooms, masker: Masker, *, as_json: bool) -> int:
    """Says it; answers the exit code."""
    about = gather(rooms)
    text = json.dumps(about, ensure_ascii=False) if as_json else "\n".join(map(tamed, lines(about)))
    click.echo(masker.mask(text))
    return 0


def gather(rooms: Rooms) -> Json:
    """Everything as values."""
    now = rooms.clock()
    unfinished = rooms.ledger.tracks.unfinished()
    put_off = sorted(row.not_before for row in unfinished if row.not_before is not None and waits(row, now))
    return {
        "running": _runs(rooms),
        "tracks": {status.value: count for status, count in rooms.ledger.tracks.count_by_status().items()},
        "waiting": len(unfinished) - len(put_off),
        "working": [
            {"title": title_of(row), "step": row.progress.step, "text": row.progress.text}
            for row in unfinished
            if row.progress is not None and row.status is Status.PROCESSING
        ],
        "quarantine": len(rooms.ledger.quarantine.held()),
        "put_off": len(put_off),
        "next_try": _moment(put_off[0]) if put_off else None,
        "services": [
            {"name": one.name, "until": _moment(one.not_before) if one.not_before else None, "reason": one.reason}
            for one in rooms.ledger.services.all()
        ],
        "to_carry": {target: rooms.ledger.outbox.pending(target) for target in rooms.outbox.targets},
        "log_in": rooms.consent_warning(),
        "newest": [
            {"id": row.id, "title": title_of(row), "status": row.status.value, "reason": row.reason}
            for row in rooms.ledger.tracks.newest(_SHOWN)
        ],
    }


def lines(about: Json) -> Iterator[str]:
    """The same for a person; pure."""
    yield f"Running     {about['running'] or 'nothing; start it with --mode daemon, or see docs/running.md'}"
    counts = ", ".join(f"{count} {status.lower()}" for status, count in about["tracks"].items())
    yield f"Tracks      {counts or 'none yet'}"
    waiting = f"{about['waiting']} to be taken up"
    if about["put_off"]:
        waiting += f", {about['put_off']} put off (the first until {about['next_try']})"
    yield f"Waiting     {waiting}"
    for work in about["working"]:
        yield f"Working     {work['title']}: {work['step']}, {work['text']}"
    if about["tracks"].get(Status.NEEDS_REVIEW.value):
        yield "Needs you   `cratekeeper choose TRACK` shows what a track that needs review can be made from"
    if about["quarantine"]:
        yield f"Quarantine  {about['quarantine']} refused, to be heard: `cratekeeper quarantine` lists them"
    for service in about["services"]:
        until = f"until {service['until']}" if service["until"] else "until somebody mends it"
        yield f"Parked      {service['name']} {until}: {service['reason']}"
    for target, count in about["to_carry"].items():
        if count:
            yield f"To carry    {count} to {target.capitalize()}"
    if about["log_in"]:
        yield f"Log-in      {about['log_in']}"
    for number, track in enumerate(about["newest"]):
        reason = f": {track['reason']}" if track["reason"] else ""
        yield f"{'Newest' if number == 0 else '':<11} {track['title']} ({track['status'].lower()}{reason})"


def _runs(rooms: Rooms) -> str | None:
    if not rooms.lock.is_taken():
        return None
    holder = rooms.lock.holder()
    return f"process {holder.pid} ({holder.mode})" if holder else "a process"


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).astimezone().isoformat(sep=" ", timespec="minutes")
