"""What doctor says of a database that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.errors import AuthExpired, DaemonError, NotFound, Refused
from daemon.models import Check


def trouble(name: str, setting: str, error: DaemonError) -> Check:
    """The line `name`, for the database that `setting` names."""
    todo: Mapping[type[DaemonError], str] = {
        AuthExpired: "Put the integration's token into NOTION_TOKEN.",
        NotFound: f"Check {setting}, and share the database with the integration (••• → Connections).",
        Refused: "Check what the integration may do under its capabilities in Notion.",
    }
    action = next((text for kind, text in todo.items() if isinstance(error, kind)), "Try again in a few minutes.")
    return Check(name=name, level="problem", text=str(error), todo=action)
