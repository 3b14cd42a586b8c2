"""Port `Board`: rows of plain values in the Tracks database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daemon.errors import DaemonError, Refused
from daemon.models import BoardRow, Check, Json, Layout
from integrations.notion.addresses import pointers, spellings
from integrations.notion.checking import trouble
from integrations.notion.columns import TRACKS, Fit
from integrations.notion.edge import NotionEdge
from integrations.notion.relatives import NotionRelatives
from integrations.notion.table import Table, equals

_NAME = "Notion"
_RELATIONS = frozenset(column.name for column in TRACKS if column.types == ("relation",))
_SEARCHABLE = frozenset({"title", "rich_text", "url"})


class NotionBoard:
    """The Tracks database through `table`. Writes only columns that are there, and never read-only ones.

    A column that vanished since the schema was read costs one more reading of it, and no row.
    """

    def __init__(self, edge: NotionEdge, table: Table) -> None:
        self._edge = edge
        self._table = table
        self._known_layout: tuple[Fit, Layout] | None = None

    def fit(self) -> Fit:
        """How our columns fit the person's, for doctor. Raises what the edge raises."""
        return self._table.fit()

    def find(self, keys: Mapping[str, str]) -> BoardRow | None:
        """The oldest row in which any of these columns holds this value, or None. An address may be spelt in any way
        that leads to the same track.

        Raises Refused when none of the columns exists: a row that cannot be found again would be made twice."""
        if not keys:
            return None
        return self._table.fitted(lambda fit: self._find(fit, keys))

    def create(self, values: Mapping[str, Any]) -> BoardRow:
        """A new row, as it now stands there. Raises LostAnswer (an Unreachable) when it may have been made, or not
        wholly: then `find` comes before another `create`. Raises NotFound when a row that it points to is gone."""
        return self._table.create(values)

    def update(self, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        """Changes the given columns only; answers the row as it now stands there. Raises RowGone when it is in the
        trash, deleted or moved elsewhere; NotFound when a row that it is to point to is gone, or when the database
        itself cannot be seen any more."""
        return self._table.update(row_id, values)

    def as_read(self, values: Mapping[str, Any]) -> Json:
        """How these values would be read back. Asks nobody where the columns are known."""
        return self._table.as_read(self._table.fit(), values)

    def layout(self, *, again: bool = True) -> Layout:
        """How the database is built now; with `again` False as it was read last, which asks nobody. Raises what the
        edge raises."""
        fit = self._table.fit(again=again)
        known = self._known_layout
        if again or known is None or known[0] is not fit:
            known = self._known_layout = (fit, self._layout_of(fit))
        return known[1]

    def check(self) -> Check:
        """Whether Notion answers, and which columns it lacks. Reads the schema anew."""
        try:
            fit = self._table.fit(again=True)
            unusable = self._unusable(fit)
        except DaemonError as error:
            return trouble(_NAME, "TRACKS_DB_ID", error)
        return _verdict(fit, unusable)

    def _layout_of(self, fit: Fit) -> Layout:
        return Layout(
            place=fit.place,
            columns={ours: f"{fitted.property_id}:{fitted.type}" for ours, fitted in fit.columns.items()},
            missing=fit.missing,
            mistyped=tuple(self._unusable(fit)),
        )

    def _unusable(self, fit: Fit) -> list[str]:
        """A sentence for every column that is there, and of no use."""
        wrong = [f'The column "{one.name}" is {one.type}, not {" or ".join(one.wanted)}.' for one in fit.mistyped]
        hidden = NotionRelatives(self._edge, self._table).hidden(fit)
        return wrong + [f'The column "{name}" points to rows that are not shared with us.' for name in hidden]

    def _find(self, fit: Fit, keys: Mapping[str, str]) -> BoardRow | None:
        filters = [
            equals(fitted, value)
            for ours, value in self._table.as_read(fit, keys).items()
            if value and (fitted := fit.columns[ours]).type in _SEARCHABLE
        ]
        filters += [
            {"property": there.name, there.type: {"contains": piece}}
            for ours, piece in spellings(keys)
            if (there := fit.columns.get(ours))
        ]
        if not filters:
            message = f'The Notion database "{fit.database_title}" has no column to find a row by.'
            raise Refused(f"{message} Add one of {', '.join(keys)}, or run `cratekeeper init notion`.")
        wanted = self._table.as_read(fit, keys)

        def is_right(row: BoardRow) -> bool:
            same = any(value and row.values.get(ours) == value for ours, value in wanted.items())
            return same or _share_a_place(row.values, keys)

        return self._table.oldest(fit, filters, is_right)


def _share_a_place(held: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    """Whether an address in both is the same track's."""
    return any(pointers(held).get(service) == place for service, place in pointers(keys).items())


def _verdict(fit: Fit, unusable: Sequence[str]) -> Check:
    if not (fit.missing or unusable):
        return Check(name=_NAME, level="ok", text=f"{fit.place} answers and has all {len(fit.columns)} columns.")
    lacks = f", but has no column {', '.join(fit.missing)}" if fit.missing else ""
    todo = "Add, change or share them in Notion, or run `cratekeeper init notion`; until then they are not written."
    if _RELATIONS.intersection(fit.missing):
        todo += " Notion hides a relation as long as the database that it points to is not shared, too."
    return Check(name=_NAME, level="warning", text=" ".join([f"{fit.place} answers{lacks}.", *unusable]), todo=todo)
