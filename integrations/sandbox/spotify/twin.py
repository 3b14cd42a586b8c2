"""Spotify's Web API over tracks, likes and a player that are set from Python."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from daemon.models import Json
from integrations.sandbox.server import Request, Response
from integrations.sandbox.spotify.accounts import Accounts, api_error
from integrations.sandbox.spotify.objects import (
    LISTENER,
    linked,
    playlist_object,
    simplified,
    spotify_id,
    user_object,
)
from integrations.sandbox.spotify.searching import matching

_ID = re.compile(r"[0-9A-Za-z]{22}")
_TRACK_PATH = "/v1/tracks/"
_PLAYLIST = re.compile(r"/v1/playlists/(?P<id>[^/]+)(?P<items>/items)?")
_ALBUM = re.compile(r"/v1/albums/(?P<id>[^/]+)(?P<tracks>/tracks)?")
_LINES_MOST, _LINES_USUAL = 50, 20
_SEARCH_MOST, _SEARCH_USUAL = 10, 5
_SEARCH_DEPTH = 1000
_QUERY_MOST = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What the player does at this moment."""

    item: Json | None
    type: Literal["track", "episode", "ad", "unknown"] = "track"
    is_playing: bool = True
    """False: paused."""
    progress_ms: int = 45_000
    private_session: bool = False
    """The player is busy, but tells nobody."""


@dataclass(slots=True, kw_only=True)
class Playlist:
    """A playlist as it stands; change it as you like."""

    name: str
    lines: list[Json] = field(default_factory=list)
    """Playlist lines, in the playlist's own order."""
    owner: str = LISTENER
    """Who is neither owner nor collaborator is not told the lines."""
    public: bool = True

    @property
    def id(self) -> str:
        return spotify_id(f"playlist / {self.name} / {self.owner}")

    @property
    def snapshot_id(self) -> str:
        """Another one after every change."""
        return hashlib.sha256(json.dumps([self.name, self.lines]).encode()).hexdigest()


