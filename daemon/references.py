"""Which track a reference leads to: by any of the ids that it may be known by."""

from __future__ import annotations

import dataclasses

from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Alias, Service, Track, TrackRef


def aliases_of(ref: TrackRef) -> tuple[Alias, ...]:
    """Every id by which a reference may be known. A SoundCloud row in Notion has only the address."""
    by_address = [Alias(service=ref.service, id=ref.url)] if ref.service is Service.SOUNDCLOUD else []
    return tuple(dict.fromkeys([ref.alias, *by_address, *(ref.told.aliases if ref.told else ())]))


def known_track(ledger: Ledger, ref: TrackRef) -> str | None:
    """Our key of the track that has one of the ids of this reference; None for a new one."""
    owners = (ledger.tracks.find(alias.service, alias.id) for alias in aliases_of(ref))
    return next(filter(None, owners), None)


def known_row(ledger: Ledger, ref: TrackRef) -> TrackRow | None:
    """That track, with everything that is known of it."""
    track_id = known_track(ledger, ref)
    return None if track_id is None else ledger.tracks.get(track_id)


def open_in_ledger(ledger: Ledger, ref: TrackRef) -> str:
    """Our key of the track; makes it known under every id of the reference."""
    told = ref.told or Track(title="")
    with_aliases = dataclasses.replace(told, aliases=aliases_of(ref))
    return ledger.tracks.open(ref, with_aliases).track_id
