"""The errors of `daemon.errors` as JSON and back, so that a recorded step or a child process can raise them again."""

from __future__ import annotations

from typing import Any

from daemon import errors
from daemon.models import Choice, Json

_KINDS: dict[str, type[errors.DaemonError]] = {
    kind.__name__: kind
    for kind in (
        errors.DaemonError,
        errors.Transient,
        errors.Unreachable,
        errors.RateLimited,
        errors.AuthExpired,
        errors.NeedsPerson,
        errors.Permanent,
        errors.NotFound,
        errors.Protected,
        errors.BadMedia,
        errors.Refused,
    )
}


def to_json(error: errors.DaemonError) -> Json:
    """Everything that `from_json` needs. A kind that is not known here goes as its nearest known ancestor."""
    kind = next(ancestor for ancestor in type(error).__mro__ if ancestor.__name__ in _KINDS)
    about: dict[str, Any] = {}
    if isinstance(error, errors.Transient):
        about = {"service": error.service, "retry_after_s": error.retry_after_s}
    elif isinstance(error, errors.AuthExpired) or (isinstance(error, errors.Permanent) and error.service):
        about = {"service": error.service}
    elif isinstance(error, errors.NeedsPerson):
        choices = [{"label": c.label, "value": c.value, "why": c.why} for c in error.choices]
        about = {"choices": choices}
    return {"kind": kind.__name__, "message": str(error), **about}


def from_json(packed: Json) -> errors.DaemonError:
    """The error again, of the same kind, with the same words."""
    about = {key: value for key, value in packed.items() if key not in ("kind", "message")}
    if "choices" in about:
        about["choices"] = [Choice(**choice) for choice in about["choices"]]
    return _KINDS[packed["kind"]](packed["message"], **about)
