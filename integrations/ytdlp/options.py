"""What we tell yt-dlp, as values. Its Python API is not its command line: left alone it retries nothing and takes a
download with a missing piece for a success, so everything that matters is said here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.errors import ConfigError, Problem

AUDIO_FORMAT = "download/bestaudio[format_id!*=preview]/bestaudio*[format_id!*=preview]"
"""The uploader's own file, else the best audio alone, else the best that has audio; never a preview. Each is one
stream, so that no ffmpeg program is needed to put two together."""

WORKING_NAME = "%(extractor_key)s-%(id)s-%(format_id)s.%(ext)s"
"""The same for every try at the same audio, so that a `.part` is taken up again; and another for every other format,
so that two encodings are never glued together."""

RUNTIMES = ("deno", "node")
"""Programs that may run YouTube's JavaScript, the best first."""

BLOCK_BYTES = 32 * 1024
"""Read, written and told of at a time: the most that a kill or a break costs. Left alone, yt-dlp grows its blocks to
4 MB. (On loopback this makes 64 MB/s; half of it makes 40, yt-dlp's own way 176.)"""

_FETCH_RETRIES = 5
_ASK_RETRIES = 2
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How this house reaches the services: what the settings say, in values that cross a process as JSON."""

    proxy: str | None = None
    insecure: bool = False
    """Takes any certificate."""
    cookies_file: str | None = None
    """Read, never written: yt-dlp gets a copy."""
    cache_dir: str | None = None
    """Where yt-dlp keeps what it learned (client ids, solved players); None: nowhere."""
    scratch_dir: str | None = None
    """Where copies of the cookies lie while they are used, each in a folder of its own that only we may enter; None:
    the system's folder for such things. What killed runs leave there is removed by `session.sweep`."""
    extractor_args: str = ""
    """As on yt-dlp's command line, several separated by blanks."""
    soundcloud_token: str | None = None
    timeout_s: float = 20.0
    """The longest silence of the other side; where yt-dlp passes for a browser it waits twice that."""
    retry_pause_s: float = 1.0
    """Before the first repetition; doubles from there."""


def options(
    access: Access, *, extractors: Sequence[str], cookies_copy: Path | None = None, logger: object | None = None
) -> dict[str, Any]:
    """The parameters for asking: nothing is downloaded by them. Raises ConfigError for malformed extractor
    arguments."""
    return {
        "proxy": access.proxy,
        "nocheckcertificate": access.insecure,
        "cookiefile": None if cookies_copy is None else str(cookies_copy),
        "cachedir": access.cache_dir or False,
        "extractor_args": parse_extractor_args(access.extractor_args),
        "allowed_extractors": list(extractors),
        "js_runtimes": {name: {} for name in RUNTIMES},
        "socket_timeout": access.timeout_s,
        "retries": _ASK_RETRIES,
        "fragment_retries": _ASK_RETRIES,
        "extractor_retries": _ASK_RETRIES,
        "retry_sleep_functions": dict.fromkeys(("http", "fragment", "extractor"), _pause(access.retry_pause_s)),
        "skip_unavailable_fragments": False,
        "noplaylist": True,
        "logger": logger,
        "quiet": True,
        "noprogress": True,
        "color": "no_color",
        **_sign_in(access, extractors),
    }


def fetch_options(
    access: Access,
    into: Path,
    *,
    extractors: Sequence[str],
    cookies_copy: Path | None = None,
    logger: object | None = None,
) -> dict[str, Any]:
    """The parameters for downloading the audio of one track into a folder, resumed where an earlier try stopped."""
    return {
        **options(access, extractors=extractors, cookies_copy=cookies_copy, logger=logger),
        "format": AUDIO_FORMAT,
        "paths": {"home": str(into)},
        "outtmpl": {"default": WORKING_NAME},
        "retries": _FETCH_RETRIES,
        "fragment_retries": _FETCH_RETRIES,
        "continuedl": True,
        "nopart": False,
        "keep_fragments": True,
        "buffersize": BLOCK_BYTES,
        "noresizebuffer": True,
        "hls_prefer_native": True,
        "overwrites": False,
        "updatetime": False,
        "fixup": "never",
    }


def parse_extractor_args(text: str) -> dict[str, dict[str, list[str]]]:
    r"""`youtube:player_client=a,b;player_skip=c soundcloud:formats=d` as yt-dlp wants it from Python. A comma within a
    value is written `\,`; what is said of one extractor in two places adds up. Raises ConfigError when a piece has no
    extractor's name."""
    parsed: dict[str, dict[str, list[str]]] = {}
    for piece in text.split():
        extractor, colon, rest = piece.partition(":")
        if not colon or not re.fullmatch(r"[\w+-]+", extractor):
            what = f"“{piece}” is not of the form extractor:key=value,value;key=value. Correct it, or leave it empty."
            raise ConfigError([Problem("YTDLP_EXTRACTOR_ARGS", what)])
        arguments = parsed.setdefault(extractor.lower(), {})
        for argument in filter(None, rest.split(";")):
            key, _, values = argument.partition("=")
            arguments[key.strip().lower().replace("-", "_")] = [
                value.replace(r"\,", ",").strip() for value in re.split(r"(?<!\\),", values)
            ]
    return parsed


def _sign_in(access: Access, extractors: Sequence[str]) -> dict[str, str]:
    """The token goes to SoundCloud's extractors alone: others would take it for a password of theirs."""
    if access.soundcloud_token is None or not all(name.startswith("soundcloud") for name in extractors):
        return {}
    return {"username": "oauth", "password": access.soundcloud_token}


def _pause(first_s: float) -> Any:
    def pause_s(n: int) -> float:
        """`n` counts from 0."""
        return float(min(first_s * 2**n, _LONGEST_PAUSE_S))

    return pause_s
