"""The only place that speaks to Notion's client: requests, retries, and foreign errors made ours.

A request that is safe to repeat (a read, a query, a change to absolute values) is repeated here for seconds; a create
is repeated only where it surely did not happen. Longer waits are the caller's, who is told how long.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import tenacity
from notion_client import Client
from notion_client.constants import DEFAULT_BASE_URL

from daemon.errors import AuthExpired, RateLimited, Transient, Unreachable
from daemon.models import Json, Service
from integrations.notion.foreign_errors import FOREIGN, Invalid, LostAnswer, surely_undone, translated
from integrations.notion.pacing import Pace

__all__ = ["Invalid", "LostAnswer", "NotionEdge"]

ATTEMPTS = 4
FIRST_WAIT_S = 0.5
REQUESTS_PER_S = 3.0
BURST = 10

_SERVICE = Service.NOTION.value
_SHAPES = {
    "user": ("id",),
    "database": ("id", "title", "data_sources"),
    "data_source": ("id", "title", "properties"),
    "page": ("id", "properties", "created_time", "last_edited_time"),
    "list": ("results", "has_more", "next_cursor"),
}
"""What an answer of each kind must have to be one."""


class NotionEdge:
    """Notion's API as plain calls. Raises only what `daemon.errors` draws; the token is in no message.

    `patience_s` is the longest Retry-After that is waited for inside a call. No more than `burst` requests are sent at
    once, and no more than `requests_per_s` on average; fewer where Notion complains (`pacing`). Thread-safe.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        timeout_s: float = 20.0,
        patience_s: float = 5.0,
        requests_per_s: float = REQUESTS_PER_S,
        burst: int = BURST,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`clock` reads dates out of Retry-After, `monotonic` paces. `transport` takes the place of the network: a twin
        in the same process, say."""
        self._pace = Pace(requests_per_s, burst, clock=monotonic, sleep=sleep)
        self._clock = clock
        self._sleep = sleep
        self._patience_s = patience_s
        # A header that cannot be sent would be raised with the token in it.
        self._sendable = bool(token) and token.isascii() and token.isprintable() and " " not in token
        self._http = httpx.Client(trust_env=transport is None and not _is_loopback(base_url), transport=transport)
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

    def search(self, body: Json) -> Json:
        """One page of what was shared with the integration: data sources and pages."""
        return self._repeated("look for what is shared with us", "list", lambda: self._client.search(**body))

    def children(self, page_id: str, *, start_cursor: str | None = None) -> Json:
        """One page of what stands right under a page, databases among it."""
        more = {} if start_cursor is None else {"start_cursor": start_cursor}
        return self._repeated(
            f"read what is under the page {page_id}",
            "list",
            lambda: self._client.blocks.children.list(page_id, page_size=100, **more),
        )

    def change_columns(self, data_source_id: str, properties: Json) -> Json:
        """Adds columns; answers the data source. Repeating it changes nothing."""
        return self._repeated(
            f"add columns to the data source {data_source_id}",
            "data_source",
            lambda: self._client.data_sources.update(data_source_id, properties=properties),
        )

    def create_page(self, data_source_id: str, properties: Json) -> Json:
        """A new row. Raises LostAnswer when there may be one now, and nobody knows."""
        parent = {"type": "data_source_id", "data_source_id": data_source_id}
        return self._created(
            "create a row", "page", lambda: self._client.pages.create(parent=parent, properties=properties)
        )

    def create_database(self, parent_page_id: str, title: str, properties: Json) -> Json:
        """A new database under that page, with one data source. Raises LostAnswer when there may be one now."""
        parent = {"type": "page_id", "page_id": parent_page_id}
        return self._created(
            f"create the database {title}",
            "database",
            lambda: self._client.databases.create(
                parent=parent,
                title=[{"text": {"content": title}}],
                initial_data_source={"properties": properties},
            ),
        )

    def _created(self, doing: str, expected: str, call: Callable[[], Any]) -> Json:
        try:
            return self._tried(doing, expected, call, repeat_if=lambda error: surely_undone(error.__cause__))
        except Unreachable as error:
            if surely_undone(error.__cause__):
                raise
            message = f"{error} It may have been done all the same: it is looked up before it is done again."
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
        self._pace.take()
        try:
            answer = call()
        except FOREIGN as error:
            told = translated(error, doing, self._clock())
            if isinstance(told, RateLimited):
                self._pace.complained()
            raise told from error
        whole = isinstance(answer, dict) and answer.get("object") == expected
        if not whole or any(part not in answer for part in _SHAPES[expected]):
            message = f"Could not {doing}: the answer is not one of Notion's. It is tried again later."
            raise Unreachable(message, service=_SERVICE)
        self._pace.answered()
        return cast(Json, answer)

    def _is_short(self, wait_s: float | None) -> bool:
        return wait_s is None or wait_s <= self._patience_s

    def _wait_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, Transient) else None
        return self._backoff(state) if asked_s is None else asked_s


def _is_loopback(base_url: str | None) -> bool:
    """A twin on this machine is never asked through the environment's proxy."""
    host = urlsplit(base_url or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
