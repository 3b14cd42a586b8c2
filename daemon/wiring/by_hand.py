"""What a person gave by hand, as references: one link of any kind becomes the tracks it stands for, in their order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing

from daemon import links
from daemon.errors import Refused
from daemon.links.shapes import FOUND_BY_HAND
from daemon.models import Gone, Service, TrackRef
from daemon.wiring.outside import Outside

_HOPS = 3
"""A short link may lead to a short link; more than this is a joke."""


def refs_of(text: str, outside: Outside) -> Iterator[TrackRef]:
    """The tracks behind a link, a file or a folder, each as a source would offer it. Lists are read as they are taken.
    Raises Refused with one clear sentence for what cannot be used, and what the service raises."""
    link = links.read(text)
    for _ in range(_HOPS):
        if not isinstance(link, links.ShortLink):
            break
        link = links.read(outside.resolve_short_link(link.url))
    if isinstance(link, (links.Unusable, links.ShortLink)):
        raise Refused(
            link.sentence if isinstance(link, links.Unusable) else f"{text} leads from one short link on to another."
        )
    if isinstance(link, links.TrackLink):
        yield link.ref()
    elif isinstance(link, links.CollectionLink):
        yield from _only_tracks(_collection(link, outside))
    elif isinstance(link, links.WebLink):
        yield from _known_services(_only_tracks(outside.web_page(link.url)))
    else:
        yield from outside.local_files(link.path)


def _collection(link: links.CollectionLink, outside: Outside) -> Iterable[TrackRef | Gone]:
    if link.service is Service.SPOTIFY and link.kind == "playlist":
        return (ref for page in outside.spotify_playlist(link.url) for ref in page)
    if link.service is Service.SOUNDCLOUD and link.kind == "set":
        return outside.soundcloud_set(link.url)
    if link.service is Service.YOUTUBE:
        return outside.youtube_playlist(link.url)
    raise Refused(f"{link.url} is a {link.kind}; give its tracks one by one, or a playlist with them.")


def _only_tracks(items: Iterable[TrackRef | Gone]) -> Iterator[TrackRef]:
    """Without what is gone; the listing is closed at the end, or when nobody wants more."""
    if isinstance(items, Generator):
        with closing(items):
            yield from (one for one in items if isinstance(one, TrackRef))
    else:
        yield from (one for one in items if isinstance(one, TrackRef))


def _known_services(refs: Iterable[TrackRef]) -> Iterator[TrackRef]:
    """A page may list addresses of services that we know better than it does."""
    for ref in refs:
        link = links.read(ref.url) if ref.told is None else None
        yield link.ref(FOUND_BY_HAND) if isinstance(link, links.TrackLink) else ref
