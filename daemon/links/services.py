"""The addresses of the three services we know by heart. Each function gets an address of that service, and answers what
it names, or an `Unusable` that says what to give instead.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import SplitResult, parse_qs

from daemon.links.shapes import CollectionLink, Link, TrackLink, Unusable
from daemon.models import Service

# --- Spotify ---------------------------------------------------------------------------------------------------------

_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_SPOTIFY_URI = re.compile(r"spotify:(?:user:[^:]*:)?(?P<kind>\w+)(?::(?P<id>\w+))?", re.IGNORECASE)
_SPOTIFY_PATH = re.compile(
    r"/(?:intl-[a-z-]+/)?(?:embed/)?(?:user/[^/]+/)?(?P<kind>\w+)(?:/(?P<id>\w+))?/?", re.IGNORECASE
)
_SPOTIFY_LISTS: dict[str, Literal["album", "playlist"]] = {"album": "album", "playlist": "playlist"}
_SPOTIFY_OTHER = {
    "artist": "An artist's page on Spotify is no list of tracks. Give the link of a track, an album or a playlist.",
    "show": "Podcasts are not taken. Give the link of a track, an album or a playlist.",
    "episode": "Podcasts are not taken. Give the link of a track, an album or a playlist.",
    "collection": "Spotify tells nobody's liked songs by a link. `--mode all` takes yours.",
}
_SPOTIFY_UNKNOWN = "That address on Spotify names no track, album or playlist. Copy the link with Share → Copy link."


def spotify_id(text: str) -> TrackLink | None:
    """A bare track id, as it stands in a column of Notion's."""
    return _spotify_track(text) if _SPOTIFY_ID.fullmatch(text) else None


def spotify_uri(text: str) -> Link:
    """`spotify:track:…`"""
    return _spotify(_SPOTIFY_URI.fullmatch(text))


def spotify_address(parts: SplitResult) -> Link:
    """`https://open.spotify.com/…`"""
    return _spotify(_SPOTIFY_PATH.fullmatch(parts.path))


def _spotify(found: re.Match[str] | None) -> Link:
    kind, given = (found["kind"].lower(), found["id"] or "") if found else ("", "")
    if kind in _SPOTIFY_OTHER:
        return Unusable(sentence=_SPOTIFY_OTHER[kind])
    if not _SPOTIFY_ID.fullmatch(given):
        return Unusable(sentence=_SPOTIFY_UNKNOWN)
    if kind == "track":
        return _spotify_track(given)
    if kind in _SPOTIFY_LISTS:
        url = f"https://open.spotify.com/{kind}/{given}"
        return CollectionLink(service=Service.SPOTIFY, url=url, id=given, kind=_SPOTIFY_LISTS[kind])
    return Unusable(sentence=_SPOTIFY_UNKNOWN)


def _spotify_track(track_id: str) -> TrackLink:
    return TrackLink(service=Service.SPOTIFY, url=f"https://open.spotify.com/track/{track_id}", id=track_id)


# --- SoundCloud ------------------------------------------------------------------------------------------------------

_SITE = "https://soundcloud.com"
_API = "https://api-v2.soundcloud.com"
_NAME = r"[\w:%.-]+"
_SET_PATH = re.compile(rf"/(?P<name>{_NAME}/sets/{_NAME})(?P<key>/s-\w+)?")
_TRACK_PATH = re.compile(rf"/(?P<name>(?P<user>{_NAME})/(?P<track>{_NAME}))(?P<key>/s-\w+)?")
_LIKES_PATH = re.compile(rf"/(?P<user>{_NAME})/likes")
_API_PATH = re.compile(r"/tracks/(?:soundcloud(?::|%3A)tracks(?::|%3A))?(?P<id>\d+)", re.IGNORECASE)
_OF_NOBODY = frozenset(
    {"charts", "discover", "jobs", "library", "pages", "people", "search", "settings", "stations", "stream", "tags"}
    | {"upload", "you"}
)
"""First parts of a path that are no user's name."""
_ROOMS = frozenset(
    {"albums", "comments", "followers", "following", "likes", "popular-tracks", "reposts", "sets", "spotlight"}
    | {"toptracks", "tracks"}
)
"""Second parts of a path that name a list of a user's, not a track."""
_OWN_LIKES = (
    "soundcloud.com/you shows everybody their own page: put your user's name in its place "
    "(https://soundcloud.com/NAME/likes)."
)
_SOUNDCLOUD_UNKNOWN = (
    "That page on SoundCloud is neither a track, a set nor somebody's likes. Open the track or the set, and copy its "
    "address."
)


