"""A piece of audio as a media host stores it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

_KINDS = {
    "opus": ("audio/webm", "opus"),
    "m4a": ("audio/mp4", "mp4a.40.2"),
    "mp3": ("audio/mpeg", "mp3"),
    "flac": ("audio/flac", "flac"),
    "wav": ("audio/wav", "pcm"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One encoding of one recording: what a twin serves, and what the service says of it."""

    data: bytes
    mime: str
    """`audio/mpeg`, `audio/webm`, `audio/mp4`, `audio/wav` …"""
    codec: str
    """As services name it: `mp3`, `opus`, `mp4a.40.2`, `pcm`."""
    bitrate_kbps: int

    @staticmethod
    def of(data: bytes, encoding: Literal["opus", "m4a", "mp3", "flac", "wav"], bitrate_kbps: int = 128) -> Encoded:
        """What `music.encode` made."""
        mime, codec = _KINDS[encoding]
        return Encoded(data=data, mime=mime, codec=codec, bitrate_kbps=bitrate_kbps)

    @property
    def extension(self) -> str:
        """The ending of its address, without a dot."""
        kind = self.mime.partition("/")[2].removeprefix("x-")
        return {"mpeg": "mp3", "mp4": "m4a"}.get(kind, kind)

    def cut_to(self, size: int) -> Encoded:
        """Its first bytes: what a preview is made of, where whole frames do not matter."""
        return replace(self, data=self.data[:size])
