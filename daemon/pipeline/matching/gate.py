"""The gate on length, before anything else: what search engines know nothing of. Pure.

Hour-long loops, previews and radio edits all carry the right name.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.models import Candidate, Service
from daemon.pipeline.matching.wanted import Goal

SLACK_S, SLACK_SHARE = 3.0, 0.02
"""What the proof of the download will demand."""
ASK_SHORTER_S = 5.0
ASK_LONGER_S, ASK_LONGER_SHARE = 15.0, 0.08
"""An official video may have a scene before or after; whether it may be taken is the person's to say."""
EXTENDED_AT_MOST, EXTENDED_AT_MOST_S = 2.5, 12 * 60.0
RADIO_AT_LEAST, RADIO_AT_LEAST_S = 0.25, 90.0
ANOTHER_LENGTH_S = 5.0
"""An extended or a radio version is at least this much longer or shorter than the one that was liked."""
UNKNOWN_SHORTEST_S, UNKNOWN_LONGEST_S = 60.0, 15 * 60.0
"""Where nobody said how long it should be."""
_LOOP_TIMES, _LOOP_S, _PREVIEW_S = 3.0, 20 * 60.0, 65.0


@dataclass(frozen=True, slots=True)
class Length:
    """How the length fits."""

    fit: float
    """0 to 1; 0: refused."""
    words: str
    certain: bool = True
    """False: good enough to be asked about, not to be taken."""
    close: bool = False
    """Within two seconds: that is no chance."""
    known: bool = True
    coming: bool = False
    """YouTube tells no length of what is not there yet, or still running."""


def gate(duration_s: float | None, goal: Goal, candidate: Candidate) -> Length:
    """Whether a candidate can be the recording, by its length alone."""
    if candidate.live:
        return Length(0.0, "a live stream")
    if candidate.duration_s is None or duration_s is None:
        return _unknown(candidate)
    if goal.longer:
        return _longer(duration_s, candidate.duration_s)
    if goal.shorter:
        return _shorter(duration_s, candidate.duration_s)
    return _as_liked(duration_s, candidate.duration_s)


def slack_s(duration_s: float) -> float:
    """How far off a recording of this length may be."""
    return max(SLACK_S, SLACK_SHARE * duration_s)


def _as_liked(wanted_s: float, offered_s: float) -> Length:
    off_s = offered_s - wanted_s
    said = f"length {off_s:+.0f} s" if round(off_s) else "same length"
    slack = slack_s(wanted_s)
    if abs(off_s) <= slack:
        return Length(1 - 0.4 * abs(off_s) / slack, said, close=abs(off_s) <= min(2.0, slack))
    if -ASK_SHORTER_S <= off_s <= max(ASK_LONGER_S, ASK_LONGER_SHARE * wanted_s):
        return Length(0.4, said, certain=False)
    return Length(0.0, _refusal(wanted_s, offered_s))


def _refusal(wanted_s: float, offered_s: float) -> str:
    if offered_s >= _LOOP_S and offered_s >= _LOOP_TIMES * wanted_s:
        return f"{clock(offered_s)} long: a loop or a whole set"
    if offered_s <= _PREVIEW_S and offered_s < wanted_s / 2:
        return f"{clock(offered_s)} long: a preview"
    return f"other length: {clock(offered_s)} instead of {clock(wanted_s)}"


def _longer(wanted_s: float, offered_s: float) -> Length:
    if offered_s < wanted_s + ANOTHER_LENGTH_S:
        return Length(0.0, "no longer than the one liked")
    if offered_s > min(EXTENDED_AT_MOST * wanted_s, max(EXTENDED_AT_MOST_S, wanted_s)):
        return Length(0.0, f"{clock(offered_s)} long: too long for an extended version")
    return Length(0.9, f"{clock(offered_s)} instead of {clock(wanted_s)}")


def _shorter(wanted_s: float, offered_s: float) -> Length:
    if offered_s > wanted_s - ANOTHER_LENGTH_S:
        return Length(0.0, "no shorter than the one liked")
    if offered_s < max(RADIO_AT_LEAST * wanted_s, RADIO_AT_LEAST_S):
        return Length(0.0, f"{clock(offered_s)} long: too short for a radio edit")
    return Length(0.9, f"{clock(offered_s)} instead of {clock(wanted_s)}")


def _unknown(candidate: Candidate) -> Length:
    offered_s = candidate.duration_s
    if offered_s is not None and not UNKNOWN_SHORTEST_S <= offered_s <= UNKNOWN_LONGEST_S:
        return Length(0.0, f"{clock(offered_s)} long, and nobody said how long it should be")
    whose = "its length" if offered_s is None else "the wanted length"
    coming = offered_s is None and candidate.service is Service.YOUTUBE
    return Length(0.5, f"{whose} is not known", known=False, coming=coming)


def clock(seconds: float) -> str:
    """`1:00:00`, `3:25`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
