"""How a title, a key and what was heard are spelt in a file's tags; pure."""

from __future__ import annotations

from daemon.models import Fetched, Heard, Key, KeyNotation, Track
from daemon.quality import in_short

_ENERGY_STEPS = 10


def title_with_guests(track: Track) -> str:
    """With every guest in it: the line of artists names the main ones only."""
    shown = f"{track.title} {track.artist}".casefold()
    guests = [guest for guest in track.featured if guest.casefold() not in shown]
    return f"{track.title} (feat. {', '.join(guests)})" if guests else track.title


def spelt(key: Key, notation: KeyNotation) -> str:
    """The key as the person wants to read it."""
    return {"musical": key.name, "camelot": key.camelot, "open-key": key.open_key}[notation]


def comment_for(heard: Heard, fetched: Fetched) -> str:
    """What a DJ wants to see and to search, in the column that every program shows, and plain ASCII for old players:
    `8A - Energy 7 - Am - 1m - lossy: opus 160k`.

    It begins as Mixed In Key writes it. Whichever spelling the key's own frame has, all three are found here. The tempo
    is not in it: it has a column of its own."""
    key, energy = heard.key, max(1, round(heard.energy * _ENERGY_STEPS))
    parts = [
        key.camelot if key else None,
        f"Energy {energy}",
        key.name if key else None,
        key.open_key if key else None,
        in_short(heard, fetched),
    ]
    return " - ".join(part for part in parts if part)
