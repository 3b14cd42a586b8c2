"""Where tracks are found: by the chain, in whole histories, and by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache, cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.chain import Kind, Link
from daemon.ledger.memos import Memos
from daemon.models import Gone, TrackRef
from daemon.ports import HistoryPage, TrackSource
from daemon.wiring.liked_sets import LikedSets
from daemon.wiring.outside.connections import Connections, plain

if TYPE_CHECKING:
    from integrations.soundcloud import SoundCloudLikes
    from integrations.spotify import SpotifyLiked, SpotifyPlaying

_LOOK_AGAIN_S = 60.0
_PACE_S = 1.0
"""Between the pages of a long history."""
_PAGE = 200


class Links(Connections):
    """The sources."""

    def links(self, memos: Memos | None = None) -> tuple[Link, ...]:
        """The fallback chain, in the order of SOURCES, and then the playlists that are watched. Without `memos` liked
        sets are passed over."""
        chain = {link.name: link for link in self._chain(memos)}
        return (*(chain[name] for name in self._settings.sources), *self._watched())

    def _chain(self, memos: Memos | None) -> Iterator[Link]:
        spotify = "" if self._settings.spotify_client_id else "set SPOTIFY_CLIENT_ID to read what you play and like"
        soundcloud = "" if self._settings.soundcloud_profile else "set SOUNDCLOUD_PROFILE to read its likes"
        notion = "" if self.has_notion else "set NOTION_TOKEN and TRACKS_DB_ID to take up rows of your own"
        yield _link("spotify-playing", "moment", lambda: self._spotify_playing, spotify)
        likes = _link("soundcloud-likes", "likes", self._soundcloud_likes, soundcloud)
        yield likes if memos is None or soundcloud else self._with_sets(likes, memos)
        yield _link("spotify-liked", "likes", lambda: self._spotify_liked, spotify)
        yield _link("notion", "rows", self._notion_rows, notion)

    def _watched(self) -> Iterator[Link]:
        """All of a watched playlist is wanted, so it is read as a list of orders."""
        spotify = "" if self._settings.spotify_client_id else "set SPOTIFY_CLIENT_ID to watch it"
        for playlist in self._settings.spotify_playlists:
            yield _link(f"spotify-playlist:{playlist}", "rows", partial(self._spotify_playlist, playlist), spotify)
        for playlist in self._settings.soundcloud_playlists:
            yield _link(f"soundcloud-set:{playlist}", "rows", partial(self._soundcloud_playlist, playlist), "")

    @cache  # noqa: B019 -- kept with us on purpose: a playlist's object remembers what it has seen of it
    def _spotify_playlist(self, playlist: str) -> TrackSource:
        from integrations.spotify import SpotifyPlaylist

        return SpotifyPlaylist(self._spotify, playlist)

    def _soundcloud_playlist(self, playlist: str) -> TrackSource:
        from integrations.soundcloud import SoundCloudSet

        return SoundCloudSet(playlist, self._access, name=f"soundcloud-set:{playlist}")

    def histories(self) -> dict[str, Callable[[str | None], Iterator[HistoryPage]]]:
        """By source: everything that was ever liked there, in pages with their bookmarks."""
        walks: dict[str, Callable[[str | None], Iterator[HistoryPage]]] = {}
        if self._settings.spotify_client_id:
            walks["spotify-liked"] = self._spotify_history
        if self._settings.soundcloud_profile:
            walks["soundcloud-likes"] = self._soundcloud_history
        return walks

    def _spotify_history(self, after: str | None) -> Iterator[HistoryPage]:
        return ((page.refs, page.bookmark) for page in self._spotify_liked.walk(after))

    def _soundcloud_history(self, _after: str | None) -> Iterator[HistoryPage]:
        """yt-dlp begins every walk at the top, so there is nothing to go on behind; what is known costs a line each."""
        with closing(self._soundcloud_likes(set()).walk(pause_s=_PACE_S)) as walk:  # every liked set too
            while page := list(islice(walk, _PAGE)):
                yield page, ""

    def look_again_in_s(self, source: str) -> float:
        """When the source of the moment is worth asking again."""
        return self._spotify_playing.look_again_in_s if source == "spotify-playing" else _LOOK_AGAIN_S

    @staticmethod
    def services_of(source: str) -> tuple[str, ...]:
        """The services that a link of the chain depends on: its first word."""
        return (source.partition("-")[0],)

    @cached_property
    def _spotify_playing(self) -> SpotifyPlaying:
        from integrations.spotify import SpotifyPlaying

        return SpotifyPlaying(self._spotify, heard_for_s=self._settings.playing_heard_s)

    @cached_property
    def _spotify_liked(self) -> SpotifyLiked:
        from integrations.spotify import SpotifyLiked

        return SpotifyLiked(self._spotify)

    def _soundcloud_likes(self, sets: LikedSets | set[str] | None = None) -> SoundCloudLikes:
        from integrations.soundcloud import SoundCloudLikes

        return SoundCloudLikes(self._settings.soundcloud_profile or "", self._access, taken_sets=sets)

    def _with_sets(self, likes: Link, memos: Memos) -> Link:
        """The tracks of a newly liked set stand in its place; which sets were taken is kept with the tracks."""
        looks: list[LikedSets] = []

        def look() -> TrackSource:
            looks[:] = [LikedSets(memos)]
            return self._soundcloud_likes(looks[0])

        return dataclasses.replace(likes, open=look, settle=lambda: looks[0].keep())

    def _notion_rows(self) -> TrackSource:
        from integrations.notion import NotionRows

        return NotionRows(self._tracks_table)

    # --- what a person gives by hand ---------------------------------------------------------------------------------

    def resolve_short_link(self, url: str) -> str:
        """Where it leads. Raises Refused when that is nowhere we know."""
        from daemon.links import MUSIC_HOSTS, SHORT_HOSTS
        from integrations.shortlinks import ShortLinks

        proxy = plain(self._settings.ytdlp_proxy)
        verify = not (proxy and self._settings.ytdlp_insecure)
        timeout_s = self._settings.source_timeout_s
        return ShortLinks(SHORT_HOSTS, MUSIC_HOSTS, timeout_s, proxy=proxy, verify=verify).resolve(url)

    def spotify_playlist(self, url: str) -> Iterator[Sequence[TrackRef]]:
        """Its pages, in its own order."""
        from integrations.spotify import SpotifyPlaylist

        return (page.refs for page in SpotifyPlaylist(self._spotify, url).walk())

    def spotify_album(self, url: str) -> Iterator[TrackRef]:
        from integrations.spotify import SpotifyAlbum

        return SpotifyAlbum(self._spotify, url).items()

    def soundcloud_set(self, url: str) -> Iterator[TrackRef | Gone]:
        from integrations.soundcloud import SoundCloudSet

        return SoundCloudSet(url, self._access).items()

    def youtube_playlist(self, url: str) -> Iterator[TrackRef | Gone]:
        from integrations.youtube import YouTubePlaylist

        return YouTubePlaylist(url, self._access).items()

    def web_page(self, url: str) -> Iterator[TrackRef]:
        from integrations.web import WebPage

        return WebPage(url, self._access).items()

    @staticmethod
    def local_files(path: Path) -> Iterator[TrackRef]:
        """The file, or the audio files of the folder."""
        from integrations.localfiles import file_ref, folder_items

        return folder_items(path) if path.is_dir() else iter([file_ref(path)])


def _link(name: str, kind: Kind, open_: Callable[[], TrackSource], missing: str) -> Link:
    return Link(name, None if missing else open_, missing, kind)
