"""`report`: how everything stands, in a few lines that fit into one cell of Notion's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from daemon.jobs.verbs import Complete, Verb
from daemon.ledger import Ledger
from daemon.ledger.events import Event
from daemon.models import Json, Status
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import REPORT
from daemon.service.errands.pausing import Nothing, nothing
from daemon.service.errands.waiting import how_it_ended
from daemon.service.reporting import gather
from daemon.service.rooms import Rooms
from daemon.service.taking import waits

AT_MOST = 1_900
"""Characters. Notion holds 2,000 in one piece of text."""
_DAY_S = 24 * 3600.0
_EACH = 3
"""So many of a kind are named."""
_LINE = 160
_KINDS = {
    "filed": "filed",
    "duplicate": "already there",
    "metadata_only": "without sound",
    "asked": "asked about",
    "failed": "failed",
}
"""How an attempt can end, in words."""


def report(desk: Desk) -> Verb[Nothing]:
    """Changes nothing."""

    def work(_asked: Nothing, _memory: Json) -> Complete:
        return Complete(text=fitted(list(_lines(desk.rooms))))

    return REPORT.verb(input=Nothing, read=lambda wording: nothing(REPORT.name, wording), work=work)


def fitted(lines: list[str]) -> str:
    """As many of the lines as there is room for, each cut to a length that leaves some to the others; says how many are
    left out. What comes first matters most."""
    text = ""
    for number, line in enumerate(lines):
        cut = line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
        left_out = f"\n… and {len(lines) - number} lines more; `cratekeeper --mode status` says them"
        if len(text) + 1 + len(cut) + (len(left_out) if number < len(lines) - 1 else 0) > AT_MOST:
            return text + left_out
        text = f"{text}\n{cut}" if text else cut
    return text


def _lines(rooms: Rooms) -> Iterator[str]:
    about = gather(rooms)
    if about["paused"]:
        yield f"Paused since {about['paused']}: nothing new is taken up; `resume` ends it."
    counts = ", ".join(f"{count} {status.lower()}" for status, count in about["tracks"].items())
    yield f"Tracks: {counts or 'none yet'}."
    yield from _done(rooms)
    yield from _for_the_person(rooms, about)
    yield from _waiting(rooms, about)
    yield from _failed(rooms)
    yield f"Running here: {about['running'] or 'nothing'}."


def _done(rooms: Rooms) -> Iterator[str]:
    """What was done lately. Read in one go from the diary, from a week ago on."""
    now = rooms.clock()
    day: Counter[str] = Counter()
    week: Counter[str] = Counter()
    for event in events_from(rooms.ledger, now - 7 * _DAY_S):
        kind = event.detail.get("kind") if event.step == "finish" else None
        if kind in _KINDS:
            week[kind] += 1
            day[kind] += event.at >= now - _DAY_S
    for name, counts in (("day", day), ("week", week)):
        told = ", ".join(f"{counts[kind]} {word}" for kind, word in _KINDS.items() if counts[kind])
        yield f"In the last {name}: {told or 'nothing'}."


def _for_the_person(rooms: Rooms, about: Json) -> Iterator[str]:
    count = about["tracks"].get(Status.NEEDS_REVIEW.value, 0)
    if count:
        yield f"Needs you: {count} to be decided; order `choose <track>` to see between what."
        yield from (
            f"  {how_it_ended(rooms, row)}" for row in rooms.ledger.tracks.with_status(Status.NEEDS_REVIEW, _EACH)
        )
    if about["quarantine"]:
        yield f"Needs you: {about['quarantine']} downloads were refused, to be heard (`cratekeeper quarantine`)."
    for question in about["questions"]:
        yield f"Needs you: {question}."
    for service in about["services"]:
        if service["until"] is None:
            yield f"Needs you: {service['name']}: {service['reason']}"
    if about["log_in"]:
        yield f"Needs you: {about['log_in']}"


def _waiting(rooms: Rooms, about: Json) -> Iterator[str]:
    if about["waiting"]:
        yield f"Waiting: {about['waiting']} to be taken up or under way."
    if about["put_off"]:
        yield f"Put off: {about['put_off']}, the first until {about['next_try']}."
        now = rooms.clock()
        reasons = Counter(
            row.reason or "no reason is known" for row in rooms.ledger.tracks.unfinished() if waits(row, now)
        )
        yield from (f"  {count}: {reason}" for reason, count in reasons.most_common(_EACH))
    for service in about["services"]:
        if service["until"] is not None:
            yield f"Left alone until {service['until']}: {service['name']}: {service['reason']}"
    carried = ", ".join(f"{count} to {target.capitalize()}" for target, count in about["to_carry"].items() if count)
    if carried:
        yield f"To carry: {carried}."


def _failed(rooms: Rooms) -> Iterator[str]:
    failed = rooms.ledger.tracks.with_status(Status.FAILED, _EACH)
    if failed:
        yield "The newest that failed; order `redo <track>` to have one tried again:"
        yield from (f"  {how_it_ended(rooms, row)}" for row in failed)


# --- the diary -------------------------------------------------------------------------------------------------------


def events_from(ledger: Ledger, at: float) -> Iterator[Event]:
    """What happened from then on, oldest first, a page at a time."""
    last = _last_before(lambda event_id: next(iter(ledger.events.since(event_id, 1)), None), at)
    while page := ledger.events.since(last):
        yield from page
        last = page[-1].id


def _last_before(next_after: Callable[[int], Event | None], at: float) -> int:
    """An id behind which everything happened at that time or later, and not much else. The diary is kept by id, and is
    as good as ordered by time: halving finds the place in a few looks."""

    def is_later(event_id: int) -> bool:
        event = next_after(event_id)
        return event is None or event.at >= at

    before, behind = 0, 1
    if is_later(before):
        return before
    while not is_later(behind):
        before, behind = behind, behind * 2
    while behind - before > 1:
        middle = (before + behind) // 2
        before, behind = (before, middle) if is_later(middle) else (middle, behind)
    return behind
