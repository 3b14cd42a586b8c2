"""Spotify, on spotipy: a log-in that never asks, sources of tracks and a catalogue."""

from integrations.spotify.albums import SpotifyAlbum
from integrations.spotify.catalogue import SpotifyCatalogue
from integrations.spotify.liked import SpotifyLiked
from integrations.spotify.playing import SpotifyPlaying
from integrations.spotify.playlists import SpotifyPlaylist
from integrations.spotify.search import SpotifySearch
from integrations.spotify.session import SpotifySession

__all__ = [
    "SpotifyAlbum",
    "SpotifyCatalogue",
    "SpotifyLiked",
    "SpotifyPlaying",
    "SpotifyPlaylist",
    "SpotifySearch",
    "SpotifySession",
]
