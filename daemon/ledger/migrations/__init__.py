"""The ledger's tables as they came to be: Alembic revisions, oldest first. A revision that was released is never
edited."""
