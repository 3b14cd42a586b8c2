"""What is new goes into the ledger before anything is done about it: then nothing that was seen can be missed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from daemon.chain import Answer, Link, Reach, ask, trouble
from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import TrackRef
from daemon.references import aliases_of, open_in_ledger
from daemon.service.rooms import Rooms, TracksBoard
from daemon.service.taking import waits

_DEFAULT_PARKING_S = 15 * 60.0
NOTION = "notion"
"""The link whose rows are read by what changed in them."""
_ANSWERED = ("found", "nothing new")
_NO_BACKLOG = "board/no backlog"


def discover(rooms: Rooms, link: Link, *, keep: bool = True) -> Answer:
    """Looks into one source and opens what is new there, oldest first: a kill half-way leaves the newest ones new.
    Without `keep` it only looks."""
    for service in rooms.services_of(link.name):
        if (parking := rooms.ledger.services.parked(service)) is not None:
            return Answer(link.name, "parked", text=parking.reason)
    if keep and link.name == NOTION and rooms.board is not None:
        answer = _catch_up(rooms, link, rooms.board)
    else:
        answer = _look_into(rooms, link, keep=keep)
    if keep and answer.verdict in _ANSWERED:
        for service in rooms.services_of(link.name):
            rooms.ledger.services.answered(service)
    return answer


def _look_into(rooms: Rooms, link: Link, *, keep: bool) -> Answer:
    before = _before(rooms.ledger, link)
    deadline = time.monotonic() + rooms.source_timeout_s
    answer = ask(
        link,
        _knows(rooms.ledger, before or frozenset()),
        Reach(lookback=rooms.lookback, batch=rooms.batch, first_contact=before is None),
        out_of_time=lambda: time.monotonic() > deadline,
    )
    if keep:
        _keep(rooms, link, answer, first_contact=before is None)
    return answer


def _catch_up(rooms: Rooms, link: Link, board: TracksBoard) -> Answer:
    """The rows that somebody has edited, and then, only while nothing else of Notion's waits, those that stood there
    unprocessed before us: the newest, a batch at a time, until there are none."""
    try:
        orders = board.changes.catch_up()
    except DaemonError as error:
        answer = trouble(link.name, error)
        keep_parking(rooms, answer)
        return answer
    if orders:
        return Answer(link.name, "found", tuple(reversed(orders)))
    if rooms.ledger.memos.recall(_NO_BACKLOG) or any(
        row.found_in == link.name and not waits(row, rooms.clock()) for row in rooms.ledger.tracks.unfinished()
    ):
        return Answer(link.name, "nothing new")
    answer = _look_into(rooms, link, keep=True)
    if answer.verdict == "nothing new":
        rooms.ledger.memos.remember(_NO_BACKLOG, "1")
    return answer


def keep_parking(rooms: Rooms, answer: Answer) -> None:
    """Whoever asked for patience, or for a log-in, is left alone for a while by everybody."""
    if answer.park is not None:
        wait_s = answer.park.for_s if answer.park.for_s is not None else _DEFAULT_PARKING_S
        rooms.ledger.services.park(answer.park.service, rooms.clock() + wait_s, answer.park.reason, answer.park.kind)


def _knows(ledger: Ledger, before: frozenset[str]) -> Callable[[TrackRef], bool]:
    def knows(ref: TrackRef) -> bool:
        return ref.id in before or any(ledger.tracks.find(alias.service, alias.id) for alias in aliases_of(ref))

    return knows


def _keep(rooms: Rooms, link: Link, answer: Answer, *, first_contact: bool) -> None:
    keep_parking(rooms, answer)
    if answer.verdict not in _ANSWERED:
        return
    for ref in reversed(answer.refs):
        open_in_ledger(rooms.ledger, ref)
    link.settle()
    if first_contact:
        rooms.ledger.memos.remember(_memo(link), json.dumps([ref.id for ref in answer.before]))


def _before(ledger: Ledger, link: Link) -> frozenset[str] | None:
    """What stood there before us; None until first contact was made."""
    kept = ledger.memos.recall(_memo(link))
    return None if kept is None else frozenset(json.loads(kept))


def _memo(link: Link) -> str:
    return f"chain/{link.name}/before us"
