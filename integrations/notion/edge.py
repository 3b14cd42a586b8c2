"""The only place that speaks to Notion's client: requests, retries, and foreign errors made ours.

A request that is safe to repeat (a read, a query, a change to absolute values) is repeated here for seconds; a create
is repeated only where it surely did not happen. Longer waits are the caller's, who is told how long.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx
import tenacity
from notion_client import Client
from notion_client.constants import DEFAULT_BASE_URL
from notion_client.errors import HTTPResponseError, NotionClientErrorBase, RequestTimeoutError

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Transient, Unreachable
from daemon.models import Json, Service

ATTEMPTS = 4
FIRST_WAIT_S = 0.5

_SERVICE = Service.NOTION.value
_FOREIGN = (NotionClientErrorBase, httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError, UnicodeDecodeError)
_TOO_MANY = frozenset({429, 529})
_SURELY_UNDONE = frozenset({409, 429})
"""Refused before anything was written: even a create may be sent again."""


class LostAnswer(Unreachable):
    """A create that may have happened. Look the row up by its key before creating it again."""


class Invalid(Refused):
    """Notion understood the request and found it wrong (400): a column that is gone, a value that does not fit."""


class NotionEdge:
    """Notion's API as plain calls. Raises only what `daemon.errors` draws; the token is in no message.

    `patience_s` is the longest Retry-After that is waited for inside a call. Thread-safe.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        timeout_s: float = 20.0,
        patience_s: float = 5.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._patience_s = patience_s
        # A header that cannot be sent would be raised with the token in it.
        self._sendable = bool(token) and token.isascii() and token.isprintable() and " " not in token
        self._http = httpx.Client(trust_env=not _is_loopback(base_url))
        self._client = Client(
            client=self._http,
            auth=token if self._sendable else None,
            base_url=(base_url or DEFAULT_BASE_URL).rstrip("/"),
            timeout_ms=round(timeout_s * 1000),
            retry=False,
            # Its default logger prints to the terminal; failures reach the log by the errors raised here.
            logger=logging.getLogger(f"{__name__}.client"),
            log_level=logging.CRITICAL,
        )
        self._backoff = tenacity.wait_exponential_jitter(
            multiplier=FIRST_WAIT_S, max=patience_s, jitter=FIRST_WAIT_S / 2
        )

    def __enter__(self) -> NotionEdge:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    # --- calls -------------------------------------------------------------------------------------------------------

    def me(self) -> Json:
        """The integration itself."""
        return self._repeated("read who we are", "user", self._client.users.me)

    def database(self, database_id: str) -> Json:
        """A database, with the ids and names of its data sources."""
        return self._repeated(
            f"read the database {database_id}", "database", lambda: self._client.databases.retrieve(database_id)
        )

    def data_source(self, data_source_id: str) -> Json:
        """A data source, with its columns."""
        return self._repeated(
            f"read the data source {data_source_id}",
            "data_source",
            lambda: self._client.data_sources.retrieve(data_source_id),
        )

    def query(self, data_source_id: str, body: Json) -> Json:
        """One page of rows."""
        return self._repeated("look up rows", "list", lambda: self._client.data_sources.query(data_source_id, **body))

    def page(self, page_id: str) -> Json:
        """One row."""
        return self._repeated(f"read the row {page_id}", "page", lambda: self._client.pages.retrieve(page_id))

    def update_page(self, page_id: str, properties: Json) -> Json:
        """Sets values of a row."""
        return self._repeated(
            f"change the row {page_id}", "page", lambda: self._client.pages.update(page_id, properties=properties)
        )

    def create_page(self, data_source_id: str, properties: Json) -> Json:
        """A new row. Raises LostAnswer when there may be one now, and nobody knows."""
        parent = {"type": "data_source_id", "data_source_id": data_source_id}
        try:
            return self._tried(
                "create a row",
                "page",
                lambda: self._client.pages.create(parent=parent, properties=properties),
                repeat_if=lambda error: _surely_undone(error.__cause__),
            )
        except Unreachable as error:
            if _surely_undone(error.__cause__):
                raise
            message = f"{error} The row may exist all the same: look it up by its key before creating it again."
            raise LostAnswer(message, service=_SERVICE) from error

    # --- retries -----------------------------------------------------------------------------------------------------

    def _repeated(self, doing: str, expected: str, call: Callable[[], Any]) -> Json:
        return self._tried(doing, expected, call, repeat_if=lambda _error: True)

    def _tried(
        self, doing: str, expected: str, call: Callable[[], Any], *, repeat_if: Callable[[Transient], bool]
    ) -> Json:
        if not self._sendable:
            message = "The Notion token is empty or holds characters that no token has. Copy it again to NOTION_TOKEN."
            raise AuthExpired(message, service=_SERVICE)

        def worth_another(error: BaseException) -> bool:
            return isinstance(error, Transient) and self._is_short(error.retry_after_s) and repeat_if(error)

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            retry=tenacity.retry_if_exception(worth_another),
            wait=self._wait_s,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt, doing, expected, call)

    def _attempt(self, doing: str, expected: str, call: Callable[[], Any]) -> Json:
        try:
            answer = call()
        except _FOREIGN as error:
            raise translated(error, doing, self._clock()) from error
        if not isinstance(answer, dict) or answer.get("object") != expected:
            message = f"Could not {doing}: the answer is not one of Notion's. It is tried again later."
            raise Unreachable(message, service=_SERVICE)
        return answer

    def _is_short(self, wait_s: float | None) -> bool:
        return wait_s is None or wait_s <= self._patience_s

    def _wait_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, Transient) else None
        return self._backoff(state) if asked_s is None else asked_s


