"""The workspace as the integration sees it: what nobody has shared with it is not there."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.sandbox.notion.records import Database, DataSource, Page, Property
from integrations.sandbox.notion.refusals import not_found
from integrations.sandbox.notion.workspace import Workspace


class Shared:
    """Look-ups on behalf of the integration. Everything below a page, a database or a data source that is not shared is
    hidden with it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def database(self, database_id: str) -> Database:
        """Raises Refusal (404)."""
        found = self._workspace.database(database_id)
        if not self._sees_database(found):
            raise not_found("database", database_id)
        return found

    def data_source(self, data_source_id: str) -> DataSource:
        """Raises Refusal (404)."""
        found = self._workspace.data_source(data_source_id)
        if not self.sees_source(found):
            raise not_found("data source", data_source_id)
        return found

    def page(self, page_id: str) -> Page:
        """In the trash or not. Raises Refusal (404)."""
        found = self._workspace.page(page_id)
        if not self.sees_page(found):
            raise not_found("page", page_id)
        return found

    def sources_of(self, database_id: str) -> list[DataSource]:
        """In the order in which they were made."""
        return [source for source in self._workspace.sources_of(database_id) if self.sees_source(source)]

    def databases(self) -> Iterator[Database]:
        return (database for database in self._workspace.databases.values() if self._sees_database(database))

    def data_sources(self) -> Iterator[DataSource]:
        return (source for source in self._workspace.data_sources.values() if self.sees_source(source))

    def pages(self) -> Iterator[Page]:
        """Those outside of data sources, in the trash or not."""
        return (page for page in self._workspace.plain_pages() if self.sees_page(page))

    def columns(self, source: DataSource) -> list[Property]:
        """Without the relations to what is not shared."""
        return [column for column in source.properties.values() if not self._leads_nowhere(column)]

    def column(self, source: DataSource, name_or_id: str) -> Property | None:
        """By name, or else by id."""
        found = source.named(name_or_id)
        return None if found is None or self._leads_nowhere(found) else found

    def sees_source(self, source: DataSource) -> bool:
        return not self._is_hidden(source.id) and self._sees_database(self._workspace.database(source.database_id))

    def sees_page(self, page: Page) -> bool:
        if page.data_source_id is None:
            return not self._is_page_hidden(page.id)
        return not self._is_hidden(page.id) and self.sees_source(self._workspace.data_source(page.data_source_id))

    def _sees_database(self, database: Database) -> bool:
        return not self._is_hidden(database.id) and not self._is_page_hidden(database.parent_page_id)

    def _leads_nowhere(self, column: Property) -> bool:
        target_id = column.config.get("data_source_id") if column.type == "relation" else None
        target = self._workspace.data_sources.get(target_id or "")
        return target is not None and not self.sees_source(target)

    def _is_page_hidden(self, page_id: str | None) -> bool:
        while page_id is not None:
            if self._is_hidden(page_id):
                return True
            page_id = self._workspace.page(page_id).parent_page_id
        return False

    def _is_hidden(self, thing_id: str) -> bool:
        return thing_id in self._workspace.unshared
