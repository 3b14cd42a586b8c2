"""What there is on the sandbox's YouTube."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from integrations.sandbox.encoded import Encoded

EXTRACTOR_ARGS = "youtube:player_client=visionos;player_skip=webpage,configs,js youtubetab:skip=webpage"
"""What `YTDLP_EXTRACTOR_ARGS` has to say for yt-dlp to be content with this twin."""

Trouble = Literal["unavailable", "private", "age", "region", "drm", "later", "bot"]
"""Why a video does not play. `later`: the session asked too often. `bot`: prove that you are none."""


@dataclass(slots=True, kw_only=True)
class ArtTrack:
    """What a label told YouTube of a recording; makes the video an Art Track with a generated description."""

    track: str
    artists: tuple[str, ...]
    album: str
    release_date: str
    """ISO 8601."""
    label: str = "Sandbox Records"


@dataclass(slots=True, kw_only=True)
class YouTubeVideo:
    """A video. Fields may be changed while the twin serves."""

    id: str
    """Eleven characters."""
    title: str
    channel: str
    duration_s: float
    encodings: tuple[Encoded, ...] = ()
    views: int = 0
    verified: bool = False
    live: bool = False
    art: ArtTrack | None = None
    description: str = ""
    cover_jpeg: bytes | None = None
    trouble: Trouble | None = None

    @property
    def url(self) -> str:
        return f"https://www.youtube.com/watch?v={self.id}"


@dataclass(slots=True, kw_only=True)
class YouTubePlaylist:
    """A playlist. Fields may be changed while the twin serves."""

    id: str
    """`PL…`"""
    title: str
    channel: str
    videos: list[YouTubeVideo]

    @property
    def url(self) -> str:
        return f"https://www.youtube.com/playlist?list={self.id}"