def translated(error: Exception, doing: str, now: float) -> DaemonError:
    """What a failure means for the caller, in a sentence for the person."""
    if not isinstance(error, HTTPResponseError):
        why = "does not answer in time" if isinstance(error, RequestTimeoutError) else "gives no sensible answer"
        return Unreachable(f"Could not {doing}: Notion {why}. It is tried again later.", service=_SERVICE)
    said = _said(error.body)
    if error.status in _TOO_MANY:
        wait_s = retry_after_s(error.headers.get("retry-after"), now)
        return RateLimited(f"Could not {doing}: Notion asks us to slow down.", service=_SERVICE, retry_after_s=wait_s)
    if said is None or error.status == 409 or error.status >= 500:
        message = f"Could not {doing}: Notion answers {error.status}. It is tried again later."
        return Unreachable(message, service=_SERVICE)
    return _refusal(error.status, said, doing)


def retry_after_s(header: str | None, now: float) -> float | None:
    """Seconds to wait; None when the header is missing or means nothing."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now
        except ValueError:
            return None
    return max(0.0, seconds) if seconds < float("inf") else None


def _refusal(status: int, said: str, doing: str) -> DaemonError:
    """For an answer by which Notion says no for good."""
    if status == 401:
        message = f"Could not {doing}: Notion refuses the token ({said}). Put a valid one into NOTION_TOKEN."
        return AuthExpired(message, service=_SERVICE)
    if status == 404:
        return NotFound(f"Could not {doing}: {said}")
    if status == 400:
        return Invalid(f"Could not {doing}: {said}")
    return Refused(f"Could not {doing}: {said} Check what the integration may do under its capabilities in Notion.")


def _said(body: str) -> str | None:
    """Notion's own words; None for an answer that is not Notion's (a proxy's page, say)."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    message = parsed.get("message") if isinstance(parsed, dict) else None
    return message if isinstance(message, str) else None


def _surely_undone(error: BaseException | None) -> bool:
    """Whether the request that ended in `error` has changed nothing."""
    if isinstance(error, HTTPResponseError):
        return error.status in _SURELY_UNDONE
    return isinstance(error, httpx.ConnectError)


def _is_loopback(base_url: str | None) -> bool:
    """A twin on this machine is never asked through the environment's proxy."""
    host = urlsplit(base_url or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
