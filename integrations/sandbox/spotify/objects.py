"""The objects of Spotify's Web API, in full, as its reference draws them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from daemon.models import Json

_API = "https://api.spotify.com/v1"
_WEB = "https://open.spotify.com"
_IMAGES = "https://i.scdn.co/image"
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_LENGTH = 22
_PRECISIONS = ("year", "month", "day")
LISTENER = "sandbox-listener"
"""The person who is logged in."""


def spotify_id(seed: str) -> str:
    """An id of Spotify's form; the same for the same words."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits.append(_BASE62[digit])
    return "".join(digits)


def track_object(
    title: str,
    artists: Sequence[str],
    *,
    id: str | None = None,
    album: str = "Sandbox Sessions",
    isrc: str | None = None,
    duration_ms: int = 212_000,
    release_date: str = "2024-03-01",
    artwork_url: str | None = None,
) -> Json:
    """A track in full. Without `isrc`, it is one of those answers that lack it. Without `artwork_url`, the pictures
    have addresses of Spotify's form, where nobody answers."""
    credits = [_artist(name) for name in artists]
    own_id = id or spotify_id(f"{title} / {artists}")
    return {
        "album": _album(album, credits, release_date, artwork_url),
        "artists": credits,
        "available_markets": ["DE", "GB", "US"],
        "disc_number": 1,
        "duration_ms": duration_ms,
        "explicit": False,
        "external_ids": {"isrc": isrc} if isrc else {},
        **_addresses("track", own_id),
        "is_local": False,
        "is_playable": True,
        "name": title,
        "popularity": 42,
        "preview_url": None,
        "track_number": 1,
    }


def local_file_object(title: str, artist: str, *, duration_ms: int = 180_000) -> Json:
    """A file from the person's own disk, played in Spotify: it has no id at all."""
    nameless: Json = {"external_urls": {}, "href": None, "id": None}
    return {
        "album": {
            **nameless,
            "album_type": None,
            "artists": [],
            "images": [],
            "name": "",
            "type": "album",
            "uri": None,
        },
        "artists": [{**nameless, "name": artist, "type": "artist", "uri": None}],
        "available_markets": [],
        "disc_number": 0,
        "duration_ms": duration_ms,
        "explicit": False,
        "external_ids": {},
        "external_urls": {},
        "href": None,
        "id": None,
        "is_local": True,
        "name": title,
        "popularity": 0,
        "preview_url": None,
        "track_number": 0,
        "type": "track",
        "uri": f"spotify:local:{artist}::{title}:{duration_ms // 1000}".replace(" ", "+"),
    }


def episode_object(title: str, *, duration_ms: int = 3_600_000) -> Json:
    """An episode of a podcast."""
    return {
        "description": "",
        "duration_ms": duration_ms,
        "explicit": False,
        "images": _images(title, None),
        "is_externally_hosted": False,
        "is_playable": True,
        "languages": ["en"],
        "name": title,
        "release_date": "2024-03-01",
        "release_date_precision": "day",
        **_addresses("episode", spotify_id(title)),
    }


def saved_track(track: Json | None, added_at: str) -> Json:
    """A line of the liked tracks. Spotify answers a null track where it has withdrawn one."""
    return {"added_at": added_at, "track": track}


def playlist_line(item: Json | None, added_at: str | None) -> Json:
    """A line of a playlist: a track, an episode, a local file, or null where Spotify has withdrawn it. What it is about
    stands under `item` since February 2026; `track` says the same for a while yet."""
    return {
        "added_at": added_at,
        "added_by": user_object(LISTENER),
        "is_local": bool(item and item.get("is_local")),
        "item": item,
        "primary_color": None,
        "track": item,
        "video_thumbnail": {"url": None},
    }


def playlist_object(id_: str, name: str, *, owner: str, public: bool, snapshot_id: str) -> Json:
    """A playlist without its lines, which is all that anybody but its people are told."""
    return {
        "collaborative": False,
        "description": "",
        "images": _images(name, None),
        "name": name,
        "owner": {"display_name": owner, **user_object(owner)},
        "primary_color": None,
        "public": public,
        "snapshot_id": snapshot_id,
        **_addresses("playlist", id_),
    }


def user_object(name: str) -> Json:
    """A person, as playlists name them."""
    return {
        "external_urls": {"spotify": f"{_WEB}/user/{name}"},
        "href": f"{_API}/users/{name}",
        "id": name,
        "type": "user",
        "uri": f"spotify:user:{name}",
    }


def linked(track: Json, asked_id: str) -> Json:
    """The track as it is answered to somebody who asked for `asked_id`, which Spotify has relinked to it."""
    return {**track, "linked_from": _addresses("track", asked_id)}


def simplified(track: Json) -> Json:
    """The track as it stands on its album's page."""
    left_out = ("album", "external_ids", "popularity")
    return {name: value for name, value in track.items() if name not in left_out}


def _addresses(kind: str, id_: str) -> Json:
    return {
        "external_urls": {"spotify": f"{_WEB}/{kind}/{id_}"},
        "href": f"{_API}/{kind}s/{id_}",
        "id": id_,
        "type": kind,
        "uri": f"spotify:{kind}:{id_}",
    }


def _artist(name: str) -> Json:
    return {"name": name, **_addresses("artist", spotify_id(name))}


def _album(name: str, artists: list[Json], release_date: str, artwork_url: str | None) -> Json:
    return {
        "album_type": "album",
        "artists": artists,
        "available_markets": ["DE", "GB", "US"],
        "images": _images(name, artwork_url),
        "name": name,
        "release_date": release_date,
        "release_date_precision": _PRECISIONS[release_date.count("-")],
        "total_tracks": 8,
        **_addresses("album", spotify_id(f"{name} / {artists}")),
    }


def _images(name: str, artwork_url: str | None) -> list[Json]:
    if artwork_url:
        return [{"url": artwork_url, "width": 640, "height": 640}]
    stem = hashlib.sha256(name.encode()).hexdigest()[:40]
    return [{"url": f"{_IMAGES}/{size:04d}{stem}", "width": size, "height": size} for size in (640, 300, 64)]
