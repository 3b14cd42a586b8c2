"""SoundCloud through yt-dlp: the likes of a profile, sets, and who a track is."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited
from daemon.models import Alias, Check, Gone, Service, Track, TrackRef
from integrations.ytdlp.fetching import EXTRACTORS
from integrations.ytdlp.naming import split_title
from integrations.ytdlp.options import Access
from integrations.ytdlp.session import Info, Session, opened

_log = logging.getLogger(__name__)

_SERVICE = Service.SOUNDCLOUD
_SITE = "https://soundcloud.com"
_TRACK = "Soundcloud"
"""yt-dlp's word for an entry that is a track; sets have none."""
_NO_FORMATS = "soundcloud:formats=none"
"""Formats are asked one request each; none of them is called `none`."""
_WORDS_ONLY: Info = {"ignore_no_formats_error": True}
_PREVIEW_S = 31.0


class TakenSets(Protocol):
    """The liked sets whose tracks were handed on once, by id. A plain `set` will do where nothing is to be kept."""

    def __contains__(self, set_id: object, /) -> bool: ...

    def add(self, set_id: str, /) -> None:
        """Called when the last track of a set has been handed on. Make it last only together with those tracks: what
        is marked and then lost is never asked for again."""
        ...


class SoundCloudLikes:
    """The source `soundcloud-likes`: what a profile likes, read page by page and no further than asked."""

    name = "soundcloud-likes"

    def __init__(self, profile: str, access: Access, *, taken_sets: TakenSets | None = None) -> None:
        """`profile` is the user's name as it stands in the address, or the address itself. Without `taken_sets` liked
        sets are passed over."""
        self._profile = profile_name(profile)
        self._access = access
        self._taken_sets = taken_sets

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """The tracks liked last; otherwise as `newest_first`."""
        with closing(self.newest_first()) as refs:
            return list(itertools.islice(refs, limit))

    def newest_first(self) -> Generator[TrackRef]:
        """The tracks liked, each once, the newest first, asked for as they are taken. Deleted ones are passed over.

        In the place of a liked set stand its tracks, with its title as their playlist; only those have one. A set in
        `taken_sets` was taken before, and is passed over without asking. Raises NotFound when there is no such profile,
        RateLimited when the likes are closed to us, AuthExpired, Unreachable.
        """
        with closing(self.walk()) as items:
            for item in items:
                if isinstance(item, TrackRef):
                    yield item

    def walk(self, *, pause_s: float = 0.0) -> Generator[TrackRef | Gone]:
        """As `newest_first`, with the deleted and private ones told, and a pause before every request.

        A page holds 200 likes, so that a walk that was broken off costs little to begin anew. (yt-dlp always begins at
        the first page: it cannot be given a later one.)
        """
        seen: set[str] = set()
        changes = {"sleep_interval_requests": pause_s}
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE], changes=changes) as session:
            for line in self._lines(session):
                for item in self._items(session, line):
                    if isinstance(item, Gone) or item.id not in seen:
                        yield item
                    if isinstance(item, TrackRef):
                        seen.add(item.id)

    def _lines(self, session: Session) -> Iterator[Info | None]:
        try:
            yield from session.entries(f"{_SITE}/{self._profile}/likes")
        except NotFound as error:
            raise NotFound(
                f"SoundCloud knows no “{self._profile}”. Set SOUNDCLOUD_PROFILE to the name in the address of your "
                "profile page."
            ) from error

    def _items(self, session: Session, line: Info | None) -> Iterator[TrackRef | Gone]:
        """What a line of the likes stands for."""
        if line is None or not line.get("id"):
            yield Gone(service=_SERVICE, id=None, found_in=self.name)
        elif line.get("ie_key") == _TRACK:
            yield _ref(line, self.name)
        elif self._taken_sets is not None and line["id"] not in self._taken_sets:
            yield from self._liked_set(session, line, self._taken_sets)

    def _liked_set(self, session: Session, line: Info, taken: TakenSets) -> Iterator[TrackRef | Gone]:
        set_id, url = str(line["id"]), str(line["url"])
        try:
            yield from _tracks_of_set(session, url, self.name)
        except NotFound:
            yield Gone(service=_SERVICE, id=set_id, found_in=self.name)
        except (RateLimited, AuthExpired):
            raise
        except DaemonError as error:
            _log.warning("The liked set %s is passed over this time: %s", url, error)
            return
        taken.add(set_id)

    def check(self) -> Check:
        try:
            self.newest(1)
        except DaemonError as error:
            return Check(
                name="SoundCloud", level="problem", text=str(error), todo="See that SOUNDCLOUD_PROFILE is right."
            )
        return Check(name="SoundCloud", level="ok", text=f"The likes of {self._profile} can be read.")


