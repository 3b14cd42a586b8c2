"""What Spotify's search finds, and in which order. Pure.

Every word that is asked must be there, whatever its case and accents; the last free word may be a beginning only, for
people are typing. A field's value is what stands in quotation marks behind it, or everything up to the next field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from daemon.models import Json

_ASKED = re.compile(
    r'\b(?P<field>track|artist|album|isrc|year):\s*(?:"(?P<quoted>[^"]*)"?|(?P<open>.*?)(?=\b(?:track|artist|album|isrc|year):|$))',
    re.I,
)
_WORD = re.compile(r"[^\W_]+")

_Words = tuple[str, ...]


@dataclass(slots=True)
class _Query:
    """What is asked, in words: of the single fields, and of all of them."""

    fields: list[tuple[str, _Words]] = field(default_factory=list)
    free: _Words = ()


def matching(tracks: Iterable[Json], query: str) -> list[Json]:
    """The tracks that fit, best first: those whose title is nearest to what was asked, then the popular ones."""
    asked = _read(query)
    found = [(track, _places(track)) for track in tracks]
    fitting = [(track, places) for track, places in found if _fits(asked, places)]
    fitting.sort(key=lambda one: (_surplus(asked, one[1]), -one[0].get("popularity", 0)))
    return [track for track, _ in fitting]


def _read(query: str) -> _Query:
    asked = _Query()
    for part in _ASKED.finditer(query):
        value = part["open"] if part["quoted"] is None else part["quoted"]
        asked.fields.append((part["field"].casefold(), _words(value)))
    asked.free = _words(_ASKED.sub(" ", query))
    return asked


def _places(track: Json) -> dict[str, _Words]:
    return {
        "track": _words(track["name"]),
        "artist": _words(" ".join(artist["name"] for artist in track["artists"])),
        "album": _words(track["album"]["name"]),
        "isrc": _words(track["external_ids"].get("isrc", "")),
        "year": _words(track["album"]["release_date"][:4]),
    }


def _fits(asked: _Query, places: Mapping[str, _Words]) -> bool:
    in_fields = all(value and set(value) <= set(places[name]) for name, value in asked.fields)
    everywhere = {word for name in ("track", "artist", "album") for word in places[name]}
    whole, last = asked.free[:-1], asked.free[-1:]
    return in_fields and set(whole) <= everywhere and all(_begins_any(word, everywhere) for word in last)


def _begins_any(beginning: str, words: Iterable[str]) -> bool:
    return any(word.startswith(beginning) for word in words)


def _surplus(asked: _Query, places: Mapping[str, _Words]) -> int:
    """How many words the title has that nobody asked for."""
    wanted = {*asked.free, *(word for name, value in asked.fields if name == "track" for word in value)}
    return sum(word not in wanted for word in places["track"])


def _words(text: str) -> _Words:
    decomposed = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", "").casefold())
    return tuple(_WORD.findall("".join(c for c in decomposed if not unicodedata.combining(c))))
