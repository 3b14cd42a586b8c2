"""What the sound was when it came, in words; pure."""

from __future__ import annotations

from daemon.models import Fetched, Heard


def source_quality(heard: Heard, fetched: Fetched) -> str:
    """`lossy: opus 160k`, or `lossless: flac`: however lossless the container that we write."""
    bitrate = f" {fetched.bitrate_kbps:.0f}k" if fetched.bitrate_kbps and not heard.lossless else ""
    return f"{'lossless' if heard.lossless else 'lossy'}: {heard.codec}{bitrate}"
