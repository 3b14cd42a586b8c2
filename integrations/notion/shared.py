"""What is shared with us in Notion: databases, and pages that databases can be made under. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from daemon import founding
from daemon.errors import NotFound
from daemon.founding import Place
from daemon.models import Json
from integrations.notion.columns import Fit, best_fit, fit_source
from integrations.notion.edge import Invalid, NotionEdge
from integrations.notion.plans import DESIGNS, Design, is_called

_PAGE_SIZE = 100
_REQUESTS_FOR_PAGES = 5
"""Every row is a page too: of a large workspace only the newest few hundred are looked through."""


class InTrash(NotFound):
    """What was named is there, but thrown away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A database as it stands, in the data source that fits best."""

    place: Place
    source: Json
    fit: Fit


class Shared:
    """Looks through `edge`. Raises what it raises."""

    def __init__(self, edge: NotionEdge) -> None:
        self._edge = edge
        self._databases: list[tuple[Place, Fit]] | None = None

    def seen(self, kind: str, database_id: str) -> Seen:
        """A database, fitted to what it is to be. Raises NotFound: not shared with us, or in the trash."""
        return self.fitted(kind, self._edge.database(database_id))

    def fitted(self, kind: str, database: Json) -> Seen:
        """As `seen`, for a database as the API tells it."""
        title = _text(database["title"])
        if database.get("in_trash"):
            raise InTrash(f'"{title}" is in the trash. Take it out of there in Notion, or name another.')
        sources = [self._edge.data_source(source["id"]) for source in database["data_sources"]]
        if not sources:
            raise NotFound(f'The database "{title}" shows us no data source.')
        fits = {source["id"]: fit_source(DESIGNS[kind].columns, source, title) for source in sources}
        best = best_fit(list(fits.values()))
        source = next(source for source in sources if source["id"] == best.data_source_id)
        return Seen(Place(database["id"], title, database["url"]), source, best)

    def page(self, page_id: str) -> Place:
        """One page. Raises NotFound as `seen`."""
        page = self._edge.page(page_id)
        if page.get("in_trash"):
            raise InTrash("This page is in the trash. Take it out of there in Notion, or name another.")
        return _place_of_page(page)

    def pages(self) -> list[Place]:
        """Pages that are no rows, the newest edited first."""
        found = islice(self._searched("page"), _REQUESTS_FOR_PAGES * _PAGE_SIZE)
        return [_place_of_page(page) for page in found if _is_plain_page(page)]

    def databases(self) -> list[tuple[Place, Fit]]:
        """Every data source, with its database, fitted to Tracks. Looked up once."""
        if self._databases is None:
            tracks = DESIGNS[founding.TRACKS].columns
            self._databases = []
            for source in self._searched("data_source"):
                title = _text(source["title"])
                place = Place(source["parent"]["database_id"], title, source.get("url") or "")
                self._databases.append((place, fit_source(tracks, source, title)))
        return self._databases

    def _searched(self, kind: str) -> Iterator[Json]:
        """What is shared with us, but for what is in the trash."""
        wanted = {"property": "object", "value": kind}
        for thing in _paged(lambda more: self._edge.search({"filter": wanted, "page_size": _PAGE_SIZE, **more})):
            if not (thing.get("in_trash") or thing.get("archived")):
                yield thing

    def databases_under(self, page_id: str, design: Design) -> list[Place]:
        """The databases of that title right under a page. Unlike a search, this knows what was made a moment ago."""
        found = []
        for block in _paged(lambda more: self._edge.children(page_id, **more)):
            title = block.get("child_database", {}).get("title", "")
            if block["type"] == "child_database" and not block.get("in_trash") and is_called(design, title):
                try:
                    database = self._edge.database(block["id"])
                except (NotFound, Invalid):
                    continue  # a view of a database that is elsewhere
                if not database.get("in_trash"):
                    found.append(Place(database["id"], title, database["url"]))
        return found


def _paged(ask: Callable[[Json], Json]) -> Iterator[Json]:
    """The things of a listing, asked for page by page as they are taken."""
    more: Json = {}
    while True:
        answer = ask(more)
        yield from answer["results"]
        if not (answer["has_more"] and answer["next_cursor"]):
            return
        more = {"start_cursor": answer["next_cursor"]}


def _is_plain_page(page: Json) -> bool:
    return page["parent"]["type"] not in ("data_source_id", "database_id")


def _place_of_page(page: Json) -> Place:
    titles = (value["title"] for value in page["properties"].values() if value["type"] == "title")
    return Place(page["id"], _text(next(titles, [])) or "Untitled", page["url"])


def _text(pieces: Sequence[Json]) -> str:
    return "".join(piece["plain_text"] for piece in pieces)
