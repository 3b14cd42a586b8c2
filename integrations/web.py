"""Any other site that yt-dlp knows. Only for links that a person gave by hand: every extractor is allowed here, also
the one that takes any page apart.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from daemon.errors import Refused
from daemon.models import Alias, Service, Track, TrackRef
from integrations.ytdlp.fetching import EXTRACTORS
from integrations.ytdlp.naming import iso_day, split_title
from integrations.ytdlp.options import Access
from integrations.ytdlp.session import Info, opened

_SERVICE = Service.WEB
_FLAT: Info = {"extract_flat": "in_playlist"}
_SERVICES = {"Youtube": Service.YOUTUBE, "Soundcloud": Service.SOUNDCLOUD}
"""Services of our own, by yt-dlp's word for them: many a page only embeds their players."""
_UNKNOWN_SITES = ("Generic", "HTML5MediaEmbed")
"""yt-dlp's words for a page that it does not know: it makes up an id from the address, and numbers the title."""
_LISTS = ("playlist", "multi_video")


class WebPage:
    """What there is at one address: a track, or a list of them."""

    def __init__(self, url: str, access: Access, *, name: str = "url") -> None:
        """`name` is what the tracks say they were found in."""
        self.name = name
        self._url = url
        self._access = access

    def items(self) -> Generator[TrackRef]:
        """The one track with all that was told of it, or a list's tracks in its own order, each once, with its title as
        their playlist. Raises NotFound, Refused (also: yt-dlp knows nothing there), Protected, Transient."""
        info = _looked_at(self._url, self._access)
        if info.get("_type") not in _LISTS:
            yield replace(_ref(self._url, self.name, None), told=track_of(info, self._url))
            return
        addresses = dict.fromkeys(filter(None, map(_address_of, info.get("entries") or ())))
        if not addresses:
            raise Refused(
                f"{self._url} is a list whose tracks have no address of their own. Give the link of one track."
            )
        for address in addresses:
            yield _ref(address, self.name, info.get("title"))


class WebCatalogue:
    """Who a track is, as its page tells it."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def describe(self, ref: TrackRef) -> Track:
        """Asks only where the source did not tell. Raises NotFound, Refused (also: it is a list), Protected,
        Transient."""
        if ref.told is not None:
            return ref.told
        info = _looked_at(ref.url, self._access)
        if info.get("_type") in _LISTS:
            raise Refused(f"{ref.url} is a list, not a track. Give the address of one track.")
        return track_of(info, ref.url)


def track_of(info: Info, url: str) -> Track:
    """Our words for what yt-dlp extracted from the page at `url`."""
    title = str(info.get("track") or info.get("title") or info["id"])
    if _site_of(info) in _UNKNOWN_SITES:
        title = title.removesuffix(" (1)")
    uploader = str(info.get("uploader") or info.get("channel") or "")
    artists, bare = split_title(title, uploader, info.get("artists") or ())
    aliases, urls = _identity(info, url)
    genres = info.get("genres") or [None]
    return Track(
        title=title if info.get("track") else bare,
        artists=artists,
        album=info.get("album"),
        duration_s=info.get("duration"),
        genre=genres[0],
        release_date=iso_day(info.get("release_date")),
        artwork_url=info.get("thumbnail"),
        aliases=aliases,
        urls=urls,
    )


def _looked_at(url: str, access: Access) -> Info:
    with opened(access, _SERVICE, extractors=EXTRACTORS[_SERVICE], changes=_FLAT) as session:
        return session.describe(url)


def _identity(info: Info, url: str) -> tuple[tuple[Alias, ...], dict[Service, str]]:
    """The ids and the pages: of the address itself, and of what is there, which is the same at every other address."""
    alias, page = Alias(service=_SERVICE, id=url), str(info.get("webpage_url") or url)
    site, its_id = _site_of(info), str(info["id"])
    if site in _UNKNOWN_SITES:
        return (alias,), {_SERVICE: url}
    if site in _SERVICES:
        return (alias, Alias(service=_SERVICES[site], id=its_id)), {_SERVICE: url, _SERVICES[site]: page}
    return (alias, Alias(service=_SERVICE, id=f"{site}:{its_id}")), {_SERVICE: page}


def _site_of(info: Info) -> str:
    return str(info.get("extractor_key") or _UNKNOWN_SITES[0])


def _address_of(line: Info | None) -> str | None:
    """Where a list's line can be asked for alone. One that was extracted in full on the list's page has the page's."""
    return line.get("url") if line and line.get("_type") in ("url", "url_transparent") else None


def _ref(address: str, found_in: str, playlist: str | None) -> TrackRef:
    return TrackRef(service=_SERVICE, id=address, url=address, found_in=found_in, playlist=playlist)
