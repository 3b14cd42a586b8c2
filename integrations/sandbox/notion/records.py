"""What the workspace is made of. Values stand under a property's id, so that renaming a column loses none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from daemon.models import Json


@dataclass(slots=True, kw_only=True)
class Property:
    """A column."""

    id: str
    name: str
    type: str
    config: Json = field(default_factory=dict)
    """What the schema shows under the type's own name: options, target, format."""


@dataclass(slots=True, kw_only=True)
class Stamp:
    """Who made a thing and who touched it last; times in ISO 8601, floored to the minute."""

    created_time: str
    created_by: str
    last_edited_time: str
    last_edited_by: str


@dataclass(slots=True, kw_only=True)
class Database:
    """A container of data sources."""

    id: str
    title: str
    parent_page_id: str
    stamp: Stamp


@dataclass(slots=True, kw_only=True)
class DataSource:
    """A table: columns, and (by reference from them) rows."""

    id: str
    database_id: str
    title: str
    stamp: Stamp
    properties: dict[str, Property] = field(default_factory=dict)
    """By property id."""
    rows_ever: int = 0
    """Numbers the rows for `unique_id` columns."""

    def named(self, name_or_id: str) -> Property | None:
        """The column of that name, or else of that id."""
        by_name = (column for column in self.properties.values() if column.name == name_or_id)
        return next(by_name, self.properties.get(name_or_id))

    @property
    def title_column(self) -> Property:
        return next(column for column in self.properties.values() if column.type == "title")


@dataclass(slots=True, kw_only=True, eq=False)
class Page:
    """A row of a data source, or (with neither source nor values) a plain page to hang databases under."""

    id: str
    stamp: Stamp
    title: str = ""
    """Of a plain page; a row's title is one of its values."""
    parent_page_id: str | None = None
    """Of a plain page that is not at the top."""
    data_source_id: str | None = None
    number: int = 0
    """Of a row: which of its data source's it is, in the order in which they were made."""
    values: dict[str, Any] = field(default_factory=dict)
    """By property id, in the stored form of the column's type (`property_types`); empty ones are left out."""
    in_trash: bool = False
