"""SoundCloud and YouTube on loopback, with real audio in them, for the tests of everything that goes through yt-dlp."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from daemon.models import Fetched
from integrations.sandbox import music
from integrations.sandbox.encoded import Encoded
from integrations.sandbox.faults import Faults
from integrations.sandbox.media import MediaTwin, system_of
from integrations.sandbox.server import Authority, Logged, RequestLog, Server
from integrations.sandbox.soundcloud import SoundCloudTrack, SoundCloudTwin, SoundCloudUser
from integrations.sandbox.youtube import EXTRACTOR_ARGS, YouTubeTwin, YouTubeVideo
from integrations.ytdlp.fetching import fetch_audio
from integrations.ytdlp.options import Access

DURATION_S = 12.0
"""Of every recording here, as it sounds; the services may claim another."""


@functools.cache
def encoded(encoding: music.Encoding) -> Encoded:
    """The one recording of these tests, as real audio."""
    piece = music.Piece(title="Test", artist="Tests", bpm=124, key_name="Am", duration_s=DURATION_S, seed=7)
    return Encoded.of(music.encode(music.play(piece), 48_000, encoding), encoding)


@dataclass(slots=True, kw_only=True)
class MediaWorld:
    """Both services behind their proxy, and the way to them."""

    twin: MediaTwin
    faults: Faults
    log: RequestLog
    access: Access
    artist: SoundCloudUser
    listener: SoundCloudUser

    @property
    def soundcloud(self) -> SoundCloudTwin:
        return self.twin.soundcloud

    @property
    def youtube(self) -> YouTubeTwin:
        return self.twin.youtube

    def upload(self, title: str = "Night Bus", **more: Any) -> SoundCloudTrack:
        """A track by `artist` on SoundCloud, 200 s long by its page."""
        more = {"duration_s": 200.0, "encodings": [encoded("mp3")], **more}
        return self.soundcloud.add_track(self.artist, title, **more)

    def video(self, video_id: str = "nightbus_01", title: str = "Night Bus", **more: Any) -> YouTubeVideo:
        """A video on YouTube."""
        more = {"channel": "Nocturne", "duration_s": 200.0, "encodings": [encoded("opus"), encoded("m4a")], **more}
        return self.youtube.add_video(video_id, title, **more)

    def fetch(self, what: SoundCloudTrack | YouTubeVideo, into: Path, **changes: Any) -> Fetched:
        """`fetch_audio` as the child process calls it."""
        service = "soundcloud" if isinstance(what, SoundCloudTrack) else "youtube"
        return fetch_audio(
            url=what.url,
            service=service,
            into=str(into),
            access=asdict(replace(self.access, **changes)),
            progress=lambda _fraction, _words: None,
        )

    def asked(self) -> list[str]:
        """The requests so far: `GET api-v2.soundcloud.com/resolve`."""
        return [f"{line.method} {line.host}{line.path}" for line in self.log.of()]

    def media_requests(self) -> list[Logged]:
        """Requests for audio."""
        return [line for line in self.log.of() if "media" in line.host or "video" in line.path]


@contextmanager
def media_world() -> Iterator[MediaWorld]:
    twin, faults, log = MediaTwin(), Faults(), RequestLog()
    with Server(twin, faults=faults, log=log, authority=Authority(), system_of=system_of) as server:
        yield MediaWorld(
            twin=twin,
            faults=faults,
            log=log,
            access=Access(
                proxy=server.url, insecure=True, extractor_args=EXTRACTOR_ARGS, timeout_s=10, retry_pause_s=0
            ),
            artist=twin.soundcloud.add_user("nocturne", "Nocturne"),
            listener=twin.soundcloud.add_user("me"),
        )
