"""A playlist that a person has named to us."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from spotipy import Spotify

from daemon.errors import Refused
from daemon.models import Check, Json, TrackRef
from integrations.spotify.answers import LOG_IN, Forbidden, nonsense
from integrations.spotify.paging import PAGE_MOST, Bookmark, Page, checked_page, item_of, walk_lines
from integrations.spotify.session import SpotifySession
from integrations.spotify.standing import standing
from integrations.spotify.tracks import is_in_catalogue, ref_of


@dataclass(frozen=True, slots=True)
class _Head:
    """A playlist without its tracks."""

    title: str
    snapshot: str
    """Another one after every change."""


class SpotifyPlaylist:
    """The tracks of one playlist; episodes, local files and withdrawn tracks in it are passed over. Spotify opens only
    playlists that are the person's own, or that they work on together with others.

    Keep the object: it remembers the playlist, and asks for its tracks again only after a change.
    """

    def __init__(self, session: SpotifySession, playlist: str, *, label: str | None = None) -> None:
        """`playlist` is its id, its `spotify:` address or its link. `label` stands for it in the source's name."""
        self.name = f"spotify-playlist:{label or playlist}"
        self._session = session
        self._playlist = playlist
        self._snapshot: str | None = None
        self._known: tuple[TrackRef, ...] = ()

    def newest(self, limit: int) -> Sequence[TrackRef]:
        return list(islice(self.newest_first(), limit))

    def newest_first(self) -> Iterator[TrackRef]:
        """Each track once, in the order in which they were added, wherever in the list they stand. One request while
        nothing has changed; else all pages, since a new track may be anywhere."""
        head = self._head()
        if head.snapshot != self._snapshot:
            self._known = tuple(self._by_date())
            self._snapshot = head.snapshot
        for ref in self._known:
            yield dataclasses.replace(ref, playlist=head.title)

    def walk(self, after: str | None = None) -> Iterator[Page]:
        """Its tracks in its own order, from the bookmark of an earlier page on (None: from the top). A track that the
        list holds twice may come twice."""
        head = self._head()
        for stretch in walk_lines(self._lines_from, Bookmark.from_text(after), by_date=False):
            refs = (dataclasses.replace(ref, playlist=head.title) for ref in self._refs(stretch.lines))
            yield Page(refs=tuple(refs), bookmark=stretch.place.to_text(), total=stretch.total)

    def check(self) -> Check:
        return standing(self.name, self._in_words)

    def _by_date(self) -> Iterator[TrackRef]:
        stretches = walk_lines(self._lines_from, Bookmark(), by_date=False)
        lines = [line for stretch in stretches for line in stretch.lines]
        # Of tracks that were added at one moment, and of those without a date, the lowest is taken for the newest.
        lines.reverse()
        lines.sort(key=lambda line: line.get("added_at") or "", reverse=True)
        found: dict[str, TrackRef] = {}
        for ref in self._refs(lines):
            found.setdefault(ref.id, ref)
        return iter(found.values())

    def _refs(self, lines: Sequence[Json]) -> Iterator[TrackRef]:
        items = (item_of(line) for line in lines)
        return (ref_of(item, self.name) for item in items if is_in_catalogue(item))

    def _head(self) -> _Head:
        answer = self._ask(lambda spotify: spotify.playlist(self._playlist, fields="name,snapshot_id")) or {}
        title, snapshot = answer.get("name"), answer.get("snapshot_id")
        if not (isinstance(title, str) and isinstance(snapshot, str)):
            raise nonsense("a playlist without a name")
        return _Head(title, snapshot)

    def _lines_from(self, offset: int) -> Json:
        return self._page(PAGE_MOST, offset)

    def _page(self, size: int, offset: int) -> Json:
        question = {"limit": size, "offset": offset, "additional_types": ("track",)}
        return checked_page(self._ask(lambda spotify: spotify.playlist_items(self._playlist, **question)))

    def _ask(self, question: Callable[[Spotify], Any]) -> Json | None:
        try:
            return self._session.ask(question)
        except Forbidden as error:  # this playlist is closed to us, which says nothing about the log-in
            raise Refused(
                f"Spotify does not open the playlist {self._playlist}: it shows only those that are yours, or that you "
                f"work on together with others. Copy its tracks into one of your own; if it is yours, {LOG_IN} again, "
                "to let us read playlists."
            ) from error

    def _in_words(self) -> str:
        return f"{self._page(1, 0)['total']} tracks in “{self._head().title}”"
