"""AcoustID on loopback: its web service, version 2, over fingerprints that it was told of.

`ACOUSTID_API_BASE` is the server's address. It reads the fingerprint's text with a decoder of its own, so that a
mistake in ours is not mirrored here.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import numpy as np
import numpy.typing as npt

from daemon.models import Json
from integrations.sandbox.server import Request, Response

CLIENT_KEY = "sandbox-acoustid-key"
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_WORDS_KEPT = 948
"""People send in the first 120 seconds."""
_LENGTH_MOST_S = 7
"""Recordings of another length are not even compared."""
_SHIFT_MOST = 80
_SCORE_LEAST = 0.4
_RESULTS_MOST = 10

_FINGERPRINT_VERSION = 1
_UNKNOWN_FORMAT, _MISSING, _BAD_FINGERPRINT, _BAD_KEY, _BAD_UUID = 1, 2, 3, 4, 7

_Words = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording of MusicBrainz'."""

    title: str
    """Empty: MusicBrainz has merged or removed it, so that only its id is told."""
    artists: Sequence[str] = ()
    duration_s: float | None = None

    @property
    def id(self) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self.title} / {self.artists}"))


@dataclass(slots=True)
class _Known:
    """A fingerprint that somebody has sent in."""

    words: _Words
    duration_s: int
    recordings: tuple[Recording, ...]
    """Whoever has sent it in may have named none, or the wrong ones."""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = str(uuid.uuid5(_NAMESPACE, self.words.tobytes().hex()))


class AcoustIdTwin:
    """Tell it with `know` what it knows."""

    name = "acoustid"

    def __init__(self, client_key: str = CLIENT_KEY) -> None:
        self.client_key = client_key
        self.searched: list[int] = []
        """How many words each fingerprint had that it was asked for; a search is what costs its people."""
        self._known: list[_Known] = []
        self._lock = threading.Lock()

    def know(self, words: Sequence[int], duration_s: float, *recordings: Recording) -> str:
        """As though somebody had sent this fingerprint in, as one of these recordings; answers its AcoustID."""
        known = _Known(np.array(words[:_WORDS_KEPT], np.uint32), int(duration_s), recordings)
        with self._lock:
            self._known.append(known)
        return known.id

    def answer(self, request: Request) -> Response:
        if request.path != "/v2/lookup" or request.method not in ("GET", "POST"):
            return Response(404, b"Not found", (("Content-Type", "text/plain"),))
        try:
            return Response.of_json({"status": "ok", "results": self._results(_asked(request))})
        except _Refusal as refusal:
            complaint = {"code": refusal.code, "message": str(refusal)}
            return Response.of_json({"status": "error", "error": complaint}, 400)

    def _results(self, asked: Mapping[str, str]) -> list[Json]:
        if asked.get("format", "json") != "json":
            raise _Refusal(_UNKNOWN_FORMAT, f'unknown format "{asked["format"]}"')
        if not asked.get("client"):
            raise _Refusal(_MISSING, 'missing required parameter "client"')
        if asked["client"] != self.client_key:
            raise _Refusal(_BAD_KEY, "invalid API key")
        with_recordings = "recordings" in asked.get("meta", "").split()
        return [_result(score, known, with_recordings) for score, known in self._matches(asked)]

    def _matches(self, asked: Mapping[str, str]) -> list[tuple[float, _Known]]:
        """What is known, with how sure it is, surest first."""
        with self._lock:
            known = list(self._known)
        if "trackid" in asked:
            if not _UUID.fullmatch(asked["trackid"]):
                raise _Refusal(_BAD_UUID, 'parameter "trackid" is not a valid UUID')
            return [(1.0, one) for one in known if one.id == asked["trackid"]][:1]
        words, duration_s = _sound_asked(asked)
        with self._lock:
            self.searched.append(len(words))
        near = [one for one in known if abs(one.duration_s - duration_s) <= _LENGTH_MOST_S]
        scored = [(score, one) for one in near if (score := _likeness(words, one.words)) > _SCORE_LEAST]
        return sorted(scored, key=lambda match: -match[0])[:_RESULTS_MOST]


