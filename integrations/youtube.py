"""YouTube through yt-dlp: a search for audio, and who a video is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from daemon.models import Alias, Candidate, Service, Track, TrackRef
from integrations.ytdlp.fetching import EXTRACTORS
from integrations.ytdlp.naming import channel_artist, split_title
from integrations.ytdlp.options import Access
from integrations.ytdlp.session import Info, opened

_SERVICE = Service.YOUTUBE
_NO_HALF_ANSWERS = "youtube:raise_incomplete_data=true"
"""Without it a search that was answered with nothing sensible finds nothing, and says so in a warning only."""
_NOT_OVER = ("is_live", "is_upcoming")


class YouTubeFinder:
    """Searches for videos."""

    def __init__(self, access: Access) -> None:
        self._access = replace(access, extractor_args=f"{access.extractor_args} {_NO_HALF_ANSWERS}")

    def candidates(self, track: Track, limit: int) -> Sequence[Candidate]:
        """What a search for artists and title finds, in YouTube's own order. Raises RateLimited, Unreachable."""
        query = " ".join(filter(None, (" ".join(track.artists), track.title)))
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            hits = itertools.islice(session.entries(f"ytsearch{limit}:{query}"), limit)
            return [candidate_of(hit) for hit in hits if hit and hit.get("id")]


class YouTubeCatalogue:
    """Who a video is; an Art Track tells it in full."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def describe(self, ref: TrackRef) -> Track:
        """Raises NotFound when it is gone or private, Protected, Refused (region), RateLimited (also: prove that you
        are no robot), AuthExpired (adults only), Unreachable."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            return track_of(session.describe(ref.url))


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
        release_date=_iso_day(info.get("release_date")),
        artwork_url=info.get("thumbnail"),
        aliases=(Alias(service=_SERVICE, id=str(info["id"])),),
        urls={_SERVICE: _address(info["id"])},
    )


def _address(video_id: object) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


def _iso_day(compact: str | None) -> str | None:
    """`20240102`, as yt-dlp writes days."""
    return f"{compact[:4]}-{compact[4:6]}-{compact[6:]}" if compact and len(compact) == 8 else None
