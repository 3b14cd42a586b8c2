"""The ways in which Notion says no, with the status, the code and the wording that the real one uses."""

from __future__ import annotations

import json
from typing import Any

from integrations.sandbox.server import Response


class Refusal(Exception):
    """An error answer in the making."""

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def response(self, request_id: str) -> Response:
        """As it goes over the wire."""
        body = {
            "object": "error",
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
        }
        return Response.of_json(body, self.status, self.headers)


def invalid(message: str) -> Refusal:
    """400 `validation_error` in these words."""
    return Refusal(400, "validation_error", message)


def bad_body(where: str, wanted: str, got: Any) -> Refusal:
    """400: the part of the body at `where` is not what it should be."""
    return invalid(f"body failed validation: {where} should be {wanted}, instead was `{_shown(got)}`.")


def bad_path_id(parameter: str, got: str) -> Refusal:
    """400: an id in the address is no UUID."""
    return invalid(f"path failed validation: path.{parameter} should be a valid uuid, instead was `{_shown(got)}`.")


def no_such_column(name: str) -> Refusal:
    """400: a value for a column that the data source does not have."""
    return invalid(f"{name} is not a property that exists.")


def wrong_type(name: str, wanted: str) -> Refusal:
    """400: a value of another type than the column's."""
    return invalid(f"{name} is expected to be {wanted}.")


def in_the_trash() -> Refusal:
    """400: nothing but taking it out again can be done with a row in the trash."""
    return invalid("Can't edit block that is archived. You must unarchive the block before editing.")


def not_found(kind: str, object_id: str) -> Refusal:
    """404: unknown, or not shared with the integration; the two look the same."""
    hint = "Make sure the relevant pages and databases are shared with your integration."
    return Refusal(404, "object_not_found", f"Could not find {kind} with ID: {object_id}. {hint}")


def unauthorized() -> Refusal:
    """401, for a missing token and a wrong one alike."""
    return Refusal(401, "unauthorized", "API token is invalid.")


def missing_version() -> Refusal:
    """400 `missing_version`; a code that the client library does not know."""
    wording = "Notion-Version header failed validation: Notion-Version header should be defined"
    return Refusal(400, "missing_version", f"{wording}, instead was `undefined`.")


def rate_limited(retry_after_s: int) -> Refusal:
    """429 with its Retry-After."""
    message = "You have been rate limited. Please try again in a few minutes."
    return Refusal(429, "rate_limited", message, (("Retry-After", f"{retry_after_s}"),))


def unknown_address() -> Refusal:
    """400: no such route."""
    return Refusal(400, "invalid_request_url", "Invalid request URL.")


def no_json() -> Refusal:
    """400: the body cannot be read."""
    return Refusal(400, "invalid_json", "Error parsing JSON body.")


def _shown(value: Any) -> str:
    return "undefined" if value is ... else json.dumps(value, ensure_ascii=False)
