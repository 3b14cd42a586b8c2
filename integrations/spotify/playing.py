"""What plays on Spotify at this moment: whether it counts, and when to look again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.models import Check, Json, TrackRef
from integrations.spotify.answers import nonsense
from integrations.spotify.session import SpotifySession
from integrations.spotify.standing import standing
from integrations.spotify.tracks import is_in_catalogue, ref_of

_NEAR_THE_END_S = 2.0
"""A track that is shorter than what has to be heard counts from so long before its end: nobody can look at the end."""
_JUST_AFTER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """The player's state, as far as it matters here."""

    kind: str
    """`track`, `episode`, `ad` or `unknown`."""
    is_playing: bool
    """False: paused."""
    progress_s: float
    duration_s: float | None = None
    """None where Spotify does not say what plays."""
    track: Json | None = None
    """Only a track that Spotify itself has: no file from the person's disk."""


def player_of(answer: Json | None) -> Player | None:
    """What Spotify's answer says; None for a silent player or a private session. Raises Unreachable when it is no
    player's state at all."""
    if answer is None:
        return None
    if "is_playing" not in answer or "currently_playing_type" not in answer:
        raise nonsense("a player without a state")
    kind, item = answer["currently_playing_type"], answer.get("item")
    return Player(
        kind=kind,
        is_playing=answer["is_playing"] is True,
        progress_s=_seconds(answer.get("progress_ms")) or 0.0,
        duration_s=_seconds(item.get("duration_ms")) if isinstance(item, dict) else None,
        track=item if kind == "track" and is_in_catalogue(item) else None,
    )


def counts(player: Player | None, heard_for_s: float) -> bool:
    """Whether a track of Spotify's was heard long enough. One that is paused after that counts: it was heard."""
    return player is not None and player.track is not None and player.progress_s >= _enough_s(player, heard_for_s)


def next_look_s(player: Player | None, *, heard_for_s: float, least_s: float, most_s: float) -> float:
    """How long to wait before looking again: until the track will have been heard long enough, else until just after
    its end; never shorter or longer than the limits."""
    return min(max(_wait_s(player, heard_for_s, most_s), least_s), most_s)


class SpotifyPlaying:
    """The track that plays now. Adverts, episodes, local files, private sessions and silence are nothing; so is a
    track until it was heard for a while, so that skipping through an album finds nothing."""

    name = "spotify-playing"

    def __init__(
        self, session: SpotifySession, *, heard_for_s: float = 30.0, least_s: float = 5.0, most_s: float = 300.0
    ) -> None:
        """`least_s` and `most_s` are the limits of `look_again_in_s`."""
        self._session = session
        self._heard_for_s = heard_for_s
        self._least_s = least_s
        self._most_s = most_s
        self.look_again_in_s = least_s
        """When the next look is worth it, counted from the last one that succeeded."""

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """One track at most."""
        return list(self.newest_first()) if limit > 0 else []

    def newest_first(self) -> Iterator[TrackRef]:
        """One track at most; one request."""
        player = self._look()
        if player is not None and player.track is not None and counts(player, self._heard_for_s):
            yield ref_of(player.track, self.name)

    def check(self) -> Check:
        return standing(self.name, lambda: _in_words(self._look()))

    def _look(self) -> Player | None:
        player = player_of(self._session.ask(lambda spotify: spotify.current_user_playing_track()))
        self.look_again_in_s = next_look_s(
            player, heard_for_s=self._heard_for_s, least_s=self._least_s, most_s=self._most_s
        )
        return player


def _wait_s(player: Player | None, heard_for_s: float, most_s: float) -> float:
    if player is None or not player.is_playing:
        return most_s
    if player.duration_s is None:  # a long episode, or an advert or the gap between two tracks
        return most_s if player.kind == "episode" else heard_for_s
    worth_waiting_for = player.track is not None and not counts(player, heard_for_s)
    until_s = _enough_s(player, heard_for_s) if worth_waiting_for else player.duration_s
    return until_s - player.progress_s + _JUST_AFTER_S


def _enough_s(player: Player, heard_for_s: float) -> float:
    if player.duration_s is None:
        return heard_for_s
    return min(heard_for_s, max(0.0, player.duration_s - _NEAR_THE_END_S))


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None


def _in_words(player: Player | None) -> str:
    if player is None or player.track is None:
        return "no track plays"
    return "a track plays" if player.is_playing else "a track is paused"
