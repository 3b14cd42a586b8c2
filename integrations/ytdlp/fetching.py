"""One track's audio, complete, in a folder. `fetch_audio` runs inside a child process that may be killed at any moment:
whatever is on disk then is taken up by the next call.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from daemon.errors import Protected, Refused
from daemon.models import Fetched, Service
from daemon.ports import Progress
from integrations.ytdlp.options import Access, fetch_options
from integrations.ytdlp.session import Info, Session, opened
from integrations.ytdlp.translation import SHOWN, Failure, say

EXTRACTORS = {
    Service.SOUNDCLOUD: ("soundcloud.*",),
    Service.YOUTUBE: ("youtube", "youtube:.*"),
    Service.WEB: ("default",),
}
"""Which of yt-dlp's extractors may be used for a service, by name."""

_NO_LISTS: Info = {"playlist_items": "0"}
"""Of a list that only shows itself while a page is followed, nothing is downloaded."""

_RECEIPT = "source.json"
_MB = 1_000_000
_CODECS = {"mp3": "mp3", "opus": "opus", "flac": "flac", "wav": "pcm", "m4a": "mp4a.40.2"}
"""Where the service leaves the codec to its file's ending."""


def fetch_audio(*, url: str, service: str, into: str, access: Mapping[str, Any], progress: Progress) -> Fetched:
    """The audio of the one track at `url`, as `into`/source.<ext>. All arguments but `progress` are plain JSON
    (`access` is `asdict(Access(…))`).

    A download that was interrupted goes on where it stopped; one that is complete is answered at once, without asking
    anybody. A preview is never taken. Raises Protected, NotFound, Refused, AuthExpired, Transient, ConfigError.
    """
    folder = Path(into)
    if done := _already(folder, url):
        return done
    known = Service(service)
    build = functools.partial(fetch_options, into=folder)
    changes = {**_NO_LISTS, "progress_hooks": [ProgressHook(progress)]}
    with opened(Access(**access), service, extractors=EXTRACTORS[known], build=build, changes=changes) as session:
        progress(None, f"asking {SHOWN[service]}")
        looked = session.look(url)
        _refuse(looked, session, url)
        info = session.download(url, looked)
    if not info.get("requested_downloads"):
        raise _is_a_list(url)
    return _keep(folder, known, url, info)


class ProgressHook:
    """yt-dlp reports every block it reads; people are told of every per cent, or every megabyte of who knows how
    many."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told: int | None = None

    def __call__(self, report: Mapping[str, Any]) -> None:
        have = report.get("downloaded_bytes") or 0
        total = report.get("total_bytes") or report.get("total_bytes_estimate")
        step = int(100 * have / total) if total else int(have / _MB)
        if report.get("status") != "downloading" or step == self._told:
            return
        self._told = step
        if total:
            self._progress(min(1.0, have / total), f"{have / _MB:.1f} of {total / _MB:.1f} MB")
        else:
            self._progress(None, f"{have / _MB:.1f} MB")


def _refuse(looked: Info, session: Session, url: str) -> None:
    """Refuses, before a byte is fetched, what is not one whole, finished recording."""
    service = SHOWN.get(session.service, session.service)
    if looked.get("_type") in ("playlist", "multi_video"):
        raise _is_a_list(url)
    if looked.get("live_status") in ("is_live", "is_upcoming"):
        raise say(Failure.NOT_YET, service=session.service, what=url)
    formats = looked.get("formats") or []
    if formats and all("preview" in str(each.get("format_id")) for each in formats):
        raise Protected(f"{service} plays only a preview of {url} without a subscription. Choose another source.")


def _is_a_list(url: str) -> Refused:
    return Refused(f"{url} is a list, not a track. Give the address of one track.")


# --- what is on disk -------------------------------------------------------------------------------------------------


def _already(folder: Path, url: str) -> Fetched | None:
    """What an earlier call finished; None unless it was for this `url` and is still whole."""
    try:
        kept = json.loads((folder / _RECEIPT).read_text())
        done = Fetched(**{**kept, "service": Service(kept["service"])})
        return done if done.url == url and Path(done.path).stat().st_size == done.size else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _keep(folder: Path, service: Service, url: str, info: Info) -> Fetched:
    """Gives the finished download its name. The receipt goes first: it counts only once the file is there too."""
    taken = info["requested_downloads"][0]
    working = Path(taken["filepath"])
    size = working.stat().st_size
    if _is_a_page(working):
        working.unlink()
        raise say(Failure.NETWORK, service=service, what=url)
    done = Fetched(
        path=str(folder / f"source{working.suffix}"),
        size=size,
        service=service,
        url=url,
        codec=_codec(taken),
        bitrate_kbps=taken.get("abr") or taken.get("tbr"),
        duration_s=info.get("duration"),
        format_id=taken.get("format_id"),
    )
    unfinished = folder / f"{_RECEIPT}.new"
    unfinished.write_text(json.dumps(asdict(done)))
    unfinished.replace(folder / _RECEIPT)
    working.replace(done.path)
    return done


def _is_a_page(file: Path) -> bool:
    """Whether something in between answered with a page of its own: HTML or JSON, where no audio format begins so."""
    with file.open("rb") as opened_file:
        return opened_file.read(64).lstrip()[:1] in (b"", b"<", b"{")


def _codec(taken: Info) -> str | None:
    told = taken.get("acodec")
    return told if told and told != "none" else _CODECS.get(str(taken.get("ext")))
