"""Who a Spotify track is."""

from __future__ import annotations

import dataclasses
import functools

from daemon.models import Track, TrackRef
from integrations.spotify.session import SpotifySession
from integrations.spotify.tracks import is_complete, merged_aliases, track_of

_REMEMBERED = 1_000


class SpotifyCatalogue:
    """Asks only for what the source did not tell, and about one id once: keep the object."""

    def __init__(self, session: SpotifySession) -> None:
        self._session = session
        self._track = functools.lru_cache(maxsize=_REMEMBERED)(self._ask)

    def describe(self, ref: TrackRef) -> Track:
        """All that is known, every id of it an alias: Spotify may answer with another id than it was asked for. Raises
        NotFound when it is gone."""
        told = ref.told
        if told is not None and is_complete(told):
            return dataclasses.replace(told, aliases=merged_aliases((ref.alias,), told.aliases))
        track = self._track(ref.id)
        known = told.aliases if told is not None else ()
        return dataclasses.replace(track, aliases=merged_aliases((ref.alias,), known, track.aliases))

    def _ask(self, track_id: str) -> Track:
        return track_of(self._session.ask(lambda spotify: spotify.track(track_id)) or {})
