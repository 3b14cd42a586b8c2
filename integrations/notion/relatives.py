"""Port `Relatives`: artists and playlists, the rows that relation columns point to."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from daemon.errors import NotFound, Refused
from daemon.models import Json
from integrations.notion.columns import Fit, Fitted
from integrations.notion.edge import Invalid, NotionEdge
from integrations.notion.table import PAGE_SIZE, Table, is_in_trash, pages_of
from integrations.notion.texts import PIECE_LENGTH, pieces, shortened, storable

_T = TypeVar("_T")

_NAMES_AT_ONCE = 100
_SHORT = 4
"""Names of fewer letters stand within too many others to be looked for there."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A data source that a relation points to."""

    data_source_id: str
    title_column: str
    """A data source has exactly one, whatever it is called."""


class NotionRelatives:
    """The rows that the relation columns of `table` point to. What they are in is read once. Thread-safe."""

    def __init__(self, edge: NotionEdge, table: Table) -> None:
        self._edge = edge
        self._table = table
        self._targets: dict[str, _Target] = {}
        self._lock = threading.Lock()

    def has(self, column: str) -> bool:
        """Whether the database has that relation, and we may see what it points to. Raises what the edge raises."""
        fitted = self._table.fit().columns.get(column)
        return fitted is not None and fitted.type == "relation" and self._target(fitted) is not None

    def hidden(self, fit: Fit) -> list[str]:
        """The relations, as the person calls them, to rows that are not shared with the integration."""
        relations = (fitted for fitted in fit.columns.values() if fitted.type == "relation")
        return [fitted.name for fitted in relations if self._target(fitted) is None]

    def find(self, column: str, names: Sequence[str]) -> dict[str, str]:
        """The rows that are called so, case and outer spaces aside: by the name asked for, the id of the oldest. One
        request for a hundred names (more only where very many rows are called alike). Raises NotFound where there is
        no such relation, or it cannot be seen."""
        wanted = list(dict.fromkeys(name for name in names if _key(name)))
        found: dict[str, str] = {}
        for start in range(0, len(wanted), _NAMES_AT_ONCE):
            found |= self._find(column, wanted[start : start + _NAMES_AT_ONCE])
        return found

    def create(self, column: str, name: str) -> str:
        """A new row of that name; answers its id. Raises LostAnswer (an Unreachable) when it may have been made all the
        same: `find` comes before another `create`. Raises Refused for a name without a letter, else as `find` does."""
        if not _key(name):
            raise Refused(f'Nothing is made in Notion for the column "{column}" without a name.')

        def made(target: _Target) -> str:
            title = [{"text": {"content": piece}} for piece in pieces(name.strip())]
            page = self._edge.create_page(target.data_source_id, {target.title_column: {"title": title}})
            return str(page["id"])

        return self._at(column, made)

    def _find(self, column: str, names: Sequence[str]) -> dict[str, str]:
        by_key = {_key(name): name for name in names}

        def looked_up(target: _Target) -> dict[str, str]:
            oldest: dict[str, str] = {}
            for page in self._called(target, names):
                key = _key(_title_of(page, target))
                if key in by_key:
                    oldest.setdefault(key, str(page["id"]))
                if len(oldest) == len(by_key):
                    break
            return {name: oldest[key] for name in names if (key := _key(name)) in oldest}

        return self._at(column, looked_up)

    def _called(self, target: _Target, names: Sequence[str]) -> Iterator[Json]:
        """At least the rows of these names, oldest first."""
        body: Json = {
            "filter": {"or": [_sounds_like(target.title_column, storable(name).strip()) for name in names]},
            "sorts": [{"timestamp": "created_time", "direction": "ascending"}],
            "page_size": PAGE_SIZE,
        }
        while True:
            answer = self._edge.query(target.data_source_id, body)
            yield from pages_of(answer)
            if not (answer["has_more"] and answer["next_cursor"]):
                return
            body["start_cursor"] = answer["next_cursor"]

    def _at(self, column: str, act: Callable[[_Target], _T]) -> _T:
        """What `act` answers, on what we know of the place or, where that is out of date, on a fresh look at it."""
        target = self._insist(column)
        try:
            return act(target)
        except (Invalid, NotFound):
            self._table.fit(again=True)
            with self._lock:
                self._targets.clear()
            fresh = self._insist(column)
            if fresh == target:
                raise
            return act(fresh)

    def _insist(self, column: str) -> _Target:
        fitted = self._table.fit().columns.get(column)
        target = self._target(fitted) if fitted is not None and fitted.type == "relation" else None
        if target is None:
            raise NotFound(f'What the column "{column}" points to in Notion is not there, or not shared with us.')
        return target

    def _target(self, fitted: Fitted) -> _Target | None:
        """None for one that cannot be seen: asked for again each time, for it may be shared any moment."""
        source_id = fitted.points_to
        if source_id is None:
            return None
        with self._lock:
            if source_id in self._targets:
                return self._targets[source_id]
        try:
            source = self._edge.data_source(source_id)
        except (NotFound, Refused):
            return None
        if is_in_trash(source):
            return None
        titles = [name for name, schema in source["properties"].items() if schema["type"] == "title"]
        target = _Target(source_id, titles[0])
        with self._lock:
            self._targets[source_id] = target
        return target


def _sounds_like(title_column: str, name: str) -> Json:
    """A filter for at least the rows of that name, whatever Notion thinks of capitals."""
    if len(name) >= _SHORT:
        return {"property": title_column, "title": {"contains": shortened(name, PIECE_LENGTH)}}
    ends = ({"starts_with": name}, {"ends_with": name})
    return {"and": [{"property": title_column, "title": end} for end in ends]}


def _title_of(page: Json, target: _Target) -> str:
    pieces_there = page["properties"].get(target.title_column, {}).get("title", ())
    return "".join(piece["plain_text"] for piece in pieces_there)


def _key(name: str) -> str:
    """Equal for what people take for one name: case, spaces and ways to write an accent aside."""
    return " ".join(unicodedata.normalize("NFKC", storable(name)).casefold().split())
