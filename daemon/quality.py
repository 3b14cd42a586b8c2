"""What the sound was when it came, in words; pure."""

from __future__ import annotations

from daemon.models import Fetched, Heard


def source_quality(heard: Heard, fetched: Fetched) -> str:
    """However lossless the container that we write, what it was before:

    `lossy: opus 160k, 48 kHz, up to 20.0 kHz`, `lossless: flac, 44.1 kHz`, or
    `lossless: flac, 44.1 kHz, but cut off at 16.0 kHz: it was lossy once`.
    """
    kind = "lossless" if heard.lossless else "lossy"
    return f"{kind}: {heard.codec}{_bitrate(heard, fetched)}, {heard.sample_rate_hz / 1000:g} kHz{_reach(heard)}"


def in_short(heard: Heard, fetched: Fetched) -> str:
    """The same for where there is little room: `lossy: opus 160k`, `lossless: flac`, `once lossy: flac`."""
    kind = "once lossy" if heard.once_lossy else "lossless" if heard.lossless else "lossy"
    return f"{kind}: {heard.codec}{_bitrate(heard, fetched)}"


def bitrate_kbps(heard: Heard, fetched: Fetched) -> float | None:
    """As the service names it, or else as the file has it."""
    return fetched.bitrate_kbps or heard.bitrate_kbps


def _bitrate(heard: Heard, fetched: Fetched) -> str:
    """Of a lossless file it tells nothing."""
    bitrate = bitrate_kbps(heard, fetched)
    return f" {bitrate:.0f}k" if bitrate and not heard.lossless else ""


def _reach(heard: Heard) -> str:
    if heard.cutoff_hz is None:
        return ""
    if heard.once_lossy:
        return f", but cut off at {heard.cutoff_hz / 1000:.1f} kHz: it was lossy once"
    return f", up to {heard.cutoff_hz / 1000:.1f} kHz"


LIMITED = "limited"
_OF_THE_MUSIC = ("clipped", LIMITED, "dc offset", "drifting tempo")
"""Flags that speak of how it was made, and not of whether the file is in order."""
_SAID_ALREADY = "once lossy"
"""The quality says it."""


def remarks(heard: Heard) -> tuple[str, ...]:
    """What a person should know of the file before they play it: `sudden silence of 2.0 s at 1:03`."""
    return tuple(flag for flag in heard.flags if flag not in _OF_THE_MUSIC and not flag.startswith(_SAID_ALREADY))
