"""The models' frozen values as JSON and back, without loss: tuples, enumerations and nested values too."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

from daemon.models import Json

T = TypeVar("T")

_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    """Made at the first use: each costs milliseconds, and most runs need few."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: Any) -> Json:
    """A frozen dataclass as a JSON object."""
    plain: Json = _adapter(type(value)).dump_python(value, mode="json")
    return plain


def from_json(kind: type[T], plain: Json) -> T:
    """The value that `to_json` made this of."""
    value: T = _adapter(kind).validate_python(plain)
    return value
