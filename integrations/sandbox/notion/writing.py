"""Values on their way into rows: from the API, checked as strictly as the real one does; or as a person types them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox.notion.property_types import PROPERTY_TYPES, learn_options
from integrations.sandbox.notion.records import DataSource, Page, Property
from integrations.sandbox.notion.refusals import bad_body, invalid, no_such_column, wrong_type
from integrations.sandbox.notion.sharing import Shared


def values_from_api(shared: Shared, source: DataSource, properties: Any) -> dict[str, Any]:
    """The stored values by column id; new options are learnt only once every value has passed. Raises Refusal."""
    if not isinstance(properties, dict):
        raise bad_body("body.properties", "an object", properties)
    checked = [_check(shared, source, name, value) for name, value in properties.items()]
    for column, stored in checked:
        learn_options(column, stored)
    return {column.id: stored for column, stored in checked}


def values_from_person(source: DataSource, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The stored values by column id; options are learnt, and no limit of the API's holds. Raises KeyError for a column
    that is not there, ValueError for a value that it cannot hold; then nothing is learnt."""
    stored = [_from_plain(source, name, value) for name, value in plain.items()]
    for column, value in stored:
        learn_options(column, value)
    return {column.id: value for column, value in stored}


def plain_values(source: DataSource, page: Page) -> dict[str, Any]:
    """A row as plain values by column name; derived columns as they show."""
    plain = {}
    for column in source.properties.values():
        kind = PROPERTY_TYPES[column.type]
        stored = page.values.get(column.id, kind.empty())
        plain[column.name] = kind.shower(column)(stored, page) if kind.accept is None else kind.to_plain(stored)
    return plain


def _check(shared: Shared, source: DataSource, name: str, value: Any) -> tuple[Property, Any]:
    column = shared.column(source, name)
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
            shared.page(page_id)
    return column, stored


def _from_plain(source: DataSource, name: str, value: Any) -> tuple[Property, Any]:
    column = source.named(name)
    if column is None:
        raise KeyError(name)
    from_plain = PROPERTY_TYPES[column.type].from_plain
    if from_plain is None:
        raise ValueError(f"{name}: nobody can type into a column of type {column.type}")
    try:
        return column, from_plain(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
