"""The workspace's state and every change to it, whoever asks. What may stand in a row is decided here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from daemon.models import Json
from integrations.sandbox.notion.property_types import PROPERTY_TYPES, learn_options
from integrations.sandbox.notion.records import Database, DataSource, Page, Property, Stamp
from integrations.sandbox.notion.refusals import bad_body, invalid, no_such_column, not_found, wrong_type
from integrations.sandbox.notion.schemas import change_columns

_T = TypeVar("_T")


class Workspace:
    """Databases, data sources and pages. Not thread-safe: the twin holds a lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.bot_id = str(uuid4())
        self.person_id = str(uuid4())
        self.databases: dict[str, Database] = {}
        self.data_sources: dict[str, DataSource] = {}
        self.pages: dict[str, Page] = {}
        """Oldest first."""
        self.root_page_id = self._add_page(Page(id=str(uuid4()), title="Sandbox", stamp=self._stamp(self.person_id))).id

    # --- looking up --------------------------------------------------------------------------------------------------

    def database(self, database_id: str) -> Database:
        """Raises Refusal (404)."""
        return _found(self.databases, database_id, "database")

    def data_source(self, data_source_id: str) -> DataSource:
        """Raises Refusal (404)."""
        return _found(self.data_sources, data_source_id, "data source")

    def page(self, page_id: str) -> Page:
        """In the trash or not. Raises Refusal (404)."""
        return _found(self.pages, page_id, "page")

    def sources_of(self, database_id: str) -> list[DataSource]:
        """In the order in which they were made."""
        return [source for source in self.data_sources.values() if source.database_id == database_id]

    def rows_of(self, data_source_id: str) -> Iterator[Page]:
        """Oldest first, those in the trash included."""
        return (page for page in self.pages.values() if page.data_source_id == data_source_id)

    # --- making and changing -----------------------------------------------------------------------------------------

    def add_database(self, parent_page_id: str, title: str, columns: dict[str, Property], by: str) -> Database:
        """A database with one data source of the same title. Raises Refusal."""
        self.page(parent_page_id)
        database = Database(id=str(uuid4()), title=title, parent_page_id=parent_page_id, stamp=self._stamp(by))
        self.databases[database.id] = database
        self.add_data_source(database.id, title, columns, by)
        return database

    def add_data_source(self, database_id: str, title: str, columns: dict[str, Property], by: str) -> DataSource:
        """One more table in a database. Raises Refusal."""
        source = DataSource(
            id=str(uuid4()),
            database_id=self.database(database_id).id,
            title=title,
            stamp=self._stamp(by),
            properties=columns,
        )
        self.data_sources[source.id] = source
        return source

    def change_columns(self, source: DataSource, changes: Any, by: str) -> None:
        """Raises Refusal; then nothing has changed."""
        void = change_columns(source, changes)
        for page in self.rows_of(source.id):
            for column_id in void:
                page.values.pop(column_id, None)
        self._touch(source.stamp, by)

    def add_row(self, source: DataSource, properties: Any, by: str) -> Page:
        """Raises Refusal; then there is no row."""
        values = self._accepted(source, properties)
        source.rows_ever += 1
        row = Page(
            id=str(uuid4()),
            stamp=self._stamp(by),
            data_source_id=source.id,
            number=source.rows_ever,
            values=values,
        )
        return self._add_page(row)

    def add_plain_page(self, parent_page_id: str, title: str, by: str) -> Page:
        """A page under a page. Raises Refusal."""
        parent = self.page(parent_page_id)
        return self._add_page(Page(id=str(uuid4()), title=title, parent_page_id=parent.id, stamp=self._stamp(by)))

    def change_page(self, page: Page, properties: Any, in_trash: bool | None, by: str) -> None:
        """Changes values, or moves into or out of the trash. Raises Refusal; then nothing has changed."""
        if page.in_trash and in_trash is not False:
            raise invalid("Can't edit block that is archived. You must unarchive the block before editing.")
        if properties:
            if page.data_source_id is None:
                raise no_such_column(next(iter(properties)))
            page.values |= self._accepted(self.data_source(page.data_source_id), properties)
        if in_trash is not None:
            page.in_trash = in_trash
        self._touch(page.stamp, by)

    def _accepted(self, source: DataSource, properties: Any) -> dict[str, Any]:
        """The stored values by column id; new options are learnt only once every value has passed. Raises Refusal."""
        if not isinstance(properties, dict):
            raise bad_body("body.properties", "an object", properties)
        checked = [self._check(source, name, value) for name, value in properties.items()]
        for column, stored in checked:
            learn_options(column, stored)
        return {column.id: stored for column, stored in checked}

    def _check(self, source: DataSource, name: str, value: Any) -> tuple[Property, Any]:
        column = source.named(name)
        if column is None:
            raise no_such_column(name)
        accept = PROPERTY_TYPES[column.type].accept
        if accept is None:
            writable = [kind for kind, property_type in PROPERTY_TYPES.items() if property_type.accept]
            wishes = [f"body.properties.{name}.{kind} should be defined, instead was `undefined`." for kind in writable]
            raise invalid("\n".join(["body failed validation. Fix one:", *wishes]))
        if not isinstance(value, dict) or column.type not in value:
            raise wrong_type(name, column.type)
        stored = accept(f"body.properties.{name}.{column.type}", value[column.type], column)
        if column.type == "relation":
            for page_id in stored:
                self.page(page_id)
        return column, stored

    # --- plain values ------------------------------------------------------------------------------------------------

    def plain_values(self, page: Page) -> dict[str, Any]:
        """A row as plain values by column name; derived columns as they show."""
        source = self.data_source(str(page.data_source_id))
        plain = {}
        for column in source.properties.values():
            property_type = PROPERTY_TYPES[column.type]
            stored = page.values.get(column.id, property_type.empty())
            derived = property_type.accept is None
            plain[column.name] = property_type.show(None, column, page) if derived else property_type.to_plain(stored)
        return plain

    def set_plain_values(self, page: Page, plain: Mapping[str, Any], by: str) -> None:
        """Writes plain values past the API's rules, as the app does; options are learnt. Raises KeyError."""
        source = self.data_source(str(page.data_source_id))
        for name, value in plain.items():
            column = source.named(name)
            if column is None:
                raise KeyError(name)
            stored = PROPERTY_TYPES[column.type].from_plain(value)
            learn_options(column, stored)
            page.values[column.id] = stored
        self._touch(page.stamp, by)

    # --- keeping -----------------------------------------------------------------------------------------------------

    def dump(self) -> Json:
        """Everything, as JSON."""
        return {
            "bot_id": self.bot_id,
            "person_id": self.person_id,
            "root_page_id": self.root_page_id,
            "databases": [asdict(database) for database in self.databases.values()],
            "data_sources": [asdict(source) for source in self.data_sources.values()],
            "pages": [asdict(page) for page in self.pages.values()],
        }

    def load(self, state: Json) -> None:
        """Takes the place of everything by what `dump` gave."""
        self.bot_id = state["bot_id"]
        self.person_id = state["person_id"]
        self.root_page_id = state["root_page_id"]
        self.databases = {record["id"]: Database(**_stamped(record)) for record in state["databases"]}
        self.pages = {record["id"]: Page(**_stamped(record)) for record in state["pages"]}
        self.data_sources = {record["id"]: _data_source(record) for record in state["data_sources"]}

    # --- time --------------------------------------------------------------------------------------------------------

    def _add_page(self, page: Page) -> Page:
        self.pages[page.id] = page
        return page

    def _now(self) -> str:
        """Floored to the minute, as all times of Notion's are."""
        moment = datetime.fromtimestamp(self._clock() // 60 * 60, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:00.000Z")

    def _stamp(self, by: str) -> Stamp:
        now = self._now()
        return Stamp(created_time=now, created_by=by, last_edited_time=now, last_edited_by=by)

    def _touch(self, stamp: Stamp, by: str) -> None:
        stamp.last_edited_time = self._now()
        stamp.last_edited_by = by


def page_slice(candidates: Iterator[_T], size: int) -> tuple[list[_T], _T | None]:
    """The first `size`, and the one after them, if any."""
    window = list(itertools.islice(candidates, size + 1))
    return window[:size], window[size] if len(window) > size else None


def _found(things: dict[str, _T], thing_id: str, kind: str) -> _T:
    if thing_id not in things:
        raise not_found(kind, thing_id)
    return things[thing_id]


def _stamped(record: Json) -> Json:
    return {**record, "stamp": Stamp(**record["stamp"])}


def _data_source(record: Json) -> DataSource:
    columns = {column_id: Property(**column) for column_id, column in record["properties"].items()}
    return DataSource(**{**_stamped(record), "properties": columns})
