"""Who did what in a recording: main artists, guests and remixers, told apart by what the title says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from daemon.identity.folding import name_words, squashed
from daemon.identity.reading import Reading, read
from daemon.identity.titles import names_in
from daemon.models import Service, Track

_GUEST = re.compile(r"\s*[(\[]?(?<![^\W_])(?:feat\.?|ft\.?|featuring|w/)\s+", re.IGNORECASE)
_ROUNDS = 6
FROM_TITLE = "title"
"""The origin of what was read out of a title."""


def credited(track: Track) -> Track:
    """The same track with everybody in their place: `artists` without guests and remixers, `featured`, `remixers` and
    `version` with what the title says. Idempotent; the title stays as the service wrote it."""
    for _ in range(_ROUNDS):
        known, track = track, _once(track)
        if track == known:
            break
    return track


def _once(track: Track) -> Track:
    """One reading. Who is known decides how a title is read, so what it brought may bring more."""
    reading = reading_of(track)
    artists, guests = _without_guests(_performers(track, reading))
    featured = _together([*track.featured, *guests, *reading.featured])
    remixers = _together([*track.remixers, *_known_spelling(_remixers(reading), artists)])
    main = _others(artists, (*featured, *remixers)) or artists
    featured = _others(featured, main)
    version = tuple(sorted({*track.version, *reading.kinds}))
    return replace(
        track,
        artists=main,
        featured=featured,
        remixers=remixers,
        version=version,
        origins=track.origins | _read_out(track, reading, main, featured, remixers, version),
    )


def reading_of(track: Track) -> Reading:
    """What the title of this track says. A catalogue names the artists itself; who uploads a file writes them into the
    title."""
    everybody = (*track.artists, *track.featured, *track.remixers)
    return read(track.title, everybody, uploaded=is_upload(track))


def is_upload(track: Track) -> bool:
    """Whether a person wrote this title by hand: no catalogue, which would know an album or an ISRC, is behind it."""
    services = {alias.service for alias in track.aliases} | set(track.urls)
    return track.isrc is None and track.album is None and Service.SPOTIFY not in services


def _performers(track: Track, reading: Reading) -> tuple[str, ...]:
    """Those the title names before its dash, in place of an uploader who is none of them."""
    if not reading.artists or _among(reading.artists, track.artists) or not is_upload(track):
        return track.artists
    return reading.artists


def _among(names: Iterable[str], others: Iterable[str]) -> bool:
    known = {key for other in others for key in _keys(other)}
    return any(key in known for name in names for key in _keys(name))


def _keys(name: str) -> set[str]:
    return {squashed(name_words(one)) for one in (name, *names_in(name))}


def _without_guests(artists: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`Mira Vale feat. Solo Nine` is an artist and a guest."""
    main: list[str] = []
    guests: list[str] = []
    for artist in artists:
        name, *others = _GUEST.split(artist)
        main += [name.strip()] if name.strip() else []
        guests += [guest for other in others for guest in names_in(other.strip(" )]"))]
    return _together(main), tuple(guests)


def _remixers(reading: Reading) -> tuple[str, ...]:
    return reading.makers if reading.kinds & {"remix", "edit", "bootleg", "mashup", "vip", "dub"} else ()


def _known_spelling(names: Iterable[str], artists: Sequence[str]) -> list[str]:
    """The names, spelt as the service spells them where it credits the same ones."""
    return [next((artist for artist in artists if _key(artist) == _key(name)), name) for name in names]


def _key(name: str) -> str:
    return squashed(name_words(name))


def _together(names: Iterable[str]) -> tuple[str, ...]:
    """Each one once, in order."""
    return tuple({_key(name): name for name in reversed(list(names))}.values())[::-1]


def _others(names: Sequence[str], taken: Iterable[str]) -> tuple[str, ...]:
    there = {_key(name) for name in taken}
    return tuple(name for name in names if _key(name) not in there)


def _read_out(
    track: Track,
    reading: Reading,
    main: tuple[str, ...],
    featured: tuple[str, ...],
    remixers: tuple[str, ...],
    version: tuple[str, ...],
) -> dict[str, str]:
    """Which fields hold something that only the title says."""
    told: dict[str, str] = {}
    if reading.artists and not _among(main, track.artists):
        told["artists"] = FROM_TITLE
    if set(featured) - set(track.featured):
        told["featured"] = FROM_TITLE
    if set(remixers) - set(track.remixers):
        told["remixers"] = FROM_TITLE
    if set(version) - set(track.version):
        told["version"] = FROM_TITLE
    return told
