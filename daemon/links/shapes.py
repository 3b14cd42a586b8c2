"""The kinds of link. Two texts that mean the same thing are equal links; reading a link's own `url` or `path` gives the
same link again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from daemon.models import Service, TrackRef

FOUND_BY_HAND = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLink:
    """One track at a service."""

    service: Service
    url: str
    id: str | None = None
    """As the service calls it; None where its address does not tell."""

    def ref(self, found_in: str = FOUND_BY_HAND) -> TrackRef:
        """What a source would have offered. Where the id is not told, the address stands for it, as it does in rows
        of Notion's."""
        return TrackRef(service=self.service, id=self.id or self.url, url=self.url, found_in=found_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionLink:
    """Several tracks at a service, in an order."""

    service: Service
    url: str
    id: str
    kind: Literal["album", "playlist", "set", "likes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLink:
    """A link that must be asked where it leads."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLink:
    """Any other page; yt-dlp may know it."""

    url: str

    def ref(self, found_in: str = FOUND_BY_HAND) -> TrackRef:
        """The one track of that page."""
        return TrackRef(service=Service.WEB, id=self.url, url=self.url, found_in=found_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file on this machine."""

    path: Path
    """Absolute, symbolic links resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLink:
    """A folder on this machine."""

    path: Path
    """Absolute, symbolic links resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Nothing that can be taken; says why, and what to give instead."""

    sentence: str


Link = TrackLink | CollectionLink | ShortLink | WebLink | FileLink | FolderLink | Unusable
