"""YouTube through yt-dlp: a search for audio, playlists, and who a video is."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from dataclasses import replace

from daemon.models import Alias, Candidate, Gone, Service, Track, TrackRef
from integrations.ytdlp.fetching import EXTRACTORS
from integrations.ytdlp.naming import channel_artist, iso_day, split_title
from integrations.ytdlp.options import Access
from integrations.ytdlp.session import Info, opened
from integrations.ytdlp.translation import Failure

_SERVICE = Service.YOUTUBE
_NO_HALF_ANSWERS = "youtube:raise_incomplete_data=true"
"""Without it a search that was answered with nothing sensible finds nothing, and says so in a warning only."""
_HIDDEN_TITLES = ("[Private video]", "[Deleted video]")
"""How a playlist calls the videos that it cannot show; yt-dlp asks for the English words."""
_NOT_OVER = ("is_live", "is_upcoming")


class YouTubeFinder:
    """Searches for videos."""

    def __init__(self, access: Access) -> None:
        self._access = replace(access, extractor_args=f"{access.extractor_args} {_NO_HALF_ANSWERS}")

    def candidates(self, words: str, limit: int) -> Sequence[Candidate]:
        """What a search for these words finds, in YouTube's own order. Raises RateLimited, Unreachable."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            hits = itertools.islice(session.entries(f"ytsearch{limit}:{words}"), limit)
            return [candidate_of(hit) for hit in hits if hit and hit.get("id")]


class YouTubePlaylist:
    """One playlist, read page by page."""

    def __init__(self, url: str, access: Access, *, name: str = "url") -> None:
        """`name` is what the videos say they were found in."""
        self.name = name
        self._url = url
        self._access = replace(access, extractor_args=f"{access.extractor_args} {_NO_HALF_ANSWERS}")

    def items(self) -> Generator[TrackRef | Gone]:
        """Its videos in its own order, each once, a hundred a request, with its title as their playlist. Raises
        NotFound when it is gone or private, RateLimited, AuthExpired, Unreachable."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            listing = session.listing(self._url, forbidden=Failure.CLOSED)
            seen: set[str] = set()
            for line in listing.entries:
                if line and line.get("id") and line["id"] not in seen:
                    seen.add(line["id"])
                    yield _item_of(line, self.name, listing.title)


class YouTubeCatalogue:
    """Who a video is; an Art Track tells it in full."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def describe(self, ref: TrackRef) -> Track:
        """Raises NotFound when it is gone or private, Protected, Refused (region), RateLimited (also: prove that you
        are no robot), AuthExpired (adults only), Unreachable."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            return track_of(session.describe(ref.url))


def _item_of(line: Info, found_in: str, playlist: str | None) -> TrackRef | Gone:
    video_id = str(line["id"])
    if line.get("title") in _HIDDEN_TITLES:
        return Gone(service=_SERVICE, id=video_id, found_in=found_in)
    return TrackRef(service=_SERVICE, id=video_id, url=_address(video_id), found_in=found_in, playlist=playlist or None)


def candidate_of(hit: Info) -> Candidate:
    """Our words for a line of a search."""
    channel = str(hit.get("channel") or hit.get("uploader") or "")
    artist = channel_artist(channel)
    return Candidate(
        service=_SERVICE,
        id=str(hit["id"]),
        url=_address(hit["id"]),
        title=str(hit.get("title") or ""),
        channel=channel,
        artists=(artist,) if artist else (),
        duration_s=hit.get("duration"),
        views=hit.get("view_count"),
        verified=bool(hit.get("channel_is_verified")),
        live=hit.get("live_status") in _NOT_OVER,
    )


def track_of(info: Info) -> Track:
    """Our words for what yt-dlp extracted."""
    title = str(info.get("track") or info.get("title") or info["id"])
    artists, bare = split_title(title, str(info.get("channel") or ""), info.get("artists") or ())
    return Track(
        title=title if info.get("track") else bare,
        artists=artists,
        album=info.get("album"),
        duration_s=info.get("duration"),
        release_date=iso_day(info.get("release_date")),
        artwork_url=info.get("thumbnail"),
        aliases=(Alias(service=_SERVICE, id=str(info["id"])),),
        urls={_SERVICE: _address(info["id"])},
    )


def _address(video_id: object) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"
