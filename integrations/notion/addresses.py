"""What a row's address columns point at. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from daemon.models import Alias, Service, Track, TrackRef

_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_SPOTIFY_PATH = re.compile(r"/(?:intl-[a-z-]+/)?track/([0-9A-Za-z]{22})/?", re.IGNORECASE)
_YOUTUBE_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live|v)/([0-9A-Za-z_-]{11})/?")
_SOUNDCLOUD_TRACK = re.compile(r"/(?P<user>[^/]+)/(?P<track>[^/]+)(?P<key>/s-[^/]+)?")
_SOUNDCLOUD_ROOMS = frozenset({"sets", "likes", "tracks", "albums", "reposts", "popular-tracks"})
"""Second parts of a path that name a list of tracks, not a track."""

_FOUND_IN = "notion"

_ADDRESS_COLUMNS = {
    Service.SPOTIFY: "Spotify URL",
    Service.SOUNDCLOUD: "SoundCloud URL",
    Service.YOUTUBE: "YouTube URL",
}


def pointers(row: Mapping[str, Any]) -> dict[Service, tuple[str, str]]:
    """Id and address at each service that the row names, in the order in which we prefer them."""
    found: dict[Service, tuple[str, str]] = {}
    if track_id := spotify_track_id(row.get("Spotify ID")) or spotify_track_id(row.get("Spotify URL")):
        found[Service.SPOTIFY] = (track_id, f"https://open.spotify.com/track/{track_id}")
    if url := soundcloud_track_url(row.get("SoundCloud URL")):
        found[Service.SOUNDCLOUD] = (url, url)
    if video_id := youtube_video_id(row.get("YouTube URL")):
        found[Service.YOUTUBE] = (video_id, f"https://www.youtube.com/watch?v={video_id}")
    return found


def spellings(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A column, and the piece that every spelling of this row's address in it has."""
    for service, (own_id, _url) in pointers(row).items():
        yield _ADDRESS_COLUMNS[service], own_id.removeprefix("https://")


def track_ref(row: Mapping[str, Any]) -> TrackRef | None:
    """What a row of plain values points at: Spotify before SoundCloud before YouTube; None without an address."""
    found = pointers(row)
    if not found:
        return None
    service, (track_id, url) = next(iter(found.items()))
    return TrackRef(service=service, id=track_id, url=url, found_in=_FOUND_IN, told=_told(row, found))


def spotify_track_id(text: str | None) -> str | None:
    """The track's id, out of an id, a URI or an address; None where there is none."""
    given = (text or "").strip()
    bare = given.removeprefix("spotify:track:")
    if _SPOTIFY_ID.fullmatch(bare):
        return bare
    parts = _parts(given, "open.spotify.com")
    found = _SPOTIFY_PATH.fullmatch(parts.path) if parts else None
    return found[1] if found else None


def soundcloud_track_url(text: str | None) -> str | None:
    """The track's address in its one spelling, without tracking parameters; None where it is no track's."""
    parts = _parts((text or "").strip(), "soundcloud.com")
    found = _SOUNDCLOUD_TRACK.fullmatch(parts.path.rstrip("/")) if parts else None
    if found is None or found["track"].lower() in _SOUNDCLOUD_ROOMS:
        return None
    # Names come in any case; the key of a private track does not.
    return f"https://soundcloud.com/{found['user']}/{found['track']}".lower() + (found["key"] or "")


def youtube_video_id(text: str | None) -> str | None:
    """The video's id, out of any of its addresses; None where there is none."""
    given = (text or "").strip()
    if short := _parts(given, "youtu.be"):
        candidate = short.path.strip("/")
    elif parts := _parts(given, "youtube.com"):
        found = _YOUTUBE_PATH.fullmatch(parts.path)
        candidate = found[1] if found else parse_qs(parts.query).get("v", [""])[0]
    else:
        return None
    return candidate if _YOUTUBE_ID.fullmatch(candidate) else None


def _told(row: Mapping[str, Any], found: Mapping[Service, tuple[str, str]]) -> Track | None:
    if not row.get("Title"):
        return None
    artists = (name.strip() for name in (row.get("Artist Name") or "").split(","))
    return Track(
        title=row["Title"],
        artists=tuple(name for name in artists if name),
        album=row.get("Album"),
        duration_s=row.get("Duration (s)"),
        isrc=row.get("ISRC"),
        artwork_url=row.get("Image URL"),
        aliases=tuple(Alias(service=service, id=track_id) for service, (track_id, _url) in found.items()),
        urls={service: url for service, (_id, url) in found.items()},
    )


def _parts(text: str, host: str) -> SplitResult | None:
    """The address in parts, if it is one at `host` or at its `www.`, `m.` or `music.`."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return None
    return parts if re.sub(r"^(www|m|music)\.", "", parts.hostname or "") == host else None
