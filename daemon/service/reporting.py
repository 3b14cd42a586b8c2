"""How everything stands, as values, from the ledger; asks nobody outside."""

from __future__ import annotations

from daemon.models import Json, Status
from daemon.service.pausing import moment, paused_since
from daemon.service.rooms import Rooms
from daemon.service.taking import waits
from daemon.tasks.rows import NAME, PRIORITIES, PRIORITY, name_of

_SHOWN = 8


def gather(rooms: Rooms) -> Json:
    """Everything that `status` and `report` both say."""
    now = rooms.clock()
    unfinished = rooms.ledger.tracks.unfinished()
    put_off = sorted(row.not_before for row in unfinished if row.not_before is not None and waits(row, now))
    paused = paused_since(rooms.ledger)
    return {
        "running": _runs(rooms),
        "paused": None if paused is None else moment(paused),
        "tracks": {status.value: count for status, count in rooms.ledger.tracks.count_by_status().items()},
        "waiting": len(unfinished) - len(put_off),
        "working": [
            {"title": name_of(row), "step": row.progress.step, "text": row.progress.text}
            for row in unfinished
            if row.progress is not None and row.status is Status.PROCESSING
        ],
        "quarantine": len(rooms.ledger.quarantine.held()),
        "put_off": len(put_off),
        "next_try": moment(put_off[0]) if put_off else None,
        "services": [
            {"name": one.name, "until": moment(one.not_before) if one.not_before else None, "reason": one.reason}
            for one in rooms.ledger.services.all()
        ],
        "to_carry": {target: rooms.ledger.outbox.pending(target) for target in rooms.outbox.targets},
        "log_in": rooms.consent_warning(),
        "questions": _questions(rooms),
        "newest": [
            {"id": row.id, "title": name_of(row), "status": row.status.value, "reason": row.reason}
            for row in rooms.ledger.tracks.newest(_SHOWN)
        ],
    }


def _questions(rooms: Rooms) -> list[str]:
    """What else needs the person, the most urgent first: tracks and downloads are counted by themselves."""
    asked = [task.wanted for task in rooms.ledger.tasks.open_ones("question") if task.track_id is None]
    in_order = sorted(asked, key=lambda wanted: PRIORITIES.index(wanted[PRIORITY]))
    return [str(wanted[NAME]).partition(": ")[2] for wanted in in_order]


def _runs(rooms: Rooms) -> str | None:
    if not rooms.lock.is_taken():
        return None
    holder = rooms.lock.holder()
    return f"process {holder.pid} ({holder.mode})" if holder else "a process"
