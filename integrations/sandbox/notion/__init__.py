"""Notion's loopback twin. `twin` answers, `workspace` keeps, `property_types` knows the columns, `seed` fills; `person`
edits from a script, `transport` spares the socket."""

from integrations.sandbox.notion.person import PersonScript, ScriptError
from integrations.sandbox.notion.seed import seed_agent_tasks_database, seed_issues_database, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.notion.twin import SANDBOX_TOKEN, NotionTwin

__all__ = [
    "SANDBOX_TOKEN",
    "NotionTwin",
    "PersonScript",
    "ScriptError",
    "TwinTransport",
    "seed_agent_tasks_database",
    "seed_issues_database",
    "seed_tracks_database",
]
