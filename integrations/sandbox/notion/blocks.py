"""What stands on a page: the databases and the pages right under it. Pages here hold nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.models import Json
from integrations.sandbox.notion import answers
from integrations.sandbox.notion.paging import query_size, window
from integrations.sandbox.notion.records import Database, Page
from integrations.sandbox.notion.sharing import Shared


def children(shared: Shared, above: Page, query: Mapping[str, str]) -> Json:
    """One page of the blocks right under a page; under a row there are none. Raises Refusal."""
    below: list[Database | Page] = [
        *(database for database in shared.databases() if database.parent_page_id == above.id),
        *(page for page in shared.pages() if page.parent_page_id == above.id),
    ]
    size = query_size(query)
    part, following = window([thing.id for thing in below], below, query.get("start_cursor"), size)
    return answers.listing([_block(thing, above) for thing in part], following, "block")


def _block(shown: Database | Page, above: Page) -> Json:
    kind = "child_database" if isinstance(shown, Database) else "child_page"
    in_trash = isinstance(shown, Page) and shown.in_trash
    return {
        "object": "block",
        "id": shown.id,
        "parent": {"type": "page_id", "page_id": above.id},
        "created_time": shown.stamp.created_time,
        "last_edited_time": shown.stamp.last_edited_time,
        "created_by": {"object": "user", "id": shown.stamp.created_by},
        "last_edited_by": {"object": "user", "id": shown.stamp.last_edited_by},
        "has_children": False,
        "archived": in_trash,
        "in_trash": in_trash,
        "type": kind,
        kind: {"title": shown.title},
    }
