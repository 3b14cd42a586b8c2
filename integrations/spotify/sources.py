"""What a person plays and likes on Spotify, and who a Spotify track is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from daemon.errors import AuthExpired, DaemonError, Transient
from daemon.models import Check, Json, Track, TrackRef
from integrations.spotify.answers import LOG_IN, nonsense
from integrations.spotify.session import SpotifySession
from integrations.spotify.tracks import is_complete, is_in_catalogue, merged_aliases, ref_of, track_of

_PAGE_MOST = 50


class SpotifyPlaying:
    """The track that plays at this moment; adverts, episodes, local files, a paused player and silence are nothing."""

    name = "spotify-playing"

    def __init__(self, session: SpotifySession) -> None:
        self._session = session

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """One track at most."""
        if limit < 1:
            return []
        playing = self._session.ask(lambda spotify: spotify.current_user_playing_track())
        if playing is None:
            return []
        return [ref_of(playing["item"], self.name)] if is_track_playing(playing) else []

    def check(self) -> Check:
        return _standing(self.name, lambda: "a track plays" if self.newest(1) else "no track plays")


class SpotifyLiked:
    """The person's liked tracks; local files and withdrawn tracks among them are passed over."""

    name = "spotify-liked"

    def __init__(self, session: SpotifySession) -> None:
        self._session = session

    def newest(self, limit: int) -> Sequence[TrackRef]:
        found: dict[str, TrackRef] = {}
        for page in self._pages(limit):
            for line in page["items"]:
                if len(found) < limit and is_in_catalogue(line.get("track")):
                    ref = ref_of(line["track"], self.name)
                    found.setdefault(ref.id, ref)  # a like given meanwhile shifts the pages
            if len(found) >= limit:
                break
        return list(found.values())

    def check(self) -> Check:
        return _standing(self.name, lambda: f"{self._page(1, 0).get('total')} liked tracks")

    def _pages(self, limit: int) -> Iterator[Json]:
        size, offset, more = min(limit, _PAGE_MOST), 0, limit > 0
        while more:
            page = self._page(size, offset)
            yield page
            offset += size
            more = page.get("next") is not None

    def _page(self, size: int, offset: int) -> Json:
        page = self._session.ask(lambda spotify: spotify.current_user_saved_tracks(limit=size, offset=offset))
        if page is None or not isinstance(page.get("items"), list):
            raise nonsense("liked tracks without a list")
        return page


class SpotifyCatalogue:
    """Who a Spotify track is. Asks only for what the source did not tell."""

    def __init__(self, session: SpotifySession) -> None:
        self._session = session

    def describe(self, ref: TrackRef) -> Track:
        """All that is known, every id of it an alias: Spotify may answer with another id than it was asked for. Raises
        NotFound when it is gone."""
        told = ref.told
        if told is not None and is_complete(told):
            return dataclasses.replace(told, aliases=merged_aliases((ref.alias,), told.aliases))
        track = track_of(self._session.ask(lambda spotify: spotify.track(ref.id)) or {})
        known = told.aliases if told is not None else ()
        return dataclasses.replace(track, aliases=merged_aliases((ref.alias,), known, track.aliases))


def is_track_playing(playing: Json) -> bool:
    """Whether the player plays, and what it plays is a track of Spotify's. Raises Unreachable when it is no player's
    state at all."""
    if "is_playing" not in playing or "currently_playing_type" not in playing:
        raise nonsense("a player without a state")
    plays = playing["is_playing"] is True and playing["currently_playing_type"] == "track"
    return plays and is_in_catalogue(playing.get("item"))


def _standing(name: str, look: Callable[[], str]) -> Check:
    """A line for doctor from one harmless look."""
    try:
        return Check(name=name, level="ok", text=f"logged in to Spotify; {look()}")
    except Transient as error:
        return Check(name=name, level="warning", text=str(error), todo="Nothing, unless it lasts: the daemon waits.")
    except AuthExpired as error:
        return Check(name=name, level="problem", text=str(error), todo=f"{LOG_IN.capitalize()}.")
    except DaemonError as error:
        return Check(name=name, level="problem", text=str(error), todo="Check the SPOTIFY_… settings.")