class SoundCloudSet:
    """One set, in full by one question."""

    def __init__(self, url: str, access: Access, *, name: str = "url") -> None:
        """`name` is what the tracks say they were found in."""
        self.name = name
        self._url = url
        self._access = access

    def items(self) -> Generator[TrackRef | Gone]:
        """Its tracks in its own order, each once, with its title as their playlist. Raises NotFound when it is gone or
        private, RateLimited, AuthExpired, Unreachable."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            yield from _tracks_of_set(session, self._url, self.name)

    def newest_first(self) -> Generator[TrackRef]:
        """Its tracks from the last to the first: SoundCloud puts what is added at the end, and tells no dates. People
        can move tracks about, and reading on costs nothing: the whole set is one answer."""
        refs = [item for item in self.items() if isinstance(item, TrackRef)]
        yield from reversed(refs)

    def newest(self, limit: int) -> Sequence[TrackRef]:
        return list(itertools.islice(self.newest_first(), limit))

    def check(self) -> Check:
        try:
            count = sum(1 for _ in self.items())
        except DaemonError as error:
            todo = "See that the set's address is right, and that it is public."
            return Check(name=self.name, level="problem", text=str(error), todo=todo)
        return Check(name=self.name, level="ok", text=f"The set can be read; it holds {count} tracks.")


class SoundCloudCatalogue:
    """Who a track is, as its uploader and publisher tell it; without asking for its audio."""

    def __init__(self, access: Access) -> None:
        self._access = replace(access, extractor_args=f"{access.extractor_args} {_NO_FORMATS}")

    def describe(self, ref: TrackRef) -> Track:
        """Also for tracks whose audio is not to be had. Raises NotFound when it is gone or private."""
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE], changes=_WORDS_ONLY) as session:
            return track_of(session.describe(ref.url))


def profile_name(text: str) -> str:
    """The user's name out of what people write: `me`, `@me`, `https://soundcloud.com/me/likes`."""
    parts = text.strip().partition("soundcloud.com/")
    return (parts[2] or parts[0]).split("?")[0].strip("/@ ").split("/")[0]


def track_of(info: Info) -> Track:
    """Our words for what yt-dlp extracted."""
    title = str(info.get("title") or info["id"])
    artists, bare = split_title(title, str(info.get("uploader") or ""), info.get("artists") or ())
    genres = info.get("genres") or [None]
    return Track(
        title=bare,
        artists=artists,
        duration_s=_whole_s(info.get("duration")),
        genre=genres[0],
        release_date=_day(info.get("release_timestamp")),
        artwork_url=info.get("thumbnail"),
        aliases=(Alias(service=_SERVICE, id=str(info["id"])),),
        urls={_SERVICE: str(info["webpage_url"])},
    )


def _tracks_of_set(session: Session, url: str, found_in: str) -> Iterator[TrackRef | Gone]:
    listing = session.listing(url)
    seen: set[str] = set()
    for entry in listing.entries:
        if entry is None or not entry.get("id"):
            yield Gone(service=_SERVICE, id=None, found_in=found_in)
        elif entry["id"] not in seen:
            seen.add(entry["id"])
            yield _ref(entry, found_in, listing.title)


def _ref(entry: Info, found_in: str, playlist: str | None = None) -> TrackRef:
    return TrackRef(
        service=_SERVICE, id=str(entry["id"]), url=str(entry["url"]), found_in=found_in, playlist=playlist or None
    )


def _whole_s(told_s: float | None) -> float | None:
    """A preview's length is told as if it were the track's: so short a one says nothing."""
    return told_s if told_s is not None and told_s > _PREVIEW_S else None


def _day(timestamp: float | None) -> str | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC).date().isoformat()
