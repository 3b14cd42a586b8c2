"""What doctor asks: is yt-dlp fit to work here?"""

from __future__ import annotations

import yt_dlp
import yt_dlp.version
from yt_dlp.globals import supported_js_runtimes

from daemon.models import Check
from integrations.ytdlp.options import Access, options

_RUNTIMES = ("deno", "node")


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


def javascript_runtime() -> str | None:
    """Name and version of the first runtime that yt-dlp accepts. It looks into the environment's own folder of
    programs before the PATH, so that the `deno` wheel is found wherever we are started from."""
    for name in _RUNTIMES:
        info = supported_js_runtimes.value[name]().info
        if info is not None and info.supported:
            return f"{info.name} {info.version}"
    return None


def impersonates() -> bool:
    """Whether requests can be made to look like a browser's (curl-cffi, in a version that yt-dlp takes)."""
    with yt_dlp.YoutubeDL(options(Access(), extractors=("soundcloud",))) as ydl:
        return bool(ydl._get_available_impersonate_targets())
