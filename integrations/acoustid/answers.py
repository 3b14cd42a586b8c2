"""What an answer of AcoustID's means: the recordings that it names, or one of our errors. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import httpx

from daemon.errors import AuthExpired, DaemonError, RateLimited, Unreachable
from daemon.models import Json, Recognised

SERVICE = "acoustid"
_KEY_REFUSED = (4, 17)
"""AcoustID's codes for a key that it does not know, and for an application that it does not."""
_UNAVAILABLE, _TOO_MANY = 13, 14
_QUOTED_MOST = 200


def results_of(response: httpx.Response, base_url: str, key: str) -> list[Any]:
    """The `results` of an answer. Raises AuthExpired, RateLimited, Unreachable; `key` is in none of them."""
    answer = _json_object(response)
    code, said = _complaint(answer)
    retry_after_s = _seconds(response.headers.get("Retry-After"))
    problem = _problem(response.status_code, code, retry_after_s)
    if problem is None and response.is_success and answer is not None and answer.get("status") == "ok":
        results = answer.get("results")
        if isinstance(results, list):
            return results
    raise problem or nonsense(_what(response.status_code, said.replace(key, "…")), base_url, retry_after_s)


def recordings_in(results: list[Any], base_url: str) -> list[Recognised]:
    """Every recording once, surest first. A fingerprint or a recording that nobody has given a name is left out.
    Raises Unreachable when a result is none."""
    found: dict[str, Recognised] = {}
    for result in sorted((_checked(result, base_url) for result in results), key=_score, reverse=True):
        for recording in _named(result):
            known = _recognised(_score(result), recording)
            found.setdefault(known.recording_id, known)
    return list(found.values())


def unreachable(error: httpx.HTTPError, base_url: str) -> Unreachable:
    """What a line that broke, or never was, means."""
    if isinstance(error, httpx.TimeoutException):
        how = "did not answer in time"
    elif isinstance(error, (httpx.ConnectError, httpx.UnsupportedProtocol)):
        how = "cannot be reached; look at the network, and at ACOUSTID_API_BASE if you have set it"
    else:
        how = "broke the connection off"
    return Unreachable(f"AcoustID at {base_url} {how}.", service=SERVICE)


def nonsense(what: str, base_url: str, retry_after_s: float | None = None) -> Unreachable:
    """For an answer that is of no use."""
    text = f"The answer from {base_url} is of no use ({what}); see that ACOUSTID_API_BASE is AcoustID's address."
    return Unreachable(text, service=SERVICE, retry_after_s=retry_after_s)


def key_refused() -> AuthExpired:
    """AcoustID has two sorts of keys, and the one it shows first is the wrong one."""
    text = (
        "AcoustID does not know our key: set ACOUSTID_API_KEY to the key of an application (from "
        "acoustid.org/new-application; the one for submitting is another), or clear it."
    )
    return AuthExpired(text, service=SERVICE)


def is_hiccup(response: httpx.Response) -> bool:
    """Whether the same question may well be answered a moment later."""
    return response.status_code in (429, 500, 502, 503, 504) and "Retry-After" not in response.headers


# --- errors ----------------------------------------------------------------------------------------------------------


def _problem(status: int, code: int | None, retry_after_s: float | None) -> DaemonError | None:
    if code in _KEY_REFUSED:  # never by status: AcoustID says 400, and a 403 is somebody's in between
        return key_refused()
    if status == 429 or code == _TOO_MANY:
        text = "AcoustID asks us to slow down; tracks are filed without its word meanwhile."
        return RateLimited(text, service=SERVICE, retry_after_s=retry_after_s)
    if (status == 503 or code == _UNAVAILABLE) and retry_after_s is not None:
        text = "AcoustID has no time for us now; tracks are filed without its word meanwhile."
        return RateLimited(text, service=SERVICE, retry_after_s=retry_after_s)
    return None


def _what(status: int, said: str) -> str:
    return f"HTTP {status}, “{said}”" if said else f"HTTP {status}"


def _complaint(answer: Json | None) -> tuple[int | None, str]:
    """The code and the sentence of an error."""
    error = answer.get("error") if answer else None
    if not isinstance(error, dict):
        return None, ""
    code, message = error.get("code"), error.get("message")
    said = " ".join(message.split())[:_QUOTED_MOST] if isinstance(message, str) else ""
    return (code if isinstance(code, int) else None), said


def _json_object(response: httpx.Response) -> Json | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After in seconds; None for a date or nonsense, which AcoustID does not send."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


# --- recordings ------------------------------------------------------------------------------------------------------


def _checked(result: Any, base_url: str) -> Json:
    if isinstance(result, dict) and isinstance(result.get("score"), (int, float)):
        return result
    raise nonsense("a result without its score", base_url)


def _score(result: Json) -> float:
    return min(max(float(result["score"]), 0.0), 1.0)


def _named(result: Json) -> Iterator[Json]:
    """MusicBrainz' recordings that were merged or removed are told by their id alone."""
    for recording in _dicts(result.get("recordings")):
        if recording.get("id") and isinstance(recording.get("title"), str) and recording["title"]:
            yield recording


def _recognised(score: float, recording: Json) -> Recognised:
    duration_s = recording.get("duration")
    return Recognised(
        score=score,
        recording_id=str(recording["id"]),
        title=recording["title"],
        artists=tuple(str(artist["name"]) for artist in _dicts(recording.get("artists")) if artist.get("name")),
        duration_s=float(duration_s) if isinstance(duration_s, (int, float)) and duration_s > 0 else None,
    )


def _dicts(items: Any) -> Iterator[Json]:
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))
