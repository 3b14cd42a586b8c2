"""A row's properties in as many requests as they need: Notion takes no more than 500 KB in one. Pure."""

from __future__ import annotations

import json

from daemon.models import Json

REQUEST_BYTES = 450_000
"""Of properties; the rest of a request is small."""


def portions(properties: Json) -> list[Json]:
    """The same properties, in order, in one portion or more; what is small comes first, and with it every key that the
    row can be found by. At least one portion, be it empty."""
    sizes = {name: json_bytes({name: value}) for name, value in properties.items()}
    if sum(sizes.values()) <= REQUEST_BYTES:
        return [properties]
    parts: list[Json] = [{}]
    room = REQUEST_BYTES
    for name in sorted(properties, key=lambda name: sizes[name]):
        if parts[-1] and sizes[name] > room:
            parts.append({})
            room = REQUEST_BYTES
        parts[-1][name] = properties[name]
        room -= sizes[name]
    return parts


def json_bytes(value: Json) -> int:
    """How many bytes it is on the way."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