def soundcloud_address(parts: SplitResult) -> Link:
    """`https://soundcloud.com/…`. Names come in any case; the key of a private track or set does not."""
    path = parts.path.rstrip("/")
    if path.lower() == "/you" or path.lower().startswith("/you/"):
        return Unusable(sentence=_OWN_LIKES)
    if found := _SET_PATH.fullmatch(path):
        name = found["name"].lower()
        url = f"{_SITE}/{name}{found['key'] or ''}"
        return CollectionLink(service=Service.SOUNDCLOUD, url=url, id=name, kind="set")
    if (found := _LIKES_PATH.fullmatch(path.lower())) and found["user"] not in _OF_NOBODY:
        user = found["user"]
        return CollectionLink(service=Service.SOUNDCLOUD, url=f"{_SITE}/{user}/likes", id=user, kind="likes")
    found = _TRACK_PATH.fullmatch(path)
    if not found or found["user"].lower() in _OF_NOBODY or found["track"].lower() in _ROOMS:
        return Unusable(sentence=_SOUNDCLOUD_UNKNOWN)
    return TrackLink(service=Service.SOUNDCLOUD, url=f"{_SITE}/{found['name'].lower()}{found['key'] or ''}")


def soundcloud_api_address(parts: SplitResult) -> Link:
    """`https://api-v2.soundcloud.com/tracks/…`, which is all that a long set tells of most of its tracks."""
    found = _API_PATH.fullmatch(parts.path.rstrip("/"))
    if not found:
        return Unusable(sentence=_SOUNDCLOUD_UNKNOWN)
    key = parse_qs(parts.query).get("secret_token", [""])[0]
    secret = f"?secret_token={key}" if re.fullmatch(r"s-\w+", key) else ""
    url = f"{_API}/tracks/{found['id']}{secret}"
    return TrackLink(service=Service.SOUNDCLOUD, url=url, id=found["id"])


# --- YouTube ---------------------------------------------------------------------------------------------------------

_VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_LIST_ID = re.compile(r"[0-9A-Za-z_-]{2,}")
_VIDEO_PATH = re.compile(r"/(?:shorts|embed|live|v)/(?P<id>[0-9A-Za-z_-]{11})/?")
_YOUTUBE_UNKNOWN = (
    "That page on YouTube is neither a video nor a playlist. Open the video or the playlist, and copy the link with "
    "Share."
)
_MIX = "YouTube makes a mix up anew for everybody who opens it. Give the link of one of its videos, or of a playlist."


def youtu_be_address(parts: SplitResult) -> Link:
    """`https://youtu.be/…`"""
    return _video(parts.path.strip("/")) or Unusable(sentence=_YOUTUBE_UNKNOWN)


def youtube_address(parts: SplitResult) -> Link:
    """`https://www.youtube.com/…`. A video within a playlist is the video."""
    query = parse_qs(parts.query)
    found = _VIDEO_PATH.fullmatch(parts.path)
    if video := _video(found["id"] if found else query.get("v", [""])[0]):
        return video
    list_id = query.get("list", [""])[0]
    if parts.path.rstrip("/") not in ("/playlist", "/watch") or not _LIST_ID.fullmatch(list_id):
        return Unusable(sentence=_YOUTUBE_UNKNOWN)
    if list_id.startswith("RD") and not list_id.startswith("RDCLAK"):
        return Unusable(sentence=_MIX)
    url = f"https://www.youtube.com/playlist?list={list_id}"
    return CollectionLink(service=Service.YOUTUBE, url=url, id=list_id, kind="playlist")


def _video(given: str) -> TrackLink | None:
    if not _VIDEO_ID.fullmatch(given):
        return None
    return TrackLink(service=Service.YOUTUBE, url=f"https://www.youtube.com/watch?v={given}", id=given)
