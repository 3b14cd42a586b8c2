"""What an answer of Spotify's means, judged before spotipy sees it.

spotipy itself takes HTML with status 200 for "nothing", loses the headers of a refused token, and stumbles over
`{"error": "a string"}`; so every status, body and broken line becomes one of our errors here, once.
"""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tenacity

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Service

LOG_IN = "run `cratekeeper login spotify`"
_QUOTED_MOST = 200
_TRIES = 3
_GRANT_OVER = {"invalid_grant", "invalid_request"}
_APP_UNKNOWN = {"invalid_client", "unauthorized_client"}


class TokenRefused(AuthExpired):
    """The Web API refuses the access token although its time is not over; a fresh one may pass."""


class Forbidden(AuthExpired):
    """The log-in is good, and yet not for this: the app or the account is shut out, or what was asked for is."""


class JudgingSession(requests.Session):
    """Raises `daemon.errors` for everything but an answer that makes sense, and never waits as long as a 429 asks.

    A GET gets a few quick tries over broken lines and 5xx without a Retry-After; a timeout is not tried again.
    """

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        super().__init__()
        self.auth = _unchanged
        self._quickly = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=1),
            retry=tenacity.retry_if_exception(_is_broken_line) | tenacity.retry_if_result(_is_hiccup),
            retry_error_callback=_last_outcome,
            sleep=pause,
        )

    def request(self, method: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        send = functools.partial(super().request, method, *args, **kwargs)
        try:
            response = self._quickly(send) if method == "GET" else send()
        except requests.RequestException as error:
            raise unreachable(error) from error
        problem = verdict(response.status_code, response.headers, response.content, now=datetime.now(UTC))
        if problem is not None:
            raise problem
        return response


def verdict(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> DaemonError | None:
    """What is wrong with this answer; None when it is one to go by."""
    if status == 204:
        return None
    retry_after_s = seconds_to_wait(headers.get("Retry-After"), now)
    if status == 429:
        return RateLimited(_patience(retry_after_s), service=Service.SPOTIFY, retry_after_s=retry_after_s)
    if status == 408 or status >= 500:
        text = f"Spotify has a problem of its own (HTTP {status}); it is tried again later."
        return Unreachable(text, service=Service.SPOTIFY, retry_after_s=retry_after_s)
    content = _json_object(body)
    if content is None and (status < 400 or _is_html(headers, body)):
        return nonsense(f"HTTP {status}, no JSON")
    return None if status < 400 else _refusal(status, *_said(content, body))


def unreachable(error: requests.RequestException) -> DaemonError:
    """What a line that broke, or never was, means."""
    if isinstance(error, requests.Timeout):
        return Unreachable("Spotify did not answer in time; it is tried again later.", service=Service.SPOTIFY)
    if isinstance(error, requests.ConnectionError):
        text = "Spotify cannot be reached; look at the network, and at SPOTIFY_API_URL if you have set it."
        return Unreachable(text, service=Service.SPOTIFY)
    return nonsense(type(error).__name__)


def nonsense(what: str) -> Unreachable:
    """For an answer that Spotify itself would not give."""
    text = (
        f"The answer that came is not Spotify's ({what}): a proxy or the network's own log-in page may be in between; "
        "it is tried again later."
    )
    return Unreachable(text, service=Service.SPOTIFY)


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header in seconds, whether it is a number or a date; None when it is neither."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = _seconds_until(retry_after, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


def _patience(retry_after_s: float | None) -> str:
    if retry_after_s is None:
        return "Spotify asks us to slow down, without saying for how long; it is tried again later."
    return f"Spotify asks us to come back in {_span(retry_after_s)}; nothing is asked of it until then."


def _span(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def _refusal(status: int, code: str, sentence: str) -> DaemonError:
    service = Service.SPOTIFY
    quoted = f" (“{sentence}”)" if sentence else ""
    if code in _GRANT_OVER:
        return AuthExpired(f"The Spotify log-in is over{quoted}: {LOG_IN}.", service=service)
    if code in _APP_UNKNOWN:
        text = (
            f"Spotify does not know this app{quoted}: check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, then {LOG_IN}."
        )
        return AuthExpired(text, service=service)
    if status == 401:
        return TokenRefused(f"Spotify refuses the log-in{quoted}: {LOG_IN}.", service=service)
    if status == 403:
        text = (
            f"Spotify will not serve this account or app{quoted}: at developer.spotify.com/dashboard, see that the "
            f"app's owner has Premium and that you are on the app's list of users; then {LOG_IN}."
        )
        return Forbidden(text, service=service)
    if status == 404:
        return NotFound(f"Spotify does not have that (any more){quoted}.")
    return Refused(f"Spotify refused the request with HTTP {status}{quoted}.")


def _said(content: dict[str, Any] | None, body: bytes) -> tuple[str, str]:
    """The code and the sentence in an error's body: the accounts service has both, the Web API the sentence, some
    refusals are plain text."""
    if content is None:
        return "", _short(body.decode(errors="replace"))
    error = content.get("error")
    if isinstance(error, dict):
        return "", _short(error.get("message"))
    return (error if isinstance(error, str) else ""), _short(content.get("error_description") or error)


def _short(text: Any) -> str:
    return " ".join(text.split())[:_QUOTED_MOST] if isinstance(text, str) else ""


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _is_html(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "") or body.lstrip().startswith(b"<")


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As a session's `auth`, keeps requests from putting a line of somebody's .netrc in place of our token."""
    return request


def _is_broken_line(error: BaseException) -> bool:
    return isinstance(error, requests.ConnectionError) and not isinstance(error, requests.Timeout)


def _is_hiccup(response: requests.Response) -> bool:
    return response.status_code >= 500 and "Retry-After" not in response.headers


def _last_outcome(state: tenacity.RetryCallState) -> requests.Response:
    """The last answer, or the last exception raised again: judging is the caller's."""
    assert state.outcome is not None  # noqa: S101 -- tenacity calls back after a try only
    response: requests.Response = state.outcome.result()
    return response
