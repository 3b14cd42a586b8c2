"""What there is on the sandbox's SoundCloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from integrations.sandbox.encoded import Encoded

SITE = "https://soundcloud.com"
PREVIEW_S = 30

Access = Literal["full", "preview", "protected", "blocked"]
"""`preview`: Go+ only, 30 s for everybody else. `protected`: encrypted streams only. `blocked`: not in this country."""


@dataclass(slots=True, kw_only=True)
class SoundCloudUser:
    """Somebody with a profile page."""

    id: int
    permalink: str
    username: str

    @property
    def url(self) -> str:
        return f"{SITE}/{self.permalink}"


@dataclass(slots=True, kw_only=True)
class SoundCloudTrack:
    """An upload. Fields may be changed while the twin serves."""

    id: int
    user: SoundCloudUser
    permalink: str
    title: str
    duration_s: float
    encodings: tuple[Encoded, ...]
    """The streams; the first is also what a preview is of."""
    artist: str | None = None
    """The publisher's word on who it is by, where that is not the uploader."""
    genre: str | None = None
    original: Encoded | None = None
    """What the uploader offers for download."""
    preview: Encoded | None = None
    artwork_jpeg: bytes | None = None
    access: Access = "full"
    status: int = 200
    """What its page answers: 404 gone, 403 private, 401 for signed-in listeners only."""

    @property
    def url(self) -> str:
        return f"{self.user.url}/{self.permalink}"


@dataclass(slots=True, kw_only=True)
class SoundCloudPlaylist:
    """A set; among the likes it stands beside the tracks. Fields may be changed while the twin serves."""

    id: int
    user: SoundCloudUser
    permalink: str
    title: str
    tracks: list[SoundCloudTrack] = field(default_factory=list)
    secret: str | None = None
    """The key of a private set, `s-…`: part of its address."""
    status: int = 200
    """What its page answers."""

    @property
    def url(self) -> str:
        public = f"{self.user.url}/sets/{self.permalink}"
        return public if self.secret is None else f"{public}/{self.secret}"


Liked = SoundCloudTrack | SoundCloudPlaylist | None
"""None: the track was deleted, the like is still there."""


@dataclass(slots=True)
class Like:
    """A line of somebody's likes."""

    serial: int
    """Grows with every like, so that a page can say where the next one begins whatever was liked in between."""
    what: Liked


def preview_of(track: SoundCloudTrack) -> Encoded:
    """What those hear who have not paid: the beginning of the first stream, unless the track has a preview of its
    own."""
    whole = track.encodings[0]
    return track.preview or whole.cut_to(int(len(whole.data) * min(1.0, PREVIEW_S / track.duration_s)))
