"""One of the person's databases, seen through our columns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from daemon.errors import Refused
from daemon.models import Json
from integrations.notion.columns import Column, Fit, best_fit, fit_source
from integrations.notion.edge import Invalid, NotionEdge
from integrations.notion.values import from_property, to_property

_T = TypeVar("_T")

PAGE_SIZE = 100


class Table:
    """A database by its id, with its columns read once and fitted to ours. Thread-safe. Asks nothing until it must."""

    def __init__(self, edge: NotionEdge, database_id: str, columns: Sequence[Column]) -> None:
        self._edge = edge
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
        """What `act` answers on the schema as we know it, or on a fresh one if Notion calls the request invalid and the
        columns turn out to have changed. Raises what `act` and the edge raise."""
        fit = self.fit()
        try:
            return act(fit)
        except Invalid:
            fresh = self.fit(again=True)
            if fresh == fit:
                raise
            return act(fresh)

    def properties(self, fit: Fit, values: Mapping[str, Any]) -> Json:
        """The property values for those of `values` whose columns are there and can say them."""
        encoded = {fitted.name: to_property(fitted, values[ours]) for ours, fitted in _given(fit, values)}
        return {name: value for name, value in encoded.items() if value is not None}

    def plain(self, fit: Fit, page: Json) -> Json:
        """A row as plain values under our names, for the columns that are there and still of their type."""
        answered: Json = page["properties"]
        return {
            ours: from_property(fitted, answered[fitted.name])
            for ours, fitted in fit.columns.items()
            if fitted.type in answered.get(fitted.name, {})
        }

    def rows(self, fit: Fit, body: Json) -> Iterator[Json]:
        """The rows of a query, asked for page by page as they are taken. Raises what the edge raises."""
        cursor: str | None = None
        while True:
            answer = self._edge.query(fit.data_source_id, {"page_size": PAGE_SIZE, **body, "start_cursor": cursor})
            yield from answer["results"]
            cursor = answer["next_cursor"]
            if not (answer["has_more"] and cursor):
                return

    def _read_fit(self) -> Fit:
        database = self._edge.database(self._database_id)
        title = "".join(piece["plain_text"] for piece in database["title"])
        sources = [self._edge.data_source(source["id"]) for source in database["data_sources"]]
        if not sources:
            raise Refused(f'The Notion database "{title}" shows us no data source. Share all of it.')
        return best_fit([fit_source(self._columns, source, title) for source in sources])


def _given(fit: Fit, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((ours, fitted) for ours, fitted in fit.columns.items() if ours in values)
