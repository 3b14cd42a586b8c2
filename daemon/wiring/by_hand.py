"""What a person gave by hand, as references: one link of any kind becomes the tracks it stands for, in their order."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path

from daemon import links
from daemon.errors import Refused
from daemon.links.shapes import FOUND_BY_HAND
from daemon.models import Gone, Service, TrackRef
from daemon.wiring.outside import Outside

_HOPS = 3
"""A short link may lead to a short link; more than this is a joke."""


def refs_of(text: str, outside: Outside) -> Iterator[TrackRef]:
    """The tracks behind a link, a file or a folder, each as a source would offer it. What cannot be used is refused at
    once, with one clear sentence; lists are read as they are taken. Raises Refused, and what the service raises."""
    link = _followed(links.read(text), outside)
    if isinstance(link, links.Unusable):
        raise Refused(link.sentence)
    if isinstance(link, links.ShortLink):
        raise Refused(f"{text} leads from one short link on to another.")
    if isinstance(link, links.TrackLink | links.CollectionLink) and link.service not in outside.catalogues():
        raise Refused(f"Nobody can say what {link.url} is: set SPOTIFY_CLIENT_ID, and log in.")
    return _some(_refs(link, outside), f"There is no track that can be taken up in {text}.")


def _followed(link: links.Link, outside: Outside) -> links.Link:
    for _ in range(_HOPS):
        if not isinstance(link, links.ShortLink):
            break
        link = links.read(outside.resolve_short_link(link.url))
    return link


def _refs(
    link: links.TrackLink | links.CollectionLink | links.WebLink | links.FileLink | links.FolderLink, outside: Outside
) -> Iterator[TrackRef]:
    match link:
        case links.TrackLink():
            return iter([link.ref()])
        case links.CollectionLink():
            return _only_tracks(_collection(link, outside))
        case links.WebLink():
            return _known_services(_only_tracks(outside.web_page(link.url)))
        case links.FileLink():
            return iter([_described(link.path, outside)])
        case links.FolderLink():
            return outside.local_files(link.path)


def _described(file: Path, outside: Outside) -> TrackRef:
    """A single file is looked into first: one that is no audio is a slip of the hand, and no track that failed."""
    (ref,) = outside.local_files(file)
    return dataclasses.replace(ref, told=outside.own_files().describe(ref))


def _collection(link: links.CollectionLink, outside: Outside) -> Iterable[TrackRef | Gone]:
    match link.service, link.kind:
        case Service.SPOTIFY, "playlist":
            return (ref for page in outside.spotify_playlist(link.url) for ref in page)
        case Service.SPOTIFY, "album":
            return outside.spotify_album(link.url)
        case Service.SOUNDCLOUD, "set":
            return outside.soundcloud_set(link.url)
        case Service.YOUTUBE, _:
            return outside.youtube_playlist(link.url)
    raise Refused(
        f"{link.url} is all that somebody likes. For your own likes set SOUNDCLOUD_PROFILE, and take --mode all; of "
        "others' give the tracks one by one, or a set with them."
    )


def _some(refs: Iterator[TrackRef], nothing: str) -> Iterator[TrackRef]:
    """The same; raises Refused when there are none."""
    is_empty = True
    for ref in refs:
        is_empty = False
        yield ref
    if is_empty:
        raise Refused(nothing)


def _only_tracks(items: Iterable[TrackRef | Gone]) -> Iterator[TrackRef]:
    """Without what is gone, each found by hand; the listing is closed at the end, or when nobody wants more."""
    with closing(items) if isinstance(items, Generator) else nullcontext():
        for item in items:
            if isinstance(item, TrackRef):
                yield dataclasses.replace(item, found_in=FOUND_BY_HAND)


def _known_services(refs: Iterable[TrackRef]) -> Iterator[TrackRef]:
    """A page may list addresses of services that we know better than it does."""
    for ref in refs:
        link = links.read(ref.url) if ref.told is None else None
        yield link.ref(FOUND_BY_HAND) if isinstance(link, links.TrackLink) else ref