class _Refusal(Exception):
    """What the service says no to."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _asked(request: Request) -> dict[str, str]:
    """The parameters, from the query and the form alike."""
    body = request.body
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return {**request.query, **(dict(parse_qsl(body.decode())) if is_form else {})}


def _sound_asked(asked: Mapping[str, str]) -> tuple[_Words, int]:
    duration = asked.get("duration", "")
    if not (duration.isdecimal() and int(duration)):  # a fraction of a second is as good as nothing to it
        raise _Refusal(_MISSING, 'missing required parameter "duration"')
    if not asked.get("fingerprint"):
        raise _Refusal(_MISSING, 'missing required parameter "fingerprint"')
    try:
        words = words_in(asked["fingerprint"])
    except ValueError as error:
        raise _Refusal(_BAD_FINGERPRINT, "invalid fingerprint") from error
    return np.array(words, np.uint32), int(duration)


def _result(score: float, known: _Known, with_recordings: bool) -> Json:
    result: Json = {"id": known.id, "score": score}
    if with_recordings and known.recordings:
        result["recordings"] = [_recording(one) for one in known.recordings]
    return result


def _recording(recording: Recording) -> Json:
    if not recording.title:
        return {"id": recording.id}
    told: Json = {"id": recording.id, "title": recording.title}
    if recording.duration_s:
        told["duration"] = float(recording.duration_s)
    if recording.artists:
        told["artists"] = [*_credits(recording.artists)]
    return told


def _credits(artists: Sequence[str]) -> Iterator[Json]:
    for number, name in enumerate(artists, 1):
        joined = {"joinphrase": " & "} if number < len(artists) else {}
        yield {"id": str(uuid.uuid5(_NAMESPACE, name)), "name": name, **joined}


# --- fingerprints ----------------------------------------------------------------------------------------------------


def words_in(text: str) -> list[int]:
    """The words of a compressed fingerprint, in its URL-safe text form. Raises ValueError for anything else."""
    try:
        packed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("no base64") from error
    if len(packed) < 5 or packed[0] != _FINGERPRINT_VERSION:
        raise ValueError("no fingerprint of this version")
    count, bits = (
        int.from_bytes(packed[1:4]),
        np.unpackbits(np.frombuffer(packed, np.uint8, offset=4), bitorder="little"),
    )
    gaps = _numbers(bits, 3)
    ends = np.flatnonzero(gaps == 0)[:count]
    if not count or len(ends) < count:
        raise ValueError("cut short")
    gaps = gaps[: ends[-1] + 1]
    wide = np.flatnonzero(gaps == 7)
    rests = _numbers(bits[(3 * len(gaps) + 7) // 8 * 8 :], 5)[: len(wide)]
    if len(rests) < len(wide):
        raise ValueError("cut short")
    gaps[wide] += rests
    return _added_up(gaps)


def _numbers(bits: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.int64]:
    """The bits in groups, the lowest bit of each first."""
    groups = bits[: len(bits) // width * width].reshape(-1, width)
    return groups @ (1 << np.arange(width))


def _added_up(gaps: npt.NDArray[np.int64]) -> list[int]:
    """Each word from the one before it: a gap leads to the next bit that differs, a zero to the next word."""
    words, word, place = [], 0, 0
    for gap in gaps.tolist():
        if gap:
            place += gap
            word ^= 1 << (place - 1)
        else:
            words.append(word)
            place = 0
    if max(words) >= 2**32:
        raise ValueError("a word of more than 32 bits")
    return words


def _likeness(asked: _Words, known: _Words) -> float:
    """AcoustID's score at the best shift: 1 for the same bits, about 0 for chance; less where little overlaps."""
    return max(_likeness_at(shift, asked, known) for shift in range(-_SHIFT_MOST, _SHIFT_MOST + 1))


def _likeness_at(shift: int, asked: _Words, known: _Words) -> float:
    one, other = asked[max(0, shift) :], known[max(0, -shift) :]
    overlap = min(len(one), len(other))
    if not overlap:
        return 0.0
    bit_error = float(np.bitwise_count(one[:overlap] ^ other[:overlap]).mean()) / 32
    return max(0.0, 1 - 2 * bit_error) * overlap / min(len(asked), len(known))
