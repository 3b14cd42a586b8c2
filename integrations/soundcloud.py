"""SoundCloud through yt-dlp: the likes of a profile, and who a track is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from daemon.errors import DaemonError, NotFound
from daemon.models import Alias, Check, Service, Track, TrackRef
from integrations.ytdlp.fetching import EXTRACTORS
from integrations.ytdlp.naming import split_title
from integrations.ytdlp.options import Access
from integrations.ytdlp.session import Info, opened

_SERVICE = Service.SOUNDCLOUD
_TRACK = "Soundcloud"
"""yt-dlp's word for an entry that is a track; sets have none."""
_NO_FORMATS = "soundcloud:formats=none"
"""Formats are asked one request each; none of them is called `none`."""
_WORDS_ONLY: Info = {"ignore_no_formats_error": True}
_PREVIEW_S = 31.0


class SoundCloudLikes:
    """The source `soundcloud-likes`: what a profile likes, read page by page and no further than asked."""

    name = "soundcloud-likes"

    def __init__(self, profile: str, access: Access) -> None:
        """`profile` is the user's name as it stands in the address, or the address itself."""
        self._profile = profile_name(profile)
        self._access = access

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """The tracks liked last. Sets and deleted tracks among the likes are passed over. Raises NotFound when there is
        no such profile, RateLimited when the likes are closed to us, AuthExpired, Unreachable."""
        url = f"https://soundcloud.com/{self._profile}/likes"
        found: list[TrackRef] = []
        with opened(self._access, _SERVICE, extractors=EXTRACTORS[_SERVICE]) as session:
            entries = session.entries(url)
            try:
                while len(found) < limit:
                    ref = _liked_track(next(entries), self.name)
                    found += [ref] if ref else []
            except StopIteration:
                pass
            except NotFound as error:
                raise NotFound(
                    f"SoundCloud knows no “{self._profile}”. Set SOUNDCLOUD_PROFILE to the name in the address of your "
                    "profile page."
                ) from error
        return found

    def check(self) -> Check:
        try:
            self.newest(1)
        except DaemonError as error:
            return Check(
                name="SoundCloud", level="problem", text=str(error), todo="See that SOUNDCLOUD_PROFILE is right."
            )
        return Check(name="SoundCloud", level="ok", text=f"The likes of {self._profile} can be read.")


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


def _liked_track(entry: Info | None, source: str) -> TrackRef | None:
    if entry is None or entry.get("ie_key") != _TRACK or not entry.get("id"):
        return None
    return TrackRef(service=_SERVICE, id=str(entry["id"]), url=str(entry["url"]), found_in=source)


def _whole_s(told_s: float | None) -> float | None:
    """A preview's length is told as if it were the track's: so short a one says nothing."""
    return told_s if told_s is not None and told_s > _PREVIEW_S else None


def _day(timestamp: float | None) -> str | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC).date().isoformat()
