"""The integrations, each opened with plain arguments when it is first used, and closed at the end."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import cache, cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from daemon.chain import Kind, Link
from daemon.ledger.memos import Memos
from daemon.login import consent as consents
from daemon.models import Check, Gone, Json, Service, TrackRef
from daemon.ports import Artwork, Board, Cabinet, Catalogue, Finder, HistoryPage, RowReader, TrackSource
from daemon.settings import Settings
from daemon.wiring.liked_sets import LikedSets

if TYPE_CHECKING:
    from integrations.localfiles import LocalFiles
    from integrations.notion import NotionEdge, Table
    from integrations.soundcloud import SoundCloudLikes
    from integrations.spotify import SpotifyCatalogue, SpotifyLiked, SpotifyPlaying, SpotifySession
    from integrations.ytdlp.options import Access

_LOOK_AGAIN_S = 60.0
_PACE_S = 1.0
"""Between the pages of a long history."""
_PAGE = 200
_TOKEN_CACHE = "spotify-token.json"  # noqa: S105 -- a file's name


class Outside:
    """What the settings let us reach. `close` lets go of every connection."""

    def __init__(
        self, settings: Settings, learnt: Callable[[str], None] | None = None, *, scratch: Path | None = None
    ) -> None:
        """`learnt` is told every secret that comes from outside. With a `scratch` folder nothing is kept elsewhere,
        but for a log-in that would be lost."""
        self._settings = settings
        self._learnt = learnt
        self._scratch = scratch
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    # --- where tracks are found --------------------------------------------------------------------------------------

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

    # --- who a track is, and where its sound is ----------------------------------------------------------------------

    def catalogues(self) -> Mapping[Service, Callable[[], Catalogue]]:
        """Who can say what a link is; by the service of the link."""
        found: dict[Service, Callable[[], Catalogue]] = {
            Service.SOUNDCLOUD: self._soundcloud_catalogue,
            Service.YOUTUBE: self._youtube_catalogue,
            Service.WEB: self._web_catalogue,
            Service.FILE: self.own_files,
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

    # --- what a person gives by hand ---------------------------------------------------------------------------------

    def resolve_short_link(self, url: str) -> str:
        """Where it leads. Raises Refused when that is nowhere we know."""
        from daemon.links import MUSIC_HOSTS, SHORT_HOSTS
        from integrations.shortlinks import ShortLinks

        proxy = _plain(self._settings.ytdlp_proxy)
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

    # --- where the sound is ------------------------------------------------------------------------------------------

    def finder(self) -> Finder:
        from integrations.youtube import YouTubeFinder

        return YouTubeFinder(self._access)

    def artwork(self) -> Artwork:
        """Cover pictures come the way that downloads come."""
        from integrations.artwork import CoverArt

        proxy = _plain(self._settings.ytdlp_proxy)
        return CoverArt(
            self._settings.source_timeout_s, proxy=proxy, verify=not (proxy and self._settings.ytdlp_insecure)
        )

    def access(self) -> Json:
        """How downloads reach the services, for a child process."""
        return dataclasses.asdict(self._access)

    # --- where results go --------------------------------------------------------------------------------------------

    @property
    def has_notion(self) -> bool:
        return bool(self._settings.notion_token and self._settings.tracks_db_id)

    @property
    def has_eagle(self) -> bool:
        """Eagle is served where the person has said anything about it; its default address alone means nothing."""
        return bool({"eagle_api_base", "eagle_library_path"} & self._settings.model_fields_set)

    def board(self) -> Board:
        return self._board

    def row_reader(self) -> RowReader:
        from integrations.notion import NotionRows

        return NotionRows(self._tracks_table)

    def cabinet(self) -> Cabinet:
        return self._cabinet

    # --- how it stands -----------------------------------------------------------------------------------------------

    def checks(self) -> Iterator[tuple[str, Callable[[], Check]]]:
        """What doctor asks of the outside, in the order in which a person sets it up."""
        yield (
            "Notion",
            lambda: self.board().check() if self.has_notion else _unset("Notion", "NOTION_TOKEN and TRACKS_DB_ID"),
        )
        for link in self.links():
            if link.name == "notion":
                continue  # the board's check says it already
            yield link.name, self._check_of(link)
        if self._settings.spotify_client_id:
            yield "Spotify log-in", self._check_consent
        yield "yt-dlp", _check_ytdlp
        yield "Eagle", lambda: self.cabinet().check() if self.has_eagle else _unset("Eagle", "EAGLE_API_BASE")

    @staticmethod
    def _check_of(link: Link) -> Callable[[], Check]:
        def check() -> Check:
            if link.open is None:
                return Check(name=link.name, level="ok", text=f"off; {link.missing}.")
            return link.open().check()

        return check

    def login_marks(self) -> dict[str, str]:
        """By service: a hash of what we log in with, so that a corrected setting ends the wait for it."""
        settings = self._settings
        about = {
            "notion": (_plain(settings.notion_token), settings.tracks_db_id),
            "eagle": (_plain(settings.eagle_token), settings.eagle_api_base, settings.eagle_library_path),
            "soundcloud": (_plain(settings.soundcloud_oauth_token), settings.soundcloud_profile),
            "youtube": (str(settings.ytdlp_cookies_file), _plain(settings.ytdlp_proxy)),
        }
        return {service: hashlib.sha256(repr(words).encode()).hexdigest()[:16] for service, words in about.items()}

    def spotify_login(self) -> SpotifySession:
        """For `login spotify`, which closes it."""
        return self._spotify

    def consent_warning(self, now: float) -> str | None:
        """What there is to say of the log-in's end; None while it is far away or not ours to know."""
        consent = self._spotify.consent() if self._settings.spotify_client_id else None
        return consents.warning(consent, now) if consent else None

    def _check_consent(self) -> Check:
        return consents.check(self._spotify.consent(), time.time(), ignores_seed=self._spotify.ignores_seed())

    # --- opened once -------------------------------------------------------------------------------------------------

    @cached_property
    def _spotify(self) -> SpotifySession:
        from integrations.spotify import SpotifySession

        settings = self._settings
        session = SpotifySession(
            settings.spotify_client_id or "",
            _plain(settings.spotify_client_secret),
            settings.spotify_redirect_uri,
            settings.var_dir / _TOKEN_CACHE,
            refresh_token=_plain(settings.spotify_refresh_token),
            api_url=settings.spotify_api_url,
            accounts_url=settings.spotify_accounts_url,
            timeout_s=settings.source_timeout_s,
            learnt=self._learnt,
            keeps_access=self._scratch is None,
        )
        self._open.callback(session.close)
        return session

    @cached_property
    def _notion(self) -> NotionEdge:
        from integrations.notion import NotionEdge

        settings = self._settings
        return self._open.enter_context(
            NotionEdge(
                _plain(settings.notion_token) or "",
                base_url=settings.notion_base_url,
                timeout_s=settings.source_timeout_s,
            )
        )

    @cached_property
    def _tracks_table(self) -> Table:
        from integrations.notion import TRACKS, Table

        return Table(self._notion, self._settings.tracks_db_id or "", TRACKS)

    @cached_property
    def _board(self) -> Board:
        from integrations.notion import NotionBoard

        return NotionBoard(self._notion, self._tracks_table)

    @cached_property
    def _cabinet(self) -> Cabinet:
        from integrations.eagle import EagleCabinet

        settings = self._settings
        library = Path(settings.eagle_library_path) if settings.eagle_library_path else None
        cabinet = EagleCabinet(
            settings.eagle_api_base, library, _plain(settings.eagle_token), settings.source_timeout_s
        )
        self._open.callback(cabinet.close)
        return cabinet

    @cached_property
    def _access(self) -> Access:
        from integrations.ytdlp.options import Access

        settings = self._settings
        return Access(
            proxy=_plain(settings.ytdlp_proxy),
            insecure=settings.ytdlp_insecure,
            cookies_file=str(settings.ytdlp_cookies_file) if settings.ytdlp_cookies_file else None,
            cache_dir=str((self._scratch or settings.var_dir) / "ytdlp-cache"),
            extractor_args=_plain(settings.ytdlp_extractor_args) or "",
            soundcloud_token=_plain(settings.soundcloud_oauth_token),
            timeout_s=settings.source_timeout_s,
        )


def _unset(name: str, settings: str) -> Check:
    return Check(name=name, level="ok", text=f"off; set {settings} to use it.")


def _check_ytdlp() -> Check:
    from integrations.ytdlp.checking import check

    return check()


def _link(name: str, kind: Kind, open_: Callable[[], TrackSource], missing: str) -> Link:
    return Link(name, None if missing else open_, missing, kind)


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
