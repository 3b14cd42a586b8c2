"""What of a track does not agree, in words; pure. `daemon.service.errands.verifying` asks, and adds what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from daemon.board.remembered import is_empty, same
from daemon.edits import octave_of
from daemon.keys import key_named
from daemon.ledger.tracks import TrackRow
from daemon.models import Heard, Key, KeyNotation, Tags
from daemon.spelling import spelt, title_with_guests

_SAME_TEMPO = 0.01
"""Of the tempo."""
_SAME_BPM_TAG = 0.006
"""Tags have two decimals."""
_SAME_LENGTH_S = 0.001
_SIMILAR_LENGTH_S = 0.1
"""Files that were there before us may be in codecs that add a moment of silence."""
_MOST_SHOWN = 60
_NONE = "none"

_IN_WORDS = {"initial_key": "key", "bpm": "tempo", "isrc": "ISRC"}


@dataclass(slots=True)
class Found:
    """What came of one check, in sentences."""

    problems: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is worth knowing, and no disagreement."""


# --- tags ------------------------------------------------------------------------------------------------------------


def said_of(track: TrackRow, seen: Mapping[str, Any], notation: KeyNotation) -> Tags:
    """What the files' tags have to say of who it is, of tempo and key, with the person's edits. Of a row that was there
    before us, tempo and key are what it says (`seen`)."""
    bpm, key = _tempo_said(track, seen), _key_said(track, seen)
    return Tags(
        title=_plain(title_with_guests(track.track)),
        artists=tuple(filter(None, map(_plain, track.track.artists))),
        album=_plain(track.track.album),
        bpm=None if bpm is None else round(bpm, 2),
        initial_key=spelt(key, notation) if key else None,
        isrc=_plain(track.track.isrc),
    )


def in_tags(wanted: Tags, there: Tags) -> list[str]:
    """What they say otherwise. What we have nothing to say about may be anything."""
    told = []
    for name in ("title", "artists", "album", "bpm", "initial_key", "isrc"):
        ours, theirs = getattr(wanted, name), getattr(there, name)
        if is_empty(ours) or _is_same_tag(ours, theirs):
            continue
        called = _IN_WORDS.get(name, name)
        told.append(f"its tags say {called} {_shown(theirs)}, we know {_shown(ours)}{_same_key(name, ours, theirs)}")
    return told


def _is_same_tag(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float):
        return theirs is not None and abs(ours - theirs) < _SAME_BPM_TAG
    if isinstance(ours, tuple):
        return ", ".join(ours) == ", ".join(theirs)
    return bool(ours == theirs)


def _same_key(name: str, ours: Any, theirs: Any) -> str:
    if name != "initial_key" or not theirs:
        return ""
    one, other = key_named(ours), key_named(theirs)
    return " (the same key, but KEY_NOTATION spells it otherwise)" if one and other and one.name == other.name else ""


def _plain(text: str | None) -> str:
    """As a tag can hold it."""
    return (text or "").encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()


# --- the row in Notion -----------------------------------------------------------------------------------------------


def in_row(due: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Which cells do not say what is due."""
    return [
        f"In its row {column} says {_shown(there.get(column))}, we know {_shown(value)}"
        for column, value in due.items()
        if not same(value, there.get(column))
    ]


# --- the sound -------------------------------------------------------------------------------------------------------


def lengths(durations_s: Mapping[str, float], ours: Collection[str]) -> list[str]:
    """Which files do not last as long as the first one."""
    (first, length_s), *others = durations_s.items()
    return [
        f"{path} lasts {other_s:.3f} s, {first} {length_s:.3f} s."
        for path, other_s in others
        if abs(other_s - length_s) > (_SAME_LENGTH_S if {path, first} <= set(ours) else _SIMILAR_LENGTH_S)
    ]


def samples(digests: Mapping[str, str], written_into: Collection[str]) -> list[str]:
    """Which files hold other samples than one that nobody has written into; where there is none, than the first."""
    first = next((path for path in digests if path not in written_into), next(iter(digests), None))
    return [
        f"{path} does not hold the same sound as {first}."
        for path, digest in digests.items()
        if first is not None and digest != digests[first]
    ]


def by_ear(track: TrackRow, seen: Mapping[str, Any], heard: Heard) -> Found:
    """Tempo and key, heard again. What the person says of them is theirs: it is told, and no disagreement."""
    bpm, bpm_now = _tempo_said(track, seen), heard.tempo.bpm if heard.tempo else None
    key, key_now = _key_said(track, seen), heard.key
    found = Found()
    if _is_same_tempo(bpm, bpm_now):
        found.agreed += [f"tempo {_number(bpm)}"] if bpm else []
    else:
        heard_now = f"{_number(bpm_now)} is heard{_octave(bpm, bpm_now)}"
        _tell(found, "tempo", _number(bpm), heard_now, is_measured=_is_measured(track, "bpm", "tempo"))
    if _named(key) == _named(key_now):
        found.agreed += [f"key {key.name}"] if key else []
    else:
        heard_now = f"{_named(key_now)} is heard{_runner_up(key, key_now)}"
        _tell(found, "key", _named(key), heard_now, is_measured=_is_measured(track, "key", "key"))
    return found


def _tell(found: Found, what: str, known: str, heard_now: str, *, is_measured: bool) -> None:
    if is_measured:
        found.problems.append(f"its {what} is known as {known}, {heard_now}")
    elif known == _NONE:
        found.notes.append(f"No {what} is known, {heard_now}: `enrich {what}` fills it in.")
    else:
        found.notes.append(f"The {what} {known} is yours and stays, though {heard_now}.")


def _tempo_said(track: TrackRow, seen: Mapping[str, Any]) -> float | None:
    """As we know it, with the person's word above what was measured."""
    if track.heard and track.heard.tempo:
        return track.heard.tempo.bpm
    said = track.edits.get("bpm") or (None if track.attempt else seen.get("BPM"))
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None


def _key_said(track: TrackRow, seen: Mapping[str, Any]) -> Key | None:
    if track.heard and track.heard.key:
        return track.heard.key
    said = track.edits.get("key") or (None if track.attempt else seen.get("Key") or seen.get("Camelot"))
    return key_named(said) if isinstance(said, str) else None


def _is_measured(track: TrackRow, edit: str, name: str) -> bool:
    """Whether what we know of it was heard by us, and nobody said otherwise."""
    if track.edits.get(edit) is not None or track.heard is None:
        return False
    return track.attempt > 0 or getattr(track.heard, name) is not None


def _is_same_tempo(bpm: float | None, now: float | None) -> bool:
    if bpm is None or now is None:
        return bpm is now
    return abs(bpm - now) <= _SAME_TEMPO * bpm


def _octave(bpm: float | None, now: float | None) -> str:
    octave = octave_of(bpm, now) if bpm and now else None
    return {2.0: " (half of it)", 0.5: " (double of it)"}[octave] if octave else ""


def _runner_up(key: Key | None, now: Key | None) -> str:
    close = key and now and now.runner_up == key.name
    return f" (with {now.runner_up} the second best)" if close and now else ""


def _number(bpm: float | None) -> str:
    return _NONE if bpm is None else f"{bpm:.2f}".rstrip("0").rstrip(".")


def _named(key: Key | None) -> str:
    return key.name if key else _NONE


def _shown(value: Any) -> str:
    """A value, no longer than a line bears."""
    if is_empty(value):
        return "nothing"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else f"{value}"
    return f"“{text}”" if len(text) <= _MOST_SHOWN else f"“{text[: _MOST_SHOWN - 1]}…”"
