"""What an original has of its duplicates: their addresses, as far as it has none of its own."""

from __future__ import annotations

import sqlalchemy as sa

from daemon.ledger import identity, outbox
from daemon.ledger.tables import tracks
from daemon.ledger.values import from_json
from daemon.models import Status, Track

_LENT = "url_"
"""How the origin of a lent address is called: `url_soundcloud`."""
_DUPLICATE = "duplicate"
DOUBLED_ROW = "notion-double"
"""Where a track was found that is nothing but a second row of another one's: there is nothing to work on."""


def lend_addresses(connection: sa.Connection, duplicate: str, original: str, now: float) -> None:
    """The original learns where else its recording is, as far as it does not know. Its `updated_at` stays: nobody has
    worked on it."""
    wanted = sa.select(tracks.c.id, tracks.c.urls, tracks.c.origins).where(tracks.c.id.in_([duplicate, original]))
    rows = {row.id: row for row in connection.execute(wanted)}
    ours, theirs = rows[original], rows[duplicate]
    new = {service: url for service, url in theirs.urls.items() if service not in ours.urls}
    if not new:
        return
    origins = ours.origins | {f"{_LENT}{service}": _DUPLICATE for service in new}
    known = sa.update(tracks).where(tracks.c.id == original)
    connection.execute(known.values(urls=ours.urls | new, origins=origins))
    identity.add_hints(connection, original, from_json(Track, {"title": "", "urls": new}))
    outbox.enqueue(connection, "notion", original, now)


def take_back(connection: sa.Connection, original: str, now: float) -> None:
    """The sound of this track is another from now on: whoever was its duplicate stands for itself, and is queued."""
    row = connection.execute(sa.select(tracks.c.urls, tracks.c.origins).where(tracks.c.id == original)).one()
    lent = {name for name, origin in row.origins.items() if name.startswith(_LENT) and origin == _DUPLICATE}
    if lent:
        urls = {service: url for service, url in row.urls.items() if f"{_LENT}{service}" not in lent}
        origins = {name: origin for name, origin in row.origins.items() if name not in lent}
        connection.execute(sa.update(tracks).where(tracks.c.id == original).values(urls=urls, origins=origins))
    take_up_again(connection, original, now)


def take_up_again(connection: sa.Connection, track_id: str, now: float) -> None:
    """A twin gave way to this track, which then was not filed: the twin's turn has come."""
    twins = sa.update(tracks).where(
        tracks.c.duplicate_of == track_id,
        tracks.c.status == Status.DUPLICATE.value,
        tracks.c.found_in != DOUBLED_ROW,
    )
    reason = "The track that this is a duplicate of could not be filed."
    values = {"status": Status.QUEUED.value, "reason": reason, "duplicate_of": None, "not_before": now}
    connection.execute(twins.values(**values, updated_at=now))
