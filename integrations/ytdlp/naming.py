"""Who made it, what it is called and when it came out, in an upload's own words: simple, and never more certain than
those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_DASH = re.compile(r"\s+[-–—]\s+")
_ARTISTS = re.compile(r"\s*,\s+|\s+(?:feat\.?|ft\.?|featuring)\s+", re.IGNORECASE)
_TOPIC = " - Topic"
_NOISE = re.compile(
    r"\s*[(\[{]\s*(?:"
    r"official\s+(?:music\s+|lyrics?\s+|hd\s+)?(?:video|audio|visuali[sz]er)|(?:music|lyrics?)\s+video|official"
    r"|(?:with\s+)?lyrics?|audio(?:\s+only)?|visuali[sz]er|hd|hq|4k|free\s+(?:download|dl)|out\s+now|premiere"
    r")\s*[)\]}]",
    re.IGNORECASE,
)


def channel_artist(channel: str) -> str | None:
    """Whom YouTube's own “X - Topic” channel is about; None for every other channel."""
    return channel.removesuffix(_TOPIC) if channel.endswith(_TOPIC) and channel != _TOPIC else None


def split_title(title: str, uploader: str, artists: Sequence[str] = ()) -> tuple[tuple[str, ...], str]:
    """The artists and the bare title of `title` as `uploader` gave it. `artists` are those that the service names
    itself: they win over what the title says. Version words (remix, edit, live …) stay in the title."""
    bare = _NOISE.sub("", title).strip() or title.strip()
    named = tuple(name for artist in artists if (name := artist.strip()))
    left, dash, right = _first_dash(bare)
    if named:
        told = {*map(_folded, named), _folded(", ".join(named))}
        return named, right if dash and _folded(left) in told else bare
    if dash:
        return tuple(name for name in _ARTISTS.split(left) if name), right
    maker = (channel_artist(uploader) or uploader).strip()
    return ((maker,) if maker else ()), bare


def iso_day(compact: str | None) -> str | None:
    """ISO 8601 for `20240102`, as yt-dlp writes days; None for anything else."""
    return f"{compact[:4]}-{compact[4:6]}-{compact[6:]}" if compact and len(compact) == 8 else None


def _first_dash(title: str) -> tuple[str, bool, str]:
    parts = _DASH.split(title, maxsplit=1)
    whole = len(parts) == 2 and all(part.strip() for part in parts)
    return (parts[0].strip(), True, parts[1].strip()) if whole else (title, False, "")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