class SpotifyTwin:
    """The accounts service and the Web API. Set `tracks`, `relinked`, `liked`, `playlists` and `playing`; log a person
    in with `accounts.consent()`."""

    name = "spotify"

    def __init__(self, *, client_id: str, client_secret: str, clock: Callable[[], float] = time.time) -> None:
        self.accounts = Accounts(client_id, client_secret, clock)
        self.tracks: dict[str, Json] = {}
        """The catalogue: track objects by id."""
        self.relinked: dict[str, str] = {}
        """Ids that Spotify answers with another track: from the old id to the one in `tracks`."""
        self.liked: list[Json] = []
        """Saved-track objects, newest first."""
        self.playlists: dict[str, Playlist] = {}
        """By id."""
        self.playing: Playing | None = None
        self._clock = clock
        self._lock = threading.Lock()

    def add(self, *tracks: Json) -> None:
        """Puts tracks into the catalogue."""
        self.tracks.update({track["id"]: track for track in tracks})

    def add_playlist(self, playlist: Playlist) -> Playlist:
        """Lets people have that playlist."""
        self.playlists[playlist.id] = playlist
        return playlist

    def answer(self, request: Request) -> Response:
        with self._lock:
            return self._route(request)

    def _route(self, request: Request) -> Response:
        match request.method, request.path.rstrip("/"):
            case "POST", "/api/token":
                return self.accounts.token(request)
            case "GET", "/authorize":
                return self.accounts.authorize(request)
            case "GET", "/v1/me":
                return self._guarded(request, "", self._me)
            case "GET", "/v1/me/tracks":
                return self._guarded(request, "user-library-read", self._saved)
            case "GET", "/v1/me/player/currently-playing":
                return self._guarded(request, "user-read-currently-playing", self._currently_playing)
            case "GET", "/v1/search":
                return self._guarded(request, "", self._search)
            case "GET", path if path.startswith(_TRACK_PATH):
                return self._guarded(request, "", self._track)
            case "GET", path if _PLAYLIST.fullmatch(path):
                return self._guarded(request, "", self._playlist)
            case "GET", path if _ALBUM.fullmatch(path):
                return self._guarded(request, "", self._album)
        return api_error(404, "Service not found")

    def _guarded(self, request: Request, scope: str, act: Callable[[Request], Response]) -> Response:
        return self.accounts.refusal(request, scope) or act(request)

    def _me(self, _request: Request) -> Response:
        return Response.of_json({"display_name": "Sandbox Listener", "images": [], **user_object(LISTENER)})

    def _currently_playing(self, request: Request) -> Response:
        playing = self.playing
        if playing is None or playing.private_session:
            return Response(204)
        # Who does not ask for episodes is told of one, but not which.
        hidden = playing.type == "episode" and "episode" not in request.query.get("additional_types", "").split(",")
        return Response.of_json(
            {
                "actions": {"disallows": {"resuming": playing.is_playing}},
                "context": None,
                "currently_playing_type": playing.type,
                "is_playing": playing.is_playing,
                "item": None if hidden else playing.item,
                "progress_ms": playing.progress_ms,
                "timestamp": int(self._clock() * 1000),
            }
        )

    def _track(self, request: Request) -> Response:
        asked = request.path.removeprefix(_TRACK_PATH)
        if not _ID.fullmatch(asked):
            return api_error(400, "Invalid base62 id")
        track = self.tracks.get(self.relinked.get(asked, asked))
        if track is None:
            return api_error(404, "Resource not found")
        return Response.of_json(track if track["id"] == asked else linked(track, asked))

    def _saved(self, request: Request) -> Response:
        return _page(request, self.liked, usual=_LINES_USUAL, most=_LINES_MOST)

    def _playlist(self, request: Request) -> Response:
        asked = _PLAYLIST.fullmatch(request.path.rstrip("/"))
        playlist = self.playlists.get(asked["id"]) if asked else None
        if asked is None or playlist is None:
            return api_error(404, "Resource not found")
        scope = "" if playlist.public else "playlist-read-private"
        if (refusal := self.accounts.refusal(request, scope)) is not None:
            return refusal
        is_ours = playlist.owner == LISTENER
        if asked["items"]:
            if not is_ours:
                return api_error(403, "Forbidden")
            return _page(request, playlist.lines, usual=_LINES_USUAL, most=_LINES_MOST)
        head = playlist_object(
            playlist.id, playlist.name, owner=playlist.owner, public=playlist.public, snapshot_id=playlist.snapshot_id
        )
        if is_ours:
            head["items"] = _paging(f"{request.path}/items", request, playlist.lines, 0, _LINES_MOST)
        fields = request.query.get("fields")
        return Response.of_json({name: head[name] for name in fields.split(",") if name in head} if fields else head)

    def _album(self, request: Request) -> Response:
        """An album is what the tracks in the catalogue say of it."""
        asked = _ALBUM.fullmatch(request.path.rstrip("/"))
        found = [track for track in self.tracks.values() if asked and track["album"]["id"] == asked["id"]]
        if asked is None or not found:
            return api_error(404, "Resource not found")
        lines = [simplified(track) for track in found]
        if asked["tracks"]:
            return _page(request, lines, usual=_LINES_USUAL, most=_LINES_MOST)
        album = {**found[0]["album"], "total_tracks": len(lines)}
        tracks = _paging(f"{request.path.rstrip('/')}/tracks", request, lines, 0, _LINES_MOST)
        return Response.of_json({**album, "tracks": tracks})

    def _search(self, request: Request) -> Response:
        query = request.query.get("q", "")
        if not query.strip():
            return api_error(400, "No search query")
        if len(query) > _QUERY_MOST:
            return api_error(400, f"Query exceeds maximum length of {_QUERY_MOST} characters")
        if "track" not in request.query.get("type", "").split(","):
            return api_error(400, "Bad search type field")
        if (_whole(request.query.get("offset"), 0) or 0) > _SEARCH_DEPTH:
            return api_error(400, "Invalid offset")
        found = matching(self.tracks.values(), query)[:_SEARCH_DEPTH]
        return _page(request, found, usual=_SEARCH_USUAL, most=_SEARCH_MOST, under="tracks")


def _page(request: Request, lines: Sequence[Json], *, usual: int, most: int, under: str | None = None) -> Response:
    """A paging object over `lines`, or Spotify's refusal of a limit or an offset that it does not allow."""
    limit = _whole(request.query.get("limit"), usual)
    offset = _whole(request.query.get("offset"), 0)
    if limit is None or not 1 <= limit <= most:
        return api_error(400, "Invalid limit")
    if offset is None:
        return api_error(400, "Invalid offset")

    page = _paging(request.path, request, lines, offset, limit)
    return Response.of_json({under: page} if under else page)


def _paging(path: str, request: Request, lines: Sequence[Json], offset: int, limit: int) -> Json:
    def link(start: int) -> str:
        query = urlencode({**request.query, "offset": start, "limit": limit})
        return f"http://{request.host}{path}?{query}"

    return {
        "href": link(offset),
        "items": lines[offset : offset + limit],
        "limit": limit,
        "next": link(offset + limit) if offset + limit < len(lines) else None,
        "offset": offset,
        "previous": link(max(0, offset - limit)) if offset else None,
        "total": len(lines),
    }


def _whole(text: str | None, usual: int) -> int | None:
    if text is None:
        return usual
    return int(text) if text.isdecimal() else None
