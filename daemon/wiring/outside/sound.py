"""Who a track is, and where its sound is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from daemon.board.typed import TypedRows
from daemon.models import Json, Service
from daemon.ports import Artwork, Catalogue, Finder, Recogniser, Register
from daemon.wiring.outside.connections import Connections, plain

if TYPE_CHECKING:
    from integrations.localfiles import LocalFiles
    from integrations.spotify import SpotifyCatalogue


class Sound(Connections):
    """Catalogues, registers, searches and downloads."""

    def catalogues(self) -> Mapping[Service, Callable[[], Catalogue]]:
        """Who can say what a link is; by the service of the link."""
        found: dict[Service, Callable[[], Catalogue]] = {
            Service.SOUNDCLOUD: self._soundcloud_catalogue,
            Service.YOUTUBE: self._youtube_catalogue,
            Service.WEB: self._web_catalogue,
            Service.FILE: self.own_files,
            Service.NOTION: TypedRows,
        }
        if self._settings.spotify_client_id:
            found[Service.SPOTIFY] = lambda: self._spotify_catalogue
        return found

    @cached_property
    def _spotify_catalogue(self) -> SpotifyCatalogue:
        from integrations.spotify import SpotifyCatalogue

        return SpotifyCatalogue(self._spotify)

    def _soundcloud_catalogue(self) -> Catalogue:
        from integrations.soundcloud import SoundCloudCatalogue

        return SoundCloudCatalogue(self._access)

    def _youtube_catalogue(self) -> Catalogue:
        from integrations.youtube import YouTubeCatalogue

        return YouTubeCatalogue(self._access)

    def _web_catalogue(self) -> Catalogue:
        from integrations.web import WebCatalogue

        return WebCatalogue(self._access)

    @staticmethod
    def own_files() -> LocalFiles:
        """The person's files: who they are, and copies of them."""
        from integrations.localfiles import LocalFiles

        return LocalFiles()

    def finder(self) -> Finder:
        from integrations.youtube import YouTubeFinder

        return YouTubeFinder(self._access)

    @property
    def register(self) -> Callable[[], Register] | None:
        """Where a recording is looked up that was found elsewhere."""
        if not self._settings.spotify_client_id:
            return None

        def open_register() -> Register:
            from integrations.spotify import SpotifySearch

            return SpotifySearch(self._spotify)

        return open_register

    @property
    def recogniser(self) -> Callable[[], Recogniser] | None:
        """Who knows a recording by its sound."""
        return (lambda: self._acoustid) if self._settings.acoustid_api_key else None

    def artwork(self) -> Artwork:
        """Cover pictures come the way that downloads come."""
        from integrations.artwork import CoverArt

        proxy = plain(self._settings.ytdlp_proxy)
        return CoverArt(
            self._settings.source_timeout_s, proxy=proxy, verify=not (proxy and self._settings.ytdlp_insecure)
        )

    def access(self) -> Json:
        """How downloads reach the services, for a child process."""
        return dataclasses.asdict(self._access)
