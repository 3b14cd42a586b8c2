"""The whole workspace as JSON, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from daemon.models import Json
from integrations.sandbox.notion.records import Database, DataSource, Page, Property, Stamp
from integrations.sandbox.notion.rows import Rows
from integrations.sandbox.notion.workspace import Workspace


def dumped(workspace: Workspace) -> Json:
    """Everything, as JSON. Nothing in it changes with the workspace."""
    rows = (page for source_rows in workspace.rows.values() for page in source_rows)
    return {
        "bot_id": workspace.bot_id,
        "person_id": workspace.person_id,
        "root_page_id": workspace.root_page_id,
        "unshared": sorted(workspace.unshared),
        "databases": [asdict(database) for database in workspace.databases.values()],
        "data_sources": [asdict(source) for source in workspace.data_sources.values()],
        "pages": [_page(page) for page in (*workspace.plain_pages(), *rows)],
    }


def load(workspace: Workspace, state: Json) -> None:
    """Takes the place of everything by what `dumped` gave."""
    workspace.forget_everything()
    workspace.bot_id = state["bot_id"]
    workspace.person_id = state["person_id"]
    workspace.root_page_id = state["root_page_id"]
    workspace.unshared.update(state.get("unshared", ()))
    for record in state["databases"]:
        workspace.databases[record["id"]] = Database(**_stamped(record))
    pages = [Page(**_stamped(record)) for record in state["pages"]]
    of_source: dict[str | None, list[Page]] = {}
    for page in pages:
        workspace.put_back(page)
        of_source.setdefault(page.data_source_id, []).append(page)
    for record in state["data_sources"]:
        workspace.data_sources[record["id"]] = _data_source(record)
        workspace.rows[record["id"]] = Rows(of_source.get(record["id"], ()))


def _page(page: Page) -> Json:
    """As `asdict` would, were it not so slow on tens of thousands of them. Values are replaced, never altered."""
    fields: dict[str, Any] = {name: getattr(page, name) for name in Page.__slots__}
    stamp = {name: getattr(page.stamp, name) for name in Stamp.__slots__}
    return {**fields, "stamp": stamp, "values": dict(page.values)}


def _stamped(record: Json) -> Json:
    return {**record, "stamp": Stamp(**record["stamp"])}


def _data_source(record: Json) -> DataSource:
    columns = {column_id: Property(**column) for column_id, column in record["properties"].items()}
    return DataSource(**{**_stamped(record), "properties": columns})
