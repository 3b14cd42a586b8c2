"""An album that a person has named to us."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from daemon.models import Json, TrackRef
from integrations.spotify.answers import nonsense
from integrations.spotify.paging import PAGE_MOST, checked_page
from integrations.spotify.session import SpotifySession
from integrations.spotify.tracks import is_in_catalogue, ref_of


class SpotifyAlbum:
    """The tracks of one album. Albums do not change, so that nobody has to look twice."""

    def __init__(self, session: SpotifySession, album: str, *, name: str = "url") -> None:
        """`album` is its id, its `spotify:` address or its link; `name` is what its tracks say they were found in."""
        self.name = name
        self._session = session
        self._album = album

    def items(self) -> Iterator[TrackRef]:
        """Its tracks in its own order, with its title as their playlist. Raises NotFound, and what the session
        raises."""
        album = self._session.ask(lambda spotify: spotify.album(self._album)) or {}
        if not isinstance(album.get("name"), str):
            raise nonsense("an album without a name")
        for item in self._items(album):
            if is_in_catalogue(item):  # what stands on an album's page has everything but the album
                yield dataclasses.replace(ref_of({**item, "album": album}, self.name), playlist=album["name"])

    def _items(self, album: Json) -> Iterator[Json]:
        """The first page comes with the album."""
        page, count = checked_page(album.get("tracks")), 0
        while True:
            yield from page["items"]
            count += len(page["items"])
            if page.get("next") is None or not page["items"]:
                return
            page = checked_page(self._page_from(count))

    def _page_from(self, offset: int) -> Json | None:
        return self._session.ask(lambda spotify: spotify.album_tracks(self._album, limit=PAGE_MOST, offset=offset))
