"""The routes: the web page with its client id, `api-v2`, `api-auth` and the media hosts."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.encoded import Encoded
from integrations.sandbox.server import Request, Response
from integrations.sandbox.soundcloud.shapes import API, like_json, set_json, track_json, user_json
from integrations.sandbox.soundcloud.state import (
    PREVIEW_S,
    SITE,
    Like,
    Liked,
    SoundCloudPlaylist,
    SoundCloudTrack,
    SoundCloudUser,
    preview_of,
)

CLIENT_ID = "sandboxsandboxsandboxsandbox1234"
_MEDIA = "https://cf-media.sndcdn.com"
_PREVIEW_MEDIA = "https://cf-preview-media.sndcdn.com"
_LARGEST_PAGE = 200


@dataclass(slots=True)
class SoundCloudTwin:
    """The service. Thread-safe where it is changed while it serves."""

    name: str = "soundcloud"
    page_size: int = _LARGEST_PAGE
    """The most that one page of likes holds; the real one stops at 200."""
    tokens: set[str] = field(default_factory=set)
    """OAuth tokens that are good."""
    refuses_robots: bool = True
    """Pages of likes are for browsers only (403), as the real one guards them."""
    _users: dict[str, SoundCloudUser] = field(default_factory=dict)
    _tracks: dict[int, SoundCloudTrack] = field(default_factory=dict)
    _playlists: list[SoundCloudPlaylist] = field(default_factory=list)
    _likes: dict[int, list[Like]] = field(default_factory=dict)
    _short_links: dict[str, str] = field(default_factory=dict)
    _last_id: int = 1000
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # --- state -------------------------------------------------------------------------------------------------------

    def add_user(self, permalink: str, username: str | None = None) -> SoundCloudUser:
        """A new profile under soundcloud.com/`permalink`."""
        with self._lock:
            user = SoundCloudUser(id=self._new_id(), permalink=permalink, username=username or permalink)
            self._users[permalink] = user
            self._likes[user.id] = []
            return user

    def add_track(
        self,
        user: SoundCloudUser,
        title: str,
        *,
        duration_s: float,
        encodings: Sequence[Encoded] = (),
        permalink: str | None = None,
        **more: Any,
    ) -> SoundCloudTrack:
        """A new upload; `more` are further fields of `SoundCloudTrack`."""
        with self._lock:
            track = SoundCloudTrack(
                id=self._new_id(),
                user=user,
                permalink=permalink or _slug(title),
                title=title,
                duration_s=duration_s,
                encodings=tuple(encodings),
                **more,
            )
            self._tracks[track.id] = track
            return track

    def add_playlist(
        self, user: SoundCloudUser, title: str, tracks: Sequence[SoundCloudTrack] = (), secret: str | None = None
    ) -> SoundCloudPlaylist:
        """A new set."""
        with self._lock:
            playlist = SoundCloudPlaylist(
                id=self._new_id(), user=user, permalink=_slug(title), title=title, tracks=list(tracks), secret=secret
            )
            self._playlists.append(playlist)
            return playlist

    def shorten(self, url: str) -> str:
        """A new short link that leads to `url`."""
        with self._lock:
            path = f"/{self._new_id():x}Sc"
            self._short_links[path] = url
            return f"https://on.soundcloud.com{path}"

    def like(self, user: SoundCloudUser, what: Liked) -> None:
        """`user` likes it now, so it is the newest."""
        with self._lock:
            self._likes[user.id].insert(0, Like(self._new_id(), what))

    def unlike(self, user: SoundCloudUser, what: Liked) -> None:
        """Takes a like back."""
        with self._lock:
            self._likes[user.id] = [like for like in self._likes[user.id] if like.what is not what]

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    # --- answers -----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        host = request.host.partition(":")[0]
        with self._lock:
            if host == "soundcloud.com" and request.path == "/":
                script = '<script crossorigin src="https://a-v2.sndcdn.com/assets/0-sandbox.js"></script>'
                return Response(200, script.encode(), (("Content-Type", "text/html; charset=utf-8"),))
            if host == "a-v2.sndcdn.com" and request.path == "/assets/0-sandbox.js":
                script = f'e.exports={{client_id:"{CLIENT_ID}",env:"production"}}'
                return Response(200, script.encode(), (("Content-Type", "application/javascript"),))
            if host == "on.soundcloud.com":
                return self._short_link(request)
            if host == "api-auth.soundcloud.com":
                return self._session(request)
            if host == "api-v2.soundcloud.com":
                return self._api(request)
            if host in ("cf-media.sndcdn.com", "cf-preview-media.sndcdn.com"):
                return self._media(request)
            if host == "i1.sndcdn.com":
                return self._artwork(request)
            return _not_found()

    def _short_link(self, request: Request) -> Response:
        url = self._short_links.get(request.path)
        return _not_found() if url is None else Response(302, b"", (("Location", url),))

    def _session(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/connect/session"):
            return _not_found()
        token = request.json().get("session", {}).get("access_token")
        return Response.of_json({"session": {"access_token": token}}) if token in self.tokens else _refused(401)

    def _api(self, request: Request) -> Response:
        if not self._may_ask(request):
            return _refused(401)
        if request.path == "/resolve":
            return self._resolve(request.query.get("url", ""))
        if request.path == "/tracks":
            return self._tracks_by_id(request)
        routes = (
            (r"/users/(\d+)/likes", self._likes_page),
            (r"/tracks/(\d+)", self._track_by_id),
            (r"/tracks/(\d+)/download", self._download),
            (r"/media/soundcloud:tracks:(\d+)/[^/]+/(?:stream|preview)/.+", self._stream),
        )
        for pattern, route in routes:
            if found := re.fullmatch(pattern, request.path):
                return route(int(found[1]), request)
        return _not_found()

    def _may_ask(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("OAuth ")
        return request.query.get("client_id") == CLIENT_ID and (not token or token in self.tokens)

    def _resolve(self, url: str) -> Response:
        parts = url.removeprefix(f"{SITE}/").split("/")
        if len(parts) == 1 and parts[0] in self._users:
            return Response.of_json(user_json(self._users[parts[0]]))
        if playlist := next((playlist for playlist in self._playlists if playlist.url == url), None):
            return Response.of_json(set_json(playlist)) if playlist.status == 200 else _refused(playlist.status)
        track = next((track for track in self._tracks.values() if track.url == url), None)
        return _not_found() if track is None else _track_answer(track)

    def _tracks_by_id(self, request: Request) -> Response:
        """Several at once; those that are gone or private are left out without a word."""
        wanted = [self._tracks.get(int(track_id)) for track_id in request.query.get("ids", "").split(",")]
        return Response.of_json([track_json(track) for track in wanted if track and track.status == 200])

    def _track_by_id(self, track_id: int, _request: Request) -> Response:
        return _track_answer(self._tracks[track_id]) if track_id in self._tracks else _not_found()

    def _likes_page(self, user_id: int, request: Request) -> Response:
        if self.refuses_robots and "sec-ch-ua" not in request.headers:
            return _refused(403)
        if user_id not in self._likes or request.query.get("linked_partitioning") != "1":
            return _not_found()
        limit = min(int(request.query.get("limit", "10")), self.page_size)
        before = int(request.query.get("offset", "0"))
        rest = [like for like in self._likes[user_id] if before == 0 or like.serial < before]
        page = rest[:limit]
        following = None
        if len(rest) > limit:
            following = f"{API}/users/{user_id}/likes?offset={page[-1].serial}&limit={limit}"
        return Response.of_json({"collection": [like_json(like) for like in page], "next_href": following})

    def _download(self, track_id: int, _request: Request) -> Response:
        track = self._tracks.get(track_id)
        if track is None or track.original is None:
            return _not_found()
        return Response.of_json(
            {"redirectUri": f"{_MEDIA}/original/{track.id}.{track.original.extension}?Policy=sandbox"}
        )

    def _stream(self, track_id: int, request: Request) -> Response:
        track = self._tracks.get(track_id)
        if track is None or track.access in ("protected", "blocked"):
            return _not_found()
        if "/preview/" in request.path:
            sound = preview_of(track)
            name = f"preview/0/{PREVIEW_S}/{track.id}.{sound.bitrate_kbps}.{sound.extension}"
            return Response.of_json({"url": f"{_PREVIEW_MEDIA}/{name}?Policy=sandbox"})
        codec = request.path.split("/")[3]
        known = {encoding.codec: encoding for encoding in track.encodings}
        if codec not in known:
            return _not_found()
        sound = known[codec]
        return Response.of_json({"url": f"{_MEDIA}/{track.id}.{sound.bitrate_kbps}.{sound.extension}?Policy=sandbox"})

    def _media(self, request: Request) -> Response:
        found = re.fullmatch(r"/(original/|preview/0/30/)?(\d+)(?:\.(\d+))?\.(\w+)", request.path)
        track = self._tracks.get(int(found[2])) if found else None
        if found is None or track is None or request.query.get("Policy") != "sandbox":
            return _not_found()
        if found[1] == "original/":
            offered = [track.original] if track.original else []
        else:
            offered = [preview_of(track)] if found[1] else list(track.encodings)
        for sound in offered:
            if sound.extension == found[4]:
                return Response.of_bytes(sound.data, sound.mime, request)
        return _not_found()

    def _artwork(self, request: Request) -> Response:
        found = re.fullmatch(r"/artworks-(\d+)-\w+\.jpg", request.path)
        track = self._tracks.get(int(found[1])) if found else None
        if track is None or track.artwork_jpeg is None:
            return _not_found()
        return Response.of_bytes(track.artwork_jpeg, "image/jpeg")


def _slug(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def _not_found() -> Response:
    return _refused(404)


def _refused(status: int) -> Response:
    return Response.of_json({}, status)


def _track_answer(track: SoundCloudTrack) -> Response:
    return Response.of_json(track_json(track)) if track.status == 200 else _refused(track.status)
