"""Notion both ways: what we wrote and what is the person's in each row, what they say of a track, and relations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Adds columns and one table. What stood in `seen` of a row that we had carried was what we wrote, in our own
    spelling, and not how Notion would give it back: as such it is kept, and nothing counts as seen until we look."""
    op.add_column("tracks", sa.Column("edits", _JSON, nullable=False, server_default="{}"))
    op.add_column("mirrors", sa.Column("wrote", _JSON, nullable=False, server_default="{}"))
    op.add_column("mirrors", sa.Column("theirs", _JSON, nullable=False, server_default="[]"))
    op.add_column("mirrors", sa.Column("gone", sa.Text))
    op.create_index("ix_mirrors_remote_id", "mirrors", ["target", "remote_id"])
    op.create_table(
        "related",
        sa.Column("column_name", sa.Text, primary_key=True),
        sa.Column("name_key", sa.Text, primary_key=True),
        sa.Column("remote_id", sa.Text, nullable=False),
    )
    mirrors = sa.table(
        "mirrors",
        sa.column("target", sa.Text),
        sa.column("seen", _JSON),
        sa.column("wrote", _JSON),
        sa.column("carried_revision", sa.Integer),
    )
    ours = (
        mirrors.c.target == "notion",
        mirrors.c.carried_revision > 0,
        mirrors.c.seen["twin"].as_string().is_(None),  # a duplicate's, which only says whose row it shares
    )
    op.execute(sa.update(mirrors).where(*ours).values(wrote=mirrors.c.seen, seen={}))
