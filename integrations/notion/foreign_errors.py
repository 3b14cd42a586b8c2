"""What goes wrong on the way to Notion, in our own words. Every foreign error is translated here, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx
from notion_client.errors import HTTPResponseError, NotionClientErrorBase, RequestTimeoutError

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Service

FOREIGN = (
    NotionClientErrorBase,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)
LONGEST_WAIT_S = 7 * 86_400.0
"""Nobody means a longer Retry-After than that."""

_SERVICE = Service.NOTION.value
_TOO_MANY = frozenset({429, 529})
_SURELY_UNDONE = frozenset({409, 429})
"""Refused before anything was written: even a create may be sent again."""


class LostAnswer(Unreachable):
    """A create that may have happened. Look the row up by its key before creating it again."""


class Invalid(Refused):
    """Notion understood the request and found it wrong (400): a column that is gone, a value that does not fit."""


def translated(error: Exception, doing: str, now: float) -> DaemonError:
    """What a failure means for the caller, in a sentence for the person. `now` is in Unix seconds."""
    if not isinstance(error, HTTPResponseError):
        late = isinstance(error, RequestTimeoutError | httpx.TimeoutException)
        why = "does not answer in time" if late else "gives no sensible answer"
        return Unreachable(f"Could not {doing}: Notion {why}. It is tried again later.", service=_SERVICE)
    said = _said(error.body)
    if error.status in _TOO_MANY:
        wait_s = retry_after_s(error.headers.get("retry-after"), now)
        return RateLimited(f"Could not {doing}: Notion asks us to slow down.", service=_SERVICE, retry_after_s=wait_s)
    if said is None or error.status == 409 or error.status >= 500:
        message = f"Could not {doing}: Notion answers {error.status}. It is tried again later."
        return Unreachable(message, service=_SERVICE)
    return _refusal(error.status, said, doing)


def surely_undone(error: BaseException | None) -> bool:
    """Whether the request that ended in this foreign error has changed nothing."""
    if isinstance(error, HTTPResponseError):
        return error.status in _SURELY_UNDONE
    # The client tells one timeout like another; what it was is only in the context.
    first = error.__context__ if isinstance(error, RequestTimeoutError) else error
    return isinstance(first, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def retry_after_s(header: str | None, now: float) -> float | None:
    """Seconds to wait, out of seconds or a date; None when the header is missing or means nothing."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        moment = _unix_s(header)
        if moment is None:
            return None
        seconds = moment - now
    return min(max(0.0, seconds), LONGEST_WAIT_S) if seconds < float("inf") else None


def _unix_s(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _refusal(status: int, said: str, doing: str) -> DaemonError:
    """For an answer by which Notion says no for good."""
    if status == 401:
        message = f"Could not {doing}: Notion refuses the token ({said}). Put a valid one into NOTION_TOKEN."
        return AuthExpired(message, service=_SERVICE)
    if status == 404:
        return NotFound(f"Could not {doing}: {said}")
    if status == 400:
        return Invalid(f"Could not {doing}: {said}")
    message = f"Could not {doing}: {said} Check what the integration may do under its capabilities in Notion."
    return Refused(message, service=_SERVICE if status == 403 else None)


def _said(body: str) -> str | None:
    """Notion's own words; None for an answer that is not Notion's (a proxy's page, say)."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    message = parsed.get("message") if isinstance(parsed, dict) else None
    return message if isinstance(message, str) else None
