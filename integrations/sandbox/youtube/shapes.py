"""The JSON in which `youtubei/v1` speaks of videos, searches and playlists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from integrations.sandbox.encoded import Encoded
from integrations.sandbox.youtube.state import ArtTrack, Trouble, YouTubePlaylist, YouTubeVideo


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


_HIDDEN_TITLES = {"private": "[Private video]", "unavailable": "[Deleted video]"}
"""How the videos that a playlist cannot show stand in it, for those who ask for them."""


def player(video_id: str, video: YouTubeVideo | None, trouble: Trouble | None) -> dict[str, Any]:
    """What plays, or why nothing does."""
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


def _channel_id(channel: str) -> str:
    return "UC" + (re.sub(r"\W", "", channel, flags=re.ASCII) + "a" * 22)[:22]


def itag(encoding: Encoded) -> int:
    """YouTube's number of this kind of stream."""
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


def results(videos: Sequence[YouTubeVideo]) -> dict[str, Any]:
    """A page of a search."""
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


def endpoint_of_list(list_id: str) -> dict[str, Any]:
    """What the address of a playlist means to the browser."""
    return {"endpoint": {"browseEndpoint": {"browseId": f"VL{list_id}"}}}


def list_page(playlist: YouTubePlaylist, lines: Sequence[YouTubeVideo], following: str | None) -> dict[str, Any]:
    """A playlist's first lines; `following` asks for more."""
    listing = {"playlistId": playlist.id, "contents": _lines(lines, following)}
    section = {"itemSectionRenderer": {"contents": [{"playlistVideoListRenderer": listing}]}}
    tab = {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}
    return {
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
        "metadata": {"playlistMetadataRenderer": {"title": playlist.title}},
        "header": {"playlistHeaderRenderer": {"playlistId": playlist.id, "ownerText": _byline(playlist.channel)}},
    }


def list_continued(lines: Sequence[YouTubeVideo], following: str | None) -> dict[str, Any]:
    """A playlist's further lines."""
    return {
        "onResponseReceivedActions": [
            {"appendContinuationItemsAction": {"continuationItems": _lines(lines, following)}}
        ]
    }


def no_list() -> dict[str, Any]:
    """What is said, with status 200, of a playlist that is not there."""
    text = {"runs": [{"text": "The playlist does not exist."}]}
    return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": text}}]}


def _lines(videos: Sequence[YouTubeVideo], following: str | None) -> list[dict[str, Any]]:
    lines = [{"playlistVideoRenderer": _line(video)} for video in videos]
    if following is None:
        return lines
    more = {"continuationEndpoint": {"continuationCommand": {"token": following}}}
    return [*lines, {"continuationItemRenderer": more}]


def _line(video: YouTubeVideo) -> dict[str, Any]:
    hidden = _HIDDEN_TITLES.get(video.trouble or "")
    if hidden:
        return {"videoId": video.id, "title": {"simpleText": hidden}, "isPlayable": False}
    return {
        "videoId": video.id,
        "title": {"runs": [{"text": video.title}]},
        "shortBylineText": _byline(video.channel),
        "lengthText": {"simpleText": _clock(video.duration_s)},
        "lengthSeconds": str(round(video.duration_s)),
        "isPlayable": True,
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
            "itag": itag(encoding),
            "url": f"https://rr1---sn-sandbox.googlevideo.com/videoplayback?id={video.id}&itag={itag(encoding)}",
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


def watch_page(video: YouTubeVideo | None) -> dict[str, Any]:
    """The page around the player: only from here does yt-dlp learn the channel."""
    results: list[dict[str, Any]] = []
    if video is not None:
        owner = {"title": _byline(video.channel), "badges": _badges(video)}
        results.append({"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}})
    return {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": results}}}}}
