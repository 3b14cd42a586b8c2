"""What doctor asks: is yt-dlp fit to work here, and is there anything that it could not take?"""

from __future__ import annotations

import yt_dlp
import yt_dlp.version
from yt_dlp.globals import supported_js_runtimes
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

from daemon.models import Check
from integrations.ytdlp.options import RUNTIMES, Access, options


def check() -> Check:
    """yt-dlp's version, and whether it finds what it needs beside it. Asks nobody; raises nothing."""
    return verdict(version=yt_dlp.version.__version__, runtime=javascript_runtime(), impersonates=impersonates())


def verdict(*, version: str, runtime: str | None, impersonates: bool) -> Check:
    """One line out of what was found."""
    if runtime is None:
        return Check(
            name="yt-dlp",
            level="problem",
            text=f"yt-dlp {version} finds no JavaScript runtime: YouTube gives it little or no audio.",
            todo="Install the dependencies again (`deno` is one of them), or put Deno 2.3 or Node 22 on the PATH.",
        )
    if not impersonates:
        return Check(
            name="yt-dlp",
            level="warning",
            text=f"yt-dlp {version} with {runtime}, but it cannot pass for a browser: SoundCloud may refuse the likes.",
            todo="Install the dependencies again: `curl-cffi` is missing, or newer than yt-dlp understands.",
        )
    return Check(name="yt-dlp", level="ok", text=f"yt-dlp {version} with {runtime}, passes for a browser.")


def check_ffmpeg() -> Check:
    """Whether there is an ffmpeg program, and what one is good for. Asks nobody; raises nothing."""
    found = FFmpegPostProcessor.get_versions().get("ffmpeg")
    return ffmpeg_verdict(None if not found else str(found))


def ffmpeg_verdict(version: str | None) -> Check:
    """One line, and never a reproach: SoundCloud and YouTube give their sound in single streams that yt-dlp takes by
    itself (whole files, and HLS in the clear or with AES-128), and it is decoded inside this program."""
    for_what = "a few other websites' streams (HLS with sample encryption, RTMP, WebSocket)"
    if version is None:
        text = f"none, and none is needed; {for_what} could be had with one."
    else:
        text = f"ffmpeg {version}; only {for_what} need it."
    return Check(name="ffmpeg", level="ok", text=text)


def javascript_runtime() -> str | None:
    """Name and version of the first runtime that yt-dlp accepts. It looks into the environment's own folder of
    programs before the PATH, so that the `deno` wheel is found wherever we are started from."""
    for name in RUNTIMES:
        info = supported_js_runtimes.value[name]().info
        if info is not None and info.supported:
            return f"{info.name} {info.version}"
    return None


def impersonates() -> bool:
    """Whether requests can be made to look like a browser's (curl-cffi, in a version that yt-dlp takes)."""
    with yt_dlp.YoutubeDL(options(Access(), extractors=("soundcloud",))) as ydl:
        return bool(ydl._get_available_impersonate_targets())
