"""Notion on loopback: addresses, headers and rates on one side, helpers for tests and the demo on the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from daemon.models import Json
from integrations.sandbox.notion import api
from integrations.sandbox.notion.rate import Bucket
from integrations.sandbox.notion.records import Property
from integrations.sandbox.notion.refusals import Refusal, missing_version, unauthorized
from integrations.sandbox.notion.schemas import new_column
from integrations.sandbox.notion.workspace import Workspace
from integrations.sandbox.server import Request, Response

SANDBOX_TOKEN = "ntn_sandbox"  # noqa: S105 -- made up, and good for the sandbox alone


class NotionTwin:
    """A strict, stateful Notion, API version 2025-09-03.

    `requests_per_s` (None: no limit) with `burst` requests at once is the rate above which it answers 429.
    """

    name = "notion"

    def __init__(
        self,
        *,
        token: str = SANDBOX_TOKEN,
        clock: Callable[[], float] = time.time,
        requests_per_s: float | None = None,
        burst: int = 10,
    ) -> None:
        self.token = token
        self._clock = clock
        self._workspace = Workspace(clock)
        self._rate = None if requests_per_s is None else Bucket(requests_per_s, burst, clock)
        self._lock = threading.Lock()

    # --- the API -----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """What Notion would say."""
        request_id = str(uuid4())
        with self._lock:
            try:
                return Response.of_json({**self._answer(request), "request_id": request_id})
            except Refusal as refusal:
                return refusal.response(request_id)

    def _answer(self, request: Request) -> Json:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise unauthorized()
        if not request.headers.get("notion-version"):
            raise missing_version()
        if self._rate is not None:
            self._rate.take()
        return api.call(self._workspace, request)

    # --- for tests and the demo --------------------------------------------------------------------------------------

    @property
    def root_page_id(self) -> str:
        """A page that databases can be created under."""
        return self._workspace.root_page_id

    @property
    def bot_id(self) -> str:
        """Whose edits come through the API."""
        return self._workspace.bot_id

    @property
    def person_id(self) -> str:
        """Whose edits come from the app."""
        return self._workspace.person_id

    def create_database(self, title: str, columns: Mapping[str, str | tuple[str, Json]]) -> str:
        """The person makes a database; columns are types, or types with their configuration. Answers its id."""
        with self._lock:
            made = self._workspace.add_database(self.root_page_id, title, _columns(columns), self.person_id)
            return made.id

    def add_data_source(self, database_id: str, title: str, columns: Mapping[str, str | tuple[str, Json]]) -> str:
        """The person adds one more data source to a database. Answers its id."""
        with self._lock:
            return self._workspace.add_data_source(database_id, title, _columns(columns), self.person_id).id

    def data_source_ids(self, database_id: str) -> list[str]:
        """Oldest first."""
        with self._lock:
            return [source.id for source in self._workspace.sources_of(database_id)]

    def change_columns_as_person(self, data_source_id: str, changes: Mapping[str, Json | None]) -> None:
        """The person renames (`{"name": …}`), retypes (`{"number": {}}`), removes (None) or adds columns."""
        with self._lock:
            source = self._workspace.data_source(data_source_id)
            self._workspace.change_columns(source, dict(changes), self.person_id)

    def add_row_as_person(self, data_source_id: str, values: Mapping[str, Any]) -> str:
        """The person types a row of plain values. Answers its id."""
        with self._lock:
            row = self._workspace.add_row(self._workspace.data_source(data_source_id), {}, self.person_id)
            self._workspace.set_plain_values(row, values, self.person_id)
            return row.id

    def edit_as_person(self, page_id: str, values: Mapping[str, Any]) -> None:
        """The person changes a row."""
        with self._lock:
            self._workspace.set_plain_values(self._workspace.page(page_id), values, self.person_id)

    def trash_as_person(self, page_id: str) -> None:
        """The person deletes a row."""
        with self._lock:
            self._workspace.change_page(self._workspace.page(page_id), {}, True, self.person_id)

    def rows(self, database_id: str) -> dict[str, dict[str, Any]]:
        """Every row that is not in the trash, by id, as plain values by column name; oldest first."""
        with self._lock:
            return {
                row.id: self._workspace.plain_values(row)
                for source in self._workspace.sources_of(database_id)
                for row in self._workspace.rows_of(source.id)
                if not row.in_trash
            }

    def dump(self) -> Json:
        """The whole state, as JSON."""
        with self._lock:
            return self._workspace.dump()

    def load(self, state: Json) -> None:
        """Goes on from a state that `dump` gave."""
        with self._lock:
            self._workspace.load(state)


def _columns(wanted: Mapping[str, str | tuple[str, Json]]) -> dict[str, Property]:
    made = [
        new_column(name, kind) if isinstance(kind, str) else new_column(name, *kind) for name, kind in wanted.items()
    ]
    return {column.id: column for column in made}
