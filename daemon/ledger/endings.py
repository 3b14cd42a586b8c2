"""How a track ends: what an outcome means for its row (pure), and all that changes with it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from daemon.ledger import entries, events, files, lending, outbox, sounds
from daemon.ledger.anew import DISMISSED, give_way, is_dismissed, is_overtaken, was_decided_since
from daemon.ledger.tables import events as diary
from daemon.ledger.tables import tracks
from daemon.ledger.values import to_json
from daemon.models import Asked, Duplicate, Failed, Filed, MetadataOnly, Outcome, Postponed, Status

_AT_ONCE = 0.0
"""Long past; and the same each time, so that repeating an ending changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The columns that an outcome decides."""

    status: Status
    reason: str | None = None
    duplicate_of: str | None = None
    not_before: float | None = None


def standing_after(outcome: Outcome) -> Standing:
    """What the person is to see. A postponed track is queued again."""
    match outcome:
        case Filed():
            return Standing(status=Status.DONE)
        case Duplicate():
            return Standing(status=Status.DUPLICATE, reason=outcome.evidence, duplicate_of=outcome.of)
        case MetadataOnly():
            return Standing(status=Status.METADATA_ONLY, reason=outcome.reason)
        case Asked():
            return Standing(status=Status.NEEDS_REVIEW, reason=outcome.question)
        case Postponed():
            return Standing(status=Status.QUEUED, reason=outcome.reason, not_before=outcome.not_before)
        case Failed():
            return Standing(status=Status.FAILED, reason=outcome.reason)


def finish(connection: sa.Connection, track_id: str, outcome: Outcome, now: float) -> None:
    """Writes the ending down, and puts the track into the outbox. Repeating it changes nothing. A track that the person
    has dismissed meanwhile stays so, and keeps nothing of the attempt."""
    if is_dismissed(connection, track_id):
        _end_for_nothing(connection, track_id, now)
        return
    if isinstance(outcome, Filed):
        for shelved in outcome.files:
            files.record(connection, track_id, shelved, now)
    if is_overtaken(connection, track_id):
        files.withdraw(connection, track_id, now)
        sounds.release(connection, track_id, now)
        outcome = Postponed(reason="You have decided about its source meanwhile.", not_before=_AT_ONCE)
    standing = standing_after(outcome)
    if isinstance(outcome, Failed | MetadataOnly) and _is_filed_already(connection, track_id):
        # What was to be made once more could not be; what is there is as good as before.
        standing = Standing(status=Status.DONE, reason=outcome.reason)
    if not _stand(connection, track_id, standing, now):
        return
    what: events.What = "failed" if isinstance(outcome, Failed) else "done"
    events.note(connection, track_id, "finish", what, to_json(outcome), now)
    outbox.enqueue(connection, "notion", track_id, now)
    if isinstance(outcome, Duplicate):
        lending.lend_addresses(connection, track_id, entries.original_of(connection, outcome.of), now)
    if isinstance(outcome, Filed):
        outbox.enqueue(connection, "eagle", track_id, now)
    elif not isinstance(outcome, Postponed):
        give_way(connection, track_id, now)


def come_home(connection: sa.Connection, track_id: str, attempt: int, outcome: Filed | Postponed, now: float) -> None:
    """The end of an attempt that was put off with its files finished."""
    row = connection.execute(sa.select(tracks.c.status, tracks.c.attempt).where(tracks.c.id == track_id)).one()
    if row.status in DISMISSED:
        if isinstance(outcome, Filed):
            _take_back(connection, track_id, outcome, now)
        _end_for_nothing(connection, track_id, now)
    elif was_decided_since(connection, track_id, attempt):
        if isinstance(outcome, Filed):
            for shelved in outcome.files:
                files.record(connection, track_id, shelved, now)
                files.withdraw_file(connection, shelved.path, now)
    elif isinstance(outcome, Postponed):
        if row.status == Status.QUEUED and row.attempt == attempt:
            finish(connection, track_id, outcome, now)
    elif row.status == Status.PROCESSING:  # a later attempt, which will find what is there
        for shelved in outcome.files:
            files.record(connection, track_id, shelved, now)
    else:
        sounds.claim_again(connection, track_id)  # the later attempt that failed has let go of it
        finish(connection, track_id, outcome, now)


def _end_for_nothing(connection: sa.Connection, track_id: str, now: float) -> None:
    """What the attempt has filed is taken back; what was there before it stays."""
    connection.execute(sa.update(tracks).where(tracks.c.id == track_id).values(progress=None))
    if files.withdraw_since(connection, track_id, _last_filed_at(connection, track_id) or 0.0, now):
        outbox.enqueue(connection, "notion", track_id, now)
    give_way(connection, track_id, now)


def _take_back(connection: sa.Connection, track_id: str, filed: Filed, now: float) -> None:
    """Files that have come home for nothing. Those that the track had all along are not among them."""
    for shelved in filed.files:
        if not files.stands(connection, track_id, shelved.path):
            files.record(connection, track_id, shelved, now)
            files.withdraw_file(connection, shelved.path, now)


def _last_filed_at(connection: sa.Connection, track_id: str) -> float | None:
    """When it was last filed to the end."""
    theirs = sa.select(diary.c.at, diary.c.detail).where(diary.c.track_id == track_id, diary.c.step == "finish")
    filed = [event.at for event in connection.execute(theirs) if event.detail.get("kind") == "filed"]
    return max(filed, default=None)


def _is_filed_already(connection: sa.Connection, track_id: str) -> bool:
    """Whether it was filed to the end once, and something of that is there."""
    was_filed = _last_filed_at(connection, track_id) is not None
    return was_filed and files.has_library_file(connection, track_id, still_there=True)


def _stand(connection: sa.Connection, track_id: str, standing: Standing, now: float) -> bool:
    """Sets the columns; answers whether that changed any."""
    columns = (tracks.c.status, tracks.c.reason, tracks.c.duplicate_of, tracks.c.not_before)
    row = connection.execute(sa.select(*columns).where(tracks.c.id == track_id)).one()
    values = {
        "status": standing.status.value,
        "reason": standing.reason,
        "duplicate_of": standing.duplicate_of,
        "not_before": standing.not_before,
    }
    if dict(row._mapping) == values:
        return False
    changed = sa.update(tracks).where(tracks.c.id == track_id)
    connection.execute(changed.values(**values, progress=None, updated_at=now))
    return True
