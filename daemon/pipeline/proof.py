"""Is the download what it claims to be? A verdict over what one decode told; pure.

What is surely not the whole recording is refused: it goes to quarantine, where the person may release it. What may be
in order, but should be known, is flagged. A wrong recording of the right length passes: to tell that apart is for
AcoustID.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from daemon.errors import BadMedia
from daemon.models import Fetched, Heard, Service, Source, Track

_SLACK_S, _SLACK_SHARE = 3.0, 0.02
"""By so much two services may disagree on the length of one recording."""
_OWN_SLACK_S, _OWN_SLACK_SHARE = 1.5, 0.01
"""By so much a service may err about its own file: it rounds to seconds."""
_PREVIEW_S = (28.5, 31.5)
_LONG_SILENCE_S = 5.0
_LEAST_SOUND_SHARE = 0.5
_HARDLY_AUDIBLE_LUFS = -50.0

_GRID_PER_BEAT = 4
"""A producer stops the music from one sixteenth to another."""
_ON_GRID_S = 0.012
_LEAST_CONFIDENCE = 0.3

_TOLD = ("broken samples", "out of phase", "low rate")
"""What the ears flag that speaks of the file and not of the music."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What speaks against a download, in words for the person."""

    refusals: tuple[str, ...] = ()
    """It must not be filed."""
    flags: tuple[str, ...] = ()
    """It may be filed, with this said beside it."""

    def insist(self, fetched: Fetched) -> None:
        """Returns when the audio may be filed. Raises BadMedia with everything that speaks against it."""
        if self.refusals:
            raise BadMedia(f"{fetched.url}: {'; '.join(self.refusals)}.")


def prove(track: Track, fetched: Fetched, heard: Heard, source: Source) -> Proof:
    """Whether this sound may stand for that track. A source that the person trusts is held to what its service claims,
    never to the track's length; only where its service claims nothing, a preview is still told from the track. Raises
    nothing."""
    expected_s = _expected_s(track, source)
    refusals = (
        *_silence(heard, expected_s),
        *_preview(track, fetched, heard, source),
        *_against_claim(fetched, heard),
        *_against_expected(heard, expected_s),
        *(f"silence of {_span(hole)}, amid the music: a part is missing" for hole in heard.holes if _torn(hole, heard)),
    )
    return Proof(refusals, tuple(_flags(fetched, heard)))


# --- lengths ---------------------------------------------------------------------------------------------------------


def _expected_s(track: Track, source: Source) -> float | None:
    """The length that the sound must have, so far as one is known."""
    if source.trusted:
        return None
    if source.as_version is not None or not track.duration_s:
        return source.candidate.duration_s
    return track.duration_s


def _against_expected(heard: Heard, expected_s: float | None) -> Iterator[str]:
    """Silence at the ends may explain a longer file, never a shorter one."""
    if not expected_s:
        return
    slack_s = _slack_s(expected_s)
    if heard.duration_s < expected_s - slack_s:
        yield f"{heard.duration_s:.1f} s long where {expected_s:.1f} s are expected: it is cut, or another version"
    elif _sound_s(heard) > expected_s + slack_s:
        yield f"{heard.duration_s:.1f} s long where {expected_s:.1f} s are expected: another version, or more than that"


def _is_as_claimed(fetched: Fetched, heard: Heard) -> bool:
    """Whether the service claims a length, and the file is no shorter."""
    claimed_s = fetched.duration_s or None
    return claimed_s is not None and heard.duration_s >= claimed_s - _slack_s(claimed_s)


def _against_claim(fetched: Fetched, heard: Heard) -> Iterator[str]:
    if fetched.duration_s and not _is_as_claimed(fetched, heard):
        yield f"{heard.duration_s:.1f} s of sound where {fetched.duration_s:.1f} s were promised: it is not whole"


