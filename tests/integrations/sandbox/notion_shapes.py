"""The shapes of Notion's answers (API version 2025-09-03) as JSON schemas: what a client may rely on."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

_ID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_MINUTE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$"}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_ANY: dict[str, Any] = {}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_USER = _object(object={"const": "user"}, id=_ID)
_RICH_TEXT = _list_of(
    _object(
        type={"const": "text"},
        text=_object(content={"type": "string", "maxLength": 2000}, link=_ANY),
        annotations=_object(bold=_FLAG, italic=_FLAG, code=_FLAG, color=_TEXT),
        plain_text=_TEXT,
        href=_nullable(_TEXT),
    )
)
_OPTION = _object(id=_TEXT, name={"type": "string", "minLength": 1}, color=_TEXT)
_COMMON = {
    "id": _ID,
    "created_time": _MINUTE,
    "last_edited_time": _MINUTE,
    "created_by": _USER,
    "last_edited_by": _USER,
    "in_trash": _FLAG,
    "icon": _ANY,
    "cover": _ANY,
    "url": {"type": "string", "pattern": "^https://"},
    "public_url": _ANY,
}
_VALUES: dict[str, dict[str, Any]] = {
    "title": _RICH_TEXT,
    "rich_text": _RICH_TEXT,
    "number": _nullable({"type": "number"}),
    "url": _nullable({"type": "string", "minLength": 1}),
    "email": _nullable(_TEXT),
    "phone_number": _nullable(_TEXT),
    "checkbox": _FLAG,
    "select": _nullable(_OPTION),
    "status": _nullable(_OPTION),
    "multi_select": _list_of(_OPTION),
    "date": _nullable(_object(start=_TEXT, end=_nullable(_TEXT), time_zone=_nullable(_TEXT))),
    "relation": {**_list_of(_object(id=_ID)), "maxItems": 25},
    "files": _list_of(_object(name=_TEXT, type=_TEXT)),
    "formula": _object(type=_TEXT),
    "rollup": _object(type=_TEXT, function=_TEXT),
    "unique_id": _object(prefix=_nullable(_TEXT), number={"type": "integer"}),
    "created_time": _MINUTE,
    "last_edited_time": _MINUTE,
    "created_by": _USER,
    "last_edited_by": _USER,
}
_VALUE = {
    "oneOf": [
        _object(id=_TEXT, type={"const": kind}, **({"has_more": _FLAG} if kind == "relation" else {}), **{kind: schema})
        for kind, schema in _VALUES.items()
    ],
}
_ITEMS = {**_VALUES, **{kind: {} for kind in ("title", "rich_text", "relation")}}
_ITEM = {
    "oneOf": [_object(id=_TEXT, type={"const": kind}, **{kind: schema}) for kind, schema in _ITEMS.items()],
}
_SCHEMA = _object(id=_TEXT, name=_TEXT, type={"enum": list(_VALUES)}, description=_ANY)

SHAPES: dict[str, dict[str, Any]] = {
    "user": _object(object={"const": "user"}, id=_ID, name=_TEXT, avatar_url=_ANY, type=_TEXT),
    "database": _object(
        object={"const": "database"},
        title=_RICH_TEXT,
        description=_RICH_TEXT,
        parent=_object(type=_TEXT),
        is_inline=_FLAG,
        is_locked=_FLAG,
        data_sources=_list_of(_object(id=_ID, name=_TEXT)),
        **_COMMON,
    ),
    "data_source": _object(
        object={"const": "data_source"},
        title=_RICH_TEXT,
        description=_RICH_TEXT,
        parent=_object(type={"const": "database_id"}, database_id=_ID),
        database_parent=_object(type=_TEXT),
        properties={"type": "object", "additionalProperties": _SCHEMA},
        archived=_FLAG,
        **_COMMON,
    ),
    "page": _object(
        object={"const": "page"},
        archived=_FLAG,
        is_locked=_FLAG,
        parent=_object(type=_TEXT),
        properties={"type": "object", "additionalProperties": _VALUE},
        **_COMMON,
    ),
    "list": _object(
        object={"const": "list"},
        results=_list_of(_object(object={"enum": ["page", "data_source", "property_item", "block"]}, id=_TEXT)),
        next_cursor=_nullable(_TEXT),
        has_more=_FLAG,
        type={"enum": ["page_or_data_source", "property_item", "block"]},
    ),
    "block": _object(
        object={"const": "block"},
        parent=_object(type=_TEXT),
        has_children=_FLAG,
        type=_TEXT,
        archived=_FLAG,
        **{name: shape for name, shape in _COMMON.items() if name not in ("icon", "cover", "url", "public_url")},
    ),
    "property_item": {**_object(object={"const": "property_item"}), **_ITEM},
    "error": _object(object={"const": "error"}, status={"type": "integer"}, code=_TEXT, message=_TEXT, request_id=_ID),
}


_VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SHAPES.items()}


def assert_shape(answer: Any) -> None:
    """The answer has the shape that its own `object` names; in a list, so has every result."""
    _VALIDATORS[answer["object"]].validate(answer)
    for result in answer.get("results", ()):
        assert_shape(result)
