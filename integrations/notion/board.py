"""Port `Board`: rows of plain values in the Tracks database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.errors import AuthExpired, DaemonError, NotFound, Refused
from daemon.models import Check, Json
from integrations.notion.addresses import pointers, spellings
from integrations.notion.columns import Fit
from integrations.notion.edge import NotionEdge
from integrations.notion.table import Table
from integrations.notion.values import to_property

_NAME = "Notion"
_LOOKED_AT = 10
"""How many rows that Notion says are equal we compare ourselves: it may think two cases of a letter the same."""


class NotionBoard:
    """The Tracks database through `table`. Writes only columns that are there, and never read-only ones.

    A column that vanished since the schema was read costs one more reading of it, and no row.
    """

    def __init__(self, edge: NotionEdge, table: Table) -> None:
        self._edge = edge
        self._table = table

    def fit(self) -> Fit:
        """How our columns fit the person's, for doctor. Raises what the edge raises."""
        return self._table.fit()

    def find(self, keys: Mapping[str, str]) -> str | None:
        """The id of the oldest row in which any of these columns holds this value, or None. An address may be spelt in
        any way that leads to the same track.

        Raises Refused when none of the columns exists: a row that cannot be found again would be made twice."""
        if not keys:
            return None
        return self._table.fitted(lambda fit: self._find(fit, keys))

    def create(self, values: Mapping[str, Any]) -> tuple[str, Json]:
        """A new row; answers its id and the values as they now stand there. Raises LostAnswer (an Unreachable) when it
        may have been made: then `find` comes before another `create`."""

        def made(fit: Fit) -> tuple[str, Json]:
            page = self._edge.create_page(fit.data_source_id, self._table.properties(fit, values))
            return str(page["id"]), self._table.plain(fit, page)

        return self._table.fitted(made)

    def update(self, row_id: str, values: Mapping[str, Any]) -> Json:
        """Changes the given columns only; answers the values as they now stand there."""

        def changed(fit: Fit) -> Json:
            properties = self._table.properties(fit, values)
            page = self._edge.update_page(row_id, properties) if properties else self._edge.page(row_id)
            return self._table.plain(fit, page)

        return self._table.fitted(changed)

    def check(self) -> Check:
        """Whether Notion answers, and which columns it lacks. Reads the schema anew."""
        try:
            fit = self._table.fit(again=True)
        except DaemonError as error:
            return _trouble(error)
        return _verdict(fit)

    def _find(self, fit: Fit, keys: Mapping[str, str]) -> str | None:
        filters = [
            {"property": fitted.name, fitted.type: {"equals": value}}
            for ours, value in keys.items()
            if (fitted := fit.columns.get(ours)) and to_property(fitted, value)
        ]
        filters += [
            {"property": fitted.name, fitted.type: {"contains": piece}}
            for ours, piece in spellings(keys)
            if (fitted := fit.columns.get(ours))
        ]
        if not filters:
            message = f'The Notion database "{fit.database_title}" has no column to find a row by.'
            raise Refused(f"{message} Add one of {', '.join(keys)}, or run `cratekeeper init notion`.")
        oldest_first = [{"timestamp": "created_time", "direction": "ascending"}]
        body = {"filter": {"or": filters}, "sorts": oldest_first, "page_size": _LOOKED_AT}
        for page in self._table.rows(fit, body):
            held = self._table.plain(fit, page)
            if any(held.get(ours) == value for ours, value in keys.items()) or _share_a_place(held, keys):
                return str(page["id"])
        return None


def _share_a_place(held: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    """Whether an address in both is the same track's."""
    return any(pointers(held).get(service) == place for service, place in pointers(keys).items())


def _trouble(error: DaemonError) -> Check:
    todo = {
        AuthExpired: "Put the integration's token into NOTION_TOKEN.",
        NotFound: "Check TRACKS_DB_ID, and share the database with the integration (••• → Connections).",
        Refused: "Check what the integration may do under its capabilities in Notion.",
    }
    action = next((text for kind, text in todo.items() if isinstance(error, kind)), "Try again in a few minutes.")
    return Check(name=_NAME, level="problem", text=str(error), todo=action)


def _verdict(fit: Fit) -> Check:
    source = f'"{fit.database_title}"'
    if fit.data_source_name != fit.database_title:
        source += f' (data source "{fit.data_source_name}")'
    lacks = []
    if fit.missing:
        lacks.append("has no column " + ", ".join(fit.missing))
    lacks += [f'column "{wrong.name}" is {wrong.type}, not {" or ".join(wrong.wanted)}' for wrong in fit.mistyped]
    if not lacks:
        return Check(name=_NAME, level="ok", text=f"{source} answers and has all {len(fit.columns)} columns.")
    todo = "Add or change them in Notion, or run `cratekeeper init notion`; until then they are not written."
    return Check(name=_NAME, level="warning", text=f"{source} answers, but {'; '.join(lacks)}.", todo=todo)
