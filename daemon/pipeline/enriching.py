"""What one description of a recording adds to another; pure. Each value keeps the name of who said it."""

from __future__ import annotations

from dataclasses import replace

from daemon.models import Alias, Service, Source, Track

_NAMES = ("title", "artists", "featured", "remixers", "version")
"""Who it is. Where two descriptions surely mean the same, the catalogue's spelling of these is the better one."""
_FACTS = ("album", "duration_s", "isrc", "genre", "release_date", "artwork_url")
"""What is taken over only where it is missing: what the place itself says of it is what was liked."""


def told_by(service: Service, track: Track) -> Track:
    """The description with its service as the origin of everything in it that has none yet."""
    said = {name: service.value for name in (*_NAMES, *_FACTS) if getattr(track, name)}
    return replace(track, origins=said | track.origins)


def enriched_by(track: Track, found: Track) -> Track:
    """`track` with what `found` (Spotify's description of surely the same recording) says better or says alone. Its
    address is taken over, its id is not: that two ids are one recording only their sound can prove."""
    better = {name: getattr(found, name) for name in _NAMES if found.title and found.artists}
    missing = {name: getattr(found, name) for name in _FACTS if not getattr(track, name) and getattr(found, name)}
    origins = dict.fromkeys((*better, *missing), Service.SPOTIFY.value)
    urls = {**found.urls, **track.urls}
    return replace(track, **better, **missing, urls=urls, origins=track.origins | origins)


def found_at(track: Track, source: Source) -> Track:
    """What a download that proved right adds: its place is an address of the recording, and its id an alias."""
    place = source.candidate
    if place.service not in (Service.YOUTUBE, Service.SOUNDCLOUD):
        return track
    aliases = () if place.id == place.url else (Alias(service=place.service, id=place.id),)
    return replace(track, urls={place.service: place.url} | track.urls, aliases=(*track.aliases, *aliases))
