"""Notion on loopback: addresses, headers and rates on one side, the person's hands on the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

from daemon.models import Json
from integrations.sandbox.notion import keeping
from integrations.sandbox.notion.api import Api
from integrations.sandbox.notion.property_types import plain_reader
from integrations.sandbox.notion.rate import Bucket
from integrations.sandbox.notion.records import Property
from integrations.sandbox.notion.refusals import Refusal, missing_version, unauthorized
from integrations.sandbox.notion.schemas import changed_columns, new_column
from integrations.sandbox.notion.workspace import Workspace
from integrations.sandbox.notion.writing import plain_values, values_from_person
from integrations.sandbox.notion.writtenout import WrittenList
from integrations.sandbox.server import Request, Response

SANDBOX_TOKEN = "ntn_sandbox"  # noqa: S105 -- made up, and good for the sandbox alone


class NotionTwin:
    """A strict, stateful Notion, API version 2025-09-03.

    `requests_per_s` (None: no limit) with `burst` requests at once is the rate above which it answers 429.

    What the person does raises Refusal for a thing that is not there, KeyError for a column that is not there, and
    ValueError for a value that the column cannot hold.
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
        self._workspace = Workspace(clock)
        self._api = Api(self._workspace)
        self._rate = None if requests_per_s is None else Bucket(requests_per_s, burst, clock)
        self._lock = threading.Lock()

    # --- the API -----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """What Notion would say."""
        request_id = str(uuid4())
        with self._lock:
            try:
                answer = self._answer(request)
            except Refusal as refusal:
                return refusal.response(request_id)
        if isinstance(answer, WrittenList):
            return answer.response(request_id)
        return Response.of_json({**answer, "request_id": request_id})

    def _answer(self, request: Request) -> Json | WrittenList:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise unauthorized()
        if not request.headers.get("notion-version"):
            raise missing_version()
        if self._rate is not None:
            self._rate.take()
        return self._api.call(request)

    # --- who and what there is ---------------------------------------------------------------------------------------

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

    def data_source_ids(self, database_id: str) -> list[str]:
        """Oldest first."""
        with self._lock:
            return [source.id for source in self._workspace.sources_of(database_id)]

    def data_source_titles(self) -> dict[str, str]:
        """Of all data sources, by id, oldest first."""
        with self._lock:
            return {source.id: source.title for source in self._workspace.data_sources.values()}

    def rows(self, database_id: str) -> dict[str, dict[str, Any]]:
        """Every row that is not in the trash, by id, as plain values by column name; oldest first."""
        with self._lock:
            return {
                row.id: plain_values(source, row)
                for source in self._workspace.sources_of(database_id)
                for row in self._workspace.rows[source.id]
                if not row.in_trash
            }

    def rows_titled(self, data_source_id: str, title: str) -> list[str]:
        """The ids of the rows that are called exactly so, in the trash or not; oldest first."""
        with self._lock:
            title_of = plain_reader(self._workspace.data_source(data_source_id).title_column)
            return [row.id for row in self._workspace.rows[data_source_id] if title_of(row) == title]

    # --- what the person makes ---------------------------------------------------------------------------------------

    def create_database(self, title: str, columns: Mapping[str, str | tuple[str, Json]]) -> str:
        """The person makes a database; columns are types, or types with their configuration. Answers its id."""
        with self._lock:
            made = self._workspace.add_database(self.root_page_id, title, _columns(columns), self.person_id)
            return made.id

    def add_data_source(self, database_id: str, title: str, columns: Mapping[str, str | tuple[str, Json]]) -> str:
        """The person adds one more data source to a database. Answers its id."""
        with self._lock:
            above = self._workspace.database(database_id)
            return self._workspace.add_data_source(above.id, title, _columns(columns), self.person_id).id

    def change_columns_as_person(self, data_source_id: str, changes: Mapping[str, Json | None]) -> None:
        """The person renames (`{"name": …}`), retypes (`{"number": {}}`), removes (None) or adds columns."""
        with self._lock:
            source = self._workspace.data_source(data_source_id)
            columns, void = changed_columns(source, dict(changes), None)
            self._workspace.set_columns(source, columns, void, self.person_id)

    def share(self, thing_id: str) -> None:
        """The person lets the integration in to a page, a database or a data source that it had been kept out of."""
        with self._lock:
            self._workspace.unshared.discard(thing_id)

    def unshare(self, thing_id: str) -> None:
        """The person keeps the integration out of a page, a database, a data source or a row, and all that is below."""
        with self._lock:
            self._workspace.unshared.add(thing_id)

    # --- what the person does with rows ------------------------------------------------------------------------------

    def add_row_as_person(self, data_source_id: str, values: Mapping[str, Any]) -> str:
        """The person types a row of plain values. Answers its id."""
        (row_id,) = self.add_rows_as_person(data_source_id, [values])
        return row_id

    def add_rows_as_person(self, data_source_id: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """The person types many, one after the other. Answers their ids."""
        with self._lock:
            source = self._workspace.data_source(data_source_id)
            return [
                self._workspace.add_row(source, values_from_person(source, values), self.person_id).id
                for values in rows
            ]

    def edit_as_person(self, row_id: str, values: Mapping[str, Any]) -> None:
        """The person changes a row."""
        with self._lock:
            source, row = self._workspace.row(row_id)
            self._workspace.change(row, self.person_id, values_from_person(source, values))

    def trash_as_person(self, row_id: str) -> None:
        """The person deletes a row."""
        with self._lock:
            self._workspace.change(self._workspace.page(row_id), self.person_id, in_trash=True)

    def restore_as_person(self, row_id: str) -> None:
        """The person takes a row out of the trash."""
        with self._lock:
            self._workspace.change(self._workspace.page(row_id), self.person_id, in_trash=False)

    def delete_for_good_as_person(self, row_id: str) -> None:
        """The person empties the trash of that row: nothing knows of it any more."""
        with self._lock:
            _source, row = self._workspace.row(row_id)
            self._workspace.delete(row)

    def duplicate_as_person(self, row_id: str) -> str:
        """The person duplicates a row. Answers the other one's id."""
        with self._lock:
            source, row = self._workspace.row(row_id)
            return self._workspace.add_row(source, row.values, self.person_id).id

    # --- keeping -----------------------------------------------------------------------------------------------------

    def dump(self) -> Json:
        """The whole state, as JSON."""
        with self._lock:
            return keeping.dumped(self._workspace)

    def load(self, state: Json) -> None:
        """Goes on from a state that `dump` gave."""
        with self._lock:
            keeping.load(self._workspace, state)


def _columns(wanted: Mapping[str, str | tuple[str, Json]]) -> dict[str, Property]:
    made = [
        new_column(name, kind) if isinstance(kind, str) else new_column(name, *kind) for name, kind in wanted.items()
    ]
    return {column.id: column for column in made}
