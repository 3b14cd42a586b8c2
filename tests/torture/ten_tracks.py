"""Ten likes of eight recordings: two are liked on SoundCloud and on Spotify, so that their twins meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from integrations.sandbox.music import Piece
from integrations.sandbox.world import World

SHORT_S = 8.0


@dataclass(frozen=True, slots=True)
class Like:
    """One press on a heart."""

    where: Literal["spotify", "soundcloud"]
    piece: Piece

    def happens_in(self, world: World) -> None:
        if self.where == "spotify":
            world.person.likes_on_spotify(self.piece)
        else:
            world.person.likes_on_soundcloud(self.piece)


_HARBOUR = Piece("Salt Harbour", "Mira Vale", 124.0, "Am", SHORT_S, seed=41)
_LANTERN = Piece("Low Lantern", "The Quiet Engines", 98.0, "F", SHORT_S, seed=42)
_SUNDER = Piece("Undertow", "Sunder", 128.0, "Gm", SHORT_S, seed=43)
_COPPER = Piece("Copper Dust", "Anouk Fields", 110.0, "D", SHORT_S, seed=44)
_WINTER = Piece("Winter Ferry", "Odd Jensen", 140.0, "Em", SHORT_S, seed=45)
_ORCHARD = Piece("Night Orchard", "Palo", 90.0, "Bb", SHORT_S, seed=46)
_SIGNAL = Piece("Signal Box", "Weir", 132.0, "C#m", SHORT_S, seed=47)
_MARBLE = Piece("Marble Arch", "Tove Lind", 104.0, "Eb", SHORT_S, seed=48)

TWICE = (_SUNDER, _ORCHARD)
TEN_LIKES = (
    Like("spotify", _HARBOUR),
    Like("soundcloud", _SUNDER),
    Like("soundcloud", _LANTERN),
    Like("spotify", _SUNDER),
    Like("spotify", _COPPER),
    Like("soundcloud", _WINTER),
    Like("spotify", _ORCHARD),
    Like("soundcloud", _ORCHARD),
    Like("soundcloud", _SIGNAL),
    Like("spotify", _MARBLE),
)
RECORDINGS = tuple(dict.fromkeys(like.piece for like in TEN_LIKES))


def rows_beside_tracks(world: World) -> int:
    """Artists and playlists that have a row of their own."""
    notion = world.twins.notion
    databases = [database["id"] for database in notion.dump()["databases"]]
    twins = world.twins
    others = {twins.tracks_db_id, twins.tasks_db_id, twins.issues_db_id}
    return sum(len(notion.rows(one)) for one in databases if one not in others)
