"""The workspace's state and every change to it, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from integrations.sandbox.notion.property_types import PROPERTY_TYPES
from integrations.sandbox.notion.records import Database, DataSource, Page, Property, Stamp
from integrations.sandbox.notion.refusals import not_found
from integrations.sandbox.notion.rows import Rows

_T = TypeVar("_T")


class Workspace:
    """Databases, data sources and pages. Not thread-safe: the twin holds a lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._minute = (-1, "")
        self.bot_id = str(uuid4())
        self.person_id = str(uuid4())
        self.databases: dict[str, Database] = {}
        self.data_sources: dict[str, DataSource] = {}
        self.rows: dict[str, Rows] = {}
        """By data source."""
        self.unshared: set[str] = set()
        """Pages, databases and data sources that the integration was not let in to, nor to what is below them."""
        self._pages: dict[str, Page] = {}
        self.root_page_id = self._add_page(Page(id=str(uuid4()), title="Sandbox", stamp=self._stamp(self.person_id))).id

    # --- looking up --------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def database(self, database_id: str) -> Database:
        """Raises Refusal (404)."""
        return _found(self.databases, database_id, "database")

    def data_source(self, data_source_id: str) -> DataSource:
        """Raises Refusal (404)."""
        return _found(self.data_sources, data_source_id, "data source")

    def page(self, page_id: str) -> Page:
        """In the trash or not. Raises Refusal (404)."""
        return _found(self._pages, page_id, "page")

    def row(self, row_id: str) -> tuple[DataSource, Page]:
        """With the data source that it is in. Raises Refusal (404)."""
        page = self.page(row_id)
        return self.data_source(str(page.data_source_id)), page

    def sources_of(self, database_id: str) -> list[DataSource]:
        """In the order in which they were made."""
        return [source for source in self.data_sources.values() if source.database_id == database_id]

    def plain_pages(self) -> Iterator[Page]:
        """Those outside of data sources, oldest first."""
        return (page for page in self._pages.values() if page.data_source_id is None)

    # --- making and changing -----------------------------------------------------------------------------------------

    def add_database(self, parent_page_id: str, title: str, columns: dict[str, Property], by: str) -> Database:
        """A database with one data source of the same title."""
        database = Database(id=str(uuid4()), title=title, parent_page_id=parent_page_id, stamp=self._stamp(by))
        self.databases[database.id] = database
        self.add_data_source(database.id, title, columns, by)
        return database

    def add_data_source(self, database_id: str, title: str, columns: dict[str, Property], by: str) -> DataSource:
        """One more table in a database."""
        source = DataSource(
            id=str(uuid4()), database_id=database_id, title=title, stamp=self._stamp(by), properties=columns
        )
        self.data_sources[source.id] = source
        self.rows[source.id] = Rows()
        return source

    def set_columns(self, source: DataSource, columns: dict[str, Property], void: set[str], by: str) -> None:
        """The columns are these from now on; the values under the ids in `void` are lost."""
        source.properties = columns
        for page in self.rows[source.id]:
            for column_id in void:
                page.values.pop(column_id, None)
        self.rows[source.id].forget()
        source.stamp.last_edited_time = self._now()
        source.stamp.last_edited_by = by

    def add_row(self, source: DataSource, values: Mapping[str, Any], by: str) -> Page:
        """A row of stored values."""
        source.rows_ever += 1
        row = Page(id=str(uuid4()), stamp=self._stamp(by), data_source_id=source.id, number=source.rows_ever)
        _store(source, row, values)
        self.rows[source.id].add(row)
        return self._add_page(row)

    def add_plain_page(self, parent_page_id: str, title: str, by: str) -> Page:
        """A page under a page."""
        return self._add_page(Page(id=str(uuid4()), title=title, parent_page_id=parent_page_id, stamp=self._stamp(by)))

    def change(
        self, page: Page, by: str, values: Mapping[str, Any] | None = None, in_trash: bool | None = None
    ) -> None:
        """Sets stored values, or moves into or out of the trash."""
        if in_trash is not None:
            page.in_trash = in_trash
        if page.data_source_id is None:
            page.stamp.last_edited_time, page.stamp.last_edited_by = self._now(), by
            return
        _store(self.data_source(page.data_source_id), page, values or {})
        self.rows[page.data_source_id].touch(page, self._now(), by, values or ())

    def delete(self, row: Page) -> None:
        """For good: nothing points to it any more."""
        self.rows[str(row.data_source_id)].remove(row)
        del self._pages[row.id]
        for source in self.data_sources.values():
            relations = [column.id for column in source.properties.values() if column.type == "relation"]
            for page in self.rows[source.id] if relations else ():
                for column_id in relations:
                    if row.id in page.values.get(column_id, ()):
                        left = [page_id for page_id in page.values[column_id] if page_id != row.id]
                        _store(source, page, {column_id: left})
            self.rows[source.id].forget()

    def put_back(self, page: Page) -> None:
        """A page as it was kept; `rows` is the caller's."""
        self._pages[page.id] = page

    def forget_everything(self) -> None:
        """Before a kept state is put back."""
        for things in (self.databases, self.data_sources, self.rows, self._pages, self.unshared):
            things.clear()

    # --- time --------------------------------------------------------------------------------------------------------

    def _add_page(self, page: Page) -> Page:
        self._pages[page.id] = page
        return page

    def _now(self) -> str:
        """Floored to the minute, as all times of Notion's are."""
        minute = int(self._clock() // 60)
        if minute != self._minute[0]:
            moment = datetime.fromtimestamp(minute * 60, UTC)
            # Many rows share one minute, and one text for it.
            self._minute = minute, moment.strftime("%Y-%m-%dT%H:%M:00.000Z")
        return self._minute[1]

    def _stamp(self, by: str) -> Stamp:
        now = self._now()
        return Stamp(created_time=now, created_by=by, last_edited_time=now, last_edited_by=by)


def _store(source: DataSource, page: Page, values: Mapping[str, Any]) -> None:
    for column_id, stored in values.items():
        if stored == PROPERTY_TYPES[source.properties[column_id].type].empty():
            page.values.pop(column_id, None)
        else:
            page.values[column_id] = stored


def _found(things: Mapping[str, _T], thing_id: str, kind: str) -> _T:
    if thing_id not in things:
        raise not_found(kind, thing_id)
    return things[thing_id]
