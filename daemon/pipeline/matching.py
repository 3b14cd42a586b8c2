"""Which of the things a search found is the recording that was liked. Pure: values in, a verdict with its evidence out.

A gate on duration comes first, because it is what search engines know nothing of: hour-long loops, previews and radio
edits all carry the right name. Then artists, title and version words are compared; who uploaded it and how often it was
seen only settle what is left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from daemon.models import Candidate, Source, Track

ACCEPT = 0.78
"""At least this: taken without asking."""
ASK = 0.60
"""At least this: the person is asked. Below: it is not there."""

_SHORTER_S, _LONGER_S = 5.0, 15.0
"""A video may begin and end with a little silence or a logo; a recording is not cut."""

_VERSION_WORD = re.compile(
    r"\b(remix|edit|extended|radio|live|acoustic|instrumental|cover|sped|slowed|nightcore|8d|loop|bootleg|vip|dub"
    r"|mashup|karaoke|reverb)\b"
)
"""Words that make it another recording. `remaster` is not among them: that is the same one."""
_NOISE = re.compile(
    r"\b(official|music|lyrics?|audio|video|visuali[sz]er|hd|hq|4k|full|free download|out now|premiere)\b", re.I
)
_FEATURING = re.compile(r"[\(\[]?\b(?:feat|ft|featuring)\b\.?[^\)\]]*[\)\]]?", re.I)
_WORD = re.compile(r"[^\W_]+")

_TITLE_WEIGHT, _ARTIST_WEIGHT, _DURATION_WEIGHT, _CHANNEL_WEIGHT = 0.45, 0.30, 0.15, 0.10
_WRONG_VERSION = 0.5
"""What is left of a score when one side says `live` (or `remix`, or `sped up` …) and the other does not."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and how well it fits."""

    candidate: Candidate
    score: float
    evidence: str


def rank(track: Track, candidates: Sequence[Candidate]) -> list[Scored]:
    """The candidates that pass the duration gate, best first; how often one was seen settles a tie."""
    scored = [_score(track, candidate) for candidate in candidates if _right_length(track, candidate)]
    return sorted(scored, key=lambda one: (-round(one.score, 2), -(one.candidate.views or 0)))


def accepted(ranked: Sequence[Scored]) -> tuple[Source, ...]:
    """Those good enough to take without asking, as sources."""
    return tuple(
        Source(candidate=one.candidate, score=round(one.score, 3), evidence=one.evidence)
        for one in ranked
        if one.score >= ACCEPT
    )


def doubtful(ranked: Sequence[Scored]) -> list[Scored]:
    """Those to ask the person about: the three best that are neither accepted nor out of the question."""
    return [one for one in ranked if ASK <= one.score < ACCEPT][:3]


def _right_length(track: Track, candidate: Candidate) -> bool:
    if candidate.live:
        return False
    if track.duration_s is None or candidate.duration_s is None:
        return candidate.duration_s is None or candidate.duration_s < 20 * 60
    return -_SHORTER_S <= candidate.duration_s - track.duration_s <= _LONGER_S


def _score(track: Track, candidate: Candidate) -> Scored:
    wanted, offered = _plain(track.title), _plain(candidate.title)
    channel = _plain(candidate.channel.removesuffix(" - Topic"))
    artists = [_plain(artist) for artist in track.artists]
    named = f"{offered} {channel} {' '.join(map(_plain, candidate.artists))}"

    artist_fit = max((fuzz.partial_token_set_ratio(artist, named) for artist in artists), default=50.0) / 100
    title_fit = fuzz.token_set_ratio(wanted, _without(offered, artists)) / 100
    channel_fit = _channel_fit(candidate, channel, artists)
    duration_fit, off_by = _duration_fit(track, candidate)
    score = (
        _TITLE_WEIGHT * title_fit
        + _ARTIST_WEIGHT * artist_fit
        + _DURATION_WEIGHT * duration_fit
        + _CHANNEL_WEIGHT * channel_fit
    )
    notes = [f"title {title_fit:.0%}", f"artist {artist_fit:.0%}", off_by]
    if wrong := _version(track.title) ^ _version(candidate.title):
        score *= _WRONG_VERSION
        notes.append("other version: " + ", ".join(sorted(wrong)))
    if channel_fit == 1.0:
        notes.append(f"from {candidate.channel}")
    return Scored(candidate, score, "; ".join(notes))


def _channel_fit(candidate: Candidate, channel: str, artists: Sequence[str]) -> float:
    by_artist = any(fuzz.ratio(channel, artist) >= 90 for artist in artists)
    if by_artist and (candidate.channel.endswith(" - Topic") or candidate.verified):
        return 1.0
    return 0.6 if by_artist or candidate.verified else 0.3


def _duration_fit(track: Track, candidate: Candidate) -> tuple[float, str]:
    if track.duration_s is None or candidate.duration_s is None:
        return 0.5, "length unknown"
    off_s = candidate.duration_s - track.duration_s
    return max(0.0, 1 - abs(off_s) / _LONGER_S), f"length {off_s:+.0f} s"


def _version(title: str) -> frozenset[str]:
    return frozenset(_VERSION_WORD.findall(title.casefold()))


def _plain(text: str) -> str:
    """Lower case, no accents, no noise, single blanks: what a person means when they say `the same name`."""
    text = _FEATURING.sub(" ", _NOISE.sub(" ", text))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_WORD.findall("".join(c for c in decomposed if not unicodedata.combining(c))))


def _without(text: str, artists: Sequence[str]) -> str:
    for artist in artists:
        text = text.replace(artist, " ") if artist else text
    return text
