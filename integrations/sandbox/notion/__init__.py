"""Notion's loopback twin. `twin` answers, `workspace` keeps, `property_types` knows the columns, `seed` fills."""

from integrations.sandbox.notion.seed import seed_tracks_database
from integrations.sandbox.notion.twin import SANDBOX_TOKEN, NotionTwin

__all__ = ["SANDBOX_TOKEN", "NotionTwin", "seed_tracks_database"]
