"""Spotify on loopback: the accounts service and the Web API in one, as their paths do not collide.

`SPOTIFY_API_URL` is the server's address with `/v1/`, `SPOTIFY_ACCOUNTS_URL` the address itself.
"""

from integrations.sandbox.spotify.accounts import SCOPE, Accounts
from integrations.sandbox.spotify.objects import (
    episode_object,
    local_file_object,
    playlist_line,
    saved_track,
    spotify_id,
    track_object,
)
from integrations.sandbox.spotify.twin import Playing, Playlist, SpotifyTwin

__all__ = [
    "SCOPE",
    "Accounts",
    "Playing",
    "Playlist",
    "SpotifyTwin",
    "episode_object",
    "local_file_object",
    "playlist_line",
    "saved_track",
    "spotify_id",
    "track_object",
]
