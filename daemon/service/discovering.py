"""What is new goes into the ledger before anything is done about it: then nothing that was seen can be missed."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable

from daemon.chain import Answer, Link, Reach, ask
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Alias, Service, Track, TrackRef
from daemon.service.rooms import Rooms

_DEFAULT_PARKING_S = 15 * 60.0


def discover(rooms: Rooms, link: Link, *, keep: bool = True) -> Answer:
    """Looks into one source and opens what is new there, oldest first: a kill half-way leaves the newest ones new.
    Without `keep` it only looks."""
    for service in rooms.services_of(link.name):
        if (parking := rooms.ledger.services.parked(service)) is not None:
            return Answer(link.name, "parked", text=parking.reason)
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


def aliases_of(ref: TrackRef) -> tuple[Alias, ...]:
    """Every id by which a reference may be known. A SoundCloud row in Notion has only the address."""
    by_address = [Alias(service=ref.service, id=ref.url)] if ref.service is Service.SOUNDCLOUD else []
    return tuple(dict.fromkeys([ref.alias, *by_address, *(ref.told.aliases if ref.told else ())]))


def known_row(ledger: Ledger, ref: TrackRef) -> TrackRow | None:
    """The track that has one of the ids of this reference; None for a new one."""
    owners = (ledger.tracks.find(alias.service, alias.id) for alias in aliases_of(ref))
    track_id = next(filter(None, owners), None)
    return None if track_id is None else ledger.tracks.get(track_id)


def open_in_ledger(ledger: Ledger, ref: TrackRef) -> str:
    """Our key of the track; makes it known under every id of the reference."""
    told = ref.told or Track(title="")
    with_aliases = dataclasses.replace(told, aliases=aliases_of(ref))
    return ledger.tracks.open(ref, with_aliases).track_id


def keep_parking(rooms: Rooms, answer: Answer) -> None:
    """Whoever asked for patience, or for a log-in, is left alone for a while by everybody."""
    if answer.park is not None:
        wait_s = answer.park.for_s if answer.park.for_s is not None else _DEFAULT_PARKING_S
        rooms.ledger.services.park(answer.park.service, rooms.clock() + wait_s, answer.park.reason)


def _knows(ledger: Ledger, before: frozenset[str]) -> Callable[[TrackRef], bool]:
    def knows(ref: TrackRef) -> bool:
        return ref.id in before or any(ledger.tracks.find(alias.service, alias.id) for alias in aliases_of(ref))

    return knows


def _keep(rooms: Rooms, link: Link, answer: Answer, *, first_contact: bool) -> None:
    keep_parking(rooms, answer)
    if answer.verdict not in ("found", "nothing new"):
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
