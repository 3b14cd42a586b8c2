"""Spotify, on spotipy: a log-in that never asks, two track sources and a catalogue."""

from integrations.spotify.session import SpotifySession
from integrations.spotify.sources import SpotifyCatalogue, SpotifyLiked, SpotifyPlaying

__all__ = ["SpotifyCatalogue", "SpotifyLiked", "SpotifyPlaying", "SpotifySession"]
