"""The JSON in which `api-v2` speaks of users, tracks and likes."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.encoded import Encoded
from integrations.sandbox.soundcloud.state import (
    PREVIEW_S,
    Like,
    SoundCloudPlaylist,
    SoundCloudTrack,
    SoundCloudUser,
    preview_of,
)

API = "https://api-v2.soundcloud.com"
_TOLD_IN_FULL = 5


def user_json(user: SoundCloudUser) -> dict[str, Any]:
    """A profile."""
    return {
        "id": user.id,
        "kind": "user",
        "permalink": user.permalink,
        "permalink_url": user.url,
        "username": user.username,
        "avatar_url": None,
    }


def set_json(playlist: SoundCloudPlaylist) -> dict[str, Any]:
    """A set's page: its first tracks in full, of the others little more than the ids."""
    told, hinted = playlist.tracks[:_TOLD_IN_FULL], playlist.tracks[_TOLD_IN_FULL:]
    hints = [
        {"id": track.id, "kind": "track", "monetization_model": "NOT_APPLICABLE", "policy": _policy(track)}
        for track in hinted
    ]
    return {
        "id": playlist.id,
        "kind": "playlist",
        "title": playlist.title,
        "permalink": playlist.permalink,
        "permalink_url": playlist.url,
        "secret_token": playlist.secret,
        "is_album": False,
        "set_type": "",
        "track_count": len(playlist.tracks),
        "user": user_json(playlist.user),
        "tracks": [*(track_json(track) for track in told), *hints],
    }


def like_json(like: Like) -> dict[str, Any]:
    """A line of the likes."""
    what = like.what
    line: dict[str, Any] = {"created_at": "2026-11-01T00:00:00Z", "kind": "like"}
    if isinstance(what, SoundCloudPlaylist):
        described = {"id": what.id, "kind": "playlist", "title": what.title, "permalink_url": what.url}
        return {**line, "playlist": {**described, "user": user_json(what.user)}}
    return {**line, "track": None if what is None else track_json(what)}


def track_json(track: SoundCloudTrack) -> dict[str, Any]:
    """A track's page."""
    heard_s = min(PREVIEW_S, track.duration_s) if track.access == "preview" else track.duration_s
    artwork = None if track.artwork_jpeg is None else f"https://i1.sndcdn.com/artworks-{track.id}-large.jpg"
    return {
        "id": track.id,
        "kind": "track",
        "title": track.title,
        "permalink": track.permalink,
        "permalink_url": track.url,
        "user": user_json(track.user),
        "duration": int(heard_s * 1000),
        "full_duration": int(track.duration_s * 1000),
        "genre": track.genre,
        "tag_list": "",
        "description": "",
        "artwork_url": artwork,
        "created_at": "2026-01-01T00:00:00Z",
        "release_date": None,
        "publisher_metadata": {"artist": track.artist} if track.artist else None,
        "policy": _policy(track),
        "downloadable": track.original is not None,
        "has_downloads_left": track.original is not None,
        "media": {"transcodings": _transcodings(track)},
    }


def _policy(track: SoundCloudTrack) -> str:
    return {"preview": "SNIP", "blocked": "BLOCK"}.get(track.access, "ALLOW")


def _transcodings(track: SoundCloudTrack) -> list[dict[str, Any]]:
    base = f"{API}/media/soundcloud:tracks:{track.id}"
    if track.access == "blocked":
        return []
    if track.access == "protected":
        return [
            {
                "url": f"{base}/sandbox/stream/{protocol}",
                "preset": "aac_160k",
                "snipped": False,
                "format": {"protocol": protocol, "mime_type": 'audio/mp4; codecs="mp4a.40.2"'},
                "quality": "sq",
            }
            for protocol in ("ctr-encrypted-hls", "cbc-encrypted-hls")
        ]
    kind = "preview" if track.access == "preview" else "stream"
    sounds = (preview_of(track),) if track.access == "preview" else track.encodings
    return [
        {
            "url": f"{base}/{sound.codec}/{kind}/progressive",
            "preset": _preset(sound),
            "duration": int(track.duration_s * 1000),
            "snipped": track.access == "preview",
            "format": {"protocol": "progressive", "mime_type": _mime(sound)},
            "quality": "sq",
        }
        for sound in sounds
    ]


def _preset(sound: Encoded) -> str:
    if sound.codec.startswith("mp4a"):
        return f"aac_{sound.bitrate_kbps}k"
    return f"{sound.codec}_1_0"


def _mime(sound: Encoded) -> str:
    return sound.mime if sound.codec == "mp3" else f'{sound.mime}; codecs="{sound.codec}"'
