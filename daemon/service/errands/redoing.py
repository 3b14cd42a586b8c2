"""`redo`: what the Redo box of a track's row does, and the wait for its end."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.board.orders import Redo as RedoOrder
from daemon.jobs.verbs import GoOn, Portion, Verb, Wording
from daemon.models import Json
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import REDO
from daemon.service.errands.waiting import UNDER_WAY, how_it_ended, wait_for
from daemon.service.obeying import Obeying
from daemon.tasks.rows import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Redo:
    """What is asked."""

    track_id: str


def redo(desk: Desk) -> Verb[Redo]:
    """Done in three portions: see which attempt was the last, ask for another, wait. So a kill between the second and
    the third asks again only where nobody has begun yet."""
    rooms = desk.rooms

    def read(wording: Wording) -> Redo:
        return Redo(track_id=desk.track(wording).id)

    def work(asked: Redo, memory: Json) -> Portion:
        row = rooms.ledger.tracks.get(asked.track_id)
        if "attempt" not in memory:
            joined = row.status in UNDER_WAY
            said = "It was under way already. " if joined else ""
            return GoOn(memory={"attempt": row.attempt, "asked": joined, "said": said}, of=1, text=name_of(row))
        if not memory["asked"]:
            if row.attempt == memory["attempt"] and row.status not in UNDER_WAY:
                Obeying(rooms.ledger, rooms.withdrawals.carry_out, rooms.lost_files)(row, RedoOrder())
            return GoOn(memory={**memory, "asked": True}, of=1, text=name_of(row))
        return wait_for(rooms, row.id, memory, said=memory["said"])

    def would(asked: Redo) -> str:
        row = rooms.ledger.tracks.get(asked.track_id)
        if row.status in UNDER_WAY:
            return f"Would wait for {name_of(row)}, which is under way."
        return f"Would make it once more. It stands so: {how_it_ended(rooms, row)}"

    return REDO.verb(input=Redo, read=read, work=work, would=would)
