"""Rows without an address, as a catalogue: such a track is whoever the person typed that it is."""

from __future__ import annotations

from daemon.errors import NotFound
from daemon.models import Track, TrackRef


class TypedRows:
    """Port `Catalogue` for the rows of the Tracks database themselves. Asks nobody."""

    def describe(self, ref: TrackRef) -> Track:
        """What the row told. Raises NotFound for one that named nothing."""
        if ref.told is None or not ref.told.title:
            raise NotFound(f"The row {ref.url} names neither a title nor an address; fill in one of them.")
        return ref.told
