"""What the rows of Agent-Tasks say: titles, status words, results. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from daemon.jobs.verbs import Table
from daemon.ledger.jobs import JobRow
from daemon.ledger.tracks import TrackRow
from daemon.models import Json, Status

NAME, STATUS, PRIORITY, RESULT = "Name", "Status", "Priority", "Result"
JOB, INPUT, TRACK = "Job", "Input", "Track"
SOURCE_AGENT, DEDUPE_KEY, DESCRIPTION = "Source Agent", "Dedupe Key", "Description"

CHOICES = "(choices)"
"""No column: what the numbers in the description stand for. Kept with it, so that a number means what the row says."""

ABOUT = "(about)"
"""Nor this: what the text names without a number, such as columns."""
UNSEEN = (CHOICES, ABOUT)

NOT_STARTED, IN_PROGRESS, COMPLETE = "Not Started", "In Progress", "Complete"
BLOCKED, FAILED = "Blocked", "Failed"
OVER = (COMPLETE, BLOCKED, FAILED)

US = "cratekeeper"
"""How we sign, and how we are addressed."""
PRIORITIES = ("Critical", "High", "Medium", "Low")
USUAL_PRIORITY = PRIORITIES.index("Medium")

_STATES = {
    "waiting": IN_PROGRESS,
    "running": IN_PROGRESS,
    "done": COMPLETE,
    "blocked": BLOCKED,
    "failed": FAILED,
}
_TRACK_STATES = {
    Status.QUEUED: NOT_STARTED,
    Status.PROCESSING: IN_PROGRESS,
    Status.NEEDS_REVIEW: BLOCKED,
    Status.FAILED: FAILED,
}
"""All others are complete."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A row that orders something of us."""

    verb: str
    """As it is written; perhaps none of ours."""
    text: str
    """What follows it in the title, and what stands in `Input` on the lines below."""


def dedupe_key(key: str) -> str:
    """As what a row of ours is found again."""
    return f"{US}/{key}"


def is_signed(values: Mapping[str, Any]) -> bool:
    """Whether we wrote it ourselves, or somebody copied what we wrote: that is never an order."""
    if DEDUPE_KEY in values:  # others may write our name into Source Agent, and mean that we are to do it
        return str(values[DEDUPE_KEY] or "").startswith(f"{US}/")
    return str(values.get(SOURCE_AGENT) or "").strip().casefold() == US


def order_in(values: Mapping[str, Any], verbs: Table) -> Ordered | None:
    """What a row orders of us; None for one that is somebody else's: where another agent's `Job` stands, our name at
    the beginning of the title is ours only with a verb of ours behind it."""
    if is_signed(values):
        return None
    words = _addressed_words(str(values.get(NAME) or ""))
    job = str(values.get(JOB) or "")
    first, _, rest = (words or "").partition(" ")
    if (verb := verbs.get(job)) is not None:
        rest = rest if verbs.get(first) is verb else ""
    elif words is None:
        return None
    elif (verb := verbs.get(first)) is None:
        return None if job.strip() else Ordered(first, "")
    return Ordered(verb.name, "\n".join(filter(None, [rest.strip(), input_in(values)])))


def input_in(values: Mapping[str, Any]) -> str:
    """What somebody has written into `Input`."""
    return str(values.get(INPUT) or "").strip()


def priority_of(values: Mapping[str, Any]) -> int:
    """0 is the most urgent."""
    word = str(values.get(PRIORITY) or "").strip().title()
    return PRIORITIES.index(word) if word in PRIORITIES else USUAL_PRIORITY


def of_job(job: JobRow) -> Json:
    """What the row of an order shows of it. A status by which the person stopped it stays theirs."""
    if job.state == "stopped":
        return {RESULT: job.text}
    return {STATUS: _STATES[job.state], RESULT: "\n".join(filter(None, [_so_far(job), *job.links]))}


def of_track(track: TrackRow) -> Json:
    """What a track's own task shows."""
    why = f" {track.reason}" if track.reason else ""
    return {
        NAME: f"{US}: {name_of(track)}",
        STATUS: _TRACK_STATES.get(track.status, COMPLETE),
        RESULT: "" if track.status is Status.QUEUED else f"{track.status.value}.{why}",
        SOURCE_AGENT: US,
    }


def of_handover(track: TrackRow, agent: str) -> Json:
    """A follow-up for another agent: whose it is, and what was done."""
    why = f" {track.reason}" if track.reason else ""
    name = name_of(track)
    return {
        NAME: f"{agent}: {name}",
        STATUS: NOT_STARTED,
        DESCRIPTION: f"{name}: {track.status.value}.{why} Its row in Tracks names the files and all that was heard.",
        SOURCE_AGENT: US,
    }


def name_of(track: TrackRow) -> str:
    """Artist and title; where it is found, as long as nobody has said who it is."""
    if track.track.title:
        return " - ".join(filter(None, [track.track.artist, track.track.title]))
    return next(iter(track.track.urls.values()), track.id)


def in_words(at: float) -> str:
    """A time for people."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _so_far(job: JobRow) -> str:
    begun = f"{job.begun_by}, {in_words(job.begun_at or job.created_at)}"
    if job.state == "waiting":
        return f"Taken by {begun}; its turn comes."
    if job.state == "running":
        count = f"{job.done} of {job.of_all}" if job.of_all else ""
        told = ": ".join(filter(None, [count, job.text]))
        return f"{told}\nBegun by {begun}." if told else f"Begun by {begun}."
    return job.text


def _addressed_words(title: str) -> str | None:
    """What stands behind `cratekeeper:`; None for a title that is not addressed to us."""
    head, colon, rest = title.strip().partition(":")
    return " ".join(rest.split()) if colon and head.strip().casefold() == US else None
