"""YouTube as yt-dlp's extractors see it: `youtubei/v1` search, player, next and browse, the googlevideo media hosts,
covers.

It speaks to a client that was told to skip the web page, the configurations and the player's JavaScript
(`EXTRACTOR_ARGS`): those are not imitated, and answer 404.
"""

from integrations.sandbox.youtube.state import EXTRACTOR_ARGS, ArtTrack, YouTubePlaylist, YouTubeVideo
from integrations.sandbox.youtube.twin import YouTubeTwin

__all__ = ["EXTRACTOR_ARGS", "ArtTrack", "YouTubePlaylist", "YouTubeTwin", "YouTubeVideo"]
