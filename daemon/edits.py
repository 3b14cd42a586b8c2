"""What the person says of a track, laid over what was found. Pure.

Edits are kept under the names title, artists (a list), album, genre, release_date, artwork_url, bpm, bpm_measured (what
was measured when the person corrected it) and key (its musical name). Missing or None: nothing said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from daemon.keys import key_named
from daemon.models import Heard, Key, Tempo, Track

_OF_TRACK = ("title", "album", "genre", "release_date", "artwork_url")

_OCTAVES = (2.0, 0.5)
_OCTAVE_TOLERANCE = 0.02
_SAME_MEASUREMENT = 0.03
"""Two measurements of one recording lie nearer than this."""


def with_edits(track: Track, edits: Mapping[str, Any]) -> Track:
    """The track as the person wants it called. Who it is (ids, guests, version) stays as it was found."""
    said = {name: edits[name] for name in _OF_TRACK if edits.get(name) is not None}
    if edits.get("artists"):
        said["artists"] = tuple(edits["artists"])
    return replace(track, **said) if said else track


def heard_with_edits(heard: Heard, edits: Mapping[str, Any]) -> Heard:
    """What was heard, but tempo and key as the person says."""
    return replace(heard, tempo=_tempo(heard.tempo, edits), key=_key(heard.key, edits))


def octave_of(typed_bpm: float, measured_bpm: float) -> float | None:
    """2.0 where the person doubled what was measured, 0.5 where they halved it, None for anything else."""
    return next((octave for octave in _OCTAVES if _near(typed_bpm, measured_bpm * octave, _OCTAVE_TOLERANCE)), None)


def _tempo(measured: Tempo | None, edits: Mapping[str, Any]) -> Tempo | None:
    typed = edits.get("bpm")
    if typed is None:
        return measured
    if measured is None:
        return Tempo(bpm=typed, confidence=1.0)
    bpm = _meant_now(typed, edits.get("bpm_measured"), measured.bpm)
    alternative = measured.bpm if octave_of(bpm, measured.bpm) else None
    return replace(measured, bpm=bpm, confidence=1.0, alternative_bpm=alternative)


def _meant_now(typed: float, measured_then: float | None, measured: float) -> float:
    """The number that the person typed. Only where they had chosen half or double of what was measured, and it is
    another recording now, the same choice is made of what is measured now."""
    octave = octave_of(typed, measured_then) if measured_then else None
    same = measured_then and _near(measured, measured_then, _SAME_MEASUREMENT)
    # Measured in the person's own octave already: doubling it once more would be the old mistake, the other way round.
    if octave is None or same or _near(measured, typed, _SAME_MEASUREMENT):
        return typed
    return round(measured * octave, 2)


def _key(heard: Key | None, edits: Mapping[str, Any]) -> Key | None:
    said = edits.get("key")
    return heard if said is None else key_named(said) or heard


def _near(number: float, other: float, tolerance: float) -> bool:
    return abs(number - other) < tolerance * abs(other)
