"""What a person likes on Spotify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from daemon.models import Check, Json, TrackRef
from integrations.spotify.paging import PAGE_MOST, Bookmark, Page, checked_page, item_of, walk_lines
from integrations.spotify.session import SpotifySession
from integrations.spotify.standing import standing
from integrations.spotify.tracks import is_in_catalogue, ref_of


class SpotifyLiked:
    """The person's liked tracks; local files and withdrawn tracks among them are passed over."""

    name = "spotify-liked"

    def __init__(self, session: SpotifySession) -> None:
        self._session = session

    def newest(self, limit: int) -> Sequence[TrackRef]:
        return list(islice(self.newest_first(), limit))

    def newest_first(self) -> Iterator[TrackRef]:
        """All of them; each page of 50 is asked for when the one before is used up."""
        for page in self.walk():
            yield from page.refs

    def walk(self, after: str | None = None) -> Iterator[Page]:
        """The full history, newest first, from the bookmark of an earlier page on (None: from the newest). Keep the
        bookmark once a page is dealt with: after a kill, at most one page is asked for again."""
        for stretch in walk_lines(self._lines_from, Bookmark.from_text(after), by_date=True):
            items = (item_of(line) for line in stretch.lines)
            refs = tuple(ref_of(item, self.name) for item in items if is_in_catalogue(item))
            yield Page(refs=refs, bookmark=stretch.place.to_text(), total=stretch.total)

    def check(self) -> Check:
        return standing(self.name, lambda: f"{self._page(1, 0)['total']} liked tracks")

    def _lines_from(self, offset: int) -> Json:
        return self._page(PAGE_MOST, offset)

    def _page(self, size: int, offset: int) -> Json:
        return checked_page(
            self._session.ask(lambda spotify: spotify.current_user_saved_tracks(limit=size, offset=offset))
        )
