"""Is the download what it claims to be? A verdict over what one decode told; pure."""

from __future__ import annotations

from daemon.errors import BadMedia
from daemon.models import Fetched, Heard, Track

_SLACK_S = 3.0
_SLACK_SHARE = 0.02
_LONGER_S = 15.0
"""A video may begin and end with a little silence; `daemon.pipeline.matching` lets as much through."""


def prove(track: Track, fetched: Fetched, heard: Heard) -> None:
    """Returns when the audio may be filed. Raises BadMedia with what is wrong, in words for the person."""
    if "silent" in heard.flags:
        raise BadMedia(f"{fetched.url}: there is no sound in it.")
    if fetched.duration_s and heard.duration_s < fetched.duration_s - _slack(fetched.duration_s):
        raise BadMedia(
            f"{fetched.url}: {heard.duration_s:.1f} s of sound where {fetched.duration_s:.1f} s were promised: "
            "the download is not whole."
        )
    if track.duration_s and heard.duration_s < track.duration_s - _slack(track.duration_s):
        raise BadMedia(
            f"{fetched.url}: {heard.duration_s:.1f} s long, the track is {track.duration_s:.1f} s: a preview, or cut."
        )
    if track.duration_s and heard.duration_s > track.duration_s + max(_LONGER_S, _slack(track.duration_s)):
        raise BadMedia(
            f"{fetched.url}: {heard.duration_s:.1f} s long, the track is {track.duration_s:.1f} s: another version."
        )


def _slack(duration_s: float) -> float:
    return max(_SLACK_S, _SLACK_SHARE * duration_s)
