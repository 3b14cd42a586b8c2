"""Columns made, changed, renamed and removed, as the API writes them."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from daemon.models import Json
from integrations.sandbox.notion.property_types import PROPERTY_TYPES, new_option
from integrations.sandbox.notion.records import DataSource, Property
from integrations.sandbox.notion.refusals import bad_body, invalid

SeeSource = Callable[[str], DataSource]
"""The data source of an id, as far as it is shared; raises Refusal."""

_TITLE_ID = "title"
_ID_BYTES = 8
"""Random ids of two bytes met one another in one of a hundred databases, and one column swallowed the other."""
_NOT_MADE_BY_API = frozenset({"status"})
"""Types that only the person can add (a constraint of the real API, of long standing)."""


def new_column(name: str, kind: str, config: Json | None = None) -> Property:
    """A column of any type; options may be given by name alone."""
    settled = {**PROPERTY_TYPES[kind].config(), **copy.deepcopy(config or {})}
    if "options" in settled:
        settled["options"] = [{**new_option(option["name"]), **option} for option in settled["options"]]
    column_id = _TITLE_ID if kind == "title" else secrets.token_hex(_ID_BYTES)
    return Property(id=column_id, name=name, type=kind, config=settled)


def columns_from_api(wanted: Any, see_source: SeeSource) -> dict[str, Property]:
    """The columns of a new data source, by id. Raises Refusal."""
    if not isinstance(wanted, dict):
        raise bad_body("body.initial_data_source.properties", "an object", wanted)
    columns = [_column_from_api(name, schema, see_source) for name, schema in wanted.items()]
    if sum(column.type == "title" for column in columns) != 1:
        raise invalid("Title is not provided: a data source has exactly one property of type title.")
    return {column.id: column for column in columns}


def changed_columns(
    source: DataSource, changes: Any, see_source: SeeSource | None
) -> tuple[dict[str, Property], set[str]]:
    """The columns after some were added, renamed, retyped and removed, and the ids whose values are void then. Without
    `see_source` it is the person who does it, and may do more. Raises Refusal."""
    if not isinstance(changes, dict):
        raise bad_body("body.properties", "an object", changes)
    draft = copy.deepcopy(source)
    void: set[str] = set()
    for key, change in changes.items():
        void |= _change_column(draft, key, change, see_source)
    return draft.properties, void


def _change_column(source: DataSource, key: str, change: Any, see_source: SeeSource | None) -> set[str]:
    column = source.named(key)
    if column is None:
        added = _column_from_api(key, change, see_source)
        if added.type == "title":
            raise invalid("A data source has exactly one property of type title.")
        source.properties[added.id] = added
        return set()
    if change is None:
        if column.type == "title":
            raise invalid("Cannot delete the title property.")
        del source.properties[column.id]
        return {column.id}
    if not isinstance(change, dict):
        raise bad_body(f"body.properties.{key}", "an object or `null`", change)
    if (name := change.get("name")) is not None:
        _rename(source, column, name)
    return _retype(column, key, change, see_source)


def _rename(source: DataSource, column: Property, name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise bad_body(f"body.properties.{column.name}.name", "a populated string", name)
    other = source.named(name)
    if other is not None and other is not column:
        raise invalid(f"Cannot rename {column.name} to {name}: a property of that name exists.")
    column.name = name


def _retype(column: Property, key: str, change: Json, see_source: SeeSource | None) -> set[str]:
    kind = next((kind for kind in PROPERTY_TYPES if kind in change), column.type)
    if kind == column.type:
        if column.type == "status" and change.get("status") and see_source:
            raise invalid("Cannot update the options of a status property.")
        column.config |= new_column(key, kind, {**column.config, **change.get(kind, {})}).config
        return set()
    if "title" in (kind, column.type) or (see_source and kind in _NOT_MADE_BY_API):
        raise invalid(f"Cannot change {column.name} from {column.type} to {kind}.")
    column.type, column.config = kind, new_column(key, kind, change[kind]).config
    return {column.id}


def _column_from_api(name: str, schema: Any, see_source: SeeSource | None) -> Property:
    kinds = [kind for kind in PROPERTY_TYPES if isinstance(schema, dict) and kind in schema]
    if len(kinds) != 1 or not isinstance(schema[kinds[0]], dict):
        raise bad_body(f"body.properties.{name}", "one property type with its configuration", schema)
    ((kind,), config) = kinds, schema[kinds[0]]
    if see_source and kind in _NOT_MADE_BY_API:
        raise invalid(f"Cannot create {name}: creating a {kind} property is not supported.")
    if see_source and kind == "relation":
        config = _relation(f"body.properties.{name}.relation", config, see_source)
    return new_column(name, kind, config)


def _relation(where: str, config: Json, see_source: SeeSource) -> Json:
    """What a relation points to must be there, and shared. Raises Refusal."""
    target_id = config.get("data_source_id", ...)
    try:
        target = see_source(str(UUID(target_id)))
    except (AttributeError, TypeError, ValueError):
        raise bad_body(f"{where}.data_source_id", "a valid uuid", target_id) from None
    kind = next((kind for kind in ("single_property", "dual_property") if kind in config), None)
    if kind is None:
        raise bad_body(f"{where}.single_property", "defined", ...)
    return {"database_id": target.database_id, "data_source_id": target.id, "type": kind, kind: config[kind]}
