"""The routes: `youtubei/v1`, the media hosts and the covers."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.encoded import Encoded
from integrations.sandbox.server import Request, Response
from integrations.sandbox.youtube import shapes
from integrations.sandbox.youtube.state import Trouble, YouTubePlaylist, YouTubeVideo

_SEARCH_PAGE = 20
_LIST_PAGE = 100
_WITH_UNAVAILABLE = "wgYCCAA="
"""The parameter by which a playlist shows its private and deleted videos too."""
_WORDS = re.compile(r"\w+")


@dataclass(slots=True)
class YouTubeTwin:
    """The service. Searches find videos in the order in which they were added."""

    name: str = "youtube"
    bot_check: bool = False
    """Asks every player request to prove that it is no robot."""
    _videos: dict[str, YouTubeVideo] = field(default_factory=dict)
    _playlists: dict[str, YouTubePlaylist] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_video(
        self,
        video_id: str,
        title: str,
        *,
        channel: str,
        duration_s: float,
        encodings: Sequence[Encoded] = (),
        **more: Any,
    ) -> YouTubeVideo:
        """A new video; `more` are further fields of `YouTubeVideo`. Raises ValueError for an id that is none."""
        if not re.fullmatch(r"[\w-]{11}", video_id):
            raise ValueError(f"{video_id!r} is no YouTube id: it takes eleven letters, digits, `-` or `_`")
        video = YouTubeVideo(
            id=video_id, title=title, channel=channel, duration_s=duration_s, encodings=tuple(encodings), **more
        )
        with self._lock:
            self._videos[video_id] = video
        return video

    def take_down(self, video_id: str) -> None:
        """Nobody finds it any more."""
        with self._lock:
            del self._videos[video_id]

    def add_playlist(self, list_id: str, title: str, videos: Sequence[YouTubeVideo], channel: str) -> YouTubePlaylist:
        """A new playlist."""
        playlist = YouTubePlaylist(id=list_id, title=title, channel=channel, videos=list(videos))
        with self._lock:
            self._playlists[list_id] = playlist
        return playlist

    def answer(self, request: Request) -> Response:
        host = request.host.partition(":")[0]
        with self._lock:
            if host == "www.youtube.com" and request.method == "POST":
                return self._innertube(request)
            if host.endswith(".googlevideo.com") and request.path == "/videoplayback":
                return self._media(request)
            if host == "i.ytimg.com":
                return self._cover(request)
            return _error(404)

    def _innertube(self, request: Request) -> Response:
        asked = request.json()
        if not asked.get("context", {}).get("client", {}).get("clientName"):
            return _error(400)
        if request.path == "/youtubei/v1/search":
            return Response.of_json(shapes.results(self._found(str(asked.get("query", "")))))
        if request.path == "/youtubei/v1/player":
            return Response.of_json(self._player(str(asked.get("videoId", ""))))
        if request.path == "/youtubei/v1/next":
            return Response.of_json(shapes.watch_page(self._videos.get(str(asked.get("videoId", "")))))
        if request.path == "/youtubei/v1/navigation/resolve_url":
            return self._resolve(str(asked.get("url", "")))
        if request.path == "/youtubei/v1/browse":
            return Response.of_json(self._browse(asked))
        return _error(404)

    def _resolve(self, url: str) -> Response:
        found = re.fullmatch(r"https://www\.youtube\.com/playlist\?list=([\w-]+)", url)
        return Response.of_json(shapes.endpoint_of_list(found[1])) if found else _error(404)

    def _found(self, query: str) -> list[YouTubeVideo]:
        """Videos that share at least half of the query's words."""
        wanted = _words(query)
        return [
            video
            for video in self._videos.values()
            if 2 * len(wanted & _words(f"{video.title} {video.channel}")) >= max(1, len(wanted))
        ][:_SEARCH_PAGE]

    def _player(self, video_id: str) -> dict[str, Any]:
        video = self._videos.get(video_id)
        trouble: Trouble | None = "unavailable" if video is None else "bot" if self.bot_check else video.trouble
        return shapes.player(video_id, video, trouble)

    def _browse(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A page of a playlist. A continuation is `id:offset`."""
        list_id, _, offset = str(asked.get("continuation", "")).rpartition(":")
        list_id = list_id or str(asked.get("browseId", "")).removeprefix("VL")
        playlist = self._playlists.get(list_id)
        if playlist is None:
            return shapes.no_list()
        shows_all = bool(offset) or asked.get("params") == _WITH_UNAVAILABLE
        lines = [video for video in playlist.videos if shows_all or video.trouble not in ("private", "unavailable")]
        start = int(offset or 0)
        end = start + _LIST_PAGE
        following = f"{list_id}:{end}" if end < len(lines) else None
        if offset:
            return shapes.list_continued(lines[start:end], following)
        return shapes.list_page(playlist, lines[:end], following)

    def _media(self, request: Request) -> Response:
        video = self._videos.get(request.query.get("id", ""))
        for encoding in video.encodings if video else ():
            if str(shapes.itag(encoding)) == request.query.get("itag"):
                return Response.of_bytes(encoding.data, encoding.mime, request)
        return Response(403)

    def _cover(self, request: Request) -> Response:
        found = re.fullmatch(r"/vi/([\w-]{11})/hqdefault\.jpg", request.path)
        video = self._videos.get(found[1]) if found else None
        if video is None or video.cover_jpeg is None:
            return _error(404)
        return Response.of_bytes(video.cover_jpeg, "image/jpeg")


def _error(status: int) -> Response:
    return Response.of_json({"error": {"code": status, "message": "Requested entity was not found."}}, status)


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))
