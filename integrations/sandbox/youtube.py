"""YouTube as yt-dlp's extractors see it: `youtubei/v1` search, player and next, the googlevideo media hosts, covers.

It speaks to a client that was told to skip the web page, the configurations and the player's JavaScript
(`youtube:player_client=visionos;player_skip=webpage,configs,js`): those are not imitated, and answer 404.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from integrations.sandbox.encoded import Encoded
from integrations.sandbox.server import Request, Response

EXTRACTOR_ARGS = "youtube:player_client=visionos;player_skip=webpage,configs,js youtubetab:skip=webpage"
"""What `YTDLP_EXTRACTOR_ARGS` has to say for yt-dlp to be content with this twin."""

Trouble = Literal["unavailable", "private", "age", "region", "drm", "later", "bot"]
"""Why a video does not play. `later`: the session asked too often. `bot`: prove that you are none."""

_SEARCH_PAGE = 20
_WORDS = re.compile(r"\w+")


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


@dataclass(slots=True)
class YouTubeTwin:
    """The service. Searches find videos in the order in which they were added."""

    name: str = "youtube"
    bot_check: bool = False
    """Asks every player request to prove that it is no robot."""
    _videos: dict[str, YouTubeVideo] = field(default_factory=dict)
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
            return Response.of_json(_results(self._found(str(asked.get("query", "")))))
        if request.path == "/youtubei/v1/player":
            return Response.of_json(self._player(str(asked.get("videoId", ""))))
        if request.path == "/youtubei/v1/next":
            return Response.of_json(_next(self._videos.get(str(asked.get("videoId", "")))))
        return _error(404)

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
        if video is None or trouble not in (None, "drm"):
            return {
                "playabilityStatus": _PLAYABILITY[trouble or "unavailable"],
                "videoDetails": {"videoId": video_id},
                "microformat": {"playerMicroformatRenderer": {"availableCountries": ["DE", "FR"]}},
            }
        return {
            "playabilityStatus": {"status": "OK"},
            "videoDetails": _details(video),
            "streamingData": _streams(video),
        }

    def _media(self, request: Request) -> Response:
        video = self._videos.get(request.query.get("id", ""))
        for encoding in video.encodings if video else ():
            if str(_itag(encoding)) == request.query.get("itag"):
                return Response.of_bytes(encoding.data, encoding.mime, request)
        return Response(403)

    def _cover(self, request: Request) -> Response:
        found = re.fullmatch(r"/vi/([\w-]{11})/hqdefault\.jpg", request.path)
        video = self._videos.get(found[1]) if found else None
        if video is None or video.cover_jpeg is None:
            return _error(404)
        return Response.of_bytes(video.cover_jpeg, "image/jpeg")


def _status(status: str, reason: str, subreason: str = "") -> dict[str, Any]:
    screen: dict[str, Any] = {"reason": {"simpleText": reason}}
    if subreason:
        screen["subreason"] = {"simpleText": subreason}
    return {"status": status, "reason": reason, "errorScreen": {"playerErrorMessageRenderer": screen}}


_PLAYABILITY: dict[str, dict[str, Any]] = {
    "unavailable": _status("ERROR", "Video unavailable", "This video is no longer available"),
    "private": _status("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video"),
    "age": _status("LOGIN_REQUIRED", "Sign in to confirm your age", "This video may be inappropriate for some users."),
    "region": _status(
        "UNPLAYABLE", "Video unavailable", "The uploader has not made this video available in your country"
    ),
    "later": _status("UNPLAYABLE", "This content isn't available, try again later"),
    "bot": _status("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot"),
}


def _error(status: int) -> Response:
    return Response.of_json({"error": {"code": status, "message": "Requested entity was not found."}}, status)


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def _channel_id(channel: str) -> str:
    return "UC" + (re.sub(r"\W", "", channel, flags=re.ASCII) + "a" * 22)[:22]


def _itag(encoding: Encoded) -> int:
    return 251 if encoding.codec == "opus" else 140


def _clock(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _byline(channel: str) -> dict[str, Any]:
    return {"runs": [{"text": channel, "navigationEndpoint": {"browseEndpoint": {"browseId": _channel_id(channel)}}}]}


def _badges(video: YouTubeVideo) -> list[dict[str, Any]]:
    if not video.verified:
        return []
    return [
        {"metadataBadgeRenderer": {"style": "BADGE_STYLE_TYPE_VERIFIED_ARTIST", "tooltip": "Official Artist Channel"}}
    ]


def _results(videos: Sequence[YouTubeVideo]) -> dict[str, Any]:
    section = {"itemSectionRenderer": {"contents": [_renderer(video) for video in videos]}}
    listing = {"sectionListRenderer": {"contents": [section]}}
    return {"contents": {"twoColumnSearchResultsRenderer": {"primaryContents": listing}}}


def _renderer(video: YouTubeVideo) -> dict[str, Any]:
    renderer = {
        "videoId": video.id,
        "title": {"runs": [{"text": video.title}]},
        "shortBylineText": _byline(video.channel),
        "ownerText": _byline(video.channel),
        "ownerBadges": _badges(video),
        "viewCountText": {"simpleText": f"{video.views:,} views"},
    }
    if video.live:
        overlay = {"style": "LIVE", "text": {"runs": [{"text": "LIVE"}]}}
        renderer["thumbnailOverlays"] = [{"thumbnailOverlayTimeStatusRenderer": overlay}]
        renderer["badges"] = [{"metadataBadgeRenderer": {"style": "BADGE_STYLE_TYPE_LIVE_NOW", "label": "LIVE"}}]
    else:
        renderer["lengthText"] = {"simpleText": _clock(video.duration_s)}
    return {"videoRenderer": renderer}


def _details(video: YouTubeVideo) -> dict[str, Any]:
    thumbnails = []
    if video.cover_jpeg is not None:
        address = f"https://i.ytimg.com/vi/{video.id}/hqdefault.jpg"
        thumbnails.append({"url": address, "width": 480, "height": 360})
    return {
        "videoId": video.id,
        "title": video.title,
        "lengthSeconds": str(round(video.duration_s)),
        "channelId": _channel_id(video.channel),
        "author": video.channel,
        "shortDescription": video.description if video.art is None else _art_description(video.art),
        "viewCount": str(video.views),
        "isLive": video.live,
        "isLiveContent": video.live,
        "isPrivate": False,
        "thumbnail": {"thumbnails": thumbnails},
    }


def _art_description(art: ArtTrack) -> str:
    """The words that YouTube generates for an Art Track, line by line."""
    return "\n\n".join(
        (
            f"Provided to YouTube by {art.label}",
            " · ".join((art.track, *art.artists)),
            art.album,
            f"℗ {art.release_date[:4]} {art.label}",
            f"Released on: {art.release_date}",
            "Auto-generated by YouTube.",
        )
    )


def _streams(video: YouTubeVideo) -> dict[str, Any]:
    protection: dict[str, Any] = {"drmFamilies": ["WIDEVINE"]} if video.trouble == "drm" else {}
    formats = [
        {
            "itag": _itag(encoding),
            "url": f"https://rr1---sn-sandbox.googlevideo.com/videoplayback?id={video.id}&itag={_itag(encoding)}",
            "mimeType": f'{encoding.mime}; codecs="{encoding.codec}"',
            "bitrate": encoding.bitrate_kbps * 1000,
            "averageBitrate": encoding.bitrate_kbps * 1000,
            "audioQuality": "AUDIO_QUALITY_MEDIUM",
            "audioSampleRate": "48000",
            "audioChannels": 2,
            "approxDurationMs": str(round(video.duration_s * 1000)),
            "contentLength": str(len(encoding.data)),
            **protection,
        }
        for encoding in video.encodings
    ]
    license_infos: dict[str, Any] = {"licenseInfos": [{"drmFamily": "WIDEVINE"}]} if protection else {}
    return {"expiresInSeconds": "21540", "adaptiveFormats": formats, **license_infos}


def _next(video: YouTubeVideo | None) -> dict[str, Any]:
    """The page around the player: only from here does yt-dlp learn the channel."""
    results: list[dict[str, Any]] = []
    if video is not None:
        owner = {"title": _byline(video.channel), "badges": _badges(video)}
        results.append({"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}})
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": results}}}}}
