"""SoundCloud as yt-dlp's extractors see it. State is set from Python; every route answers only what a browser would
get, and anything that the extractors do not ask today is a 404.
"""

from integrations.sandbox.soundcloud.state import SoundCloudPlaylist, SoundCloudTrack, SoundCloudUser
from integrations.sandbox.soundcloud.twin import SoundCloudTwin

__all__ = ["SoundCloudPlaylist", "SoundCloudTrack", "SoundCloudTwin", "SoundCloudUser"]
