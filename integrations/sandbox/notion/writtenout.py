"""Many rows as JSON text, without building each as an object first: long lists are most of what is ever asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.property_types import PROPERTY_TYPES
from integrations.sandbox.notion.records import DataSource, Page, Property, Stamp
from integrations.sandbox.server import Response

_HERE = "\x01here\x01"
_NEVER = Stamp(created_time="", created_by="", last_edited_time="", last_edited_by="")
_FROM_VALUE_ALONE = frozenset({"number", "checkbox", "select", "status", "date", "title", "rich_text", "url", "email"})
"""Types whose values look the same in every row."""


@dataclass(frozen=True, slots=True)
class WrittenList:
    """A list whose results are text already."""

    frame: Json
    """All but the results."""
    results: Sequence[str]

    def response(self, request_id: str) -> Response:
        """As it goes over the wire."""
        frame = json.dumps({**self.frame, "request_id": request_id})
        body = f'{frame[:-1]}, "results": [{", ".join(self.results)}]}}'
        return Response(200, body.encode(), (("Content-Type", "application/json"),))


def written_rows(source: DataSource, columns: Sequence[Property], rows: Sequence[Page]) -> list[str]:
    """The rows as `answers.rows` shows them."""
    values = [(json.dumps(column.name), _writer(column)) for column in columns]
    written = []
    for row, frame in zip(rows, answers.rows(source, (), rows), strict=True):
        head, tail = json.dumps(frame).split('"properties": {}', 1)
        properties = ", ".join([f"{name}: {write(row)}" for name, write in values])
        written.append(f'{head}"properties": {{{properties}}}{tail}')
    return written


def _writer(column: Property) -> Callable[[Page], str]:
    show = answers.shower(column)
    if column.type not in _FROM_VALUE_ALONE:
        return lambda row: json.dumps(show(row))
    column_id, empty, seen = column.id, PROPERTY_TYPES[column.type].empty(), dict[Any, str]()
    pieces = _around_the_value(column, show)

    def write(row: Page) -> str:
        stored = row.values.get(column_id, empty)
        if pieces and stored and isinstance(stored, str):
            return json.dumps(stored).join(pieces)
        if isinstance(stored, dict | list):
            return json.dumps(show(row))
        key = (type(stored), stored)  # 1 is not True, nor 1.0, in JSON
        if key not in seen:
            seen[key] = json.dumps(show(row))
        return seen[key]

    return write


def _around_the_value(column: Property, show: Callable[[Page], Json]) -> list[str]:
    """What stands before, between and behind a text where it is shown; empty where it is not shown as it is."""
    if column.type in ("select", "status"):
        return []
    page = Page(id="", stamp=_NEVER, values={column.id: _HERE})
    return json.dumps(show(page)).split(json.dumps(_HERE))
