"""Port `TaskBoard`: rows of plain values in the Agent-Tasks and the Issues+Questions database."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from daemon import founding
from daemon.errors import DaemonError, NotFound, RowGone
from daemon.founding import SETTING_OF
from daemon.models import BoardRow, Check, Json
from integrations.notion.checking import trouble
from integrations.notion.columns import Fit, Fitted
from integrations.notion.edge import Invalid
from integrations.notion.plans import JOBS
from integrations.notion.table import Table, equals, is_in_trash
from integrations.notion.values import our_word
from integrations.notion.windows import Windows

_T = TypeVar("_T")

_PREFIX = "cratekeeper:"
_SOURCE_AGENT = "cratekeeper"
_OUR_KEYS = "cratekeeper/"
_COSTS: Mapping[str, str] = {
    "Status": "nobody sees there what is done, and no answer can be given by it",
    "Priority": "orders are carried out as they come",
    "Description": "a question is no more than its title",
    "Source Agent": "which tasks are ours shows by their titles alone",
    "Result": "what came of an order is not written there",
    "Job": "an order is known by its title alone (`cratekeeper: sync …`)",
    "Input": "an order has to say everything in its title, and no answer can be written there",
    "Track": "a task does not lead to its track (Notion also hides the column while Tracks is not shared with us)",
    "Dedupe Key": "a task whose making was cut off is found again by its title alone",
}
"""What goes without such a column."""


class NotionTasks:
    """A database that is shared with others. No row is handed out by `changed` but those that are addressed to us, and
    none is found but by our own key, or by a title that is ours.

    A column that vanished since the schema was read costs one more reading of it, and no row; so does a track to which
    Notion lets no task point.
    """

    def __init__(self, table: Table, kind: str = founding.AGENT_TASKS) -> None:
        """`kind` is our title of the database: Agent-Tasks, or Issues+Questions."""
        self._table = table
        self._kind = kind

    def changed(self, edited_from: str) -> Iterator[BoardRow]:
        """Port `TaskBoard`. Raises what the edge raises, and Refused when Notion does not show every row."""
        fit, pages = self._table.fitted(lambda fit: self._begun(fit, edited_from))
        for page in pages:
            if not is_in_trash(page) and _is_addressed_to_us(row := self._table.row(fit, page)):
                yield row

    def row(self, row_id: str) -> BoardRow:
        """Port `TaskBoard`. RowGone also for one that was moved to another database. Raises what the edge raises."""
        return self._table.fitted(lambda fit: self._table.row(fit, self._table.page(row_id)))

    def find(self, key: str, title: str, but_not: Collection[str] = ()) -> BoardRow | None:
        """Port `TaskBoard`. Raises what the edge raises."""
        return self._table.fitted(lambda fit: self._find(fit, key, title, but_not))

    def create(self, values: Mapping[str, Any]) -> BoardRow:
        """A new row, as it now stands there. Raises LostAnswer (an Unreachable) when it may have been made, or not
        wholly: then `find` comes before another `create`."""
        return _pointing_where_it_may(values, self._table.create)

    def update(self, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        """Changes the given columns only; answers the row as it now stands there. Raises RowGone when it is in the
        trash, deleted or moved elsewhere; NotFound when the database itself cannot be seen any more."""
        return _pointing_where_it_may(values, lambda those: self._table.update(row_id, those))

    def as_read(self, values: Mapping[str, Any]) -> Json:
        """How these values would be read back. Asks nobody where the columns are known."""
        return self._table.as_read(self._table.fit(), values)

    def check(self) -> Check:
        """Whether Notion answers, and what each column that it lacks costs. Reads the schema anew."""
        try:
            fit = self._table.fit(again=True)
        except DaemonError as error:
            return trouble(self._kind, SETTING_OF[self._kind], error)
        lacks = list(_lacks(fit))
        if not lacks:
            text = f"{fit.place} answers and has all {len(fit.columns)} columns."
            return Check(name=self._kind, level="ok", text=text)
        todo = "Add or change that in Notion, or run `cratekeeper init notion`."
        return Check(name=self._kind, level="warning", text=" ".join([f"{fit.place} answers.", *lacks]), todo=todo)

    def _begun(self, fit: Fit, edited_from: str) -> tuple[Fit, Iterator[Json]]:
        """With the first row asked for: a column that is gone shows here."""
        ours: Json = {"or": list(_addresses(fit))}
        pages = Windows(self._table, fit, "last_edited_time", [ours]).pages(edited_from)
        return fit, itertools.chain(list(itertools.islice(pages, 1)), pages)

    def _find(self, fit: Fit, key: str, title: str, but_not: Collection[str]) -> BoardRow | None:
        column = "Dedupe Key" if "Dedupe Key" in fit.columns else "Name"
        wanted = self._table.as_read(fit, {"Dedupe Key": key, "Name": title})[column]
        if not wanted:
            return None

        def is_right(row: BoardRow) -> bool:
            same = row.values.get(column) == wanted
            return same and row.id not in but_not and (column == "Dedupe Key" or _may_be_ours(row))

        return self._table.oldest(fit, [equals(fit.columns[column], wanted)], is_right)


def _addresses(fit: Fit) -> Iterator[Json]:
    """The conditions, any of which makes a row one of those that `_is_addressed_to_us` is asked about."""
    title = fit.columns["Name"]
    if key := fit.columns.get("Dedupe Key"):
        yield {"property": key.name, key.type: {"starts_with": _OUR_KEYS}}  # whatever the person calls it by now
    elif agent := fit.columns.get("Source Agent"):
        yield equals(agent, _SOURCE_AGENT)
    for spelling in (_PREFIX, _PREFIX.capitalize()):  # whatever Notion thinks of capitals; telephones set one
        yield {"property": title.name, "title": {"starts_with": spelling}}
    if job := fit.columns.get("Job"):
        ours = [option for option in job.options if option.casefold() in JOBS]
        if len(ours) < len(JOBS):
            # Somebody may add the missing word with the very row that orders it, and Notion refuses to look for a word
            # that it does not know.
            yield {"property": job.name, job.type: {"is_not_empty": True}}
            return
        for option in ours:
            yield {"property": job.name, job.type: {"equals": option}}


def _is_addressed_to_us(row: BoardRow) -> bool:
    return _has_our_title(row) or bool(row.values.get("Job")) or _is_signed(row)


def _is_signed(row: BoardRow) -> bool:
    if "Dedupe Key" in row.values:
        return (row.values["Dedupe Key"] or "").startswith(_OUR_KEYS)
    return (row.values.get("Source Agent") or "").strip().casefold() == _SOURCE_AGENT


def _has_our_title(row: BoardRow) -> bool:
    return (row.values.get("Name") or "").casefold().startswith(_PREFIX)


def _may_be_ours(row: BoardRow) -> bool:
    """Whether a row of the very title that we would give it can be taken for the one that we made: somebody else may
    have thought of the same words."""
    agent = row.values.get("Source Agent", _SOURCE_AGENT) or ""
    return _has_our_title(row) or agent.strip().casefold() == _SOURCE_AGENT


def _pointing_where_it_may(values: Mapping[str, Any], write: Callable[[Mapping[str, Any]], _T]) -> _T:
    """What `write` answers, without the track where Notion refuses it: its row is gone, or the relation leads to
    another database. A question must reach the person all the same."""
    try:
        return write(values)
    except RowGone:
        raise
    except (Invalid, NotFound):
        if not values.get("Track"):
            raise
    return write({ours: value for ours, value in values.items() if ours != "Track"})


def _lacks(fit: Fit) -> Iterator[str]:
    """A sentence for each column that is not there, or of no use, or that cannot say all that we would."""
    for name in fit.missing:
        yield f"No column {name}: {_COSTS[name]}."
    for wrong in fit.mistyped:
        wanted = " or ".join(wrong.wanted)
        yield f'The column "{wrong.name}" is {wrong.type}, not {wanted}: {_COSTS[wrong.ours]}.'
    for fitted in fit.columns.values():
        if words := _unknown_words(fitted):
            yield f'The column "{fitted.name}" has no option for {", ".join(words)}: there it stays as it was.'


def _unknown_words(fitted: Fitted) -> list[str]:
    """Our words that the person has no option for. A select gets an option by its being written; a status does not."""
    if fitted.type != "status":
        return []
    known = {our_word(fitted, option) for option in fitted.options}
    return [word for word in fitted.column.synonyms if word not in known]
