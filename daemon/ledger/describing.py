"""What becomes of a track's columns when it is described once more; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.ledger.values import to_json
from daemon.models import Json, Track

_WITH_ARTISTS = ("featured", "remixers", "version")
"""Told together with the artists, or not at all: who is featured is one of the artists less."""

DESCRIPTION = (
    "title",
    "artists",
    *_WITH_ARTISTS,
    "album",
    "duration_s",
    "isrc",
    "genre",
    "release_date",
    "artwork_url",
)
"""The columns that are plain fields of Track."""


def description_after(known: Mapping[str, Any], told: Track) -> Json:
    """The columns to set on a track that `known` holds. What `told` leaves out stays as it was, but for the one
    statement that artists, featured, remixers and version are: with the artists, the others are told even if empty.
    What the person said is no news when it comes back: what was found lies beneath it, and stays there."""
    plain = to_json(told)
    edits = known.get("edits") or {}
    described = {name: plain[name] for name in DESCRIPTION if plain[name] and plain[name] != edits.get(name)}
    if told.artists:
        described |= {name: plain[name] for name in _WITH_ARTISTS}
    origins = _origins_after(known, described, plain["origins"])
    return described | {"urls": known["urls"] | plain["urls"], "origins": origins}


def _origins_after(known: Mapping[str, Any], described: Json, told: Mapping[str, str]) -> dict[str, str]:
    """Who said what stands now. A value that somebody changes without a name is nobody's; one that is only repeated
    remains whose it was."""
    kept = {
        name: origin
        for name, origin in known["origins"].items()
        if name not in described or described[name] == known[name]
    }
    new = {name: origin for name, origin in told.items() if name in described or name not in DESCRIPTION}
    return kept | new
