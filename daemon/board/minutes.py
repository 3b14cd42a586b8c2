"""Moments as Notion tells them: ISO 8601, to the minute. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str) -> datetime:
    """The moment that a row tells."""
    return datetime.fromisoformat(text)


def minute(when: datetime | float) -> str:
    """The minute of a moment, or of unix seconds."""
    at = when if isinstance(when, datetime) else datetime.fromtimestamp(when, UTC)
    return at.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
