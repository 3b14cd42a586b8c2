"""What a row's address columns point at. Pure."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_SPOTIFY_PATH = re.compile(r"/(?:intl-[a-z-]+/)?track/([0-9A-Za-z]{22})/?", re.IGNORECASE)
_YOUTUBE_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live|v)/([0-9A-Za-z_-]{11})/?")
_SOUNDCLOUD_TRACK = re.compile(r"/(?P<user>[^/]+)/(?P<track>[^/]+)(?P<key>/s-[^/]+)?")
_SOUNDCLOUD_ROOMS = frozenset({"sets", "likes", "tracks", "albums", "reposts", "popular-tracks"})
"""Second parts of a path that name a list of tracks, not a track."""


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


def _parts(text: str, host: str) -> SplitResult | None:
    """The address in parts, if it is one at `host` or at its `www.`, `m.` or `music.`."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return None
    return parts if re.sub(r"^(www|m|music)\.", "", parts.hostname or "") == host else None
