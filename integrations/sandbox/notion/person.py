"""The person's edits from a script: a JSON object a line.

    {"add": {"Title": "Strobe", "BPM": 128}}
    {"edit": "Strobe", "values": {"BPM": 64}}
    {"trash": "Strobe"}   {"restore": "Strobe"}   {"delete": "Strobe"}   {"duplicate": "Strobe"}
    {"column": "BPM", "change": {"name": "Tempo"}}   {"column": "Mood", "change": {"select": {}}}
    {"column": "Mood", "change": null}
    {"pause_s": 90}

A row is told by its id or its exact title. `"in": "Artists"` beside any of them names another data source than Tracks,
by title or id. Empty lines, and those that begin with #, are passed over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion.refusals import Refusal
from integrations.sandbox.notion.twin import NotionTwin

USUAL_PLACE = "Tracks"


class ScriptError(Exception):
    """A line that is wrong, or cannot be done: which one, and why."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one line has done."""

    line: int
    """Counted from 1."""
    verb: str
    row_id: str | None = None
    """Of the row that was added, changed or made by duplicating."""
    pause_s: float = 0.0
    """How long the person rests before the next line."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    verb: str
    order: Json


class PersonScript:
    """Does one line after the other, as the person. Raises ScriptError for a line that is wrong as it stands before any
    is done."""

    def __init__(self, twin: NotionTwin, lines: Iterable[str]) -> None:
        self._twin = twin
        numbered = ((number, text.strip()) for number, text in enumerate(lines, 1))
        self._lines = iter([_parsed(number, text) for number, text in numbered if text and not text.startswith("#")])

    def run(self, rest: Callable[[float], object] = time.sleep) -> list[Done]:
        """All the lines that are left; `rest` is called with the seconds of every pause. Raises ScriptError; what stood
        before that line is done."""
        done = []
        while step := self.step():
            done.append(step)
            if step.pause_s:
                rest(step.pause_s)
        return done

    def step(self) -> Done | None:
        """The next line; None when the script is over. Raises ScriptError."""
        line = next(self._lines, None)
        if line is None:
            return None
        try:
            return self._do(line)
        except KeyError as error:
            raise ScriptError(f"line {line.number}: there is no column {error}") from None
        except (ValueError, Refusal, _Unknown) as error:
            raise ScriptError(f"line {line.number}: {error}") from None

    def _do(self, line: _Line) -> Done:
        if line.verb == "pause_s":
            return Done(line.number, line.verb, pause_s=float(line.order["pause_s"]))
        place = self._place(line.order.get("in", USUAL_PLACE))
        told = line.order[line.verb]
        row_id: str | None = None
        match line.verb:
            case "add":
                row_id = self._twin.add_row_as_person(place, told)
            case "column":
                self._twin.change_columns_as_person(place, {told: line.order["change"]})
            case "duplicate":
                row_id = self._twin.duplicate_as_person(self._row(place, told))
            case verb:
                row_id = self._row(place, told)
                self._change(verb, row_id, line.order)
        return Done(line.number, line.verb, row_id)

    def _change(self, verb: str, row_id: str, order: Json) -> None:
        match verb:
            case "edit":
                self._twin.edit_as_person(row_id, order["values"])
            case "trash":
                self._twin.trash_as_person(row_id)
            case "restore":
                self._twin.restore_as_person(row_id)
            case "delete":
                self._twin.delete_for_good_as_person(row_id)

    def _place(self, told: str) -> str:
        titles = self._twin.data_source_titles()
        if told in titles:
            return told
        named = [source_id for source_id, title in titles.items() if title == told]
        if len(named) != 1:
            many = f"{len(named)} data sources are" if named else "no data source is"
            raise _Unknown(f'{many} called "{told}"; there are {", ".join(sorted(set(titles.values())))}')
        return named[0]

    def _row(self, place: str, told: str) -> str:
        try:
            return str(UUID(told))
        except ValueError:
            called = self._twin.rows_titled(place, told)
        if len(called) != 1:
            many = f"{len(called)} rows are" if called else "no row is"
            raise _Unknown(f'{many} called "{told}"' + ("; say which by its id" if called else ""))
        return called[0]


class _Unknown(Exception):
    """Something that a line names is not there, or not the only one."""


_VERBS: dict[str, tuple[tuple[type, ...], str, frozenset[str]]] = {
    "add": ((dict,), "an object", frozenset({"in"})),
    "edit": ((str,), "a text", frozenset({"in", "values"})),
    "trash": ((str,), "a text", frozenset({"in"})),
    "restore": ((str,), "a text", frozenset({"in"})),
    "delete": ((str,), "a text", frozenset({"in"})),
    "duplicate": ((str,), "a text", frozenset({"in"})),
    "column": ((str,), "a text", frozenset({"in", "change"})),
    "pause_s": ((int, float), "a number", frozenset()),
}
"""What stands under each verb, the same in words, and what stands beside it."""


def _parsed(number: int, text: str) -> _Line:
    try:
        order = json.loads(text)
    except ValueError as error:
        raise ScriptError(f"line {number}: this is no JSON: {error}") from None
    verbs = [verb for verb in _VERBS if isinstance(order, dict) and verb in order]
    if len(verbs) != 1:
        raise ScriptError(f"line {number}: an object with one of {', '.join(_VERBS)} is wanted")
    if complaint := _complaint(order, verbs[0]):
        raise ScriptError(f"line {number}: {complaint}")
    return _Line(number, verbs[0], order)


def _complaint(order: Json, verb: str) -> str:
    types, in_words, beside = _VERBS[verb]
    told: Any = order[verb]
    if not isinstance(told, types) or isinstance(told, bool):
        return f'"{verb}" wants {in_words}, not {told!r}'
    if not 0 <= order.get("pause_s", 0) < float("inf"):
        return "nobody can rest for that long"
    if unknown := order.keys() - beside - {verb}:
        return f'"{verb}" knows nothing of {", ".join(sorted(unknown))}'
    if missing := beside - order.keys() - {"in"}:
        return f'"{verb}" wants {", ".join(sorted(missing))} beside it'
    if not isinstance(order.get("in", ""), str):
        return '"in" wants a text'
    if not isinstance(order.get("values", {}), dict):
        return '"values" wants an object'
    if not isinstance(order.get("change"), dict | None):
        return '"change" wants an object or null'
    return ""
