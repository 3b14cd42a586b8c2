"""Searching Spotify's catalogue for a recording."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.models import Track
from integrations.spotify.paging import checked_page
from integrations.spotify.session import SpotifySession
from integrations.spotify.tracks import is_in_catalogue, track_of

_MOST = 10
"""As many as Spotify answers at once since February 2026."""
_TITLE_MOST, _ARTIST_MOST = 140, 80
"""In characters. Spotify refuses a query of more than 250."""


class SpotifySearch:
    """A register (port `Register`): one request, or two where nothing is known by the ISRC."""

    def __init__(self, session: SpotifySession) -> None:
        self._session = session

    def recordings(self, track: Track, limit: int) -> Sequence[Track]:
        """What Spotify has under the track's ISRC, or else under its title and its first artist; at most ten, best
        first by its own lights. The title is asked as it stands: leave out of it what Spotify may not have in its own.
        Raises what the session raises."""
        if limit < 1:
            return ()
        by_isrc = self._found(f"isrc:{track.isrc}", limit) if track.isrc else ()
        if by_isrc or not _words(track.title, _TITLE_MOST):
            return by_isrc
        return self._found(_query(track), limit)

    def _found(self, query: str, limit: int) -> tuple[Track, ...]:
        answer = self._session.ask(lambda spotify: spotify.search(query, limit=min(limit, _MOST), type="track")) or {}
        page = checked_page(answer.get("tracks"))
        return tuple(track_of(item) for item in page["items"] if is_in_catalogue(item))


def _query(track: Track) -> str:
    """`track:"…" artist:"…"`."""
    fields = {"track": _words(track.title, _TITLE_MOST), "artist": _words(next(iter(track.artists), ""), _ARTIST_MOST)}
    return " ".join(f'{field}:"{words}"' for field, words in fields.items() if words)


def _words(text: str, most: int) -> str:
    """The text without quotation marks, which would end the field, and no longer than that, in whole words."""
    words = text.replace('"', " ").split()
    while len(words) > 1 and len(" ".join(words)) > most:
        words.pop()
    return " ".join(words)[:most]
