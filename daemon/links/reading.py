"""Any text that a person pastes, and what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from daemon.links import services
from daemon.links.shapes import FileLink, FolderLink, Link, ShortLink, Unusable, WebLink
from daemon.models import Service

SHORT_HOSTS: Mapping[str, Service] = {
    "on.soundcloud.com": Service.SOUNDCLOUD,
    "spotify.link": Service.SPOTIFY,
    "spotify.app.link": Service.SPOTIFY,
}
"""Hosts whose addresses say nothing until they are asked, and whose they are."""

_READERS: Mapping[str, Callable[[SplitResult], Link]] = {
    "open.spotify.com": services.spotify_address,
    "soundcloud.com": services.soundcloud_address,
    "api.soundcloud.com": services.soundcloud_api_address,
    "api-v2.soundcloud.com": services.soundcloud_api_address,
    "youtu.be": services.youtu_be_address,
    "youtube.com": services.youtube_address,
    "youtube-nocookie.com": services.youtube_address,
}
_PREFIXES = re.compile(r"(www|m|music)\.")

MUSIC_HOSTS = frozenset(_READERS)
"""Where a short link may lead, each also behind `www.`, `m.` or `music.`."""

_WRAPPED = re.compile(r"<(.*)>|\"(.*)\"|'(.*)'|“(.*)”|‘(.*)’", re.DOTALL)
_LINK_IN_TEXT = re.compile(r"https?://[^\s\x00-\x1f\x7f<>\"“”]+", re.IGNORECASE)
_TRACKING = re.compile(r"(utm_\w+|fbclid|gclid|igshid)=.*", re.IGNORECASE)
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")

_EMPTY = "There is nothing to take up. Give a link, an audio file or a folder."
_SEVERAL = "There are several links in that text. Give one at a time."
_NO_LINK = "“{text}” is no link that can be read. Copy it again from the address bar of the browser."
_NOTHING_THERE = (
    "“{text}” is neither a link nor a file or folder that is here. Links begin with https://; files need their whole "
    "path."
)
_SHOWN_MOST = 80

Found = Literal["file", "folder"]


def on_disk(path: Path) -> Found | None:
    """What is at this path; None when it is nothing we can see."""
    try:
        return "folder" if path.is_dir() else "file" if path.is_file() else None
    except (OSError, ValueError):
        return None


def read(text: str, there: Callable[[Path], Found | None] = on_disk) -> Link:
    """What a pasted text means. Any text is understood, if only as `Unusable`; nothing is raised.

    Tracking parameters are dropped, and so is the place in a playlist or in time. Of a share text (“Listen to … at
    https://…”) the link counts. `there` says what is at a path.
    """
    given = _unwrapped(text)
    if not given:
        return Unusable(sentence=_EMPTY)
    if given.lower().startswith("spotify:"):
        return services.spotify_uri(given)
    if given.lower().startswith("file:"):
        return _path(_path_of(given), there) or _unusable(_NOTHING_THERE, given)
    if re.match(r"https?://", given, re.IGNORECASE) and not _UNFIT.search(given):
        return _address(given)
    return _path(text, there) or _path(given, there) or _without_scheme(given)


def _unwrapped(text: str) -> str:
    """Without the quotes or angle brackets that a shell or a mail puts around it."""
    bare = text.strip()
    found = _WRAPPED.fullmatch(bare)
    return bare if found is None else next(inner for inner in found.groups() if inner is not None).strip()


def _without_scheme(given: str) -> Link:
    if bare := services.spotify_id(given):
        return bare
    if not _UNFIT.search(given) and (parts := _split(f"https://{given}")) and _host(parts) in (*_READERS, *SHORT_HOSTS):
        return _address(f"https://{given}")
    links = set(_LINK_IN_TEXT.findall(given))
    if len(links) == 1:
        return _address(links.pop().rstrip(".,;:!?)"))
    return Unusable(sentence=_SEVERAL) if links else _unusable(_NOTHING_THERE, given)


def _address(url: str) -> Link:
    parts = _split(url)
    if parts is None:
        return _unusable(_NO_LINK, url)
    host = _host(parts)
    if host in SHORT_HOSTS:
        short = f"https://{host}{parts.path.rstrip('/')}"
        return ShortLink(url=short) if parts.path.strip("/") else _unusable(_NO_LINK, url)
    reader = _READERS.get(host)
    return reader(parts) if reader else WebLink(url=_cut(parts))


def _split(url: str) -> SplitResult | None:
    """The address in parts; None when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts if parts.hostname else None


def _host(parts: SplitResult) -> str:
    return _PREFIXES.sub("", parts.hostname or "", count=1)


def _cut(parts: SplitResult) -> str:
    """Without what only tells who shared it: nothing else of a foreign address may be touched."""
    query = "&".join(piece for piece in parts.query.split("&") if not _TRACKING.fullmatch(piece))
    login, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{login}{at}{host.lower()}", query=query, fragment="").geturl()


def _path_of(file_url: str) -> str:
    parts = _split(f"https://localhost/{file_url.partition(':')[2].removeprefix('//').removeprefix('localhost')}")
    return unquote(parts.path.replace("//", "/", 1)) if parts else ""


def _path(given: str, there: Callable[[Path], Found | None]) -> FileLink | FolderLink | None:
    try:
        path = Path(given).expanduser().resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    found = there(path)
    if found is None:
        return None
    return FileLink(path=path) if found == "file" else FolderLink(path=path)


def _unusable(sentence: str, given: str) -> Unusable:
    shown = given if len(given) <= _SHOWN_MOST else f"{given[:_SHOWN_MOST]}…"
    return Unusable(sentence=sentence.format(text=shown))
