"""One track's audio, complete, in a folder. `fetch_audio` runs inside a child process that may be killed at any moment:
whatever is on disk then is taken up by the next call.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from daemon.errors import Refused
from daemon.models import Fetched, Service
from daemon.ports import Progress
from integrations.ytdlp import leftovers
from integrations.ytdlp.options import Access, fetch_options
from integrations.ytdlp.session import Info, Session, opened, sweep
from integrations.ytdlp.translation import SHOWN, Failure, say
from integrations.ytdlp.watching import NOT_FINISHED, ProgressHook, Room, Watch

EXTRACTORS = {
    Service.SOUNDCLOUD: ("soundcloud.*",),
    Service.YOUTUBE: ("youtube", "youtube:.*"),
    Service.WEB: ("default",),
}
"""Which of yt-dlp's extractors may be used for a service, by name."""

_NO_LISTS: Info = {"playlist_items": "0"}
"""Of a list that only shows itself while a page is followed, nothing is downloaded."""

_NEARLY_BYTES = 100
"""By so much the size of a file may differ from what was told: YouTube adds or takes a few bytes now and then."""

_BEGINNING_BYTES = 64
_CODECS = {"mp3": "mp3", "opus": "opus", "flac": "flac", "wav": "pcm", "m4a": "mp4a.40.2"}
"""Where the service leaves the codec to its file's ending."""


def fetch_audio(
    *, url: str, service: str, into: str, access: Mapping[str, Any], progress: Progress, keep_free_bytes: int = 0
) -> Fetched:
    """The audio of the one track at `url`, as `into`/source.<ext>. All arguments but `progress` are plain JSON
    (`access` is `asdict(Access(…))`).

    A download that was interrupted goes on where it stopped; one that is complete is answered at once, without asking
    anybody. A preview is never taken. It stops, with Transient, before less than `keep_free_bytes` are free on the
    disk of `into`. Raises Protected, NotFound, Refused, AuthExpired, Transient, ConfigError.
    """
    folder = Path(into)
    if done := _already(folder, url):
        return done
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    known = Service(service)
    watch = Watch(folder, Room(folder, keep_free_bytes, url=url, service=service), url=url, service=service)
    build = functools.partial(fetch_options, into=folder)
    changes = {
        **_NO_LISTS,
        "match_filter": watch.before,
        "progress_hooks": [watch.during, ProgressHook(progress)],
    }
    reach = replace(Access(**access), scratch_dir=into)
    with opened(reach, service, extractors=EXTRACTORS[known], build=build, changes=changes) as session:
        progress(None, f"asking {SHOWN[service]}")
        looked = session.look(url)
        _refuse(looked, session, url)
        info = session.download(url, looked)
    if not info.get("requested_downloads"):
        raise _is_a_list(url)
    return _keep(folder, known, url, info)


def _refuse(looked: Info, session: Session, url: str) -> None:
    """Refuses, before a byte is fetched, what is not one whole, finished recording."""
    if looked.get("_type") in ("playlist", "multi_video"):
        raise _is_a_list(url)
    if looked.get("live_status") in NOT_FINISHED:
        raise say(Failure.NOT_YET, service=session.service, what=url)
    formats = looked.get("formats") or []
    if formats and all("preview" in str(each.get("format_id")) for each in formats):
        raise say(Failure.PREVIEW, service=session.service, what=url)


def _is_a_list(url: str) -> Refused:
    return Refused(f"{url} is a list, not a track. Give the address of one track.")


# --- what is on disk -------------------------------------------------------------------------------------------------


def _already(folder: Path, url: str) -> Fetched | None:
    """What an earlier call finished; None unless it was for this `url` and is still whole."""
    try:
        kept = json.loads((folder / leftovers.RECEIPT).read_text())
        done = Fetched(**{**kept, "service": Service(kept["service"])})
        return done if done.url == url and Path(done.path).stat().st_size == done.size else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _keep(folder: Path, service: Service, url: str, info: Info) -> Fetched:
    """Gives the finished download its name. The receipt goes first: it counts only once the file is there too."""
    taken = info["requested_downloads"][0]
    working = Path(taken["filepath"])
    size = working.stat().st_size
    if wrong := _wrong_with(working, size, taken):
        working.unlink()
        leftovers.clear(folder)
        raise say(Failure.NETWORK, service=service, what=f"{url} {wrong}")
    _write_through(working)
    leftovers.clear(folder)
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
    unfinished = folder / f"{leftovers.RECEIPT}.new"
    unfinished.write_text(json.dumps(asdict(done)))
    unfinished.replace(folder / leftovers.RECEIPT)
    working.replace(done.path)
    return done


def _wrong_with(file: Path, size: int, taken: Info) -> str:
    """What speaks against this file being what was asked for, in words that follow its address; empty: nothing."""
    told = taken.get("filesize")
    if told and not leftovers.in_pieces(taken) and abs(size - told) > _NEARLY_BYTES:
        return f"came with {size} bytes in place of {told}"
    with file.open("rb") as stream:
        return "came as a page of text" if _is_text(stream.read(_BEGINNING_BYTES)) else ""


def _is_text(beginning: bytes) -> bool:
    """Whether something in between answered with words of its own: a page, JSON, a sentence, nothing at all. Every
    audio format has bytes near its beginning that no text has."""
    try:
        words = beginning.decode()
    except UnicodeDecodeError as error:
        if error.end < len(beginning) or error.reason != "unexpected end of data":
            return False
        words = beginning[: error.start].decode()  # the last letter is cut in two
    return all(letter.isprintable() or letter.isspace() for letter in words)


def _write_through(file: Path) -> None:
    """A power cut must not leave a receipt for bytes that never reached the disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _codec(taken: Info) -> str | None:
    told = taken.get("acodec")
    return told if told and told != "none" else _CODECS.get(str(taken.get("ext")))