def _preview(track: Track, fetched: Fetched, heard: Heard, source: Source) -> Iterator[str]:
    """Thirty seconds of a track that is longer; or, where nobody knows, from a service that sells the rest. Who trusts
    a source of thirty seconds means those, if its service says that there are no more."""
    if not _PREVIEW_S[0] <= heard.duration_s <= _PREVIEW_S[1]:
        return
    if source.trusted and _is_as_claimed(fetched, heard):
        return
    # The place's own word on its length is a preview's too: it counts only for a version that was asked for.
    expected_s = _expected_s(track, source) if source.as_version and not source.trusted else track.duration_s
    if expected_s:
        is_one = heard.duration_s < expected_s - _slack_s(expected_s)
    else:
        is_one = fetched.service is Service.SOUNDCLOUD and not source.trusted
    if is_one:
        yield f"{heard.duration_s:.1f} s long: a preview, not the track"


def _slack_s(duration_s: float) -> float:
    return max(_SLACK_S, _SLACK_SHARE * duration_s)


def _sound_s(heard: Heard) -> float:
    """Without the silence at both ends."""
    return max(0.0, heard.duration_s - heard.silence_start_s - heard.silence_end_s)


# --- silence and holes -----------------------------------------------------------------------------------------------


def _silence(heard: Heard, expected_s: float | None) -> Iterator[str]:
    if "silent" in heard.flags:
        yield "there is no sound in it"
    elif _sound_s(heard) < _LEAST_SOUND_SHARE * min(heard.duration_s, expected_s or heard.duration_s):
        yield f"only {_sound_s(heard):.1f} of {heard.duration_s:.1f} s are sound, the rest is silence"
    if "one ear" in heard.flags:
        yield "all of the sound is in one ear"


def _torn(hole: tuple[float, float], heard: Heard) -> bool:
    """Whether a sudden silence can be no stop that somebody made: such a one lasts a number of sixteenths. Without a
    steady beat nobody can say."""
    tempo = heard.tempo
    if tempo is None or not tempo.steady or tempo.confidence < _LEAST_CONFIDENCE:
        return False
    sixteenth_s = 60 / tempo.bpm / _GRID_PER_BEAT
    return abs(hole[1] - round(hole[1] / sixteenth_s) * sixteenth_s) > _ON_GRID_S


def _span(hole: tuple[float, float]) -> str:
    start_s, length_s = hole
    return f"{length_s:.1f} s at {int(start_s // 60)}:{int(start_s % 60):02}"


# --- what should be known --------------------------------------------------------------------------------------------


def _flags(fetched: Fetched, heard: Heard) -> Iterator[str]:
    yield from (flag for flag in heard.flags if flag in _TOLD)
    if heard.once_lossy and heard.cutoff_hz:
        yield f"once lossy: cut off at {heard.cutoff_hz / 1000:.1f} kHz"
    sudden = (*(hole for hole in heard.holes if not _torn(hole, heard)), *heard.sudden_stops)
    yield from (f"sudden silence of {_span(stretch)}" for stretch in sorted(sudden))
    yield from _odd_length(fetched, heard)
    yield from _long_silence(heard)


def _odd_length(fetched: Fetched, heard: Heard) -> Iterator[str]:
    """What the service errs by about its own file; where it is too much less, that is refused already."""
    if not fetched.duration_s:
        return
    more_s = heard.duration_s - fetched.duration_s
    allowed_s = max(_OWN_SLACK_S, _OWN_SLACK_SHARE * fetched.duration_s)
    if more_s > allowed_s:
        yield f"{more_s:.1f} s longer than promised"
    elif -_slack_s(fetched.duration_s) <= more_s < -allowed_s:
        yield f"{-more_s:.1f} s shorter than promised"


def _long_silence(heard: Heard) -> Iterator[str]:
    if "silent" in heard.flags:
        return
    for length_s, where in ((heard.silence_start_s, "beginning"), (heard.silence_end_s, "end")):
        if length_s >= _LONG_SILENCE_S:
            yield f"{length_s:.0f} s of silence at the {where}"
    loudness_lufs = heard.loudness.integrated_lufs
    if loudness_lufs is None or loudness_lufs < _HARDLY_AUDIBLE_LUFS:
        yield "hardly audible"
