"""`choose`: the answer to which of the candidates a track is made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from daemon import links
from daemon.errors import Refused
from daemon.jobs.verbs import Blocked, GoOn, Portion, Verb, Wording
from daemon.ledger.tracks import TrackRow
from daemon.models import Choice, Json
from daemon.pipeline.sources import RELEASE
from daemon.service import deciding
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import CHOOSE
from daemon.service.errands.waiting import UNDER_WAY, wait_for
from daemon.tasks.rows import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """What is asked."""

    track_id: str
    choice: str
    """A number or a link; empty: nobody has said."""


def choose(desk: Desk) -> Verb[Choose]:
    """Done in three portions: find out what the number means, decide, wait. A number may mean another one as soon as
    the track has been searched for again; what it meant when it was read is what is kept."""
    rooms = desk.rooms

    def read(wording: Wording) -> Choose:
        return _read(desk, wording)

    def work(asked: Choose, memory: Json) -> Portion:
        row = rooms.ledger.tracks.get(asked.track_id)
        if not asked.choice:
            return Blocked(question=_in_words(row, deciding.choices(rooms, row)))
        if "value" not in memory:
            try:
                value = _meant(desk, row, asked.choice)
            except Refused as error:
                return Blocked(question=str(error))
            return GoOn(memory={"value": value, "attempt": row.attempt}, of=1)
        if "decided" not in memory:
            # Somebody has begun since: then it is decided, and the kill came before that could be kept.
            if row.attempt == memory["attempt"]:
                _decide(desk, row, memory["value"])
            return GoOn(memory={**memory, "decided": True}, of=1, text=name_of(row))
        return wait_for(rooms, row.id, memory)

    def would(asked: Choose) -> str:
        return _would(desk, rooms.ledger.tracks.get(asked.track_id), asked.choice)

    return CHOOSE.verb(input=Choose, read=read, work=work, would=would)


def _read(desk: Desk, wording: Wording) -> Choose:
    text = wording.text.strip()
    name, _space, choice = text.rpartition(" ")
    if wording.track_id is not None:
        return Choose(track_id=desk.track(wording).id, choice=choice)
    if not name or not _is_choice(desk, choice):
        name, choice = text, ""
    return Choose(track_id=desk.track(dataclasses.replace(wording, text=name)).id, choice=choice)


def _would(desk: Desk, row: TrackRow, choice: str) -> str:
    if not choice:
        return f"Would ask: {_in_words(row, deciding.choices(desk.rooms, row))}"
    return f"Would make {name_of(row)} from {_meant(desk, row, choice)}"


def _is_choice(desk: Desk, word: str) -> bool:
    return word.isdecimal() or not isinstance(desk.link_in(word), links.Unusable | links.FolderLink)


def _meant(desk: Desk, row: TrackRow, choice: str) -> str:
    """What will be decided, whatever is asked about the track meanwhile: an address, or a download in quarantine.
    Raises Refused, with what there is, where that is none of it."""
    offered = deciding.choices(desk.rooms, row)
    if choice.isdecimal() and 1 <= int(choice) <= len(offered):
        return offered[int(choice) - 1].value
    if choice.isdecimal() or not _is_choice(desk, choice):
        raise Refused(f"“{choice}” is none of the choices. {_in_words(row, offered)}")
    return choice


def _decide(desk: Desk, row: TrackRow, value: str) -> None:
    """Repeating it changes nothing."""
    values = [choice.value for choice in deciding.choices(desk.rooms, row)]
    if value in values:
        deciding.choose(desk.rooms, row, values.index(value) + 1, desk.by)
    elif value.startswith(RELEASE):
        kept = desk.rooms.ledger.quarantine.get(value.removeprefix(RELEASE))
        if kept.state != "released":
            deciding.release(desk.rooms, kept, desk.by)
    elif row.status not in UNDER_WAY or not _is_pinned_at(desk, row, value):
        ref = desk.ref_of(value)
        if ref is None:
            raise Refused(f"{value} is no link any more.")
        deciding.pin(desk.rooms, row, ref, desk.by)


def _is_pinned_at(desk: Desk, row: TrackRow, url: str) -> bool:
    pinned = desk.rooms.ledger.decisions.pinned(row.id)
    return pinned is not None and pinned.url == url


def _in_words(row: TrackRow, choices: Sequence[Choice]) -> str:
    if not choices:
        return f"For {name_of(row)} ({row.status.value.lower()}) there is nothing to choose from; give a link."
    said = [f"Which is {name_of(row)}? Write a number beside the track, or a link to another:"]
    for number, choice in enumerate(choices, start=1):
        where = "" if choice.value.startswith(RELEASE) else f" {choice.value}"
        said.append(f"{number}  {choice.label}, {choice.why}{where}")
    return "\n".join(said)
