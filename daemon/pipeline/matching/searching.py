"""The words to search with. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.identity.credits import credited, reading_of
from daemon.identity.folding import fold
from daemon.identity.titles import segments
from daemon.models import Track
from daemon.pipeline.matching.wanted import AS_LIKED

AT_MOST = 3
_ARTISTS = 2
_ADDED = {"extended": "extended mix", "radio": "radio edit", "instrumental": "instrumental"}


def queries(track: Track, preference: Sequence[str] = (AS_LIKED,)) -> tuple[str, ...]:
    """What to search for, in turn: the next only when the one before brought nothing that can be taken. At most
    three."""
    track = credited(track)
    artists = track.artists[:_ARTISTS]
    name, version = _name_and_version(track)
    wished = next((_ADDED[wish] for wish in preference[:1] if wish in _ADDED and wish not in track.version), "")
    tries = [
        (*artists, name, version, wished),
        (*artists, name, version),
        (name, version or "topic", *artists[:1]),
        (fold(" ".join(artists[:1])), fold(name), fold(version)),
    ]
    texts: dict[str, str] = {}
    for said in tries:
        text = " ".join(" ".join(said).split())
        texts.setdefault(text.casefold(), text)
    return tuple(texts.values())[:AT_MOST]


def _name_and_version(track: Track) -> tuple[str, str]:
    """The title without guests, without the artist, and without marks; and the words for its version."""
    bare = set(reading_of(track).bare)
    name: list[str] = []
    version: list[str] = []
    for part in segments(track.title):
        if part.lead in {"feature", "produced"}:
            continue
        if set(part.words) <= bare:
            name.append(part.text)
        elif track.version and not name:
            continue
        elif track.version:
            version.append(part.text)
    return " ".join(name) or track.title, " ".join(version)
