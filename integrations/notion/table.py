"""One of the person's databases, seen through our columns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from daemon.errors import DaemonError, NotFound, Refused, RowGone
from daemon.models import BoardRow, Json, Service
from integrations.notion.addresses import track_ref
from integrations.notion.columns import Column, Fit, Fitted, best_fit, fit_source
from integrations.notion.edge import Invalid, LostAnswer, NotionEdge
from integrations.notion.portions import portions
from integrations.notion.texts import PIECE_LENGTH, shortened
from integrations.notion.values import Unreadable, as_answered, from_property, to_property

_T = TypeVar("_T")

PAGE_SIZE = 100
_LOOKED_AT = 10
"""How many rows that Notion says are equal we compare ourselves: it may think two cases of a letter the same."""


class Table:
    """A database by its id, with its columns read once and fitted to ours. Thread-safe. Asks nothing until it must."""

    def __init__(
        self, edge: NotionEdge, database_id: str, columns: Sequence[Column], *, service: str = Service.NOTION.value
    ) -> None:
        """`service` is named where the database itself is out of sight."""
        self._edge = edge
        self._service = service
        self._database_id = database_id
        self._columns = columns
        self._fit: Fit | None = None
        self._lock = threading.Lock()

    def fit(self, *, again: bool = False) -> Fit:
        """How our columns fit the person's; read once, or `again`. Of several data sources the one that fits best.
        Raises what the edge raises, and Refused for a database without any data source."""
        with self._lock:
            if self._fit is None or again:
                self._fit = self._read_fit()
            return self._fit

    def fitted(self, act: Callable[[Fit], _T]) -> _T:
        """What `act` answers on the schema as we know it, or on a fresh one if Notion calls the request invalid (or
        knows no such thing) and the columns turn out to have changed. Raises what `act` and the edge raise."""
        fit = self.fit()
        try:
            return act(fit)
        except RowGone:
            raise
        except (Invalid, NotFound):
            fresh = self.fit(again=True)
            if fresh == fit:
                raise
            return act(fresh)

    # --- values ------------------------------------------------------------------------------------------------------

    def properties(self, fit: Fit, values: Mapping[str, Any]) -> Json:
        """The property values for those of `values` whose columns are there and can say them."""
        return {fit.columns[ours].name: value for ours, value in _encoded(fit, values)}

    def as_read(self, fit: Fit, values: Mapping[str, Any]) -> Json:
        """What `plain` would tell of a row that was given `values`; without what its columns cannot say."""
        answered = {
            fit.columns[ours].name: as_answered(fit.columns[ours], value) for ours, value in _encoded(fit, values)
        }
        return self.plain(fit, {"properties": answered})

    def plain(self, fit: Fit, page: Json) -> Json:
        """A row as plain values under our names, for what is there, still of its type, and shown whole."""
        answered: Json = page["properties"]
        values: Json = {}
        for ours, fitted in fit.columns.items():
            if fitted.type in answered.get(fitted.name, {}):
                try:
                    values[ours] = _decoded(fit, fitted, answered[fitted.name])
                except Unreadable:
                    continue
        return values

    # --- rows --------------------------------------------------------------------------------------------------------

    def row(self, fit: Fit, page: Json) -> BoardRow:
        """A page of Notion's as a row."""
        values = self.plain(fit, page)
        return BoardRow(
            id=str(page["id"]),
            created_at=str(page["created_time"]),
            edited_at=str(page["last_edited_time"]),
            values=values,
            ref=track_ref(values),
            in_trash=is_in_trash(page),
        )

    def page(self, row_id: str) -> Json:
        """One row of ours, in the trash or not. Raises RowGone when it is nowhere to be seen though the database is, or
        was moved out of it; and what the edge raises, where it is the database that cannot be seen."""
        try:
            page = self._edge.page(row_id)
        except NotFound:
            self._source_ids()
            try:
                page = self._edge.page(row_id)  # once more: that it is gone is believed for good
            except NotFound as error:
                raise RowGone(f"The row {row_id} is deleted for good.") from error
        parent = page.get("parent", {}).get("data_source_id")
        # Several data sources may be ours in turn: only a row that is in none of them has left.
        if parent and parent != self.fit().data_source_id and parent not in self._source_ids():
            raise RowGone(f"The row {row_id} was moved to another database.")
        return page

    def living_page(self, row_id: str) -> Json:
        """The same, and RowGone for one in the trash."""
        page = self.page(row_id)
        if is_in_trash(page):
            self._source_ids()
            raise RowGone(f"The row {row_id} is in the trash.")
        return page

    def answers(self, fit: Fit, body: Json) -> Iterator[Json]:
        """The answers to a query, asked for page by page as they are taken. Raises what the edge raises."""
        cursor: str | None = None
        while True:
            more = {} if cursor is None else {"start_cursor": cursor}
            answer = self._edge.query(fit.data_source_id, {"page_size": PAGE_SIZE, **body, **more})
            yield answer
            cursor = answer["next_cursor"]
            if not (answer["has_more"] and cursor):
                return

    def rows(self, fit: Fit, body: Json) -> Iterator[Json]:
        """The pages of those answers."""
        for answer in self.answers(fit, body):
            yield from pages_of(answer)

    def oldest(self, fit: Fit, filters: Sequence[Json], is_right: Callable[[BoardRow], bool]) -> BoardRow | None:
        """The oldest living row that fits one of `filters`, and is right in our own eyes; None where there is none.
        Raises what the edge raises."""
        oldest_first = [{"timestamp": "created_time", "direction": "ascending"}]
        body = {"filter": {"or": list(filters)}, "sorts": oldest_first, "page_size": _LOOKED_AT}
        rows = (self.row(fit, page) for page in self.rows(fit, body))
        return next((row for row in rows if not row.in_trash and is_right(row)), None)

    def create(self, values: Mapping[str, Any]) -> BoardRow:
        """A new row, as it now stands there. Raises LostAnswer (an Unreachable) when it may have been made, or not
        wholly; NotFound when a row that it points to is gone."""
        return self.fitted(lambda fit: self._create(fit, values))

    def update(self, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        """Changes the given columns only; answers the row as it now stands there. Raises RowGone when it is in the
        trash, deleted or moved elsewhere; NotFound when a row that it is to point to is gone, or when the database
        itself cannot be seen any more."""
        return self.fitted(lambda fit: self._update(fit, row_id, values))

    def _create(self, fit: Fit, values: Mapping[str, Any]) -> BoardRow:
        first, *others = portions(self.properties(fit, values))
        page = self._edge.create_page(fit.data_source_id, first)
        try:
            for portion in others:
                page = self._edge.update_page(page["id"], portion)
        except DaemonError as error:
            message = f"A new row is there, but not all of it: {error}"
            raise LostAnswer(message, service=Service.NOTION.value) from error
        return self.row(fit, page)

    def _update(self, fit: Fit, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        properties = self.properties(fit, values)
        if not properties:
            return self.row(fit, self.living_page(row_id))
        try:
            for portion in portions(properties):
                page = self._edge.update_page(row_id, portion)
        except (Invalid, NotFound):
            # The row may be gone, or only something that was to stand in it.
            self.living_page(row_id)
            raise
        return self.row(fit, page)

    # --- the database ------------------------------------------------------------------------------------------------

    def _read_fit(self) -> Fit:
        database = self._database()
        title = _title_of(database)
        sources = [self._edge.data_source(source["id"]) for source in database["data_sources"]]
        if not sources:
            raise Refused(f'The Notion database "{title}" shows us no data source. Share all of it.')
        return best_fit([fit_source(self._columns, source, title) for source in sources])

    def _source_ids(self) -> set[str]:
        """Raises where it is the database that is out of sight: that says nothing of a single row."""
        return {str(source["id"]) for source in self._database()["data_sources"]}

    def _database(self) -> Json:
        try:
            database = self._edge.database(self._database_id)
        except NotFound as error:
            raise NotFound(str(error), service=self._service) from error
        if is_in_trash(database):
            message = f'The Notion database "{_title_of(database)}" is in the trash. Take it out of there.'
            raise NotFound(message, service=self._service)
        return database


def equals(fitted: Fitted, value: str) -> Json:
    """A filter for at least the rows that hold it: Notion compares with no more text than it takes in one piece."""
    beginning = shortened(value, PIECE_LENGTH)
    condition = {"equals": value} if beginning == value else {"starts_with": beginning}
    return {"property": fitted.name, fitted.type: condition}


def is_in_trash(page: Json) -> bool:
    """Under either of its names."""
    return bool(page.get("in_trash") or page.get("archived"))


def pages_of(answer: Json) -> list[Json]:
    """The rows in one answer to a query."""
    return [result for result in answer["results"] if result["object"] == "page"]


def _encoded(fit: Fit, values: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for ours, fitted in fit.columns.items():
        if ours in values and (value := to_property(fitted, values[ours])) is not None:
            yield ours, value


def _decoded(fit: Fit, fitted: Fitted, answered: Json) -> Any:
    value = from_property(fitted, answered)
    if not fitted.column.names_columns:
        return value
    return list(dict.fromkeys(ours for name in value for ours in fit.columns_called(name)))


def _title_of(database: Json) -> str:
    return "".join(piece["plain_text"] for piece in database["title"])
