"""`--mode status`: how everything stands, from the ledger; asks nobody outside."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from daemon.logs import tamed
from daemon.models import Json, Status
from daemon.secrets import Masker
from daemon.service.reporting import gather
from daemon.service.rooms import Rooms


def status(rooms: Rooms, masker: Masker, *, as_json: bool) -> int:
    """Says it; answers the exit code."""
    about = gather(rooms)
    text = json.dumps(about, ensure_ascii=False) if as_json else "\n".join(map(tamed, lines(about)))
    click.echo(masker.mask(text))
    return 0


def lines(about: Json) -> Iterator[str]:
    """The same for a person; pure."""
    yield from _whether_it_runs(about)
    counts = ", ".join(f"{count} {status.lower()}" for status, count in about["tracks"].items())
    yield f"Tracks      {counts or 'none yet'}"
    waiting = f"{about['waiting']} to be taken up"
    if about["put_off"]:
        waiting += f", {about['put_off']} put off (the first until {about['next_try']})"
    yield f"Waiting     {waiting}"
    for work in about["working"]:
        yield f"Working     {work['title']}: {work['step']}, {work['text']}"
    yield from _what_needs_you(about)
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


def _what_needs_you(about: Json) -> Iterator[str]:
    if about["tracks"].get(Status.NEEDS_REVIEW.value):
        yield "Needs you   `cratekeeper choose TRACK` shows what a track that needs review can be made from"
    for question in about["questions"]:
        yield f"Needs you   {question}"
    if about["quarantine"]:
        yield f"Quarantine  {about['quarantine']} refused, to be heard: `cratekeeper quarantine` lists them"


def _whether_it_runs(about: Json) -> Iterator[str]:
    yield f"Running     {about['running'] or 'nothing; start it with --mode daemon, or see docs/running.md'}"
    if about.get("paused"):
        yield f"Paused      since {about['paused']}: nothing new is taken up; `cratekeeper job resume` ends it"
