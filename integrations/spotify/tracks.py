"""From a track object of Spotify's to our own track. Pure."""

from __future__ import annotations

import re
from typing import Any

from daemon.models import Alias, Json, Service, Track, TrackRef
from integrations.spotify.answers import nonsense

_PAGE = "https://open.spotify.com/track"
_DATE = re.compile(r"[1-9]\d{3}(-\d\d(-\d\d)?)?")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")


def track_of(item: Json) -> Track:
    """Everything a track object says. Raises Unreachable when it is no track object."""
    own_id, title = item.get("id"), item.get("name")
    if not (isinstance(own_id, str) and own_id and isinstance(title, str)):
        raise nonsense("a track without an id or a name")
    album = _part(item, "album")
    duration_ms = item.get("duration_ms")
    return Track(
        title=title,
        artists=tuple(artist["name"] for artist in item.get("artists") or () if artist.get("name")),
        album=album.get("name") or None,
        duration_s=duration_ms / 1000 if duration_ms else None,
        isrc=_isrc(_part(item, "external_ids").get("isrc")),
        release_date=_date(album.get("release_date")),
        artwork_url=_largest(album.get("images") or []),
        aliases=_aliases(own_id, _part(item, "linked_from").get("id")),
        urls={Service.SPOTIFY: _part(item, "external_urls").get("spotify") or f"{_PAGE}/{own_id}"},
    )


def is_in_catalogue(item: Any) -> bool:
    """Whether this is a track that Spotify itself has: no episode, no file from the person's disk, not withdrawn."""
    return isinstance(item, dict) and item.get("type") == "track" and not item.get("is_local") and bool(item.get("id"))


def ref_of(item: Json, found_in: str) -> TrackRef:
    """A reference that carries all that was told already."""
    track = track_of(item)
    return TrackRef(
        service=Service.SPOTIFY, id=item["id"], url=track.urls[Service.SPOTIFY], found_in=found_in, told=track
    )


def is_complete(track: Track) -> bool:
    """Whether asking Spotify again could tell nothing that matters."""
    return bool(track.title and track.artists and track.isrc and track.duration_s)


def merged_aliases(*groups: tuple[Alias, ...]) -> tuple[Alias, ...]:
    """Every alias once, in order of appearance."""
    return tuple(dict.fromkeys(alias for group in groups for alias in group))


def _part(item: Json, name: str) -> Json:
    """A part that may be absent or null."""
    part = item.get(name)
    return part if isinstance(part, dict) else {}


def _isrc(text: str | None) -> str | None:
    code = (text or "").replace("-", "").strip().upper()
    return code if _ISRC.fullmatch(code) else None


def _date(text: str | None) -> str | None:
    return text if text and _DATE.fullmatch(text) else None


def _largest(images: list[Json]) -> str | None:
    """Spotify lists the largest first; sizes can be null."""
    if not images:
        return None
    url: str = max(images, key=lambda image: image.get("width") or 0)["url"]
    return url


def _aliases(*ids: str | None) -> tuple[Alias, ...]:
    return merged_aliases(tuple(Alias(service=Service.SPOTIFY, id=id_) for id_ in ids if id_))
